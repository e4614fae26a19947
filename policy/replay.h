/*
 * The judgement of a replay: what became of a reported failure, from the report and from what was
 * found today. Pure.
 */
#ifndef POLICY_REPLAY_H
#define POLICY_REPLAY_H

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

#endif
