#include "tls/verify_cache.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

/* A chain may stand in any of the places of its set. */
enum { WAYS = 4, SETS = TLS_VERIFY_CACHE_PLACES / WAYS };

struct place {
    bool used;
    uint8_t key[TLS_SHA256_LENGTH];
    int64_t from_s, until_s; /* holds from the one up to, without, the other */
    struct tls_verification verification;
};

struct tls_verify_cache {
    EVP_MD *sha256; /* fetched once: looking it up costs more than the digest */
    EVP_MD_CTX *digest;
    size_t next[SETS]; /* of each set, the place that is given away next */
    struct place places[SETS][WAYS];
};

struct tls_verify_cache *tls_verify_cache_new(void)
{
    struct tls_verify_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return NULL;
    cache->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    cache->digest = EVP_MD_CTX_new();
    if (cache->sha256 && cache->digest)
        return cache;
    tls_verify_cache_free(cache);
    return NULL;
}

void tls_verify_cache_free(struct tls_verify_cache *cache)
{
    if (!cache)
        return;
    EVP_MD_CTX_free(cache->digest);
    EVP_MD_free(cache->sha256);
    free(cache);
}

/* The certificates by their digests, in order. False when it cannot be made. */
static bool make_key(struct tls_verify_cache *cache, const struct tls_facts *facts,
                     uint8_t key[TLS_SHA256_LENGTH])
{
    if (EVP_DigestInit_ex2(cache->digest, cache->sha256, NULL) != 1)
        return false;
    for (size_t i = 0; i < facts->n_chain; i++)
        if (EVP_DigestUpdate(cache->digest, facts->chain[i].sha256, TLS_SHA256_LENGTH) != 1)
            return false;
    return EVP_DigestFinal_ex(cache->digest, key, NULL) == 1;
}

/* Narrows the time that a verification as of `at_s` holds to what lies between two events. */
static void stop_at(struct place *place, int64_t event_s, int64_t at_s)
{
    if (event_s <= at_s && event_s > place->from_s)
        place->from_s = event_s;
    if (event_s > at_s && event_s < place->until_s)
        place->until_s = event_s;
}

static void set_time(struct place *place, const struct tls_facts *facts, int64_t at_s)
{
    place->from_s = at_s - TLS_VERIFY_CACHE_HOLDS_S;
    place->until_s = at_s + TLS_VERIFY_CACHE_HOLDS_S;
    for (size_t i = 0; i < facts->n_chain; i++) {
        stop_at(place, facts->chain[i].not_before_s, at_s);
        /* It holds through its last second. */
        stop_at(place, facts->chain[i].not_after_s + 1, at_s);
    }
}

static const struct place *find(const struct tls_verify_cache *cache, size_t set,
                                const uint8_t key[TLS_SHA256_LENGTH], int64_t at_s)
{
    for (size_t i = 0; i < WAYS; i++) {
        const struct place *place = &cache->places[set][i];
        if (place->used && memcmp(place->key, key, TLS_SHA256_LENGTH) == 0 &&
            at_s >= place->from_s && at_s < place->until_s)
            return place;
    }
    return NULL;
}

int tls_verify_cached(struct tls_verify_cache *cache, const struct tls_facts *facts,
                      struct tls_trust *trust, int64_t at_s, struct tls_verification *out)
{
    uint8_t key[TLS_SHA256_LENGTH];
    uint32_t hash;

    /* Of a chain that is longer than what was kept of it the key would not tell all, and a stapled
     * response has times of its own. */
    if (!cache || facts->n_chain == 0 || facts->chain_seen > facts->n_chain || facts->ocsp ||
        !make_key(cache, facts, key))
        return tls_verify(facts, trust, at_s, out);
    memcpy(&hash, key, sizeof hash);
    size_t set = hash % SETS;
    const struct place *found = find(cache, set, key, at_s);
    if (found) {
        *out = found->verification;
        return 0;
    }
    struct place *place = &cache->places[set][cache->next[set]++ % WAYS];
    place->used = false;
    if (tls_verify(facts, trust, at_s, out) != 0)
        return -1;
    memcpy(place->key, key, sizeof key);
    set_time(place, facts, at_s);
    place->verification = *out;
    place->used = true;
    return 0;
}
