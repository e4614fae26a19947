/*
 * The domain with the suggestion in force, mode enforce and TLSA records included, before the judge
 * of verdict.c: what it finds would break.
 */
#include "policy/suggest_parts.h"

#include <stdlib.h>
#include <string.h>

/* An answer as the DNS would give it for what is suggested. NULL when out of memory. */
static struct dns_answer *supply(const char *name, uint16_t type)
{
    struct dns_answer *answer = dns_answer_new(name, type);

    if (!answer)
        return NULL;
    answer->status = DNS_FOUND;
    answer->security = DNS_SECURE;
    answer->supplied = true;
    return answer;
}

static struct dns_answer *supply_text(const char *name, const char *text)
{
    struct dns_answer *answer = supply(name, DNS_TYPE_TXT);
    struct dns_record *record = answer ? dns_answer_add(answer) : NULL;

    if (record)
        record->u.text.bytes = (uint8_t *)strdup(text);
    if (!record || !record->u.text.bytes) {
        dns_answer_unref(answer);
        return NULL;
    }
    record->u.text.length = strlen(text);
    return answer;
}

static struct dns_answer *supply_keys(const struct suggest_host *host)
{
    struct dns_answer *answer = supply(host->owner, DNS_TYPE_TLSA);

    for (size_t i = 0; answer && i < host->n_keys; i++) {
        struct dns_record *record = dns_answer_add(answer);
        uint8_t *data = record ? malloc(TLS_SHA256_LENGTH) : NULL;
        if (!data) {
            dns_answer_unref(answer);
            return NULL;
        }
        memcpy(data, host->keys[i].spki_sha256, TLS_SHA256_LENGTH);
        record->u.tlsa.usage = 3;
        record->u.tlsa.selector = 1;
        record->u.tlsa.matching = 1;
        record->u.tlsa.data = data;
        record->u.tlsa.length = TLS_SHA256_LENGTH;
    }
    return answer;
}

static struct sts_fetch_facts *supply_policy(const struct suggestion *suggestion,
                                             const char *domain)
{
    enum { HTTPS = 443, HTTP_OK = 200 };
    struct sts_fetch_facts *fetch = sts_fetch_facts_new(domain, HTTPS);

    if (!fetch)
        return NULL;
    fetch->problem = STS_FETCH_OK;
    fetch->http_status = HTTP_OK;
    fetch->supplied = true;
    fetch->body = (uint8_t *)strdup(suggestion->sts_policy);
    fetch->length = strlen(suggestion->sts_policy);
    if (fetch->body)
        return fetch;
    sts_fetch_facts_unref(fetch);
    return NULL;
}

/* --- the trial -------------------------------------------------------------------------------- */

/* The facts with what is suggested in place of what is; the rest is borrowed. */
struct trial {
    struct domain_facts facts;
    size_t n_supplied; /* hosts whose TLSA answer is ours */
};

static void trial_clear(struct trial *trial, const struct domain_facts *original)
{
    for (size_t i = 0; trial->facts.hosts && i < trial->n_supplied; i++)
        if (trial->facts.hosts[i].tlsa != original->hosts[i].tlsa)
            dns_answer_unref(trial->facts.hosts[i].tlsa);
    free(trial->facts.hosts);
    dns_answer_unref(trial->facts.sts_txt);
    dns_answer_unref(trial->facts.tlsrpt_txt);
    sts_fetch_facts_unref(trial->facts.sts_fetch);
}

static const struct suggest_host *find_host(const struct suggestion *suggestion, const char *name)
{
    for (size_t i = 0; i < suggestion->n_hosts; i++)
        if (strcmp(suggestion->hosts[i].host, name) == 0)
            return &suggestion->hosts[i];
    return NULL;
}

/* TLSA records of ours where they would count: what an insecure zone says is not looked at. */
static bool supply_hosts(struct trial *trial, const struct domain_facts *facts,
                         const struct suggestion *suggestion)
{
    trial->facts.hosts = calloc(facts->n_hosts + 1, sizeof *trial->facts.hosts);
    if (!trial->facts.hosts)
        return false;
    if (facts->n_hosts > 0)
        memcpy(trial->facts.hosts, facts->hosts, facts->n_hosts * sizeof *facts->hosts);
    for (; trial->n_supplied < facts->n_hosts; trial->n_supplied++) {
        struct host_facts *host = &trial->facts.hosts[trial->n_supplied];
        const struct suggest_host *suggested = find_host(suggestion, host->host);
        if (!suggested || suggested->n_keys == 0 || !suggest_dane_possible(host))
            continue;
        host->tlsa = supply_keys(suggested);
        if (!host->tlsa)
            return false;
    }
    return true;
}

static bool trial_init(struct trial *trial, const struct suggesting *suggesting)
{
    const struct suggestion *suggestion = suggesting->out;
    const struct domain_facts *facts = suggesting->facts;

    *trial = (struct trial){.facts = *facts};
    trial->facts.sts_fetch = NULL;
    trial->facts.hosts = NULL;
    trial->facts.sts_txt = supply_text("_mta-sts", suggestion->sts_record);
    trial->facts.tlsrpt_txt = supply_text("_smtp._tls", suggestion->tlsrpt_record);
    trial->facts.sts_mode_given = true;
    trial->facts.sts_mode = STS_MODE_ENFORCE;
    if (trial->facts.sts_txt && trial->facts.tlsrpt_txt)
        trial->facts.sts_fetch = supply_policy(suggestion, facts->domain);
    return trial->facts.sts_fetch && supply_hosts(trial, facts, suggestion);
}

/* --- its findings ----------------------------------------------------------------------------- */

static enum suggest_about about(const struct finding *finding)
{
    if (finding->policy_type == POLICY_TYPE_TLSA)
        return SUGGEST_TLSA;
    return finding->policy_type == POLICY_TYPE_STS ? SUGGEST_STS : SUGGEST_MX;
}

/* What only sums up, and what is told of the suggestion itself, is no news. */
static bool is_news(const struct finding *finding)
{
    return finding->severity != SEVERITY_INFO &&
           finding->reason != REASON_MTA_STS_CONNECTION_FAILURE &&
           finding->reason != REASON_WHAT_IF_UNUSED;
}

static void tell_findings(struct suggesting *suggesting, const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->n_findings && !suggesting->no_memory; i++) {
        const struct finding *finding = &verdict->findings[i];
        const struct suggest_where where = {about(finding), finding->severity,
                                            reason_info(finding->reason)->code, finding->mx,
                                            finding->ip};
        if (is_news(finding))
            suggest_warn(suggesting, &where, finding->fix, "%s", finding->detail);
    }
}

void suggest_trial(struct suggesting *suggesting)
{
    struct suggestion *out = suggesting->out;
    struct judge_options options = *suggesting->options->judge;
    struct verdict verdict;
    struct trial trial;

    if (!out->sts_policy) { /* no host that could stand in one */
        out->enforced_word = VERDICT_FAIL;
        out->enforced_opportunistic = out->enforced_mta_sts = out->enforced_dane = DELIVERY_UNKNOWN;
        tell_findings(suggesting, suggesting->verdict);
        return;
    }
    options.require_dane = false;
    if (!trial_init(&trial, suggesting) || verdict_judge(&trial.facts, &options, &verdict) != 0) {
        suggesting->no_memory = true;
        trial_clear(&trial, suggesting->facts);
        return;
    }
    out->enforced_word = verdict.word;
    out->enforced_opportunistic = verdict.opportunistic;
    out->enforced_mta_sts = verdict.mta_sts;
    out->enforced_dane = verdict.dane;
    tell_findings(suggesting, &verdict);
    verdict_clear(&verdict);
    trial_clear(&trial, suggesting->facts);
}
