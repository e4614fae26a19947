/*
 * The list of a scan, read line by line from a file or a pipe in constant memory. A line holds a
 * domain as `check` takes it, or a row of the public top lists: one or more ranks, then the domain,
 * then whatever else they tell:
 *
 *     example.com          # a comment
 *     1,example.com        Tranco, Umbrella
 *     1,1,example.com,com,…         Majestic
 *     "1","example.com","10.00"     DomCop
 *
 * The domain of such a row is its first field that is no number. A heading (a row whose first field
 * ends in "rank" and that has a field "domain") is passed over wherever it stands, since lists are
 * joined with cat. A single word is always a domain: passing over one would lose it.
 */
#ifndef PROBE_SCAN_INPUT_H
#define PROBE_SCAN_INPUT_H

#include <stdint.h>

#include "dns/name.h"

enum { SCAN_EXCERPT_MAX = 255 };

enum scan_line_kind {
    SCAN_DOMAIN,
    SCAN_MALFORMED, /* go on with the next line */
    /* The rest are final: every later call gives the same. */
    SCAN_END,
    SCAN_FAILED,  /* `error` says why it could not be read on */
    SCAN_STOPPED, /* the stop descriptor became readable */
};

struct scan_line {
    enum scan_line_kind kind;
    uint64_t number;                    /* of the line, from 1; as far as read when final */
    char domain[DNS_NAME_MAX + 1];      /* SCAN_DOMAIN: lower-case A-labels, no final dot */
    const char *reason;                 /* SCAN_MALFORMED: static; else NULL */
    char excerpt[SCAN_EXCERPT_MAX + 1]; /* SCAN_MALFORMED: how the line begins, escaped */
    int error;                          /* SCAN_FAILED: errno; else 0 */
};

struct scan_input;

/*
 * Opens `path`, or standard input for "-"; does not wait for the writer of a named pipe. `stop_fd`
 * is borrowed until scan_input_close, never read, and may be -1: once it is readable, a call that
 * waits for input or would ask for more ends with SCAN_STOPPED. Lines that are already in memory
 * (64 KiB) are still given, so a caller in a hurry looks at a flag of its own between lines.
 * NULL with errno set where the path cannot be opened or is a directory.
 */
struct scan_input *scan_input_open(const char *path, int stop_fd);

/* The next line that is not blank. Blocks until it is there. One thread at a time. */
void scan_input_next(struct scan_input *input, struct scan_line *out);

/* The descriptor that is read, owned by `input`: to refuse an output that is the same file. */
int scan_input_fd(const struct scan_input *input);

/* Bytes of the lines given so far, and of the whole file; the latter 0 where nobody knows (a pipe).
 */
uint64_t scan_input_bytes_done(const struct scan_input *input);
uint64_t scan_input_bytes_total(const struct scan_input *input);

/* Standard input stays open. NULL is fine. */
void scan_input_close(struct scan_input *input);

#endif
