#include "policy/facts.h"

#include <stdlib.h>
#include <string.h>

const char *smtp_stage_text(enum smtp_stage stage)
{
    static const char *const words[] = {
        [SMTP_STAGE_CONNECT] = "connect",     [SMTP_STAGE_BANNER] = "banner",
        [SMTP_STAGE_EHLO] = "ehlo",           [SMTP_STAGE_STARTTLS] = "starttls",
        [SMTP_STAGE_HANDSHAKE] = "handshake", [SMTP_STAGE_TLS_EHLO] = "tls-ehlo",
        [SMTP_STAGE_DONE] = "done",
    };
    return words[stage];
}

const char *smtp_starttls_text(enum smtp_starttls starttls)
{
    static const char *const words[] = {
        [SMTP_STARTTLS_NOT_TRIED] = "not-tried",
        [SMTP_STARTTLS_NOT_OFFERED] = "not-offered",
        [SMTP_STARTTLS_REFUSED] = "refused",
        [SMTP_STARTTLS_ACCEPTED] = "accepted",
    };
    return words[starttls];
}

struct smtp_facts *smtp_facts_new(const struct dns_address *address, uint16_t port)
{
    struct smtp_facts *facts = calloc(1, sizeof *facts);
    if (!facts)
        return NULL;
    facts->references = 1;
    facts->address = *address;
    facts->port = port;
    facts->problem = SMTP_OURS;
    facts->tls_failure.alert = -1;
    facts->timings = (struct smtp_timings){-1, -1, -1, -1, -1};
    return facts;
}

struct smtp_facts *smtp_facts_ref(struct smtp_facts *facts)
{
    atomic_fetch_add_explicit(&facts->references, 1, memory_order_relaxed);
    return facts;
}

void smtp_facts_unref(struct smtp_facts *facts)
{
    if (!facts || atomic_fetch_sub_explicit(&facts->references, 1, memory_order_acq_rel) > 1)
        return;
    free(facts->reply_text);
    free(facts->banner);
    free(facts->helo);
    for (size_t i = 0; i < facts->n_capabilities; i++)
        free(facts->capabilities[i]);
    free(facts->capabilities);
    free(facts->after_220);
    tls_facts_unref(facts->tls);
    tls_facts_unref(facts->other_key.tls);
    for (size_t i = 0; i < facts->n_dialogue; i++)
        free(facts->dialogue[i].text);
    free(facts->dialogue);
    free(facts);
}

/* What OpenSSL makes of a certificate takes some times the room of its encoding. */
static size_t chain_bytes(const struct tls_facts *tls)
{
    enum { OF_A_CERTIFICATE = 2048, TIMES = 5 };
    size_t bytes = 0;

    for (int i = 0; tls && i < sk_X509_num(tls->x509s); i++) {
        int length = i2d_X509(sk_X509_value(tls->x509s, i), NULL);
        bytes += OF_A_CERTIFICATE + (length > 0 ? (size_t)length * TIMES : 0);
    }
    return bytes;
}

size_t smtp_facts_bytes(const struct smtp_facts *facts)
{
    enum { OF_A_LINE = 64, OF_THE_REST = 1024 };
    size_t bytes = sizeof *facts + OF_THE_REST + facts->n_capabilities * OF_A_LINE;

    return bytes + chain_bytes(facts->tls) + chain_bytes(facts->other_key.tls);
}

struct domain_facts *domain_facts_new(const char *domain)
{
    struct domain_facts *facts = calloc(1, sizeof *facts);
    if (!facts)
        return NULL;
    facts->domain = strdup(domain);
    if (!facts->domain) {
        free(facts);
        return NULL;
    }
    return facts;
}

static void host_facts_clear(struct host_facts *host)
{
    free(host->host);
    dns_answer_unref(host->a);
    dns_answer_unref(host->aaaa);
    dns_answer_unref(host->cname);
    dns_answer_unref(host->tlsa);
    free(host->tlsa_base);
    for (size_t i = 0; i < host->n_endpoints; i++)
        smtp_facts_unref(host->endpoints[i]);
    free(host->endpoints);
}

void domain_facts_free(struct domain_facts *facts)
{
    if (!facts)
        return;
    free(facts->domain);
    dns_answer_unref(facts->mx);
    for (size_t i = 0; i < facts->n_hosts; i++)
        host_facts_clear(&facts->hosts[i]);
    free(facts->hosts);
    dns_answer_unref(facts->sts_txt);
    sts_fetch_facts_unref(facts->sts_fetch);
    dns_answer_unref(facts->tlsrpt_txt);
    free(facts);
}

/* How much worse a state is than secure, for taking the least of several. */
static int distrust(enum dns_security security)
{
    switch (security) {
    case DNS_SECURE:
        return 0;
    case DNS_INSECURE:
        return 1;
    case DNS_SECURITY_UNKNOWN:
        return 2;
    case DNS_SECURITY_BOGUS:
        return 3;
    }
    return 2;
}

enum dns_security host_address_security(const struct host_facts *host)
{
    const struct dns_answer *const answers[] = {host->a, host->aaaa};
    enum dns_security least = DNS_SECURE;
    bool any = false;

    for (size_t i = 0; i < 2; i++) {
        const struct dns_answer *answer = answers[i];
        if (!answer || answer->status != DNS_FOUND)
            continue;
        any = true;
        if (distrust(answer->security) > distrust(least))
            least = answer->security;
    }
    return any ? least : DNS_SECURITY_UNKNOWN;
}
