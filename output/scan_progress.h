/*
 * The live line of a scan on standard error: redrawn in place on a terminal, a plain line now and
 * then elsewhere. Pure but for the stream: the time is an argument.
 */
#ifndef OUTPUT_SCAN_PROGRESS_H
#define OUTPUT_SCAN_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "output/progress.h"
#include "policy/verdict.h"

enum progress_when {
    PROGRESS_AUTO,   /* on a terminal only */
    PROGRESS_ALWAYS, /* elsewhere a plain line every SCAN_PROGRESS_PLAIN_MS */
    PROGRESS_NEVER,
};

enum {
    SCAN_PROGRESS_REDRAW_MS = 100,
    SCAN_PROGRESS_PLAIN_MS = 10000,
    SCAN_PROGRESS_WINDOW_MS = 10000, /* the rate is that of so long ... */
    SCAN_PROGRESS_SAMPLE_MS = 1000,  /* ... looked at so often */
    SCAN_PROGRESS_SAMPLES = SCAN_PROGRESS_WINDOW_MS / SCAN_PROGRESS_SAMPLE_MS + 1,
};

struct scan_progress_state {
    uint64_t done;       /* domains answered in this run */
    uint64_t accepted;   /* domains that the input named so far and that this run is to answer */
    bool input_ended;    /* `accepted` is all of them */
    uint64_t read;       /* bytes of the input behind `accepted` */
    uint64_t input_size; /* bytes of the input; 0 for a pipe: the total is then unknown */
    uint64_t in_flight;
    uint64_t verdicts[VERDICT_FAIL + 1]; /* by enum verdict_word */
    const char *remark; /* why it is slow just now, or NULL; shown after the rate */
};

struct scan_progress_sample {
    int64_t at_ms;
    uint64_t done;
};

struct scan_progress {
    struct progress line;
    bool plain; /* whole lines, not a terminal */
    int64_t due_ms;
    struct scan_progress_sample samples[SCAN_PROGRESS_SAMPLES]; /* a ring */
    size_t n_samples, newest;
};

/* Borrows `out`. Times are of any clock that is never set back. */
void scan_progress_init(struct scan_progress *progress, FILE *out, enum progress_when when,
                        int64_t now_ms);

/* Shows the state where it is time to. May be called as often as one likes. */
void scan_progress_update(struct scan_progress *progress, const struct scan_progress_state *state,
                          int64_t now_ms);

/*
 * Takes the line off a terminal: before anything else is printed there, and at the end. The next
 * update brings it back.
 */
void scan_progress_clear(struct scan_progress *progress);

/*
 * "1200/~5000 domains, 100/s, 38 s left, 64 in flight; ok 900, warning 250, fail 40, unknown 10"
 * for a rate in domains a second (negative: not known yet). Cut to `size` bytes.
 */
void scan_progress_compose(const struct scan_progress_state *state, double rate, char *line,
                           size_t size);

#endif
