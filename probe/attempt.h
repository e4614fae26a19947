/*
 * Drives one SMTP session over one socket: the step function of probe/smtp_session.h on top of the
 * evented stream of tls/stream.h, with one absolute deadline a phase.
 */
#ifndef PROBE_ATTEMPT_H
#define PROBE_ATTEMPT_H

#include <event2/event.h>
#include <openssl/ssl.h>

#include "probe/backend.h"
#include "probe/smtp_session.h"

/* What all attempts of a run share; borrowed for their life. */
struct attempt_environment {
    struct event_base *base;
    SSL_CTX *context, *wide_context; /* tls_context_new, tls_context_new_wide */
    bool injection_test;             /* one more session, with a command behind STARTTLS */
    bool autopsy;                    /* look into failed handshakes (probe/inspection.h) */
    struct smtp_session_options session;
    const struct dns_address *source_ipv4; /* connect from here, or NULL */
    const struct dns_address *source_ipv6;
    void (*secured)(void *arg); /* told of every finished handshake, or NULL */
    void *secured_arg;
};

/* What is offered in the handshake. */
enum attempt_mode {
    ATTEMPT_MODERN,  /* what a sender of today offers */
    ATTEMPT_WIDE,    /* all that OpenSSL has */
    ATTEMPT_BY_HAND, /* what it no longer has; ends at the ServerHello, which goes to `autopsy` */
    ATTEMPT_INJECT,  /* as a sender of today, with a NOOP pipelined behind STARTTLS */
};

struct attempt;

/* Begins. `done` gets the facts (one reference) once, from the loop. NULL when out of memory. */
struct attempt *attempt_start(const struct attempt_environment *environment,
                              const struct smtp_target *target, enum attempt_mode mode,
                              backend_session_fn *done, void *arg);

/*
 * Ends as things stand and frees: `why` becomes the problem where the session had none yet. Returns
 * the facts (one reference); `done` will not run.
 */
struct smtp_facts *attempt_cut(struct attempt *attempt, enum smtp_problem why);

#endif
