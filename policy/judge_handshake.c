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

/* A fault and its evidence. The parts of the detail are bounded, so the whole is. */
struct fault {
    enum reason reason;
    char detail[512];
};

static void describe(struct fault *fault, enum reason reason, const char *what,
                     const char *evidence)
{
    fault->reason = reason;
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

static void describe_bytes(struct fault *fault, const char *what, const uint8_t *bytes,
                           size_t length)
{
    char quoted[128] = "";

    quote(bytes, length, quoted, sizeof quoted);
    describe(fault, REASON_UNEXPECTED_MESSAGE, what, quoted);
}

/* Rows 17, 19, 25 and 26, by the alert that the server sent; 40 is what the autopsy is for. */
static enum reason alert_reason(int alert)
{
    switch (alert) {
    case 70: /* protocol_version */
    case 86: /* inappropriate_fallback */
        return REASON_PROTOCOL_VERSION_MISMATCH;
    case 71: /* insufficient_security */
        return REASON_NO_SHARED_CIPHER_SUITE;
    case 10: /* unexpected_message */
        return REASON_UNEXPECTED_MESSAGE;
    default:
        return REASON_HANDSHAKE_FAILURE;
    }
}

/* Row 27: 42 to 46, 48 and 116 are about our certificate, and so is 40 after a request for one. */
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

static void describe_failure(struct fault *fault, const struct tls_failure *failure)
{
    switch (failure->kind) {
    case TLS_FAILED_NOT_TLS: /* row 15 */
        describe_bytes(fault, "where the ServerHello should be, the server sent: ", failure->first,
                       failure->first_length);
        break;
    case TLS_FAILED_CLOSED: /* row 16, or 27 */
        describe(fault, REASON_HANDSHAKE_FAILURE,
                 "the server closed the connection in the handshake",
                 failure->certificate_requested ? " after asking for a client certificate" : "");
        break;
    case TLS_FAILED_RESET:
        describe(fault, REASON_HANDSHAKE_FAILURE,
                 "the connection broke in the handshake: ", strerror(failure->os_error));
        break;
    case TLS_FAILED_TIMEOUT:
        describe(fault, REASON_HANDSHAKE_FAILURE, "the server fell silent in the handshake", "");
        break;
    case TLS_FAILED_ALERT:
        describe(fault, alert_reason(failure->alert),
                 "the server ended the handshake with the alert ", tls_alert_name(failure->alert));
        if (about_our_certificate(failure) || failure->certificate_requested)
            append(fault, ": it demands a client certificate");
        break;
    case TLS_FAILED_LOCAL:
        describe(fault, local_reason(failure->error),
                 "the handshake failed: ", tls_error_text(failure->error));
        if (fault->reason == REASON_INSECURE_CIPHER_SUITE ||
            fault->reason == REASON_PROTOCOL_VERSION_MISMATCH) /* rows 21, 24 */
            append(fault, judge_postfix_delivers);
        break;
    case TLS_FAILED_NOT:
    case TLS_FAILED_OURS:
        describe(fault, REASON_HANDSHAKE_FAILURE, "the handshake failed", "");
        break;
    }
}

static bool is_old(const char *protocol)
{
    return strcmp(protocol, "SSLv3") == 0 || strcmp(protocol, "TLSv1") == 0 ||
           strcmp(protocol, "TLSv1.1") == 0;
}

/*
 * Rows 18 to 24: what a client of the past would have got tells what today's lacks. A server that
 * only closed, and takes the wider offer without it being weak or old, stays row 16.
 */
static enum reason wide_reason(const struct smtp_facts *endpoint)
{
    const struct autopsy *autopsy = &endpoint->autopsy;

    if (tls_suite_weakness(autopsy->cipher))
        return REASON_INSECURE_CIPHER_SUITE;
    if (is_old(autopsy->protocol))
        return REASON_PROTOCOL_VERSION_MISMATCH;
    return endpoint->tls_failure.alert == 40 ? REASON_NO_SHARED_CIPHER_SUITE
                                             : REASON_HANDSHAKE_FAILURE;
}

static enum reason by_hand_reason(const struct tls_server_hello *hello)
{
    if (tls_weak_suite_find(hello->suite))
        return REASON_INSECURE_CIPHER_SUITE;
    return hello->version < TLS1_2_VERSION ? REASON_PROTOCOL_VERSION_MISMATCH
                                           : REASON_HANDSHAKE_FAILURE;
}

static const char *version_name(uint16_t version)
{
    static const char *const names[] = {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"};
    size_t index = version - SSL3_VERSION;

    return index < sizeof names / sizeof names[0] ? names[index] : "an unknown version";
}

static void describe_autopsy(struct fault *fault, const struct smtp_facts *endpoint)
{
    const struct autopsy *autopsy = &endpoint->autopsy;
    bool open = endpoint->tls_failure.alert != 70; /* 70 has told its reason itself (row 17) */
    bool legacy = endpoint->tls_failure.kind == TLS_FAILED_LOCAL; /* row 20: no RFC 5746 */
    char more[320] = "; a second, wider attempt fails too";

    if (autopsy->wide) {
        const char *weakness = tls_suite_weakness(autopsy->cipher);
        if (open && !legacy)
            fault->reason = wide_reason(endpoint);
        snprintf(more, sizeof more, "; a second, wider attempt%s got %s with %s%s%s%s%s",
                 legacy ? " (SSL_OP_LEGACY_SERVER_CONNECT)" : "", autopsy->protocol,
                 autopsy->cipher, weakness ? " (" : "", weakness ? weakness : "",
                 weakness ? ")" : "",
                 weakness || is_old(autopsy->protocol) ? judge_postfix_delivers : "");
    } else if (autopsy->by_hand) {
        const struct tls_suite *suite = tls_weak_suite_find(autopsy->hello.suite);
        if (open)
            fault->reason = by_hand_reason(&autopsy->hello);
        snprintf(more, sizeof more,
                 "; to a client of the past it offers %s with %s (0x%04x; Postfix at its defaults "
                 "would still deliver encrypted where its OpenSSL has that)",
                 version_name(autopsy->hello.version), suite ? suite->name : "cipher suite",
                 autopsy->hello.suite);
    }
    append(fault, more);
}

static void add(struct judge *judge, size_t host, const struct smtp_facts *endpoint,
                const struct fault *fault)
{
    enum policy_type policies[2];
    size_t n = judge_policies(judge, host, policies);

    for (size_t i = 0; i < n; i++) {
        const struct note note = {.severity = judge_severity(policies[i]),
                                  .result_type = RESULT_VALIDATION_FAILURE,
                                  .reason = fault->reason,
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

    if (endpoint->problem == SMTP_PLAINTEXT_AFTER_220) { /* row 13 */
        describe_bytes(&fault,
                       "plaintext came behind the 220, in the same buffer: ", endpoint->after_220,
                       endpoint->after_220_length);
        append(&fault, judge_postfix_delivers);
    } else if (endpoint->problem == SMTP_TLS_FAILED) {
        describe_failure(&fault, &endpoint->tls_failure);
        if (endpoint->autopsy.connections)
            describe_autopsy(&fault, endpoint);
    } else if (offered && endpoint->tls && !endpoint->tls->n_chain) { /* row 23 */
        describe(&fault, REASON_INSECURE_CIPHER_SUITE, "an anonymous suite without a certificate",
                 judge_postfix_delivers);
    } else {
        return;
    }
    add(judge, host, endpoint, &fault);
}
