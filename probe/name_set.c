#include "probe/name_set.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

/*
 * 64 segments by the hash, each an array with linear probing that grows on its own, so that only
 * one is there twice while it grows. A name's place rises with its hash, which keeps growing a pass
 * in order over both arrays. The figures: 16 bytes at a load between 0.72 and 0.9, one segment more
 * in the worst moment, and one page of rounding for each segment, which is the floor. Segments are
 * mapped, not allocated: what one leaves behind goes back to the system.
 */
enum {
    SEGMENT_BITS = 6,
    SEGMENTS = 1 << SEGMENT_BITS,
    KEY_SIZE = 16,
    PAGE = 4096,
};

struct entry {
    uint64_t high, low; /* both 0: free */
};

struct segment {
    struct entry *entries;
    uint32_t n_places;
    uint32_t n_used;
};

struct name_set {
    struct segment segments[SEGMENTS];
    EVP_MAC_CTX *mac;
    unsigned char key[KEY_SIZE];
    size_t count;
    size_t bytes;
    size_t peak_bytes;
};

struct name_set *name_set_new(void)
{
    struct name_set *set = calloc(1, sizeof *set);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    size_t size = sizeof(struct entry);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                           OSSL_PARAM_construct_end()};

    if (set && mac)
        set->mac = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (set && set->mac && RAND_bytes(set->key, sizeof set->key) == 1 &&
        EVP_MAC_init(set->mac, set->key, sizeof set->key, params) == 1)
        return set;
    name_set_free(set);
    return NULL;
}

void name_set_free(struct name_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < SEGMENTS; i++)
        if (set->segments[i].entries)
            munmap(set->segments[i].entries, set->segments[i].n_places * sizeof(struct entry));
    EVP_MAC_CTX_free(set->mac);
    free(set);
}

static bool is_free(const struct entry *entry)
{
    return entry->low == 0 && entry->high == 0;
}

static bool hash(struct name_set *set, const char *name, struct entry *out)
{
    unsigned char bytes[sizeof *out];
    size_t length = 0;

    if (EVP_MAC_init(set->mac, set->key, sizeof set->key, NULL) != 1 ||
        EVP_MAC_update(set->mac, (const unsigned char *)name, strlen(name)) != 1 ||
        EVP_MAC_final(set->mac, bytes, &length, sizeof bytes) != 1)
        return false;
    memcpy(out, bytes, sizeof *out);
    if (is_free(out))
        out->low = 1;
    return true;
}

/* Rises with `high`; the segment was chosen by bits of `low`, which have no part in it. */
static uint32_t first_place(const struct entry *entry, uint32_t n_places)
{
    return (uint32_t)(((entry->high >> 32) * n_places) >> 32);
}

/* The place of `entry`, or the free one where it belongs. At least one place must be free. */
static struct entry *find(struct entry *entries, uint32_t n_places, const struct entry *entry)
{
    uint32_t at = first_place(entry, n_places);

    while (entries[at].low != entry->low || entries[at].high != entry->high) {
        if (is_free(&entries[at]))
            break;
        at = at + 1 < n_places ? at + 1 : 0;
    }
    return &entries[at];
}

/* By a quarter, in whole pages: 0.9 of the places used become 0.72. */
static bool grow(struct name_set *set, struct segment *segment)
{
    size_t old_size = segment->n_places * sizeof(struct entry);
    size_t size = (old_size + old_size / 4 + PAGE - 1) / PAGE * PAGE;
    uint64_t n_places;
    struct entry *entries;

    if (size == 0)
        size = PAGE;
    n_places = size / sizeof(struct entry);
    if (n_places > UINT32_MAX)
        return false;
    entries = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (entries == MAP_FAILED)
        return false;
    set->bytes += size;
    if (set->bytes > set->peak_bytes)
        set->peak_bytes = set->bytes;
    for (uint32_t i = 0; segment->entries && i < segment->n_places; i++)
        if (!is_free(&segment->entries[i]))
            *find(entries, (uint32_t)n_places, &segment->entries[i]) = segment->entries[i];
    if (segment->entries)
        munmap(segment->entries, old_size);
    set->bytes -= old_size;
    segment->entries = entries;
    segment->n_places = (uint32_t)n_places;
    return true;
}

static bool is_full(const struct segment *segment)
{
    return segment->n_used >= segment->n_places / 10 * 9;
}

enum name_set_result name_set_add(struct name_set *set, const char *name)
{
    struct entry entry = {0};
    struct entry *place = NULL;
    struct segment *segment;

    if (!hash(set, name, &entry))
        return NAME_SET_NO_MEMORY;
    segment = &set->segments[entry.low >> (64 - SEGMENT_BITS)];
    if (segment->entries)
        place = find(segment->entries, segment->n_places, &entry);
    if (place && !is_free(place))
        return NAME_SET_THERE;
    if (!place || is_full(segment)) {
        if (!grow(set, segment))
            return NAME_SET_NO_MEMORY;
        place = find(segment->entries, segment->n_places, &entry);
    }
    *place = entry;
    segment->n_used++;
    set->count++;
    return NAME_SET_NEW;
}

size_t name_set_count(const struct name_set *set)
{
    return set->count;
}

size_t name_set_bytes(const struct name_set *set)
{
    return set->bytes;
}

size_t name_set_peak_bytes(const struct name_set *set)
{
    return set->peak_bytes;
}
