/*
 * Sessions shared by domains: each (MX host, address) is probed once while its facts are kept,
 * however many domains name it. Whoever asks while the session is under way waits for it. A scan
 * has one board a loop; an address belongs to one of them (session_board_owner), so that what is
 * polite to it is counted in one place.
 */
#ifndef PROBE_SESSION_BOARD_H
#define PROBE_SESSION_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "probe/backend.h"
#include "probe/mailbox.h"
#include "probe/pacer.h"

enum {
    SESSION_BOARD_AGE_MAX_MS = 3600 * 1000, /* facts older than this are taken anew */
    SESSION_BOARD_DOUBT_AGE_MAX_MS = 5000,  /* the same of a session that was throttled or failed
                                               for a reason of our own: worth another try */
};

/* One question to a board, from any thread; made and freed by session_asker.c. */
struct session_request {
    struct message message; /* to the board, then back */
    struct mailbox *answer_to;
    void (*answered)(void *receiver, struct message *message); /* delivers the answer there */
    struct smtp_target target; /* host and sni are copies, which the board may take */
    struct smtp_facts *facts;  /* the answer: one reference, NULL when out of memory */
    struct session_request *next_waiting;
    backend_session_fn *done;
    void *arg;
    atomic_bool begun; /* the session is, or was, under way: no limit of ours holds it up */
    atomic_int stage;  /* enum smtp_stage, as last looked at */
    bool cut;          /* whoever asked no longer waits; theirs alone */
};

struct session_board_options {
    const struct backend *backend; /* holds the sessions; borrowed */
    struct pacer *pacer;           /* lets them begin; borrowed */
    size_t entries_max;            /* facts kept; at least 1 */
};

struct session_board_stats {
    uint64_t asked;     /* questions */
    uint64_t shared;    /* of those: answered by what was probed for another */
    uint64_t probed;    /* sessions begun */
    uint64_t connects;  /* for those, closer looks included */
    uint64_t repeated;  /* of those: had been probed before, and were forgotten or too old (told
                           from a table of fingerprints: at least so many) */
    uint64_t unreached; /* of those: refused, unreachable or timed out in the connect */
    uint64_t under_way, waiting;
};

struct session_board;

/* NULL when out of memory. Copies the options. */
struct session_board *session_board_new(struct event_base *base,
                                        const struct session_board_options *options);

/* Cuts what is under way; answers nobody: requests that wait are freed. NULL is allowed. */
void session_board_free(struct session_board *board);

/* Comes to own the request, and sends it back to its `answer_to` with the facts. */
void session_board_take(struct session_board *board, struct session_request *request);

/* Keeps fewer facts, or more, from now on. */
void session_board_set_limit(struct session_board *board, size_t entries_max);

void session_board_stats(const struct session_board *board, struct session_board_stats *out);

/* Which of `n` boards an address belongs to; `by_network`: with its whole /24 or /48. */
size_t session_board_owner(const struct dns_address *address, bool by_network, size_t n);

void session_request_free(struct session_request *request);

#endif
