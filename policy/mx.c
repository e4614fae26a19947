#include "policy/mx.h"

#include <stdlib.h>
#include <string.h>

bool mx_is_null(const struct dns_answer *mx, bool *conflict)
{
    bool null = false, other = false;

    for (size_t i = 0; mx->status == DNS_FOUND && i < mx->n_records; i++)
        if (mx->records[i].u.mx.host[0] == '\0')
            null = true;
        else
            other = true;
    *conflict = null && other;
    return null;
}

/* A host and where it stands; `position` is that of its first record in the answer. */
struct candidate {
    const char *host; /* borrowed */
    uint16_t preference;
    size_t position;
};

static int order(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int by_host(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    int hosts = strcmp(left->host, right->host);

    return hosts ? hosts : order(left->position, right->position);
}

/* Equal preferences as received. */
static int by_preference(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    int preferences = order(left->preference, right->preference);

    return preferences ? preferences : order(left->position, right->position);
}

/* The hosts of the answer, or the domain itself where there is no MX (RFC 5321 5.1). */
static size_t collect(const struct domain_facts *facts, struct candidate *out)
{
    const struct dns_answer *mx = facts->mx;
    size_t n = 0;

    if (mx->status == DNS_NODATA)
        out[n++] = (struct candidate){.host = facts->domain};
    for (size_t i = 0; mx->status == DNS_FOUND && i < mx->n_records; i++)
        if (mx->records[i].u.mx.host[0])
            out[n++] =
                (struct candidate){mx->records[i].u.mx.host, mx->records[i].u.mx.preference, i};
    return n;
}

/* A name that stands there more than once counts once, with the better preference. */
static size_t merge(struct candidate *candidates, size_t n)
{
    size_t merged = 0;

    qsort(candidates, n, sizeof *candidates, by_host);
    for (size_t i = 0; i < n; i++) {
        struct candidate *last = merged ? &candidates[merged - 1] : NULL;
        if (!last || strcmp(last->host, candidates[i].host) != 0)
            candidates[merged++] = candidates[i];
        else if (candidates[i].preference < last->preference)
            last->preference = candidates[i].preference;
    }
    qsort(candidates, merged, sizeof *candidates, by_preference);
    return merged;
}

static int take(struct domain_facts *facts, const struct candidate *candidate)
{
    struct host_facts *host = &facts->hosts[facts->n_hosts];
    struct dns_address literal;

    host->host = strdup(candidate->host);
    if (!host->host)
        return -1;
    host->preference = candidate->preference;
    host->is_literal = dns_address_parse(candidate->host, &literal);
    facts->n_hosts++;
    return 0;
}

int mx_list_hosts(struct domain_facts *facts)
{
    struct candidate *candidates = calloc(facts->mx->n_records + 1, sizeof *candidates);
    int result = 0;

    if (!candidates)
        return -1;
    facts->hosts_seen = merge(candidates, collect(facts, candidates));
    size_t kept = facts->hosts_seen < FACTS_MX_HOSTS_MAX ? facts->hosts_seen : FACTS_MX_HOSTS_MAX;
    facts->hosts = calloc(kept + 1, sizeof *facts->hosts);
    if (!facts->hosts)
        result = -1;
    for (size_t i = 0; result == 0 && i < kept; i++)
        result = take(facts, &candidates[i]);
    free(candidates);
    return result;
}
