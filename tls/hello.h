/*
 * A ClientHello written and its answer read by hand, for what OpenSSL no longer speaks (SSLv3, RC4,
 * 3DES, EXPORT) and where only the server's choice is of interest: no handshake is ever finished
 * this way (RFC 8446 4.1, RFC 5246 7.4.1, RFC 6101 5.6.1). Pure; tls/hello_write.c, hello_read.c.
 */
#ifndef TLS_HELLO_H
#define TLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TLS_HELLO_MAX = 1024 };

/* --- writing ---------------------------------------------------------------------------------- */

struct tls_hello_offer {
    uint16_t version; /* the highest, 0x0300 SSLv3 … 0x0303 TLS 1.2; 0x0304 offers TLS 1.3 alone */
    unsigned classes; /* of suites: bits 1 << enum tls_suite_class */
    bool reversed;    /* the suites in reverse order */
    uint16_t without; /* a suite that is left out; 0: none is */
};

/* Is the suite among those that the offer lists? */
bool tls_hello_offers(const struct tls_hello_offer *offer, uint16_t suite);

/* Random bytes that one ClientHello takes: its random, its session id and its x25519 key. */
enum { TLS_HELLO_RANDOM_LENGTH = 32, TLS_HELLO_ENTROPY_LENGTH = 96 };

/*
 * Writes one record with a ClientHello: SNI when `sni` is not NULL, no extension at all for SSLv3.
 * Returns the length in bytes, or 0 when the name is too long.
 */
size_t tls_hello_write(uint8_t out[TLS_HELLO_MAX], const struct tls_hello_offer *offer,
                       const char *sni, const uint8_t entropy[TLS_HELLO_ENTROPY_LENGTH]);

/* --- reading ---------------------------------------------------------------------------------- */

enum tls_hello_status {
    TLS_HELLO_MORE,   /* not complete yet */
    TLS_HELLO_CHOSEN, /* a ServerHello, and what follows of the key exchange */
    TLS_HELLO_ALERT,  /* `alert` */
    TLS_HELLO_BAD,    /* neither, or too much */
};

struct tls_server_hello {
    bool chosen;      /* there is a ServerHello: what follows, whatever came behind it */
    uint16_t version; /* 0x0300 SSLv3 … 0x0304 TLS 1.3 */
    uint16_t suite;
    uint16_t group;      /* of the key exchange, by number; 0: none, or not seen */
    unsigned prime_bits; /* the size of its prime, for a finite field group; else 0 */
    bool retry;          /* it was a HelloRetryRequest: `group` is what the server wants */
    int alert;           /* -1 when none */
};

/*
 * How many bytes are read for one answer: the key exchange of TLS 1.2 stands behind the
 * certificates, of which OpenSSL's clients read 100 KiB.
 */
enum { TLS_HELLO_ANSWER_MAX = 102400 + 8192, TLS_HELLO_MESSAGE_MAX = 4096 };

/* The members but `hello` are the reader's own. */
struct tls_hello_reader {
    struct tls_server_hello hello;
    enum tls_hello_status status;
    size_t seen;
    uint8_t header[5]; /* of the record under way */
    size_t header_length;
    size_t payload; /* bytes of it that are still to come */
    uint8_t alert[2];
    uint8_t message[TLS_HELLO_MESSAGE_MAX]; /* how the message under way begins */
    size_t message_length;                  /* of all that came of it */
};

void tls_hello_reader_init(struct tls_hello_reader *reader);

/*
 * Takes the next bytes from the server, split anywhere. Once the status is not TLS_HELLO_MORE it
 * stays and nothing more is read. Warnings (alerts of level 1, but close_notify) are passed over.
 */
enum tls_hello_status tls_hello_reader_feed(struct tls_hello_reader *reader, const uint8_t *bytes,
                                            size_t length);

#endif
