/*
 * One thread of a scan: an event loop that gathers domains, judges them and makes their lines. It
 * shares nothing with the other workers but the trust anchors, a few counters and the sessions that
 * their boards hold for one another (probe/session_board.h).
 */
#ifndef PROBE_WORKER_H
#define PROBE_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/resolver.h"
#include "output/summary.h"
#include "probe/mailbox.h"
#include "probe/scan_item.h"
#include "probe/session_asker.h"
#include "probe/session_board.h"
#include "probe/settings.h"

enum {
    /* How long a domain that was throttled, or failed for a reason of ours, waits for its one
     * further try. */
    WORKER_RETRY_AFTER_MS = 15 * 1000,
    WORKER_ROOM_AGAIN_MS = 1000, /* and where there is no room for it then, so long again */
    /* A domain at its deadline one of whose sessions still waits for its turn is looked at again
     * after so long. */
    WORKER_LOOK_AGAIN_MS = 5 * 1000,
    WORKER_RETRIES_MAX = 20000, /* that wait in one worker; beyond, there is no further try */
};

/* What all workers of a scan share. */
struct worker_environment {
    const struct settings *settings; /* never changed while they run */
    struct tls_trust *trust;         /* its store is loaded */
    struct session_boards boards;
    size_t n_workers;
    struct mailbox *writer;            /* where items go when they have their text */
    atomic_size_t in_flight;           /* domains under way or on their way to the output */
    atomic_size_t concurrency;         /* so many may be, at present; follows the pressure */
    atomic_uint_fast64_t troubles;     /* domains that met a shortage of our own */
    atomic_uint_fast64_t dns_timeouts; /* domains that waited for the resolver in vain */
    int room_fd;                       /* an eventfd, told when a domain makes room for another */
};

/* Limits of one worker; they may change while it runs. */
struct worker_limits {
    size_t sessions;     /* SMTP sessions at a time */
    size_t shared_facts; /* sessions whose facts are kept */
};

struct worker_stats {
    struct session_board_stats board;
    struct dns_resolver_stats dns;
    uint64_t retried, policy_fetches;
};

struct worker;

/* NULL with errno set when out of memory or descriptors. Borrows the environment. */
struct worker *worker_new(struct worker_environment *environment,
                          const struct worker_limits *limits);

/* Not while it runs. Items that it still holds are freed. NULL is allowed. */
void worker_free(struct worker *worker);

struct mailbox *worker_mailbox(const struct worker *worker);

/* From any thread: one domain less counts against --concurrency, and the reader hears of it. */
void worker_make_room(struct worker_environment *environment);

/* For session_boards.deliver: `receiver` is the worker. */
void worker_take_request(void *receiver, struct message *message);

/* Begins its thread. 0, or an error number. */
int worker_run(struct worker *worker);

/* Hands over a domain, from any thread. */
void worker_give(struct worker *worker, struct scan_item *item);

/*
 * From any thread: cuts what is under way and ends the thread, which is then joined. What was not
 * finished has no result.
 */
void worker_stop(struct worker *worker);
void worker_join(struct worker *worker);

/* From any thread; takes effect soon. */
void worker_set_limits(struct worker *worker, const struct worker_limits *limits);

/* What it counted. Only after worker_join. */
const struct summary *worker_summary(const struct worker *worker);
void worker_stats(const struct worker *worker, struct worker_stats *out);

#endif
