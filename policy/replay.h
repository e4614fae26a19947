/*
 * The judgement of a replay: what became of a reported failure, from the report and from what was
 * found today. Pure.
 *
 * The condition is looked for under today's policy. The policy of the report is judged beside it:
 * it decides where today's could not be told, and where the two differ the detail says so.
 */
#ifndef POLICY_REPLAY_H
#define POLICY_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/dialect.h"
#include "policy/facts.h"
#include "policy/report.h"
#include "policy/verdict.h"

enum replay_outcome {
    REPLAY_REPRODUCED,     /* a condition that the reporting sender would call by that name */
    REPLAY_NOT_REPRODUCED, /* nothing is wrong any more */
    REPLAY_DIFFERENT,      /* something else is */
    REPLAY_UNTESTABLE,     /* it could not be looked at */
};

/* CONTRACT.md's word. Static. */
const char *replay_outcome_text(enum replay_outcome outcome);

struct replay_judgement {
    enum replay_outcome outcome;
    char *detail; /* in sentences, for a person */
};

/* What there is to judge one failure by. All of it is borrowed. */
struct replay_evidence {
    const struct tlsrpt_report *report;
    const struct tlsrpt_policy *policy;
    const struct tlsrpt_failure *failure;
    enum dialect dialect;
    const char *mx;             /* the reported MX host in A-labels; NULL where none is named */
    struct domain_facts *today; /* of the policy domain; its endpoints are not looked at */
    struct smtp_facts *session; /* with that host at the reported address; NULL: none was held */
    const char *why_no_session; /* a clause, where there is none and a host is named */
    const struct judge_options *judge;
};

/* Returns 0, or -1 when out of memory. The caller frees the detail. */
int replay_judge(const struct replay_evidence *evidence, struct replay_judgement *out);

/* Of two judgements of the same failure, at two addresses, the one that says more. */
bool replay_says_more(enum replay_outcome outcome, enum replay_outcome than);

#endif
