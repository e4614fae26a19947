/*
 * Sessions in the order in which they were asked for, no more at a time than there are descriptors
 * for: a domain whose MX hosts have hundreds of addresses must not take them from the others.
 * Stands in front of the sessions of a backend; those that wait have not begun.
 */
#ifndef PROBE_SESSION_QUEUE_H
#define PROBE_SESSION_QUEUE_H

#include <stddef.h>

#include <event2/event.h>

#include "probe/backend.h"

struct session_queue;

/*
 * At most `most` sessions (at least 1) of `behind` are under way at a time. NULL when out of
 * memory. Borrows the base; copies `behind`, whose sessions must outlive the queue.
 */
struct session_queue *session_queue_new(struct event_base *base, const struct backend *behind,
                                        size_t most);

/* Every session must have ended or been cut. NULL is allowed. */
void session_queue_free(struct session_queue *queue);

/*
 * The sessions, with the queue as `self`. One that is cut while it waits for a descriptor is our
 * own trouble, SMTP_OURS with EMFILE, where the reason of the cut is the deadline.
 */
extern const struct session_ops session_queue_ops;

#endif
