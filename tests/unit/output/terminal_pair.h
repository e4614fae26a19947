/*
 * A terminal for the tests of what is drawn on one.
 */
#ifndef TESTS_UNIT_OUTPUT_TERMINAL_PAIR_H
#define TESTS_UNIT_OUTPUT_TERMINAL_PAIR_H

#include <stdio.h>

struct terminal_pair {
    int master;
    FILE *out; /* what the program draws on */
};

/* Skips the test where the system has no pseudo-terminals. */
void terminal_open(struct terminal_pair *terminal, unsigned short columns);
void terminal_resize(const struct terminal_pair *terminal, unsigned short columns);

/* What the terminal has been sent since the last time. Static. */
const char *terminal_received(const struct terminal_pair *terminal);
void terminal_close(struct terminal_pair *terminal);

#endif
