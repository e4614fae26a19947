#include "output/diff_join.h"

#include <string.h>

void diff_join_init(struct diff_join *join, struct diff_source *before, struct diff_source *after)
{
    *join = (struct diff_join){.sources = {before, after}, .taken = {true, true}};
}

/* Puts the next entry of a file into its head. */
static enum diff_join_status advance(struct diff_join *join, enum diff_side side)
{
    enum diff_join_status status = DIFF_JOIN_STEP;

    if (!join->taken[side] || join->ended[side])
        return DIFF_JOIN_STEP;
    switch (diff_source_next(join->sources[side], &join->heads[side])) {
    case DIFF_SOURCE_ENTRY:
        join->taken[side] = false;
        break;
    case DIFF_SOURCE_END:
        join->ended[side] = true;
        break;
    case DIFF_SOURCE_UNREADABLE:
        status = DIFF_JOIN_UNREADABLE;
        break;
    case DIFF_SOURCE_MALFORMED:
        status = DIFF_JOIN_MALFORMED;
        break;
    case DIFF_SOURCE_NO_MEMORY:
        status = DIFF_JOIN_NO_MEMORY;
        break;
    }
    if (status != DIFF_JOIN_STEP) {
        join->failed = side;
        join->line = diff_source_line(join->sources[side]);
    }
    return status;
}

/* Which head comes first: negative for the old one; one that is not there comes last. */
static int compare_heads(const struct diff_join *join)
{
    if (join->ended[DIFF_BEFORE] || join->ended[DIFF_AFTER])
        return join->ended[DIFF_BEFORE] - join->ended[DIFF_AFTER];
    return strcmp(join->heads[DIFF_BEFORE].domain, join->heads[DIFF_AFTER].domain);
}

/* Is one of the files out of order, now that it counts? */
static bool is_disordered(struct diff_join *join)
{
    for (enum diff_side side = DIFF_BEFORE; join->ordered && side < DIFF_SIDES; side++) {
        join->line = diff_source_disorder(join->sources[side]);
        if (join->line > 0) {
            join->failed = side;
            return true;
        }
    }
    return false;
}

enum diff_join_status diff_join_next(struct diff_join *join,
                                     const struct diff_entry *out[DIFF_SIDES])
{
    enum diff_join_status status = advance(join, DIFF_BEFORE);

    if (status == DIFF_JOIN_STEP)
        status = advance(join, DIFF_AFTER);
    if (status != DIFF_JOIN_STEP)
        return status;
    if (join->ended[DIFF_BEFORE] && join->ended[DIFF_AFTER])
        return DIFF_JOIN_END;
    int order = compare_heads(join);
    join->ordered |= order != 0;
    if (is_disordered(join))
        return DIFF_JOIN_DISORDER;
    out[DIFF_BEFORE] = order <= 0 ? &join->heads[DIFF_BEFORE] : NULL;
    out[DIFF_AFTER] = order >= 0 ? &join->heads[DIFF_AFTER] : NULL;
    join->taken[DIFF_BEFORE] = order <= 0;
    join->taken[DIFF_AFTER] = order >= 0;
    return DIFF_JOIN_STEP;
}
