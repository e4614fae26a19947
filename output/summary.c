#include "output/summary.h"

#include <stdlib.h>

#include "output/provider.h"
#include "output/summary_parts.h"

static const uint32_t capacities[SUMMARY_LISTS] = {[SUMMARY_PROTOCOLS] = 16,
                                                   [SUMMARY_KEYS] = 64,
                                                   [SUMMARY_KEY_EXCHANGES] = 64,
                                                   [SUMMARY_PROVIDERS] = 1024};

struct summary *summary_new(void)
{
    struct summary *summary = calloc(1, sizeof *summary);
    bool ok = summary != NULL;

    for (size_t i = 0; ok && i < SUMMARY_LISTS; i++)
        ok = heavy_hitters_init(&summary->lists[i], capacities[i]) == 0;
    if (!ok) {
        summary_free(summary);
        return NULL;
    }
    summary->soonest_end_s = INT64_MAX;
    return summary;
}

void summary_free(struct summary *summary)
{
    if (!summary)
        return;
    for (size_t i = 0; i < SUMMARY_LISTS; i++)
        heavy_hitters_clear(&summary->lists[i]);
    free(summary);
}

/* --- the groups ---------------------------------------------------------------------------- */

size_t summary_group_size(enum summary_group group)
{
    static const size_t sizes[SUMMARY_GROUPS] = {
        [SUMMARY_VERDICT] = VERDICT_FAIL + 1,
        [SUMMARY_OPPORTUNISTIC] = DELIVERY_UNKNOWN + 1,
        [SUMMARY_STS_SENDER] = DELIVERY_UNKNOWN + 1,
        [SUMMARY_DANE_SENDER] = DELIVERY_UNKNOWN + 1,
        [SUMMARY_MX] = MX_BOGUS + 1,
        [SUMMARY_STS_RECORD] = STS_RECORD_ERROR + 1,
        [SUMMARY_STS_POLICY] = STS_POLICY_INVALID + 1,
        [SUMMARY_STS_MODE] = STS_MODE_ENFORCE + 1,
        [SUMMARY_DANE_HOST] = DANE_UNKNOWN + 1,
        [SUMMARY_TLS_RPT] = TLSRPT_ERROR + 1,
        [SUMMARY_STAGE] = SMTP_STAGE_DONE + 1,
        [SUMMARY_STARTTLS] = SMTP_STARTTLS_ACCEPTED + 1,
    };
    return sizes[group];
}

const char *summary_value_text(enum summary_group group, size_t value)
{
    switch (group) {
    case SUMMARY_VERDICT:
        return verdict_word_text((enum verdict_word)value);
    case SUMMARY_OPPORTUNISTIC:
    case SUMMARY_STS_SENDER:
    case SUMMARY_DANE_SENDER:
        return delivery_text((enum delivery)value);
    case SUMMARY_MX:
        return mx_status_text((enum mx_status)value);
    case SUMMARY_STS_RECORD:
        return sts_record_status_text((enum sts_record_status)value);
    case SUMMARY_STS_POLICY:
        return sts_policy_status_text((enum sts_policy_status)value);
    case SUMMARY_STS_MODE:
        return sts_mode_text((enum sts_mode)value);
    case SUMMARY_DANE_HOST:
        return dane_status_text((enum dane_status)value);
    case SUMMARY_TLS_RPT:
        return tlsrpt_status_text((enum tlsrpt_status)value);
    case SUMMARY_STAGE:
        return smtp_stage_text((enum smtp_stage)value);
    case SUMMARY_STARTTLS:
        return smtp_starttls_text((enum smtp_starttls)value);
    case SUMMARY_GROUPS:
        break;
    }
    return NULL;
}

static void count(struct summary *summary, enum summary_group group, size_t value)
{
    summary->values[group][value]++;
}

/* --- adding -------------------------------------------------------------------------------- */

static void add_verdict(struct summary *summary, const struct verdict *verdict)
{
    count(summary, SUMMARY_VERDICT, verdict->word);
    count(summary, SUMMARY_OPPORTUNISTIC, verdict->opportunistic);
    count(summary, SUMMARY_STS_SENDER, verdict->mta_sts);
    count(summary, SUMMARY_DANE_SENDER, verdict->dane);
    count(summary, SUMMARY_MX, verdict->mx_status);
    count(summary, SUMMARY_STS_RECORD, verdict->sts_record.status);
    count(summary, SUMMARY_STS_POLICY, verdict->sts_status);
    count(summary, SUMMARY_TLS_RPT, verdict->tlsrpt.status);
    if (verdict->policy.valid)
        count(summary, SUMMARY_STS_MODE, verdict->policy.mode);
}

static void tally(struct summary_tally *tally, uint64_t domain)
{
    tally->findings++;
    tally->domains += tally->stamp != domain;
    tally->stamp = domain;
}

static void add_findings(struct summary *summary, const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->n_findings; i++) {
        const struct finding *finding = &verdict->findings[i];
        tally(&summary->reasons[finding->severity][finding->reason], summary->domains);
        if (finding->result_type != RESULT_NONE)
            tally(&summary->result_types[finding->result_type], summary->domains);
    }
}

/* Unreadable certificates have no key, RSA key exchange no group. */
static void add_text(struct summary *summary, enum summary_list list, const char *text)
{
    if (text && text[0])
        heavy_hitters_add(&summary->lists[list], text, 0);
}

static void add_endpoint(struct summary *summary, const struct host_facts *host,
                         const struct smtp_facts *endpoint, int64_t now_s)
{
    const struct tls_facts *tls = endpoint->tls;

    summary->endpoints++;
    count(summary, SUMMARY_STAGE, endpoint->stage);
    count(summary, SUMMARY_STARTTLS, endpoint->starttls);
    if (!tls)
        return;
    summary->endpoints_with_tls++;
    add_text(summary, SUMMARY_PROTOCOLS, tls->protocol);
    add_text(summary, SUMMARY_KEY_EXCHANGES, tls->group);
    if (tls->n_chain > 0) {
        add_text(summary, SUMMARY_KEYS, tls->chain[0].key);
        summary_certificate(summary, &tls->chain[0], host->host, now_s);
    }
}

static void add_hosts(struct summary *summary, const struct result *result)
{
    const struct domain_facts *facts = result->facts;
    size_t n_dane = 0;

    for (size_t i = 0; i < facts->n_hosts; i++) {
        const struct host_facts *host = &facts->hosts[i];
        enum dane_status dane = result->verdict->hosts[i].dane;
        count(summary, SUMMARY_DANE_HOST, dane);
        n_dane += dane == DANE_USABLE;
        if (!host->is_literal)
            heavy_hitters_add(&summary->lists[SUMMARY_PROVIDERS], provider_of(host->host),
                              summary->domains);
        for (size_t j = 0; j < host->n_endpoints; j++)
            add_endpoint(summary, host, host->endpoints[j], result->now_s);
    }
    summary->dane_any += n_dane > 0;
    summary->dane_every += n_dane > 0 && n_dane == facts->n_hosts;
}

void summary_add(struct summary *summary, const struct result *result)
{
    summary->domains++;
    add_verdict(summary, result->verdict);
    add_findings(summary, result->verdict);
    add_hosts(summary, result);
}

/* --- adding up ----------------------------------------------------------------------------- */

static void merge_tallies(struct summary_tally *into, const struct summary_tally *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        into[i].domains += from[i].domains;
        into[i].findings += from[i].findings;
    }
}

void summary_merge(struct summary *into, const struct summary *from)
{
    into->domains += from->domains;
    for (size_t group = 0; group < SUMMARY_GROUPS; group++)
        for (size_t value = 0; value < SUMMARY_VALUES_MAX; value++)
            into->values[group][value] += from->values[group][value];
    merge_tallies(into->result_types, from->result_types, SUMMARY_RESULT_TYPES);
    for (size_t severity = 0; severity < SUMMARY_SEVERITIES; severity++)
        merge_tallies(into->reasons[severity], from->reasons[severity], REASON_COUNT);
    into->dane_any += from->dane_any;
    into->dane_every += from->dane_every;
    into->endpoints += from->endpoints;
    into->endpoints_with_tls += from->endpoints_with_tls;
    for (size_t i = 0; i < SUMMARY_LISTS; i++)
        heavy_hitters_merge(&into->lists[i], &from->lists[i]);
    summary_merge_certificates(into, from);
}

/* --- reading ------------------------------------------------------------------------------- */

uint64_t summary_domains(const struct summary *summary)
{
    return summary->domains;
}

uint64_t summary_verdicts(const struct summary *summary, enum verdict_word word)
{
    return summary->values[SUMMARY_VERDICT][word];
}

double summary_rate(const struct summary *summary, const struct summary_run *run)
{
    return run->elapsed_ms > 0 ? (double)summary->domains * 1000 / (double)run->elapsed_ms : 0;
}

/* By domains; among equals in the order of the vocabulary, so that runs can be compared. */
static int compare_rows(const void *left, const void *right)
{
    const struct summary_row *a = left, *b = right;

    if (a->tally->domains != b->tally->domains)
        return a->tally->domains < b->tally->domains ? 1 : -1;
    return a->reason < b->reason ? -1 : 1;
}

size_t summary_rows(const struct summary *summary, enum severity severity,
                    struct summary_row rows[REASON_COUNT])
{
    size_t n = 0;

    for (size_t reason = 0; reason < REASON_COUNT; reason++) {
        const struct summary_tally *found = &summary->reasons[severity][reason];
        if (found->findings > 0)
            rows[n++] = (struct summary_row){severity, (enum reason)reason, found};
    }
    qsort(rows, n, sizeof *rows, compare_rows);
    return n;
}
