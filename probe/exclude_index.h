/*
 * The two orders in which an exclude list is kept: names with everything below them, and networks.
 * Filled, put in order once, then only asked. Pure.
 */
#ifndef PROBE_EXCLUDE_INDEX_H
#define PROBE_EXCLUDE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Names are kept from the right end to the left, a byte below all others between the labels, and
 * in order: then the only entry that a name can lie below is the last one that is not behind it,
 * for whatever stands between the two lies below that entry as well and was dropped.
 */
struct exclude_names {
    char *text; /* the names, each with its NUL */
    size_t text_length, text_room;
    size_t *starts; /* where each begins in `text` */
    size_t n, room;
};

/* Adds a name in presentation form, copied. False without memory. */
bool exclude_names_add(struct exclude_names *names, const char *name);
/* Puts them in order, which asking needs. */
void exclude_names_order(struct exclude_names *names);
/* Whether `name`, in any case, with or without final dot, is one or lies below one. */
bool exclude_names_have(const struct exclude_names *names, const char *name);
void exclude_names_clear(struct exclude_names *names);

struct exclude_range {
    uint8_t first[16], last[16];
};

/* The addresses of one family, in the first `size` bytes of each range: set it to 4 or 16. */
struct exclude_ranges {
    struct exclude_range *items;
    size_t n, room, size;
};

/* Adds the block of the first `bits` bits of `bytes`, at most 8 * size. False without memory. */
bool exclude_ranges_add(struct exclude_ranges *ranges, const uint8_t *bytes, unsigned bits);
/* Puts them in order and joins those that overlap, which asking needs. */
void exclude_ranges_order(struct exclude_ranges *ranges);
/* Whether the address of `size` bytes lies in one. */
bool exclude_ranges_have(const struct exclude_ranges *ranges, const uint8_t *address);
void exclude_ranges_clear(struct exclude_ranges *ranges);

#endif
