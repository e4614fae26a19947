/*
 * What a replay is going to look at: of all the failures of all reports each domain once and each
 * (MX host, address) once, and no more of them than the limits let. A report is untrusted input:
 * whatever it names, this is where it ends.
 */
#ifndef PROBE_REPLAY_PLAN_H
#define PROBE_REPLAY_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "dns/name.h"
#include "output/report.h"
#include "probe/domain_job.h"

enum {
    REPLAY_DOMAINS_MAX = 100,
    REPLAY_PAIRS_MAX = 256,
    REPLAY_PAIRS_PER_ADDRESS_MAX = 8, /* host names that a report gives to one address */
};

/* A recipient domain whose MX, policies and TLSA records are asked for. */
struct replay_domain {
    char name[DNS_NAME_MAX + 1];
    struct domain_job *job; /* while it is under way */
    struct event *deadline;
    struct domain_facts *facts; /* once it is done */
    void *owner;                /* of the driver */
};

/* A mail host at an address, which gets one session. */
struct replay_pair {
    char mx[DNS_NAME_MAX + 1];
    char sni[DNS_NAME_MAX + 1];
    struct dns_address address;
    void *handle; /* while it is under way */
    struct event *deadline;
    struct smtp_facts *facts; /* once it is done */
    bool begun;
    void *owner; /* of the driver */
};

/* One reported failure. */
struct replay_item {
    const struct report_result *result;
    const struct tlsrpt_policy *policy;
    const struct tlsrpt_failure *failure;
    struct replay_domain *domain; /* NULL: `why_not` */
    char *mx;                     /* A-labels; NULL where none is named */
    bool has_address;
    struct dns_address address;
    const char *why_not; /* static: nothing can be asked for; or, of a host, no session be held */
};

struct replay_plan {
    struct replay_domain *domains; /* room for REPLAY_DOMAINS_MAX */
    struct replay_pair *pairs;     /* room for REPLAY_PAIRS_MAX */
    struct replay_item *items;     /* in the order of the reports */
    size_t n_domains, n_pairs, n_items;
};

/* Lists the items and their domains. Borrows the results. Returns 0, or -1 when out of memory. */
int replay_plan_make(struct replay_plan *plan, const struct report_result *results,
                     size_t n_results);

/*
 * Once the facts of the domains are there: lists the pairs. A host that is named without an address
 * has those that the DNS gives it now.
 */
void replay_plan_pairs(struct replay_plan *plan, const struct domain_job_options *options);

/* Is the pair one that the item's failure is about? */
bool replay_item_has(const struct replay_item *item, const struct replay_pair *pair);

void replay_plan_clear(struct replay_plan *plan);

#endif
