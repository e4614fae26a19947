/*
 * Every kind of object that the printers make, one a line, for validate.py.
 */
#include <stdint.h>

#include "output/lint.h"
#include "sample.h"

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
    return print_lint();
}
