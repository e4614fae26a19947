/*
 * The SMTP dialogue as a step function (RFC 5321, RFC 3207): events in, commands and facts out.
 * Knows no socket and no clock; one table of phases (smtp_session.c) drives it. Whoever drives it
 * does, after every call: send `output`, begin TLS when `want` says so, finish when it says so, and
 * call smtp_session_expired when the monotonic clock reaches `deadline_ms`.
 */
#ifndef PROBE_SMTP_SESSION_H
#define PROBE_SMTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/facts.h"
#include "probe/smtp_reply.h"
#include "tls/stream.h"

struct smtp_session_options {
    const char *ehlo; /* the name given in EHLO, or NULL: an address literal (RFC 5321 4.1.3) */
    int connect_timeout_ms;
    int banner_timeout_ms;
    int timeout_ms; /* every other phase; QUIT waits no longer than SMTP_QUIT_TIMEOUT_MS */
    bool keep_dialogue;
};

/* How long a server is listened to that may answer a command sent before TLS (row 14). */
enum { SMTP_INJECTION_TIMEOUT_MS = 3000 };

enum { SMTP_QUIT_TIMEOUT_MS = 3000, SMTP_EHLO_NAME_MAX = 255 };

enum smtp_phase {
    SMTP_PHASE_CONNECT,
    SMTP_PHASE_BANNER,
    SMTP_PHASE_EHLO,
    SMTP_PHASE_HELO,
    SMTP_PHASE_STARTTLS,
    SMTP_PHASE_HANDSHAKE,
    SMTP_PHASE_INJECTED, /* only where a command was injected: is it answered inside TLS? */
    SMTP_PHASE_TLS_EHLO,
    SMTP_PHASE_QUIT,
    SMTP_PHASE_END,
};

enum smtp_want {
    SMTP_WANT_WAIT, /* for the next event */
    SMTP_WANT_TLS,  /* begin the handshake; told once */
    SMTP_WANT_END,  /* close: the facts are whole */
};

struct smtp_session {
    const struct smtp_session_options *options;
    struct smtp_facts *facts; /* borrowed */
    enum smtp_phase phase;
    enum smtp_want want;
    int64_t began_ms, phase_began_ms;
    int64_t deadline_ms;
    char output[2 * (SMTP_EHLO_NAME_MAX + 8)]; /* to be sent; the driver empties it */
    size_t output_length;
    char ehlo[SMTP_EHLO_NAME_MAX + 1];
    bool starttls_offered;
    bool inject; /* pipeline a NOOP behind STARTTLS (CVE-2011-0411); set after _begin */
    struct smtp_reply reply;
};

/* Begins with the connect. Borrows options and facts for the session's life. */
void smtp_session_begin(struct smtp_session *session, const struct smtp_session_options *options,
                        struct smtp_facts *facts, int64_t now_ms);
void smtp_session_clear(struct smtp_session *session);

/* Connected from `local`, which names us where no EHLO name is set (NULL: unknown). */
void smtp_session_connected(struct smtp_session *session, const struct dns_address *local,
                            int64_t now_ms);
void smtp_session_bytes(struct smtp_session *session, const uint8_t *bytes, size_t length,
                        int64_t now_ms);
/* Takes the reference of `tls`. */
void smtp_session_secured(struct smtp_session *session, struct tls_facts *take_tls, int64_t now_ms);
void smtp_session_ended(struct smtp_session *session, const struct tls_stream_ended *ended,
                        int64_t now_ms);
/* The phase's deadline passed; `handshake` is the state of one that is under way, else NULL. */
void smtp_session_expired(struct smtp_session *session, const struct tls_failure *handshake,
                          int64_t now_ms);
/* Ends as things stand, with `why` where the session had no problem of its own yet. */
void smtp_session_cut(struct smtp_session *session, enum smtp_problem why, int64_t now_ms);

#endif
