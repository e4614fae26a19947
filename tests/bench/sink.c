/*
 * bench_sink: see sink.h. Prints "ready", then a line of counters on SIGUSR1 (which sets them to
 * zero), and once more on SIGTERM or SIGINT, which end it.
 */
#include "bench/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/farm.h"

enum { PROCESSES_MAX = 16, DESCRIPTORS = 200000, USAGE = 64, TROUBLE = 70 };

static uint32_t sick_percent(const struct sink_options *options)
{
    return options->silent + options->stalling + options->refusing + options->busy +
           options->busy_once;
}

/* What a host is follows from its number, evenly spread whatever the number of hosts. */
enum sink_role sink_role_of(const struct sink_options *options, uint32_t host)
{
    const uint32_t percent = host * 37 % 100;

    if (percent < options->silent)
        return SINK_SILENT;
    if (percent < options->silent + options->stalling)
        return SINK_STALLING;
    if (percent < options->silent + options->stalling + options->refusing)
        return SINK_REFUSING;
    if (percent < options->silent + options->stalling + options->refusing + options->busy)
        return SINK_BUSY;
    if (percent < sick_percent(options))
        return SINK_BUSY_ONCE;
    return SINK_SOUND;
}

enum chain_kind sink_kind_of(const struct sink_options *options, uint32_t host)
{
    const uint32_t percent = host * 61 % 100;

    if (percent < options->rsa)
        return CHAIN_RSA;
    return percent < options->rsa + options->p384 ? CHAIN_P384 : CHAIN_EC;
}

/* --- options -------------------------------------------------------------------------------- */

static int usage(void)
{
    (void)fputs(
        "usage: bench_sink --roots FILE [--hosts N] [--port N] [--delay MS] [--policies N]\n"
        "                  [--processes N] [--tls-1.2] [--silent PERCENT]\n"
        "                  [--stalling PERCENT] [--refusing PERCENT] [--busy PERCENT]\n"
        "                  [--busy-once PERCENT] [--rsa PERCENT] [--p384 PERCENT] [--log FILE]\n",
        stderr);
    return USAGE;
}

static bool read_options(int argc, char *argv[], struct sink_options *options)
{
    static const struct option table[] = {
        {"roots", required_argument, NULL, 'C'},     {"hosts", required_argument, NULL, 'n'},
        {"port", required_argument, NULL, 'p'},      {"delay", required_argument, NULL, 'd'},
        {"policies", required_argument, NULL, 'P'},  {"processes", required_argument, NULL, 'j'},
        {"silent", required_argument, NULL, 's'},    {"stalling", required_argument, NULL, 't'},
        {"refusing", required_argument, NULL, 'r'},  {"busy", required_argument, NULL, 'b'},
        {"busy-once", required_argument, NULL, 'o'}, {"log", required_argument, NULL, 'l'},
        {"rsa", required_argument, NULL, 'R'},       {"p384", required_argument, NULL, 'e'},
        {"tls-1.2", no_argument, NULL, '2'},         {0},
    };
    const struct {
        int letter;
        uint32_t least, most, *target;
    } numbers[] = {
        {'n', 1, FARM_HOSTS_MAX, &options->hosts},
        {'p', 1, 65535, &options->port},
        {'d', 0, 60000, &options->delay_ms},
        {'P', 0, FARM_DOMAINS_MAX, &options->policies},
        {'j', 1, PROCESSES_MAX, &options->processes},
        {'s', 0, 100, &options->silent},
        {'t', 0, 100, &options->stalling},
        {'r', 0, 100, &options->refusing},
        {'b', 0, 100, &options->busy},
        {'o', 0, 100, &options->busy_once},
        {'R', 0, 100, &options->rsa},
        {'e', 0, 100, &options->p384},
    };
    int letter = 0;

    while ((letter = getopt_long(argc, argv, "", table, NULL)) != -1) {
        bool known = letter == 'C' || letter == 'l' || letter == '2';
        if (letter == 'C')
            options->roots_path = optarg;
        if (letter == 'l')
            options->log_path = optarg;
        if (letter == '2')
            options->tls_1_2 = 1;
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            if (numbers[i].letter == letter)
                known =
                    farm_read_number(optarg, numbers[i].least, numbers[i].most, numbers[i].target);
        if (!known)
            return false;
    }
    return optind == argc && options->roots_path && options->rsa + options->p384 <= 100 &&
           sick_percent(options) <= 100;
}

/* --- the farm ------------------------------------------------------------------------------- */

static void *must(void *made)
{
    if (made)
        return made;
    (void)fprintf(stderr, "sink: out of memory\n");
    exit(TROUBLE);
}

static SSL_CTX *make_context(const struct sink_options *options)
{
    SSL_CTX *context = must(SSL_CTX_new(TLS_server_method()));
    const int most = options->tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;

    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context, most) != 1)
        exit(TROUBLE);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    return context;
}

/* The certificate of the policy host that the client asks for. */
static int choose_policy_host(SSL *tls, int *alert, void *arg)
{
    const struct sink_farm *farm = arg;
    const char *name = SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name);
    uint32_t domain = 0;

    if (name && farm_domain_of_policy_host(name, &domain) && domain < farm->options.policies &&
        SSL_use_cert_and_key(tls, farm->policy_leaves[domain], chains_key(farm->chains, CHAIN_EC),
                             chains_behind(farm->chains, CHAIN_EC), 1) == 1)
        return SSL_TLSEXT_ERR_OK;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void make_leaves(struct sink_farm *farm)
{
    const struct sink_options *options = &farm->options;
    char name[FARM_NAME_MAX];

    farm->leaves = must(calloc(options->hosts, sizeof(X509 *)));
    for (uint32_t host = 0; host < options->hosts; host++) {
        farm_mail_host(host, name);
        farm->leaves[host] = chains_leaf(farm->chains, sink_kind_of(options, host), name);
    }
    farm->policy_leaves = must(calloc(options->policies + 1U, sizeof(X509 *)));
    for (uint32_t domain = 0; domain < options->policies; domain++) {
        farm_policy_host(domain, name);
        farm->policy_leaves[domain] = chains_leaf(farm->chains, CHAIN_EC, name);
    }
}

static size_t counts_size(const struct sink_options *options)
{
    return sizeof(struct sink_counts) + options->hosts * sizeof(atomic_ulong);
}

static int open_log(const char *path)
{
    const int fd =
        path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644) : -1;

    if (!path || fd >= 0)
        return fd;
    (void)fprintf(stderr, "sink: cannot open %s: %s\n", path, strerror(errno));
    exit(TROUBLE);
}

static void make_farm(struct sink_farm *farm)
{
    farm->chains = chains_new();
    chains_write_roots(farm->chains, farm->options.roots_path);
    for (enum chain_kind kind = 0; kind < CHAIN_KINDS; kind++)
        farm->contexts[kind] = make_context(&farm->options);
    farm->policy_context = make_context(&farm->options);
    (void)SSL_CTX_set_tlsext_servername_callback(farm->policy_context, choose_policy_host);
    (void)SSL_CTX_set_tlsext_servername_arg(farm->policy_context, farm);
    make_leaves(farm);
    farm->log_fd = open_log(farm->options.log_path);
    void *shared = mmap(NULL, counts_size(&farm->options), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    farm->counts = must(shared == MAP_FAILED ? NULL : shared);
}

static void clear_farm(struct sink_farm *farm)
{
    for (uint32_t host = 0; host < farm->options.hosts; host++)
        X509_free(farm->leaves[host]);
    for (uint32_t domain = 0; domain < farm->options.policies; domain++)
        X509_free(farm->policy_leaves[domain]);
    free(farm->leaves);
    free(farm->policy_leaves);
    for (enum chain_kind kind = 0; kind < CHAIN_KINDS; kind++)
        SSL_CTX_free(farm->contexts[kind]);
    SSL_CTX_free(farm->policy_context);
    chains_free(farm->chains);
    if (farm->log_fd >= 0)
        close(farm->log_fd);
    (void)munmap(farm->counts, counts_size(&farm->options));
}

/* --- processes ------------------------------------------------------------------------------ */

static double cpu_s(const pid_t *processes, uint32_t n)
{
    double sum_s = 0;

    for (uint32_t i = 0; i < n; i++) {
        clockid_t clock = 0;
        struct timespec used = {0};
        if (clock_getcpuclockid(processes[i], &clock) == 0 && clock_gettime(clock, &used) == 0)
            sum_s += (double)used.tv_sec + (double)used.tv_nsec / 1e9;
    }
    return sum_s;
}

static unsigned long take(atomic_ulong *counter)
{
    return atomic_exchange(counter, 0);
}

/* Prints the counters as an object, and sets them to zero; the CPU time goes on. */
static void print_counts(const struct sink_farm *farm, double used_s)
{
    struct sink_counts *counts = farm->counts;
    unsigned long hosts = 0, most = 0;

    for (uint32_t host = 0; host < farm->options.hosts; host++) {
        const unsigned long n = take(&counts->of_host[host]);
        hosts += n > 0;
        most = n > most ? n : most;
    }
    (void)printf("{\"connections\": %lu, \"handshakes\": %lu, \"quits\": %lu, \"cut\": %lu, "
                 "\"put_off\": %lu, \"policies\": %lu, \"hosts\": %lu, \"most_for_one_host\": %lu, "
                 "\"cpu_s\": %.3f}\n",
                 take(&counts->connections), take(&counts->handshakes), take(&counts->quits),
                 take(&counts->cut), take(&counts->put_off), take(&counts->policies), hosts, most,
                 used_s);
    (void)fflush(stdout);
}

/* Starts the processes and waits until each listens. Returns how many do. */
static uint32_t start_all(const struct sink_farm *farm, pid_t *processes)
{
    const uint32_t wanted = farm->options.processes;
    int ready[2];
    uint32_t n = 0;
    char byte = 0;

    if (pipe(ready) != 0)
        return 0;
    for (; n < wanted; n++) {
        processes[n] = fork();
        if (processes[n] < 0)
            break;
        if (processes[n] == 0) {
            /* No process outlives the one that was started. */
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(ready[0]);
            _exit(sink_serve(farm, ready[1]));
        }
    }
    close(ready[1]);
    uint32_t listening = 0;
    while (listening < wanted && read(ready[0], &byte, 1) == 1)
        listening++;
    close(ready[0]);
    for (uint32_t i = 0; listening < wanted && i < n; i++)
        (void)kill(processes[i], SIGKILL);
    return listening;
}

static void raise_descriptors(void)
{
    struct rlimit limit = {.rlim_cur = DESCRIPTORS, .rlim_max = DESCRIPTORS};

    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Until it is told to end, or a process of the farm ended, which none does by itself. */
static int oversee(const struct sink_farm *farm, const pid_t *processes, const sigset_t *signals)
{
    const uint32_t n = farm->options.processes;
    int number = 0;

    (void)puts("ready");
    (void)fflush(stdout);
    while (sigwait(signals, &number) == 0 && number == SIGUSR1)
        print_counts(farm, cpu_s(processes, n));
    if (number == SIGCHLD) {
        (void)fprintf(stderr, "sink: a process of the farm ended\n");
        return TROUBLE;
    }
    print_counts(farm, cpu_s(processes, n));
    return 0;
}

int main(int argc, char *argv[])
{
    struct sink_farm farm = {.options = {.hosts = 1000, .port = 25, .processes = 1}};
    pid_t processes[PROCESSES_MAX] = {0};
    sigset_t signals;

    if (!read_options(argc, argv, &farm.options))
        return usage();
    raise_descriptors();
    make_farm(&farm);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGUSR1);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    int status = TROUBLE;
    if (start_all(&farm, processes) == farm.options.processes) {
        status = oversee(&farm, processes, &signals);
        for (uint32_t i = 0; i < farm.options.processes; i++)
            (void)kill(processes[i], SIGKILL);
    }
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    clear_farm(&farm);
    return status;
}
