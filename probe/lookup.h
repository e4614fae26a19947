/*
 * One question to the DNS whose answer goes into a slot of the facts.
 */
#ifndef PROBE_LOOKUP_H
#define PROBE_LOOKUP_H

#include <stdbool.h>

#include "probe/backend.h"

struct lookup {
    const struct backend *backend;
    void *handle; /* NULL when nothing is in flight */
    char *name;
    uint16_t type;
    struct dns_answer **slot;
    void (*done)(void *arg);
    void *arg;
};

/*
 * Asks, with `prefix` (such as "_mta-sts.") put before `name`. `done` runs when `*slot` holds the
 * answer (the slot comes to own a reference; what it held is given back). False when out of memory.
 */
bool lookup_start(struct lookup *lookup, const struct backend *backend, const char *prefix,
                  const char *name, uint16_t type, struct dns_answer **slot,
                  void (*done)(void *arg), void *arg);

/*
 * Stops a question that is in flight: the slot gets an answer that says DNS_TIMEOUT, or, where we
 * were interrupted, DNS_NOT_ASKED. Idempotent.
 */
void lookup_cut(struct lookup *lookup, enum smtp_problem why);

#endif
