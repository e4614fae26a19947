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
/* 253 octets, the most that a name has (RFC 1035 2.3.4), and one more. */
#define NAME253 LABEL63 "." LABEL63 "." LABEL63 "." KEY32 "abcdefghijklmnopqrstuvwxyz012"
#define NAME254 NAME253 "3"

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

    /* sts-policy-record: *WSP behind each field, sts-policy-term = LF / CRLF between them. */
    {"white space at the end of the file", TEXT(V M X "max_age: 1 \t ")},
    {"white space at the end of each line, both line ends",
     TEXT("version: STSv1 \nmode: none\t\r\nmax_age: 1\t \n")},
    {"a run of white space behind each colon",
     TEXT("version:\t STSv1\nmode: \t none\nmax_age:\t\t1\n")},
    {"CR LF in front of a final line without end",
     TEXT("version: STSv1\r\nmode: none\r\nmax_age: 1")},
    {"mx in front of everything", TEXT(X V M A)},
    {"mx lines apart from each other", TEXT(X V X M X A)},
    {"an extension in front of the version", TEXT("a:b\n" V M X A)},
    /* sts-policy-ext-value: vchar, with spaces inside. */
    {"two spaces inside a value", TEXT(V M X A "note: a  b\n")},
    {"value of one character", TEXT(V M X A "a:~\n")},
    {"value of a colon", TEXT(V M X A "a::\n")},
    {"value with what a record's value cannot have", TEXT(V M X A "a: b=c;d=e\n")},
    {"value that begins with a hash", TEXT(V M X A "a: # b\n")},
    {"first of two bytes", TEXT(V M X A "note: \xc2\x80\n")},
    {"no-break space at the end of a value", TEXT(V M X A "note: a\xc2\xa0\n")},
    {"byte order mark inside a value", TEXT(V M X A "note: \xef\xbb\xbf\n")},
    {"last code point of three bytes", TEXT(V M X A "note: \xef\xbf\xbf\n")},
    {"first code point of four bytes", TEXT(V M X A "note: \xf0\x90\x80\x80\n")},
    {"last before the surrogates", TEXT(V M X A "note: \xed\x9f\xbf\n")},
    /* sts-policy-ext-name. */
    {"key of one digit", TEXT(V M X A "0: a\n")},
    {"key with a dot at the end", TEXT(V M X A "a.: b\n")},
    {"MX in upper case is another key", TEXT(V M X A "MX: *\n")},
    {"Max_Age is another key", TEXT(V M X A "Max_Age: -1\n")},
    {"max-age is another key", TEXT(V M X A "max-age: 1d\n")},
    {"repeated extension", TEXT(V M X A "a: b\na: c\n")},
    /* sts-policy-max-age-value: 1*10(DIGIT). */
    {"max_age of ten zeros", TEXT(V M X "max_age: 0000000000\n")},
    {"max_age of ten nines", TEXT(V M X "max_age: 9999999999\n")},
    {"max_age 1", TEXT(V M X "max_age:1\n")},
    /* sts-policy-mx-value: ["*."] Domain; sub-domain = Let-dig [Ldh-str] (RFC 5321 4.1.2). */
    {"mx of one letter", TEXT(V M A "mx: a\n")},
    {"mx *.com", TEXT(V M A "mx: *.com\n")},
    {"mx of digits and dots", TEXT(V M A "mx: 192.0.2.1\n")},
    {"two hyphens in the middle of a label", TEXT(V M A "mx: a--b.example\n")},
    {"A-label that decodes to nothing", TEXT(V M A "mx: xn--a.example\n")},
    {"wildcard over a label of 63", TEXT(V M A "mx: *." LABEL63 ".com\n")},
    {"name of 253", TEXT(V M A "mx: " NAME253 "\n")},
    {"white space around an mx", TEXT(V M A "mx: \t*.example.com\t \r\n")},
    {"the same mx twice", TEXT(V M A X X)},
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

    /* Nothing but LF and CR LF ends a line. */
    {"LF CR", TEXT("version: STSv1\n\rmode: none\n\rmax_age: 1\n\r"), 2, "carriage return"},
    {"CR alone, all along", TEXT("version: STSv1\rmode: none\rmax_age: 1\r"), 1, "carriage return"},
    {"CR before white space at the end of a line", TEXT(V "mode: enforce\r \n" X A), 2,
     "carriage return"},
    {"CR LF alone", TEXT("\r\n"), 1, "blank"},
    {"vertical tab between lines", TEXT("version: STSv1\vmode: none\n" A), 1, "control"},
    {"form feed in front", TEXT("\f" V M X A), 1, "key"},
    {"next line (U+0085) between lines", TEXT("version: STSv1\xc2\x85mode: none\n" A), 1, "STSv1"},
    {"line separator (U+2028) between lines", TEXT("version: STSv1\xe2\x80\xa8mode: none\n" A), 1,
     "STSv1"},
    {"semicolons between fields", TEXT("version: STSv1; mode: none; max_age: 1\n"), 1, "STSv1"},
    {"backslash and n between lines", TEXT("version: STSv1\\nmode: none\\nmax_age: 1"), 1, "STSv1"},
    {"control Z at the end", TEXT(V M X A "\x1a"), 5, "colon"},
    {"two blank lines at the end", TEXT(V M X A "\n\n"), 5, "lenient"},
    {"blank line of a tab", TEXT(V "\t\n" M X A), 2, "lenient"},
    {"blank line in CR LF", TEXT("version: STSv1\r\n\r\nmode: none\r\nmax_age: 1\r\n"), 2,
     "lenient"},
    /* No BOM, no other encoding. */
    {"byte order mark on the second line", TEXT(V "\xef\xbb\xbf" M X A), 2, "byte order mark"},
    {"byte order mark alone", TEXT("\xef\xbb\xbf"), 1, "byte order mark"},
    {"UTF-16 with its byte order mark", TEXT("\xff\xfev\0e\0r\0"), 1, "NUL"},
    {"zip", TEXT("PK\x03\x04\n"), 1, "colon"},
    {"NUL alone", TEXT("\0"), 1, "NUL"},
    {"NUL behind the last line", TEXT(V M X A "\0\n"), 5, "NUL"},
    {"NUL in a value that counts", TEXT(V "mode: none\0\n" A), 2, "NUL"},
    {"byte that no UTF-8 has", TEXT(V M X A "foo: \xff\n"), 5, "UTF-8"},
    {"five byte UTF-8", TEXT(V M X A "foo: \xf8\x88\x80\x80\x80\n"), 5, "UTF-8"},
    {"last surrogate", TEXT(V M X A "foo: \xed\xbf\xbf\n"), 5, "UTF-8"},
    /* Keys and colons. */
    {"equals sign for the colon", TEXT("version=STSv1\n" M X A), 1, "colon"},
    {"key in quotation marks", TEXT("\"version\": \"STSv1\"\n" M X A), 1, "key"},
    {"JSON", TEXT("{\"version\": \"STSv1\"}"), 1, "key"},
    {"key that begins with a hyphen", TEXT(V M X A "-a: b\n"), 5, "key"},
    {"key that begins with a dot", TEXT(V M X A ".a: b\n"), 5, "key"},
    {"key with a slash", TEXT(V M X A "a/b: c\n"), 5, "key"},
    {"key with a plus sign", TEXT(V M X A "a+b: c\n"), 5, "key"},
    {"tab before the colon", TEXT(V "mode\t: enforce\n" X A), 2, "before the colon"},
    {"colon of full width", TEXT(V M X A "a\xef\xbc\x9a b\n"), 5, "colon"},
    {"comment behind a value that counts", TEXT(V "mode: none # off\n" A), 2, "mode"},
    {"comment of two slashes", TEXT(V M X A "// comment\n"), 5, "colon"},
    /* Values that count. */
    {"version in quotation marks", TEXT("version: \"STSv1\"\n" M X A), 1, "STSv1"},
    {"version STSv10", TEXT("version: STSv10\n" M X A), 1, "STSv1"},
    {"version of two words", TEXT("version: STSv1 STSv1\n" M X A), 1, "STSv1"},
    {"repeated version: the first is another", TEXT("version: STSv2\n" V M X A), 1, "STSv1"},
    {"repeated max_age: the first is no number", TEXT(V M X "max_age: week\n" A), 4, "digits"},
    {"empty mode", TEXT(V "mode:\n" X A), 2, "behind the colon"},
    {"empty mode, then another", TEXT(V "mode: \n" M X A), 2, "behind the colon"},
    {"mode in upper case throughout", TEXT(V "mode: NONE\n" A), 2, "lower case"},
    {"mode with a semicolon", TEXT(V "mode: enforce;\n" X A), 2, "mode"},
    {"half a mode", TEXT(V "mode: enforc\n" X A), 2, "mode"},
    {"max_age with a comma", TEXT(V M X "max_age: 604,800\n"), 4, "digits"},
    {"max_age with an exponent", TEXT(V M X "max_age: 1e5\n"), 4, "digits"},
    {"max_age with a comment", TEXT(V M X "max_age: 604800 # a week\n"), 4, "digits"},
    {"max_age in digits that are not ASCII", TEXT(V M X "max_age: \xd9\xa1\n"), 4, "digits"},
    {"max_age of eleven nines", TEXT(V M X "max_age: 99999999999\n"), 4, "ten digits"},
    {"max_age over 64 bits", TEXT(V M X "max_age: 18446744073709551617\n"), 4, "ten digits"},
    {"empty max_age", TEXT(V M X "max_age:\n"), 4, "behind the colon"},
    /* mx values of each malformed kind. */
    {"mx **.a.com", TEXT(V M "mx: **.a.com\n" A), 3, "*"},
    {"mx *a.com", TEXT(V M "mx: *a.com\n" A), 3, "*"},
    {"mx *-a.com", TEXT(V M "mx: *-a.com\n" A), 3, "*"},
    {"mx a.com.*", TEXT(V M "mx: a.com.*\n" A), 3, "*"},
    {"mx xn--*.a.com", TEXT(V M "mx: xn--*.a.com\n" A), 3, "*"},
    {"mx *..a.com", TEXT(V M "mx: *..a.com\n" A), 3, "host"},
    {"mx *.a.com.", TEXT(V M "mx: *.a.com.\n" A), 3, "final dot"},
    {"mx *.-a.com", TEXT(V M "mx: *.-a.com\n" A), 3, "host"},
    {"mx of a dot", TEXT(V M "mx: .\n" A), 3, "host"},
    {"mx of a hyphen", TEXT(V M "mx: -\n" A), 3, "host"},
    {"wildcard over an underscore label", TEXT(V M "mx: *._b.com\n" A), 3, "host"},
    {"mx with a port", TEXT(V M "mx: a.com:25\n" A), 3, "host"},
    {"mx as a URL", TEXT(V M "mx: https://a.com/\n" A), 3, "host"},
    {"mx as a mail address", TEXT(V M "mx: a@b.com\n" A), 3, "host"},
    {"mx in angle brackets", TEXT(V M "mx: <a.com>\n" A), 3, "host"},
    {"mx in quotation marks", TEXT(V M "mx: \"a.com\"\n" A), 3, "host"},
    {"mx with a preference", TEXT(V M "mx: 10 a.com\n" A), 3, "host"},
    {"mx with a semicolon", TEXT(V M "mx: a.com;\n" A), 3, "host"},
    {"mx with a comment", TEXT(V M "mx: a.com # first\n" A), 3, "host"},
    {"two hosts apart by a comma alone", TEXT(V M "mx: a.com,b.com\n" A), 3, "line of its own"},
    {"IPv6 address", TEXT(V M "mx: 2001:db8::1\n" A), 3, "host"},
    {"IPv6 address literal", TEXT(V M "mx: [IPv6:2001:db8::1]\n" A), 3, "host"},
    {"U-label under a wildcard", TEXT(V M "mx: *.caf\xc3\xa9.example\n" A), 3, "A-label"},
    {"dot of full width",
     TEXT(V M "mx: a\xe3\x80\x82"
              "com\n" A),
     3, "A-label"},
    {"name of 254", TEXT(V M "mx: " NAME254 "\n" A), 3, "host"},
    {"wildcard over a label of 64", TEXT(V M "mx: *." LABEL63 "6.com\n" A), 3, "host"},
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
    static const char line[] = "mx:a\n";
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

/* A policy of 64 KiB may name more hosts than anyone has: the last one counts like the first. */
static void test_the_last_of_many_patterns_counts(void **state)
{
    (void)state;
    char *body = malloc(STS_POLICY_SIZE_MAX);
    struct sts_policy policy;
    assert_non_null(body);
    char *at = stpcpy(body, V M A);
    while (at - body < STS_POLICY_SIZE_MAX - 32)
        at = stpcpy(at, "mx:a\n");
    at = stpcpy(at, "mx:mx.example.com\n");
    assert_int_equal(sts_policy_read((uint8_t *)body, (size_t)(at - body), &policy), 0);
    assert_true(policy.valid);
    assert_string_equal(sts_policy_match(&policy, "mx.example.com"), "mx.example.com");
    sts_policy_clear(&policy);
    free(body);
}

static const struct {
    const char *type;
    bool ok;
} media_types[] = {
    {"text/plain", true},
    {"text/plain;charset=utf-8", true},
    {"text/plain; charset=\"utf-8\"; format=flowed", true},
    {"text/plain;", true},
    {"text/plain\t;charset=utf-8", true},
    {"\ttext/plain \t", true},
    {"text/plain charset=utf-8", false},
    {"text/plain,text/plain", false},
    {"text/html, text/plain", false},
    {"text /plain", false},
    {"text/ plain", false},
    {"text/plain-x", false},
    {"text/*", false},
    {"*/*", false},
    {"\"text/plain\"", false},
    {";text/plain", false},
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
        cmocka_unit_test(test_the_last_of_many_patterns_counts),
        cmocka_unit_test(test_media_types),
        cmocka_unit_test(test_mode_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
