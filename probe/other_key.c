#include "probe/other_key.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

static bool shown(const struct smtp_facts *facts)
{
    return facts->tls && facts->tls->n_chain;
}

enum tls_key_kind other_key_kind(const struct smtp_facts *facts)
{
    if (!shown(facts) || facts->starttls != SMTP_STARTTLS_ACCEPTED)
        return TLS_KEY_OTHER;
    switch (facts->tls->chain[0].key_kind) {
    case TLS_KEY_RSA:
        return TLS_KEY_EC;
    case TLS_KEY_EC:
        return TLS_KEY_RSA;
    case TLS_KEY_OTHER:
    case TLS_KEY_KINDS:
        break;
    }
    return TLS_KEY_OTHER;
}

/*
 * Nothing for the offer, or in spite of it the one certificate that there is. A server that asks
 * for ours has shown its own before: that failure is about something else.
 */
static bool has_none(const struct smtp_facts *second)
{
    const struct tls_failure *failure = &second->tls_failure;
    const int reason = ERR_GET_REASON(failure->error);

    if (second->problem != SMTP_TLS_FAILED || failure->certificate_requested)
        return false;
    if (failure->kind == TLS_FAILED_ALERT)
        return failure->alert == SSL_AD_HANDSHAKE_FAILURE ||
               failure->alert == SSL_AD_INSUFFICIENT_SECURITY;
    return failure->kind == TLS_FAILED_LOCAL &&
           (reason == SSL_R_WRONG_CERTIFICATE_TYPE || reason == SSL_R_WRONG_SIGNATURE_TYPE);
}

static bool same_leaf(const struct tls_facts *a, const struct tls_facts *b)
{
    return memcmp(a->chain[0].sha256, b->chain[0].sha256, TLS_SHA256_LENGTH) == 0;
}

void other_key_take(struct smtp_facts *facts, const struct smtp_facts *second)
{
    struct other_key *other = &facts->other_key;

    other->status = OTHER_KEY_UNKNOWN;
    other->problem = second->problem;
    other->failure = second->tls_failure;
    if (shown(second) && !same_leaf(second->tls, facts->tls)) {
        other->status = OTHER_KEY_SEEN;
        other->tls = tls_facts_ref(second->tls);
        other->resumption = second->resumption;
    } else if (shown(second) || has_none(second)) {
        other->status = OTHER_KEY_NONE;
    }
}

void other_key_miss(struct smtp_facts *facts, enum smtp_problem why)
{
    if (facts->other_key.status == OTHER_KEY_NOT_LOOKED) {
        facts->other_key.status = OTHER_KEY_UNKNOWN;
        facts->other_key.problem = why;
    }
}
