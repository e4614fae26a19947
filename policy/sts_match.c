/* Matching MX host names against the patterns of a policy: RFC 8461 section 4.1. */
#include <string.h>

#include "dns/name.h"
#include "policy/sts.h"

bool sts_pattern_matches(const char *pattern, const char *host)
{
    /* A name with escaped bytes is no host name, and an escaped dot ends no label. */
    if (!pattern[0] || !host[0] || strchr(host, '\\'))
        return false;
    if (strncmp(pattern, "*.", 2) != 0)
        return dns_name_equal(pattern, host);

    /* The wildcard stands for exactly one label, the left-most. */
    const char *dot = strchr(host, '.');
    const char *suffix = pattern + 2;
    return dot && dot != host && suffix[0] && dns_name_equal(suffix, dot + 1);
}

const char *sts_policy_match(const struct sts_policy *policy, const char *host)
{
    for (size_t i = 0; i < policy->n_mx; i++)
        if (sts_pattern_matches(policy->mx[i], host))
            return policy->mx[i];
    return NULL;
}
