/*
 * What TLS-RPT counts of a judged domain (RFC 8460 4.1, 4.2): one session for each endpoint and
 * each policy that was evaluated for it. Pure.
 *
 * A session failed where a finding of that policy holds of its endpoint, of its host or of the
 * whole domain; the first of them in the order of docs/decision-table.md is the failure, and a
 * session has but one. It succeeded where TLS came up and there is no such finding. Everything
 * else (nobody reached, put off, refused) lies outside TLS-RPT and is not counted. What failed
 * before there was an address is one attempted session without it.
 *
 * Findings without a result type, and mta_sts_connection_failure, which only sums others up, are
 * none.
 */
#ifndef POLICY_TLSRPT_SESSION_H
#define POLICY_TLSRPT_SESSION_H

#include <stdbool.h>

#include "policy/verdict.h"

/* The domain, one of its hosts, or one endpoint of that host: NULL for what does not apply. */
struct tlsrpt_place {
    const struct host_facts *host;
    const struct smtp_facts *endpoint;
};

enum tlsrpt_outcome { TLSRPT_NOT_COUNTED, TLSRPT_SUCCEEDED, TLSRPT_FAILED };

/*
 * Was the policy evaluated for the domain? An MTA-STS policy that is in force, or that there was a
 * record of and that could not be had.
 */
bool tlsrpt_has_sts(const struct verdict *verdict);

/*
 * The same of the TLSA records of a host, which belongs to the facts of the verdict: usable, or
 * with a finding. A NULL host asks for findings about the domain's own DNSSEC.
 */
bool tlsrpt_has_tlsa(const struct domain_facts *facts, const struct verdict *verdict,
                     const struct host_facts *host);

/* Is neither in force for the host? */
bool tlsrpt_has_no_policy(const struct domain_facts *facts, const struct verdict *verdict,
                          const struct host_facts *host);

/* `*failure` is the finding that made it fail, borrowed from the verdict; NULL else. */
enum tlsrpt_outcome tlsrpt_session(const struct verdict *verdict, enum policy_type policy,
                                   const struct tlsrpt_place *place,
                                   const struct finding **failure);

#endif
