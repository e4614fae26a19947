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

static struct host_facts *find(struct domain_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->n_hosts; i++) {
        struct host_facts *host = &facts->hosts[i];
        if (host->host && strcmp(host->host, name) == 0)
            return host;
    }
    return NULL;
}

/* Keeps the order of equal preferences. */
static void sort_by_preference(struct host_facts *hosts, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct host_facts moved = hosts[i];
        size_t at = i;
        while (at && hosts[at - 1].preference > moved.preference) {
            hosts[at] = hosts[at - 1];
            at--;
        }
        hosts[at] = moved;
    }
}

static int add(struct domain_facts *facts, const char *name, uint16_t preference)
{
    struct dns_address literal;
    struct host_facts *host = find(facts, name);

    if (host) {
        if (preference < host->preference)
            host->preference = preference;
        return 0;
    }
    host = &facts->hosts[facts->n_hosts];
    host->host = strdup(name);
    if (!host->host)
        return -1;
    host->preference = preference;
    host->is_literal = dns_address_parse(name, &literal);
    facts->n_hosts++;
    return 0;
}

int mx_list_hosts(struct domain_facts *facts)
{
    const struct dns_answer *mx = facts->mx;
    bool implicit = mx->status == DNS_NODATA;
    size_t room = implicit ? 1 : mx->n_records;

    if (mx->status != DNS_FOUND && !implicit)
        return 0;
    facts->hosts = calloc(room + 1, sizeof *facts->hosts);
    if (!facts->hosts)
        return -1;
    if (implicit && add(facts, facts->domain, 0) != 0)
        return -1;
    for (size_t i = 0; !implicit && i < mx->n_records; i++) {
        const char *name = mx->records[i].u.mx.host;
        if (name[0] && add(facts, name, mx->records[i].u.mx.preference) != 0)
            return -1;
    }
    sort_by_preference(facts->hosts, facts->n_hosts);
    facts->hosts_seen = facts->n_hosts;
    while (facts->n_hosts > FACTS_MX_HOSTS_MAX)
        free(facts->hosts[--facts->n_hosts].host);
    return 0;
}
