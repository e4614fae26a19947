#include "probe/inspection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "probe/dialogue.h"

struct inspection {
    const struct attempt_environment *environment;
    struct smtp_target target; /* host and sni are copies */
    struct attempt *attempt;   /* under way */
    struct smtp_facts *facts;  /* of the session; NULL while it is under way */
    backend_session_fn *done;
    void *arg;
};

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

/* Alert 40, 70, a close, or a refusal of ours that the wide context does not share. */
static bool wants_autopsy(const struct smtp_facts *facts)
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

/* The dialogue of a further attempt is shown behind that of the session. */
static void take_dialogue(struct inspection *inspection, const struct smtp_facts *facts,
                          const char *title)
{
    if (inspection->environment->session.keep_dialogue)
        dialogue_append(inspection->facts, facts, title);
}

static void on_by_hand(void *arg, struct smtp_facts *facts)
{
    struct inspection *inspection = arg;
    struct autopsy *autopsy = &inspection->facts->autopsy;

    autopsy->connections++;
    autopsy->by_hand = facts->autopsy.by_hand;
    autopsy->hello = facts->autopsy.hello;
    take_dialogue(inspection, facts, "third attempt, with a ClientHello made by hand");
    smtp_facts_unref(facts);
    finish(inspection);
}

static void on_wide(void *arg, struct smtp_facts *facts)
{
    struct inspection *inspection = arg;
    struct autopsy *autopsy = &inspection->facts->autopsy;

    autopsy->connections++;
    inspection->attempt = NULL;
    if (facts->tls) {
        autopsy->wide = true;
        snprintf(autopsy->protocol, sizeof autopsy->protocol, "%s", facts->tls->protocol);
        snprintf(autopsy->cipher, sizeof autopsy->cipher, "%s", facts->tls->cipher);
    }
    take_dialogue(inspection, facts, "second, wider attempt");
    bool again = !facts->tls && wants_autopsy(facts);
    smtp_facts_unref(facts);
    if (again)
        inspection->attempt = attempt_start(inspection->environment, &inspection->target,
                                            ATTEMPT_BY_HAND, on_by_hand, inspection);
    if (!inspection->attempt)
        finish(inspection);
}

static void on_injection(void *arg, struct smtp_facts *facts)
{
    struct inspection *inspection = arg;

    inspection->facts->injected = facts->injected;
    take_dialogue(inspection, facts, "with a command pipelined behind STARTTLS");
    smtp_facts_unref(facts);
    finish(inspection);
}

static void on_session(void *arg, struct smtp_facts *facts)
{
    struct inspection *inspection = arg;

    inspection->facts = facts;
    inspection->attempt = NULL;
    if (inspection->environment->autopsy && wants_autopsy(facts))
        inspection->attempt = attempt_start(inspection->environment, &inspection->target,
                                            ATTEMPT_WIDE, on_wide, inspection);
    else if (inspection->environment->injection_test && facts->tls)
        inspection->attempt = attempt_start(inspection->environment, &inspection->target,
                                            ATTEMPT_INJECT, on_injection, inspection);
    if (!inspection->attempt)
        finish(inspection);
}

struct inspection *inspection_start(const struct attempt_environment *environment,
                                    const struct smtp_target *target, backend_session_fn *done,
                                    void *arg)
{
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
        inspection->attempt =
            attempt_start(environment, &inspection->target, ATTEMPT_MODERN, on_session, inspection);
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
