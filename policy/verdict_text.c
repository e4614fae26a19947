/* The words of CONTRACT.md for the verdict's enumerations. */
#include "policy/verdict.h"

const char *mx_status_text(enum mx_status status)
{
    static const char *const words[] = {
        [MX_FOUND] = "found",     [MX_IMPLICIT] = "implicit", [MX_NULL] = "null",
        [MX_NONE] = "none",       [MX_NXDOMAIN] = "nxdomain", [MX_SERVFAIL] = "servfail",
        [MX_TIMEOUT] = "timeout", [MX_BOGUS] = "bogus",
    };
    return words[status];
}

const char *dane_status_text(enum dane_status status)
{
    static const char *const words[] = {
        [DANE_USABLE] = "usable",     [DANE_UNUSABLE] = "unusable", [DANE_ABSENT] = "absent",
        [DANE_INSECURE] = "insecure", [DANE_BOGUS] = "bogus",       [DANE_ERROR] = "error",
        [DANE_UNKNOWN] = "unknown",
    };
    return words[status];
}

const char *delivery_text(enum delivery delivery)
{
    static const char *const words[] = {
        [DELIVERY_TLS] = "tls",
        [DELIVERY_UNAUTHENTICATED_TLS] = "unauthenticated-tls",
        [DELIVERY_CLEARTEXT] = "cleartext",
        [DELIVERY_DEFER] = "defer",
        [DELIVERY_BOUNCE] = "bounce",
        [DELIVERY_UNKNOWN] = "unknown",
    };
    return words[delivery];
}

const char *verdict_word_text(enum verdict_word word)
{
    static const char *const words[] = {
        [VERDICT_OK] = "ok",
        [VERDICT_WARNING] = "warning",
        [VERDICT_UNKNOWN] = "unknown",
        [VERDICT_FAIL] = "fail",
    };
    return words[word];
}

const char *sts_policy_status_text(enum sts_policy_status status)
{
    static const char *const words[] = {
        [STS_POLICY_VALID] = "valid",
        [STS_POLICY_NOT_FETCHED] = "not-fetched",
        [STS_POLICY_FETCH_ERROR] = "fetch-error",
        [STS_POLICY_WEBPKI_INVALID] = "webpki-invalid",
        [STS_POLICY_INVALID] = "invalid",
    };
    return words[status];
}

const char *sts_record_status_text(enum sts_record_status status)
{
    static const char *const words[] = {
        [STS_RECORD_VALID] = "valid",     [STS_RECORD_ABSENT] = "absent",
        [STS_RECORD_INVALID] = "invalid", [STS_RECORD_MULTIPLE] = "multiple",
        [STS_RECORD_ERROR] = "error",
    };
    return words[status];
}

const char *tlsrpt_status_text(enum tlsrpt_status status)
{
    static const char *const words[] = {
        [TLSRPT_VALID] = "valid",       [TLSRPT_ABSENT] = "absent", [TLSRPT_INVALID] = "invalid",
        [TLSRPT_MULTIPLE] = "multiple", [TLSRPT_ERROR] = "error",
    };
    return words[status];
}

int verdict_exit_status(enum verdict_word word)
{
    static const int statuses[] = {
        [VERDICT_OK] = 0, [VERDICT_WARNING] = 1, [VERDICT_FAIL] = 2, [VERDICT_UNKNOWN] = 3};
    return statuses[word];
}
