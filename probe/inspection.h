/*
 * Inspects one endpoint: the session that a sender would hold and, where its handshake failed for a
 * reason that the server did not tell, the autopsy: further attempts with what clients of the past
 * offered. Bounded by AUTOPSY_CONNECTIONS_MAX, one after the other.
 */
#ifndef PROBE_INSPECTION_H
#define PROBE_INSPECTION_H

#include "probe/attempt.h"

struct inspection;

/* Begins. `done` gets the facts (one reference) once, from the loop. NULL when out of memory. */
struct inspection *inspection_start(const struct attempt_environment *environment,
                                    const struct smtp_target *target, backend_session_fn *done,
                                    void *arg);

/* Ends as things stand and frees, as attempt_cut does: what the session told stays. */
struct smtp_facts *inspection_cut(struct inspection *inspection, enum smtp_problem why);

#endif
