/*
 * Verifications kept for chains that are presented again: many domains share a mail host, many
 * hosts a chain, and verifying one costs as much as a handshake. A fixed number of places, the
 * oldest of a set gives way. One thread at a time.
 */
#ifndef TLS_VERIFY_CACHE_H
#define TLS_VERIFY_CACHE_H

#include "tls/verify.h"

enum {
    TLS_VERIFY_CACHE_PLACES = 4096,
    /* How long a verification holds where nothing in the chain begins or ends meanwhile: anchors
     * and CRLs have dates too, which are not looked at. */
    TLS_VERIFY_CACHE_HOLDS_S = 300,
};

struct tls_verify_cache;

/* NULL when out of memory. */
struct tls_verify_cache *tls_verify_cache_new(void);
void tls_verify_cache_free(struct tls_verify_cache *cache);

/*
 * As tls_verify, always with the same `trust`. What is kept was found for the very same
 * certificates, at most TLS_VERIFY_CACHE_HOLDS_S away from `at_s`; a chain with a stapled response
 * is verified each time. Without a cache (NULL) it is tls_verify.
 */
int tls_verify_cached(struct tls_verify_cache *cache, const struct tls_facts *facts,
                      struct tls_trust *trust, int64_t at_s, struct tls_verification *out);

#endif
