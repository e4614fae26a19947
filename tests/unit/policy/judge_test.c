/* What the parts of the judgement share: faults by verify error, sessions by problem, findings. */
#include "case.h"

#include <openssl/x509_vfy.h>

#include "policy/judge.h"

/* --- rows 41 to 52 ---------------------------------------------------------------------------- */

static const struct {
    const char *row, *name;
    int code, depth;
    enum reason reason;
    enum result_type type;
} fault_cases[] = {
#define FAULT(row, code, depth, reason, type)                                            \
    {                                                                                    \
        row, #code, X509_V_ERR_##code, depth, REASON_##reason, RESULT_CERTIFICATE_##type \
    }
    FAULT("41", CERT_HAS_EXPIRED, 0, CERTIFICATE_EXPIRED, EXPIRED),
    FAULT("41", CERT_HAS_EXPIRED, 1, CERTIFICATE_EXPIRED, EXPIRED),
    FAULT("42", CERT_NOT_YET_VALID, 0, CERTIFICATE_NOT_VALID_YET, NOT_TRUSTED),
    FAULT("43", CERT_REVOKED, 0, CERTIFICATE_REVOKED, NOT_TRUSTED),
    FAULT("43", CERT_REVOKED, 1, CERTIFICATE_REVOKED, NOT_TRUSTED),
    FAULT("45", DEPTH_ZERO_SELF_SIGNED_CERT, 0, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", SELF_SIGNED_CERT_IN_CHAIN, 2, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", UNABLE_TO_GET_ISSUER_CERT, 1, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", UNABLE_TO_VERIFY_LEAF_SIGNATURE, 0, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", INVALID_CA, 1, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", PATH_LENGTH_EXCEEDED, 2, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", CERT_CHAIN_TOO_LONG, 9, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", KEYUSAGE_NO_CERTSIGN, 1, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", PERMITTED_VIOLATION, 0, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", EXCLUDED_VIOLATION, 0, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", INVALID_PURPOSE, 1, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("45", INVALID_PURPOSE, 2, UNTRUSTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("49", CERT_SIGNATURE_FAILURE, 0, NO_VALID_SIGNATURE, NOT_TRUSTED),
    FAULT("49", UNABLE_TO_DECRYPT_CERT_SIGNATURE, 0, NO_VALID_SIGNATURE, NOT_TRUSTED),
    FAULT("49", SIGNATURE_ALGORITHM_MISMATCH, 0, NO_VALID_SIGNATURE, NOT_TRUSTED),
    FAULT("50", EE_KEY_TOO_SMALL, 0, UNSUPPORTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("50", CA_KEY_TOO_SMALL, 1, UNSUPPORTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("50", CA_MD_TOO_WEAK, 0, UNSUPPORTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("50", UNSUPPORTED_SIGNATURE_ALGORITHM, 0, UNSUPPORTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("50", EC_KEY_EXPLICIT_PARAMS, 0, UNSUPPORTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("50", INVALID_PURPOSE, 0, UNSUPPORTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("50", UNHANDLED_CRITICAL_EXTENSION, 0, UNSUPPORTED_CERTIFICATE, NOT_TRUSTED),
    FAULT("52", HOSTNAME_MISMATCH, 0, HOSTNAME_MISMATCH, HOST_MISMATCH),
#undef FAULT
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fault_cases); i++) {
        struct certificate_fault fault =
            judge_certificate_fault(fault_cases[i].code, fault_cases[i].depth);
        CASE_CHECK(fault_cases[i].name, strcmp(fault.row, fault_cases[i].row) == 0);
        CASE_CHECK(fault_cases[i].name, fault.reason == fault_cases[i].reason);
        CASE_CHECK(fault_cases[i].name, fault.result_type == fault_cases[i].type);
    }
}

/* --- what a session amounts to ---------------------------------------------------------------- */

enum tls { WITHOUT, WITH, ANONYMOUS };

static const struct {
    const char *name;
    enum smtp_problem problem;
    enum smtp_stage stage;
    enum tls tls;
    enum session_class class;
} session_cases[] = {
    {"TLS came up", SMTP_FINE, SMTP_STAGE_DONE, WITH, SESSION_TLS},
    {"row 10", SMTP_FINE, SMTP_STAGE_EHLO, WITHOUT, SESSION_NO_TLS},
    {"row 11, refused", SMTP_FINE, SMTP_STAGE_STARTTLS, WITHOUT, SESSION_NO_TLS},
    {"row 11, silence", SMTP_STARTTLS_UNANSWERED, SMTP_STAGE_STARTTLS, WITHOUT, SESSION_NO_TLS},
    {"row 13", SMTP_PLAINTEXT_AFTER_220, SMTP_STAGE_HANDSHAKE, WITHOUT, SESSION_NO_TLS},
    {"rows 15 to 27", SMTP_TLS_FAILED, SMTP_STAGE_HANDSHAKE, WITHOUT, SESSION_NO_TLS},
    {"row 23", SMTP_FINE, SMTP_STAGE_DONE, ANONYMOUS, SESSION_NO_TLS},
    {"row 7, banner", SMTP_TEMPORARY_REPLY, SMTP_STAGE_BANNER, WITHOUT, SESSION_PUT_OFF},
    {"row 7, 421 to STARTTLS", SMTP_TEMPORARY_REPLY, SMTP_STAGE_STARTTLS, WITHOUT, SESSION_PUT_OFF},
    {"row 8", SMTP_PERMANENT_REPLY, SMTP_STAGE_BANNER, WITHOUT, SESSION_PUT_OFF},
    {"row 8b", SMTP_PERMANENT_REPLY, SMTP_STAGE_EHLO, WITHOUT, SESSION_UNREACHED},
    {"row 6, refused", SMTP_CONNECTION_REFUSED, SMTP_STAGE_CONNECT, WITHOUT, SESSION_UNREACHED},
    {"row 6, unreachable", SMTP_UNREACHABLE, SMTP_STAGE_CONNECT, WITHOUT, SESSION_UNREACHED},
    {"row 6, time-out", SMTP_TIMED_OUT, SMTP_STAGE_CONNECT, WITHOUT, SESSION_UNREACHED},
    {"row 8a, silence", SMTP_TIMED_OUT, SMTP_STAGE_EHLO, WITHOUT, SESSION_UNREACHED},
    {"row 8a, close", SMTP_CLOSED, SMTP_STAGE_BANNER, WITHOUT, SESSION_UNREACHED},
    {"row 8a, malformed", SMTP_MALFORMED, SMTP_STAGE_BANNER, WITHOUT, SESSION_UNREACHED},
    {"row 8c, silence", SMTP_TIMED_OUT, SMTP_STAGE_TLS_EHLO, WITH, SESSION_TLS},
    {"row 8c, close", SMTP_CLOSED, SMTP_STAGE_TLS_EHLO, WITH, SESSION_TLS},
    {"row 8c, malformed", SMTP_MALFORMED, SMTP_STAGE_TLS_EHLO, WITH, SESSION_TLS},
    {"row 8c, 5xx", SMTP_PERMANENT_REPLY, SMTP_STAGE_TLS_EHLO, WITH, SESSION_TLS},
    {"row 77", SMTP_OURS, SMTP_STAGE_CONNECT, WITHOUT, SESSION_UNREACHED},
    {"row 77, interrupted", SMTP_INTERRUPTED, SMTP_STAGE_BANNER, WITHOUT, SESSION_UNREACHED},
    {"row 77a", SMTP_FAMILY_UNAVAILABLE, SMTP_STAGE_CONNECT, WITHOUT, SESSION_UNREACHED},
    {"row 78", SMTP_TARGET_REFUSED, SMTP_STAGE_CONNECT, WITHOUT, SESSION_UNREACHED},
    {"row 78, excluded", SMTP_TARGET_EXCLUDED, SMTP_STAGE_CONNECT, WITHOUT, SESSION_UNREACHED},
};

static void test_sessions(void **state)
{
    struct tls_facts with = {.n_chain = 1}, anonymous = {.n_chain = 0};

    (void)state;
    for (size_t i = 0; i < COUNT(session_cases); i++) {
        enum tls tls = session_cases[i].tls;
        enum session_class class = session_cases[i].class;
        const struct smtp_facts facts = {.problem = session_cases[i].problem,
                                         .stage = session_cases[i].stage,
                                         .starttls = tls == WITHOUT ? SMTP_STARTTLS_NOT_TRIED
                                                                    : SMTP_STARTTLS_ACCEPTED,
                                         .tls = tls == WITH        ? &with
                                                : tls == ANONYMOUS ? &anonymous
                                                                   : NULL};
        CASE_CHECK(session_cases[i].name, judge_session_class(&facts) == class);
        CASE_CHECK(session_cases[i].name, judge_session_judged(&facts) ==
                                              (class == SESSION_TLS || class == SESSION_NO_TLS));
    }
}

/* Row 12: TLS that came by our own experiment is none for a sender. */
static void test_stripped(void **state)
{
    struct tls_facts tls = {.n_chain = 1};
    const struct smtp_facts facts = {.problem = SMTP_FINE,
                                     .stage = SMTP_STAGE_EHLO,
                                     .starttls = SMTP_STARTTLS_NOT_OFFERED,
                                     .tls = &tls};

    (void)state;
    assert_int_equal(judge_session_class(&facts), SESSION_NO_TLS);
}

/* --- policies and severity -------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum sts_policy_status status;
    enum sts_mode mode;
    enum dane_status dane;
    size_t n;
    enum policy_type types[2];
} policy_cases[] = {
    {"no policy", STS_POLICY_NOT_FETCHED, STS_MODE_NONE, DANE_ABSENT, 1, {POLICY_TYPE_NO_POLICY}},
    {"mode none", STS_POLICY_VALID, STS_MODE_NONE, DANE_INSECURE, 1, {POLICY_TYPE_NO_POLICY}},
    {"testing is in force", STS_POLICY_VALID, STS_MODE_TESTING, DANE_ABSENT, 1, {POLICY_TYPE_STS}},
    {"enforce", STS_POLICY_VALID, STS_MODE_ENFORCE, DANE_ERROR, 1, {POLICY_TYPE_STS}},
    {"not fetched",
     STS_POLICY_FETCH_ERROR,
     STS_MODE_ENFORCE,
     DANE_ABSENT,
     1,
     {POLICY_TYPE_NO_POLICY}},
    {"invalid", STS_POLICY_INVALID, STS_MODE_ENFORCE, DANE_ABSENT, 1, {POLICY_TYPE_NO_POLICY}},
    {"bad policy host",
     STS_POLICY_WEBPKI_INVALID,
     STS_MODE_ENFORCE,
     DANE_USABLE,
     1,
     {POLICY_TYPE_TLSA}},
    {"usable TLSA", STS_POLICY_NOT_FETCHED, STS_MODE_NONE, DANE_USABLE, 1, {POLICY_TYPE_TLSA}},
    {"unusable TLSA",
     STS_POLICY_NOT_FETCHED,
     STS_MODE_NONE,
     DANE_UNUSABLE,
     1,
     {POLICY_TYPE_NO_POLICY}},
    {"both",
     STS_POLICY_VALID,
     STS_MODE_ENFORCE,
     DANE_USABLE,
     2,
     {POLICY_TYPE_STS, POLICY_TYPE_TLSA}},
};

static void test_policies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(policy_cases); i++) {
        struct host_verdict host = {.dane = policy_cases[i].dane};
        struct verdict verdict = {.sts_status = policy_cases[i].status,
                                  .policy = {.mode = policy_cases[i].mode},
                                  .hosts = &host,
                                  .n_hosts = 1};
        const struct judge judge = {.verdict = &verdict};
        enum policy_type types[2];
        bool sts = policy_cases[i].types[0] == POLICY_TYPE_STS;

        CASE_CHECK(policy_cases[i].name, judge_policies(&judge, 0, types) == policy_cases[i].n);
        for (size_t j = 0; j < policy_cases[i].n; j++)
            CASE_CHECK(policy_cases[i].name, types[j] == policy_cases[i].types[j]);
        CASE_CHECK(policy_cases[i].name, judge_sts_in_force(&verdict) == sts);
    }
    assert_int_equal(judge_severity(POLICY_TYPE_NO_POLICY), SEVERITY_WARNING);
    assert_int_equal(judge_severity(POLICY_TYPE_STS), SEVERITY_FAIL);
    assert_int_equal(judge_severity(POLICY_TYPE_TLSA), SEVERITY_FAIL);
}

/* --- findings --------------------------------------------------------------------------------- */

struct bench {
    char domain[16], host_name[24];
    struct domain_facts facts;
    struct host_facts host;
    struct smtp_facts endpoint;
    struct judge_options options;
    struct verdict verdict;
    struct judge judge;
};

static void bench_init(struct bench *bench)
{
    *bench = (struct bench){
        .domain = "example.test",
        .host_name = "mx.example.test",
        .options = {.at_s = 1795507200, .expiry_warn_days = 21, .expiry_crit_days = -1}};
    bench->facts.domain = bench->domain;
    bench->host.host = bench->host_name;
    assert_true(dns_address_parse("2001:DB8::0:1", &bench->endpoint.address));
    bench->judge = (struct judge){
        .facts = &bench->facts, .options = &bench->options, .verdict = &bench->verdict};
}

static const struct {
    const char *fix;
    bool host, endpoint;
    const char *filled;
} fix_cases[] = {
    {"Look at {mx}.", true, true, "Look at mx.example.test."},
    {"{mx} at {ip}, {domain}", true, true, "mx.example.test at 2001:db8::1, example.test"},
    {"{domain}{domain}", false, false, "example.testexample.test"},
    {"{mx} and {ip}", false, false, "the host and the host"},
    {"{mx} and {ip}", true, false, "mx.example.test and the host"},
    {"no key", true, true, "no key"},
    {"{unknown} { } {m", true, true, "{unknown} { } {m"},
};

static void test_fix(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fix_cases); i++) {
        struct bench bench;
        bench_init(&bench);
        const struct note note = {.row = "20",
                                  .severity = SEVERITY_FAIL,
                                  .result_type = RESULT_VALIDATION_FAILURE,
                                  .reason = REASON_HANDSHAKE_FAILURE,
                                  .policy_type = POLICY_TYPE_STS,
                                  .stage = STAGE_HANDSHAKE,
                                  .host = fix_cases[i].host ? &bench.host : NULL,
                                  .endpoint = fix_cases[i].endpoint ? &bench.endpoint : NULL,
                                  .fix = fix_cases[i].fix};

        judge_add(&bench.judge, &note, "%s %d", "detail", 7);
        assert_int_equal(bench.verdict.n_findings, 1);
        const struct finding *finding = &bench.verdict.findings[0];
        assert_string_equal(finding->fix, fix_cases[i].filled);
        assert_string_equal(finding->detail, "detail 7");
        assert_string_equal(finding->row, "20");
        assert_int_equal(finding->severity, SEVERITY_FAIL);
        assert_int_equal(finding->result_type, RESULT_VALIDATION_FAILURE);
        assert_int_equal(finding->reason, REASON_HANDSHAKE_FAILURE);
        assert_int_equal(finding->policy_type, POLICY_TYPE_STS);
        assert_int_equal(finding->stage, STAGE_HANDSHAKE);
        assert_int_equal(finding->mx != NULL, fix_cases[i].host);
        assert_int_equal(finding->ip != NULL, fix_cases[i].endpoint);
        assert_false(bench.judge.no_memory);
        verdict_clear(&bench.verdict);
    }
}

/* Where the note has no fix of its own it is the reason's. */
static void test_fix_of_the_reason(void **state)
{
    struct bench bench;
    const struct note note = {.row = "2", .reason = REASON_NULL_MX};

    (void)state;
    bench_init(&bench);
    for (size_t i = 0; i < 100; i++)
        judge_add(&bench.judge, &note, "%zu", i);
    assert_int_equal(bench.verdict.n_findings, 100);
    assert_string_equal(bench.verdict.findings[99].detail, "99");
    assert_non_null(strstr(bench.verdict.findings[0].fix, "example.test"));
    verdict_clear(&bench.verdict);
}

/* --- row 76 ----------------------------------------------------------------------------------- */

enum { DAY_S = 86400 };

static const struct {
    const char *name;
    int warn_days, crit_days;
    int64_t left_s;
    int findings;
    enum severity severity;
} expiry_cases[] = {
    {"a month left", 21, -1, 30 * DAY_S, 0, SEVERITY_INFO},
    {"a second more than the days", 21, -1, 21 * DAY_S + 1, 0, SEVERITY_INFO},
    {"a second less than the days", 21, -1, 21 * DAY_S - 1, 1, SEVERITY_WARNING},
    {"an hour left", 21, -1, 3600, 1, SEVERITY_WARNING},
    {"has ended: that is row 41", 21, 7, -1, 0, SEVERITY_INFO},
    {"both, between them", 21, 7, 14 * DAY_S, 1, SEVERITY_WARNING},
    {"both, within the second", 21, 7, 6 * DAY_S, 1, SEVERITY_FAIL},
    {"the failure alone", -1, 7, 6 * DAY_S, 1, SEVERITY_FAIL},
    {"the failure alone, not yet", -1, 7, 8 * DAY_S, 0, SEVERITY_INFO},
    {"both off", -1, -1, 1, 0, SEVERITY_INFO},
    {"the failure comes before the warning", 7, 21, 14 * DAY_S, 1, SEVERITY_FAIL},
};

static void test_expiry(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(expiry_cases); i++) {
        struct bench bench;
        bench_init(&bench);
        const struct note note = {.stage = STAGE_CERTIFICATE, .host = &bench.host};
        const char *name = expiry_cases[i].name;

        bench.options.expiry_warn_days = expiry_cases[i].warn_days;
        bench.options.expiry_crit_days = expiry_cases[i].crit_days;
        judge_expiry(&bench.judge, &note, bench.options.at_s + expiry_cases[i].left_s);
        CASE_CHECK(name, (int)bench.verdict.n_findings == expiry_cases[i].findings);
        if (expiry_cases[i].findings) {
            const struct finding *finding = &bench.verdict.findings[0];
            CASE_CHECK(name, strcmp(finding->row, "76") == 0);
            CASE_CHECK(name, finding->severity == expiry_cases[i].severity);
            CASE_CHECK(name, finding->reason == REASON_CERTIFICATE_EXPIRES_SOON);
            CASE_CHECK(name, finding->result_type == RESULT_NONE);
            CASE_CHECK(name, finding->policy_type == POLICY_TYPE_NONE);
        }
        verdict_clear(&bench.verdict);
    }
}

static void test_expiry_without_a_path(void **state)
{
    struct bench bench;
    const struct note note = {.stage = STAGE_CERTIFICATE};

    (void)state;
    bench_init(&bench);
    judge_expiry(&bench.judge, &note, 0);
    assert_int_equal(bench.verdict.n_findings, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),   cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_stripped), cmocka_unit_test(test_policies),
        cmocka_unit_test(test_fix),      cmocka_unit_test(test_fix_of_the_reason),
        cmocka_unit_test(test_expiry),   cmocka_unit_test(test_expiry_without_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
