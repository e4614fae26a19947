/*
 * Cipher suites that no longer protect, by OpenSSL's name and by the registry's number. Pure.
 */
#ifndef TLS_SUITE_H
#define TLS_SUITE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What is wrong with the suite of OpenSSL's `name`: "anonymous", "no encryption", "EXPORT", "RC4",
 * "DES or 3DES"; NULL when nothing is. Static.
 */
const char *tls_suite_weakness(const char *name);

/* One of the suites that OpenSSL no longer has, or has only at security level 0. */
struct tls_suite {
    uint16_t id;
    const char *name; /* of the TLS registry, without "TLS_" */
    const char *weakness;
};

/* Every weak suite that a hand-made ClientHello offers, and their number. Static. */
const struct tls_suite *tls_weak_suites(size_t *n);

/* The weak suite with that number, or NULL. */
const struct tls_suite *tls_weak_suite_find(uint16_t id);

#endif
