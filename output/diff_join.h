/*
 * The results of two files, domain by domain. Files in the same order are walked side by side,
 * whatever that order is; where they differ both have to be sorted by domain, in the order of its
 * bytes, which is what "LC_ALL=C sort" makes of lines that begin with the schema and the domain.
 */
#ifndef OUTPUT_DIFF_JOIN_H
#define OUTPUT_DIFF_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "output/diff_source.h"

enum diff_join_status {
    DIFF_JOIN_STEP,
    DIFF_JOIN_END,
    /* The rest are final; `failed` and `line` say where. */
    DIFF_JOIN_UNREADABLE, /* errno is set */
    DIFF_JOIN_MALFORMED,
    DIFF_JOIN_DISORDER,
    DIFF_JOIN_NO_MEMORY,
};

enum diff_side { DIFF_BEFORE, DIFF_AFTER, DIFF_SIDES };

struct diff_join {
    struct diff_source *sources[DIFF_SIDES]; /* borrowed */
    struct diff_entry heads[DIFF_SIDES];
    bool ended[DIFF_SIDES], taken[DIFF_SIDES];
    bool ordered; /* the files differed once: order counts */
    enum diff_side failed;
    uint64_t line;
};

void diff_join_init(struct diff_join *join, struct diff_source *before, struct diff_source *after);

/*
 * The next domain: the entries of both files, borrowed until the next call, or NULL in place of
 * that of a file which lacks it.
 */
enum diff_join_status diff_join_next(struct diff_join *join,
                                     const struct diff_entry *out[DIFF_SIDES]);

#endif
