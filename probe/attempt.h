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
#include "tls/hello.h"

/* What all attempts of a run share; borrowed for their life. */
struct attempt_environment {
    struct event_base *base;
    struct smtp_session_options session;
    const struct dns_address *source_ipv4; /* connect from here, or NULL */
    const struct dns_address *source_ipv6;
    void (*secured)(void *arg); /* told of every finished handshake, or NULL */
    void *secured_arg;
};

/* What one attempt says after STARTTLS. */
struct attempt_offer {
    SSL_CTX *context; /* the handshake is OpenSSL's, with this; NULL: a ClientHello made by hand */
    struct tls_hello_offer hello; /* of that; its answer, with which the attempt ends, goes to
                                     `hello_outcome` and `hello` of the facts */
    bool inject;                  /* a NOOP is pipelined behind STARTTLS (CVE-2011-0411) */
    bool quiet;                   /* a look beside the session: `secured` is not told */
};

struct attempt;

/*
 * Begins; the offer is copied, its context borrowed. `done` gets the facts (one reference) once,
 * from the loop. NULL when out of memory.
 */
struct attempt *attempt_start(const struct attempt_environment *environment,
                              const struct smtp_target *target, const struct attempt_offer *offer,
                              backend_session_fn *done, void *arg);

/* How far it is. */
enum smtp_stage attempt_stage(const struct attempt *attempt);

/*
 * Ends as things stand and frees: `why` becomes the problem where the session had none yet. Returns
 * the facts (one reference); `done` will not run.
 */
struct smtp_facts *attempt_cut(struct attempt *attempt, enum smtp_problem why);

#endif
