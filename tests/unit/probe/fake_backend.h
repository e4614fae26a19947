/*
 * A backend without a network: everything that is begun waits in a list until the test lets it end,
 * in the order that the test likes. The clocks stand still.
 */
#ifndef TESTS_UNIT_PROBE_FAKE_BACKEND_H
#define TESTS_UNIT_PROBE_FAKE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/backend.h"

enum { FAKE_WALL_MS = 1780272000, FAKE_MONOTONIC_MS = 5000, FAKE_PENDING_MAX = 256 };

enum fake_kind { FAKE_QUESTION, FAKE_SESSION, FAKE_FETCH, FAKE_SOON };

/* Something that was begun. */
struct fake_pending {
    struct fake *fake;
    enum fake_kind kind;
    bool open;
    char name[300]; /* of the question, the fetch's domain, the session's server name */
    uint16_t type;  /* of the question */
    struct smtp_target target;
    union {
        backend_answer_fn *answer;
        backend_session_fn *session;
        backend_fetch_fn *fetch;
        void (*soon)(void *arg);
    } done;
    void *arg;
};

/* How a session ends. */
struct fake_ending {
    enum smtp_problem problem;
    enum smtp_stage stage;
};

struct fake {
    /* What the DNS says: one reference given; NULL means a denial of the type. */
    struct dns_answer *(*answer)(const char *name, uint16_t type);
    struct fake_pending *pending[FAKE_PENDING_MAX]; /* in the order begun, ended ones too */
    size_t n_pending;
    size_t n_cancelled;
    bool fail_all;    /* no start has memory */
    size_t fail_at;   /* the start with this number (from 1) has no memory; 0: none */
    bool ad_believed; /* what the backend says of itself */
    const struct fake_ending *ending; /* of the sessions; NULL: fine */
};

/* Empty when zeroed, but for `answer`. */
struct backend fake_backend(struct fake *fake);
/* Fails the test when something is still open. */
void fake_clear(struct fake *fake);

/* How many of a kind are open, how many were begun. */
size_t fake_open(const struct fake *fake, enum fake_kind kind);
size_t fake_begun(const struct fake *fake, enum fake_kind kind);

/* Lets one end: the oldest, or the newest. False when nothing is open. */
bool fake_step(struct fake *fake, bool newest);
/* Lets the oldest one with this name end, whatever it is. False when there is none. */
bool fake_end(struct fake *fake, const char *name, uint16_t type);

/* Answers to give. Addresses in text; a NULL ends a list. */
struct dns_answer *fake_denial(const char *name, uint16_t type, enum dns_status status);
struct dns_answer *fake_addresses(const char *name, uint16_t type, enum dns_security security,
                                  const char *const addresses[]);
struct dns_answer *fake_mx(const char *name, const char *const hosts[]); /* preferences 10, 20, … */
struct dns_answer *fake_text(const char *name, const char *text);

#endif
