#include "policy/replay.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "policy/judge.h"
#include "policy/replay_parts.h"

const char *replay_outcome_text(enum replay_outcome outcome)
{
    static const char *const words[] = {
        [REPLAY_REPRODUCED] = "reproduced",
        [REPLAY_NOT_REPRODUCED] = "not-reproduced",
        [REPLAY_DIFFERENT] = "different",
        [REPLAY_UNTESTABLE] = "untestable",
    };
    return words[outcome];
}

bool replay_says_more(enum replay_outcome outcome, enum replay_outcome than)
{
    static const int weights[] = {
        [REPLAY_REPRODUCED] = 3,
        [REPLAY_DIFFERENT] = 2,
        [REPLAY_NOT_REPRODUCED] = 1,
        [REPLAY_UNTESTABLE] = 0,
    };
    return weights[outcome] > weights[than];
}

/* --- findings ------------------------------------------------------------------------------------
 */

/* Would the reporting sender call it by that name? */
static bool is_meant(const struct replay_evidence *evidence, const struct finding *finding)
{
    const struct tlsrpt_failure *failure = evidence->failure;
    /* Row 64 is the policy host's certificate, by the names that an MX host's would have. */
    struct dialect_cause cause = {finding->reason, strcmp(finding->row, "64") == 0};
    /* That there is no policy is a failure only to who demands one, and has a name of its own. */
    bool counts = finding->severity >= SEVERITY_WARNING ||
                  (failure->type == RESULT_NONE && finding->severity == SEVERITY_INFO);

    return counts && dialect_means(evidence->dialect, evidence->policy->type, failure, cause);
}

static const struct finding *find_meant(const struct replay_evidence *evidence,
                                        const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->n_findings; i++)
        if (is_meant(evidence, &verdict->findings[i]))
            return &verdict->findings[i];
    return NULL;
}

/* Something else that a sender would report; a failure rather than a warning. */
static const struct finding *find_other(const struct verdict *verdict)
{
    const struct finding *other = NULL;

    for (size_t i = 0; i < verdict->n_findings; i++) {
        const struct finding *finding = &verdict->findings[i];
        if (finding->severity < SEVERITY_WARNING || finding->result_type == RESULT_NONE ||
            finding->reason == REASON_MTA_STS_CONNECTION_FAILURE)
            continue;
        if (!other || finding->severity > other->severity)
            other = finding;
    }
    return other;
}

/* --- what can be told without a session
 * ----------------------------------------------------------- */

static bool needs_session(struct dialect_cause cause)
{
    static const enum reason told_by_dns[] = {
        REASON_MTA_STS_POLICY_NOT_FOUND,
        REASON_MTA_STS_POLICY_INVALID,
        REASON_MTA_STS_POLICY_FETCH_ERROR,
        REASON_MTA_STS_INVALID_HOSTNAME,
        REASON_DNSSEC_BOGUS,
        REASON_DNS_TEMPORARY_FAILURE,
        REASON_TLSA_UNUSABLE,
        REASON_DANE_REQUIRED,
    };

    for (size_t i = 0; i < sizeof told_by_dns / sizeof told_by_dns[0]; i++)
        if (cause.reason == told_by_dns[i])
            return false;
    return !cause.at_policy_host;
}

/* Can everything that the failure may stand for be told without one? */
static bool is_told_without(const struct replay_evidence *evidence)
{
    struct dialect_cause causes[DIALECT_CAUSES_MAX];
    size_t n = dialect_causes(evidence->dialect, evidence->policy->type, evidence->failure, causes);

    for (size_t i = 0; i < n; i++)
        if (needs_session(causes[i]))
            return false;
    return n > 0;
}

/* Is today's policy of the reported type known, be it that there is none? */
static bool is_today_known(const struct replay_evidence *evidence, const struct verdict *verdict)
{
    if (evidence->policy->type == POLICY_TYPE_TLSA) {
        enum dane_status dane = verdict->n_hosts ? verdict->hosts[0].dane : DANE_UNKNOWN;
        return dane == DANE_USABLE || dane == DANE_UNUSABLE || dane == DANE_ABSENT ||
               dane == DANE_INSECURE;
    }
    return !judge_sts_unknown(verdict);
}

/* --- untestable
 * ------------------------------------------------------------------------------------ */

static const char *plain_problem(const struct smtp_facts *session)
{
    switch (session->problem) {
    case SMTP_CONNECTION_REFUSED:
        return "the address is gone: nothing listens there any more, or a firewall says so";
    case SMTP_UNREACHABLE:
        return "the address is gone: there is no way to it";
    case SMTP_FAMILY_UNAVAILABLE:
        return "this machine has no route for its address family";
    case SMTP_TIMED_OUT:
        return session->stage == SMTP_STAGE_CONNECT
                   ? "no answer to the connection attempt: the address is gone, or port 25 is "
                     "blocked on the way from here"
                   : "the server stopped answering";
    case SMTP_DEADLINE:
        return "the deadline passed (--deadline)";
    case SMTP_CLOSED:
        return "the server closed the connection where a reply was due";
    case SMTP_MALFORMED:
        return "the server sent something that is not SMTP";
    case SMTP_TEMPORARY_REPLY:
        return "throttled: the server puts us off";
    case SMTP_PERMANENT_REPLY:
        return "the server refuses to talk to us";
    case SMTP_TARGET_REFUSED:
        return "the address lies in special-use space, and no packet was sent (--allow-private)";
    case SMTP_TARGET_EXCLUDED:
        return "it was not to be probed";
    case SMTP_INTERRUPTED:
        return "the replay was interrupted";
    case SMTP_OURS:
        return "trouble on this side: memory or descriptors";
    case SMTP_FINE:
    case SMTP_STARTTLS_UNANSWERED:
    case SMTP_PLAINTEXT_AFTER_220:
    case SMTP_TLS_FAILED:
        break;
    }
    return "it could not be looked at";
}

static void say_untestable(FILE *out, const struct replay_evidence *evidence)
{
    char address[DNS_ADDRESS_TEXT_MAX];
    const struct smtp_facts *session = evidence->session;

    if (session) {
        dns_address_format(&session->address, address);
        fprintf(out, "%s at %s: %s", evidence->mx, address, plain_problem(session));
        if (session->reply_text && session->reply_code)
            fprintf(out, ": %d %s", session->reply_code, session->reply_text);
        fputc('.', out);
    } else if (evidence->mx) {
        fprintf(out, "%s: %s.", evidence->mx, evidence->why_no_session);
    } else {
        fputs("The report names no MX host, and what fails cannot be told without one.", out);
    }
}

/* --- the judgement
 * --------------------------------------------------------------------------------- */

/* Today's verdict, and that under the report's policy. */
struct judging {
    const struct replay_evidence *evidence;
    struct judge_options options;
    struct replay_view today, reported;
    struct verdict now, then;
    bool has_reported;
};

static int look(struct judging *judging)
{
    const struct replay_evidence *evidence = judging->evidence;

    /* Who reports that DANE was required requires it. */
    judging->options = *evidence->judge;
    judging->options.require_dane |= evidence->failure->type == RESULT_DANE_REQUIRED;
    if (replay_view_today(&judging->today, evidence) != 0 ||
        verdict_judge(&judging->today.facts, &judging->options, &judging->now) != 0)
        return -1;
    int status = replay_view_reported(&judging->reported, evidence);
    judging->has_reported = status == 0;
    if (judging->has_reported)
        status = verdict_judge(&judging->reported.facts, &judging->options, &judging->then);
    return status < 0 ? -1 : 0;
}

static void say_finding(FILE *out, const char *before, const struct finding *finding)
{
    fprintf(out, "%s%s", before, reason_info(finding->reason)->code);
    if (finding->mx)
        fprintf(out, " at %s", finding->mx);
    if (finding->ip)
        fprintf(out, " (%s)", finding->ip);
    fprintf(out, ": %s.", finding->detail);
}

static bool was_judged(const struct smtp_facts *session)
{
    enum session_class class = judge_session_class(session);

    return class == SESSION_TLS || class == SESSION_NO_TLS;
}

/* Could nothing be found because nothing could be looked at? */
static bool is_untestable(const struct judging *judging)
{
    const struct replay_evidence *evidence = judging->evidence;

    if (evidence->session && was_judged(evidence->session))
        return false;
    if (!is_told_without(evidence))
        return true;
    return !is_today_known(evidence, &judging->now);
}

/* Is it there under the policy of the report, while today's is not known? */
static const struct finding *find_then(const struct judging *judging)
{
    if (!judging->has_reported || is_today_known(judging->evidence, &judging->now))
        return NULL;
    return find_meant(judging->evidence, &judging->then);
}

/* What else is wrong: under today's policy, or, where that is not known, the report's. */
static const struct finding *find_else(const struct judging *judging)
{
    const struct finding *other = find_other(&judging->now);

    if (!other && judging->has_reported && !is_today_known(judging->evidence, &judging->now))
        other = find_other(&judging->then);
    return other;
}

static enum replay_outcome decide(FILE *out, const struct judging *judging)
{
    const struct finding *now = find_meant(judging->evidence, &judging->now);
    const struct finding *then = now ? NULL : find_then(judging);

    if (now || then) {
        say_finding(out, "", now ? now : then);
        if (then)
            fputs(" So it is under the policy of the report; today's could not be told.", out);
        return REPLAY_REPRODUCED;
    }
    if (is_untestable(judging)) {
        say_untestable(out, judging->evidence);
        return REPLAY_UNTESTABLE;
    }
    const struct finding *other = find_else(judging);
    if (other) {
        say_finding(out, "In its place there is ", other);
        return REPLAY_DIFFERENT;
    }
    fputs("Nothing that a sender would report is wrong there now.", out);
    if (judging->has_reported && find_meant(judging->evidence, &judging->then))
        fputs(" Under the policy of the report it still would be.", out);
    return REPLAY_NOT_REPRODUCED;
}

int replay_judge(const struct replay_evidence *evidence, struct replay_judgement *out)
{
    struct judging judging = {.evidence = evidence};
    size_t length = 0;
    char *detail = NULL;

    int status = look(&judging);
    FILE *text = status == 0 ? open_memstream(&detail, &length) : NULL;
    if (text) {
        out->outcome = decide(text, &judging);
        status = replay_say_changes(text, evidence, &judging.today, &judging.now);
        if (fclose(text) != 0)
            status = -1;
    }
    verdict_clear(&judging.now);
    verdict_clear(&judging.then);
    replay_view_clear(&judging.today);
    if (judging.has_reported)
        replay_view_clear(&judging.reported);
    out->detail = detail;
    if (text && status == 0)
        return 0;
    free(detail);
    out->detail = NULL;
    return -1;
}
