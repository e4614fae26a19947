/*
 * What a domain job asks of the world: three questions and the time. probe/live.c answers them
 * from the network, probe/what_if.c in front of it from options, and the scenario tests from a
 * script with a fixed clock; the job cannot tell the difference.
 *
 * Every start function returns a handle, calls `done` exactly once and never from inside the
 * start call; after a cancel, `done` does not run. A start that returns NULL is our own trouble
 * (no memory), and `done` will not run.
 */
#ifndef PROBE_BACKEND_H
#define PROBE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/answer.h"
#include "policy/facts.h"
#include "policy/fetch.h"

/* Where and how to hold one SMTP session. Everything is borrowed for the call. */
struct smtp_target {
    struct dns_address address;
    uint16_t port;
    const char *host; /* the MX host name, for the dialogue */
    const char *sni;  /* the server name of the handshake, NULL for none (address literals) */
};

typedef void backend_answer_fn(void *arg, struct dns_answer *answer);    /* borrowed */
typedef void backend_session_fn(void *arg, struct smtp_facts *facts);    /* one reference given */
typedef void backend_fetch_fn(void *arg, struct sts_fetch_facts *facts); /* one reference given */

/* The DNS. Apart from the rest, so that options can answer in front of it (probe/what_if.h). */
struct answer_ops {
    void *(*ask)(void *self, const char *name, uint16_t type, backend_answer_fn *done, void *arg);
    void (*cancel)(void *self, void *handle);
};

/* The mail hosts. Apart too, so that domains can share what was seen (probe/session_board.h). */
struct session_ops {
    void *(*start)(void *self, const struct smtp_target *target, backend_session_fn *done,
                   void *arg);
    /* Ends the session as it stands: returns its facts (one reference given), `done` not run. NULL
     * when out of memory. */
    struct smtp_facts *(*cut)(void *self, void *handle, enum smtp_problem why);
    /* Has it not begun, because of a limit of our own? NULL where there are none. */
    bool (*waits)(void *self, void *handle);
    /* The stage that it has reached. NULL where nobody asks. */
    enum smtp_stage (*stage)(void *self, void *handle);
};

/* The policy hosts; apart for the same reason (probe/fetch_desk.h). */
struct fetch_ops {
    void *(*start)(void *self, const char *domain, const struct dns_address *addresses,
                   size_t n_addresses, backend_fetch_fn *done, void *arg);
    void (*cancel)(void *self, void *handle);
    /* As that of the sessions. NULL where there are no such limits. */
    bool (*waits)(void *self, void *handle);
};

struct backend_ops {
    /* Runs `run` once from the loop, soon. */
    void *(*soon)(void *self, void (*run)(void *arg), void *arg);
    void (*soon_cancel)(void *self, void *handle);
    int64_t (*wall_ms)(void *self);      /* milliseconds since 1970 */
    int64_t (*monotonic_ms)(void *self); /* milliseconds, never going back */
    bool (*ad_believed)(void *self);
    enum dns_validation (*validation)(void *self);
};

struct backend {
    const struct answer_ops *dns;
    void *dns_self;
    const struct session_ops *sessions;
    void *sessions_self;
    const struct fetch_ops *fetches;
    void *fetches_self;
    const struct backend_ops *ops;
    void *self;
};

#endif
