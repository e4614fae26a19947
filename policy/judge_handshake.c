/*
 * Rows 13 to 27: the handshake, and what came in its place. What the server did not tell, the
 * autopsy does: further attempts with what clients of the past offered.
 */
#include "policy/judge.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "tls/suite.h"

/* What a row of the table makes of a failure. */
struct decision {
    const char *row;
    enum reason reason;
};

/* A fault and its evidence. The parts of the detail are bounded, so the whole is. */
struct fault {
    struct decision decision;
    char detail[512];
};

static void describe(struct fault *fault, struct decision decision, const char *what,
                     const char *evidence)
{
    fault->decision = decision;
    snprintf(fault->detail, sizeof fault->detail, "%s%s", what, evidence);
}

static void append(struct fault *fault, const char *more)
{
    size_t length = strlen(fault->detail);

    snprintf(fault->detail + length, sizeof fault->detail - length, "%s", more);
}

/* The first bytes, as far as they are text, else in hex: "HTTP/1.1 400 Bad", "\x00\x01". */
static void quote(const uint8_t *bytes, size_t length, char *out, size_t size)
{
    size_t at = 0;

    for (size_t i = 0; i < length && at + 5 < size; i++) {
        bool text = bytes[i] >= 0x20 && bytes[i] < 0x7f;
        at += (size_t)snprintf(out + at, size - at, text ? "%c" : "\\x%02x", bytes[i]);
    }
    out[at] = '\0';
}

static void describe_bytes(struct fault *fault, const char *row, const char *what,
                           const uint8_t *bytes, size_t length)
{
    char quoted[128] = "";

    quote(bytes, length, quoted, sizeof quoted);
    describe(fault, (struct decision){row, REASON_UNEXPECTED_MESSAGE}, what, quoted);
}

/* 42 to 46, 48 and 116 are about our certificate, and so is what follows a request for one. */
static bool about_our_certificate(const struct tls_failure *failure)
{
    int alert = failure->alert;

    return (alert >= 42 && alert <= 46) || alert == 48 || alert == 116 ||
           failure->certificate_requested;
}

/* By the alert that the server sent; what 40 means is for the autopsy to tell. */
static struct decision by_alert(const struct tls_failure *failure)
{
    switch (failure->alert) {
    case 70: /* protocol_version */
    case 86: /* inappropriate_fallback */
        return (struct decision){"17", REASON_PROTOCOL_VERSION_MISMATCH};
    case 71: /* insufficient_security */
        return (struct decision){"19", REASON_NO_SHARED_CIPHER_SUITE};
    case 10: /* unexpected_message */
        return (struct decision){"25", REASON_UNEXPECTED_MESSAGE};
    default:
        return (struct decision){about_our_certificate(failure) ? "27" : "26",
                                 REASON_HANDSHAKE_FAILURE};
    }
}

/* By the error with which OpenSSL gave up. */
static struct decision by_error(unsigned long error)
{
    switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
        return (struct decision){"17", REASON_PROTOCOL_VERSION_MISMATCH};
    case SSL_R_DH_KEY_TOO_SMALL:
        return (struct decision){"21", REASON_INSECURE_CIPHER_SUITE};
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_UNEXPECTED_RECORD:
        return (struct decision){"25", REASON_UNEXPECTED_MESSAGE};
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
        return (struct decision){"20", REASON_HANDSHAKE_FAILURE};
    default:
        return (struct decision){"26", REASON_HANDSHAKE_FAILURE};
    }
}

static void describe_failure(struct fault *fault, const struct tls_failure *failure)
{
    static const struct decision broken_off = {"16", REASON_HANDSHAKE_FAILURE};
    bool asked = failure->certificate_requested;

    switch (failure->kind) {
    case TLS_FAILED_NOT_TLS:
        describe_bytes(fault, "15",
                       "where the ServerHello should be, the server sent: ", failure->first,
                       failure->first_length);
        break;
    case TLS_FAILED_CLOSED:
        describe(fault, (struct decision){asked ? "27" : "16", REASON_HANDSHAKE_FAILURE},
                 "the server closed the connection in the handshake",
                 asked ? " after asking for a client certificate" : "");
        break;
    case TLS_FAILED_RESET:
        describe(fault, broken_off,
                 "the connection broke in the handshake: ", strerror(failure->os_error));
        break;
    case TLS_FAILED_TIMEOUT:
        describe(fault, broken_off, "the server fell silent in the handshake", "");
        break;
    case TLS_FAILED_ALERT:
        describe(fault, by_alert(failure), "the server ended the handshake with the alert ",
                 tls_alert_name(failure->alert));
        if (about_our_certificate(failure))
            append(fault, ": it demands a client certificate");
        break;
    case TLS_FAILED_LOCAL:
        describe(fault, by_error(failure->error),
                 "the handshake failed: ", tls_error_text(failure->error));
        if (fault->decision.reason == REASON_INSECURE_CIPHER_SUITE ||
            fault->decision.reason == REASON_PROTOCOL_VERSION_MISMATCH)
            append(fault, judge_postfix_delivers);
        break;
    case TLS_FAILED_NOT:
    case TLS_FAILED_OURS:
        describe(fault, (struct decision){"26", REASON_HANDSHAKE_FAILURE}, "the handshake failed",
                 "");
        break;
    }
}

static bool is_old(const char *protocol)
{
    return strcmp(protocol, "SSLv3") == 0 || strcmp(protocol, "TLSv1") == 0 ||
           strcmp(protocol, "TLSv1.1") == 0;
}

/*
 * What a client of the past would have got tells what today's lacks. `weakness` is NULL where the
 * suite has none. A server that only closed, and takes the wider offer without it being weak or
 * old, stays what it was; so does one that sent alert 70, which has told its reason itself.
 */
static struct decision by_wider_offer(struct decision first, int alert, const char *weakness,
                                      bool old)
{
    if (weakness && alert != 70) {
        bool anonymous = strcmp(weakness, "anonymous") == 0;
        return (struct decision){anonymous     ? "23"
                                 : alert == 40 ? "18"
                                               : "22",
                                 REASON_INSECURE_CIPHER_SUITE};
    }
    return old ? (struct decision){"24", REASON_PROTOCOL_VERSION_MISMATCH} : first;
}

static const char *version_name(uint16_t version)
{
    static const char *const names[] = {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"};
    size_t index = version - SSL3_VERSION;

    return index < sizeof names / sizeof names[0] ? names[index] : "an unknown version";
}

static void describe_wide(struct fault *fault, const struct smtp_facts *endpoint)
{
    const struct autopsy *autopsy = &endpoint->autopsy;
    const char *weakness = tls_suite_weakness(autopsy->cipher);
    bool legacy = ERR_GET_REASON(endpoint->tls_failure.error) ==
                  SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED; /* row 20 */
    int alert = endpoint->tls_failure.alert;
    char more[320];

    if (alert == 40)
        fault->decision = (struct decision){"19", REASON_NO_SHARED_CIPHER_SUITE};
    if (!legacy)
        fault->decision =
            by_wider_offer(fault->decision, alert, weakness, is_old(autopsy->protocol));
    snprintf(more, sizeof more, "; a second, wider attempt%s got %s with %s%s%s%s%s",
             legacy ? " (SSL_OP_LEGACY_SERVER_CONNECT)" : "", autopsy->protocol, autopsy->cipher,
             weakness ? " (" : "", weakness ? weakness : "", weakness ? ")" : "",
             weakness || is_old(autopsy->protocol) ? judge_postfix_delivers : "");
    append(fault, more);
}

static void describe_by_hand(struct fault *fault, const struct smtp_facts *endpoint)
{
    const struct tls_server_hello *hello = &endpoint->autopsy.hello;
    const struct tls_suite *suite = tls_weak_suite_find(hello->suite);
    char more[320];

    fault->decision = by_wider_offer(fault->decision, endpoint->tls_failure.alert,
                                     suite ? tls_suite_weakness(suite->openssl) : NULL,
                                     hello->version < TLS1_2_VERSION);
    snprintf(more, sizeof more,
             "; to a client of the past it offers %s with %s (0x%04x; Postfix at its defaults "
             "would still deliver encrypted where its OpenSSL has that)",
             version_name(hello->version), suite ? suite->name : "cipher suite", hello->suite);
    append(fault, more);
}

static void describe_autopsy(struct fault *fault, const struct smtp_facts *endpoint)
{
    if (endpoint->tls_failure.alert == 40)
        fault->decision = (struct decision){"20", REASON_HANDSHAKE_FAILURE};
    if (endpoint->autopsy.wide)
        describe_wide(fault, endpoint);
    else if (endpoint->autopsy.by_hand)
        describe_by_hand(fault, endpoint);
    else
        append(fault, "; a second, wider attempt fails too");
}

static void add(struct judge *judge, size_t host, const struct smtp_facts *endpoint,
                const struct fault *fault)
{
    enum policy_type policies[2];
    size_t n = judge_policies(judge, host, policies);

    for (size_t i = 0; i < n; i++) {
        const struct note note = {.row = judge_row(policies[i], fault->decision.row),
                                  .severity = judge_severity(policies[i]),
                                  .result_type = RESULT_VALIDATION_FAILURE,
                                  .reason = fault->decision.reason,
                                  .policy_type = policies[i],
                                  .stage = STAGE_HANDSHAKE,
                                  .host = &judge->facts->hosts[host],
                                  .endpoint = endpoint};
        judge_add(judge, &note, "%s", fault->detail);
    }
}

void judge_handshake(struct judge *judge, size_t host, size_t index)
{
    const struct smtp_facts *endpoint = judge->facts->hosts[host].endpoints[index];
    bool offered = endpoint->starttls == SMTP_STARTTLS_ACCEPTED;
    struct fault fault;

    if (endpoint->problem == SMTP_PLAINTEXT_AFTER_220) {
        describe_bytes(&fault, "13",
                       "plaintext came behind the 220, in the same buffer: ", endpoint->after_220,
                       endpoint->after_220_length);
        append(&fault, judge_postfix_delivers);
    } else if (endpoint->problem == SMTP_TLS_FAILED) {
        describe_failure(&fault, &endpoint->tls_failure);
        if (endpoint->autopsy.connections)
            describe_autopsy(&fault, endpoint);
    } else if (offered && endpoint->tls && !endpoint->tls->n_chain) {
        describe(&fault, (struct decision){"23", REASON_INSECURE_CIPHER_SUITE},
                 "an anonymous suite without a certificate", judge_postfix_delivers);
    } else {
        return;
    }
    add(judge, host, endpoint, &fault);
}
