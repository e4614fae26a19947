/* The vocabulary: reasons are stable for ever, so all of them stand here once more. */
#include "case.h"

#include "policy/reason.h"

static const char *const codes[] = {
    /* the user's */
    "certificate_expired",
    "certificate_not_valid_yet",
    "certificate_revoked",
    "untrusted_certificate",
    "no_valid_signature",
    "unsupported_certificate",
    "hostname_mismatch",
    "insecure_cipher_suite",
    "protocol_version_mismatch",
    "no_shared_cipher_suite",
    "handshake_failure",
    "unexpected_message",
    "mta_sts_policy_not_found",
    "mta_sts_policy_invalid",
    "mta_sts_policy_fetch_error",
    "mta_sts_connection_failure",
    "mta_sts_invalid_hostname",
    "mta_sts_policy_upgrade",
    /* rows 1 to 8c */
    "dns_no_mail_host",
    "null_mx",
    "null_mx_conflict",
    "dns_temporary_failure",
    "dnssec_bogus",
    "mx_no_address",
    "mx_is_cname",
    "mx_is_literal",
    "connection_refused",
    "network_unreachable",
    "connection_timeout",
    "throttled",
    "service_refused",
    "smtp_timeout",
    "smtp_closed",
    "smtp_protocol_error",
    "smtp_after_tls",
    /* rows 9 to 12, 41 */
    "ehlo_refused",
    "starttls_not_offered",
    "starttls_refused",
    "starttls_stripped",
    "chain_extra_expired",
    /* rows 67 to 79 */
    "sts_pattern_unused",
    "sts_max_age_short",
    "tlsa_unusable",
    "dane_no_match",
    "dane_required",
    "starttls_repeated",
    "starttls_injection",
    "tls_rpt_absent",
    "tls_rpt_invalid",
    "no_downgrade_protection",
    "dnssec_not_checked",
    "must_staple_missing",
    "certificate_expires_soon",
    "target_refused",
    "target_excluded",
    "probe_error",
    "family_unavailable",
    "what_if_unused",
    /* beyond the table */
    "mx_limit_reached",
    "sts_max_age_clamped",
    "sts_record_nonstandard",
};

static size_t times_found(const char *code)
{
    size_t times = 0;

    for (int i = 0; i < REASON_COUNT; i++)
        times += strcmp(reason_info((enum reason)i)->code, code) == 0;
    return times;
}

static void test_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++)
        CASE_CHECK(codes[i], times_found(codes[i]) == 1);
}

static bool is_listed(const char *code)
{
    for (size_t i = 0; i < COUNT(codes); i++)
        if (strcmp(codes[i], code) == 0)
            return true;
    return false;
}

/* A reason that this list does not know is new: it is put here, and then it stays. */
static void test_no_others(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        const char *code = reason_info((enum reason)i)->code;
        CASE_CHECK(code, is_listed(code));
        CASE_CHECK(code, strspn(code, "abcdefghijklmnopqrstuvwxyz_") == strlen(code));
    }
}

/* Braces only as the keys that a finding fills in. */
static bool keys_are_known(const char *fix)
{
    static const char *const keys[] = {"{mx}", "{ip}", "{domain}"};

    for (const char *at = fix; (at = strpbrk(at, "{}")) != NULL;) {
        size_t length = 0;
        for (size_t i = 0; i < COUNT(keys); i++)
            if (strncmp(at, keys[i], strlen(keys[i])) == 0)
                length = strlen(keys[i]);
        if (!length)
            return false;
        at += length;
    }
    return true;
}

static void test_sentences(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        const struct reason_info *info = reason_info((enum reason)i);
        size_t length;

        CASE_CHECK(info->code, info->meaning && info->fix);
        length = strlen(info->meaning);
        CASE_CHECK(info->code, length > 10 && info->meaning[length - 1] == '.');
        CASE_CHECK(info->code, !strpbrk(info->meaning, "{}"));
        CASE_CHECK(info->code, strlen(info->fix) > 10);
        CASE_CHECK(info->code, keys_are_known(info->fix));
    }
}

static void test_result_types(void **state)
{
    static const struct {
        enum result_type type;
        const char *text; /* RFC 8460 section 4.3 */
    } cases[] = {
        {RESULT_STARTTLS_NOT_SUPPORTED, "starttls-not-supported"},
        {RESULT_CERTIFICATE_HOST_MISMATCH, "certificate-host-mismatch"},
        {RESULT_CERTIFICATE_EXPIRED, "certificate-expired"},
        {RESULT_CERTIFICATE_NOT_TRUSTED, "certificate-not-trusted"},
        {RESULT_VALIDATION_FAILURE, "validation-failure"},
        {RESULT_STS_POLICY_FETCH_ERROR, "sts-policy-fetch-error"},
        {RESULT_STS_POLICY_INVALID, "sts-policy-invalid"},
        {RESULT_STS_WEBPKI_INVALID, "sts-webpki-invalid"},
        {RESULT_TLSA_INVALID, "tlsa-invalid"},
        {RESULT_DNSSEC_INVALID, "dnssec-invalid"},
        {RESULT_DANE_REQUIRED, "dane-required"},
    };

    (void)state;
    assert_null(result_type_text(RESULT_NONE));
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(result_type_text(cases[i].type), cases[i].text);
}

static void test_other_words(void **state)
{
    static const char *const stages[] = {
        [STAGE_DNS] = "dns",
        [STAGE_RECORD] = "record",
        [STAGE_POLICY_HOST] = "policy-host",
        [STAGE_CONNECT] = "connect",
        [STAGE_BANNER] = "banner",
        [STAGE_EHLO] = "ehlo",
        [STAGE_STARTTLS] = "starttls",
        [STAGE_HANDSHAKE] = "handshake",
        [STAGE_CERTIFICATE] = "certificate",
        [STAGE_TLS_EHLO] = "tls-ehlo",
        [STAGE_POLICY] = "policy",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(stages); i++)
        assert_string_equal(finding_stage_text((enum finding_stage)i), stages[i]);
    assert_null(policy_type_text(POLICY_TYPE_NONE));
    assert_string_equal(policy_type_text(POLICY_TYPE_NO_POLICY), "no-policy-found");
    assert_string_equal(policy_type_text(POLICY_TYPE_STS), "sts");
    assert_string_equal(policy_type_text(POLICY_TYPE_TLSA), "tlsa");
    assert_string_equal(severity_text(SEVERITY_INFO), "info");
    assert_string_equal(severity_text(SEVERITY_UNKNOWN), "unknown");
    assert_string_equal(severity_text(SEVERITY_WARNING), "warning");
    assert_string_equal(severity_text(SEVERITY_FAIL), "fail");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),       cmocka_unit_test(test_no_others),
        cmocka_unit_test(test_sentences),   cmocka_unit_test(test_result_types),
        cmocka_unit_test(test_other_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
