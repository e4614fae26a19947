/*
 * SMTP replies (RFC 5321 4.2) from a byte stream. Pure, incremental, bounded: bytes may come split
 * anywhere.
 */
#ifndef PROBE_SMTP_REPLY_H
#define PROBE_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets of one line and of a whole reply; far above RFC 5321 4.5.3.1.5, far below a flood. */
enum { SMTP_REPLY_LINE_MAX = 4096, SMTP_REPLY_TOTAL_MAX = 65536 };

enum smtp_reply_status {
    SMTP_REPLY_MORE,      /* not complete yet */
    SMTP_REPLY_DONE,      /* code and lines are there */
    SMTP_REPLY_BAD,       /* not an SMTP reply: `problem` says why */
    SMTP_REPLY_NO_MEMORY, /* ours */
};

struct smtp_reply {
    int code;           /* of the lines so far; 0 before the first */
    char *text;         /* the lines' texts, each ended by a NUL */
    size_t text_length; /* NULs included */
    size_t n_lines;
    const char *problem;   /* static */
    const char *deviation; /* static: odd, and yet a reply; kept over resets; NULL when none */
    char *line;            /* the line that is not complete yet, code included */
    size_t line_length, line_capacity, text_capacity, total;
};

void smtp_reply_init(struct smtp_reply *reply);
void smtp_reply_clear(struct smtp_reply *reply);

/* Forgets the reply and keeps the memory, ready for the next one. */
void smtp_reply_reset(struct smtp_reply *reply);

/*
 * Takes bytes until the reply is complete or bad; `*used` is how many. The code must be three
 * digits, the first of 2 to 5, the same in every line, followed by a space, a hyphen or the end of
 * the line. A wrong beginning is told at once, not at the end of the line. What sending servers
 * pass over makes a `deviation`: a bare LF in place of CRLF, control bytes in the text (a NUL there
 * becomes a question mark).
 */
enum smtp_reply_status smtp_reply_feed(struct smtp_reply *reply, const uint8_t *bytes,
                                       size_t length, size_t *used);

/* The text of line `index` without code, borrowed until the next feed; NULL past the last. */
const char *smtp_reply_line(const struct smtp_reply *reply, size_t index);

enum { SMTP_REPLY_JOINED_MAX = 1024 };

/*
 * "220 first line second line", as evidence, cut at SMTP_REPLY_JOINED_MAX bytes. The caller frees;
 * NULL when out of memory.
 */
char *smtp_reply_joined(const struct smtp_reply *reply);

#endif
