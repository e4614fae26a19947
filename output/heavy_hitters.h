/*
 * The most frequent of very many texts, in fixed memory: Space-Saving (Metwally, Agrawal and El
 * Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams", 2005). Pure.
 *
 * While no more than `capacity` different texts were seen every count is exact. Beyond that a
 * count is too high by `overcount` at most and never too low, and whatever makes up more than one
 * in `capacity` of all is among those kept, in whatever order and however chosen the texts came.
 */
#ifndef OUTPUT_HEAVY_HITTERS_H
#define OUTPUT_HEAVY_HITTERS_H

#include <stddef.h>
#include <stdint.h>

enum { HEAVY_HITTERS_TEXT_MAX = 96 };

struct heavy_hitter {
    uint64_t count;
    uint64_t overcount;
    uint64_t stamp; /* of the last addition */
    uint32_t hash;
    uint32_t place; /* in the heap */
    uint32_t next;  /* in the bucket */
    char text[HEAVY_HITTERS_TEXT_MAX];
};

struct heavy_hitters {
    uint32_t capacity, n;
    uint32_t n_buckets; /* a power of two */
    struct heavy_hitter *items;
    uint32_t *heap; /* of items, the least count first */
    uint32_t *buckets;
};

/* Returns 0, or -1 when out of memory. `capacity` is 1 to 65,536. */
int heavy_hitters_init(struct heavy_hitters *hitters, uint32_t capacity);
void heavy_hitters_clear(struct heavy_hitters *hitters);

/*
 * Counts `text`, cut to HEAVY_HITTERS_TEXT_MAX - 1 bytes, once for every `stamp`: a text whose last
 * addition bore the same stamp is not counted again. 0 counts always.
 */
void heavy_hitters_add(struct heavy_hitters *hitters, const char *text, uint64_t stamp);

/*
 * Adds what `from`, of the same capacity, has seen. The bounds above hold for both together
 * (Agarwal et al., "Mergeable Summaries", 2012).
 */
void heavy_hitters_merge(struct heavy_hitters *into, const struct heavy_hitters *from);

/* Borrows the `most` most frequent, the first first, into `top`; returns how many there are. */
size_t heavy_hitters_top(const struct heavy_hitters *hitters, const struct heavy_hitter **top,
                         size_t most);

#endif
