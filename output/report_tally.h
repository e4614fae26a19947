/*
 * The sums behind the picture that many reports give together. Internal to the text printer.
 */
#ifndef OUTPUT_REPORT_TALLY_H
#define OUTPUT_REPORT_TALLY_H

#include "output/report.h"

/* Sessions by two words, such as a domain and a policy; NULL words count as words. */
struct tally_row {
    const char *first, *second; /* borrowed from the reports */
    int64_t day;                /* since 1970, where the sessions are by day */
    uint64_t failed, tried;     /* tried: 0 where only failures are told */
};

struct tally {
    struct tally_row *rows; /* the most failures first; days in their order */
    size_t n_rows;
};

/* Why rows are told apart. */
enum tally_by {
    TALLY_POLICY, /* policy domain and policy type */
    TALLY_HOST,   /* MX host and address */
    TALLY_RESULT, /* result type and organisation */
    TALLY_DAY,    /* on which the report begins */
};

/* Returns 0, or -1 when out of memory. */
int tally_make(struct tally *tally, const struct report_result *results, size_t n_results,
               enum tally_by by);
void tally_clear(struct tally *tally);

/* One reported failure, where it stands. */
struct tally_failure {
    const struct report_result *result;
    const struct tlsrpt_policy *policy;
    const struct tlsrpt_failure *failure;
    const struct replay_judgement *replay; /* or NULL */
};

/* Failures of the same words, of the same dialect under the same type of policy. */
struct tally_kind {
    const struct tally_failure *failures; /* the most sessions first */
    size_t n_failures;
    uint64_t failed;
};

struct tally_kinds {
    struct tally_failure *failures;
    struct tally_kind *kinds; /* the most sessions first */
    size_t n_failures, n_kinds;
};

/* Returns 0, or -1 when out of memory. */
int tally_kinds_make(struct tally_kinds *kinds, const struct report_result *results,
                     size_t n_results);
void tally_kinds_clear(struct tally_kinds *kinds);

#endif
