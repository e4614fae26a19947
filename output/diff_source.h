/*
 * The results of one file by their domains, for the comparison of two files: JSON lines of schema
 * mxprobe.result/1, as check and scan print them.
 *
 * A file of DIFF_SOURCE_LINES_MAX lines and DIFF_SOURCE_BYTES_MAX bytes at the most may be in any
 * order; it is read whole and sorted here. A longer one is read line by line, in constant memory,
 * and comes as it stands; whether it is sorted is told, for diff_join.h to judge. Of several
 * results of one domain that follow one another the last counts: in a sorted file that is the
 * latest.
 */
#ifndef OUTPUT_DIFF_SOURCE_H
#define OUTPUT_DIFF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"

enum {
    DIFF_SOURCE_LINES_MAX = 10000,
    DIFF_SOURCE_BYTES_MAX = 64 << 20,
    DIFF_SOURCE_LINE_MAX = 16 << 20, /* bytes of a line: no result is longer */
};

enum diff_source_status {
    DIFF_SOURCE_ENTRY,
    DIFF_SOURCE_END,
    DIFF_SOURCE_UNREADABLE, /* errno is set */
    DIFF_SOURCE_MALFORMED,  /* diff_source_line tells where */
    DIFF_SOURCE_NO_MEMORY,
};

/* One result as text, valid until the next call. */
struct diff_entry {
    const char *text;
    size_t length;
    uint64_t number; /* of its line, from 1 */
    char domain[DNS_NAME_MAX + 1];
};

struct diff_source;

/* Opens `path`, or standard input for "-". NULL with errno; EISDIR for a directory. */
struct diff_source *diff_source_open(const char *path);

/* Standard input stays open. NULL is fine. */
void diff_source_close(struct diff_source *source);

/* Whatever is not DIFF_SOURCE_ENTRY is final. */
enum diff_source_status diff_source_next(struct diff_source *source, struct diff_entry *out);

/* The number of the line that was read last. */
uint64_t diff_source_line(const struct diff_source *source);

/*
 * The line whose domain stood behind a greater one, by bytes, for the first time; 0 while there is
 * none.
 */
uint64_t diff_source_disorder(const struct diff_source *source);

#endif
