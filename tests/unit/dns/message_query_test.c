/* Unit tests of dns/message: the query that is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dns/message.h"

static void test_query_bytes(void **state)
{
    static const uint8_t expected[] = {
        0xab, 0xcd, 0x01, 0x20, 0,    1, 0,   0, 0, 0,  0, 1, /* RD, AD */
        4,    '_',  'm',  't',  'a',  1, 'x', 0, 0, 16, 0, 1, /* TXT, IN */
        0,    0,    41,   0x04, 0xd0, 0, 0,   0, 0, 0,  0,    /* OPT of 1232 */
    };
    struct dns_message_query query = {
        .name = "_mta.X.", .type = DNS_TYPE_TXT, .id = 0xabcd, .edns = true};
    uint8_t bytes[DNS_QUERY_MAX];

    (void)state;
    assert_int_equal(dns_message_write_query(&query, bytes), sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);

    query.edns = false;
    query.checking_disabled = true;
    assert_int_equal(dns_message_write_query(&query, bytes), sizeof expected - 11);
    assert_int_equal(bytes[3], 0x30); /* AD and CD */
    assert_int_equal(bytes[11], 0);
}

static void test_query_names(void **state)
{
    static const struct {
        const char *name;
        const char *encoded; /* NULL: refused */
        size_t length;
    } cases[] = {
        {"", "\0", 1},
        {".", "\0", 1},
        {"a", "\1a", 3},
        {"a\\.b.c", "\3a.b\1c", 7},
        {"\\000\\255", "\2\0\xff", 4},
        {"a..b", NULL, 0},
        {".a", NULL, 0},
        {"a..", NULL, 0},
        {"a\\", NULL, 0},
        {"\\25", NULL, 0},
        {"\\256", NULL, 0},
        {"\\2x5", NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_message_query query = {.name = cases[i].name, .type = DNS_TYPE_A};
        uint8_t bytes[DNS_QUERY_MAX];
        size_t length = dns_message_write_query(&query, bytes);

        if (length != (cases[i].encoded != NULL ? 12 + cases[i].length + 4 : 0))
            fail_msg("\"%s\": %zu bytes", cases[i].name, length);
        if (cases[i].encoded != NULL)
            assert_memory_equal(bytes + 12, cases[i].encoded, cases[i].length);
    }
}

static void test_query_of_the_longest_name(void **state)
{
    char name[260];
    struct dns_message_query query = {.name = name, .type = DNS_TYPE_A, .edns = true};
    uint8_t bytes[DNS_QUERY_MAX];

    (void)state;
    memset(name, 'a', sizeof name);
    name[63] = name[127] = name[191] = '.';
    name[253] = '\0';
    assert_int_equal(dns_message_write_query(&query, bytes), DNS_QUERY_MAX);
    name[253] = 'a';
    name[254] = '\0';
    assert_int_equal(dns_message_write_query(&query, bytes), 0);
    name[253] = '\0';
    name[63] = 'a';
    assert_int_equal(dns_message_write_query(&query, bytes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query_bytes),
        cmocka_unit_test(test_query_names),
        cmocka_unit_test(test_query_of_the_longest_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
