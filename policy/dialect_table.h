/*
 * Inside of the dialects: the rows that policy/dialect.c looks through.
 */
#ifndef POLICY_DIALECT_TABLE_H
#define POLICY_DIALECT_TABLE_H

#include "policy/dialect.h"

/*
 * A name, and what it stands for. The first row that fits decides: what is written in a
 * failure-reason-code says more than who wrote it, and that more than the result type.
 */
struct dialect_row {
    unsigned dialects;     /* bits of enum dialect */
    unsigned result_types; /* bits of enum result_type; that of RESULT_NONE is any other word */
    unsigned policy_types; /* bits of enum policy_type; that of POLICY_TYPE_NONE is any other word
                            */
    /* What the failure-reason-code holds, in lower case with hyphens for spaces and underscores;
     * "" for none at all; NULL for any or none. */
    const char *code;
    struct dialect_cause causes[DIALECT_CAUSES_MAX]; /* up to the first after n_causes */
    size_t n_causes;
};

extern const struct dialect_row dialect_rows[];
extern const size_t dialect_row_count;

#endif
