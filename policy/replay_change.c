#include "policy/replay_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/name.h"
#include "policy/timestamp.h"
#include "policy/tlsa.h"

/* --- certificates --------------------------------------------------------------------------------
 */

/* A certificate that did not yet exist when the report's time ended. */
static void say_renewed(FILE *out, const struct replay_evidence *evidence,
                        const struct tls_facts *tls, const char *whose)
{
    const struct tlsrpt_report *report = evidence->report;
    char text[TIMESTAMP_TEXT_MAX];

    if (!tls || tls->n_chain == 0 || !(report->end_known || report->start_known))
        return;
    const struct tls_certificate *leaf = &tls->chain[0];
    int64_t end_s = report->end_known ? report->end_s : report->start_s;
    if (leaf->not_before_unreadable || leaf->not_before_s <= end_s)
        return;
    timestamp_format_s(leaf->not_before_s, text);
    fprintf(out, " Renewed since: the certificate of %s is valid from %s, after the report's time.",
            whose, text);
}

/* --- the MTA-STS policy
 * ---------------------------------------------------------------------------- */

static bool has_pattern(const struct sts_policy *policy, const char *pattern)
{
    for (size_t i = 0; i < policy->n_mx; i++)
        if (dns_name_equal(policy->mx[i], pattern))
            return true;
    return false;
}

static bool has_all_patterns(const struct sts_policy *policy, const struct sts_policy *of)
{
    for (size_t i = 0; i < of->n_mx; i++)
        if (!has_pattern(policy, of->mx[i]))
            return false;
    return true;
}

static void say_policies(FILE *out, const struct sts_policy *then, const struct sts_policy *now)
{
    if (then->mode != now->mode)
        fprintf(out, " Changed since: the policy is of mode %s, and was of mode %s.",
                sts_mode_text(now->mode), sts_mode_text(then->mode));
    if (!has_all_patterns(now, then) || !has_all_patterns(then, now))
        fputs(" Changed since: the policy names other mx patterns.", out);
    else if (then->mode == now->mode && then->max_age_s != now->max_age_s)
        fprintf(out, " Changed since: max_age is %" PRId64 ", and was %" PRId64 ".", now->max_age_s,
                then->max_age_s);
}

static int say_sts(FILE *out, const struct replay_evidence *evidence, const struct verdict *verdict)
{
    struct sts_policy then = {0};
    char *text = NULL;

    if (verdict->sts_record.status == STS_RECORD_ABSENT) {
        fputs(" Changed since: there is no MTA-STS record any more.", out);
        return 0;
    }
    if (evidence->policy->n_policy_strings == 0 || verdict->sts_status != STS_POLICY_VALID)
        return 0;
    int status = replay_policy_text(evidence->policy, &text);
    if (status == 0 && text)
        status = sts_policy_read((const uint8_t *)text, strlen(text), &then);
    if (status == 0 && then.valid)
        say_policies(out, &then, &verdict->policy);
    sts_policy_clear(&then);
    free(text);
    return status;
}

/* --- TLSA
 * ------------------------------------------------------------------------------------------ */

static bool same_record(const struct tlsa_text *text, const struct dns_record *record)
{
    return text->usage == record->u.tlsa.usage && text->selector == record->u.tlsa.selector &&
           text->matching == record->u.tlsa.matching && text->length == record->u.tlsa.length &&
           memcmp(text->data, record->u.tlsa.data, text->length) == 0;
}

/* Is it one of today's? 1 or 0; what is no record counts as one. -1: no memory. */
static int is_published(const char *line, const struct dns_answer *now)
{
    struct tlsa_text text;
    const char *problem = NULL;

    if (tlsa_text_read(line, &text, &problem) != 0)
        return -1;
    int found = problem != NULL;
    for (size_t i = 0; !found && i < now->n_records; i++)
        found = same_record(&text, &now->records[i]);
    tlsa_text_clear(&text);
    return found;
}

static int say_tlsa(FILE *out, const struct replay_evidence *evidence,
                    const struct replay_view *today, const struct verdict *verdict)
{
    const struct tlsrpt_policy *policy = evidence->policy;
    const struct dns_answer *now = today->host.tlsa;
    enum dane_status status = verdict->n_hosts ? verdict->hosts[0].dane : DANE_UNKNOWN;

    if (status == DANE_ABSENT || status == DANE_INSECURE) {
        fputs(" Changed since: there is no TLSA record that counts any more.", out);
        return 0;
    }
    if ((status != DANE_USABLE && status != DANE_UNUSABLE) || !now || policy->n_policy_strings == 0)
        return 0;
    bool same = now->n_records == policy->n_policy_strings;
    for (size_t i = 0; i < policy->n_policy_strings; i++) {
        int found = is_published(policy->policy_strings[i], now);
        if (found < 0)
            return -1;
        same = same && found;
    }
    if (!same)
        fputs(" Changed since: the TLSA records are others.", out);
    return 0;
}

/* --- all of it
 * ------------------------------------------------------------------------------------- */

static void say_routing(FILE *out, const struct replay_evidence *evidence,
                        const struct replay_view *today, const struct verdict *verdict)
{
    bool known = verdict->mx_status == MX_FOUND || verdict->mx_status == MX_IMPLICIT ||
                 verdict->mx_status == MX_NULL || verdict->mx_status == MX_NONE ||
                 verdict->mx_status == MX_NXDOMAIN;

    if (evidence->mx && !today->in_mx_set && known)
        fprintf(out, " Changed since: %s is no MX host of %s any more.", evidence->mx,
                today->facts.domain);
}

int replay_say_changes(FILE *out, const struct replay_evidence *evidence,
                       const struct replay_view *today, const struct verdict *verdict)
{
    const struct sts_fetch_facts *fetch = evidence->today->sts_fetch;
    int status = 0;

    if (evidence->session)
        say_renewed(out, evidence, evidence->session->tls, evidence->mx);
    if (evidence->failure->type == RESULT_STS_WEBPKI_INVALID ||
        evidence->failure->type == RESULT_STS_POLICY_FETCH_ERROR)
        say_renewed(out, evidence, fetch ? fetch->tls : NULL, "the policy host");
    if (evidence->policy->type == POLICY_TYPE_STS)
        status = say_sts(out, evidence, verdict);
    else if (evidence->policy->type == POLICY_TYPE_TLSA)
        status = say_tlsa(out, evidence, today, verdict);
    else if (evidence->policy->type == POLICY_TYPE_NO_POLICY &&
             verdict->sts_status == STS_POLICY_VALID)
        fputs(" Changed since: there is an MTA-STS policy.", out);
    say_routing(out, evidence, today, verdict);
    return status;
}
