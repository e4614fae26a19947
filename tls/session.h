/*
 * One TLS session as a client on a non-blocking socket, with the evidence of how it fails. Knows
 * no event loop: each step says what it waits for. Inside tls/ only.
 */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "tls/facts.h"

/* What a step came to. */
enum tls_step {
    TLS_STEP_DONE,
    TLS_STEP_WANTS_READ,
    TLS_STEP_WANTS_WRITE,
    TLS_STEP_ENDED, /* the peer closed in order: a close_notify, or end of file */
    TLS_STEP_FAILED /* `evidence.kind` says how */
};

struct tls_session {
    SSL *ssl;
    struct tls_failure evidence;
    size_t turn;     /* bytes read in this step */
    size_t received; /* since data last came out of it */
    bool heard;      /* data came out of it */
    int io_error;    /* errno of the last system call that failed, 0 when none did */
};

/* The socket stays the caller's; the session must not move while it lives. -1: out of memory. */
int tls_session_init(struct tls_session *session, SSL_CTX *context, int fd, const char *sni);
void tls_session_clear(struct tls_session *session);

/* An end in order counts as failed before the handshake is done (TLS_FAILED_CLOSED). */
enum tls_step tls_session_handshake(struct tls_session *session);
/* At least one byte when TLS_STEP_DONE. */
enum tls_step tls_session_read(struct tls_session *session, void *bytes, size_t size,
                               size_t *length);
enum tls_step tls_session_write(struct tls_session *session, const void *bytes, size_t length,
                                size_t *written);

#endif
