#include "output/heavy_hitters.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MAX = 65536 };
#define NOT_FOUND UINT32_MAX

/*
 * FNV-1a with a final mix. No key: a stranger who makes texts collide has at most `capacity` of
 * them in one bucket.
 */
static uint32_t hash_of(const char *text, size_t length)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619U;
    hash ^= hash >> 15;
    hash *= 2246822519U;
    return hash ^ hash >> 13;
}

int heavy_hitters_init(struct heavy_hitters *hitters, uint32_t capacity)
{
    *hitters = (struct heavy_hitters){.capacity = capacity, .n_buckets = 1};
    if (capacity == 0 || capacity > CAPACITY_MAX)
        return -1;
    while (hitters->n_buckets < 2 * capacity)
        hitters->n_buckets *= 2;
    hitters->items = calloc(capacity, sizeof *hitters->items);
    hitters->heap = calloc(capacity, sizeof *hitters->heap);
    hitters->buckets = malloc(hitters->n_buckets * sizeof *hitters->buckets);
    if (!hitters->items || !hitters->heap || !hitters->buckets) {
        heavy_hitters_clear(hitters);
        return -1;
    }
    for (uint32_t i = 0; i < hitters->n_buckets; i++)
        hitters->buckets[i] = NOT_FOUND;
    return 0;
}

void heavy_hitters_clear(struct heavy_hitters *hitters)
{
    free(hitters->items);
    free(hitters->heap);
    free(hitters->buckets);
    *hitters = (struct heavy_hitters){0};
}

/* --- the texts ----------------------------------------------------------------------------- */

static uint32_t *bucket(const struct heavy_hitters *hitters, uint32_t hash)
{
    return &hitters->buckets[hash & (hitters->n_buckets - 1)];
}

static struct heavy_hitter *find(const struct heavy_hitters *hitters, const char *text,
                                 size_t length, uint32_t hash)
{
    for (uint32_t i = *bucket(hitters, hash); i != NOT_FOUND; i = hitters->items[i].next) {
        struct heavy_hitter *item = &hitters->items[i];
        if (item->hash == hash && memcmp(item->text, text, length) == 0 && !item->text[length])
            return item;
    }
    return NULL;
}

static void unlink_text(struct heavy_hitters *hitters, const struct heavy_hitter *item)
{
    uint32_t index = (uint32_t)(item - hitters->items);
    uint32_t *link = bucket(hitters, item->hash);

    while (*link != index)
        link = &hitters->items[*link].next;
    *link = item->next;
}

static void link_text(struct heavy_hitters *hitters, struct heavy_hitter *item, const char *text,
                      size_t length, uint32_t hash)
{
    uint32_t *link = bucket(hitters, hash);

    memcpy(item->text, text, length);
    item->text[length] = '\0';
    item->hash = hash;
    item->next = *link;
    *link = (uint32_t)(item - hitters->items);
}

/* --- the heap, the least count first ------------------------------------------------------- */

static uint64_t count_at(const struct heavy_hitters *hitters, uint32_t place)
{
    return hitters->items[hitters->heap[place]].count;
}

static void put_at(struct heavy_hitters *hitters, uint32_t place, uint32_t index)
{
    hitters->heap[place] = index;
    hitters->items[index].place = place;
}

/* Counts only grow: an item moves down. */
static void sift_down(struct heavy_hitters *hitters, uint32_t place)
{
    uint32_t index = hitters->heap[place];
    uint64_t count = hitters->items[index].count;

    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child >= hitters->n)
            break;
        if (child + 1 < hitters->n && count_at(hitters, child + 1) < count_at(hitters, child))
            child++;
        if (count_at(hitters, child) >= count)
            break;
        put_at(hitters, place, hitters->heap[child]);
        place = child;
    }
    put_at(hitters, place, index);
}

static void sift_up(struct heavy_hitters *hitters, uint32_t place)
{
    uint32_t index = hitters->heap[place];
    uint64_t count = hitters->items[index].count;

    while (place > 0 && count_at(hitters, (place - 1) / 2) > count) {
        put_at(hitters, place, hitters->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put_at(hitters, place, index);
}

/* How often a text that is not here can have been seen. */
static uint64_t unseen_at_most(const struct heavy_hitters *hitters)
{
    return hitters->n < hitters->capacity ? 0 : count_at(hitters, 0);
}

/* --- adding -------------------------------------------------------------------------------- */

/* A free item, or the one with the least count, which is forgotten. */
static struct heavy_hitter *take_item(struct heavy_hitters *hitters)
{
    if (hitters->n < hitters->capacity) {
        put_at(hitters, hitters->n, hitters->n);
        return &hitters->items[hitters->n++];
    }
    struct heavy_hitter *least = &hitters->items[hitters->heap[0]];
    unlink_text(hitters, least);
    return least;
}

void heavy_hitters_add(struct heavy_hitters *hitters, const char *text, uint64_t stamp)
{
    size_t length = strnlen(text, HEAVY_HITTERS_TEXT_MAX - 1);
    uint32_t hash = hash_of(text, length);
    struct heavy_hitter *item = find(hitters, text, length, hash);

    if (item && stamp != 0 && item->stamp == stamp)
        return;
    if (!item) {
        uint64_t before = unseen_at_most(hitters);
        item = take_item(hitters);
        item->count = item->overcount = before;
        link_text(hitters, item, text, length, hash);
    }
    item->count++;
    item->stamp = stamp;
    sift_up(hitters, item->place);
    sift_down(hitters, item->place);
}

/* --- merging ------------------------------------------------------------------------------- */

/* What `from` says about the texts of `into`. */
static void merge_known(struct heavy_hitters *into, const struct heavy_hitters *from)
{
    uint64_t unseen = unseen_at_most(from);

    for (uint32_t i = 0; i < into->n; i++) {
        struct heavy_hitter *item = &into->items[i];
        const struct heavy_hitter *other = find(from, item->text, strlen(item->text), item->hash);
        item->count += other ? other->count : unseen;
        item->overcount += other ? other->overcount : unseen;
    }
    for (uint32_t place = into->n / 2; place-- > 0;)
        sift_down(into, place);
}

/*
 * The texts that only `from` knows. One that was in `into` and had to give way to another comes by
 * here again, as a stranger; it stays out, for its count as a stranger is no higher than the one
 * that was the least then.
 */
static void merge_strange(struct heavy_hitters *into, const struct heavy_hitters *from,
                          uint64_t unseen)
{
    for (uint32_t i = 0; i < from->n; i++) {
        const struct heavy_hitter *other = &from->items[i];
        size_t length = strlen(other->text);
        if (find(into, other->text, length, other->hash))
            continue;
        uint64_t count = other->count + unseen;
        if (into->n == into->capacity && count <= count_at(into, 0))
            continue;
        struct heavy_hitter *item = take_item(into);
        item->count = count;
        item->overcount = other->overcount + unseen;
        item->stamp = 0;
        link_text(into, item, other->text, length, other->hash);
        sift_up(into, item->place);
        sift_down(into, item->place);
    }
}

void heavy_hitters_merge(struct heavy_hitters *into, const struct heavy_hitters *from)
{
    uint64_t unseen = unseen_at_most(into);

    merge_known(into, from);
    merge_strange(into, from, unseen);
}

/* --- reading ------------------------------------------------------------------------------- */

static bool comes_before(const struct heavy_hitter *a, const struct heavy_hitter *b)
{
    if (a->count != b->count)
        return a->count > b->count;
    return strcmp(a->text, b->text) < 0;
}

size_t heavy_hitters_top(const struct heavy_hitters *hitters, const struct heavy_hitter **top,
                         size_t most)
{
    size_t n = 0;

    for (uint32_t i = 0; i < hitters->n; i++) {
        const struct heavy_hitter *item = &hitters->items[i];
        if (n == most && (most == 0 || !comes_before(item, top[n - 1])))
            continue;
        size_t at = n < most ? n++ : n - 1;
        for (; at > 0 && comes_before(item, top[at - 1]); at--)
            top[at] = top[at - 1];
        top[at] = item;
    }
    return n;
}
