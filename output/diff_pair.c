#include "output/diff_pair.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One of the arrays while it is gone through: what is kept moves to the front. */
struct side {
    char *items;
    size_t n, at, kept;
    size_t size;
};

static char *item(const struct side *side)
{
    return side->items + side->at * side->size;
}

static void keep(struct side *side)
{
    if (side->kept != side->at)
        memcpy(side->items + side->kept * side->size, item(side), side->size);
    side->kept++;
    side->at++;
}

static bool left(const struct side *side)
{
    return side->at < side->n;
}

void diff_pair_off(struct diff_pair *pair, int (*compare)(const void *, const void *))
{
    struct side before = {.items = pair->before, .n = pair->n_before, .size = pair->size};
    struct side after = {.items = pair->after, .n = pair->n_after, .size = pair->size};

    if (before.n > 1)
        qsort(before.items, before.n, before.size, compare);
    if (after.n > 1)
        qsort(after.items, after.n, after.size, compare);
    while (left(&before) && left(&after)) {
        int order = compare(item(&before), item(&after));
        if (order < 0) {
            keep(&before);
        } else if (order > 0) {
            keep(&after);
        } else {
            before.at++;
            after.at++;
        }
    }
    while (left(&before))
        keep(&before);
    while (left(&after))
        keep(&after);
    pair->n_before = before.kept;
    pair->n_after = after.kept;
}

int diff_pair_compare(const char *const (*pairs)[2], size_t n_pairs)
{
    for (size_t i = 0; i < n_pairs; i++) {
        const char *a = pairs[i][0], *b = pairs[i][1];
        int order = a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
        if (order)
            return order;
    }
    return 0;
}
