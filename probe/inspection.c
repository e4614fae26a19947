#include "probe/inspection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "probe/clock.h"
#include "probe/dialogue.h"
#include "probe/other_key.h"
#include "probe/survey.h"
#include "tls/suite.h"

/*
 * Between the connections of a survey, so that a dozen from one client do not look like an attack:
 * no more than five a second, however near the server is.
 */
enum { SURVEY_PAUSE_MS = 200 };

struct inspection {
    const struct inspection_environment *environment;
    struct smtp_target target; /* host and sni are copies */
    struct attempt *attempt;   /* under way; NULL in a pause */
    struct event *pause;       /* before the next attempt of a look that is paced */
    struct smtp_facts *facts;  /* of the session; NULL while it is under way */
    size_t look;               /* of `looks`, the one under way or next */
    unsigned attempts;         /* that this look has made */
    bool untold;               /* the last handshake failed, and the server did not say why */
    struct survey survey;
    backend_session_fn *done;
    void *arg;
};

/* A closer look, taken once the session is over. */
struct look {
    const char *title; /* of its part of the dialogue */
    /* Is a (further) attempt wanted? */
    bool (*wanted)(const struct inspection *inspection);
    void (*offer)(const struct inspection *inspection, struct attempt_offer *offer);
    /* Moves what an attempt told to the facts of the session. */
    void (*take)(struct inspection *inspection, const struct smtp_facts *facts);
    int pause_ms; /* before each of its attempts */
};

/* What we refuse of a server, and the wide context or a ClientHello made by hand does not. */
static bool refused_by_us(unsigned long error)
{
    switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
    case SSL_R_UNKNOWN_CIPHER_RETURNED: /* a suite that was not offered */
    case SSL_R_WRONG_CIPHER_RETURNED:
        return true;
    default:
        return false;
    }
}

/* Alert 40, 70, a close, or a refusal of ours. */
static bool failed_untold(const struct smtp_facts *facts)
{
    const struct tls_failure *failure = &facts->tls_failure;

    if (facts->problem != SMTP_TLS_FAILED || failure->certificate_requested)
        return false;
    switch (failure->kind) {
    case TLS_FAILED_ALERT:
        return failure->alert == 40 || failure->alert == 70;
    case TLS_FAILED_CLOSED:
    case TLS_FAILED_RESET:
        return true;
    case TLS_FAILED_LOCAL:
        return refused_by_us(failure->error);
    case TLS_FAILED_NOT:
    case TLS_FAILED_NOT_TLS:
    case TLS_FAILED_TIMEOUT:
    case TLS_FAILED_OURS:
        return false;
    }
    return false;
}

/* --- the autopsy, first with all that OpenSSL has, then with what it no longer has ------------ */

static bool wants_wide(const struct inspection *inspection)
{
    return inspection->environment->autopsy && inspection->untold && inspection->attempts == 0;
}

static void offer_wide(const struct inspection *inspection, struct attempt_offer *offer)
{
    offer->context = inspection->environment->wide_context;
}

static void take_wide(struct inspection *inspection, const struct smtp_facts *facts)
{
    struct autopsy *autopsy = &inspection->facts->autopsy;

    autopsy->connections++;
    inspection->untold = !facts->tls && failed_untold(facts);
    if (!facts->tls)
        return;
    autopsy->wide = true;
    snprintf(autopsy->protocol, sizeof autopsy->protocol, "%s", facts->tls->protocol);
    snprintf(autopsy->cipher, sizeof autopsy->cipher, "%s", facts->tls->cipher);
}

static bool wants_by_hand(const struct inspection *inspection)
{
    return inspection->facts->autopsy.connections > 0 && inspection->untold &&
           inspection->attempts == 0;
}

static void offer_by_hand(const struct inspection *inspection, struct attempt_offer *offer)
{
    (void)inspection;
    offer->hello = (struct tls_hello_offer){.version = TLS1_2_VERSION, .classes = TLS_SUITES_ALL};
}

static void take_by_hand(struct inspection *inspection, const struct smtp_facts *facts)
{
    struct autopsy *autopsy = &inspection->facts->autopsy;

    autopsy->connections++;
    autopsy->by_hand = facts->hello_outcome == HELLO_CHOSEN;
    autopsy->hello = facts->hello;
}

/* --- a command behind STARTTLS (CVE-2011-0411) ------------------------------------------------ */

static bool wants_injection(const struct inspection *inspection)
{
    return inspection->environment->injection_test && inspection->facts->tls &&
           inspection->attempts == 0;
}

static void offer_injection(const struct inspection *inspection, struct attempt_offer *offer)
{
    offer->context = inspection->environment->context;
    offer->inject = true;
}

static void take_injection(struct inspection *inspection, const struct smtp_facts *facts)
{
    inspection->facts->injected = facts->injected;
}

/* --- the survey ------------------------------------------------------------------------------- */

/* Also where the handshake failed, and where STARTTLS worked without being offered. */
static bool wants_survey(const struct inspection *inspection)
{
    const struct smtp_facts *facts = inspection->facts;
    struct tls_hello_offer offer;

    return inspection->environment->tls_survey &&
           (facts->starttls == SMTP_STARTTLS_ACCEPTED || facts->tls) &&
           survey_next(&inspection->survey, &offer);
}

static void offer_survey(const struct inspection *inspection, struct attempt_offer *offer)
{
    (void)survey_next(&inspection->survey, &offer->hello);
}

static void take_survey(struct inspection *inspection, const struct smtp_facts *facts)
{
    survey_take(&inspection->survey, facts->hello_outcome, &facts->hello);
}

/* --- the certificate of the other kind of key (probe/other_key.h) ----------------------------- */

/* NULL where it is not wanted, or not there to be looked for. */
static SSL_CTX *other_context(const struct inspection_environment *environment,
                              const struct smtp_facts *facts)
{
    return environment->key_contexts[other_key_kind(facts)];
}

static bool wants_other(const struct inspection *inspection)
{
    return inspection->attempts == 0 && other_context(inspection->environment, inspection->facts);
}

static void offer_other(const struct inspection *inspection, struct attempt_offer *offer)
{
    offer->context = other_context(inspection->environment, inspection->facts);
}

static void take_other(struct inspection *inspection, const struct smtp_facts *facts)
{
    other_key_take(inspection->facts, facts);
}

/* The look was wanted, and did not come to an end: that is said of the facts. */
static void miss_other(const struct inspection_environment *environment, struct smtp_facts *facts,
                       enum smtp_problem why)
{
    if (other_context(environment, facts))
        other_key_miss(facts, why);
}

static const struct look looks[] = {
    {"second, wider attempt", wants_wide, offer_wide, take_wide, 0},
    {"third attempt, with a ClientHello made by hand", wants_by_hand, offer_by_hand, take_by_hand,
     0},
    {"with a command pipelined behind STARTTLS", wants_injection, offer_injection, take_injection,
     0},
    {"offering only the other kind of key", wants_other, offer_other, take_other, 0},
    {"survey, with a ClientHello made by hand", wants_survey, offer_survey, take_survey,
     SURVEY_PAUSE_MS},
};

enum { LOOKS = sizeof looks / sizeof looks[0] };

/* --- one attempt after the other -------------------------------------------------------------- */

static void inspection_free(struct inspection *inspection)
{
    free((char *)inspection->target.host);
    free((char *)inspection->target.sni);
    if (inspection->pause)
        event_free(inspection->pause);
    free(inspection);
}

static void finish(struct inspection *inspection)
{
    backend_session_fn *done = inspection->done;
    void *arg = inspection->arg;
    struct smtp_facts *facts = inspection->facts;

    miss_other(inspection->environment, facts, SMTP_OURS);
    inspection_free(inspection);
    done(arg, facts);
}

static void on_looked(void *arg, struct smtp_facts *facts);

/* Begins an attempt of the look at hand. False when out of memory. */
static bool look_closer(struct inspection *inspection)
{
    struct attempt_offer offer = {.quiet = true};

    looks[inspection->look].offer(inspection, &offer);
    inspection->attempt = attempt_start(&inspection->environment->attempt, &inspection->target,
                                        &offer, on_looked, inspection);
    return inspection->attempt != NULL;
}

static void go_on(struct inspection *inspection);

static void on_paused(evutil_socket_t fd, short what, void *arg)
{
    struct inspection *inspection = arg;

    (void)fd;
    (void)what;
    if (look_closer(inspection))
        return;
    inspection->look++;
    inspection->attempts = 0;
    go_on(inspection);
}

/* False when out of memory. */
static bool pause_before(struct inspection *inspection, int pause_ms)
{
    const struct timeval pause = clock_duration(pause_ms);

    if (!inspection->pause)
        inspection->pause =
            evtimer_new(inspection->environment->attempt.base, on_paused, inspection);
    return inspection->pause && evtimer_add(inspection->pause, &pause) == 0;
}

/* Begins the next attempt that a look wants, or ends. */
static void go_on(struct inspection *inspection)
{
    for (; inspection->look < LOOKS; inspection->look++, inspection->attempts = 0) {
        const struct look *look = &looks[inspection->look];
        if (!look->wanted(inspection))
            continue;
        if (look->pause_ms > 0 ? pause_before(inspection, look->pause_ms) : look_closer(inspection))
            return;
    }
    finish(inspection);
}

static void on_looked(void *arg, struct smtp_facts *facts)
{
    struct inspection *inspection = arg;
    const struct look *look = &looks[inspection->look];

    inspection->attempt = NULL;
    inspection->attempts++;
    inspection->facts->connections++;
    look->take(inspection, facts);
    if (inspection->environment->attempt.session.keep_dialogue)
        dialogue_append(inspection->facts, facts, look->title);
    smtp_facts_unref(facts);
    go_on(inspection);
}

static void on_session(void *arg, struct smtp_facts *facts)
{
    struct inspection *inspection = arg;

    inspection->attempt = NULL;
    inspection->facts = facts;
    inspection->untold = failed_untold(facts);
    survey_begin(&inspection->survey, &facts->survey);
    go_on(inspection);
}

struct inspection *inspection_start(const struct inspection_environment *environment,
                                    const struct smtp_target *target, backend_session_fn *done,
                                    void *arg)
{
    const struct attempt_offer offer = {.context = environment->context};
    struct inspection *inspection = calloc(1, sizeof *inspection);

    if (!inspection)
        return NULL;
    inspection->environment = environment;
    inspection->target = *target;
    inspection->target.host = strdup(target->host);
    inspection->target.sni = target->sni ? strdup(target->sni) : NULL;
    inspection->done = done;
    inspection->arg = arg;
    if (inspection->target.host && (inspection->target.sni || !target->sni))
        inspection->attempt = attempt_start(&environment->attempt, &inspection->target, &offer,
                                            on_session, inspection);
    if (inspection->attempt)
        return inspection;
    inspection_free(inspection);
    return NULL;
}

enum smtp_stage inspection_stage(const struct inspection *inspection)
{
    return inspection->facts ? inspection->facts->stage : attempt_stage(inspection->attempt);
}

struct smtp_facts *inspection_cut(struct inspection *inspection, enum smtp_problem why)
{
    struct smtp_facts *facts = inspection->attempt ? attempt_cut(inspection->attempt, why) : NULL;

    if (inspection->facts) {
        smtp_facts_unref(facts);
        facts = inspection->facts;
    }
    miss_other(inspection->environment, facts, why);
    inspection_free(inspection);
    return facts;
}
