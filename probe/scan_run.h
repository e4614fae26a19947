/*
 * A scan under way: what its threads share. The reader (scan_reader.c) takes domains from the list
 * and hands them to the workers (worker.c), which send their lines to the writer (scan_writer.c);
 * the command itself (scan.c) sets up, watches and ends. Private to these files.
 */
#ifndef PROBE_SCAN_RUN_H
#define PROBE_SCAN_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "output/scan_file.h"
#include "output/scan_progress.h"
#include "probe/exclude.h"
#include "probe/name_set.h"
#include "probe/scan_input.h"
#include "probe/worker.h"

struct scan_run {
    const struct settings *settings;
    struct worker_environment environment;
    struct worker **workers; /* environment.n_workers */

    /* Descriptors (eventfd) that become readable and stay so. */
    int stop_fd;   /* no further domain is to be taken up */
    int cancel_fd; /* nobody waits for a slow output any longer */
    int news_fd;   /* for the command: all is answered, or the output failed */

    /* The reader's; the counters are read by all. */
    struct scan_input *input;
    struct name_set *names; /* taken up so far, those of a resumed run included */
    struct exclude *exclude;
    atomic_uint_fast64_t lines, accepted, duplicates, malformed, excluded;
    atomic_uint_fast64_t bytes_read, bytes_in_all;
    atomic_bool input_ended; /* `accepted` is all of them */
    int input_error;         /* errno, 0 for none; valid when input_ended */
    bool no_memory;          /* the same of the set of names */

    /* The writer's. */
    struct mailbox *mailbox;
    struct message end; /* sent last */
    struct scan_file *file;
    atomic_uint_fast64_t answered; /* items that came back */
    atomic_uint_fast64_t missing;  /* of these: without a text */
    atomic_uint_fast64_t verdicts[VERDICT_FAIL + 1];
    atomic_int output_error; /* errno of the first write that failed */

    /* Standard error belongs to whoever holds this. */
    pthread_mutex_t screen;
    struct scan_progress progress;
    uint64_t resumed;
};

/* Makes one of the descriptors readable, for good. */
void scan_raise(int fd);

/* Is everything answered that was taken up, and nothing more to come? */
bool scan_complete(struct scan_run *run);

/*
 * Would standard error take another line at once? Waits for that `timeout_ms`, or for ever with -1,
 * but not when the scan is told to stop.
 */
bool scan_screen_takes(const struct scan_run *run, int timeout_ms);

/* Says how many domains are in flight and why; not where standard error would block. */
void scan_screen_say(struct scan_run *run, const char *text, size_t number);

/* Counts a malformed line and tells of it; waits for standard error until the scan is to stop. */
void scan_screen_complain(struct scan_run *run, const struct scan_line *line);

/* scan_setup.c. Files and descriptors, before anything is probed. False with `failure` filled. */
bool scan_set_up(struct scan_run *run, struct settings *settings, struct failure *failure);

/* The workers, environment.n_workers of them. False with errno set. */
bool scan_make_workers(struct scan_run *run, const struct worker_limits *limits);

/* No thread runs any more. */
void scan_clean_up(struct scan_run *run);

/* The threads; `arg` is a struct scan_run. */
void *scan_reader(void *arg);
void *scan_writer(void *arg);

#endif
