/*
 * Prints what `lint` found.
 */
#ifndef OUTPUT_LINT_H
#define OUTPUT_LINT_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/lint.h"

/*
 * "valid" / "valid with warnings" / "invalid" and one line a message, prefixed by `name:line:`.
 * Returns 0, or -1 with errno set.
 */
int lint_print_text(FILE *out, const char *name, const struct lint_result *result, bool color);

/*
 * { "schema": "mxprobe.lint/1", "kind", "file", "outcome": "valid|warning|invalid",
 *   "messages": [ { "severity", "line", "text" } ] } on one line.
 */
int lint_print_json(FILE *out, const char *name, const struct lint_result *result);

#endif
