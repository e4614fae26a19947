/*
 * The samples of tests/reports. A file that cannot be read fails the test.
 */
#ifndef TESTS_UNIT_POLICY_REPORT_FILE_H
#define TESTS_UNIT_POLICY_REPORT_FILE_H

#include <stddef.h>

#include "policy/report.h"

/* The caller frees. */
char *read_whole(const char *file, size_t *length);

/* The caller clears the report. */
void read_report_file(const char *file, struct tlsrpt_report *out);

#endif
