/*
 * How wide a terminal is, and how wide text will be on it.
 */
#ifndef OUTPUT_TERMINAL_H
#define OUTPUT_TERMINAL_H

#include <stddef.h>
#include <stdio.h>

/* Columns of the terminal behind `out`; 0 when there is none or it does not say. */
size_t terminal_width(FILE *out);

/*
 * Columns that `text` (UTF-8 from escape.h) takes, at the most: where it depends on the font, the
 * wider answer. Our own colour sequences ("\x1b[…m") take none.
 */
size_t terminal_columns(const char *text, size_t length);

/* Length in bytes of the longest beginning of `text` that takes at most `columns`. */
size_t terminal_fit(const char *text, size_t columns);

#endif
