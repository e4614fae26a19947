/*
 * Whether a server offers that a session be resumed: a session ID (RFC 5246 7.4.1.3), a ticket of
 * TLS 1.2 (RFC 5077) or of TLS 1.3, which comes only after the handshake (RFC 8446 4.6.1). So it is
 * no part of the handshake's facts (tls/facts.h) but is told at the session's end. Nothing is
 * resumed.
 */
#ifndef TLS_RESUMPTION_H
#define TLS_RESUMPTION_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

enum tls_resumption_offer {
    TLS_RESUMPTION_UNKNOWN, /* the session ended before the server could have sent a ticket */
    TLS_RESUMPTION_NONE,
    TLS_RESUMPTION_TICKET,
    TLS_RESUMPTION_SESSION_ID, /* whether the server keeps the session is another question */
};

struct tls_resumption {
    enum tls_resumption_offer offer;
    int64_t
        lifetime_s; /* the ticket's lifetime (a hint in TLS 1.2), -1 where the server names none */
};

/*
 * What the server has offered so far in a session whose handshake is done. `heard`: data came from
 * the server inside it. A TLS 1.3 server sends its tickets before anything else, so that none has
 * been offered when data came and no ticket. Borrows `session` for the call.
 */
struct tls_resumption tls_resumption_capture(const SSL_SESSION *session, bool heard);

/* "ticket", "session-id", "none"; NULL for TLS_RESUMPTION_UNKNOWN. Static. */
const char *tls_resumption_offer_text(enum tls_resumption_offer offer);

#endif
