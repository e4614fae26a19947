/* Rows 41 to 53, 76 and 79: the presented chain against the WebPKI. */
#include "policy/judge.h"

#include <string.h>

#include <openssl/x509_vfy.h>

#include "policy/timestamp.h"

enum { DAY_S = 86400 };

static const char self_signed_fix[] =
    "Replace the self-signed certificate of {mx} by one from a public CA, or publish a TLSA record "
    "for its key.";
static const char intermediate_fix[] =
    "Let {mx} send the intermediate certificates too (the CA's \"fullchain\" file), or get a "
    "certificate from a public CA.";

#define FAULT(code, row, reason, type, fix)          \
    {                                                \
        X509_V_ERR_##code,                           \
        {                                            \
            row, REASON_##reason, RESULT_##type, fix \
        }                                            \
    }
#define UNTRUSTED(code, fix) FAULT(code, "45", UNTRUSTED_CERTIFICATE, CERTIFICATE_NOT_TRUSTED, fix)
#define SIGNATURE(code) FAULT(code, "49", NO_VALID_SIGNATURE, CERTIFICATE_NOT_TRUSTED, NULL)
#define UNSUPPORTED(code) FAULT(code, "50", UNSUPPORTED_CERTIFICATE, CERTIFICATE_NOT_TRUSTED, NULL)

/* One entry a verify error; INVALID_PURPOSE depends on the depth and stands apart. */
static const struct {
    int code;
    struct certificate_fault fault;
} faults[] = {
    FAULT(CERT_HAS_EXPIRED, "41", CERTIFICATE_EXPIRED, CERTIFICATE_EXPIRED, NULL),
    FAULT(CERT_NOT_YET_VALID, "42", CERTIFICATE_NOT_VALID_YET, CERTIFICATE_NOT_TRUSTED, NULL),
    FAULT(CERT_REVOKED, "43", CERTIFICATE_REVOKED, CERTIFICATE_NOT_TRUSTED, NULL),
    UNTRUSTED(DEPTH_ZERO_SELF_SIGNED_CERT, self_signed_fix),
    UNTRUSTED(SELF_SIGNED_CERT_IN_CHAIN, NULL),
    UNTRUSTED(UNABLE_TO_GET_ISSUER_CERT, intermediate_fix),
    UNTRUSTED(UNABLE_TO_GET_ISSUER_CERT_LOCALLY, intermediate_fix),
    UNTRUSTED(UNABLE_TO_VERIFY_LEAF_SIGNATURE, intermediate_fix),
    SIGNATURE(CERT_SIGNATURE_FAILURE),
    SIGNATURE(UNABLE_TO_DECRYPT_CERT_SIGNATURE),
    SIGNATURE(SIGNATURE_ALGORITHM_MISMATCH),
    UNSUPPORTED(EE_KEY_TOO_SMALL),
    UNSUPPORTED(CA_KEY_TOO_SMALL),
    UNSUPPORTED(CA_MD_TOO_WEAK),
    UNSUPPORTED(UNSUPPORTED_SIGNATURE_ALGORITHM),
    UNSUPPORTED(EC_KEY_EXPLICIT_PARAMS),
    UNSUPPORTED(UNHANDLED_CRITICAL_EXTENSION),
    FAULT(HOSTNAME_MISMATCH, "52", HOSTNAME_MISMATCH, CERTIFICATE_HOST_MISMATCH, NULL),
};

struct certificate_fault judge_certificate_fault(int code, int depth)
{
    if (code == X509_V_ERR_INVALID_PURPOSE && depth == 0)
        return (struct certificate_fault){"50", REASON_UNSUPPORTED_CERTIFICATE,
                                          RESULT_CERTIFICATE_NOT_TRUSTED, NULL};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i].code == code)
            return faults[i].fault;
    /* CA constraints, path length, name constraints and whatever else keeps a path from an anchor.
     */
    return (struct certificate_fault){"45", REASON_UNTRUSTED_CERTIFICATE,
                                      RESULT_CERTIFICATE_NOT_TRUSTED, NULL};
}

static const struct tls_certificate *certificate_at(const struct tls_facts *tls, int place)
{
    return place >= 0 && (size_t)place < tls->n_chain ? &tls->chain[place] : NULL;
}

/* "certificate ended 2026-11-01T00:00:00Z (23 days ago)", or OpenSSL's own words. */
static void add_error(struct judge *judge, const struct note *note, const struct tls_facts *tls,
                      struct tls_verify_error error)
{
    const struct tls_certificate *certificate = certificate_at(tls, error.presented);
    int64_t at_s = judge->options->at_s;
    char when[TIMESTAMP_TEXT_MAX], relative[TIMESTAMP_TEXT_MAX];
    const char *which = error.depth == 0 ? "the certificate" : "an issuer's certificate";

    if (certificate && error.code == X509_V_ERR_CERT_HAS_EXPIRED) {
        timestamp_format_s(certificate->not_after_s, when);
        timestamp_relative(certificate->not_after_s, at_s, relative);
        judge_add(judge, note, "%s (%s) ended %s (%s)", which, certificate->subject, when,
                  relative);
    } else if (certificate && error.code == X509_V_ERR_CERT_NOT_YET_VALID) {
        timestamp_format_s(certificate->not_before_s, when);
        timestamp_relative(certificate->not_before_s, at_s, relative);
        judge_add(judge, note, "%s (%s) begins %s (%s)", which, certificate->subject, when,
                  relative);
    } else {
        /* Row 50; a policy host is no matter of Postfix, and under DANE it would not deliver. */
        bool lenient = note->reason == REASON_UNSUPPORTED_CERTIFICATE &&
                       note->stage == STAGE_CERTIFICATE && note->policy_type != POLICY_TYPE_TLSA;
        judge_add(judge, note, "%s%s: %s (%s, depth %d)%s%s%s", which,
                  certificate ? "" : " above the chain", tls_verify_error_text(error.code),
                  tls_verify_error_name(error.code), error.depth, certificate ? ", subject " : "",
                  certificate ? certificate->subject : "", lenient ? judge_postfix_delivers : "");
    }
}

/* "no subject alternative name matches mx1.example.test; the certificate has DNS:a, DNS:b" */
static void add_mismatch(struct judge *judge, const struct note *note, const struct tls_facts *tls,
                         const char *name)
{
    const struct tls_certificate *leaf = tls->n_chain ? &tls->chain[0] : NULL;
    const char *first = leaf && leaf->n_sans ? leaf->sans[0] : NULL;
    const char *second = leaf && leaf->n_sans > 1 ? leaf->sans[1] : NULL;

    judge_add(judge, note, "no subject alternative name matches %s; the certificate has %s%s%s%s",
              name, first ? first : "none", second ? ", " : "", second ? second : "",
              leaf && leaf->n_sans > 2 ? " and more" : "");
}

/* The note's row where it has one, what the table says of a DANE-TA chain, or the fault's own. */
static const char *fault_row(const struct note *note, const struct certificate_fault *fault)
{
    if (note->row)
        return note->row;
    if (note->policy_type != POLICY_TYPE_TLSA)
        return fault->row;
    if (fault->reason == REASON_HOSTNAME_MISMATCH)
        return "71";
    return fault->reason == REASON_CERTIFICATE_EXPIRED ? "72" : "B7";
}

void judge_certificate_errors(struct judge *judge, const struct note *note,
                              const struct tls_facts *tls, const struct tls_verify_error *errors,
                              size_t n_errors, const char *name)
{
    bool told[REASON_COUNT] = {false};
    struct note one = *note;

    for (size_t i = 0; i < n_errors; i++) {
        struct certificate_fault fault = judge_certificate_fault(errors[i].code, errors[i].depth);
        if (told[fault.reason] || errors[i].code == X509_V_ERR_HOSTNAME_MISMATCH)
            continue;
        told[fault.reason] = true;
        one.row = fault_row(note, &fault);
        one.reason = fault.reason;
        one.fix = note->fix ? note->fix : fault.fix;
        one.result_type = note->result_type ? note->result_type : fault.result_type;
        add_error(judge, &one, tls, errors[i]);
    }
    if (name) {
        struct certificate_fault fault = judge_certificate_fault(X509_V_ERR_HOSTNAME_MISMATCH, 0);
        one.row = fault_row(note, &fault);
        one.reason = fault.reason;
        one.fix = note->fix;
        one.result_type = note->result_type ? note->result_type : fault.result_type;
        add_mismatch(judge, &one, tls, name);
    }
}

void judge_expiry(struct judge *judge, const struct note *where, int64_t first_not_after_s)
{
    const struct judge_options *options = judge->options;
    struct note note = *where;
    char when[TIMESTAMP_TEXT_MAX], relative[TIMESTAMP_TEXT_MAX];
    int64_t left_s = first_not_after_s - options->at_s;

    if (!first_not_after_s || left_s < 0)
        return;
    if (options->expiry_crit_days >= 0 && left_s <= (int64_t)options->expiry_crit_days * DAY_S)
        note.severity = SEVERITY_FAIL;
    else if (options->expiry_warn_days >= 0 && left_s <= (int64_t)options->expiry_warn_days * DAY_S)
        note.severity = SEVERITY_WARNING;
    else
        return;
    note.row = "76";
    note.result_type = RESULT_NONE;
    note.policy_type = POLICY_TYPE_NONE;
    note.reason = REASON_CERTIFICATE_EXPIRES_SOON;
    timestamp_format_s(first_not_after_s, when);
    timestamp_relative(first_not_after_s, options->at_s, relative);
    judge_add(judge, &note, "a certificate of the chain ends %s (%s)", when, relative);
}

/* Does the WebPKI say anything about this host? Under MTA-STS, and where there is no policy. */
static bool webpki_counts(const struct judge *judge, size_t host, enum policy_type *policy)
{
    if (judge_sts_in_force(judge->verdict)) {
        *policy = POLICY_TYPE_STS;
        return true;
    }
    *policy = POLICY_TYPE_NO_POLICY;
    return judge->verdict->hosts[host].dane != DANE_USABLE;
}

static void add_aside(struct judge *judge, const struct note *where, const char *row,
                      enum severity severity, enum reason reason, const char *detail)
{
    struct note note = *where;

    note.row = row;
    note.severity = severity;
    note.result_type = RESULT_NONE;
    note.policy_type = POLICY_TYPE_NONE;
    note.reason = reason;
    judge_add(judge, &note, "%s", detail);
}

/* Every finding about one chain; `where` says of whom. */
static void judge_chain(struct judge *judge, size_t host, const struct note *where,
                        const struct presented *presented)
{
    const struct tls_facts *tls = presented->tls;
    const struct tls_verification *webpki = &presented->verdict->webpki;
    struct note note = *where;

    if (webpki_counts(judge, host, &note.policy_type)) {
        note.severity = judge_severity(note.policy_type);
        judge_certificate_errors(judge, &note, tls, webpki->errors, webpki->n_errors,
                                 presented->verdict->name_matches ? NULL : note.host->host);
        judge_expiry(judge, &note, webpki->first_not_after_s);
        if (webpki->extra_expired)
            add_aside(judge, &note, "41", SEVERITY_INFO, REASON_CHAIN_EXTRA_EXPIRED,
                      "a certificate that is sent along has ended; it is not on the path");
    }
    if (tls->chain[0].must_staple && !tls->ocsp)
        add_aside(judge, &note, "79", SEVERITY_WARNING, REASON_MUST_STAPLE_MISSING,
                  "the certificate has the TLS feature status_request, and no OCSP response came");
}

void judge_certificate(struct judge *judge, size_t host, size_t index)
{
    const struct host_facts *facts = &judge->facts->hosts[host];
    const struct smtp_facts *endpoint = facts->endpoints[index];
    struct note note = {.stage = STAGE_CERTIFICATE, .host = facts, .endpoint = endpoint};
    struct presented presented[PRESENTED_MAX];
    size_t n = judge_presented(judge, host, index, presented);

    for (size_t i = 0; i < n; i++) {
        struct chain_verdict *verdict = presented[i].verdict;
        if (tls_verify_cached(judge->options->cache, presented[i].tls, judge->options->trust,
                              judge->options->at_s, &verdict->webpki) != 0) {
            judge->no_memory = true;
            return;
        }
        verdict->name_matches = tls_name_matches(presented[i].tls, facts->host);
        note.key = presented[i].key;
        /* A stripped STARTTLS: no sender comes this far. */
        if (endpoint->starttls == SMTP_STARTTLS_ACCEPTED)
            judge_chain(judge, host, &note, &presented[i]);
    }
}
