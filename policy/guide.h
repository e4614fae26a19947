/*
 * What a person at the support desk needs beside a reason's words (policy/reason.h): under which
 * RFC 8460 result types it is reported, what other senders call it, a command that confirms it by
 * hand, and how it is mended. docs/failures.md is made from this table and the reason's.
 *
 * "{mx}", "{ip}" and "{domain}" stand for the finding's own names, as in a reason's fix.
 */
#ifndef POLICY_GUIDE_H
#define POLICY_GUIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/reason.h"

enum { GUIDE_REPORTS_MAX = 3 };

/* One result type, and when it is that one; `when` is NULL where there is nothing to say. */
struct guide_report {
    enum result_type type; /* RESULT_NONE: outside TLS-RPT */
    const char *when;
};

struct guide {
    enum reason reason;
    bool informational; /* a word to the reader, with nothing to mend */
    struct guide_report reported[GUIDE_REPORTS_MAX]; /* guide_reports() of them count */
    const char *seen_as; /* what other senders' reports call it; NULL where that is not known */
    const char *confirm; /* a shell command; NULL only where informational */
    const char *shows;   /* what in its output is the fault; NULL where confirm is */
    const char *mend_postfix; /* lines for main.cf, '#' before all else; NULL: does not apply */
    const char *mend_exim;    /* the same for the main section of Exim's configuration */
    const char *mend_generic; /* prose for any server, NULL only where informational */
};

/* The reasons of one subject, in the order of the document. */
struct guide_subject {
    const char *title;
    const char *about; /* what holds for all of them, prose */
    const struct guide *guides;
    size_t n_guides;
};

/* All subjects, static; every reason is in exactly one. */
const struct guide_subject *const *guide_subjects(size_t *n);

/* The row of a valid reason, static, never NULL. */
const struct guide *guide_for(enum reason reason);

/* How many of guide->reported count: at least one. */
size_t guide_reports(const struct guide *guide);

#endif
