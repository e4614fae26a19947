/*
 * Which sender wrote a TLS-RPT report, and what that sender means by the words in it: the same
 * condition is reported under different names (docs/reports.md). One table (policy/dialect_table.c)
 * leads from a reported failure to the conditions that this sender would call so. Pure.
 */
#ifndef POLICY_DIALECT_H
#define POLICY_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/reason.h"
#include "policy/report.h"

enum dialect {
    DIALECT_UNKNOWN,
    DIALECT_GOOGLE,
    DIALECT_MICROSOFT,
    DIALECT_POSTFIX, /* Postfix with tlsrpt-reporter */
    DIALECT_MAIL_RU,
    DIALECT_MOX,
    DIALECT_STALWART,
    DIALECT_EXIM,    /* Exim with tlsrpt-reporter */
    DIALECT_MXPROBE, /* our own, --format tlsrpt */
    DIALECT_COUNT
};

/* "Postfix". Static; NULL for DIALECT_UNKNOWN. */
const char *dialect_name(enum dialect dialect);

/* By the organisation, the contact, the form of the report-id and the failure-reason-codes. */
enum dialect dialect_of(const struct tlsrpt_report *report);

/* A condition that a failure may stand for. */
struct dialect_cause {
    enum reason reason;
    bool at_policy_host; /* of the MTA-STS policy host, not of the MX host */
};

enum { DIALECT_CAUSES_MAX = 16 };

/*
 * What `dialect` would call by the names of `failure`, the most likely first. Returns how many were
 * put into `out`; 0 where nothing is known by that name.
 */
size_t dialect_causes(enum dialect dialect, enum policy_type policy,
                      const struct tlsrpt_failure *failure,
                      struct dialect_cause out[DIALECT_CAUSES_MAX]);

/* Would that sender call a condition of this reason and place by the names of the failure? */
bool dialect_means(enum dialect dialect, enum policy_type policy,
                   const struct tlsrpt_failure *failure, struct dialect_cause cause);

/*
 * What a failure means, in sentences for a person: what the words of this dialect stand for, and
 * what else they may. And what to do about the most likely cause, with `domain` filled in. Both are
 * new; the caller frees. Returns 0, or -1 when out of memory, with both NULL.
 */
int dialect_explain(enum dialect dialect, const struct tlsrpt_policy *policy,
                    const struct tlsrpt_failure *failure, char **explanation, char **fix);

#endif
