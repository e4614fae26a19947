/* Rows 54 to 67: the MTA-STS record, the policy host and the policy. */
#include "policy/judge.h"

#include <stdio.h>

#include "dns/name.h"

enum { UNUSED_TOLD_MAX = 10 };

static const struct note policy_invalid = {.row = "65",
                                           .severity = SEVERITY_FAIL,
                                           .result_type = RESULT_STS_POLICY_INVALID,
                                           .reason = REASON_MTA_STS_POLICY_INVALID,
                                           .policy_type = POLICY_TYPE_STS,
                                           .stage = STAGE_POLICY};

/* True when the record calls for a policy. */
static bool judge_record(struct judge *judge)
{
    const struct sts_record *record = &judge->verdict->sts_record;
    const struct dns_answer *answer = judge->facts->sts_txt;
    bool asked = answer->status != DNS_NOT_ASKED;
    struct note note = {.row = "55",
                        .severity = SEVERITY_FAIL,
                        .reason = REASON_MTA_STS_POLICY_INVALID,
                        .stage = STAGE_RECORD};

    switch (record->status) {
    case STS_RECORD_VALID:
        note.row = "B4";
        note.severity = SEVERITY_WARNING;
        note.reason = REASON_STS_RECORD_NONSTANDARD;
        if (record->nonstandard)
            judge_add(judge, &note, "the record is \"%s\"", record->text);
        return true;
    case STS_RECORD_ABSENT:
        note.row = "54";
        note.severity = SEVERITY_INFO;
        note.reason = REASON_MTA_STS_POLICY_NOT_FOUND;
        note.fix = "Publish an MTA-STS policy (RFC 8461), in mode testing at first, and the record "
                   "_mta-sts.{domain}.";
        judge_add(judge, &note, "there is no _mta-sts record");
        return false;
    case STS_RECORD_INVALID:
        judge_add(judge, &note, "the record is invalid, so senders see no policy: %s",
                  record->problem ? record->problem : record->text);
        return false;
    case STS_RECORD_MULTIPLE:
        judge_add(judge, &note, "more than one record begins \"v=STSv1;\", so senders see none");
        return false;
    case STS_RECORD_ERROR:
        note.row = asked ? "56" : "77";
        note.severity = SEVERITY_UNKNOWN;
        note.stage = STAGE_DNS;
        note.reason = asked ? REASON_DNS_TEMPORARY_FAILURE : REASON_PROBE_ERROR;
        note.fix = asked ? NULL : judge_not_asked_fix;
        judge_add(judge, &note, "the TXT records of %s: %s%s%s%s", answer->name,
                  dns_status_text(answer->status), answer->ede_text ? " (" : "",
                  answer->ede_text ? answer->ede_text : "", answer->ede_text ? ")" : "");
        return false;
    }
    return false;
}

/* True when the policy host's certificate is good. */
static bool judge_policy_host(struct judge *judge)
{
    const struct domain_facts *facts = judge->facts;
    const struct tls_facts *tls = facts->sts_fetch->tls;
    struct verdict *verdict = judge->verdict;
    struct note note = {.row = "64",
                        .severity = SEVERITY_FAIL,
                        .result_type = RESULT_STS_WEBPKI_INVALID,
                        .policy_type = POLICY_TYPE_STS,
                        .stage = STAGE_POLICY_HOST,
                        .fix = reason_policy_host_fix};
    char name[sizeof "mta-sts." + DNS_NAME_MAX];

    snprintf(name, sizeof name, "mta-sts.%s", facts->domain);
    if (tls_verify_cached(judge->options->cache, tls, judge->options->trust, judge->options->at_s,
                          &verdict->policy_host) != 0) {
        judge->no_memory = true;
        return false;
    }
    verdict->policy_host_name_matches = tls_name_matches(tls, name);
    if (verdict->policy_host.trusted && verdict->policy_host_name_matches) {
        note.fix = "Renew the certificate of mta-sts.{domain} in time, and check that renewal is "
                   "automatic.";
        judge_expiry(judge, &note, verdict->policy_host.first_not_after_s);
        return true;
    }
    judge_certificate_errors(judge, &note, tls, verdict->policy_host.errors,
                             verdict->policy_host.n_errors,
                             verdict->policy_host_name_matches ? NULL : name);
    verdict->sts_status = STS_POLICY_WEBPKI_INVALID;
    return false;
}

static const char *http_problem(long status)
{
    if (status >= 300 && status < 400)
        return ", a redirect, which senders must not follow";
    return status >= 200 && status < 300 ? ", where only 200 will do" : "";
}

/* Why nothing was fetched, for reasons that say nothing about the policy. */
static const struct unfetched {
    enum sts_fetch_problem problem;
    const char *row;
    enum reason reason;
    const char *detail;
    const char *fix; /* NULL: the reason's own */
} unfetched[] = {
    {STS_FETCH_TARGET_REFUSED, "78", REASON_TARGET_REFUSED,
     "the policy host lies in special-use address space, and no packet was sent", NULL},
    {STS_FETCH_TARGET_EXCLUDED, "78", REASON_TARGET_EXCLUDED,
     "the policy host is on the exclude list, and no packet was sent", NULL},
    {STS_FETCH_FAMILY_UNUSED, "77a", REASON_FAMILY_UNAVAILABLE,
     "the policy host has only addresses of a family that is not to be used", NULL},
    {STS_FETCH_CUT, "77", REASON_PROBE_ERROR,
     "the probe was interrupted, or its --deadline passed, before the policy was there",
     "Run it again, with a longer --deadline."},
    {STS_FETCH_OURS, "77", REASON_PROBE_ERROR,
     "the policy could not be fetched for want of memory or descriptors", NULL},
};

/* True when nothing was fetched, for a reason of our own. */
static bool judge_unfetched(struct judge *judge)
{
    for (size_t i = 0; i < sizeof unfetched / sizeof unfetched[0]; i++) {
        const struct unfetched *row = &unfetched[i];
        const struct note note = {.row = row->row,
                                  .severity = SEVERITY_UNKNOWN,
                                  .reason = row->reason,
                                  .stage = STAGE_POLICY_HOST,
                                  .fix = row->fix};
        if (row->problem == judge->facts->sts_fetch->problem) {
            judge_add(judge, &note, "%s", row->detail);
            return true;
        }
    }
    return false;
}

static void not_there(struct note *note)
{
    note->row = "57";
    note->reason = REASON_MTA_STS_POLICY_NOT_FOUND;
}

/* True when a body with status 200 is there. */
static bool judge_fetch(struct judge *judge)
{
    const struct sts_fetch_facts *fetch = judge->facts->sts_fetch;
    struct note note = {.row = "58",
                        .severity = SEVERITY_FAIL,
                        .result_type = RESULT_STS_POLICY_FETCH_ERROR,
                        .reason = REASON_MTA_STS_POLICY_FETCH_ERROR,
                        .policy_type = POLICY_TYPE_STS,
                        .stage = STAGE_POLICY_HOST};
    static const char *const what[] = {
        [STS_FETCH_HOST_NO_ADDRESS] = "the policy host has no address",
        [STS_FETCH_HOST_DNS] = "the DNS gives no answer for the policy host",
        [STS_FETCH_CONNECT] = "the policy host cannot be reached",
        [STS_FETCH_TIMEOUT] = "the policy host did not answer in time",
        [STS_FETCH_TLS] = "the TLS handshake with the policy host failed",
        [STS_FETCH_TOO_LARGE] = "the policy is larger than 64 KiB",
        [STS_FETCH_BROKEN] = "the policy host's answer is not HTTP, or ended early",
    };

    switch (fetch->problem) {
    case STS_FETCH_OK:
        break;
    case STS_FETCH_HOST_NXDOMAIN:
        not_there(&note);
        judge_add(judge, &note, "mta-sts.%s does not exist (NXDOMAIN)", judge->facts->domain);
        return false;
    case STS_FETCH_TARGET_REFUSED:
    case STS_FETCH_TARGET_EXCLUDED:
    case STS_FETCH_FAMILY_UNUSED:
    case STS_FETCH_CUT:
    case STS_FETCH_OURS: /* judge_unfetched has told */
        return false;
    case STS_FETCH_HOST_NO_ADDRESS:
    case STS_FETCH_HOST_DNS:
    case STS_FETCH_CONNECT:
    case STS_FETCH_TIMEOUT:
    case STS_FETCH_TLS:
    case STS_FETCH_TOO_LARGE:
    case STS_FETCH_BROKEN:
        judge_add(judge, &note, "%s%s%s", what[fetch->problem], fetch->error ? ": " : "",
                  fetch->error ? fetch->error : "");
        return false;
    }
    if (fetch->http_status == 200)
        return true;
    if (fetch->http_status == 404 || fetch->http_status == 410)
        not_there(&note);
    judge_add(judge, &note, "%s answers with status %ld%s", fetch->url, fetch->http_status,
              http_problem(fetch->http_status));
    return false;
}

/* True when the policy is valid. */
static bool judge_body(struct judge *judge)
{
    const struct sts_fetch_facts *fetch = judge->facts->sts_fetch;
    struct sts_policy *policy = &judge->verdict->policy;

    judge->verdict->sts_status = STS_POLICY_INVALID;
    if (sts_policy_read(fetch->body, fetch->length, policy) != 0) {
        judge->no_memory = true;
        return false;
    }
    if (!fetch->supplied && !sts_media_type_ok(fetch->content_type)) {
        judge_add(judge, &policy_invalid, "the media type is %s instead of text/plain",
                  fetch->content_type ? fetch->content_type : "missing");
        return false;
    }
    if (!policy->valid)
        judge_add(judge, &policy_invalid, "%s", policy->problem);
    return policy->valid;
}

static bool pattern_used(const struct domain_facts *facts, const char *pattern)
{
    for (size_t i = 0; i < facts->n_hosts; i++)
        if (sts_pattern_matches(pattern, facts->hosts[i].host))
            return true;
    return false;
}

/* Valid, and yet worth a word. */
static void judge_wisdom(struct judge *judge)
{
    const struct sts_policy *policy = &judge->verdict->policy;
    struct note note = {.row = "67",
                        .severity = SEVERITY_WARNING,
                        .reason = REASON_STS_MAX_AGE_SHORT,
                        .stage = STAGE_POLICY};
    const struct note clamped = {.row = "B5",
                                 .severity = SEVERITY_WARNING,
                                 .reason = REASON_STS_MAX_AGE_CLAMPED,
                                 .stage = STAGE_POLICY};

    if (policy->mode == STS_MODE_NONE)
        return;
    if (policy->max_age_s < STS_MAX_AGE_SHORT_S)
        judge_add(judge, &note, "max_age is %lld seconds", (long long)policy->max_age_s);
    if (policy->max_age_clamped)
        judge_add(judge, &clamped, "max_age is %lld seconds", (long long)policy->max_age_s);
    note.severity = SEVERITY_INFO;
    note.reason = REASON_STS_PATTERN_UNUSED;
    bool routed = judge->facts->n_hosts && judge->verdict->mx_status != MX_NONE;
    size_t unused = 0;
    for (size_t i = 0; routed && i < policy->n_mx; i++)
        if (!pattern_used(judge->facts, policy->mx[i]) && ++unused <= UNUSED_TOLD_MAX)
            judge_add(judge, &note, "no MX host matches \"mx: %s\"", policy->mx[i]);
    if (unused > UNUSED_TOLD_MAX)
        judge_add(judge, &note, "no MX host matches %zu further patterns",
                  unused - UNUSED_TOLD_MAX);
}

/* --sts-mode: a policy of mode none need name no mx, one of another mode must. */
static bool change_mode(struct judge *judge)
{
    struct sts_policy *policy = &judge->verdict->policy;

    policy->mode = judge->facts->sts_mode;
    if (policy->mode == STS_MODE_NONE || policy->n_mx)
        return true;
    judge_add(judge, &policy_invalid, "the policy names no mx, which any mode but none needs");
    return false;
}

static void judge_policy(struct judge *judge)
{
    const struct sts_fetch_facts *fetch = judge->facts->sts_fetch;
    struct verdict *verdict = judge->verdict;

    if (judge_unfetched(judge))
        return;
    verdict->sts_status = STS_POLICY_FETCH_ERROR;
    /* A sender looks at the certificate before it hears a word of HTTP. */
    if (fetch->tls && !fetch->supplied && !judge_policy_host(judge))
        return;
    if (!judge_fetch(judge) || !judge_body(judge))
        return;
    if (judge->facts->sts_mode_given && !change_mode(judge))
        return;
    verdict->sts_status = STS_POLICY_VALID;
    judge_wisdom(judge);
}

void judge_sts(struct judge *judge)
{
    const struct domain_facts *facts = judge->facts;
    struct verdict *verdict = judge->verdict;
    const struct note unused = {.row = "B6",
                                .severity = SEVERITY_WARNING,
                                .reason = REASON_WHAT_IF_UNUSED,
                                .stage = STAGE_POLICY};

    verdict->sts_status = STS_POLICY_NOT_FETCHED;
    verdict->sts_record.status = STS_RECORD_ERROR;
    if (facts->sts_txt) {
        if (sts_record_from_answer(facts->sts_txt, &verdict->sts_record) != 0)
            judge->no_memory = true;
        else if (judge_record(judge) && facts->sts_fetch)
            judge_policy(judge);
    }
    bool changed = verdict->sts_status == STS_POLICY_VALID || verdict->policy.valid;
    if (facts->sts_mode_given && !changed)
        judge_add(judge, &unused, "--sts-mode %s was given, and there is no policy to change",
                  sts_mode_text(facts->sts_mode));
}

void judge_sts_host(struct judge *judge, size_t host)
{
    const struct host_facts *facts = &judge->facts->hosts[host];
    struct verdict *verdict = judge->verdict;
    const struct note note = {.row = "66",
                              .severity = SEVERITY_FAIL,
                              .result_type = RESULT_VALIDATION_FAILURE,
                              .reason = REASON_MTA_STS_INVALID_HOSTNAME,
                              .policy_type = POLICY_TYPE_STS,
                              .stage = STAGE_POLICY,
                              .host = facts};

    if (verdict->sts_status != STS_POLICY_VALID || verdict->mx_status == MX_NONE)
        return;
    verdict->hosts[host].sts_match = sts_policy_match(&verdict->policy, facts->host);
    if (judge_sts_in_force(verdict) && !verdict->hosts[host].sts_match)
        judge_add(judge, &note, "%s matches no mx pattern of the policy (%zu in all)", facts->host,
                  verdict->policy.n_mx);
}
