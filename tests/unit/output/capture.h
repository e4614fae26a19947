/*
 * What a printer writes, caught in memory.
 */
#ifndef TESTS_UNIT_OUTPUT_CAPTURE_H
#define TESTS_UNIT_OUTPUT_CAPTURE_H

#include <stddef.h>
#include <stdio.h>

struct capture {
    FILE *out;
    char *text; /* valid after capture_end; NUL after the last byte */
    size_t length;
};

void capture_begin(struct capture *capture);
void capture_end(struct capture *capture);
void capture_clear(struct capture *capture);

/*
 * The first byte of `text` that a terminal must not get, or NULL: a control other than a line feed,
 * bytes that glibc's own UTF-8 decoder refuses, a bidirectional or invisible character.
 */
const char *first_unsafe(const char *text, size_t length);

#endif
