/*
 * The live line on a terminal while a check is under way; gone when it is done.
 */
#ifndef OUTPUT_PROGRESS_H
#define OUTPUT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct progress {
    FILE *out;
    bool on;
    bool shown;
};

struct progress_state {
    size_t domains, domains_done;
    size_t sessions, sessions_done; /* SMTP sessions begun and ended */
    const char *waiting_for;        /* "DNS", "mx1.example.test", … or NULL */
    int elapsed_ms;
};

/* On only when `out` is a terminal. Borrows `out`. */
void progress_init(struct progress *progress, FILE *out);

/* Replaces the line, cut to the terminal's width. */
void progress_show(struct progress *progress, const struct progress_state *state);

/* The same with a line of the caller's: text that is safe to show (output/escape.h). */
void progress_show_line(struct progress *progress, const char *line);

/* Takes the line away. Before anything else is printed, and at the end. */
void progress_clear(struct progress *progress);

#endif
