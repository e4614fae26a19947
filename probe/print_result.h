/*
 * A result in the format that was asked for, for the commands that print one by one.
 */
#ifndef PROBE_PRINT_RESULT_H
#define PROBE_PRINT_RESULT_H

#include <stdio.h>

#include "output/result.h"
#include "probe/settings.h"

/* In text, JSON or TLS-RPT; `style` is that of the text. Returns 0, or -1 with errno set. */
int print_result(FILE *out, const struct result *result, const struct settings *settings,
                 const struct text_style *style);

#endif
