/*
 * The scan command: sets the threads of a scan up, watches them, and ends them.
 */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "dns/host_fqdn.h"
#include "output/summary.h"
#include "probe/clock.h"
#include "probe/commands.h"
#include "probe/prepare.h"
#include "probe/pressure.h"
#include "probe/resume_command.h"
#include "probe/scan_limits.h"
#include "probe/scan_run.h"
#include "probe/terminal.h"

enum {
    WATCH_MS = 100,        /* how often the command looks, when nothing calls it */
    PRESSURE_MS = 1000,    /* how often it feels the pressure */
    GRACE_MS = 1000,       /* what is under way has so long to end when we are told to stop */
    OUTPUT_GRACE_MS = 500, /* and then a slow reader has so long to take what is written */
    QUESTIONS_IN_FLIGHT_MAX = 500,
    /* Of one domain: with 32 hosts of 16 addresses it would be a scan of its own. */
    ENDPOINTS_MAX = 64,
    ANSWERS_KEPT = 16384, /* by all workers together: some 5 MB */
};

struct watch {
    struct scan_run *run;
    struct scan_limits limits;
    struct pressure pressure;
    int signal_fd;
    int interrupted_by; /* signal number, 0 when none came */
    int64_t began_ms, felt_ms;
};

/* --- watching --------------------------------------------------------------------------------- */

static uint64_t resident_bytes(void)
{
    char line[128] = "", *end = line; /* "SIZE RESIDENT …", in pages: proc(5) */
    FILE *file = fopen("/proc/self/statm", "re");

    if (!file)
        return 0;
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    (void)strtoull(line, &end, 10);
    return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void say_few_descriptors(const struct watch *watch)
{
    char text[80];

    snprintf(text, sizeof text, "open files are limited to %zu (ulimit -n)",
             watch->limits.descriptors);
    scan_screen_say(watch->run, text, watch->limits.concurrency);
}

static void feel_pressure(struct watch *watch)
{
    struct scan_run *run = watch->run;
    const char *before = watch->pressure.remark;
    const struct pressure_sample sample = {
        .answered = atomic_load(&run->answered),
        .troubles = atomic_load(&run->environment.troubles),
        .dns_timeouts = atomic_load(&run->environment.dns_timeouts),
        .memory_bytes = resident_bytes(),
    };

    if (!pressure_feel(&watch->pressure, &sample))
        return;
    size_t now = watch->pressure.now;
    atomic_store(&run->environment.concurrency, now);
    if (watch->pressure.remark && watch->pressure.remark != before)
        scan_screen_say(run, watch->pressure.remark, now);
    /* What is kept for others shrinks and grows along. */
    struct worker_limits limits = watch->limits.worker;
    limits.shared_facts = limits.shared_facts * now / watch->pressure.most + 1;
    for (size_t i = 0; i < run->environment.n_workers; i++)
        worker_set_limits(run->workers[i], &limits);
    malloc_trim(0);
}

static void show_progress(struct watch *watch)
{
    struct scan_run *run = watch->run;
    struct scan_progress_state state = {
        .done = atomic_load(&run->answered),
        .accepted = atomic_load(&run->accepted),
        .input_ended = atomic_load(&run->input_ended),
        .read = atomic_load(&run->bytes_read),
        .input_size = atomic_load(&run->bytes_in_all),
        .in_flight = atomic_load(&run->environment.in_flight),
        .remark = watch->pressure.remark,
    };

    for (size_t i = 0; i <= VERDICT_FAIL; i++)
        state.verdicts[i] = atomic_load(&run->verdicts[i]);
    if (!scan_screen_takes(run, 0))
        return;
    pthread_mutex_lock(&run->screen);
    scan_progress_update(&run->progress, &state, clock_monotonic_ms());
    pthread_mutex_unlock(&run->screen);
}

/* Sleeps until something happens or it is time to look. True when a signal came. */
static bool wait_for_news(struct watch *watch, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = watch->signal_fd, .events = POLLIN},
                            {.fd = watch->run->news_fd, .events = POLLIN}};
    struct signalfd_siginfo info;

    if (poll(fds, 2, timeout_ms) <= 0 || !fds[0].revents)
        return false;
    if (read(watch->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return false;
    watch->interrupted_by = (int)info.ssi_signo;
    return true;
}

static bool over(struct scan_run *run)
{
    return scan_complete(run) || atomic_load(&run->output_error);
}

/* Until all is answered, the output fails, or a signal comes. */
static void watch_run(struct watch *watch)
{
    while (!over(watch->run) && !wait_for_news(watch, WATCH_MS)) {
        int64_t now_ms = clock_monotonic_ms();
        show_progress(watch);
        if (now_ms - watch->felt_ms >= PRESSURE_MS) {
            feel_pressure(watch);
            watch->felt_ms = now_ms;
        }
    }
}

/* Told to stop: what is under way may end, for a little while; a second signal ends that too. */
static void wind_down(struct watch *watch)
{
    int64_t until_ms = clock_monotonic_ms() + GRACE_MS;
    int64_t left_ms = GRACE_MS;

    scan_raise(watch->run->stop_fd);
    while (watch->interrupted_by && !over(watch->run) && left_ms > 0) {
        if (wait_for_news(watch, left_ms < WATCH_MS ? (int)left_ms : WATCH_MS))
            break;
        left_ms = until_ms - clock_monotonic_ms();
    }
}

/* --- threads ---------------------------------------------------------------------------------- */

static bool start_threads(struct scan_run *run, pthread_t *reader, pthread_t *writer,
                          size_t *n_running)
{
    *n_running = 0;
    for (size_t i = 0; i < run->environment.n_workers; i++, ++*n_running)
        if ((errno = worker_run(run->workers[i])) != 0)
            return false;
    if ((errno = pthread_create(writer, NULL, scan_writer, run)) != 0)
        return false;
    if ((errno = pthread_create(reader, NULL, scan_reader, run)) == 0)
        return true;
    mailbox_send(run->mailbox, &run->end);
    pthread_join(*writer, NULL);
    return false;
}

static void stop_workers(struct scan_run *run, size_t n_running)
{
    for (size_t i = 0; i < n_running; i++)
        worker_stop(run->workers[i]);
    for (size_t i = 0; i < n_running; i++)
        worker_join(run->workers[i]);
}

/* The writer has what the workers sent; it may hang at a reader that has stopped. */
static void stop_writer(struct watch *watch, pthread_t writer)
{
    struct timespec until;

    mailbox_send(watch->run->mailbox, &watch->run->end);
    if (watch->interrupted_by) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += OUTPUT_GRACE_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (pthread_timedjoin_np(writer, NULL, &until) == 0)
            return;
        scan_raise(watch->run->cancel_fd);
    }
    pthread_join(writer, NULL);
}

static bool run_threads(struct watch *watch)
{
    struct scan_run *run = watch->run;
    pthread_t reader, writer;
    size_t n_running;

    if (!start_threads(run, &reader, &writer, &n_running)) {
        stop_workers(run, n_running);
        return false;
    }
    watch_run(watch);
    wind_down(watch);
    pthread_join(reader, NULL);
    stop_workers(run, n_running);
    stop_writer(watch, writer);
    scan_progress_clear(&run->progress);
    return true;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void add_worker(const struct worker *worker, struct summary *summary,
                       struct summary_run *out)
{
    struct worker_stats stats;

    worker_stats(worker, &stats);
    summary_merge(summary, worker_summary(worker));
    out->retried += stats.retried;
    out->probes += stats.board.probed;
    out->probes_shared += stats.board.shared;
    out->probes_repeated += stats.board.repeated;
    out->connects += stats.board.connects;
    out->connects_failed += stats.board.unreached;
    out->policy_fetches += stats.policy_fetches;
    out->dns_asked += stats.dns.asked;
    out->dns_cached += stats.dns.from_cache;
    out->dns_joined += stats.dns.joined;
    out->dns_sent += stats.dns.sent;
    out->dns_failed += stats.dns.failed;
}

static uint64_t peak_memory_kib(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss : 0;
}

/* The last screen and --summary. 0, or -1 with errno set when the file fails. */
static int print_summary(const struct watch *watch, const char *resume_command)
{
    struct scan_run *run = watch->run;
    const struct scan_settings *scan = &run->settings->scan;
    struct summary *summary = summary_new();
    int64_t elapsed_ms = clock_monotonic_ms() - watch->began_ms;
    struct summary_run out = {
        .started_at_ms = clock_wall_ms() - elapsed_ms,
        .elapsed_ms = elapsed_ms,
        .threads = (unsigned)run->environment.n_workers,
        .peak_memory_kib = peak_memory_kib(),
        .interrupted = watch->interrupted_by != 0,
        .resume_command = resume_command,
        .lines = atomic_load(&run->lines),
        .duplicates = atomic_load(&run->duplicates),
        .malformed = atomic_load(&run->malformed),
        .resumed = run->resumed,
        .excluded = atomic_load(&run->excluded),
    };
    int status = 0;

    if (!summary)
        return -1;
    for (size_t i = 0; i < run->environment.n_workers; i++)
        add_worker(run->workers[i], summary, &out);
    bool wanted = scan->progress == PROGRESS_ALWAYS ||
                  (scan->progress == PROGRESS_AUTO &&
                   (resume_command || out.interrupted || isatty(STDERR_FILENO)));
    /* A reader that has stopped keeps nobody who was told to stop. */
    if (wanted && (!out.interrupted || scan_screen_takes(run, 0)))
        summary_print_text(stderr, summary, &out, terminal_color(run->settings->color));
    if (scan->summary)
        status = summary_write_file(scan->summary, summary, &out);
    summary_free(summary);
    return status;
}

/* Those that end a scan; not what whoever started us has told us to ignore, such as nohup. */
static sigset_t heard_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    struct sigaction action;
    sigset_t signals;

    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&signals, numbers[i]);
    return signals;
}

/* The output is whole: whoever does not want to wait for the summary may say so once more. */
static void let_signals_kill(void)
{
    const sigset_t signals = heard_signals();

    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

static int finish(const struct watch *watch, struct failure *failure)
{
    struct scan_run *run = watch->run;
    const struct scan_settings *scan = &run->settings->scan;
    char *resume_command = NULL;

    if (scan_file_close(run->file) != 0 && !atomic_load(&run->output_error))
        atomic_store(&run->output_error, errno);
    run->file = NULL;
    int output_error = atomic_load(&run->output_error);
    if (scan->output && (watch->interrupted_by || output_error))
        resume_command = resume_command_make(run->settings->argv);
    if (watch->interrupted_by)
        let_signals_kill();
    int summarised = print_summary(watch, resume_command);
    int summary_error = errno;
    free(resume_command);
    if (output_error && !(watch->interrupted_by && output_error == ECANCELED))
        failure_set(failure, STATUS_OUTPUT, "cannot write %s: %s",
                    scan->output ? scan->output : "the output", strerror(output_error));
    else if (summarised != 0)
        failure_set(failure, STATUS_OUTPUT, "cannot write %s: %s",
                    scan->summary ? scan->summary : "the summary", strerror(summary_error));
    else if (run->input_error)
        failure_set(failure, STATUS_NO_INPUT, "cannot read the list: %s",
                    strerror(run->input_error));
    else if (run->no_memory)
        failure_set(failure, STATUS_SOFTWARE, "out of memory after line %llu",
                    (unsigned long long)atomic_load(&run->lines));
    return atomic_load(&run->missing) || atomic_load(&run->malformed) ? STATUS_UNKNOWN : STATUS_OK;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* What the threads of the scan are made of. False with errno. */
static bool set_up_threads(struct watch *watch, struct settings *settings)
{
    struct scan_run *run = watch->run;
    const struct scan_settings *scan = &run->settings->scan;

    watch->limits = scan_limits_choose(scan);
    run->environment.n_workers = watch->limits.threads;
    /* A server is asked so many questions at a time by all workers together. */
    settings->live.resolver.max_in_flight = watch->limits.threads < QUESTIONS_IN_FLIGHT_MAX
                                                ? QUESTIONS_IN_FLIGHT_MAX / watch->limits.threads
                                                : 1;
    settings->live.resolver.keep_hosts_only = true;
    settings->job.endpoints_max = ENDPOINTS_MAX;
    settings->live.resolver.cache_entries = ANSWERS_KEPT / watch->limits.threads + 1;
    atomic_store(&run->environment.concurrency, watch->limits.concurrency);
    pressure_init(&watch->pressure, watch->limits.concurrency,
                  (uint64_t)scan->max_memory_mib * 1024 * 1024);
    /* The anchors are loaded before the threads, which share them and open no files. */
    tls_trust_load_whole(run->environment.trust);
    return scan_make_workers(run, &watch->limits.worker);
}

/* From here on the output is ours, so a signal is heard at once: nothing may wait before. */
static int run_scan(struct watch *watch, struct settings *settings, struct failure *failure)
{
    struct scan_run *run = watch->run;
    const sigset_t signals = heard_signals();
    int status = STATUS_SOFTWARE;

    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    watch->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    watch->began_ms = watch->felt_ms = clock_monotonic_ms();
    scan_progress_init(&run->progress, stderr, run->settings->scan.progress, watch->began_ms);
    bool ready = watch->signal_fd >= 0 && set_up_threads(watch, settings);
    if (ready && watch->limits.few_descriptors)
        say_few_descriptors(watch);
    if (ready && run_threads(watch))
        status = finish(watch, failure);
    else
        failure_set(failure, STATUS_SOFTWARE, "cannot start: %s", strerror(errno));
    if (watch->signal_fd >= 0)
        close(watch->signal_fd);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    return status;
}

int scan_command(struct settings *settings, struct failure *failure)
{
    struct scan_run run = {.settings = settings,
                           .environment = {.settings = settings, .room_fd = -1},
                           .stop_fd = -1,
                           .cancel_fd = -1,
                           .news_fd = -1,
                           .screen = PTHREAD_MUTEX_INITIALIZER};
    struct watch watch = {.run = &run};
    char *fqdn = settings->live.session.ehlo ? NULL : dns_host_fqdn();
    int status = STATUS_SOFTWARE;

    if (fqdn && strlen(fqdn) <= SMTP_EHLO_NAME_MAX)
        settings->live.session.ehlo = fqdn;
    if (sts_fetch_library_init() != 0)
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
    else if (prepare_trust(settings, &run.environment.trust, failure) &&
             scan_set_up(&run, settings, failure))
        status = run_scan(&watch, settings, failure);
    scan_clean_up(&run);
    sts_fetch_library_cleanup();
    free(fqdn);
    if (watch.interrupted_by &&
        !failure->status) { /* the output is whole: die of the signal, as a shell expects */
        signal(watch.interrupted_by, SIG_DFL);
        raise(watch.interrupted_by);
    }
    return status;
}
