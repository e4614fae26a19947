/*
 * Prints what TLS-RPT reports say: borrowed pointers, nothing computed but sums.
 */
#ifndef OUTPUT_REPORT_H
#define OUTPUT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "policy/dialect.h"
#include "policy/replay.h"
#include "policy/report.h"

struct report_result {
    const char *file; /* as named, and of a folder the file in it */
    const struct tlsrpt_report *report;
    enum dialect dialect;
    /* One for each failure, policy by policy, as they stand in the report; NULL: no replay. */
    const struct replay_judgement *replays;
};

/* How many failures a report names, and so replays has. */
size_t report_failures(const struct tlsrpt_report *report);

/* One JSON object of schema mxprobe.report/1 (docs/report.schema.json). 0, or -1 with errno set. */
int reports_print_json(FILE *out, const struct report_result *results, size_t n_results);

/*
 * For a person: one picture of all reports together, then each kind of failure with its meaning and
 * what to do, then what in the reports is odd. Returns 0, or -1 with errno set.
 */
int reports_print_text(FILE *out, const struct report_result *results, size_t n_results,
                       bool color);

#endif
