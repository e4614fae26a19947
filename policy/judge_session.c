/* Rows 6 to 27, 77 and 78: reaching the host, the SMTP dialogue, STARTTLS and the handshake. */
#include "policy/judge.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

static const char postfix_delivers[] =
    " (this is the strict reading: Postfix at its defaults would still deliver encrypted)";

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

/* A fault of the handshake, or of what came in its place: validation-failure. */
static void add_handshake(struct judge *judge, size_t host, const struct smtp_facts *endpoint,
                          enum reason reason, const char *detail, const char *evidence)
{
    enum policy_type policies[2];
    size_t n = judge_policies(judge, host, policies);

    for (size_t i = 0; i < n; i++) {
        const struct note note = {.severity = judge_severity(policies[i]),
                                  .result_type = RESULT_VALIDATION_FAILURE,
                                  .reason = reason,
                                  .policy_type = policies[i],
                                  .stage = STAGE_HANDSHAKE,
                                  .host = &judge->facts->hosts[host],
                                  .endpoint = endpoint};
        judge_add(judge, &note, "%s%s", detail, evidence);
    }
}

/* Rows 17, 19, 20, 25, 26 and 27, by the alert that the server sent. */
static enum reason alert_reason(const struct tls_failure *failure)
{
    switch (failure->alert) {
    case 70: /* protocol_version */
    case 86: /* inappropriate_fallback */
        return REASON_PROTOCOL_VERSION_MISMATCH;
    case 71: /* insufficient_security */
        return REASON_NO_SHARED_CIPHER_SUITE;
    case 10: /* unexpected_message */
        return REASON_UNEXPECTED_MESSAGE;
    default: /* 42 to 46, 48 and 116 are about our certificate (row 27): never certificate_* */
        return REASON_HANDSHAKE_FAILURE;
    }
}

static bool about_our_certificate(const struct tls_failure *failure)
{
    int alert = failure->alert;

    return (alert >= 42 && alert <= 46) || alert == 48 || alert == 116 ||
           (alert == 40 && failure->certificate_requested);
}

/* Rows 17, 20, 21, 25 and 26, by the error with which OpenSSL gave up. */
static enum reason local_reason(unsigned long error)
{
    switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
        return REASON_PROTOCOL_VERSION_MISMATCH;
    case SSL_R_DH_KEY_TOO_SMALL:
        return REASON_INSECURE_CIPHER_SUITE;
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_UNEXPECTED_RECORD:
        return REASON_UNEXPECTED_MESSAGE;
    default:
        return REASON_HANDSHAKE_FAILURE;
    }
}

/* The first bytes, as far as they are text, else in hex: "HTTP/1.1 400 Bad", "00 01 02". */
static void quote(const uint8_t *bytes, size_t length, char out[64])
{
    size_t at = 0;

    for (size_t i = 0; i < length && at + 5 < 64; i++) {
        if (bytes[i] >= 0x20 && bytes[i] < 0x7f)
            at += (size_t)snprintf(out + at, 64 - at, "%c", bytes[i]);
        else
            at += (size_t)snprintf(out + at, 64 - at, "\\x%02x", bytes[i]);
    }
    out[at] = '\0';
}

static void judge_handshake(struct judge *judge, size_t host, const struct smtp_facts *endpoint)
{
    const struct tls_failure *failure = &endpoint->tls_failure;
    char bytes[64];

    switch (failure->kind) {
    case TLS_FAILED_NOT_TLS: /* row 15 */
        quote(failure->first, failure->first_length, bytes);
        add_handshake(judge, host, endpoint, REASON_UNEXPECTED_MESSAGE,
                      "where the ServerHello should be, the server sent: ", bytes);
        break;
    case TLS_FAILED_CLOSED: /* row 16, or 27 */
        add_handshake(judge, host, endpoint, REASON_HANDSHAKE_FAILURE,
                      "the server closed the connection in the handshake",
                      failure->certificate_requested ? " after asking for a client certificate"
                                                     : "");
        break;
    case TLS_FAILED_RESET:
        add_handshake(judge, host, endpoint, REASON_HANDSHAKE_FAILURE,
                      "the connection broke in the handshake: ", strerror(failure->os_error));
        break;
    case TLS_FAILED_TIMEOUT:
        add_handshake(judge, host, endpoint, REASON_HANDSHAKE_FAILURE,
                      "the server fell silent in the handshake", "");
        break;
    case TLS_FAILED_ALERT:
        if (about_our_certificate(failure))
            add_handshake(judge, host, endpoint, REASON_HANDSHAKE_FAILURE,
                          "the server demands a client certificate: it sent the alert ",
                          tls_alert_name(failure->alert));
        else
            add_handshake(judge, host, endpoint, alert_reason(failure),
                          "the server ended the handshake with the alert ",
                          tls_alert_name(failure->alert));
        break;
    case TLS_FAILED_LOCAL:
        if (ERR_GET_REASON(failure->error) == SSL_R_DH_KEY_TOO_SMALL) /* row 21 */
            add_handshake(judge, host, endpoint, REASON_INSECURE_CIPHER_SUITE,
                          "the Diffie-Hellman parameters are smaller than 2048 bits",
                          postfix_delivers);
        else
            add_handshake(judge, host, endpoint, local_reason(failure->error),
                          "the handshake failed: ", tls_error_text(failure->error));
        break;
    case TLS_FAILED_NOT:
    case TLS_FAILED_OURS:
        break;
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
     "the connection was refused"}, /* row 6 */
    {SMTP_UNREACHABLE, REASON_NETWORK_UNREACHABLE, REASON_NETWORK_UNREACHABLE,
     "there is no way to the address"},
    {SMTP_TEMPORARY_REPLY, REASON_THROTTLED, REASON_THROTTLED, "the server puts us off"}, /* 7 */
    {SMTP_PERMANENT_REPLY, REASON_SERVICE_REFUSED, REASON_SMTP_AFTER_TLS,
     "the server refuses"}, /* rows 8, 8b */
    {SMTP_TIMED_OUT, REASON_SMTP_TIMEOUT, REASON_SMTP_AFTER_TLS,
     "no complete reply in time"}, /* row 8a */
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

static enum finding_stage stage_of(const struct smtp_facts *endpoint)
{
    static const enum finding_stage stages[] = {
        [SMTP_STAGE_CONNECT] = STAGE_CONNECT,     [SMTP_STAGE_BANNER] = STAGE_BANNER,
        [SMTP_STAGE_EHLO] = STAGE_EHLO,           [SMTP_STAGE_STARTTLS] = STAGE_STARTTLS,
        [SMTP_STAGE_HANDSHAKE] = STAGE_HANDSHAKE, [SMTP_STAGE_TLS_EHLO] = STAGE_TLS_EHLO,
        [SMTP_STAGE_DONE] = STAGE_TLS_EHLO,
    };
    return stages[endpoint->stage];
}

static const struct outside *find_outside(const struct smtp_facts *endpoint)
{
    if (endpoint->problem == SMTP_TIMED_OUT && endpoint->stage == SMTP_STAGE_CONNECT)
        return &connect_timeout;
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        if (outside[i].problem == endpoint->problem)
            return &outside[i];
    }
    return NULL; /* family_unavailable: told once a domain (judge_domain.c) */
}

static void judge_outside(struct judge *judge, size_t host, const struct smtp_facts *endpoint)
{
    const struct outside *row = find_outside(endpoint);
    const char *evidence = endpoint->reply_text;
    struct note note = {.severity = SEVERITY_UNKNOWN,
                        .stage = stage_of(endpoint),
                        .host = &judge->facts->hosts[host],
                        .endpoint = endpoint};

    if (!row)
        return;
    note.reason = endpoint->stage == SMTP_STAGE_TLS_EHLO ? row->in_tls : row->reason;
    if (note.reason == REASON_SMTP_AFTER_TLS)
        note.severity = SEVERITY_WARNING;
    if (row->reason == REASON_TARGET_REFUSED)
        evidence = dns_address_special_use(&endpoint->address);
    else if (!evidence && endpoint->os_error)
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
    } else if (endpoint->tls && !endpoint->tls->n_chain) { /* row 23 */
        add_handshake(judge, index, endpoint, REASON_INSECURE_CIPHER_SUITE,
                      "an anonymous suite without a certificate", postfix_delivers);
    }
    if (endpoint->starttls_inside_tls) /* row 75 */
        judge_add(judge, &repeated, "the EHLO reply inside TLS offers STARTTLS");
}

/* Senders pass over it, and so does the session; it is told all the same (row 8a). */
static void judge_deviation(struct judge *judge, size_t host, const struct smtp_facts *endpoint)
{
    const struct note note = {.severity = SEVERITY_UNKNOWN,
                              .reason = REASON_SMTP_PROTOCOL_ERROR,
                              .stage = STAGE_BANNER,
                              .host = &judge->facts->hosts[host],
                              .endpoint = endpoint};

    if (endpoint->deviation && endpoint->problem != SMTP_MALFORMED)
        judge_add(judge, &note, "%s; the dialogue went on", endpoint->deviation);
}

void judge_session(struct judge *judge, size_t host, size_t index)
{
    const struct smtp_facts *endpoint = judge->facts->hosts[host].endpoints[index];
    char bytes[64];

    judge_deviation(judge, host, endpoint);

    if (endpoint->problem == SMTP_FINE || endpoint->problem == SMTP_STARTTLS_UNANSWERED) {
        judge_starttls(judge, host, endpoint);
    } else if (endpoint->problem == SMTP_PLAINTEXT_AFTER_220) { /* row 13 */
        quote(endpoint->after_220, endpoint->after_220_length, bytes);
        add_handshake(judge, host, endpoint, REASON_UNEXPECTED_MESSAGE,
                      "plaintext came behind the 220, in the same buffer: ", bytes);
    } else if (endpoint->problem == SMTP_TLS_FAILED) {
        judge_handshake(judge, host, endpoint);
    } else {
        judge_outside(judge, host, endpoint);
    }
}
