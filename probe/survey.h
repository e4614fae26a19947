/*
 * The plan of the TLS survey (--tls-survey): which ClientHello comes next, and what its answer
 * says. Knows no connection and no clock. Pure.
 *
 * Five connections ask for one version each, the newest first, with every suite, strong and weak;
 * then one for each weak class that no answer has shown yet, alone, at the newest version that was
 * accepted; then one with the suites in reverse order, and where the choice stays the same one
 * without it, to tell a server with an order of its own from one with a single suite.
 */
#ifndef PROBE_SURVEY_H
#define PROBE_SURVEY_H

#include <stdbool.h>

#include "policy/facts.h"
#include "tls/hello.h"

struct survey {
    struct tls_survey *facts; /* borrowed */
    unsigned step;            /* of the plan, the first that is not behind us */
};

void survey_begin(struct survey *survey, struct tls_survey *facts);

/* What the next connection offers. False when nothing is left to be asked. */
bool survey_next(const struct survey *survey, struct tls_hello_offer *offer);

/*
 * Takes what came of that connection: `outcome` and, with HELLO_CHOSEN, `hello`. A ClientHello that
 * could not be sent or that nobody answered ends the survey: the rest stays unknown.
 */
void survey_take(struct survey *survey, enum hello_outcome outcome,
                 const struct tls_server_hello *hello);

#endif
