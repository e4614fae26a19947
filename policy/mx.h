/*
 * Mail routing (RFC 5321 5.1, RFC 7505): from an MX answer to the hosts that a sender tries. Pure.
 */
#ifndef POLICY_MX_H
#define POLICY_MX_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/facts.h"

/* Is the answer a null MX, alone or beside other records (`*conflict`)? */
bool mx_is_null(const struct dns_answer *mx, bool *conflict);

/*
 * Fills `facts->hosts`, `n_hosts` and `hosts_seen` from `facts->mx`: each name once with its best
 * preference, ascending, null MX left out, at most FACTS_MX_HOSTS_MAX; the domain itself where the
 * answer is DNS_NODATA (implicit MX); none otherwise. Returns 0, or -1 when out of memory.
 */
int mx_list_hosts(struct domain_facts *facts);

#endif
