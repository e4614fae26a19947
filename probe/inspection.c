#include "probe/inspection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "probe/dialogue.h"

struct inspection {
    const struct inspection_environment *environment;
    struct smtp_target target; /* host and sni are copies */
    struct attempt *attempt;   /* under way */
    struct smtp_facts *facts;  /* of the session; NULL while it is under way */
    size_t look;               /* of `looks`, the one under way or next */
    unsigned attempts;         /* that this look has made */
    bool untold;               /* the last handshake failed, and the server did not say why */
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
};

/* Alert 40, 70, a close, or a refusal of ours that the wide context does not share. */
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
        return ERR_GET_REASON(failure->error) == SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED;
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
    offer->context = NULL;
}

static void take_by_hand(struct inspection *inspection, const struct smtp_facts *facts)
{
    struct autopsy *autopsy = &inspection->facts->autopsy;

    autopsy->connections++;
    autopsy->by_hand = facts->autopsy.by_hand;
    autopsy->hello = facts->autopsy.hello;
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

static const struct look looks[] = {
    {"second, wider attempt", wants_wide, offer_wide, take_wide},
    {"third attempt, with a ClientHello made by hand", wants_by_hand, offer_by_hand, take_by_hand},
    {"with a command pipelined behind STARTTLS", wants_injection, offer_injection, take_injection},
};

enum { LOOKS = sizeof looks / sizeof looks[0] };

/* --- one attempt after the other -------------------------------------------------------------- */

static void inspection_free(struct inspection *inspection)
{
    free((char *)inspection->target.host);
    free((char *)inspection->target.sni);
    free(inspection);
}

static void finish(struct inspection *inspection)
{
    backend_session_fn *done = inspection->done;
    void *arg = inspection->arg;
    struct smtp_facts *facts = inspection->facts;

    inspection_free(inspection);
    done(arg, facts);
}

static void on_looked(void *arg, struct smtp_facts *facts);

/* Begins the next attempt that a look wants, or ends. */
static void go_on(struct inspection *inspection)
{
    const struct inspection_environment *environment = inspection->environment;

    for (; inspection->look < LOOKS; inspection->look++, inspection->attempts = 0) {
        const struct look *look = &looks[inspection->look];
        struct attempt_offer offer = {.quiet = true};
        if (!look->wanted(inspection))
            continue;
        look->offer(inspection, &offer);
        inspection->attempt = attempt_start(&environment->attempt, &inspection->target, &offer,
                                            on_looked, inspection);
        if (inspection->attempt)
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

struct smtp_facts *inspection_cut(struct inspection *inspection, enum smtp_problem why)
{
    struct smtp_facts *facts = attempt_cut(inspection->attempt, why);

    if (inspection->facts) {
        smtp_facts_unref(facts);
        facts = inspection->facts;
    }
    inspection_free(inspection);
    return facts;
}
