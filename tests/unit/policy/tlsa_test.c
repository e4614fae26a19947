/* RFC 6698 section 2.2 and the zone file lines of RFC 1035 section 5.1. */
#include "case.h"

#include "policy/tlsa.h"

static const struct {
    const char *name;
    const char *line;
    const char *owner;
    uint8_t usage, selector, matching;
    uint8_t data[4];
    size_t length;
} valid[] = {
    {"bare", "3 1 1 0a1b2c3d", NULL, 3, 1, 1, {0x0a, 0x1b, 0x2c, 0x3d}, 4},
    {"upper case", "2 0 2 ABCDEF", NULL, 2, 0, 2, {0xab, 0xcd, 0xef}, 3},
    {"hex in pieces", "3 1 1 0a1 b\t2c", NULL, 3, 1, 1, {0x0a, 0x1b, 0x2c}, 3},
    {"hex in parentheses", "3 1 1 ( 0a1b 2c )", NULL, 3, 1, 1, {0x0a, 0x1b, 0x2c}, 3},
    {"parentheses without space", "3 1 1 (0a1b)", NULL, 3, 1, 1, {0x0a, 0x1b}, 2},
    {"all in parentheses", "_25._tcp.mx. TLSA (3 1 1 0a)", "_25._tcp.mx", 3, 1, 1, {0x0a}, 1},
    {"white space around", " \t3 1 1 0a \r\n", NULL, 3, 1, 1, {0x0a}, 1},
    {"greatest octets", "255 255 255 00", NULL, 255, 255, 255, {0}, 1},
    {"leading zeros", "003 01 1 ff", NULL, 3, 1, 1, {0xff}, 1},
    {"owner", "_25._tcp.mx.example. TLSA 3 1 1 0a", "_25._tcp.mx.example", 3, 1, 1, {0x0a}, 1},
    {"owner and class", "_25._tcp.mx. IN TLSA 3 1 1 0a", "_25._tcp.mx", 3, 1, 1, {0x0a}, 1},
    {"owner, TTL and class",
     "_25._tcp.mx. 3600 IN TLSA 3 1 1 0a",
     "_25._tcp.mx",
     3,
     1,
     1,
     {0x0a},
     1},
    {"owner, class and TTL",
     "_25._tcp.mx. in 3600 tlsa 3 1 1 0a",
     "_25._tcp.mx",
     3,
     1,
     1,
     {0x0a},
     1},
    {"owner and TTL", "_25._tcp.mx\t3600\tTLSA\t3 1 1 0a", "_25._tcp.mx", 3, 1, 1, {0x0a}, 1},
    {"over several lines, with comments",
     "_25._tcp.mx. IN TLSA 3 1 1 ( ; the key\n 0a1b ; of\n\t2c3d ) ; 2026",
     "_25._tcp.mx",
     3,
     1,
     1,
     {0x0a, 0x1b, 0x2c, 0x3d},
     4},
    {"parenthesis in a comment", "3 1 1 0a ; (", NULL, 3, 1, 1, {0x0a}, 1},
    {"unknown type, generic data",
     "_25._tcp.mx. IN TYPE52 \\# 5 0301020a1b",
     "_25._tcp.mx",
     3,
     1,
     2,
     {0x0a, 0x1b},
     2},
    {"generic data in pieces",
     "_25._tcp.mx. 60 IN type52 \\# ( 4 02\n00 01 ff )",
     "_25._tcp.mx",
     2,
     0,
     1,
     {0xff},
     1},
    {"known type, generic data",
     "_25._tcp.mx. TLSA \\# 4 03010100",
     "_25._tcp.mx",
     3,
     1,
     1,
     {0},
     1},
    {"unknown type, data of its own",
     "_25._tcp.mx. TYPE52 3 1 1 0a",
     "_25._tcp.mx",
     3,
     1,
     1,
     {0x0a},
     1},
    {"comment of a zone file", "3 1 1 0a ; the key of 2026", NULL, 3, 1, 1, {0x0a}, 1},
};

static void test_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(valid); i++) {
        struct tlsa_text text;
        const char *problem, *name = valid[i].name;
        assert_int_equal(tlsa_text_read(valid[i].line, &text, &problem), 0);
        if (problem)
            fail_msg("%s: %s", name, problem);
        CASE_CHECK(name, (text.owner != NULL) == (valid[i].owner != NULL));
        CASE_CHECK(name, !text.owner || strcmp(text.owner, valid[i].owner) == 0);
        CASE_CHECK(name, text.usage == valid[i].usage);
        CASE_CHECK(name, text.selector == valid[i].selector);
        CASE_CHECK(name, text.matching == valid[i].matching);
        CASE_CHECK(name, text.length == valid[i].length);
        CASE_CHECK(name, memcmp(text.data, valid[i].data, text.length) == 0);
        tlsa_text_clear(&text);
    }
}

static const struct {
    const char *name;
    const char *line;
    const char *says;
} malformed[] = {
    {"empty", "", "empty"},
    {"only white space", " \t", "empty"},
    {"usage alone", "3", "selector"},
    {"usage and selector alone", "3 1", "matching"},
    {"no data", "3 1 1", "missing"},
    {"parentheses for data", "3 1 1 ( )", "missing"},
    {"odd number of digits", "3 1 1 0a1", "odd"},
    {"no hex", "3 1 1 0g", "hexadecimal"},
    {"0x in front", "3 1 1 0x0a", "hexadecimal"},
    {"non-ASCII", "3 1 1 \xc3\xa9", "hexadecimal"},
    {"usage 256", "256 1 1 0a", "usage"},
    {"usage of four digits", "0003 1 1 0a", "usage"},
    {"negative selector", "3 -1 1 0a", "selector"},
    {"matching type in hex", "3 1 a 0a", "matching"},
    {"parenthesis not closed", "3 1 1 (0a", "parentheses"},
    {"parenthesis not opened", "3 1 1 0a)", "parentheses"},
    {"nested parentheses", "3 1 1 ((0a))", "parentheses"},
    {"another type", "_25._tcp.mx. IN A 192.0.2.1", "TLSA"},
    {"another class", "_25._tcp.mx. CH TLSA 3 1 1 0a", "TLSA"},
    {"two TTLs", "_25._tcp.mx. 60 60 TLSA 3 1 1 0a", "TLSA"},
    {"owner alone", "_25._tcp.mx.", "TLSA"},
    {"owner and type alone", "_25._tcp.mx. TLSA", "usage"},
    {"generic data of another length", "_25._tcp.mx. TYPE52 \\# 35 0301010a", "length"},
    {"generic data without length", "_25._tcp.mx. TYPE52 \\# 0301010a", "length"},
    {"generic data, length and no more", "_25._tcp.mx. TYPE52 \\# 0", "missing"},
    {"generic data that is all head", "_25._tcp.mx. TYPE52 \\# 3 030101", "missing"},
    {"generic data that is no hex", "_25._tcp.mx. TYPE52 \\# 4 030101zz", "hexadecimal"},
    {"generic data alone", "\\# 4 0301010a", "TLSA"},
    {"another unknown type", "_25._tcp.mx. TYPE53 \\# 4 0301010a", "TLSA"},
    {"only a comment", "; 3 1 1 0a", "empty"},
    {"data behind a comment", "3 1 1 ; 0a", "missing"},
    {"root for an owner", ". TLSA 3 1 1 0a", "owner"},
};

static void test_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(malformed); i++) {
        struct tlsa_text text;
        const char *problem, *name = malformed[i].name;
        assert_int_equal(tlsa_text_read(malformed[i].line, &text, &problem), 0);
        CASE_CHECK(name, problem != NULL);
        if (!strstr(problem, malformed[i].says))
            fail_msg("%s: %s", name, problem);
        CASE_CHECK(name, !text.owner && !text.data);
    }
}

/* "3 1 1 " and so many bytes of data in hex; the caller frees. */
static char *line_of(size_t bytes)
{
    char *line = malloc(6 + 2 * bytes + 1);
    assert_non_null(line);
    memcpy(line, "3 1 1 ", 6);
    memset(line + 6, 'a', 2 * bytes);
    line[6 + 2 * bytes] = '\0';
    return line;
}

static void test_data_is_bounded(void **state)
{
    (void)state;
    struct tlsa_text text;
    const char *problem;
    char *line = line_of(TLSA_DATA_MAX);
    assert_int_equal(tlsa_text_read(line, &text, &problem), 0);
    assert_null(problem);
    assert_int_equal(text.length, TLSA_DATA_MAX);
    tlsa_text_clear(&text);
    free(line);

    line = line_of(TLSA_DATA_MAX + 1);
    assert_int_equal(tlsa_text_read(line, &text, &problem), 0);
    assert_non_null(problem);
    free(line);
}

static void test_owner_is_bounded(void **state)
{
    (void)state;
    static const char rest[] = ". TLSA 3 1 1 0a";
    char line[400];
    struct tlsa_text text;
    const char *problem;
    memset(line, 'a', 254);
    memcpy(line + 254, rest, sizeof rest);
    assert_int_equal(tlsa_text_read(line, &text, &problem), 0);
    assert_non_null(problem);
    assert_int_equal(tlsa_text_read(line + 1, &text, &problem), 0);
    assert_null(problem);
    tlsa_text_clear(&text);
}

static void test_format(void **state)
{
    (void)state;
    uint8_t data[] = {0x00, 0x0f, 0xa0, 0xff};
    struct dns_record record = {
        .type = DNS_TYPE_TLSA,
        .u.tlsa = {
            .usage = 3, .selector = 1, .matching = 255, .data = data, .length = sizeof data}};
    char *text = tlsa_record_format(&record);
    assert_string_equal(text, "3 1 255 000fa0ff");
    free(text);
    record.u.tlsa.length = 0;
    text = tlsa_record_format(&record);
    assert_string_equal(text, "3 1 255 ");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),           cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_data_is_bounded), cmocka_unit_test(test_owner_is_bounded),
        cmocka_unit_test(test_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
