/* CONTRACT of `mxprobe lint`: 0 valid, 1 valid with warnings, 2 invalid. */
#include "case.h"

#include "policy/lint.h"

#define SHA256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA512 SHA256 SHA256
#define OWNER "_25._tcp.mx.example."
#define POLICY(mode, rest) "version: STSv1\nmode: " mode "\n" rest

static const struct {
    const char *name;
    enum lint_kind kind;
    const char *text;
    enum lint_outcome outcome;
    /* One message that must be there, with its severity and line; NULL when there must be none. */
    const char *says;
    enum lint_severity severity;
    size_t line;
} cases[] = {
    {"record", LINT_STS_RECORD, "v=STSv1; id=1;", LINT_VALID, NULL, LINT_INFO, 0},
    {"record and newline", LINT_STS_RECORD, "v=STSv1; id=1;\n", LINT_VALID, NULL, LINT_INFO, 0},
    {"record and CR LF", LINT_STS_RECORD, "v=STSv1; id=1\r\n", LINT_VALID, NULL, LINT_INFO, 0},
    {"record and two newlines", LINT_STS_RECORD, "v=STSv1; id=1\n\n", LINT_INVALID, "id",
     LINT_ERROR, 0},
    {"record with bad id", LINT_STS_RECORD, "v=STSv1; id=2024-01-01", LINT_INVALID, "letters",
     LINT_ERROR, 0},
    {"record that senders read differently", LINT_STS_RECORD, "v=STSv1 ; id=1", LINT_WARNED,
     "white space", LINT_WARNING, 0},
    {"no record", LINT_STS_RECORD, "v=spf1 -all", LINT_INVALID, "v=STSv1", LINT_ERROR, 0},
    {"quoted record", LINT_STS_RECORD, "\"v=STSv1; id=1;\"", LINT_INVALID, "quote", LINT_ERROR, 0},
    {"empty record", LINT_STS_RECORD, "", LINT_INVALID, "empty", LINT_ERROR, 0},
    {"only a newline", LINT_STS_RECORD, "\n", LINT_INVALID, "empty", LINT_ERROR, 0},

    {"reporting", LINT_TLSRPT_RECORD, "v=TLSRPTv1; rua=mailto:a@b.example\n", LINT_VALID, NULL,
     LINT_INFO, 0},
    {"reporting without rua", LINT_TLSRPT_RECORD, "v=TLSRPTv1;", LINT_INVALID, "rua", LINT_ERROR,
     0},
    {"reporting by http", LINT_TLSRPT_RECORD, "v=TLSRPTv1; rua=http://a.example", LINT_INVALID,
     "mailto", LINT_ERROR, 0},
    {"no reporting", LINT_TLSRPT_RECORD, "x", LINT_INVALID, "v=TLSRPTv1", LINT_ERROR, 0},

    {"policy", LINT_STS_POLICY, POLICY("enforce", "mx: a.example\nmax_age: 604800\n"), LINT_VALID,
     NULL, LINT_INFO, 0},
    {"policy in test", LINT_STS_POLICY, POLICY("testing", "mx: a.example\nmax_age: 604800\n"),
     LINT_VALID, "testing", LINT_INFO, 0},
    {"policy with blank line", LINT_STS_POLICY,
     POLICY("enforce", "\nmx: a.example\nmax_age: 604800\n"), LINT_INVALID, "lenient", LINT_ERROR,
     3},
    {"policy without mx", LINT_STS_POLICY, POLICY("enforce", "max_age: 604800\n"), LINT_INVALID,
     "no mx", LINT_ERROR, 0},
    {"empty policy", LINT_STS_POLICY, "", LINT_INVALID, "empty", LINT_ERROR, 0},
    {"max_age of a day", LINT_STS_POLICY, POLICY("enforce", "mx: a.example\nmax_age: 86400\n"),
     LINT_VALID, NULL, LINT_INFO, 0},
    {"max_age under a day", LINT_STS_POLICY, POLICY("enforce", "mx: a.example\nmax_age: 86399\n"),
     LINT_WARNED, "under a day", LINT_WARNING, 0},
    {"max_age over a year", LINT_STS_POLICY,
     POLICY("enforce", "mx: a.example\nmax_age: 31557601\n"), LINT_WARNED, "over a year",
     LINT_WARNING, 0},
    {"policy on its way out", LINT_STS_POLICY, POLICY("none", "max_age: 60\n"), LINT_VALID, NULL,
     LINT_INFO, 0},
    {"mx that nobody reads", LINT_STS_POLICY, POLICY("none", "mx: a.example\nmax_age: 86400\n"),
     LINT_WARNED, "mode none", LINT_WARNING, 0},
    {"address for a pattern", LINT_STS_POLICY,
     POLICY("enforce", "mx: 192.0.2.1\nmax_age: 604800\n"), LINT_WARNED, "192.0.2.1", LINT_WARNING,
     0},
    {"A-label that is none", LINT_STS_POLICY,
     POLICY("enforce", "mx: *.xn--a.example\nmax_age: 604800\n"), LINT_WARNED, "xn--a",
     LINT_WARNING, 0},
    {"A-label that is one", LINT_STS_POLICY,
     POLICY("enforce", "mx: mx.xn--bcher-kva.example\nmax_age: 604800\n"), LINT_VALID, NULL,
     LINT_INFO, 0},
    {"pattern of one label", LINT_STS_POLICY, POLICY("enforce", "mx: *.com\nmax_age: 604800\n"),
     LINT_WARNED, "single label", LINT_WARNING, 0},
    {"pattern twice", LINT_STS_POLICY,
     POLICY("enforce", "mx: a.example\nmx: A.example\nmax_age: 604800\n"), LINT_VALID, "twice",
     LINT_INFO, 0},

    {"3 1 1", LINT_TLSA, "3 1 1 " SHA256 "\n", LINT_VALID, NULL, LINT_INFO, 0},
    {"2 1 1", LINT_TLSA, "2 1 1 " SHA256 "\n", LINT_VALID, NULL, LINT_INFO, 0},
    {"comments and blank lines", LINT_TLSA, "# now\n\n  # and\r\n3 1 1 " SHA256, LINT_VALID, NULL,
     LINT_INFO, 0},
    {"record with owner", LINT_TLSA, OWNER " IN TLSA 3 1 1 " SHA256, LINT_VALID, NULL, LINT_INFO,
     0},
    {"3 0 1", LINT_TLSA, "3 0 1 " SHA256, LINT_VALID, "renewal", LINT_INFO, 1},
    {"3 1 2", LINT_TLSA, "3 1 2 " SHA512, LINT_VALID, "SHA-512", LINT_INFO, 1},
    {"usage 1 alone", LINT_TLSA, "1 1 1 " SHA256, LINT_INVALID, "usable", LINT_ERROR, 0},
    {"usage 1 beside 3", LINT_TLSA, "3 1 1 " SHA256 "\n1 1 1 " SHA256, LINT_WARNED, "sender",
     LINT_WARNING, 2},
    {"usage 0 beside 3", LINT_TLSA, "0 0 1 " SHA256 "\n3 1 1 " SHA256, LINT_WARNED, "sender",
     LINT_WARNING, 1},
    {"digest of a wrong length", LINT_TLSA, "3 1 1 " SHA512, LINT_INVALID, "sender", LINT_WARNING,
     1},
    {"SHA-512 of a wrong length beside a good one", LINT_TLSA, "3 1 2 " SHA256 "\n3 1 1 " SHA256,
     LINT_WARNED, "sender", LINT_WARNING, 1},
    {"unknown selector beside a good one", LINT_TLSA, "3 2 1 " SHA256 "\n3 1 1 " SHA256,
     LINT_WARNED, "sender", LINT_WARNING, 1},
    {"usable at one name, not at another", LINT_TLSA,
     OWNER " TLSA 3 1 1 " SHA256 "\n_25._tcp.b.example. TLSA 1 1 1 " SHA256, LINT_INVALID,
     "b.example", LINT_ERROR, 0},
    {"one name in two cases", LINT_TLSA,
     OWNER " TLSA 3 1 1 " SHA256 "\n_25._TCP.MX.example. TLSA 1 1 1 " SHA256, LINT_WARNED, "sender",
     LINT_WARNING, 2},
    {"malformed line", LINT_TLSA, "3 1 1 " SHA256 "\n3 1 1 xyz", LINT_INVALID, "hexadecimal",
     LINT_ERROR, 2},
    {"no record at all", LINT_TLSA, "# nothing\n", LINT_INVALID, "no TLSA record", LINT_ERROR, 0},
    {"empty input", LINT_TLSA, "", LINT_INVALID, "no TLSA record", LINT_ERROR, 0},
    {"record over several lines", LINT_TLSA,
     OWNER " IN TLSA ( 3 1 1 ; now\n\t" SHA256 "\n) ; (\n3 1 1 " SHA256 "\n", LINT_VALID, NULL,
     LINT_INFO, 0},
    {"malformed behind a record over several lines", LINT_TLSA,
     "3 1 1 (\n" SHA256 "\n)\n3 1 1 xyz\n", LINT_INVALID, "hexadecimal", LINT_ERROR, 4},
    {"parenthesis that is never closed", LINT_TLSA, "3 1 1 ( " SHA256 "\n3 1 1 " SHA256 "\n",
     LINT_INVALID, "parentheses", LINT_ERROR, 1},
    {"parenthesis in a comment", LINT_TLSA, "# (\n ; (\n3 1 1 " SHA256 " ; (\n3 1 1 " SHA256,
     LINT_VALID, NULL, LINT_INFO, 0},
    {"record in the generic form", LINT_TLSA, OWNER " IN TYPE52 \\# 35 030101" SHA256, LINT_VALID,
     NULL, LINT_INFO, 0},
    {"record in the generic form, usage 1", LINT_TLSA, OWNER " TYPE52 \\# 35 010101" SHA256,
     LINT_INVALID, "usable", LINT_ERROR, 0},
    {"owner without port", LINT_TLSA, "mx.example. TLSA 3 1 1 " SHA256, LINT_INVALID, "no port",
     LINT_ERROR, 1},
    {"owner with port 0", LINT_TLSA, "_0._tcp.mx. TLSA 3 1 1 " SHA256, LINT_INVALID, "no port",
     LINT_ERROR, 1},
    {"owner with port 65536", LINT_TLSA, "_65536._tcp.mx. TLSA 3 1 1 " SHA256, LINT_INVALID,
     "no port", LINT_ERROR, 1},
    {"owner with UDP", LINT_TLSA, "_25._udp.mx. TLSA 3 1 1 " SHA256, LINT_INVALID, "TCP",
     LINT_ERROR, 1},
    {"owner without host", LINT_TLSA, "_25._tcp. TLSA 3 1 1 " SHA256, LINT_INVALID, "host",
     LINT_ERROR, 1},
    {"owner of another port", LINT_TLSA, "_465._tcp.mx. TLSA 3 1 1 " SHA256, LINT_WARNED, "465",
     LINT_WARNING, 1},
};

static bool has_message(const struct lint_result *result, size_t i)
{
    for (size_t m = 0; m < result->n_messages; m++) {
        const struct lint_message *message = &result->messages[m];
        if (message->severity == cases[i].severity && message->line == cases[i].line &&
            strstr(message->text, cases[i].says))
            return true;
    }
    return false;
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct lint_result result;
        const char *name = cases[i].name, *text = cases[i].text;
        assert_int_equal(lint_judge(cases[i].kind, (const uint8_t *)text, strlen(text), &result),
                         0);
        const char *first = result.n_messages ? result.messages[0].text : "no message";
        if (result.outcome != cases[i].outcome)
            fail_msg("%s: outcome %d, %s", name, (int)result.outcome, first);
        if (cases[i].says ? !has_message(&result, i) : result.n_messages > 0)
            fail_msg("%s: %s", name, first);
        CASE_CHECK(name, result.kind == cases[i].kind);
        lint_result_clear(&result);
    }
}

static void test_full_value_is_unwise(void **state)
{
    (void)state;
    /* The SubjectPublicKeyInfo of an Ed25519 key (RFC 8410 section 10.1). */
    static const char text[] =
        "3 1 0 302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad7031"
        "66e1\n";
    struct lint_result result;
    assert_int_equal(lint_judge(LINT_TLSA, BYTES(text), &result), 0);
    assert_int_equal(result.outcome, LINT_WARNED);
    assert_int_equal(result.n_messages, 1);
    assert_non_null(strstr(result.messages[0].text, "whole key"));
    lint_result_clear(&result);
}

static void test_policy_over_the_limit(void **state)
{
    (void)state;
    const size_t limit = 65536;
    uint8_t *body = malloc(limit + 1);
    struct lint_result result;
    assert_non_null(body);
    memset(body, 'a', limit + 1);
    assert_int_equal(lint_judge(LINT_STS_POLICY, body, limit + 1, &result), 0);
    assert_int_equal(result.outcome, LINT_INVALID);
    assert_non_null(strstr(result.messages[0].text, "65537 bytes"));
    lint_result_clear(&result);
    assert_int_equal(lint_judge(LINT_STS_POLICY, body, limit, &result), 0);
    assert_null(strstr(result.messages[0].text, "bytes"));
    lint_result_clear(&result);
    free(body);
}

static void test_nul_hides_nothing(void **state)
{
    (void)state;
    struct lint_result result;
    assert_int_equal(lint_judge(LINT_TLSA, BYTES("3 1 1 " SHA256 "\0nonsense\n"), &result), 0);
    assert_int_equal(result.outcome, LINT_INVALID);
    lint_result_clear(&result);
}

static void test_messages_are_bounded(void **state)
{
    (void)state;
    const size_t lines = 5000;
    struct lint_result result;
    char *text = malloc(2 * lines + 1), *at = text;
    assert_non_null(text);
    for (size_t i = 0; i < lines; i++)
        at = stpcpy(at, "x\n");
    assert_int_equal(lint_judge(LINT_TLSA, (uint8_t *)text, 2 * lines, &result), 0);
    assert_int_equal(result.outcome, LINT_INVALID);
    assert_in_range(result.n_messages, 1, 1000);
    lint_result_clear(&result);
    free(text);
}

static void test_kind_words(void **state)
{
    (void)state;
    static const char *const words[] = {"sts-record", "sts-policy", "tlsrpt-record", "tlsa"};
    enum lint_kind kind;
    for (size_t i = 0; i < COUNT(words); i++) {
        assert_int_equal(lint_kind_parse(words[i], &kind), 0);
        assert_string_equal(lint_kind_text(kind), words[i]);
    }
    assert_int_equal(lint_kind_parse("dmarc", &kind), -1);
    assert_int_equal(lint_kind_parse("", &kind), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_full_value_is_unwise),
        cmocka_unit_test(test_policy_over_the_limit),
        cmocka_unit_test(test_nul_hides_nothing),
        cmocka_unit_test(test_messages_are_bounded),
        cmocka_unit_test(test_kind_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
