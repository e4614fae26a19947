/*
 * TLSA "3 1 1" of the keys that the hosts show (RFC 7672 3.1.1), and of the key that comes next.
 */
#include "policy/suggest_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/verify.h"

bool suggest_dane_possible(const struct host_facts *host)
{
    return host_address_security(host) == DNS_SECURE;
}

static bool is_published(const struct host_facts *host, const uint8_t *digest)
{
    for (size_t i = 0; host->tlsa && i < host->tlsa->n_records; i++) {
        const struct dns_record *record = &host->tlsa->records[i];
        if (record->u.tlsa.usage == 3 && record->u.tlsa.selector == 1 &&
            record->u.tlsa.matching == 1 && record->u.tlsa.length == TLS_SHA256_LENGTH &&
            memcmp(record->u.tlsa.data, digest, TLS_SHA256_LENGTH) == 0)
            return true;
    }
    return false;
}

/* Each key once; one that is shown and comes next is the key of today. */
static void add_key(struct suggest_host *out, const struct host_facts *host,
                    const struct tls_facts *tls, bool next)
{
    if (!tls || tls->n_chain == 0)
        return;
    const uint8_t *digest = tls->chain[0].spki_sha256;
    for (size_t i = 0; i < out->n_keys; i++)
        if (memcmp(out->keys[i].spki_sha256, digest, TLS_SHA256_LENGTH) == 0)
            return;
    if (out->n_keys == SUGGEST_KEYS_MAX)
        return;
    struct suggest_key *key = &out->keys[out->n_keys++];
    *key = (struct suggest_key){.next = next, .published = is_published(host, digest)};
    memcpy(key->spki_sha256, digest, TLS_SHA256_LENGTH);
}

/*
 * Where senders look (RFC 7672 2.2.2): under the name that a secure alias leads to, and only where
 * nothing is there under the name that the MX record has.
 */
static const char *base_of(const struct host_facts *host)
{
    const struct dns_answer *const answers[] = {host->a, host->aaaa};

    if (host->tlsa_base && host->tlsa && host->tlsa->status == DNS_FOUND)
        return host->tlsa_base;
    for (size_t i = 0; suggest_dane_possible(host) && i < 2; i++)
        if (answers[i] && answers[i]->status == DNS_FOUND)
            return dns_answer_canonical(answers[i]);
    return host->host;
}

/* Does the next certificate belong to the host? Where it names none of them, to all. */
static bool comes_next(const struct suggesting *suggesting, const char *host)
{
    const struct domain_facts *facts = suggesting->facts;
    const struct tls_facts *next = suggesting->options->next;
    bool named = false;

    for (size_t i = 0; next && i < facts->n_hosts; i++)
        named |= tls_name_matches(next, facts->hosts[i].host);
    return next && (!named || tls_name_matches(next, host));
}

static void add_host(struct suggesting *suggesting, const struct host_facts *host)
{
    struct suggest_host *out = &suggesting->out->hosts[suggesting->out->n_hosts++];

    *out = (struct suggest_host){.host = host->host};
    for (size_t i = 0; i < host->n_endpoints; i++) {
        const struct smtp_facts *endpoint = host->endpoints[i];
        if (endpoint->starttls != SMTP_STARTTLS_ACCEPTED)
            continue;
        add_key(out, host, endpoint->tls, false);
        add_key(out, host, endpoint->other_key.tls, false);
    }
    if (comes_next(suggesting, host->host))
        add_key(out, host, suggesting->options->next, true);
    if (asprintf(&out->owner, "_%u._tcp.%s", (unsigned)suggesting->facts->smtp_port,
                 base_of(host)) < 0) {
        out->owner = NULL;
        suggesting->no_memory = true;
    }
}

void suggest_tlsa(struct suggesting *suggesting)
{
    const struct domain_facts *facts = suggesting->facts;

    suggesting->out->hosts = calloc(facts->n_hosts + 1, sizeof *suggesting->out->hosts);
    suggesting->no_memory |= !suggesting->out->hosts;
    for (size_t i = 0; i < facts->n_hosts && !suggesting->no_memory; i++)
        if (!facts->hosts[i].is_literal)
            add_host(suggesting, &facts->hosts[i]);
}
