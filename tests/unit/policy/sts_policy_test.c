/* RFC 8461 section 3.2, with the Domain of RFC 5321 4.1.2 and the UTF-8 of RFC 3629. */
#include "case.h"

#include <stdio.h>

#include "policy/sts.h"

#define V "version: STSv1\n"
#define M "mode: enforce\n"
#define A "max_age: 604800\n"
#define X "mx: mail.example.com\n"
#define KEY32 "abcdefghijklmnopqrstuvwxyz012345"
#define LABEL63 KEY32 "abcdefghijklmnopqrstuvwxyz01234"

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
    const char *name;
    const char *body;
    size_t length;
} valid[] = {
    {"the RFC's example", TEXT("version: STSv1\nmode: enforce\nmx: mail.example.com\n"
                               "mx: *.example.net\nmx: backupmx.example.com\nmax_age: 604800\n")},
    {"LF", TEXT(V M X A)},
    {"CR LF", TEXT("version: STSv1\r\nmode: enforce\r\nmx: a.com\r\nmax_age: 1\r\n")},
    {"a mix of both", TEXT("version: STSv1\r\nmode: enforce\nmx: a.com\r\nmax_age: 1\n")},
    {"no final newline", TEXT(V M X "max_age: 1")},
    {"no space behind the colon", TEXT("version:STSv1\nmode:enforce\nmx:a.com\nmax_age:1\n")},
    {"tabs behind the colon", TEXT(V "mode:\t \tenforce\n" X A)},
    {"white space at the end of a line", TEXT(V "mode: enforce \t\n" X A)},
    {"white space at the end of a CR LF line", TEXT(V "mode: enforce \r\n" X A)},
    {"version last", TEXT(M X A V)},
    {"max_age 0", TEXT(V M X "max_age: 0\n")},
    {"max_age with leading zeros", TEXT(V M X "max_age: 0000604800\n")},
    {"mode testing", TEXT(V "mode: testing\n" X A)},
    {"mode none without mx", TEXT(V "mode: none\n" A)},
    {"mode none with mx", TEXT(V "mode: none\n" X A)},
    {"unknown key", TEXT(V M X A "foo: bar baz\n")},
    {"unknown key of all kinds", TEXT(V M X A "0a_-.: b\n")},
    {"unknown key of 32", TEXT(V M X A KEY32 ": b\n")},
    {"non-ASCII in an unknown key's value", TEXT(V M X A "note: caf\xc3\xa9 \xe2\x82\xac\n")},
    {"four byte UTF-8", TEXT(V M X A "note: \xf0\x9f\x98\x80\n")},
    {"last code point", TEXT(V M X A "note: \xf4\x8f\xbf\xbf\n")},
    {"colon in a value", TEXT(V M X A "url: https://example.com/\n")},
    {"repeated mode: the first counts", TEXT(V M "mode: none\n" X A)},
    {"repeated mode: the second is no mode", TEXT(V M "mode: Enforce\n" X A)},
    {"repeated max_age: the second is no number", TEXT(V M X A "max_age: forever\n")},
    {"repeated version: the second is another", TEXT(V M X A "version: STSv2\n")},
    {"key that differs in case is unknown", TEXT(V M X A "Mode: what\n")},
    {"host with digits and hyphens", TEXT(V M A "mx: 1-a.b--c.example\n")},
    {"A-label", TEXT(V M A "mx: mx.xn--bcher-kva.example\n")},
    {"single label", TEXT(V M A "mx: localhost\n")},
    {"upper case", TEXT(V M A "mx: *.EXAMPLE.com\n")},
    {"label of 63", TEXT(V M A "mx: " LABEL63 ".com\n")},
};

static void test_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(valid); i++) {
        struct sts_policy policy;
        const char *name = valid[i].name;
        assert_int_equal(sts_policy_read((const uint8_t *)valid[i].body, valid[i].length, &policy),
                         0);
        if (!policy.valid)
            fail_msg("%s: %s", name, policy.problem);
        CASE_CHECK(name, !policy.problem);
        CASE_CHECK(name, policy.problem_line == 0);
        sts_policy_clear(&policy);
    }
}

/* `line` is where the problem is, 0 where something is missing. */
static const struct {
    const char *name;
    const char *body;
    size_t length;
    size_t line;
    const char *says;
} invalid[] = {
    {"empty", TEXT(""), 0, "empty"},
    {"no version", TEXT(M X A), 0, "version"},
    {"no mode", TEXT(V X A), 0, "mode"},
    {"no max_age", TEXT(V M X), 0, "max_age"},
    {"enforce without mx", TEXT(V M A), 0, "mx"},
    {"testing without mx", TEXT(V "mode: testing\n" A), 0, "mx"},
    {"another version", TEXT("version: STSv2\n" M X A), 1, "STSv1"},
    {"version in lower case", TEXT("version: stsv1\n" M X A), 1, "STSv1"},
    {"key in upper case", TEXT(V "Mode: enforce\n" X A), 0, "mode"},
    {"mode in upper case", TEXT(V "mode: Enforce\n" X A), 2, "lower case"},
    {"unknown mode", TEXT(V "mode: report\n" X A), 2, "mode"},
    {"mode that is too long", TEXT(V "mode: enforced!\n" X A), 2, "mode"},
    {"two words in a mode", TEXT(V "mode: none no\n" A), 2, "mode"},
    {"repeated mode: the first is no mode", TEXT(V "mode: Enforce\n" M X A), 2, "mode"},
    {"space at the beginning of a line", TEXT(V M " mx: a.com\n" A), 3, "white space"},
    {"tab at the beginning of a line", TEXT(V M "\tmx: a.com\n" A), 3, "white space"},
    {"space before the colon", TEXT(V "mode : enforce\n" X A), 2, "before the colon"},
    {"no colon", TEXT(V M X A "foo\n"), 5, "colon"},
    {"no key", TEXT(V M X A ": foo\n"), 5, "key"},
    {"no value", TEXT(V M X A "foo:\n"), 5, "behind the colon"},
    {"white space for a value", TEXT(V M X A "foo: \t\n"), 5, "behind the colon"},
    {"comment", TEXT("# comment\n" V M X A), 1, "comment"},
    {"comment with colon", TEXT(V "# a: b\n" M X A), 2, "comment"},
    {"key of 33", TEXT(V M X A KEY32 "6: b\n"), 5, "32"},
    {"key that begins with an underscore", TEXT(V M X A "_a: b\n"), 5, "key"},
    {"key with a space", TEXT(V M X A "a b: c\n"), 5, "key"},
    {"non-ASCII key", TEXT(V M X A "caf\xc3\xa9: c\n"), 5, "key"},
    {"blank line inside", TEXT(V M "\n" X A), 3, "lenient"},
    {"blank line at the end", TEXT(V M X A "\n"), 5, "lenient"},
    {"blank CR LF line at the end", TEXT(V M X A "\r\n"), 5, "lenient"},
    {"blank line in front", TEXT("\n" V M X A), 1, "lenient"},
    {"line of spaces", TEXT(V M X A "  "), 5, "lenient"},
    {"only a newline", TEXT("\n"), 1, "lenient"},
    {"byte order mark", TEXT("\xef\xbb\xbf" V M X A), 1, "byte order mark"},
    {"lone CR", TEXT("version: STSv1\rmode: enforce\n" X A), 1, "carriage return"},
    {"CR CR LF", TEXT(V "mode: enforce\r\r\n" X A), 2, "carriage return"},
    {"CR at the end of the file", TEXT(V M X "max_age: 1\r"), 4, "carriage return"},
    {"CR at the beginning of a line", TEXT(V M X A "\rfoo: bar\n"), 5, "carriage return"},
    {"NUL", TEXT(V M X A "foo: b\0r\n"), 5, "NUL"},
    {"NUL line", TEXT(V M X A "\0"), 5, "NUL"},
    {"UTF-16", TEXT("v\0e\0r\0s\0i\0o\0n\0:\0"), 1, "NUL"},
    {"gzip", TEXT("\x1f\x8b\x08\0\0\0\0\0\0\x03"), 1, "gzip"},
    {"HTML", TEXT("<!DOCTYPE html>\n<html lang=\"en\">\n"), 1, "colon"},
    {"max_age -1", TEXT(V M X "max_age: -1\n"), 4, "digits"},
    {"max_age +1", TEXT(V M X "max_age: +1\n"), 4, "digits"},
    {"max_age 1.5", TEXT(V M X "max_age: 1.5\n"), 4, "digits"},
    {"max_age 86400s", TEXT(V M X "max_age: 86400s\n"), 4, "digits"},
    {"max_age in hexadecimal", TEXT(V M X "max_age: 0x10\n"), 4, "digits"},
    {"max_age of eleven digits", TEXT(V M X "max_age: 00000604800\n"), 4, "ten digits"},
    {"max_age of two numbers", TEXT(V M X "max_age: 1 2\n"), 4, "digits"},
    {"mx *", TEXT(V M "mx: *\n" A), 3, "*"},
    {"mx *.", TEXT(V M "mx: *.\n" A), 3, "host"},
    {"mx *.*.a.com", TEXT(V M "mx: *.*.a.com\n" A), 3, "*"},
    {"mx m*.a.com", TEXT(V M "mx: m*.a.com\n" A), 3, "*"},
    {"mx a.*.com", TEXT(V M "mx: a.*.com\n" A), 3, "*"},
    {"mx .a.com", TEXT(V M "mx: .a.com\n" A), 3, "host"},
    {"two hosts on a line", TEXT(V M "mx: a.com, b.com\n" A), 3, "line of its own"},
    {"two hosts apart by a space", TEXT(V M "mx: a.com b.com\n" A), 3, "host"},
    {"U-label",
     TEXT(V M "mx: b\xc3\xbc"
              "cher.example\n" A),
     3, "A-label"},
    {"underscore in a host", TEXT(V M "mx: a_b.com\n" A), 3, "host"},
    {"final dot", TEXT(V M "mx: a.com.\n" A), 3, "final dot"},
    {"empty label", TEXT(V M "mx: a..com\n" A), 3, "host"},
    {"hyphen at the beginning of a label", TEXT(V M "mx: -a.com\n" A), 3, "host"},
    {"hyphen at the end of a label", TEXT(V M "mx: a-.com\n" A), 3, "host"},
    {"label of 64", TEXT(V M "mx: " LABEL63 "6.com\n" A), 3, "host"},
    {"name of 255", TEXT(V M "mx: " LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 "\n" A), 3, "host"},
    {"address literal", TEXT(V M "mx: [192.0.2.1]\n" A), 3, "host"},
    {"a good mx beside a bad one", TEXT(V M X "mx: *\n" A), 4, "*"},
    {"bad mx in mode none", TEXT(V "mode: none\nmx: *\n" A), 3, "*"},
    {"mx without value", TEXT(V M "mx:\n" A), 3, "behind the colon"},
    {"tab inside a value", TEXT(V M X A "foo: a\tb\n"), 5, "tab"},
    {"control character in a value", TEXT(V M X A "foo: a\x1b[2J\n"), 5, "control"},
    {"DEL in a value", TEXT(V M X A "foo: a\x7f\n"), 5, "control"},
    {"Latin-1", TEXT(V M X A "foo: caf\xe9\n"), 5, "UTF-8"},
    {"lone continuation byte", TEXT(V M X A "foo: \x80\n"), 5, "UTF-8"},
    {"overlong UTF-8 of two", TEXT(V M X A "foo: \xc0\xaf\n"), 5, "UTF-8"},
    {"overlong UTF-8 of three", TEXT(V M X A "foo: \xe0\x80\xaf\n"), 5, "UTF-8"},
    {"overlong UTF-8 of four", TEXT(V M X A "foo: \xf0\x80\x80\xaf\n"), 5, "UTF-8"},
    {"surrogate", TEXT(V M X A "foo: \xed\xa0\x80\n"), 5, "UTF-8"},
    {"over the last code point", TEXT(V M X A "foo: \xf4\x90\x80\x80\n"), 5, "UTF-8"},
    {"UTF-8 cut short after one of two", TEXT(V M X A "foo: \xc3"), 5, "UTF-8"},
    {"UTF-8 cut short after two of three", TEXT(V M X A "foo: \xe2\x82"), 5, "UTF-8"},
    {"UTF-8 cut short after three of four", TEXT(V M X A "foo: \xf0\x9f\x98"), 5, "UTF-8"},
};

static void test_invalid(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(invalid); i++) {
        struct sts_policy policy;
        const char *name = invalid[i].name;
        char number[32];
        /* A copy of the exact size, for AddressSanitizer to see a read beyond its end. */
        uint8_t *body = malloc(invalid[i].length ? invalid[i].length : 1);
        assert_non_null(body);
        memcpy(body, invalid[i].body, invalid[i].length);
        assert_int_equal(sts_policy_read(body, invalid[i].length, &policy), 0);
        CASE_CHECK(name, !policy.valid);
        CASE_CHECK(name, policy.problem != NULL);
        if (policy.problem_line != invalid[i].line || !strstr(policy.problem, invalid[i].says))
            fail_msg("%s: line %zu: %s", name, policy.problem_line, policy.problem);
        snprintf(number, sizeof number, "line %zu: ", invalid[i].line);
        CASE_CHECK(name,
                   (invalid[i].line > 0) == (strncmp(policy.problem, number, strlen(number)) == 0));
        CASE_CHECK(name, policy.n_mx == 0);
        sts_policy_clear(&policy);
        free(body);
    }
}

static void test_what_a_policy_says(void **state)
{
    (void)state;
    struct sts_policy policy;
    assert_int_equal(sts_policy_read(BYTES("version: STSv1\r\nmode: testing\r\nmode: none\r\n"
                                           "mx: *.Example.com \r\nmx: b.example\r\n"
                                           "max_age: 86400\r\nmax_age: 1\r\n"),
                                     &policy),
                     0);
    assert_true(policy.valid);
    assert_int_equal(policy.mode, STS_MODE_TESTING);
    assert_int_equal(policy.max_age_s, 86400);
    assert_false(policy.max_age_clamped);
    assert_int_equal(policy.n_mx, 2);
    assert_string_equal(policy.mx[0], "*.Example.com");
    assert_string_equal(policy.mx[1], "b.example");
    sts_policy_clear(&policy);
}

static const struct {
    const char *name;
    const char *value;
    int64_t seconds;
    bool clamped;
} ages[] = {
    {"the most", "31557600", 31557600, false},
    {"one more", "31557601", 31557601, true},
    {"ten nines", "9999999999", INT64_C(9999999999), true},
};

static void test_max_age(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ages); i++) {
        char body[200];
        struct sts_policy policy;
        int length = snprintf(body, sizeof body, V M X "max_age: %s\n", ages[i].value);
        assert_int_equal(sts_policy_read((uint8_t *)body, (size_t)length, &policy), 0);
        CASE_CHECK(ages[i].name, policy.valid);
        CASE_CHECK(ages[i].name, policy.max_age_s == ages[i].seconds);
        CASE_CHECK(ages[i].name, policy.max_age_clamped == ages[i].clamped);
        sts_policy_clear(&policy);
    }
}

static void test_patterns_kept_are_bounded(void **state)
{
    (void)state;
    static const char line[] = "mx: a\n";
    const size_t count = STS_POLICY_MX_MAX + 10, head = strlen(V M A);
    char *body = malloc(head + count * strlen(line) + 1);
    struct sts_policy policy;
    assert_non_null(body);
    char *at = stpcpy(body, V M A);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, line);
    assert_int_equal(sts_policy_read((uint8_t *)body, strlen(body), &policy), 0);
    assert_true(policy.valid);
    assert_int_equal(policy.n_mx, STS_POLICY_MX_MAX);
    sts_policy_clear(&policy);
    free(body);
}

static const struct {
    const char *type;
    bool ok;
} media_types[] = {
    {"text/plain", true},
    {"Text/Plain; charset=utf-8", true},
    {"TEXT/PLAIN;charset=us-ascii", true},
    {"text/plain ; charset=utf-8", true},
    {" text/plain", true},
    {"text/html", false},
    {"text/plaintext", false},
    {"text/plain, text/html", false},
    {"text", false},
    {"application/octet-stream", false},
    {"", false},
    {NULL, false},
};

static void test_media_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(media_types); i++)
        CASE_CHECK(media_types[i].type ? media_types[i].type : "none",
                   sts_media_type_ok(media_types[i].type) == media_types[i].ok);
}

static void test_mode_words(void **state)
{
    (void)state;
    static const char *const words[] = {"none", "testing", "enforce"};
    for (size_t i = 0; i < COUNT(words); i++) {
        enum sts_mode mode;
        assert_true(sts_mode_parse(words[i], &mode));
        assert_string_equal(sts_mode_text(mode), words[i]);
    }
    enum sts_mode mode;
    assert_false(sts_mode_parse("Enforce", &mode));
    assert_false(sts_mode_parse("", &mode));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_what_a_policy_says),
        cmocka_unit_test(test_max_age),
        cmocka_unit_test(test_patterns_kept_are_bounded),
        cmocka_unit_test(test_media_types),
        cmocka_unit_test(test_mode_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
