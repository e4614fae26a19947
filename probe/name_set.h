/*
 * The names that a scan has already taken up, so that a duplicate is answered once: a set that only
 * grows, at most 24 bytes of memory a name. Names are kept as 128-bit keyed hashes (SipHash-2-4, a
 * random key for each set): among 10^9 names the chance that any two share one is 10^-21, and
 * whoever writes the list cannot aim for it. One thread at a time.
 */
#ifndef PROBE_NAME_SET_H
#define PROBE_NAME_SET_H

#include <stddef.h>

/* What an empty or small set may hold beyond 24 bytes a name. */
enum { NAME_SET_FLOOR = 384 * 1024 };

enum name_set_result {
    NAME_SET_NEW,       /* it was not there and is now */
    NAME_SET_THERE,     /* it was there */
    NAME_SET_NO_MEMORY, /* neither is known; the set is as it was and may be used on */
};

struct name_set;

/* An empty set with a key of its own; NULL without memory or randomness. */
struct name_set *name_set_new(void);

/* Adds `name` byte by byte as it is: the caller makes it canonical. Borrowed for the call. */
enum name_set_result name_set_add(struct name_set *set, const char *name);

/* How many distinct names it holds. */
size_t name_set_count(const struct name_set *set);

/* The memory that the set has mapped, in bytes; and the most that it ever had, while growing. */
size_t name_set_bytes(const struct name_set *set);
size_t name_set_peak_bytes(const struct name_set *set);

/* NULL is fine. */
void name_set_free(struct name_set *set);

#endif
