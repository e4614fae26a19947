/*
 * What changed between two results of one domain.
 *
 * It got worse when the verdict did (ok, warning, unknown, fail), when a finding of severity fail
 * or warning is new, or when what a sender of some kind would do took a step down: tls,
 * unauthenticated-tls, cleartext, defer, bounce; "unknown" is no step, the verdict tells of it. It
 * got better when nothing of this holds, and the opposite of something does. Other MX records,
 * policies and certificates are changes, and neither; so is a domain that only one file has.
 *
 * A finding is the same as one before when severity, reason, result type, policy type, host and
 * address are; what its detail says ("23 days ago") only pairs those that are alike in all of it.
 */
#ifndef OUTPUT_DIFF_H
#define OUTPUT_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "output/diff_result.h"

enum diff_change {
    DIFF_UNCHANGED,
    DIFF_CHANGED,
    DIFF_BETTER,
    DIFF_WORSE,
    DIFF_ADDED,   /* only the new file has the domain */
    DIFF_REMOVED, /* only the old one has */
    DIFF_CHANGES
};

/* "unchanged", "changed", "better", "worse", "added", "removed". Static. */
const char *diff_change_text(enum diff_change change);

/* Everything in here is borrowed from the two objects. */
struct diff_finding {
    int severity; /* 0 is fail */
    const char *severity_text;
    const char *reason, *result_type, *policy_type, *mx, *ip; /* NULL for null */
    const char *detail;
};

/* An MX record. */
struct diff_mx {
    const char *host;
    int preference;
};

/* The certificate that an endpoint of a host shows first. */
struct diff_certificate {
    const char *sha256, *spki_sha256, *not_after;
};

/* A host with other certificates than before, where it had some before and has some now. */
struct diff_renewal {
    const char *host;
    struct diff_certificate *gone, *fresh; /* owned; in the order of their digests */
    size_t n_gone, n_fresh;
};

/* Something that is published, with what it was: "mta_sts", "policy.mode". */
struct diff_setting {
    const char *policy, *field; /* static */
    const char *mx;             /* whose TLSA records; else NULL */
    const cJSON *before, *after;
};

struct diff {
    enum diff_change change;
    char *domain;                     /* owned */
    struct diff_result before, after; /* `root` NULL where that file lacks the domain */
    bool has_before, has_after;
    struct diff_finding *gone, *fresh; /* the gravest first */
    size_t n_gone, n_fresh;
    struct diff_mx *mx_gone, *mx_fresh;
    size_t n_mx_gone, n_mx_fresh;
    struct diff_renewal *renewals;
    size_t n_renewals;
    struct diff_setting *settings;
    size_t n_settings;
};

enum diff_status { DIFF_OK, DIFF_MALFORMED_BEFORE, DIFF_MALFORMED_AFTER, DIFF_NO_MEMORY };

/*
 * Compares; either text may be NULL. A status that is not DIFF_OK leaves nothing to be cleared; it
 * says which of the two is no result object.
 */
enum diff_status diff_make(const char *domain, const char *before, size_t before_length,
                           const char *after, size_t after_length, struct diff *out);
void diff_clear(struct diff *diff);

/* How many domains there were of each kind. */
struct diff_summary {
    const char *before, *after; /* the files, as named; borrowed */
    uint64_t n[DIFF_CHANGES];
};

/* All return 0, or -1 with errno set. A domain without a change is not printed. */
int diff_print_text(FILE *out, const struct diff *diff, bool color);
int diff_summary_print_text(FILE *out, const struct diff_summary *summary, bool color);

/* Lines of schema mxprobe.diff/1 (docs/diff.schema.json); the summary is the last one. */
int diff_print_json(FILE *out, const struct diff *diff);
int diff_summary_print_json(FILE *out, const struct diff_summary *summary);

#endif
