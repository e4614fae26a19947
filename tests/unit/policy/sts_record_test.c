/* RFC 8461 section 3.1; the samples of its ABNF read as strict senders read it. */
#include "case.h"

#include "policy/sts.h"

enum { V = STS_RECORD_VALID, ABSENT = STS_RECORD_ABSENT, INVALID = STS_RECORD_INVALID };

#define ID32 "abcdefghijklmnopqrstuvwxyz012345"

static const struct {
    const char *name;
    const char *text;
    int status;
    const char *id;
} records[] = {
    {"the RFC's example", "v=STSv1; id=20160831085700Z;", V, "20160831085700Z"},
    {"shortest", "v=STSv1;id=a", V, "a"},
    {"id of 32", "v=STSv1; id=" ID32, V, ID32},
    {"id of 33", "v=STSv1; id=" ID32 "6", INVALID, ""},
    {"id with hyphens", "v=STSv1; id=2024-01-01", INVALID, ""},
    {"empty id", "v=STSv1; id=", INVALID, ""},
    {"empty id and delimiter", "v=STSv1; id=;", INVALID, ""},
    {"no id", "v=STSv1; foo=bar;", INVALID, ""},
    {"version alone", "v=STSv1", INVALID, ""},
    {"version and semicolon alone", "v=STSv1;", INVALID, ""},
    {"version and white space alone", "v=STSv1 ", INVALID, ""},
    {"version not first", "id=1; v=STSv1;", ABSENT, ""},
    {"another version", "v=STSv12; id=1", ABSENT, ""},
    {"version in upper case", "V=STSv1; id=1", ABSENT, ""},
    {"version value in lower case", "v=stsv1; id=1", ABSENT, ""},
    {"white space before the version", " v=STSv1; id=1", ABSENT, ""},
    {"white space around the equals sign", "v = STSv1; id=1", ABSENT, ""},
    {"no delimiter behind the version", "v=STSv1 id=1", ABSENT, ""},
    {"SPF", "v=spf1 -all", ABSENT, ""},
    {"empty", "", ABSENT, ""},
    {"unknown field", "v=STSv1; id=a; foo=bar", V, "a"},
    {"unknown field before the id", "v=STSv1; foo=bar; id=a;", V, "a"},
    {"two final delimiters", "v=STSv1; id=a;;", INVALID, ""},
    {"white space between final delimiters", "v=STSv1; id=a; ;", INVALID, ""},
    {"empty field in front", "v=STSv1;; id=a", INVALID, ""},
    {"final delimiter and white space", "v=STSv1; id=a; \t", V, "a"},
    {"white space before a delimiter", "v=STSv1; id=1 ;", V, "1"},
    {"tabs around delimiters", "v=STSv1;\t id=1\t;\tfoo=bar", V, "1"},
    {"white space at the end", "v=STSv1; id=1 ", INVALID, ""},
    {"white space inside the id", "v=STSv1; id=1 2", INVALID, ""},
    {"white space behind the equals sign", "v=STSv1; id= 1", INVALID, ""},
    {"white space before the equals sign", "v=STSv1; id =1", INVALID, ""},
    {"key in upper case", "v=STSv1; ID=1", INVALID, ""},
    {"field without equals sign", "v=STSv1; id=1; foo", INVALID, ""},
    {"field without value", "v=STSv1; id=1; foo=", INVALID, ""},
    {"field without name", "v=STSv1; id=1; =foo", INVALID, ""},
    {"value with equals sign", "v=STSv1; id=1; foo=a=b", INVALID, ""},
    {"value with space", "v=STSv1; id=1; foo=a b", INVALID, ""},
    {"value with DEL", "v=STSv1; id=1; foo=a\x7f", INVALID, ""},
    {"value of all visible kinds", "v=STSv1; id=1; foo=!:<>~\"\\", V, "1"},
    {"name of all kinds", "v=STSv1; id=1; 0a_-.=b", V, "1"},
    {"name of 32", "v=STSv1; id=1; " ID32 "=b", V, "1"},
    {"name of 33", "v=STSv1; id=1; " ID32 "6=b", INVALID, ""},
    {"name that begins with an underscore", "v=STSv1; id=1; _a=b", INVALID, ""},
    {"non-ASCII value", "v=STSv1; id=1; foo=\xc3\xa9", INVALID, ""},
    {"non-ASCII id", "v=STSv1; id=\xc3\xa9", INVALID, ""},
    {"repeated id: the first counts", "v=STSv1; id=a; id=b;", V, "a"},
    {"repeated id: the second is no id", "v=STSv1; id=a; id=b-c;", V, "a"},
    {"repeated id: the first is no id", "v=STSv1; id=b-c; id=a;", INVALID, ""},
    {"repeated id: the second is no field", "v=STSv1; id=a; id=;", INVALID, ""},
    {"line feed at the end", "v=STSv1; id=a\n", INVALID, ""},
};

static void test_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(records); i++) {
        struct sts_record record;
        const char *name = records[i].name, *text = records[i].text;
        assert_int_equal(sts_record_read((const uint8_t *)text, strlen(text), &record), 0);
        CASE_CHECK(name, (int)record.status == records[i].status);
        CASE_CHECK(name, strcmp(record.id, records[i].id) == 0);
        CASE_CHECK(name, (record.problem != NULL) == (records[i].status == INVALID));
        CASE_CHECK(name, (record.text != NULL) == (records[i].status != ABSENT));
        CASE_CHECK(name, !record.text || strcmp(record.text, text) == 0);
        CASE_CHECK(name, !record.nonstandard);
        sts_record_clear(&record);
    }
}

static void test_nul_is_shown_and_invalid(void **state)
{
    (void)state;
    struct sts_record record;
    assert_int_equal(sts_record_read(BYTES("v=STSv1; id=a\0b"), &record), 0);
    assert_int_equal(record.status, STS_RECORD_INVALID);
    assert_string_equal(record.text, "v=STSv1; id=a\\0b");
    assert_non_null(strstr(record.problem, "a\\x00b"));
    sts_record_clear(&record);
}

static void test_version_with_white_space_is_nonstandard(void **state)
{
    (void)state;
    struct sts_record record;
    assert_int_equal(sts_record_read(BYTES("v=STSv1 ; id=1"), &record), 0);
    assert_int_equal(record.status, STS_RECORD_VALID);
    assert_string_equal(record.id, "1");
    assert_true(record.nonstandard);
    sts_record_clear(&record);
    assert_int_equal(sts_record_read(BYTES("v=STSv1 ; id="), &record), 0);
    assert_int_equal(record.status, STS_RECORD_INVALID);
    assert_false(record.nonstandard);
    sts_record_clear(&record);
}

static void test_problem_is_bounded_and_harmless(void **state)
{
    (void)state;
    struct sts_record record;
    char text[5000] = "v=STSv1; id=";
    memset(text + 12, '\x1b', sizeof text - 13);
    assert_int_equal(sts_record_read((const uint8_t *)text, sizeof text - 1, &record), 0);
    assert_int_equal(record.status, STS_RECORD_INVALID);
    assert_true(strlen(record.problem) < 200);
    for (const char *at = record.problem; *at; at++)
        assert_in_range((unsigned char)*at, 0x20, 0x7e);
    sts_record_clear(&record);
}

#define GOOD "v=STSv1; id=1"

static const struct {
    const char *name;
    const char *texts[3];
    int status;
    const char *id;
    bool nonstandard;
} answers[] = {
    {"one", {GOOD}, V, "1", false},
    {"beside unrelated TXT", {"google-site-verification=x", GOOD}, V, "1", false},
    {"unrelated TXT alone", {"v=spf1 -all"}, ABSENT, "", false},
    {"two valid", {GOOD, "v=STSv1; id=2"}, STS_RECORD_MULTIPLE, "", false},
    {"two that begin alike, one malformed", {GOOD, "v=STSv1;"}, STS_RECORD_MULTIPLE, "", false},
    {"malformed beside unrelated TXT", {"x", "v=STSv1; id="}, INVALID, "", false},
    {"space before the semicolon, alone", {"v=STSv1 ; id=1"}, V, "1", true},
    {"space before the semicolon, beside another", {"v=STSv1 ; id=1", "x"}, ABSENT, "", false},
    {"space before the semicolon, beside a valid one", {"v=STSv1 ; id=1", GOOD}, V, "1", false},
    {"version alone", {"v=STSv1"}, INVALID, "", false},
    {"version alone beside unrelated TXT", {"x", "v=STSv1"}, INVALID, "", false},
    {"version alone beside a valid one", {"v=STSv1", GOOD}, V, "1", false},
    {"another version beside a valid one", {"v=STSv12; id=9", GOOD}, V, "1", false},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct sts_record record;
        const char *name = answers[i].name;
        struct dns_answer *answer = txt_answer(answers[i].texts, COUNT(answers[i].texts));
        assert_int_equal(sts_record_from_answer(answer, &record), 0);
        CASE_CHECK(name, (int)record.status == answers[i].status);
        CASE_CHECK(name, strcmp(record.id, answers[i].id) == 0);
        CASE_CHECK(name, record.nonstandard == answers[i].nonstandard);
        CASE_CHECK(name, (record.text != NULL) == (answers[i].status != ABSENT));
        sts_record_clear(&record);
        dns_answer_unref(answer);
    }
}

static const struct {
    enum dns_status dns;
    int status;
} lookups[] = {
    {DNS_NXDOMAIN, ABSENT},
    {DNS_NODATA, ABSENT},
    {DNS_SERVFAIL, STS_RECORD_ERROR},
    {DNS_REFUSED, STS_RECORD_ERROR},
    {DNS_TIMEOUT, STS_RECORD_ERROR},
    {DNS_BOGUS, STS_RECORD_ERROR},
    {DNS_MALFORMED, STS_RECORD_ERROR},
    {DNS_NOT_ASKED, STS_RECORD_ERROR},
};

static void test_lookups(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lookups); i++) {
        struct sts_record record;
        struct dns_answer *answer = txt_answer(NULL, 0);
        answer->status = lookups[i].dns;
        assert_int_equal(sts_record_from_answer(answer, &record), 0);
        CASE_CHECK(dns_status_text(lookups[i].dns), (int)record.status == lookups[i].status);
        CASE_CHECK(dns_status_text(lookups[i].dns), !record.text);
        sts_record_clear(&record);
        dns_answer_unref(answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_nul_is_shown_and_invalid),
        cmocka_unit_test(test_version_with_white_space_is_nonstandard),
        cmocka_unit_test(test_problem_is_bounded_and_harmless),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_lookups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
