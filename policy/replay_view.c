#include "policy/replay_parts.h"

#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "policy/tlsa.h"

/* A found, secure answer that this file supplies, with one empty record; NULL: no memory. */
static struct dns_answer *supply(const char *name, uint16_t type, enum dns_security security)
{
    struct dns_answer *answer = dns_answer_new(name, type);

    if (!answer)
        return NULL;
    answer->status = DNS_FOUND;
    answer->security = security;
    answer->supplied = true;
    if (dns_answer_add(answer))
        return answer;
    dns_answer_unref(answer);
    return NULL;
}

/* --- the host ------------------------------------------------------------------------------------
 */

static const struct host_facts *find_host(const struct domain_facts *today, const char *mx)
{
    for (size_t i = 0; i < today->n_hosts; i++)
        if (dns_name_equal(today->hosts[i].host, mx))
            return &today->hosts[i];
    return NULL;
}

/* Today's facts with the one host; what else hangs on it is today's. */
static void narrow(struct replay_view *view, const struct replay_evidence *evidence)
{
    const struct host_facts *host = find_host(evidence->today, evidence->mx);

    *view = (struct replay_view){.facts = *evidence->today, .in_mx_set = host != NULL};
    if (host)
        view->host = *host;
    else
        view->host.host = (char *)evidence->mx;
    view->endpoints[0] = evidence->session;
    view->host.endpoints = view->endpoints;
    view->host.n_endpoints = view->host.addresses_seen = evidence->session ? 1 : 0;
    view->facts.hosts = &view->host;
    view->facts.n_hosts = view->facts.hosts_seen = 1;
}

/* The domain has that MX host, and it has that address, as it was then. */
static int route(struct replay_view *view, const struct replay_evidence *evidence,
                 enum dns_security security)
{
    const struct dns_address *address = evidence->session ? &evidence->session->address : NULL;
    bool ipv6 = address && address->family == DNS_IPV6;

    view->mx = supply(view->facts.domain, DNS_TYPE_MX, security);
    if (!view->mx)
        return -1;
    view->mx->records[0].u.mx.host = strdup(evidence->mx);
    view->facts.mx = view->mx;
    view->host.a = view->host.aaaa = view->host.cname = view->host.tlsa = NULL;
    if (!address)
        return view->mx->records[0].u.mx.host ? 0 : -1;
    view->address = supply(evidence->mx, ipv6 ? DNS_TYPE_AAAA : DNS_TYPE_A, security);
    if (!view->address || !view->mx->records[0].u.mx.host)
        return -1;
    view->address->records[0].u.address = *address;
    *(ipv6 ? &view->host.aaaa : &view->host.a) = view->address;
    return 0;
}

/* --- the policy ----------------------------------------------------------------------------------
 */

/* No _mta-sts record at all. */
static int without_sts(struct replay_view *view)
{
    view->sts_txt = dns_answer_new(view->facts.domain, DNS_TYPE_TXT);
    if (!view->sts_txt)
        return -1;
    view->sts_txt->status = DNS_NODATA;
    view->facts.sts_txt = view->sts_txt;
    view->facts.sts_fetch = NULL;
    view->facts.sts_mode_given = false;
    return 0;
}

int replay_policy_text(const struct tlsrpt_policy *policy, char **text)
{
    size_t length = 0;

    *text = NULL;
    if (policy->type != POLICY_TYPE_STS ||
        (policy->n_policy_strings == 0 && policy->n_mx_hosts == 0))
        return 0;
    FILE *out = open_memstream(text, &length);
    if (!out)
        return -1;
    for (size_t i = 0; i < policy->n_policy_strings; i++)
        fprintf(out, "%s\n", policy->policy_strings[i]);
    /* Of a policy whose patterns alone are told, the rest is what a policy in force has. */
    if (policy->n_policy_strings == 0) {
        fputs("version: STSv1\nmode: enforce\nmax_age: 604800\n", out);
        for (size_t i = 0; i < policy->n_mx_hosts; i++)
            fprintf(out, "mx: %s\n", policy->mx_hosts[i]);
    }
    if (fclose(out) == 0)
        return 0;
    free(*text);
    *text = NULL;
    return -1;
}

static bool is_valid_policy(const char *text)
{
    struct sts_policy policy;
    bool valid = sts_policy_read((const uint8_t *)text, strlen(text), &policy) == 0 && policy.valid;

    sts_policy_clear(&policy);
    return valid;
}

static int with_sts(struct replay_view *view, const struct tlsrpt_policy *policy)
{
    static const char record[] = "v=STSv1; id=report;";
    char *text = NULL;

    if (replay_policy_text(policy, &text) != 0)
        return -1;
    if (!text || !is_valid_policy(text)) {
        free(text);
        return 1;
    }
    view->sts_fetch = sts_fetch_facts_new(view->facts.domain, 443);
    view->sts_txt = supply(view->facts.domain, DNS_TYPE_TXT, DNS_INSECURE);
    if (!view->sts_fetch || !view->sts_txt) {
        free(text);
        return -1;
    }
    view->sts_fetch->problem = STS_FETCH_OK;
    view->sts_fetch->http_status = 200;
    view->sts_fetch->supplied = true;
    view->sts_fetch->body = (uint8_t *)text;
    view->sts_fetch->length = strlen(text);
    view->sts_txt->records[0].u.text.bytes = (uint8_t *)strdup(record);
    view->sts_txt->records[0].u.text.length = sizeof record - 1;
    view->facts.sts_txt = view->sts_txt;
    view->facts.sts_fetch = view->sts_fetch;
    view->facts.sts_mode_given = false;
    return view->sts_txt->records[0].u.text.bytes ? 0 : -1;
}

/* 1: not a TLSA record. */
static int add_tlsa(struct dns_answer *answer, const char *line)
{
    struct tlsa_text text;
    const char *problem = NULL;

    if (tlsa_text_read(line, &text, &problem) != 0)
        return -1;
    struct dns_record *record = problem ? NULL : dns_answer_add(answer);
    if (record) {
        record->u.tlsa.usage = text.usage;
        record->u.tlsa.selector = text.selector;
        record->u.tlsa.matching = text.matching;
        record->u.tlsa.data = text.data;
        record->u.tlsa.length = text.length;
        text.data = NULL;
    }
    tlsa_text_clear(&text);
    return record ? 0 : 1;
}

static int with_tlsa(struct replay_view *view, const struct replay_evidence *evidence)
{
    const struct tlsrpt_policy *policy = evidence->policy;

    view->tlsa = dns_answer_new(evidence->mx, DNS_TYPE_TLSA);
    if (!view->tlsa)
        return -1;
    view->tlsa->status = DNS_FOUND;
    view->tlsa->security = DNS_SECURE;
    view->tlsa->supplied = true;
    for (size_t i = 0; i < policy->n_policy_strings; i++)
        if (add_tlsa(view->tlsa, policy->policy_strings[i]) < 0)
            return -1;
    if (view->tlsa->n_records == 0)
        return 1;
    view->host.tlsa = view->tlsa;
    if (!view->host.tlsa_base)
        view->host.tlsa_base = (char *)evidence->mx;
    view->facts.ad_believed = true;
    return without_sts(view);
}

/* --- both ----------------------------------------------------------------------------------------
 */

int replay_view_today(struct replay_view *view, const struct replay_evidence *evidence)
{
    if (evidence->mx)
        narrow(view, evidence);
    else
        *view = (struct replay_view){.facts = *evidence->today, .in_mx_set = true};
    if (!view->facts.mx) {
        /* The job was cut: a host can only be judged where the routing was asked for. */
        view->mx = dns_answer_new(view->facts.domain, DNS_TYPE_MX);
        view->facts.mx = view->mx;
    }
    return view->facts.mx ? 0 : -1;
}

static int take_policy(struct replay_view *view, const struct replay_evidence *evidence)
{
    switch (evidence->policy->type) {
    case POLICY_TYPE_STS:
        return with_sts(view, evidence->policy);
    case POLICY_TYPE_TLSA:
        return with_tlsa(view, evidence);
    case POLICY_TYPE_NO_POLICY:
        return without_sts(view);
    case POLICY_TYPE_NONE:
        break;
    }
    return 1;
}

int replay_view_reported(struct replay_view *view, const struct replay_evidence *evidence)
{
    bool tlsa = evidence->policy->type == POLICY_TYPE_TLSA;

    if (!evidence->mx)
        return 1;
    narrow(view, evidence);
    int status = route(view, evidence, tlsa ? DNS_SECURE : DNS_INSECURE);
    if (status == 0)
        status = take_policy(view, evidence);
    if (status != 0)
        replay_view_clear(view);
    return status;
}

void replay_view_clear(struct replay_view *view)
{
    dns_answer_unref(view->mx);
    dns_answer_unref(view->address);
    dns_answer_unref(view->tlsa);
    dns_answer_unref(view->sts_txt);
    sts_fetch_facts_unref(view->sts_fetch);
    *view = (struct replay_view){0};
}
