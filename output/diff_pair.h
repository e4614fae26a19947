/*
 * Two lists less what both have, each of which pairs off with one of the other. Pure; n log n
 * however the lists were chosen. Private to the comparison.
 */
#ifndef OUTPUT_DIFF_PAIR_H
#define OUTPUT_DIFF_PAIR_H

#include <stddef.h>

/* Arrays of items of `size` bytes, borrowed; they are sorted and shortened in place. */
struct diff_pair {
    void *before, *after;
    size_t n_before, n_after;
    size_t size;
};

/* Takes the pairs out that `compare`, as for qsort, finds equal. */
void diff_pair_off(struct diff_pair *pair, int (*compare)(const void *, const void *));

/* The first pair of texts that differ decides; NULL comes before any text. */
int diff_pair_compare(const char *const (*pairs)[2], size_t n_pairs);

#endif
