/*
 * One TCP connection that may become a TLS session: owns the socket, the SSL object and one
 * libevent event. It has no clock: whoever drives it holds the deadlines and frees it.
 */
#ifndef TLS_STREAM_H
#define TLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "tls/facts.h"
#include "tls/resumption.h"

struct tls_stream;

enum tls_stream_end {
    TLS_STREAM_CONNECT_FAILED, /* `os_error`: ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT… */
    TLS_STREAM_CLOSED,         /* the peer closed in order, before or inside TLS */
    TLS_STREAM_RESET,          /* `os_error` */
    TLS_STREAM_TLS_FAILED,     /* in the handshake, or after it by an alert (TLS 1.3 so refuses a
                                  client without certificate) or a broken record: `failure` */
    TLS_STREAM_OURS, /* our own trouble (EMFILE, ENOMEM, EADDRNOTAVAIL of --source): `os_error` */
};

struct tls_stream_ended {
    enum tls_stream_end end;
    int os_error;
    struct tls_failure failure; /* `certificate_requested` and `first` whatever the end */
};

/*
 * Run from the loop only, never from inside a tls_stream_ call. `bytes` and `ended` are borrowed;
 * `facts` is given with one reference that the handler owns. After `ended` nothing more comes. A
 * handler may write, secure and stop, but must not free the stream.
 */
struct tls_stream_handler {
    void (*connected)(void *arg);
    void (*data)(void *arg, const uint8_t *bytes, size_t length);
    void (*secured)(void *arg, struct tls_facts *facts);
    void (*ended)(void *arg, const struct tls_stream_ended *ended);
};

/* NULL when out of memory. Borrows base, handler and arg. */
struct tls_stream *tls_stream_new(struct event_base *base, const struct tls_stream_handler *handler,
                                  void *arg);

/* Closes the socket without a TLS shutdown of its own. NULL is allowed. */
void tls_stream_free(struct tls_stream *stream);

/*
 * Begins to connect to `peer`, from `source` when not NULL. Every outcome is told by a handler,
 * our own trouble by `ended` with TLS_STREAM_OURS.
 */
void tls_stream_connect(struct tls_stream *stream, const struct sockaddr *peer, socklen_t length,
                        const struct sockaddr *source, socklen_t source_length);

/*
 * Queues bytes, sent in the clear or inside TLS as the stream then is; nothing when it is not
 * connected. Returns 0, or -1 when out of memory.
 */
int tls_stream_write(struct tls_stream *stream, const void *bytes, size_t length);

/*
 * Begins the handshake as a client, `sni` sent when not NULL. The first bytes that come in answer
 * are kept for the failure's evidence. Ends in `secured` or in `ended` with
 * TLS_STREAM_TLS_FAILED. Allowed once, when all queued bytes are out.
 */
void tls_stream_secure(struct tls_stream *stream, SSL_CTX *context, const char *sni);

/* Nothing more is read or told; queued bytes and a close_notify are tried once, without waiting. */
void tls_stream_stop(struct tls_stream *stream);

/*
 * The state of a handshake that is still under way, for the evidence of a time-out: `kind` is
 * TLS_FAILED_NOT_TLS when the bytes that came tell already, else TLS_FAILED_NOT.
 */
void tls_stream_handshake_state(const struct tls_stream *stream, struct tls_failure *out);

/* What a finished handshake has brought so far, for the session's end; unknown without one. */
struct tls_resumption tls_stream_resumption(const struct tls_stream *stream);

/* The local address of a connected socket. False when there is none. */
bool tls_stream_local_address(const struct tls_stream *stream, struct sockaddr_storage *out);

#endif
