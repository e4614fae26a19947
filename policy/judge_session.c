/* Rows 6 to 12, 14, 77 and 78: reaching the host, the SMTP dialogue and STARTTLS. */
#include "policy/judge.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

/* --- class A: spoken to, and no TLS channel ------------------------------------------------ */

/* Under MTA-STS, a host that does not let the session be upgraded has a name of its own. */
static void add_not_upgraded(struct judge *judge, size_t host, const struct smtp_facts *endpoint,
                             enum reason reason, enum finding_stage stage, const char *detail)
{
    enum policy_type policies[2];
    size_t n = judge_policies(judge, host, policies);

    for (size_t i = 0; i < n; i++) {
        bool sts = policies[i] == POLICY_TYPE_STS;
        const struct note note = {.severity = judge_severity(policies[i]),
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

/* What is not a matter of TLS, by the session's problem; `in_tls` when TLS had come up (row 8c). */
static const struct outside {
    enum smtp_problem problem;
    enum reason reason, in_tls;
    const char *detail;
} outside[] = {
    {SMTP_CONNECTION_REFUSED, REASON_CONNECTION_REFUSED, REASON_CONNECTION_REFUSED,
     "nothing listens there, or a firewall says so"}, /* row 6 */
    {SMTP_UNREACHABLE, REASON_NETWORK_UNREACHABLE, REASON_NETWORK_UNREACHABLE,
     "there is no way to the address"},
    {SMTP_TEMPORARY_REPLY, REASON_THROTTLED, REASON_THROTTLED, "the server puts us off"}, /* 7 */
    {SMTP_PERMANENT_REPLY, REASON_SERVICE_REFUSED, REASON_SMTP_AFTER_TLS,
     "the server refuses"}, /* rows 8, 8b */
    {SMTP_TIMED_OUT, REASON_SMTP_TIMEOUT, REASON_SMTP_AFTER_TLS,
     "no complete reply in time"}, /* row 8a */
    {SMTP_DEADLINE, REASON_SMTP_TIMEOUT, REASON_SMTP_TIMEOUT,
     "the deadline of the whole domain passed (--deadline)"},
    {SMTP_CLOSED, REASON_SMTP_CLOSED, REASON_SMTP_AFTER_TLS,
     "the connection was closed where a reply was due"},
    {SMTP_MALFORMED, REASON_SMTP_PROTOCOL_ERROR, REASON_SMTP_AFTER_TLS,
     "not an SMTP reply that fits"},
    {SMTP_TARGET_REFUSED, REASON_TARGET_REFUSED, REASON_TARGET_REFUSED,
     "the address lies in special-use space, and no packet was sent"}, /* row 78 */
    {SMTP_TARGET_EXCLUDED, REASON_TARGET_EXCLUDED, REASON_TARGET_EXCLUDED,
     "on the exclude list: no packet was sent"},
    {SMTP_INTERRUPTED, REASON_PROBE_ERROR, REASON_PROBE_ERROR,
     "the probe was interrupted"}, /* row 77 */
    {SMTP_OURS, REASON_PROBE_ERROR, REASON_PROBE_ERROR, "trouble on this side"},
};

static const struct outside connect_timeout = {SMTP_TIMED_OUT, REASON_CONNECTION_TIMEOUT,
                                               REASON_CONNECTION_TIMEOUT,
                                               "no answer to the connection attempt"};

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
    note.reason = endpoint->stage == SMTP_STAGE_TLS_EHLO ? row->in_tls : row->reason;
    if (note.reason == REASON_SMTP_AFTER_TLS)
        note.severity = SEVERITY_WARNING;
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
        const struct note note = {.severity = SEVERITY_WARNING,
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
    const struct note injection = {.severity = SEVERITY_FAIL,
                                   .reason = REASON_STARTTLS_INJECTION,
                                   .stage = STAGE_STARTTLS,
                                   .host = host,
                                   .endpoint = endpoint};
    const struct note repeated = {.severity = SEVERITY_INFO,
                                  .reason = REASON_STARTTLS_REPEATED,
                                  .stage = STAGE_TLS_EHLO,
                                  .host = host,
                                  .endpoint = endpoint};

    if (endpoint->ehlo_refused) { /* row 9 */
        add_not_upgraded(judge, index, endpoint, REASON_EHLO_REFUSED, STAGE_EHLO,
                         "the server refuses EHLO and accepts HELO, which has no STARTTLS");
    } else if (endpoint->starttls == SMTP_STARTTLS_NOT_OFFERED) { /* row 10 */
        add_not_upgraded(judge, index, endpoint, REASON_STARTTLS_NOT_OFFERED, STAGE_STARTTLS,
                         "the EHLO reply does not offer STARTTLS");
        if (endpoint->tls)
            add_stripped(judge, index, endpoint);
    } else if (endpoint->starttls == SMTP_STARTTLS_REFUSED) { /* row 11 */
        add_not_upgraded(judge, index, endpoint, REASON_STARTTLS_REFUSED, STAGE_STARTTLS,
                         endpoint->problem == SMTP_STARTTLS_UNANSWERED
                             ? "STARTTLS is offered, and no proper reply came"
                             : "STARTTLS is offered and refused");
    }
    if (endpoint->injected) /* row 14 */
        judge_add(judge, &injection,
                  "a NOOP that was sent in the clear behind STARTTLS was answered inside TLS");
    if (endpoint->starttls_inside_tls) /* row 75 */
        judge_add(judge, &repeated, "the EHLO reply inside TLS offers STARTTLS");
}

/* Senders pass over it, and so does the session; it is told all the same (row 8a). */
static void judge_deviation(struct judge *judge, size_t host, const struct smtp_facts *endpoint)
{
    const struct note note = {.severity = SEVERITY_UNKNOWN,
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
