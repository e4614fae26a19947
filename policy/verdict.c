#include "policy/verdict.h"

#include <stdlib.h>

#include "policy/judge.h"

/* Could no host be judged, or not all of them? */
static void count_judged(const struct domain_facts *facts, size_t *judged, size_t *unjudged)
{
    *judged = 0;
    *unjudged = 0;
    for (size_t i = 0; i < facts->n_hosts; i++) {
        bool any = false;
        for (size_t j = 0; j < facts->hosts[i].n_endpoints; j++)
            any |= judge_session_judged(facts->hosts[i].endpoints[j]);
        ++*(any ? judged : unjudged);
    }
}

static bool undecided(const struct judge *judge, size_t judged)
{
    const struct verdict *verdict = judge->verdict;

    if (judge->facts->trouble)
        return true;
    switch (verdict->mx_status) {
    case MX_FOUND:
    case MX_IMPLICIT:
        return judged == 0 || judge_sts_unknown(verdict);
    case MX_SERVFAIL:
    case MX_TIMEOUT:
    case MX_BOGUS:
        return true;
    case MX_NULL:
    case MX_NONE:
    case MX_NXDOMAIN:
        return false;
    }
    return true;
}

/* The one word: fail, else unknown, else warning, else ok. */
static enum verdict_word sum_up(const struct judge *judge)
{
    const struct verdict *verdict = judge->verdict;
    bool seen[SEVERITY_FAIL + 1] = {false};
    size_t judged, unjudged;

    count_judged(judge->facts, &judged, &unjudged);
    bool ours = false;
    for (size_t i = 0; i < verdict->n_findings; i++) {
        seen[verdict->findings[i].severity] = true;
        ours |= verdict->findings[i].reason == REASON_PROBE_ERROR; /* row 77 */
    }
    if (seen[SEVERITY_FAIL])
        return VERDICT_FAIL;
    if (ours || undecided(judge, judged))
        return VERDICT_UNKNOWN;
    /* Something that could not be looked at is not nothing, even beside what is fine. */
    if (seen[SEVERITY_WARNING] || seen[SEVERITY_UNKNOWN] || unjudged)
        return VERDICT_WARNING;
    return VERDICT_OK;
}

static bool make_hosts(struct judge *judge)
{
    const struct domain_facts *facts = judge->facts;
    struct verdict *verdict = judge->verdict;

    if (!facts->n_hosts)
        return true;
    verdict->hosts = calloc(facts->n_hosts, sizeof *verdict->hosts);
    if (!verdict->hosts)
        return false;
    verdict->n_hosts = facts->n_hosts;
    for (size_t i = 0; i < facts->n_hosts; i++) {
        struct host_verdict *host = &verdict->hosts[i];
        size_t n = facts->hosts[i].n_endpoints;
        if (n)
            host->endpoints = calloc(n, sizeof *host->endpoints);
        if (n && !host->endpoints)
            return false;
        host->n_endpoints = n;
    }
    return true;
}

static void judge_host(struct judge *judge, size_t host)
{
    judge_host_addresses(judge, host);
    judge_sts_host(judge, host);
    judge_dane_status(judge, host);
    for (size_t i = 0; i < judge->facts->hosts[host].n_endpoints; i++) {
        judge_session(judge, host, i);
        judge_handshake(judge, host, i);
        judge_certificate(judge, host, i);
        judge_dane_endpoint(judge, host, i);
    }
}

/* Row 78, where the whole domain is not to be touched. */
static void judge_excluded(struct judge *judge)
{
    const struct note note = {.row = "78",
                              .severity = SEVERITY_UNKNOWN,
                              .reason = REASON_TARGET_EXCLUDED,
                              .stage = STAGE_DNS};
    struct verdict *verdict = judge->verdict;

    judge_add(judge, &note, "the domain is on the exclude list, and nothing was asked");
    verdict->mx_status = MX_TIMEOUT;
    verdict->sts_record.status = STS_RECORD_ERROR;
    verdict->sts_status = STS_POLICY_NOT_FETCHED;
    verdict->tlsrpt.status = TLSRPT_ERROR;
    verdict->opportunistic = verdict->mta_sts = verdict->dane = DELIVERY_UNKNOWN;
    verdict->word = VERDICT_UNKNOWN;
}

static void judge_all(struct judge *judge)
{
    judge_routing(judge);
    judge_sts(judge);
    for (size_t i = 0; i < judge->facts->n_hosts; i++)
        judge_host(judge, i);
    judge_domain(judge);
    judge_delivery(judge);
    judge->verdict->word = sum_up(judge);
}

int verdict_judge(const struct domain_facts *facts, const struct judge_options *options,
                  struct verdict *out)
{
    struct judge judge = {.facts = facts, .options = options, .verdict = out};

    *out = (struct verdict){0};
    if (!make_hosts(&judge)) {
        verdict_clear(out);
        return -1;
    }
    if (facts->excluded)
        judge_excluded(&judge);
    else
        judge_all(&judge);
    if (judge.no_memory) {
        verdict_clear(out);
        return -1;
    }
    return 0;
}

void verdict_clear(struct verdict *verdict)
{
    sts_record_clear(&verdict->sts_record);
    sts_policy_clear(&verdict->policy);
    tlsrpt_record_clear(&verdict->tlsrpt);
    for (size_t i = 0; i < verdict->n_hosts; i++)
        free(verdict->hosts[i].endpoints);
    free(verdict->hosts);
    for (size_t i = 0; i < verdict->n_findings; i++)
        judge_finding_clear(&verdict->findings[i]);
    free(verdict->findings);
    *verdict = (struct verdict){0};
}
