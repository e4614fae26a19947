/*
 * What a scan found, in figures: counted result by result, added up over the threads, printed as
 * the last screen and as one JSON object. Memory is the same for ten domains and for a hundred
 * million, whatever names strangers choose.
 */
#ifndef OUTPUT_SUMMARY_H
#define OUTPUT_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "output/result.h"

/* Certificates that end within so many days are counted. */
enum { SUMMARY_ENDING_DAYS = 30 };

struct summary;

/* All the memory it will ever need. NULL when out of memory. */
struct summary *summary_new(void);
void summary_free(struct summary *summary);

/*
 * Counts one result. Keeps nothing of it: what it needs is copied. No lock: a summary belongs to
 * one thread at a time.
 */
void summary_add(struct summary *summary, const struct result *result);

/* Adds the figures of `from`, which stays as it is. */
void summary_merge(struct summary *into, const struct summary *from);

/* Domains counted, and those of one verdict among them. */
uint64_t summary_domains(const struct summary *summary);
uint64_t summary_verdicts(const struct summary *summary, enum verdict_word word);

/* What the run itself knows. A figure that is 0 is left out of the text, never of the JSON. */
struct summary_run {
    int64_t started_at_ms; /* wall clock */
    int64_t elapsed_ms;
    unsigned threads;
    uint64_t peak_memory_kib; /* VmHWM; 0 where it is not known */
    bool interrupted;
    const char *resume_command; /* the command line that goes on, borrowed; NULL for none */

    uint64_t lines;      /* of the input, comments and blank ones included */
    uint64_t duplicates; /* lines that name a domain which an earlier one named */
    uint64_t malformed;  /* lines that name no domain */
    uint64_t resumed;    /* domains that --resume found answered */
    uint64_t excluded;   /* domains that --exclude names */
    uint64_t retried;    /* domains tried once more after a 421 or 450 */

    uint64_t probes;          /* (MX host, address) pairs probed */
    uint64_t probes_shared;   /* probes that another domain's made unnecessary */
    uint64_t probes_repeated; /* of `probes`: facts that had been there and were evicted */

    uint64_t dns_asked;  /* questions that the domains had */
    uint64_t dns_cached; /* of these: answered from the cache */
    uint64_t dns_joined; /* of these: the same question was under way already */
    uint64_t dns_sent;   /* queries sent for the others, to every server and again */
    uint64_t dns_failed; /* lookups without an answer: SERVFAIL, REFUSED, time-out, malformed; the
                            resolver's test of itself included */

    uint64_t connects;        /* TCP connects to mail hosts */
    uint64_t connects_failed; /* of these: refused, unreachable, timed out */
    uint64_t policy_fetches;
};

/*
 * All three return 0, or -1 with errno set when memory, the stream or the file fails.
 */

/* The last screen, for a person: at most about sixty lines, none of them all zeros. */
int summary_print_text(FILE *out, const struct summary *summary, const struct summary_run *run,
                       bool color);

/* One JSON object of schema mxprobe.summary/1 on one line (docs/summary.schema.json). */
int summary_print_json(FILE *out, const struct summary *summary, const struct summary_run *run);

/* The JSON object as a file, whole or not at all (output/atomic_file.h). */
int summary_write_file(const char *path, const struct summary *summary,
                       const struct summary_run *run);

#endif
