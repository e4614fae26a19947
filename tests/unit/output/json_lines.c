/*
 * Every kind of object that the printers make, one a line, for validate.py.
 */
#include <stdint.h>

#include "output/lint.h"
#include "report_sample.h"
#include "sample.h"
#include "summary_sample.h"

static char lint_problem[] = "mode must be enforce, testing or none \x1b";

static int print_lint(void)
{
    struct lint_message messages[] = {{LINT_ERROR, 2, lint_problem}, {LINT_INFO, 0, lint_problem}};
    const struct lint_result results[] = {{LINT_STS_POLICY, LINT_INVALID, messages, 2},
                                          {LINT_TLSA, LINT_VALID, NULL, 0},
                                          {LINT_STS_RECORD, LINT_WARNED, messages, 1},
                                          {LINT_TLSRPT_RECORD, LINT_VALID, NULL, 0}};

    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (lint_print_json(stdout, "policy\xff.txt", &results[i]) != 0)
            return 1;
    return 0;
}

/* With everything in it, with a stranger's names, and with nothing. */
static int print_summaries(void)
{
    static const struct summary_run nothing = {0};
    struct summary *full = summary_of_samples(), *empty = summary_new();

    if (!full || !empty)
        return 1;
    summary_add_sample(full, SAMPLE_HOSTILE);
    int status = summary_print_json(stdout, full, &summary_sample_run) != 0 ||
                 summary_print_json(stdout, empty, &nothing) != 0;
    summary_free(full);
    summary_free(empty);
    return status;
}

static int print_reports(void)
{
    return reports_print_json(stdout, report_samples, REPORT_SAMPLES) != 0;
}

int main(void)
{
    for (enum sample_kind kind = SAMPLE_HEALTHY; kind <= SAMPLE_EMPTY; kind++) {
        struct sample sample;
        sample_make(&sample, kind);
        int status = result_print_json(stdout, &sample.result);
        sample_clear(&sample);
        if (status != 0)
            return 1;
    }
    return print_lint() || print_summaries() || print_reports();
}
