/*
 * A ClientHello written and a ServerHello read by hand, for what OpenSSL no longer speaks: SSLv3,
 * RC4, 3DES, EXPORT (RFC 5246 7.4.1, RFC 6101 5.6.1). Only the choice is of interest: no handshake
 * is ever finished this way. Pure.
 */
#ifndef TLS_HELLO_H
#define TLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TLS_HELLO_MAX = 1024, TLS_HELLO_RANDOM_LENGTH = 32, TLS_HELLO_ANSWER_MAX = 16384 + 5 };

/*
 * Writes one record with a ClientHello that offers every version up to TLS 1.2 and every weak
 * suite of tls/suite.h, besides the strong suites of common use; with SNI when `sni` is not NULL.
 * Returns the length in bytes, or 0 when the name is too long.
 */
size_t tls_hello_write(uint8_t out[TLS_HELLO_MAX], const char *sni,
                       const uint8_t random[TLS_HELLO_RANDOM_LENGTH]);

enum tls_hello_status {
    TLS_HELLO_MORE,   /* not complete yet */
    TLS_HELLO_CHOSEN, /* a ServerHello: `version` and `suite` */
    TLS_HELLO_ALERT,  /* `alert` */
    TLS_HELLO_BAD,    /* neither */
};

struct tls_server_hello {
    uint16_t version; /* 0x0300 SSLv3 … 0x0303 TLS 1.2 */
    uint16_t suite;
    int alert; /* -1 when none */
};

/*
 * Reads the server's first bytes, all that came so far; records may split the message. Over
 * TLS_HELLO_ANSWER_MAX bytes without a whole ServerHello head is TLS_HELLO_BAD.
 */
enum tls_hello_status tls_hello_read(const uint8_t *bytes, size_t length,
                                     struct tls_server_hello *out);

#endif
