/*
 * Who wrote a report, and what is meant: VOCABULARY.md, "How senders differ", row by row, and what
 * RFC 8460 section 4.3 says of its result types.
 */
#include "case.h"

#include "policy/dialect.h"
#include "report_file.h"

static void test_who_wrote_it(void **state)
{
    static const struct {
        const char *file;
        enum dialect dialect;
    } files[] = {
        {"rfc8460.json", DIALECT_UNKNOWN},   {"drafts.json", DIALECT_UNKNOWN},
        {"google.json", DIALECT_GOOGLE},     {"microsoft.json", DIALECT_MICROSOFT},
        {"postfix.json", DIALECT_POSTFIX},   {"exim.json", DIALECT_EXIM},
        {"mail-ru.json", DIALECT_MAIL_RU},   {"mox.json", DIALECT_MOX},
        {"stalwart.json", DIALECT_STALWART},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct tlsrpt_report report;
        read_report_file(files[i].file, &report);
        CASE_CHECK(files[i].file, dialect_of(&report) == files[i].dialect);
        tlsrpt_report_clear(&report);
    }
}

static void test_marks(void **state)
{
    static const struct {
        const char *name;
        const char *organization, *contact, *report_id, *code;
        enum dialect dialect;
    } marks[] = {
        {"Google by its contact", "x", "smtp-tls-reporting@google.com", "x", NULL, DIALECT_GOOGLE},
        {"a name that only holds it", "notgoogle", "a@google.com.example", "x", NULL,
         DIALECT_UNKNOWN},
        {"an id of Google's form", "x", "x", "2026-11-20T00:00:00Z_example.net", NULL,
         DIALECT_UNKNOWN},
        {"tlsrpt-reporter", "x", "x", "2026-11-20T00:00:00Z_idx12_example.net", NULL,
         DIALECT_POSTFIX},
        {"tlsrpt-reporter for Exim", "x", "x", "2026-11-20T00:00:00Z_idx1_a", "dane-no-match",
         DIALECT_EXIM},
        {"mox", "x", "x", "20261120.example.net@mail.example.org", NULL, DIALECT_MOX},
        {"a date alone", "x", "x", "20261120", NULL, DIALECT_UNKNOWN},
        {"Stalwart", "x", "x", "18_1795161600", NULL, DIALECT_STALWART},
        {"a number too many", "x", "x", "18_17_3", NULL, DIALECT_UNKNOWN},
        {"mox by a code", "x", "x", "x", "tls-remote-alert-40-handshake-failure", DIALECT_MOX},
        {"Postfix by a code", "x", "x", "x", "tls-handshake-failure", DIALECT_POSTFIX},
        {"our own", "x", "x", "x", "mta_sts_invalid_hostname", DIALECT_MXPROBE},
        {"nobody", NULL, NULL, NULL, NULL, DIALECT_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(marks); i++) {
        struct tlsrpt_failure failure = {.type = RESULT_VALIDATION_FAILURE,
                                         .reason_code = (char *)marks[i].code};
        struct tlsrpt_policy policy = {
            .type = POLICY_TYPE_STS, .failures = &failure, .n_failures = 1};
        struct tlsrpt_report report = {.organization = (char *)marks[i].organization,
                                       .contact = (char *)marks[i].contact,
                                       .report_id = (char *)marks[i].report_id,
                                       .policies = &policy,
                                       .n_policies = 1};
        CASE_CHECK(marks[i].name, dialect_of(&report) == marks[i].dialect);
    }
}

enum place { AT_MX, AT_POLICY_HOST };

/* A condition, who met it, and what they call it. */
static const struct {
    const char *condition;
    enum reason reason;
    enum place place;
    enum dialect dialect;
    enum policy_type policy;
    enum result_type type;
    const char *code;
    bool first; /* it is what that name most likely means */
} rows[] = {
    {"TLSA mismatch", REASON_DANE_NO_MATCH, AT_MX, DIALECT_POSTFIX, POLICY_TYPE_TLSA,
     RESULT_CERTIFICATE_NOT_TRUSTED, NULL, true},
    {"TLSA mismatch", REASON_DANE_NO_MATCH, AT_MX, DIALECT_MOX, POLICY_TYPE_TLSA,
     RESULT_VALIDATION_FAILURE, "dane-no-match", true},
    {"TLSA mismatch", REASON_DANE_NO_MATCH, AT_MX, DIALECT_STALWART, POLICY_TYPE_TLSA,
     RESULT_VALIDATION_FAILURE, NULL, true},
    {"TLSA mismatch", REASON_DANE_NO_MATCH, AT_MX, DIALECT_EXIM, POLICY_TYPE_TLSA,
     RESULT_VALIDATION_FAILURE, "dane-no-match", true},
    {"TLSA mismatch", REASON_DANE_NO_MATCH, AT_MX, DIALECT_MICROSOFT, POLICY_TYPE_TLSA,
     RESULT_TLSA_INVALID, NULL, true},

    {"self-signed", REASON_UNTRUSTED_CERTIFICATE, AT_MX, DIALECT_POSTFIX, POLICY_TYPE_STS,
     RESULT_VALIDATION_FAILURE, "self-signed_certificate", true},
    {"unknown CA", REASON_UNTRUSTED_CERTIFICATE, AT_MX, DIALECT_POSTFIX, POLICY_TYPE_STS,
     RESULT_VALIDATION_FAILURE, "unable_to_get_local_issuer_certificate", true},
    {"self-signed", REASON_UNTRUSTED_CERTIFICATE, AT_MX, DIALECT_MOX, POLICY_TYPE_STS,
     RESULT_CERTIFICATE_NOT_TRUSTED, NULL, true},
    {"unknown CA", REASON_UNTRUSTED_CERTIFICATE, AT_MX, DIALECT_STALWART, POLICY_TYPE_STS,
     RESULT_CERTIFICATE_NOT_TRUSTED, "invalid peer certificate: UnknownIssuer", true},
    {"self-signed", REASON_UNTRUSTED_CERTIFICATE, AT_MX, DIALECT_STALWART, POLICY_TYPE_STS,
     RESULT_CERTIFICATE_NOT_TRUSTED, NULL, true},

    {"not yet valid", REASON_CERTIFICATE_NOT_VALID_YET, AT_MX, DIALECT_POSTFIX, POLICY_TYPE_STS,
     RESULT_VALIDATION_FAILURE, "certificate_is_not_yet_valid", true},
    {"not yet valid", REASON_CERTIFICATE_NOT_VALID_YET, AT_MX, DIALECT_POSTFIX, POLICY_TYPE_STS,
     RESULT_VALIDATION_FAILURE, NULL, false},
    {"not yet valid", REASON_CERTIFICATE_NOT_VALID_YET, AT_MX, DIALECT_MOX, POLICY_TYPE_STS,
     RESULT_CERTIFICATE_EXPIRED, NULL, false},
    {"not yet valid", REASON_CERTIFICATE_NOT_VALID_YET, AT_MX, DIALECT_MICROSOFT, POLICY_TYPE_TLSA,
     RESULT_TLSA_INVALID, NULL, false},

    {"any handshake error", REASON_HANDSHAKE_FAILURE, AT_MX, DIALECT_POSTFIX, POLICY_TYPE_STS,
     RESULT_VALIDATION_FAILURE, "tls-handshake-failure", true},
    {"an old version", REASON_PROTOCOL_VERSION_MISMATCH, AT_MX, DIALECT_POSTFIX,
     POLICY_TYPE_NO_POLICY, RESULT_VALIDATION_FAILURE, "tls-handshake-failure", false},
    {"an old version", REASON_PROTOCOL_VERSION_MISMATCH, AT_MX, DIALECT_MOX, POLICY_TYPE_STS,
     RESULT_VALIDATION_FAILURE, "tls-remote-alert-70-protocol-version", true},
    {"silence", REASON_HANDSHAKE_FAILURE, AT_MX, DIALECT_MOX, POLICY_TYPE_STS,
     RESULT_VALIDATION_FAILURE, "io-timeout-during-handshake", true},
    {"any handshake error", REASON_HANDSHAKE_FAILURE, AT_MX, DIALECT_STALWART, POLICY_TYPE_STS,
     RESULT_CERTIFICATE_NOT_TRUSTED, "tls handshake eof", false},
    {"an old version", REASON_PROTOCOL_VERSION_MISMATCH, AT_MX, DIALECT_STALWART, POLICY_TYPE_STS,
     RESULT_CERTIFICATE_NOT_TRUSTED, "received fatal alert: ProtocolVersion", true},

    {"MX not in the policy", REASON_MTA_STS_INVALID_HOSTNAME, AT_MX, DIALECT_POSTFIX,
     POLICY_TYPE_STS, RESULT_CERTIFICATE_HOST_MISMATCH, NULL, false},
    {"MX not in the policy", REASON_MTA_STS_INVALID_HOSTNAME, AT_MX, DIALECT_MOX, POLICY_TYPE_STS,
     RESULT_VALIDATION_FAILURE, "mtasts-policy-mx-mismatch", true},
    {"MX not in the policy", REASON_MTA_STS_INVALID_HOSTNAME, AT_MX, DIALECT_STALWART,
     POLICY_TYPE_STS, RESULT_VALIDATION_FAILURE, "MX not authorized by policy.", true},
    {"MX not in the policy", REASON_MTA_STS_INVALID_HOSTNAME, AT_MX, DIALECT_MICROSOFT,
     POLICY_TYPE_STS, RESULT_VALIDATION_FAILURE, "MX_HOSTS_MISMATCH", true},
    {"MX not in the policy", REASON_MTA_STS_INVALID_HOSTNAME, AT_MX, DIALECT_GOOGLE,
     POLICY_TYPE_STS, RESULT_VALIDATION_FAILURE, NULL, true},

    {"policy host's certificate", REASON_UNTRUSTED_CERTIFICATE, AT_POLICY_HOST, DIALECT_MOX,
     POLICY_TYPE_STS, RESULT_STS_WEBPKI_INVALID, NULL, true},
    {"policy host's certificate", REASON_CERTIFICATE_EXPIRED, AT_POLICY_HOST, DIALECT_STALWART,
     POLICY_TYPE_STS, RESULT_STS_POLICY_FETCH_ERROR, NULL, false},

    {"invalid TXT record", REASON_MTA_STS_POLICY_INVALID, AT_MX, DIALECT_MOX, POLICY_TYPE_STS,
     RESULT_STS_POLICY_FETCH_ERROR, NULL, false},
    {"invalid TXT record", REASON_MTA_STS_POLICY_INVALID, AT_MX, DIALECT_STALWART, POLICY_TYPE_STS,
     RESULT_STS_POLICY_FETCH_ERROR, NULL, false},

    {"TLSA SERVFAIL", REASON_DNS_TEMPORARY_FAILURE, AT_MX, DIALECT_MICROSOFT, POLICY_TYPE_TLSA,
     RESULT_DNSSEC_INVALID, NULL, false},
    {"TLSA SERVFAIL", REASON_DNS_TEMPORARY_FAILURE, AT_MX, DIALECT_EXIM, POLICY_TYPE_TLSA,
     RESULT_DNSSEC_INVALID, NULL, false},

    /* what is not in that table: codes of the samples, and RFC 8460 section 4.3 */
    {"no policy file", REASON_MTA_STS_POLICY_NOT_FOUND, AT_MX, DIALECT_MAIL_RU, POLICY_TYPE_STS,
     RESULT_STS_POLICY_FETCH_ERROR, "bad https response code: 404", true},
    {"a server error", REASON_MTA_STS_POLICY_FETCH_ERROR, AT_MX, DIALECT_MAIL_RU, POLICY_TYPE_STS,
     RESULT_STS_POLICY_FETCH_ERROR, "bad https response code: 500", true},
    {"a policy demanded", REASON_MTA_STS_POLICY_NOT_FOUND, AT_MX, DIALECT_STALWART, POLICY_TYPE_STS,
     RESULT_NONE, "MTA-STS is required and no policy was found.", true},
    {"no STARTTLS", REASON_MTA_STS_POLICY_UPGRADE, AT_MX, DIALECT_UNKNOWN, POLICY_TYPE_STS,
     RESULT_STARTTLS_NOT_SUPPORTED, NULL, true},
    {"no STARTTLS", REASON_STARTTLS_NOT_OFFERED, AT_MX, DIALECT_GOOGLE, POLICY_TYPE_NO_POLICY,
     RESULT_STARTTLS_NOT_SUPPORTED, NULL, true},
    {"another name", REASON_HOSTNAME_MISMATCH, AT_MX, DIALECT_UNKNOWN, POLICY_TYPE_STS,
     RESULT_CERTIFICATE_HOST_MISMATCH, NULL, true},
    {"expired", REASON_CERTIFICATE_EXPIRED, AT_MX, DIALECT_UNKNOWN, POLICY_TYPE_STS,
     RESULT_CERTIFICATE_EXPIRED, NULL, true},
    {"path length", REASON_UNTRUSTED_CERTIFICATE, AT_MX, DIALECT_UNKNOWN, POLICY_TYPE_STS,
     RESULT_VALIDATION_FAILURE, "X509_V_ERR_PATH_LENGTH_EXCEEDED", true},
    {"policy broken", REASON_MTA_STS_POLICY_INVALID, AT_MX, DIALECT_UNKNOWN, POLICY_TYPE_STS,
     RESULT_STS_POLICY_INVALID, NULL, true},
    {"TLSA broken", REASON_TLSA_UNUSABLE, AT_MX, DIALECT_UNKNOWN, POLICY_TYPE_TLSA,
     RESULT_TLSA_INVALID, NULL, true},
    {"bogus", REASON_DNSSEC_BOGUS, AT_MX, DIALECT_UNKNOWN, POLICY_TYPE_TLSA, RESULT_DNSSEC_INVALID,
     NULL, true},
    {"DANE demanded", REASON_DANE_REQUIRED, AT_MX, DIALECT_UNKNOWN, POLICY_TYPE_TLSA,
     RESULT_DANE_REQUIRED, NULL, true},
    {"our own word", REASON_NO_SHARED_CIPHER_SUITE, AT_MX, DIALECT_MXPROBE, POLICY_TYPE_STS,
     RESULT_VALIDATION_FAILURE, "no_shared_cipher_suite", true},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tlsrpt_failure failure = {.type = rows[i].type, .reason_code = (char *)rows[i].code};
        struct dialect_cause cause = {rows[i].reason, rows[i].place == AT_POLICY_HOST};
        struct dialect_cause causes[DIALECT_CAUSES_MAX];
        CASE_CHECK(rows[i].condition,
                   dialect_means(rows[i].dialect, rows[i].policy, &failure, cause));
        size_t n = dialect_causes(rows[i].dialect, rows[i].policy, &failure, causes);
        CASE_CHECK(rows[i].condition, n > 0 && n <= DIALECT_CAUSES_MAX);
        CASE_CHECK(rows[i].condition,
                   (causes[0].reason == cause.reason &&
                    causes[0].at_policy_host == cause.at_policy_host) == rows[i].first);
    }
}

/* A name does not stand for what its sender calls otherwise. */
static void test_what_is_not_meant(void **state)
{
    static const struct {
        const char *name;
        enum reason reason;
        enum place place;
        enum dialect dialect;
        enum policy_type policy;
        enum result_type type;
        const char *code;
    } others[] = {
        {"Postfix has its own word for a self-signed one", REASON_UNTRUSTED_CERTIFICATE, AT_MX,
         DIALECT_POSTFIX, POLICY_TYPE_TLSA, RESULT_CERTIFICATE_NOT_TRUSTED, NULL},
        {"mox tells the policy host's certificate apart", REASON_CERTIFICATE_EXPIRED,
         AT_POLICY_HOST, DIALECT_MOX, POLICY_TYPE_STS, RESULT_STS_POLICY_FETCH_ERROR, NULL},
        {"the MX host's certificate is not the policy host's", REASON_UNTRUSTED_CERTIFICATE, AT_MX,
         DIALECT_MOX, POLICY_TYPE_STS, RESULT_STS_WEBPKI_INVALID, NULL},
        {"Google does not call that expired", REASON_CERTIFICATE_NOT_VALID_YET, AT_MX,
         DIALECT_GOOGLE, POLICY_TYPE_STS, RESULT_CERTIFICATE_EXPIRED, NULL},
        {"a code says which", REASON_HANDSHAKE_FAILURE, AT_MX, DIALECT_MOX, POLICY_TYPE_STS,
         RESULT_VALIDATION_FAILURE, "mtasts-policy-mx-mismatch"},
        {"a mismatch of names is not one of the policy, but for Postfix",
         REASON_MTA_STS_INVALID_HOSTNAME, AT_MX, DIALECT_GOOGLE, POLICY_TYPE_STS,
         RESULT_CERTIFICATE_HOST_MISMATCH, NULL},
        {"a word that nobody knows", REASON_HANDSHAKE_FAILURE, AT_MX, DIALECT_UNKNOWN,
         POLICY_TYPE_STS, RESULT_NONE, "tls-handshake-failure"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(others); i++) {
        struct tlsrpt_failure failure = {.type = others[i].type,
                                         .reason_code = (char *)others[i].code};
        struct dialect_cause cause = {others[i].reason, others[i].place == AT_POLICY_HOST};
        CASE_CHECK(others[i].name,
                   !dialect_means(others[i].dialect, others[i].policy, &failure, cause));
    }
}

/* Every result type has a meaning for every sender under every policy. */
static void test_no_result_type_is_left_out(void **state)
{
    struct dialect_cause causes[DIALECT_CAUSES_MAX];

    (void)state;
    for (int type = RESULT_NONE + 1; type <= RESULT_DANE_REQUIRED; type++) {
        struct tlsrpt_failure failure = {.type = (enum result_type)type};
        for (int dialect = 0; dialect < DIALECT_COUNT; dialect++)
            for (int policy = POLICY_TYPE_NONE; policy <= POLICY_TYPE_TLSA; policy++)
                CASE_CHECK(result_type_text((enum result_type)type),
                           dialect_causes((enum dialect)dialect, (enum policy_type)policy, &failure,
                                          causes) > 0);
    }
}

static void test_words(void **state)
{
    struct tlsrpt_failure failure = {.result_type = (char *)"certificate-expired",
                                     .type = RESULT_CERTIFICATE_EXPIRED,
                                     .mx = (char *)"mx1.example.net"};
    struct tlsrpt_failure strange = {.result_type = (char *)"\x1b[2J", .type = RESULT_NONE};
    struct tlsrpt_policy policy = {.type = POLICY_TYPE_STS, .policy_domain = (char *)"example.net"};
    char *explanation = NULL, *fix = NULL;

    (void)state;
    assert_int_equal(dialect_explain(DIALECT_MOX, &policy, &failure, &explanation, &fix), 0);
    assert_non_null(strstr(explanation, "A certificate of the chain has ended."));
    assert_non_null(strstr(explanation, "mox"));
    assert_non_null(strstr(explanation, "certificate_not_valid_yet"));
    assert_non_null(strstr(fix, "mx1.example.net"));
    free(explanation);
    free(fix);
    assert_int_equal(dialect_explain(DIALECT_UNKNOWN, &policy, &strange, &explanation, &fix), 0);
    assert_null(strchr(explanation, '\x1b'));
    free(explanation);
    free(fix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_wrote_it),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_what_is_not_meant),
        cmocka_unit_test(test_no_result_type_is_left_out),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
