/*
 * A file that others see whole or not at all: written beside its place, then moved there.
 */
#ifndef OUTPUT_ATOMIC_FILE_H
#define OUTPUT_ATOMIC_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct atomic_file {
    FILE *out;       /* write here */
    char *path;      /* where it goes, symbolic links followed; owned */
    char *temporary; /* owned; NULL where `path` is no regular file and is written directly */
};

/*
 * Begins a file that is to stand at `path`, with the mode of the one that stands there or that of
 * any new file. A device or a pipe is written to as it is. Returns 0, or -1 with errno set and
 * nothing to be ended.
 */
int atomic_file_begin(struct atomic_file *file, const char *path);

/*
 * Ends it: with `keep` what was written takes its place, once it is on the disk; without it, or
 * when a write failed, what stood at the path is left. Returns 0, or -1 with errno set.
 */
int atomic_file_end(struct atomic_file *file, bool keep);

#endif
