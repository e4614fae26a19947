/*
 * Words of a command line for a person to copy.
 */
#ifndef PROBE_SHELL_WORD_H
#define PROBE_SHELL_WORD_H

#include <stdio.h>

/* Writes the word so that a POSIX shell takes it as it is, quoted where it needs to be. */
void shell_word_put(FILE *out, const char *word);

/* The same as a text. The caller frees; NULL when out of memory. */
char *shell_word(const char *word);

#endif
