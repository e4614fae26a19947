/* Rows 6 to 12, 14, 77 and 78: reaching the host, the SMTP dialogue and STARTTLS. */
#include "policy/judge.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

/* --- class A: spoken to, and no TLS channel ------------------------------------------------ */

/* Under MTA-STS, a host that does not let the session be upgraded has a name of its own. */
static void add_not_upgraded(struct judge *judge, size_t host, const struct smtp_facts *endpoint,
                             const char *row, enum reason reason, enum finding_stage stage,
                             const char *detail)
{
    enum policy_type policies[2];
    size_t n = judge_policies(judge, host, policies);

    for (size_t i = 0; i < n; i++) {
        bool sts = policies[i] == POLICY_TYPE_STS;
        const struct note note = {.row = judge_row(policies[i], row),
                                  .severity = judge_severity(policies[i]),
                                  .result_type = RESULT_STARTTLS_NOT_SUPPORTED,
                                  .reason = sts ? REASON_MTA_STS_POLICY_UPGRADE : reason,
                                  .policy_type = policies[i],
                                  .stage = stage,
                                  .host = &judge->facts->hosts[host],
                                  .endpoint = endpoint};
        judge_add(judge, &note, "%s%s%s", detail, endpoint->reply_text ? ": " : "",
                  endpoint->reply_text ? endpoint->reply_text : "");
    }
}

/* --- outside TLS-RPT: rows 6 to 8c, 77, 78 ---------------------------------------------------- */

/* What is not a matter of TLS, by the session's problem. Inside TLS some of it is row 8c instead.
 */
static const struct outside {
    enum smtp_problem problem;
    const char *row;
    enum reason reason;
    bool may_follow_tls;
    const char *detail;
} outside[] = {
    {SMTP_CONNECTION_REFUSED, "6", REASON_CONNECTION_REFUSED, false,
     "nothing listens there, or a firewall says so"},
    {SMTP_UNREACHABLE, "6", REASON_NETWORK_UNREACHABLE, false, "there is no way to the address"},
    {SMTP_TEMPORARY_REPLY, "7", REASON_THROTTLED, false, "the server puts us off"},
    {SMTP_PERMANENT_REPLY, "8", REASON_SERVICE_REFUSED, true, "the server refuses"},
    {SMTP_TIMED_OUT, "8a", REASON_SMTP_TIMEOUT, true, "no complete reply in time"},
    {SMTP_DEADLINE, "B8", REASON_SMTP_TIMEOUT, false,
     "the deadline of the whole domain passed (--deadline)"},
    {SMTP_CLOSED, "8a", REASON_SMTP_CLOSED, true,
     "the connection was closed where a reply was due"},
    {SMTP_MALFORMED, "8a", REASON_SMTP_PROTOCOL_ERROR, true, "not an SMTP reply that fits"},
    {SMTP_TARGET_REFUSED, "78", REASON_TARGET_REFUSED, false,
     "the address lies in special-use space, and no packet was sent"},
    {SMTP_TARGET_EXCLUDED, "78", REASON_TARGET_EXCLUDED, false,
     "on the exclude list: no packet was sent"},
    {SMTP_INTERRUPTED, "77", REASON_PROBE_ERROR, false, "the probe was interrupted"},
    {SMTP_OURS, "77", REASON_PROBE_ERROR, false, "trouble on this side"},
};

/* The same problems where the stage makes another row of them. */
static const struct outside connect_timeout = {SMTP_TIMED_OUT, "6", REASON_CONNECTION_TIMEOUT,
                                               false, "no answer to the connection attempt"};
static const struct outside hello_refused = {SMTP_PERMANENT_REPLY, "8b", REASON_SERVICE_REFUSED,
                                             true, "the server refuses"};

static enum finding_stage stage_of(enum smtp_stage stage)
{
    static const enum finding_stage stages[] = {
        [SMTP_STAGE_CONNECT] = STAGE_CONNECT,     [SMTP_STAGE_BANNER] = STAGE_BANNER,
        [SMTP_STAGE_EHLO] = STAGE_EHLO,           [SMTP_STAGE_STARTTLS] = STAGE_STARTTLS,
        [SMTP_STAGE_HANDSHAKE] = STAGE_HANDSHAKE, [SMTP_STAGE_TLS_EHLO] = STAGE_TLS_EHLO,
        [SMTP_STAGE_DONE] = STAGE_TLS_EHLO,
    };
    return stages[stage];
}

static const struct outside *find_outside(const struct smtp_facts *endpoint)
{
    bool late = endpoint->problem == SMTP_TIMED_OUT || endpoint->problem == SMTP_DEADLINE;
    if (late && endpoint->stage == SMTP_STAGE_CONNECT)
        return &connect_timeout;
    if (endpoint->problem == SMTP_PERMANENT_REPLY && endpoint->stage == SMTP_STAGE_EHLO)
        return &hello_refused;
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        if (outside[i].problem == endpoint->problem)
            return &outside[i];
    return NULL; /* family_unavailable: told once a domain (judge_domain.c) */
}

static void judge_outside(struct judge *judge, size_t host, const struct smtp_facts *endpoint)
{
    const struct outside *row = find_outside(endpoint);
    const char *evidence = endpoint->reply_text;
    struct note note = {.severity = SEVERITY_UNKNOWN,
                        .stage = stage_of(endpoint->stage),
                        .host = &judge->facts->hosts[host],
                        .endpoint = endpoint};

    if (!row)
        return;
    note.row = row->row;
    note.reason = row->reason;
    if (row->may_follow_tls && endpoint->stage == SMTP_STAGE_TLS_EHLO) {
        note.row = "8c";
        note.reason = REASON_SMTP_AFTER_TLS;
        note.severity = SEVERITY_WARNING;
    }
    if (row->reason == REASON_TARGET_REFUSED)
        evidence = dns_address_special_use(&endpoint->address);
    else if (!evidence && endpoint->os_error && endpoint->problem != SMTP_CONNECTION_REFUSED)
        evidence = strerror(endpoint->os_error);
    judge_add(judge, &note, "%s%s%s", row->detail, evidence ? ": " : "", evidence ? evidence : "");
}

/* --- STARTTLS -------------------------------------------------------------------------------- */

/* Row 12: our own experiment worked, so something on the path edits the EHLO reply. */
static void add_stripped(struct judge *judge, size_t host, const struct smtp_facts *endpoint)
{
    enum policy_type policies[2];
    size_t n = judge_policies(judge, host, policies);

    for (size_t i = 0; i < n; i++) {
        const struct note note = {.row = judge_row(policies[i], "12"),
                                  .severity = SEVERITY_WARNING,
                                  .result_type = RESULT_STARTTLS_NOT_SUPPORTED,
                                  .reason = REASON_STARTTLS_STRIPPED,
                                  .policy_type = policies[i],
                                  .stage = STAGE_STARTTLS,
                                  .host = &judge->facts->hosts[host],
                                  .endpoint = endpoint};
        judge_add(judge, &note, "STARTTLS was sent all the same, and the handshake succeeded");
    }
}

static void judge_starttls(struct judge *judge, size_t index, const struct smtp_facts *endpoint)
{
    const struct host_facts *host = &judge->facts->hosts[index];
    const struct note injection = {.row = "14",
                                   .severity = SEVERITY_FAIL,
                                   .reason = REASON_STARTTLS_INJECTION,
                                   .stage = STAGE_STARTTLS,
                                   .host = host,
                                   .endpoint = endpoint};
    const struct note repeated = {.row = "75",
                                  .severity = SEVERITY_INFO,
                                  .reason = REASON_STARTTLS_REPEATED,
                                  .stage = STAGE_TLS_EHLO,
                                  .host = host,
                                  .endpoint = endpoint};

    if (endpoint->ehlo_refused) {
        add_not_upgraded(judge, index, endpoint, "9", REASON_EHLO_REFUSED, STAGE_EHLO,
                         "the server refuses EHLO and accepts HELO, which has no STARTTLS");
    } else if (endpoint->starttls == SMTP_STARTTLS_NOT_OFFERED) {
        add_not_upgraded(judge, index, endpoint, endpoint->tls ? "12" : "10",
                         REASON_STARTTLS_NOT_OFFERED, STAGE_STARTTLS,
                         "the EHLO reply does not offer STARTTLS");
        if (endpoint->tls)
            add_stripped(judge, index, endpoint);
    } else if (endpoint->starttls == SMTP_STARTTLS_REFUSED) {
        add_not_upgraded(judge, index, endpoint, "11", REASON_STARTTLS_REFUSED, STAGE_STARTTLS,
                         endpoint->problem == SMTP_STARTTLS_UNANSWERED
                             ? "STARTTLS is offered, and no proper reply came"
                             : "STARTTLS is offered and refused");
    }
    if (endpoint->injected)
        judge_add(judge, &injection,
                  "a NOOP that was sent in the clear behind STARTTLS was answered inside TLS");
    if (endpoint->starttls_inside_tls)
        judge_add(judge, &repeated, "the EHLO reply inside TLS offers STARTTLS");
}

/* Senders pass over it, and so does the session; it is told all the same. */
static void judge_deviation(struct judge *judge, size_t host, const struct smtp_facts *endpoint)
{
    const struct note note = {.row = "B2",
                              .severity = SEVERITY_UNKNOWN,
                              .reason = REASON_SMTP_PROTOCOL_ERROR,
                              .stage = stage_of(endpoint->deviation_stage),
                              .host = &judge->facts->hosts[host],
                              .endpoint = endpoint,
                              .fix =
                                  "Harmless to senders; look at what writes the replies of {mx}."};

    if (endpoint->deviation && endpoint->problem != SMTP_MALFORMED)
        judge_add(judge, &note, "%s; the dialogue went on", endpoint->deviation);
}

void judge_session(struct judge *judge, size_t host, size_t index)
{
    const struct smtp_facts *endpoint = judge->facts->hosts[host].endpoints[index];

    judge_deviation(judge, host, endpoint);
    if (endpoint->problem == SMTP_FINE || endpoint->problem == SMTP_STARTTLS_UNANSWERED)
        judge_starttls(judge, host, endpoint);
    else if (endpoint->problem != SMTP_PLAINTEXT_AFTER_220 && endpoint->problem != SMTP_TLS_FAILED)
        judge_outside(judge, host, endpoint);
}
