/* Rows 75, 75a, 77a and the consequence for the domain as a whole. */
#include "policy/judge.h"

static void judge_tlsrpt(struct judge *judge)
{
    const struct dns_answer *answer = judge->facts->tlsrpt_txt;
    struct tlsrpt_record *record = &judge->verdict->tlsrpt;
    struct note note = {.row = "75",
                        .severity = SEVERITY_WARNING,
                        .reason = REASON_TLS_RPT_INVALID,
                        .stage = STAGE_RECORD};

    record->status = TLSRPT_ERROR;
    if (!answer)
        return;
    if (tlsrpt_record_from_answer(answer, record) != 0) {
        judge->no_memory = true;
        return;
    }
    switch (record->status) {
    case TLSRPT_VALID:
        break;
    case TLSRPT_ABSENT:
        note.severity = SEVERITY_INFO;
        note.reason = REASON_TLS_RPT_ABSENT;
        judge_add(judge, &note, "there is no _smtp._tls record");
        break;
    case TLSRPT_INVALID:
        judge_add(judge, &note, "%s", record->problem ? record->problem : "invalid");
        break;
    case TLSRPT_MULTIPLE:
        judge_add(judge, &note, "more than one record begins \"v=TLSRPTv1;\", so senders see none");
        break;
    case TLSRPT_ERROR: /* decides nothing about delivery: the status tells, no finding does */
        break;
    }
}

/* Does the session satisfy an MTA-STS policy, whatever its mode (RFC 8461 4.1, 4.2)? */
static bool satisfies_sts(const struct judge *judge, size_t host, size_t endpoint)
{
    const struct host_verdict *verdict = &judge->verdict->hosts[host];
    const struct chain_verdict *result = &verdict->endpoints[endpoint].chain;

    return verdict->sts_match && result->webpki.trusted && result->name_matches &&
           judge_session_class(judge->facts->hosts[host].endpoints[endpoint]) == SESSION_TLS;
}

/* Not when all hosts were unreachable, put us off or refused: that is outside TLS-RPT. */
static void judge_connection_failure(struct judge *judge)
{
    const struct domain_facts *facts = judge->facts;
    bool spoken_to = false;
    const struct note note = {.row = "B1",
                              .severity = SEVERITY_FAIL,
                              .result_type = RESULT_VALIDATION_FAILURE,
                              .reason = REASON_MTA_STS_CONNECTION_FAILURE,
                              .policy_type = POLICY_TYPE_STS,
                              .stage = STAGE_POLICY};

    if (!judge_sts_in_force(judge->verdict) || judge->verdict->mx_status == MX_NONE)
        return;
    for (size_t i = 0; i < facts->n_hosts; i++) {
        if (!judge->verdict->hosts[i].sts_match)
            spoken_to = true;
        for (size_t j = 0; j < facts->hosts[i].n_endpoints; j++) {
            if (satisfies_sts(judge, i, j))
                return;
            spoken_to |= judge_session_judged(facts->hosts[i].endpoints[j]);
        }
    }
    if (spoken_to)
        judge_add(judge, &note,
                  "a policy of mode %s is in force, and no MX host (%zu in all) gives a "
                  "TLS session that satisfies it",
                  sts_mode_text(judge->verdict->policy.mode), facts->n_hosts);
}

static bool any_ad(const struct domain_facts *facts)
{
    const struct dns_answer *const answers[] = {facts->mx, facts->sts_txt, facts->tlsrpt_txt};
    bool ad = false;

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        ad |= answers[i] && answers[i]->ad;
    for (size_t i = 0; i < facts->n_hosts; i++) {
        ad |= facts->hosts[i].a && facts->hosts[i].a->ad;
        ad |= facts->hosts[i].aaaa && facts->hosts[i].aaaa->ad;
    }
    return ad;
}

static void judge_protection(struct judge *judge)
{
    const struct domain_facts *facts = judge->facts;
    bool usable = false;
    const struct note none = {.row = "75a",
                              .severity = SEVERITY_INFO,
                              .reason = REASON_NO_DOWNGRADE_PROTECTION,
                              .stage = STAGE_POLICY};
    const struct note unchecked = {.row = "75a",
                                   .severity = SEVERITY_INFO,
                                   .reason = REASON_DNSSEC_NOT_CHECKED,
                                   .stage = STAGE_DNS};

    if (!facts->ad_believed)
        judge_add(judge, &unchecked, "the AD bit of the resolver is not believed (--trust-ad)");
    else if (facts->validation == DNS_DOES_NOT_VALIDATE && !any_ad(facts))
        judge_add(judge, &unchecked,
                  "the resolver does not validate: the root's SOA comes without "
                  "AD");
    for (size_t i = 0; i < facts->n_hosts; i++)
        usable |= judge->verdict->hosts[i].dane == DANE_USABLE;
    if (!usable && !judge_sts_unfetched(judge->verdict) && !judge_sts_in_force(judge->verdict))
        judge_add(judge, &none, "neither an MTA-STS policy in force nor usable TLSA records");
}

static bool has_records(const struct dns_answer *answer)
{
    return answer && answer->status == DNS_FOUND;
}

/* Once a domain and family. */
static void judge_families(struct judge *judge)
{
    const struct domain_facts *facts = judge->facts;
    bool missing[2] = {false, false};
    size_t unused[2] = {0, 0}; /* hosts with addresses of the family alone */
    const struct note note = {.row = "77a",
                              .severity = SEVERITY_INFO,
                              .reason = REASON_FAMILY_UNAVAILABLE,
                              .stage = STAGE_CONNECT};

    for (size_t i = 0; i < facts->n_hosts; i++) {
        const struct host_facts *host = &facts->hosts[i];
        if (!host->n_endpoints && !facts->ipv4 && has_records(host->a))
            unused[0]++;
        if (!host->n_endpoints && !facts->ipv6 && has_records(host->aaaa))
            unused[1]++;
        for (size_t j = 0; j < host->n_endpoints; j++) {
            const struct smtp_facts *endpoint = host->endpoints[j];
            if (endpoint->problem == SMTP_FAMILY_UNAVAILABLE)
                missing[endpoint->address.family == DNS_IPV6] = true;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        const char *family = i ? "IPv6" : "IPv4";
        if (missing[i])
            judge_add(judge, &note, "this machine has no route for %s", family);
        else if (unused[i])
            judge_add(judge, &note, "%s is not to be used, and leads alone to %zu MX hosts", family,
                      unused[i]);
    }
}

void judge_domain(struct judge *judge)
{
    const struct note ours = {.row = "77",
                              .severity = SEVERITY_UNKNOWN,
                              .reason = REASON_PROBE_ERROR,
                              .stage = STAGE_DNS};

    judge_tlsrpt(judge);
    judge_connection_failure(judge);
    judge_protection(judge);
    judge_families(judge);
    if (judge->facts->trouble)
        judge_add(judge, &ours, "%s", judge->facts->trouble);
}
