/*
 * bench_least_client: the least that a client must do for a probe, and nothing else. What mxprobe
 * costs is set against it. Banner, EHLO, STARTTLS, TLS 1.3 with the chain and the name verified,
 * EHLO, QUIT; one epoll loop a thread. Prints an object with what was done.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "bench/farm.h"

enum {
    INPUT_MAX = 1024,
    EVENTS = 256,
    THREADS_MAX = 16,
    DESCRIPTORS = 200000,
    GIVE_UP_S = 300,
    USAGE = 64,
    TROUBLE = 70,
};

struct options {
    uint32_t probes, in_flight, hosts, port, threads; /* in_flight is for each thread */
    const char *ca_path;
};

enum phase { BANNER, EHLO, STARTTLS, HANDSHAKE, TLS_EHLO, QUIT, DONE };

struct probe {
    int fd;
    enum phase phase;
    uint32_t host;
    SSL *tls;
    size_t length;
    char input[INPUT_MAX];
};

/* One thread. */
struct client {
    const struct options *options; /* borrowed */
    SSL_CTX *context;
    int epoll;
    uint32_t next, past_last; /* numbers of probes */
    uint32_t running, done, failed;
    pthread_t thread;
};

static void fatal(const char *what)
{
    (void)fprintf(stderr, "least_client: %s: %s\n", what, strerror(errno));
    exit(TROUBLE);
}

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- one probe ------------------------------------------------------------------------------ */

static void start(struct client *client, struct probe *probe)
{
    const struct options *options = client->options;
    const int one = 1;

    probe->host = client->next++ % options->hosts;
    probe->phase = BANNER;
    probe->tls = NULL;
    probe->length = 0;
    probe->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(FARM_MAIL_ADDRESS + probe->host),
                                   .sin_port = htons((uint16_t)options->port)};
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = probe};
    if (probe->fd < 0 || setsockopt(probe->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        (connect(probe->fd, (const struct sockaddr *)&to, sizeof to) != 0 &&
         errno != EINPROGRESS) ||
        epoll_ctl(client->epoll, EPOLL_CTL_ADD, probe->fd, &event) != 0)
        fatal("cannot connect");
    client->running++;
}

static bool transmit(struct probe *probe, const char *text)
{
    const size_t length = strlen(text);

    probe->length = 0;
    if (probe->tls)
        return SSL_write(probe->tls, text, (int)length) == (int)length;
    return send(probe->fd, text, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static bool begin_tls(const struct client *client, struct probe *probe)
{
    char name[FARM_NAME_MAX];

    farm_mail_host(probe->host, name);
    probe->tls = SSL_new(client->context);
    if (!probe->tls || SSL_set_tlsext_host_name(probe->tls, name) != 1 ||
        SSL_set1_host(probe->tls, name) != 1 || SSL_set_fd(probe->tls, probe->fd) != 1)
        return false;
    SSL_set_connect_state(probe->tls);
    return true;
}

/* 1: something came; 0: nothing now; -1: the peer has gone, or said too much. */
static int receive(struct probe *probe)
{
    char *const at = probe->input + probe->length;
    const size_t room = sizeof probe->input - 1 - probe->length;
    ssize_t n = 0;

    if (probe->tls) {
        n = SSL_read(probe->tls, at, (int)room);
        if (n <= 0 && SSL_get_error(probe->tls, (int)n) == SSL_ERROR_WANT_READ)
            return 0;
    } else {
        n = recv(probe->fd, at, room, 0);
        if (n < 0 && errno == EAGAIN)
            return 0;
    }
    if (n <= 0)
        return -1;
    probe->length += (size_t)n;
    probe->input[probe->length] = '\0';
    return 1;
}

/* The last line of a reply has a space behind its code (RFC 5321 4.2.1). */
static bool reply_is_whole(const struct probe *probe)
{
    const char *const input = probe->input;
    const size_t length = probe->length;

    if (length < 5 || input[length - 1] != '\n')
        return false;
    const char *newline = memrchr(input, '\n', length - 1);
    const char *line = newline ? newline + 1 : input;
    return input + length - line > 4 && line[3] == ' ';
}

/* A whole reply is there: sends what follows it. False when the reply is not the one wanted. */
static bool follow(const struct client *client, struct probe *probe)
{
    if (probe->input[0] != '2')
        return false;
    switch (probe->phase) {
    case BANNER:
        probe->phase = EHLO;
        return transmit(probe, "EHLO probe.test\r\n");
    case EHLO:
        probe->phase = STARTTLS;
        return strstr(probe->input, "STARTTLS") && transmit(probe, "STARTTLS\r\n");
    case STARTTLS:
        probe->phase = HANDSHAKE;
        return begin_tls(client, probe);
    case TLS_EHLO:
        probe->phase = QUIT;
        return transmit(probe, "QUIT\r\n");
    case QUIT:
        probe->phase = DONE;
        return true;
    case HANDSHAKE:
    case DONE:
    default:
        return false;
    }
}

/* 1: finished; 0: nothing more now; -1: failed. */
static int shake_hands(struct probe *probe)
{
    const int n = SSL_do_handshake(probe->tls);

    if (n != 1)
        return SSL_get_error(probe->tls, n) == SSL_ERROR_WANT_READ ? 0 : -1;
    probe->phase = TLS_EHLO;
    return transmit(probe, "EHLO probe.test\r\n") ? 1 : -1;
}

/* Goes on until it would have to wait. 1: wait; 0: the probe has ended well; -1: it has not. */
static int advance(const struct client *client, struct probe *probe)
{
    for (;;) {
        if (probe->phase == HANDSHAKE) {
            const int progress = shake_hands(probe);
            if (progress <= 0)
                return progress < 0 ? -1 : 1;
        }
        const int progress = receive(probe);
        if (progress <= 0)
            return progress < 0 ? -1 : 1;
        if (reply_is_whole(probe) && !follow(client, probe))
            return -1;
        if (probe->phase == DONE)
            return 0;
        if (!probe->tls)
            return 1; /* nothing can have come yet */
    }
}

static void handle(struct client *client, struct probe *probe)
{
    const int result = advance(client, probe);

    if (result > 0)
        return;
    SSL_free(probe->tls);
    close(probe->fd);
    ERR_clear_error();
    client->running--;
    if (result == 0)
        client->done++;
    else
        client->failed++;
    if (client->next < client->past_last)
        start(client, probe);
}

/* --- one thread ----------------------------------------------------------------------------- */

static SSL_CTX *make_context(const char *ca_path)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (!context || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_load_verify_locations(context, ca_path, NULL) != 1)
        fatal("no trust anchors");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return context;
}

static void *run(void *arg)
{
    struct client *client = arg;
    struct epoll_event events[EVENTS];
    struct probe *probes = calloc(client->options->in_flight, sizeof *probes);
    const double give_up_s = now_s() + GIVE_UP_S;

    client->context = make_context(client->options->ca_path);
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!probes || client->epoll < 0)
        fatal("cannot start");
    for (uint32_t i = 0; i < client->options->in_flight && client->next < client->past_last; i++)
        start(client, &probes[i]);
    while (client->running && now_s() < give_up_s) {
        const int n = epoll_wait(client->epoll, events, EVENTS, 1000);
        for (int i = 0; i < n; i++)
            handle(client, events[i].data.ptr);
    }
    client->failed += client->running;
    SSL_CTX_free(client->context);
    close(client->epoll);
    free(probes);
    return NULL;
}

/* --- all of it ------------------------------------------------------------------------------ */

static bool read_options(int argc, char *argv[], struct options *options)
{
    int letter = 0;

    while ((letter = getopt(argc, argv, "n:c:A:p:t:C:")) != -1) {
        bool good = letter == 'C';
        if (letter == 'C')
            options->ca_path = optarg;
        else if (letter == 'n')
            good = farm_read_number(optarg, 1, 100000000, &options->probes);
        else if (letter == 'c')
            good = farm_read_number(optarg, 1, DESCRIPTORS - 100, &options->in_flight);
        else if (letter == 'A')
            good = farm_read_number(optarg, 1, FARM_HOSTS_MAX, &options->hosts);
        else if (letter == 'p')
            good = farm_read_number(optarg, 1, 65535, &options->port);
        else if (letter == 't')
            good = farm_read_number(optarg, 1, THREADS_MAX, &options->threads);
        if (!good)
            return false;
    }
    return optind == argc && options->ca_path;
}

static void prepare(struct client *client, const struct options *options, uint32_t number)
{
    const uint64_t probes = options->probes;

    client->options = options;
    client->next = (uint32_t)(probes * number / options->threads);
    client->past_last = (uint32_t)(probes * (number + 1) / options->threads);
}

/* The first client runs in this thread, for malloc is a little dearer in others. */
static void run_all(const struct options *options, struct client *clients)
{
    prepare(&clients[0], options, 0);
    for (uint32_t i = 1; i < options->threads; i++) {
        prepare(&clients[i], options, i);
        if (pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0)
            fatal("no thread");
    }
    (void)run(&clients[0]);
    for (uint32_t i = 1; i < options->threads; i++)
        (void)pthread_join(clients[i].thread, NULL);
}

int main(int argc, char *argv[])
{
    struct options options = {
        .probes = 10000, .in_flight = 100, .hosts = 1000, .port = 25, .threads = 1};
    struct client clients[THREADS_MAX] = {0};
    const struct rlimit limit = {.rlim_cur = DESCRIPTORS, .rlim_max = DESCRIPTORS};
    uint32_t done = 0, failed = 0;

    if (!read_options(argc, argv, &options)) {
        (void)fputs("usage: bench_least_client -C CA-FILE [-n PROBES] [-c IN-FLIGHT] [-A HOSTS]\n"
                    "                          [-p PORT] [-t THREADS]\n",
                    stderr);
        return USAGE;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    const double began_s = now_s();
    run_all(&options, clients);
    for (uint32_t i = 0; i < options.threads; i++) {
        done += clients[i].done;
        failed += clients[i].failed;
    }
    (void)printf("{\"done\": %u, \"failed\": %u, \"wall_s\": %.3f}\n", done, failed,
                 now_s() - began_s);
    return failed ? 1 : 0;
}
