/*
 * The vocabulary: every reason that a finding can have, with its RFC 8460 result type, what it
 * means and how it is mended, in one table (policy/reason.c). Reasons are stable for ever.
 */
#ifndef POLICY_REASON_H
#define POLICY_REASON_H

#include <stddef.h>

/* RFC 8460 section 4.3. */
enum result_type {
    RESULT_NONE, /* TLS-RPT has no word for it */
    RESULT_STARTTLS_NOT_SUPPORTED,
    RESULT_CERTIFICATE_HOST_MISMATCH,
    RESULT_CERTIFICATE_EXPIRED,
    RESULT_CERTIFICATE_NOT_TRUSTED,
    RESULT_VALIDATION_FAILURE,
    RESULT_STS_POLICY_FETCH_ERROR,
    RESULT_STS_POLICY_INVALID,
    RESULT_STS_WEBPKI_INVALID,
    RESULT_TLSA_INVALID,
    RESULT_DNSSEC_INVALID,
    RESULT_DANE_REQUIRED,
};

enum reason {
    /* the user's eighteen */
    REASON_CERTIFICATE_EXPIRED,
    REASON_CERTIFICATE_NOT_VALID_YET,
    REASON_CERTIFICATE_REVOKED,
    REASON_UNTRUSTED_CERTIFICATE,
    REASON_NO_VALID_SIGNATURE,
    REASON_UNSUPPORTED_CERTIFICATE,
    REASON_HOSTNAME_MISMATCH,
    REASON_INSECURE_CIPHER_SUITE,
    REASON_PROTOCOL_VERSION_MISMATCH,
    REASON_NO_SHARED_CIPHER_SUITE,
    REASON_HANDSHAKE_FAILURE,
    REASON_UNEXPECTED_MESSAGE,
    REASON_MTA_STS_POLICY_NOT_FOUND,
    REASON_MTA_STS_POLICY_INVALID,
    REASON_MTA_STS_POLICY_FETCH_ERROR,
    REASON_MTA_STS_CONNECTION_FAILURE,
    REASON_MTA_STS_INVALID_HOSTNAME,
    REASON_MTA_STS_POLICY_UPGRADE,
    /* mail routing and DNS */
    REASON_DNS_NO_MAIL_HOST,
    REASON_NULL_MX,
    REASON_NULL_MX_CONFLICT,
    REASON_DNS_TEMPORARY_FAILURE,
    REASON_DNSSEC_BOGUS,
    REASON_MX_NO_ADDRESS,
    REASON_MX_IS_CNAME,
    REASON_MX_IS_LITERAL,
    REASON_MX_LIMIT_REACHED,
    REASON_DNSSEC_NOT_CHECKED,
    /* reaching the host and talking SMTP */
    REASON_CONNECTION_REFUSED,
    REASON_NETWORK_UNREACHABLE,
    REASON_CONNECTION_TIMEOUT,
    REASON_FAMILY_UNAVAILABLE,
    REASON_TARGET_REFUSED,
    REASON_TARGET_EXCLUDED,
    REASON_THROTTLED,
    REASON_SERVICE_REFUSED,
    REASON_SMTP_TIMEOUT,
    REASON_SMTP_CLOSED,
    REASON_SMTP_PROTOCOL_ERROR,
    REASON_SMTP_AFTER_TLS,
    REASON_EHLO_REFUSED,
    REASON_STARTTLS_NOT_OFFERED,
    REASON_STARTTLS_REFUSED,
    REASON_STARTTLS_STRIPPED,
    REASON_STARTTLS_REPEATED,
    REASON_STARTTLS_INJECTION,
    /* certificates beside the failures */
    REASON_CHAIN_EXTRA_EXPIRED,
    REASON_CERTIFICATE_EXPIRES_SOON,
    REASON_MUST_STAPLE_MISSING,
    /* policies */
    REASON_STS_PATTERN_UNUSED,
    REASON_STS_MAX_AGE_SHORT,
    REASON_STS_MAX_AGE_CLAMPED,
    REASON_STS_RECORD_NONSTANDARD,
    REASON_TLSA_UNUSABLE,
    REASON_DANE_NO_MATCH,
    REASON_DANE_REQUIRED,
    REASON_TLS_RPT_ABSENT,
    REASON_TLS_RPT_INVALID,
    REASON_NO_DOWNGRADE_PROTECTION,
    /* about the run itself */
    REASON_WHAT_IF_UNUSED,
    REASON_PROBE_ERROR,
    REASON_COUNT
};

enum policy_type { POLICY_TYPE_NONE, POLICY_TYPE_NO_POLICY, POLICY_TYPE_STS, POLICY_TYPE_TLSA };

enum severity { SEVERITY_INFO, SEVERITY_UNKNOWN, SEVERITY_WARNING, SEVERITY_FAIL };

enum finding_stage {
    STAGE_DNS,
    STAGE_RECORD,
    STAGE_POLICY_HOST,
    STAGE_CONNECT,
    STAGE_BANNER,
    STAGE_EHLO,
    STAGE_STARTTLS,
    STAGE_HANDSHAKE,
    STAGE_CERTIFICATE,
    STAGE_TLS_EHLO,
    STAGE_POLICY,
};

struct reason_info {
    const char *code;    /* "certificate_expired" */
    const char *meaning; /* one sentence for a person */
    const char *fix;     /* what to do; "{mx}", "{ip}" and "{domain}" stand for the finding's own */
};

/* The table's row. Never NULL for a valid reason. */
const struct reason_info *reason_info(enum reason reason);

/* The fix of a certificate fault of the MTA-STS policy host, in place of the reason's (row 64). */
extern const char reason_policy_host_fix[];

/*
 * A copy of `template` with these names where it has "{mx}", "{ip}" and "{domain}"; a NULL name
 * becomes "the host" or "the domain". The caller frees; NULL when out of memory.
 */
char *reason_fill(const char *template, const char *mx, const char *ip, const char *domain);

/* CONTRACT.md's words, static; NULL for RESULT_NONE and POLICY_TYPE_NONE. */
const char *result_type_text(enum result_type type);
const char *policy_type_text(enum policy_type type);
const char *severity_text(enum severity severity);
const char *finding_stage_text(enum finding_stage stage);

#endif
