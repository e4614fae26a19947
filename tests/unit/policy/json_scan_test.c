/* The grammar of RFC 8259, byte by byte, and the bounds of what a parser is handed. */
#include "case.h"

#include <stdio.h>

#include "policy/json_scan.h"

enum { VALUES_MAX = 1000 };

/* `offset` is where the text stops being JSON; -1: it is JSON. */
static const struct {
    const char *name;
    const uint8_t *bytes;
    size_t length;
    long offset;
} cases[] = {
    {"an empty object", BYTES("{}"), -1},
    {"white space around everything", BYTES(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n"), -1},
    {"every literal", BYTES("[true,false,null]"), -1},
    {"numbers", BYTES("[0,-0,10,1.5,1e9,1E+9,1.5e-9]"), -1},
    {"escapes", BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""), -1},
    {"a surrogate pair", BYTES("\"\\ud83d\\ude00\""), -1},
    {"no UTF-8 inside a string", BYTES("\"\xff\xfe\""), -1},
    {"a scalar alone", BYTES("17"), -1},
    {"nothing", BYTES(""), 0},
    {"nothing but space", BYTES("  "), 2},
    {"text", BYTES("hello"), 0},
    {"cut in a word", BYTES("[tru"), 4},
    {"a misspelt word", BYTES("[trve]"), 3},
    {"cut behind a key", BYTES("{\"a\""), 4},
    {"cut in a string", BYTES("{\"abc"), 5},
    {"a key without quotes", BYTES("{a:1}"), 1},
    {"no colon", BYTES("{\"a\" 1}"), 5},
    {"no comma", BYTES("[1 2]"), 3},
    {"a comma too many in an array", BYTES("[1,]"), 3},
    {"a comma too many in an object", BYTES("{\"a\":1,}"), 7},
    {"the wrong bracket", BYTES("[1}"), 2},
    {"the wrong brace", BYTES("{\"a\":1]"), 6},
    {"something behind", BYTES("{} {}"), 3},
    {"a NUL behind", BYTES("{}\0"), 2},
    {"a leading zero", BYTES("[01]"), 2},
    {"a plus", BYTES("[+1]"), 1},
    {"no digit behind the point", BYTES("[1.]"), 3},
    {"no digit in the exponent", BYTES("[1e]"), 3},
    {"a minus alone", BYTES("[-]"), 2},
    {"a line break in a string", BYTES("[\"a\nb\"]"), 3},
    {"a NUL in a string", BYTES("[\"a\0b\"]"), 3},
    {"an escape of C", BYTES("[\"\\x41\"]"), 3},
    {"an escaped NUL byte", BYTES("[\"\\\0\"]"), 3},
    {"three hexadecimal digits", BYTES("[\"\\u00e\"]"), 7},
    {"the second half alone", BYTES("\"\\ude00\""), 7},
    {"the first half alone", BYTES("\"\\ud83d.....\""), 7},
    {"two first halves", BYTES("\"\\ud83d\\ud83d\""), 13},
    {"a byte order mark", BYTES("\xef\xbb\xbf{}"), 0},
};

static void test_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t offset = 0;
        const char *problem = NULL;
        bool valid = json_scan(cases[i].bytes, cases[i].length, VALUES_MAX, &offset, &problem);
        CASE_CHECK(cases[i].name, valid == (cases[i].offset < 0));
        CASE_CHECK(cases[i].name, valid == (problem == NULL));
        CASE_CHECK(cases[i].name, valid || offset == (size_t)cases[i].offset);
    }
}

static void repeat(char *out, const char *part, size_t times)
{
    *out = '\0';
    for (size_t i = 0; i < times; i++)
        out = stpcpy(out, part);
}

static void test_bounds(void **state)
{
    static const struct {
        const char *name, *before, *part, *after;
        size_t times;
        bool valid;
    } bounds[] = {
        {"as deep as may be", "", "[", "]", JSON_SCAN_DEPTH_MAX, true},
        {"deeper", "", "[", "]", JSON_SCAN_DEPTH_MAX + 1, false},
        {"as many values as may be", "[1", ",1", "]", VALUES_MAX - 2, true},
        {"one more", "[1", ",1", "]", VALUES_MAX - 1, false},
        {"empty objects count", "[{}", ",{}", "]", VALUES_MAX - 1, false},
        {"as long a number as may be", "", "1", "", JSON_SCAN_NUMBER_MAX, true},
        {"a longer one", "", "1", "", JSON_SCAN_NUMBER_MAX + 1, false},
    };
    static char text[16 * VALUES_MAX], part[8 * VALUES_MAX], tail[2 * VALUES_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(bounds); i++) {
        size_t offset = 0;
        const char *problem = NULL;
        bool nested = strcmp(bounds[i].part, "[") == 0;
        repeat(part, bounds[i].part, bounds[i].times);
        repeat(tail, bounds[i].after, nested ? bounds[i].times : 1);
        snprintf(text, sizeof text, "%s%s%s", bounds[i].before, part, tail);
        bool valid = json_scan((const uint8_t *)text, strlen(text), VALUES_MAX, &offset, &problem);
        CASE_CHECK(bounds[i].name, valid == bounds[i].valid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_grammar),
                                       cmocka_unit_test(test_bounds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
