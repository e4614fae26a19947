/*
 * Inspects one endpoint: the session that a sender would hold and, one after the other, the closer
 * looks that the options ask for, each with an attempt of its own. The first is the autopsy: where
 * the session's handshake failed for a reason that the server did not tell, further attempts with
 * what clients of the past offered, AUTOPSY_CONNECTIONS_MAX at most.
 * The survey asks by the plan of probe/survey.h, with a pause before every connection.
 */
#ifndef PROBE_INSPECTION_H
#define PROBE_INSPECTION_H

#include "probe/attempt.h"

/* What all inspections of a run share; borrowed for their life. */
struct inspection_environment {
    struct attempt_environment attempt;
    SSL_CTX *context;                     /* tls_context_new: the session's */
    SSL_CTX *wide_context;                /* tls_context_new_wide; only where there are autopsies */
    SSL_CTX *key_contexts[TLS_KEY_KINDS]; /* by tls_context_new_for_key, NULL for TLS_KEY_OTHER;
                                             only where both kinds of key are looked at */
    bool autopsy;                         /* look into failed handshakes */
    bool injection_test;                  /* look what becomes of a command behind STARTTLS */
    bool tls_survey;                      /* ask for every version and the weak classes of suites */
};

struct inspection;

/* Begins. `done` gets the facts (one reference) once, from the loop. NULL when out of memory. */
struct inspection *inspection_start(const struct inspection_environment *environment,
                                    const struct smtp_target *target, backend_session_fn *done,
                                    void *arg);

/* The stage that the session has reached. */
enum smtp_stage inspection_stage(const struct inspection *inspection);

/* Ends as things stand and frees, as attempt_cut does: what the session told stays. */
struct smtp_facts *inspection_cut(struct inspection *inspection, enum smtp_problem why);

#endif
