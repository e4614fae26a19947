/*
 * Makes the bytes of strangers harmless to show: the one place where text from the network becomes
 * text for a terminal, a JSON string or a page.
 */
#ifndef OUTPUT_ESCAPE_H
#define OUTPUT_ESCAPE_H

#include <stddef.h>

/*
 * A copy of `bytes` as valid UTF-8 without anything that steers a terminal: C0 and C1 controls,
 * DEL and bytes that are no UTF-8 become "\x1b" in text, bidirectional and other invisible format
 * characters "\u{202e}". Line breaks are escaped too. The caller frees; NULL when out of memory.
 */
char *escape_bytes(const void *bytes, size_t length);

/* The same for a C string; NULL gives NULL. */
char *escape_text(const char *text);

/* The same, keeping line feeds, CRLF as one of them (a policy file shown as it is). */
char *escape_lines(const void *bytes, size_t length);

#endif
