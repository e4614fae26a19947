#include "policy/tlsrpt_session.h"

#include <stdlib.h>
#include <string.h>

/* Behind all numbers of the table come the rows of this project's own, "B1" and so on. */
enum { OWN_ROWS = 1000 };

/* Where a row stands in the table, but for the letter behind a number, which orders nothing. */
static unsigned long table_place(const char *row)
{
    bool own = row[0] == 'B';

    return strtoul(row + own, NULL, 10) + (own ? OWN_ROWS : 0);
}

static bool counts(const struct finding *finding, enum policy_type policy)
{
    return finding->result_type != RESULT_NONE && finding->policy_type == policy &&
           finding->reason != REASON_MTA_STS_CONNECTION_FAILURE;
}

/* Does it hold of the place: is it about that, or about all that the place is part of? */
static bool holds(const struct finding *finding, const struct tlsrpt_place *place)
{
    char ip[DNS_ADDRESS_TEXT_MAX];

    if (!finding->mx)
        return true;
    if (!place->host || strcmp(finding->mx, place->host->host) != 0)
        return false;
    if (!finding->ip)
        return true;
    if (!place->endpoint)
        return false;
    dns_address_format(&place->endpoint->address, ip);
    return strcmp(finding->ip, ip) == 0;
}

static const struct finding *first_failure(const struct verdict *verdict, enum policy_type policy,
                                           const struct tlsrpt_place *place)
{
    const struct finding *first = NULL;

    for (size_t i = 0; i < verdict->n_findings; i++) {
        const struct finding *finding = &verdict->findings[i];
        if (counts(finding, policy) && holds(finding, place) &&
            (!first || table_place(finding->row) < table_place(first->row)))
            first = finding;
    }
    return first;
}

static bool sts_in_force(const struct verdict *verdict)
{
    return verdict->sts_status == STS_POLICY_VALID && verdict->policy.mode != STS_MODE_NONE;
}

static bool dane_in_force(const struct domain_facts *facts, const struct verdict *verdict,
                          const struct host_facts *host)
{
    return verdict->hosts[host - facts->hosts].dane == DANE_USABLE;
}

bool tlsrpt_has_sts(const struct verdict *verdict)
{
    if (sts_in_force(verdict))
        return true;
    for (size_t i = 0; i < verdict->n_findings; i++)
        if (counts(&verdict->findings[i], POLICY_TYPE_STS))
            return true;
    return false;
}

bool tlsrpt_has_tlsa(const struct domain_facts *facts, const struct verdict *verdict,
                     const struct host_facts *host)
{
    if (host && dane_in_force(facts, verdict, host))
        return true;
    for (size_t i = 0; i < verdict->n_findings; i++) {
        const char *mx = verdict->findings[i].mx;
        bool here = host ? mx && strcmp(mx, host->host) == 0 : !mx;
        if (here && counts(&verdict->findings[i], POLICY_TYPE_TLSA))
            return true;
    }
    return false;
}

bool tlsrpt_has_no_policy(const struct domain_facts *facts, const struct verdict *verdict,
                          const struct host_facts *host)
{
    return !sts_in_force(verdict) && !dane_in_force(facts, verdict, host);
}

enum tlsrpt_outcome tlsrpt_session(const struct verdict *verdict, enum policy_type policy,
                                   const struct tlsrpt_place *place, const struct finding **failure)
{
    const struct smtp_facts *endpoint = place->endpoint;

    *failure = first_failure(verdict, policy, place);
    if (*failure)
        return TLSRPT_FAILED;
    bool secured = endpoint && endpoint->starttls == SMTP_STARTTLS_ACCEPTED && endpoint->tls &&
                   endpoint->tls->n_chain > 0;
    return secured ? TLSRPT_SUCCEEDED : TLSRPT_NOT_COUNTED;
}
