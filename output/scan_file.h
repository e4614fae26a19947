/*
 * Where the lines of a scan go: a file that ends with a whole line whatever happens, that can be
 * gone on with, and that one run at a time writes; or standard output.
 *
 * What can be lost: nothing when the program dies, SIGKILL included, but the line being written.
 * When the machine dies, what was written since the last sync, which is SCAN_FILE_SYNC_INTERVAL_MS
 * and the time of one sync at most; with --resume those domains are probed again. Standard output
 * and what is no regular file are neither locked, cut nor synced.
 */
#ifndef OUTPUT_SCAN_FILE_H
#define OUTPUT_SCAN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCAN_FILE_SYNC_INTERVAL_MS = 1000 };

enum scan_file_status {
    SCAN_FILE_OK,
    SCAN_FILE_ERROR,       /* `error` is errno */
    SCAN_FILE_LOCKED,      /* another run is writing it */
    SCAN_FILE_IS_INPUT,    /* it is the file that the list is read from */
    SCAN_FILE_NOT_REGULAR, /* resume wanted of what cannot be read back: a pipe, a terminal */
    SCAN_FILE_FOREIGN,     /* line `line` is no result of ours: not to be touched */
    SCAN_FILE_REFUSED,     /* on_domain returned false */
};

struct scan_file_problem {
    enum scan_file_status status;
    int error;     /* SCAN_FILE_ERROR */
    uint64_t line; /* SCAN_FILE_FOREIGN: from 1 */
};

struct scan_file_options {
    const char *path; /* NULL: standard output */
    bool resume;      /* keep what is there; else it is emptied, once nothing speaks against it */
    int input_fd;     /* what the list is read from, or -1 */
    /*
     * With resume: called from within scan_file_open for each result in the file, in order, with
     * its domain (borrowed for the call). False ends the reading with SCAN_FILE_REFUSED. May be
     * NULL.
     */
    bool (*on_domain)(void *arg, const char *domain);
    void *arg;
    /*
     * Becomes readable when nobody wants to wait for a slow reader any longer: a write to a pipe
     * or terminal that would block then fails with ECANCELED. Borrowed until scan_file_close,
     * never read; -1 for none. A file on disk does not look at it.
     */
    int cancel_fd;
};

struct scan_file;

/*
 * Opens or creates the file (its folder is synced, so that a new one outlives a power cut). With
 * resume a torn last line is cut off: one without a line feed or that is no whole JSON object, and
 * what a power cut left as NUL bytes, with all behind it. A file whose first line does not even
 * begin as a result does, or with a whole line that is none, is left as it is. Returns NULL and
 * fills `problem` when anything speaks against writing; the file has then not been changed.
 */
struct scan_file *scan_file_open(const struct scan_file_options *options,
                                 struct scan_file_problem *problem);

/*
 * Writes `length` bytes: one or more whole lines, the last line feed included. 0 when all are
 * written; else -1 with errno (ENOSPC, EPIPE, …): a regular file is then cut back to its last whole
 * line, and every later write fails the same way. SIGPIPE must be ignored by the process.
 */
int scan_file_write(struct scan_file *file, const char *lines, size_t length);

/* fdatasync where anything was written since the last one. 0, or -1 with errno: data may be lost.
 */
int scan_file_sync(struct scan_file *file);

/*
 * The same when the last sync is SCAN_FILE_SYNC_INTERVAL_MS ago. `now_ms` is any clock that does
 * not jump. To be called after writing, and once an interval while there is nothing to write.
 */
int scan_file_sync_when_due(struct scan_file *file, int64_t now_ms);

/* Syncs, gives the lock up and frees. 0, or -1 with errno. NULL is fine. */
int scan_file_close(struct scan_file *file);

#endif
