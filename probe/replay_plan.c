#include "probe/replay_plan.h"

#include <stdlib.h>
#include <string.h>

/* --- items ---------------------------------------------------------------------------------------
 */

/* Finds the domain or adds it; NULL where there are too many. */
static struct replay_domain *add_domain(struct replay_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->n_domains; i++)
        if (strcmp(plan->domains[i].name, name) == 0)
            return &plan->domains[i];
    if (plan->n_domains == REPLAY_DOMAINS_MAX)
        return NULL;
    struct replay_domain *domain = &plan->domains[plan->n_domains++];
    memcpy(domain->name, name, strlen(name) + 1);
    return domain;
}

/* False when out of memory. */
static bool read_host(struct replay_item *item)
{
    const struct tlsrpt_failure *failure = item->failure;
    char name[DNS_NAME_MAX + 1];

    if (failure->mx && dns_name_from_user(failure->mx, name) != DNS_NAME_OK)
        item->why_not = "what the report gives for the MX host is no host name";
    else if (failure->mx && !(item->mx = strdup(name)))
        return false;
    if (failure->ip) {
        item->has_address = dns_address_parse(failure->ip, &item->address);
        if (!item->has_address)
            item->why_not = "what the report gives for the address is none";
    }
    return true;
}

/* The domain of the policy; where the report leaves it out, the host is one that has itself as MX.
 */
static void read_domain(struct replay_plan *plan, struct replay_item *item)
{
    const char *text = item->policy->policy_domain ? item->policy->policy_domain : item->mx;
    char name[DNS_NAME_MAX + 1];

    if (!text) {
        item->why_not = "the report names neither a domain nor an MX host";
        return;
    }
    if (dns_name_from_user(text, name) != DNS_NAME_OK) {
        item->why_not = "what the report gives for the domain is no domain name";
        return;
    }
    item->domain = add_domain(plan, name);
    if (!item->domain)
        item->why_not = "the reports name more domains than one replay looks at (100)";
}

static bool add_items(struct replay_plan *plan, const struct report_result *result)
{
    const struct tlsrpt_report *report = result->report;

    for (size_t i = 0; i < report->n_policies; i++) {
        const struct tlsrpt_policy *policy = &report->policies[i];
        for (size_t j = 0; j < policy->n_failures; j++) {
            struct replay_item *item = &plan->items[plan->n_items++];
            *item = (struct replay_item){
                .result = result, .policy = policy, .failure = &policy->failures[j]};
            if (!read_host(item))
                return false;
            if (!item->why_not)
                read_domain(plan, item);
        }
    }
    return true;
}

int replay_plan_make(struct replay_plan *plan, const struct report_result *results,
                     size_t n_results)
{
    size_t room = 1;
    bool ok = true;

    *plan = (struct replay_plan){0};
    for (size_t i = 0; i < n_results; i++)
        room += report_failures(results[i].report);
    plan->items = calloc(room, sizeof *plan->items);
    plan->domains = calloc(REPLAY_DOMAINS_MAX, sizeof *plan->domains);
    plan->pairs = calloc(REPLAY_PAIRS_MAX, sizeof *plan->pairs);
    ok = plan->items && plan->domains && plan->pairs;
    for (size_t i = 0; ok && i < n_results; i++)
        ok = add_items(plan, &results[i]);
    return ok ? 0 : -1;
}

/* --- pairs ---------------------------------------------------------------------------------------
 */

static const struct host_facts *find_host(const struct replay_item *item)
{
    const struct domain_facts *facts = item->domain->facts;

    for (size_t i = 0; facts && i < facts->n_hosts; i++)
        if (dns_name_equal(facts->hosts[i].host, item->mx))
            return &facts->hosts[i];
    return NULL;
}

/* The server name of the handshake: as probe/host_job.c chooses it (RFC 7672 2.2.2, 8.1). */
static const char *server_name(const struct replay_item *item, const struct host_facts *host)
{
    bool secure = host && host->tlsa && host->tlsa_base && host->tlsa->status == DNS_FOUND &&
                  host->tlsa->security == DNS_SECURE;

    return secure && strlen(host->tlsa_base) <= DNS_NAME_MAX ? host->tlsa_base : item->mx;
}

/* NULL, or why it may not be added. */
static const char *objection(const struct replay_plan *plan, const struct dns_address *address)
{
    size_t n_at_address = 0;

    for (size_t i = 0; i < plan->n_pairs; i++)
        n_at_address += dns_address_equal(&plan->pairs[i].address, address);
    if (n_at_address >= REPLAY_PAIRS_PER_ADDRESS_MAX)
        return "the reports give more host names to its address than one replay tries (8)";
    if (plan->n_pairs == REPLAY_PAIRS_MAX)
        return "the reports name more hosts and addresses than one replay tries (256)";
    return NULL;
}

static void add_pair(struct replay_plan *plan, struct replay_item *item,
                     const struct host_facts *host, const struct dns_address *address)
{
    for (size_t i = 0; i < plan->n_pairs; i++)
        if (dns_address_equal(&plan->pairs[i].address, address) &&
            strcmp(plan->pairs[i].mx, item->mx) == 0)
            return;
    const char *why_not = objection(plan, address);
    if (why_not) {
        item->why_not = why_not;
        return;
    }
    struct replay_pair *pair = &plan->pairs[plan->n_pairs++];
    const char *sni = server_name(item, host);
    pair->address = *address;
    memcpy(pair->mx, item->mx, strlen(item->mx) + 1);
    memcpy(pair->sni, sni, strlen(sni) + 1);
}

static void add_answer(struct replay_plan *plan, struct replay_item *item,
                       const struct host_facts *host, const struct dns_answer *answer)
{
    for (size_t i = 0; answer && i < answer->n_records && i < FACTS_ADDRESSES_MAX; i++)
        add_pair(plan, item, host, &answer->records[i].u.address);
}

static void add_pairs(struct replay_plan *plan, struct replay_item *item,
                      const struct domain_job_options *options)
{
    const struct host_facts *host = find_host(item);
    bool used =
        !item->has_address || (item->address.family == DNS_IPV6 ? options->ipv6 : options->ipv4);

    if (!used) {
        item->why_not = "the address is of a family that is not to be used";
        return;
    }
    if (item->has_address) {
        add_pair(plan, item, host, &item->address);
        return;
    }
    item->why_not = host ? "the DNS gives no address for it now"
                         : "it is no MX host of the domain any more, and the report names no "
                           "address";
    if (host && options->ipv4)
        add_answer(plan, item, host, host->a);
    if (host && options->ipv6)
        add_answer(plan, item, host, host->aaaa);
}

void replay_plan_pairs(struct replay_plan *plan, const struct domain_job_options *options)
{
    for (size_t i = 0; i < plan->n_items; i++)
        if (plan->items[i].domain && plan->items[i].mx)
            add_pairs(plan, &plan->items[i], options);
}

bool replay_item_has(const struct replay_item *item, const struct replay_pair *pair)
{
    return item->mx && strcmp(item->mx, pair->mx) == 0 &&
           (!item->has_address || dns_address_equal(&item->address, &pair->address));
}

void replay_plan_clear(struct replay_plan *plan)
{
    for (size_t i = 0; i < plan->n_items; i++)
        free(plan->items[i].mx);
    for (size_t i = 0; i < plan->n_domains; i++) {
        if (plan->domains[i].deadline)
            event_free(plan->domains[i].deadline);
        domain_facts_free(plan->domains[i].facts);
    }
    for (size_t i = 0; i < plan->n_pairs; i++) {
        if (plan->pairs[i].deadline)
            event_free(plan->pairs[i].deadline);
        smtp_facts_unref(plan->pairs[i].facts);
    }
    free(plan->items);
    free(plan->domains);
    free(plan->pairs);
    *plan = (struct replay_plan){0};
}
