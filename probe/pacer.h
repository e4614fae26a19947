/*
 * Lets connections begin no faster, and no more of them at a time, than is polite to an address and
 * its network, and than there are descriptors for. One a loop: whoever shares an address or, where
 * that is limited, a network must come to the same one.
 */
#ifndef PROBE_PACER_H
#define PROBE_PACER_H

#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "dns/address.h"

struct pacer_options {
    size_t per_host;     /* connections to one address at a time; 0: no limit */
    size_t per_network;  /* to one /24 or /48; 0: no limit */
    double rate;         /* new connections a second of this pacer; 0: no limit */
    size_t sessions_max; /* of this pacer at a time; 0: no limit */
};

enum { PACER_GATES = 2 }; /* of its address, of its network */

/* One connection's place in the queues; embedded in what waits. */
struct pacer_ticket {
    struct pacer_ticket *next;
    struct pacer_gate *gates[PACER_GATES];
    size_t passed; /* so many of them */
    struct dns_address address;
    void (*go)(struct pacer_ticket *ticket); /* from the loop: the session may begin */
};

struct pacer;

/* NULL when out of memory. Borrows the base; copies the options. */
struct pacer *pacer_new(struct event_base *base, const struct pacer_options *options);

/* Forgets who waits. NULL is allowed. */
void pacer_free(struct pacer *pacer);

/* Joins the queue; `address` and `go` are set. -1 when out of memory: `go` will not run. */
int pacer_enter(struct pacer *pacer, struct pacer_ticket *ticket);

/* What `go` began is over. */
void pacer_leave(struct pacer *pacer, struct pacer_ticket *ticket);

/* So many further connections were made for a ticket, one after the other: they count in `rate`. */
void pacer_charge(struct pacer *pacer, unsigned connections);

/* Changes how many sessions may be under way; see pacer_options. */
void pacer_set_sessions_max(struct pacer *pacer, size_t sessions_max);

#endif
