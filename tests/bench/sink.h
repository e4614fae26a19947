/*
 * The sink: a farm of STARTTLS mail hosts, and a policy host, on loopback, that costs less than any
 * client. One process a core serves everything from one epoll loop. Delays are exact to what the
 * kernel's timers give.
 */
#ifndef BENCH_SINK_H
#define BENCH_SINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <openssl/ssl.h>

#include "bench/sink_chain.h"

/* How a mail host behaves. */
enum sink_role {
    SINK_SOUND,
    SINK_SILENT,    /* accepts, and says nothing */
    SINK_STALLING,  /* answers STARTTLS, and nothing after that */
    SINK_REFUSING,  /* does not listen */
    SINK_BUSY,      /* 421, whoever comes */
    SINK_BUSY_ONCE, /* 421 to whoever comes first */
};

struct sink_options {
    uint32_t hosts;
    uint32_t port;
    uint32_t policies; /* so many policy hosts, port 443; 0: none */
    uint32_t processes;
    uint32_t delay_ms; /* before every reply of SMTP */
    uint32_t tls_1_2;  /* 1: TLS 1.2 and no more */
    /* In percent of the hosts. */
    uint32_t silent, stalling, refusing, busy, busy_once, rsa, p384;
    const char *roots_path; /* where the roots are written; borrowed */
    const char *log_path;   /* a line for each connection to a mail host that has ended: its host,
                               and when it began and ended, in ns; or NULL */
};

/* Of all processes together: lies in memory that they share. */
struct sink_counts {
    atomic_ulong connections; /* accepted, on the mail hosts' port */
    atomic_ulong handshakes;  /* finished, on that port */
    atomic_ulong quits;       /* QUIT commands */
    atomic_ulong put_off;     /* greeted with 421 */
    atomic_ulong cut;         /* ended by the peer without QUIT */
    atomic_ulong policies;    /* sent whole */
    atomic_ulong of_host[];   /* connections, by host; the first is what SINK_BUSY_ONCE goes by */
};

/* What never changes while the sink runs. Made before the processes part. */
struct sink_farm {
    struct sink_options options;
    struct chains *chains;
    SSL_CTX *contexts[CHAIN_KINDS];
    SSL_CTX *policy_context;
    X509 **leaves, **policy_leaves; /* by host, by domain */
    struct sink_counts *counts;
    int log_fd; /* -1 without a log */
};

enum sink_role sink_role_of(const struct sink_options *options, uint32_t host);
enum chain_kind sink_kind_of(const struct sink_options *options, uint32_t host);

/* What an event of the loop is about. */
struct sink_source {
    bool listening, policy;
    int fd;
    uint32_t host;
};

struct sink_session;

struct sink_server {
    const struct sink_farm *farm;
    int epoll;
    /* Replies that wait for their time. All wait equally long, so the order is that of coming. */
    TAILQ_HEAD(sink_queue, sink_session) waiting;
};

/*
 * Serves until it is killed, and writes one byte to `ready_fd` when it listens everywhere. Returns
 * only when the loop could not be set up: 1, with a message.
 */
int sink_serve(const struct sink_farm *farm, int ready_fd);

/* Takes `fd`, just accepted at the listener. */
void sink_session_start(struct sink_server *server, const struct sink_source *listener, int fd);
/* Something came, or the peer went. `source` is the session's. May free the session. */
void sink_session_input(struct sink_server *server, struct sink_source *source);
/* Sends the replies whose time has come. The time of the next one, or -1 when none waits. */
int64_t sink_session_due_ns(struct sink_server *server, int64_t now_ns);

/* CLOCK_MONOTONIC, in nanoseconds. */
int64_t sink_now_ns(void);

#endif
