/*
 * Answers kept for as long as the DNS says they hold, at most so many: the one not used for the
 * longest time goes first. Private to dns. Pure: the time is an argument.
 */
#ifndef DNS_CACHE_H
#define DNS_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "dns/answer.h"

enum {
    DNS_CACHE_TTL_MAX_S = 24 * 3600,         /* a TTL beyond is cut to this (RFC 8767 4 urges) */
    DNS_CACHE_NEGATIVE_TTL_MAX_S = 3 * 3600, /* RFC 2308 5 */
    DNS_CACHE_FAILURE_TTL_S = 5,             /* RFC 2308 7 would allow five minutes */
    DNS_CACHE_ANSWER_MAX = 4096,             /* bytes, as dns_answer_size counts them */
};

struct dns_cache;

/* NULL when out of memory. `max_entries` is at least 1; `seed` should be random. */
struct dns_cache *dns_cache_new(size_t max_entries, uint32_t seed);

/* Gives its references back. NULL is allowed. */
void dns_cache_free(struct dns_cache *cache);

/* The answer to (name, type) that still holds at `now_ms` (monotonic), borrowed, or NULL. */
struct dns_answer *dns_cache_find(struct dns_cache *cache, const char *name, uint16_t type,
                                  int64_t now_ms);

/*
 * Keeps a reference to the answer in place of an older one to the same question. An answer that
 * must not be kept (TTL 0, DNS_NOT_ASKED) or for which there is no memory is left alone; so is a
 * very large one: a zone that has 64 KiB for every question must not decide what the cache takes.
 */
void dns_cache_put(struct dns_cache *cache, struct dns_answer *answer, int64_t now_ms);

#endif
