/*
 * Looks for whole lines in the text that is printed for a result.
 */
#ifndef TESTS_UNIT_OUTPUT_TEXT_LINES_H
#define TESTS_UNIT_OUTPUT_TEXT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "capture.h"
#include "output/result.h"

/* Prints the result; the caller clears the capture. */
void print_text(struct capture *capture, const struct result *result, bool color, int verbosity);

/* Fails the test unless the lines stand in `text`, each after the one before it. */
void has_lines(const char *text, const char *const *lines, size_t n);

/* Both, without colour. */
void expect_lines(const struct result *result, int verbosity, const char *const *lines, size_t n);

#define EXPECT(result, verbosity, lines) \
    expect_lines(result, verbosity, lines, sizeof(lines) / sizeof *(lines))

#endif
