#include "dns/cache.h"

#include <stdlib.h>

#include <sys/queue.h>

#include "dns/table.h"

struct entry {
    struct dns_table_node node; /* first: a node found is an entry found */
    TAILQ_ENTRY(entry) by_use;
    struct dns_answer *answer;
    int64_t expires_ms;
};

struct dns_cache {
    struct dns_table table;
    TAILQ_HEAD(, entry) by_use; /* least recently used first */
    size_t max_entries;
};

struct dns_cache *dns_cache_new(size_t max_entries, uint32_t seed)
{
    struct dns_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        return NULL;
    if (dns_table_init(&cache->table, seed) != 0) {
        free(cache);
        return NULL;
    }
    TAILQ_INIT(&cache->by_use);
    cache->max_entries = max_entries;
    return cache;
}

static void entry_free(struct dns_cache *cache, struct entry *entry)
{
    dns_table_remove(&cache->table, &entry->node);
    TAILQ_REMOVE(&cache->by_use, entry, by_use);
    dns_answer_unref(entry->answer);
    free(entry);
}

void dns_cache_free(struct dns_cache *cache)
{
    if (!cache)
        return;
    while (!TAILQ_EMPTY(&cache->by_use))
        entry_free(cache, TAILQ_FIRST(&cache->by_use));
    dns_table_clear(&cache->table);
    free(cache);
}

static uint32_t at_most(uint32_t ttl_s, uint32_t limit_s)
{
    return ttl_s < limit_s ? ttl_s : limit_s;
}

static uint32_t keep_for_s(const struct dns_answer *answer)
{
    switch (answer->status) {
    case DNS_FOUND:
        return at_most(answer->ttl_s, DNS_CACHE_TTL_MAX_S);
    case DNS_NODATA:
    case DNS_NXDOMAIN:
        return at_most(answer->ttl_s, DNS_CACHE_NEGATIVE_TTL_MAX_S);
    case DNS_SERVFAIL:
    case DNS_REFUSED:
    case DNS_TIMEOUT:
    case DNS_BOGUS:
    case DNS_MALFORMED:
        return DNS_CACHE_FAILURE_TTL_S;
    case DNS_NOT_ASKED:
        break;
    }
    return 0;
}

static struct entry *find(const struct dns_cache *cache, const char *name, uint16_t type)
{
    return (struct entry *)dns_table_find(&cache->table, name, type);
}

struct dns_answer *dns_cache_find(struct dns_cache *cache, const char *name, uint16_t type,
                                  int64_t now_ms)
{
    struct entry *entry = find(cache, name, type);

    if (!entry)
        return NULL;
    if (entry->expires_ms <= now_ms) {
        entry_free(cache, entry);
        return NULL;
    }
    TAILQ_REMOVE(&cache->by_use, entry, by_use);
    TAILQ_INSERT_TAIL(&cache->by_use, entry, by_use);
    return entry->answer;
}

void dns_cache_put(struct dns_cache *cache, struct dns_answer *answer, int64_t now_ms)
{
    uint32_t ttl_s = keep_for_s(answer);
    struct entry *entry = find(cache, answer->name, answer->type);

    if (entry)
        entry_free(cache, entry);
    if (ttl_s == 0 || dns_answer_size(answer) > DNS_CACHE_ANSWER_MAX)
        return;
    if (cache->table.n_nodes >= cache->max_entries)
        entry_free(cache, TAILQ_FIRST(&cache->by_use));
    entry = calloc(1, sizeof *entry);
    if (!entry)
        return;
    entry->answer = dns_answer_ref(answer);
    entry->expires_ms = now_ms + (int64_t)ttl_s * 1000;
    entry->node.name = answer->name;
    entry->node.type = answer->type;
    dns_table_insert(&cache->table, &entry->node);
    TAILQ_INSERT_TAIL(&cache->by_use, entry, by_use);
}
