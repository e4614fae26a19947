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

    /* sts-field-delim: *WSP ";" *WSP, and WSP is SP or HTAB (RFC 5234 B.1). */
    {"a run of white space behind a delimiter", "v=STSv1; \t \t id=1", V, "1"},
    {"a run of white space before a delimiter", "v=STSv1;id=1 \t\t ;foo=bar", V, "1"},
    {"a run of white space on both sides", "v=STSv1;id=1\t ; \tfoo=bar \t; ", V, "1"},
    {"tab behind the final delimiter", "v=STSv1;id=1;\t", V, "1"},
    {"vertical tab is no white space", "v=STSv1;\vid=1", INVALID, ""},
    {"form feed is no white space", "v=STSv1; id=1\f; foo=bar", INVALID, ""},
    {"carriage return is no white space", "v=STSv1;\r id=1", INVALID, ""},
    {"no-break space is no white space", "v=STSv1;\xc2\xa0id=1", INVALID, ""},
    {"line feed behind the version", "v=STSv1\n; id=1", ABSENT, ""},
    {"line feed behind the final delimiter", "v=STSv1; id=1;\n", INVALID, ""},
    {"tab at the end", "v=STSv1; id=1\t", INVALID, ""},
    {"delimiter and nothing but white space, twice", "v=STSv1;id=1; \t; \t", INVALID, ""},
    {"two delimiters between fields", "v=STSv1;id=1;;foo=bar", INVALID, ""},
    {"comma in place of the delimiter", "v=STSv1; id=1, foo=bar", INVALID, ""},
    {"colon in place of the equals sign", "v=STSv1; id:1", INVALID, ""},
    /* sts-version: case-sensitive (RFC 7405), and nothing before it. */
    {"key of the version in upper case alone", "V=STSv1;id=1", ABSENT, ""},
    {"version value in upper case", "v=STSV1;id=1", ABSENT, ""},
    {"byte order mark", "\xef\xbb\xbfv=STSv1;id=1", ABSENT, ""},
    {"quotation marks around it", "\"v=STSv1; id=1\"", ABSENT, ""},
    {"tab before the version", "\tv=STSv1; id=1", ABSENT, ""},
    {"the version's first half", "v=STS", ABSENT, ""},
    {"two equals signs behind the version key", "v==STSv1; id=1", ABSENT, ""},
    /* sts-id: 1*32(ALPHA / DIGIT). */
    {"id of both cases and digits", "v=STSv1;id=AZaz09", V, "AZaz09"},
    {"id of one zero", "v=STSv1;id=0;", V, "0"},
    {"id of 32 behind others", "v=STSv1;a=b;id=" ID32 ";c=d", V, ID32},
    {"id of 33 and a delimiter", "v=STSv1; id=" ID32 "6; foo=bar", INVALID, ""},
    {"id with an underscore", "v=STSv1;id=a_b", INVALID, ""},
    {"id with a dot", "v=STSv1;id=1.2", INVALID, ""},
    {"id with a plus sign", "v=STSv1;id=+1", INVALID, ""},
    {"id with an equals sign", "v=STSv1;id=1=2", INVALID, ""},
    {"id in quotation marks", "v=STSv1;id=\"1\"", INVALID, ""},
    {"id of a digit that is not ASCII", "v=STSv1;id=\xd9\xa1", INVALID, ""},
    {"id=id", "v=STSv1;id=id", V, "id"},
    {"idx is no id", "v=STSv1;idx=1", INVALID, ""},
    /* sts-extension: fields that are not known are ignored, but they keep to the grammar. */
    {"a key that differs from id in case beside it", "v=STSv1;id=1;ID=2", V, "1"},
    {"the version again is an extension", "v=STSv1;v=STSv2;id=1", V, "1"},
    {"name of one character", "v=STSv1;id=1;a=b", V, "1"},
    {"name that begins with a hyphen", "v=STSv1;id=1;-a=b", INVALID, ""},
    {"name that begins with a dot", "v=STSv1;id=1;.a=b", INVALID, ""},
    {"name with an inner space", "v=STSv1;id=1;a b=c", INVALID, ""},
    {"name with a slash", "v=STSv1;id=1;a/b=c", INVALID, ""},
    {"value of one tilde", "v=STSv1;id=1;a=~", V, "1"},
    {"value of one exclamation point", "v=STSv1;id=1;a=!", V, "1"},
    {"value longer than a string", "v=STSv1;id=1;a=" ID32 ID32 ID32 ID32 ID32 ID32 ID32 ID32, V,
     "1"},
    {"value with a tab", "v=STSv1;id=1;a=b\tc", INVALID, ""},
    {"value with an escape character", "v=STSv1;id=1;a=\x1b[31m", INVALID, ""},
    {"two extensions of one name", "v=STSv1;id=1;a=b;a=c;", V, "1"},
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
    {"tab before the semicolon, alone", {"v=STSv1\t;id=1"}, V, "1", true},
    {"space before the semicolon, two of them",
     {"v=STSv1 ; id=1", "v=STSv1 ; id=2"},
     ABSENT,
     "",
     false},
    {"a valid one behind two unrelated", {"x", "y", GOOD}, V, "1", false},
    {"two malformed", {"v=STSv1;", "v=STSv1; id="}, STS_RECORD_MULTIPLE, "", false},
    {"a valid one beside a malformed one that comes first",
     {"v=STSv1; id=a-b", GOOD},
     STS_RECORD_MULTIPLE,
     "",
     false},
    {"an empty TXT beside a valid one", {"", GOOD}, V, "1", false},
    {"an empty TXT alone", {""}, ABSENT, "", false},
    {"upper case beside a valid one", {"V=STSv1; id=2", GOOD}, V, "1", false},
    {"leading space beside a valid one", {" v=STSv1; id=2", GOOD}, V, "1", false},
    {"the semicolon is what counts: no id behind it",
     {"v=STSv1;", "v=STSv1 ; id=1"},
     INVALID,
     "",
     false},
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
