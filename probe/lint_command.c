#include "probe/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/lint.h"
#include "probe/input.h"
#include "probe/terminal.h"

int lint_command(const struct settings *settings, struct failure *failure)
{
    enum lint_kind kind;
    struct lint_result result;
    size_t length = 0;

    if (settings->n_operands != 2) {
        failure_set(failure, STATUS_USAGE, "lint takes a KIND and one FILE (or -)");
        return 0;
    }
    if (lint_kind_parse(settings->operands[0], &kind) != 0) {
        failure_set(failure, STATUS_USAGE,
                    "\"%s\" is none of sts-record, sts-policy, tlsrpt-record and tlsa",
                    settings->operands[0]);
        return 0;
    }
    const char *name = settings->operands[1];
    uint8_t *bytes = input_read(name, &length, failure);
    if (!bytes)
        return 0;
    int judged = lint_judge(kind, bytes, length, &result);
    free(bytes);
    if (judged != 0) {
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
        return 0;
    }
    bool color = terminal_color(settings->color);
    int printed = settings->format == FORMAT_JSON ? lint_print_json(stdout, name, &result)
                                                  : lint_print_text(stdout, name, &result, color);
    int status = (int)result.outcome;
    lint_result_clear(&result);
    if (printed != 0 || fflush(stdout) != 0)
        failure_set(failure, STATUS_OUTPUT, "cannot write the output: %s", strerror(errno));
    return status;
}
