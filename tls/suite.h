/*
 * Cipher suites by number, by the registry's name and by OpenSSL's, and which of them no longer
 * protect. OpenSSL itself has lost the worst of them, names and all. Pure.
 */
#ifndef TLS_SUITE_H
#define TLS_SUITE_H

#include <stddef.h>
#include <stdint.h>

/* What is weak in two ways is in both classes. The graver comes earlier. */
enum tls_suite_class {
    TLS_SUITE_ANONYMOUS, /* no certificate: anybody may answer */
    TLS_SUITE_NULL,      /* no encryption */
    TLS_SUITE_EXPORT,    /* keys of 40 and 56 bits, short by law */
    TLS_SUITE_RC4,       /* RFC 7465 */
    TLS_SUITE_DES,       /* DES, with keys of any length, and 3DES */
    TLS_SUITE_STRONG,    /* none of these */
};

/* Sets of classes, as bits 1 << class. */
enum { TLS_SUITES_ALL = (1 << (TLS_SUITE_STRONG + 1)) - 1 };

/* Where the key of a session comes from, as far as it shows a group. */
enum tls_suite_exchange {
    TLS_EXCHANGE_STATIC,    /* the certificate's key; no group */
    TLS_EXCHANGE_DHE,       /* finite field, anonymous or not: a prime (RFC 5246 7.4.3) */
    TLS_EXCHANGE_ECDHE,     /* elliptic curve, anonymous or not (RFC 8422 5.4) */
    TLS_EXCHANGE_KEY_SHARE, /* TLS 1.3: not the suite's matter (RFC 8446 4.2.8) */
};

struct tls_suite {
    uint16_t id;
    uint16_t least_version; /* 0x0300 SSLv3 … 0x0304 TLS 1.3, which has suites of its own */
    enum tls_suite_exchange exchange;
    unsigned classes;    /* bits 1 << enum tls_suite_class */
    const char *name;    /* of the TLS registry, without "TLS_" */
    const char *openssl; /* OpenSSL's, the last that it had where it no longer has the suite */
};

/*
 * What is wrong with the suite of OpenSSL's `name`: "anonymous", "no encryption", "EXPORT", "RC4",
 * "DES or 3DES"; NULL when nothing is. Static.
 */
const char *tls_suite_weakness(const char *name);

/* The suites that a hand-made ClientHello can offer, as a client would order them. Static. */
const struct tls_suite *tls_suites(size_t *n);

/* The suite with that number, weak or not, or NULL. */
const struct tls_suite *tls_suite_find(uint16_t id);

/* The weak suite with that number, or NULL. */
const struct tls_suite *tls_weak_suite_find(uint16_t id);

#endif
