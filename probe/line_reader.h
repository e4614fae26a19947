/*
 * Lists that people keep in text files, line by line in constant memory: comments (# at the start
 * or after white space), blank lines, white space around, CRLF and a byte order mark are taken off
 * here, for whoever reads entries.
 */
#ifndef PROBE_LINE_READER_H
#define PROBE_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer than any entry can be, IDN, ranks and further columns included. */
enum { LINE_READER_LINE_MAX = 4096 };

enum line_reader_status {
    LINE_READER_LINE,
    /* The rest are final: every later call gives the same. */
    LINE_READER_END,
    LINE_READER_FAILED, /* errno is set, by later calls too */
    LINE_READER_STOPPED,
};

struct line_reader_line {
    const char *text; /* valid until the next call; NUL behind it, and maybe inside */
    size_t length;    /* not 0, unless too_long */
    uint64_t number;  /* from 1, blank lines counted */
    bool too_long;    /* over LINE_READER_LINE_MAX bytes: `text` is how it begins */
};

struct line_reader;

/*
 * Opens `path`, or standard input for "-". A named pipe without a writer is opened and waited for
 * in line_reader_next. `stop_fd` is borrowed, never read, and may be -1: once it is readable,
 * asking for more input ends with LINE_READER_STOPPED. NULL with errno; EISDIR for a directory.
 */
struct line_reader *line_reader_open(const char *path, int stop_fd);

/* The next line that has something on it. Blocks until it is there. */
enum line_reader_status line_reader_next(struct line_reader *reader, struct line_reader_line *out);

int line_reader_fd(const struct line_reader *reader);
/* How many lines were taken, and how many bytes they have. */
uint64_t line_reader_lines(const struct line_reader *reader);
uint64_t line_reader_bytes(const struct line_reader *reader);

/* Standard input stays open. NULL is fine. */
void line_reader_close(struct line_reader *reader);

#endif
