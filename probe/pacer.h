/*
 * Lets sessions begin no faster, and no more of them at a time, than is polite to an address and
 * its network, and than there are descriptors for. One a loop; what looks alike to strangers is
 * counted by all of them together in `struct pacer_networks`.
 */
#ifndef PROBE_PACER_H
#define PROBE_PACER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "dns/address.h"

/*
 * Sessions under way in each /24 or /48, by a hash of it: two networks may share a count, which
 * makes the limit stricter and never looser. Shared by threads; all zero at first.
 */
struct pacer_networks {
    atomic_uint in_use[1 << 14];
};

struct pacer_options {
    size_t per_host;                 /* sessions at one address at a time; 0: no limit */
    size_t per_network;              /* in one network; 0: no limit */
    struct pacer_networks *networks; /* borrowed; NULL where there is no limit a network */
    double rate;                     /* new sessions a second of this pacer; 0: no limit */
    size_t sessions_max;             /* of this pacer at a time; 0: no limit */
};

/* One session's place in the queue; embedded in what waits. */
struct pacer_ticket {
    struct pacer_ticket *next;
    struct pacer_gate *gate;
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

/* The session that `go` began is over. */
void pacer_leave(struct pacer *pacer, struct pacer_ticket *ticket);

/* Changes how many sessions may be under way; see pacer_options. */
void pacer_set_sessions_max(struct pacer *pacer, size_t sessions_max);

#endif
