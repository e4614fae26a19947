#include "policy/judge.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char judge_postfix_delivers[] =
    " (this is the strict reading: Postfix at its defaults would still deliver encrypted)";

const char judge_not_asked_fix[] =
    "Check the network and the DNS servers of this machine (/etc/resolv.conf), or name one with "
    "--resolver; under a shortage, free memory or descriptors.";

static bool make_room(struct judge *judge)
{
    struct verdict *verdict = judge->verdict;
    size_t bigger = judge->capacity ? judge->capacity * 2 : 16;

    if (verdict->n_findings < judge->capacity)
        return true;
    struct finding *grown = realloc(verdict->findings, bigger * sizeof *grown);
    if (!grown)
        return false;
    verdict->findings = grown;
    judge->capacity = bigger;
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The finding before the last one that says the same of the same place, or NULL. */
static struct finding *find_twin(const struct verdict *verdict)
{
    const struct finding *last = &verdict->findings[verdict->n_findings - 1];

    for (struct finding *at = verdict->findings; at < last; at++)
        if (at->reason == last->reason && at->severity == last->severity &&
            at->policy_type == last->policy_type && same_text(at->mx, last->mx) &&
            same_text(at->ip, last->ip) && same_text(at->detail, last->detail))
            return at;
    return NULL;
}

void judge_finding_clear(struct finding *finding)
{
    free(finding->mx);
    free(finding->ip);
    free(finding->detail);
    free(finding->fix);
}

/* Says of the last finding, or of its twin in its place, which certificate it is about. */
static void name_key(struct judge *judge, const char *key)
{
    struct verdict *verdict = judge->verdict;
    struct finding *finding = &verdict->findings[verdict->n_findings - 1];
    struct finding *twin = find_twin(verdict);
    char *detail = NULL;
    int length;

    if (twin)
        length = asprintf(&detail, "%s; so with its %s certificate", twin->detail, key);
    else
        length = asprintf(&detail, "with its %s certificate: %s", key, finding->detail);
    if (length < 0) {
        judge->no_memory = true;
        return;
    }
    if (twin) {
        judge_finding_clear(finding);
        verdict->n_findings--;
        finding = twin;
    }
    free(finding->detail);
    finding->detail = detail;
}

void judge_add(struct judge *judge, const struct note *note, const char *detail, ...)
{
    const char *template = note->fix ? note->fix : reason_info(note->reason)->fix;
    char ip[DNS_ADDRESS_TEXT_MAX];
    va_list arguments;

    assert(note->row);
    if (judge->no_memory || !make_room(judge)) {
        judge->no_memory = true;
        return;
    }
    struct finding *finding = &judge->verdict->findings[judge->verdict->n_findings++];
    *finding = (struct finding){.row = note->row,
                                .severity = note->severity,
                                .result_type = note->result_type,
                                .reason = note->reason,
                                .policy_type = note->policy_type,
                                .stage = note->stage};
    if (note->host) {
        finding->mx = strdup(note->host->host);
        judge->no_memory |= !finding->mx;
    }
    if (note->endpoint) {
        dns_address_format(&note->endpoint->address, ip);
        finding->ip = strdup(ip);
        judge->no_memory |= !finding->ip;
    }
    finding->fix = reason_fill(template, finding->mx, finding->ip, judge->facts->domain);
    judge->no_memory |= !finding->fix;
    va_start(arguments, detail);
    if (vasprintf(&finding->detail, detail, arguments) < 0) {
        finding->detail = NULL;
        judge->no_memory = true;
    }
    va_end(arguments);
    if (note->key && !judge->no_memory)
        name_key(judge, note->key);
}

const char *judge_row(enum policy_type policy, const char *row)
{
    return policy == POLICY_TYPE_TLSA ? "73" : row;
}

enum severity judge_severity(enum policy_type policy)
{
    return policy == POLICY_TYPE_NO_POLICY ? SEVERITY_WARNING : SEVERITY_FAIL;
}

bool judge_sts_in_force(const struct verdict *verdict)
{
    return verdict->sts_status == STS_POLICY_VALID && verdict->policy.mode != STS_MODE_NONE;
}

bool judge_sts_unfetched(const struct verdict *verdict)
{
    return verdict->sts_record.status == STS_RECORD_VALID &&
           verdict->sts_status == STS_POLICY_NOT_FETCHED;
}

bool judge_sts_unknown(const struct verdict *verdict)
{
    return verdict->sts_record.status == STS_RECORD_ERROR || judge_sts_unfetched(verdict);
}

size_t judge_policies(const struct judge *judge, size_t index, enum policy_type out[2])
{
    size_t n = 0;

    if (judge_sts_in_force(judge->verdict))
        out[n++] = POLICY_TYPE_STS;
    if (judge->verdict->hosts[index].dane == DANE_USABLE)
        out[n++] = POLICY_TYPE_TLSA;
    if (!n)
        out[n++] = POLICY_TYPE_NO_POLICY;
    return n;
}

enum session_class judge_session_class(const struct smtp_facts *endpoint)
{
    bool in_tls =
        endpoint->tls && endpoint->tls->n_chain && endpoint->starttls == SMTP_STARTTLS_ACCEPTED;

    switch (endpoint->problem) {
    case SMTP_FINE:
        return in_tls ? SESSION_TLS : SESSION_NO_TLS;
    case SMTP_STARTTLS_UNANSWERED:
    case SMTP_PLAINTEXT_AFTER_220:
    case SMTP_TLS_FAILED:
        return SESSION_NO_TLS;
    case SMTP_TEMPORARY_REPLY:
        return SESSION_PUT_OFF;
    case SMTP_PERMANENT_REPLY:
        if (in_tls)
            return SESSION_TLS;
        return endpoint->stage == SMTP_STAGE_BANNER ? SESSION_PUT_OFF : SESSION_UNREACHED;
    case SMTP_TIMED_OUT:
    case SMTP_DEADLINE:
    case SMTP_CLOSED:
    case SMTP_MALFORMED:
        return in_tls ? SESSION_TLS : SESSION_UNREACHED; /* row 8c: TLS had come up */
    case SMTP_CONNECTION_REFUSED:
    case SMTP_UNREACHABLE:
    case SMTP_FAMILY_UNAVAILABLE:
    case SMTP_TARGET_REFUSED:
    case SMTP_TARGET_EXCLUDED:
    case SMTP_INTERRUPTED:
    case SMTP_OURS:
        return SESSION_UNREACHED;
    }
    return SESSION_UNREACHED;
}

size_t judge_presented(const struct judge *judge, size_t host, size_t index,
                       struct presented out[PRESENTED_MAX])
{
    const struct smtp_facts *endpoint = judge->facts->hosts[host].endpoints[index];
    struct endpoint_verdict *verdict = &judge->verdict->hosts[host].endpoints[index];
    const struct tls_facts *other = endpoint->other_key.tls;
    size_t n = 0;

    if (endpoint->tls && endpoint->tls->n_chain)
        out[n++] = (struct presented){endpoint->tls, &verdict->chain, NULL};
    if (other && other->n_chain)
        out[n++] = (struct presented){other, &verdict->other, other->chain[0].key};
    return n;
}

bool judge_session_judged(const struct smtp_facts *endpoint)
{
    enum session_class class = judge_session_class(endpoint);

    return class == SESSION_TLS || class == SESSION_NO_TLS;
}
