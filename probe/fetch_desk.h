/*
 * Policy fetches held for the domains of all loops: a policy is one domain's, but many policy hosts
 * share an address, and what is polite to it is counted in one place, with its mail sessions
 * (probe/pacer.h). A scan has one desk a loop; fetch_asker_ops ask the one that owns the address.
 */
#ifndef PROBE_FETCH_DESK_H
#define PROBE_FETCH_DESK_H

#include "probe/backend.h"
#include "probe/mailbox.h"
#include "probe/pacer.h"
#include "probe/session_asker.h"

struct fetch_desk;
struct fetch_request;

/* NULL when out of memory. Borrows the backend, which fetches, and the pacer. */
struct fetch_desk *fetch_desk_new(const struct backend *backend, struct pacer *pacer);

/* Cancels what is under way, and frees the requests that wait. NULL is allowed. */
void fetch_desk_free(struct fetch_desk *desk);

/* Comes to own the request, and sends it back with the facts. */
void fetch_desk_take(struct fetch_desk *desk, struct fetch_request *request);

/* The asking side: `self` is a struct fetch_asker. */
struct fetch_asker {
    const struct session_boards *boards; /* whose loops have the desks, and how they are reached */
    struct mailbox *answer_to;
    void (*deliver)(void *receiver, struct message *message); /* to the desk, in its loop */
};

extern const struct fetch_ops fetch_asker_ops;

#endif
