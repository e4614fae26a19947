/* Unit tests of dns/message: aliases, denials, response codes and what explains them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "message_reader.h"

static void test_cname_chain(void **state)
{
    struct dns_answer *answer;

    (void)state;
    /* Out of order, with strangers between and a wrong-owner record of the type. */
    wire_start(&wire, WIRE_RESPONSE | WIRE_AD, "a.test", DNS_TYPE_A);
    wire_a(&wire, "c.test", 100, 3);
    wire_cname(&wire, "B.test", 20, "C.test");
    wire_a(&wire, "stranger.test", 1, 9);
    wire_cname(&wire, "stranger.test", 1, "a.test");
    wire_rr_bytes(&wire, WIRE_ANSWER, "c.test", 46, 1, "rrsig", 5);
    wire_cname(&wire, "a.test", 50, "b.test");
    answer = read_as("a.test", DNS_TYPE_A);
    assert_int_equal(answer->status, DNS_FOUND);
    assert_int_equal(answer->n_aliases, 2);
    assert_string_equal(answer->aliases[0], "b.test");
    assert_string_equal(answer->aliases[1], "c.test");
    assert_string_equal(dns_answer_canonical(answer), "c.test");
    assert_int_equal(answer->n_records, 1);
    assert_int_equal(answer->ttl_s, 20);
    dns_answer_unref(answer);
}

static void test_cname_asked_for_is_a_record(void **state)
{
    struct dns_answer *answer;

    (void)state;
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_CNAME);
    wire_cname(&wire, NULL, 50, "B.test");
    answer = read_as("a.test", DNS_TYPE_CNAME);
    assert_int_equal(answer->status, DNS_FOUND);
    assert_int_equal(answer->n_aliases, 0);
    assert_int_equal(answer->n_records, 1);
    assert_string_equal(answer->records[0].u.target, "b.test");
    dns_answer_unref(answer);
}

static void test_the_chain_leads_nowhere(void **state)
{
    struct dns_answer *answer;

    (void)state;
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_A);
    wire_cname(&wire, NULL, 50, "b.test");
    wire_soa(&wire, "test", 900, 300);
    answer = read_as("a.test", DNS_TYPE_A);
    assert_int_equal(answer->status, DNS_NODATA);
    assert_int_equal(answer->n_aliases, 1);
    assert_int_equal(answer->ttl_s, 50);
    dns_answer_unref(answer);

    wire_set_u16(&wire, 2, WIRE_RESPONSE | 3);
    answer = read_as("a.test", DNS_TYPE_A);
    assert_int_equal(answer->status, DNS_NXDOMAIN);
    assert_int_equal(answer->rcode, 3);
    assert_int_equal(answer->n_aliases, 1);
    assert_string_equal(answer->aliases[0], "b.test");
    dns_answer_unref(answer);
}

/* RFC 2308 5: the lesser of the SOA's own TTL and its MINIMUM; RFC 2181 8 for the top bit. */
static void test_negative_ttl(void **state)
{
    static const struct {
        uint32_t ttl;
        uint32_t minimum;
        uint32_t ttl_s;
    } cases[] = {{900, 300, 300}, {300, 900, 300}, {0x80000000, 300, 0}, {60, 0, 0}};
    struct dns_answer *answer;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wire_start(&wire, WIRE_RESPONSE | 3, "a.test", DNS_TYPE_A);
        wire_rr_bytes(&wire, WIRE_AUTHORITY, "test", 47, 5, "nsec", 4);
        wire_soa(&wire, "test", cases[i].ttl, cases[i].minimum);
        answer = read_as("a.test", DNS_TYPE_A);
        assert_int_equal(answer->status, DNS_NXDOMAIN);
        assert_int_equal(answer->ttl_s, cases[i].ttl_s);
        dns_answer_unref(answer);
    }
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_A);
    answer = read_as("a.test", DNS_TYPE_A);
    assert_int_equal(answer->status, DNS_NODATA);
    assert_int_equal(answer->ttl_s, 0);
    dns_answer_unref(answer);
}

static void test_rcodes(void **state)
{
    static const struct {
        unsigned rcode; /* of the header */
        unsigned extended;
        enum dns_status status;
        unsigned seen;
    } cases[] = {
        {0, 0, DNS_NODATA, 0},    {1, 0, DNS_SERVFAIL, 1},      {2, 0, DNS_SERVFAIL, 2},
        {3, 0, DNS_NXDOMAIN, 3},  {4, 0, DNS_SERVFAIL, 4},      {5, 0, DNS_REFUSED, 5},
        {9, 0, DNS_SERVFAIL, 9},  {0, 1, DNS_SERVFAIL, 16}, /* BADVERS, RFC 6891 9 */
        {7, 1, DNS_SERVFAIL, 23}, {15, 255, DNS_SERVFAIL, 255},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_answer *answer;

        wire_start(&wire, WIRE_RESPONSE | cases[i].rcode, "a.test", DNS_TYPE_A);
        wire_opt(&wire, cases[i].extended, -1, "");
        answer = read_as("a.test", DNS_TYPE_A);
        if (answer->status != cases[i].status || answer->rcode != cases[i].seen)
            fail_msg("rcode %u, %u: %s, %u", cases[i].rcode, cases[i].extended,
                     dns_status_text(answer->status), answer->rcode);
        dns_answer_unref(answer);
    }
}

static void test_extended_errors(void **state)
{
    static const uint8_t two[] = {0, 10, 0, 1, 7,                   /* another option */
                                  0, 15, 0, 3, 0, 0, 'x',           /* Other Error */
                                  0, 15, 0, 5, 0, 7, 'o', 'l', 'd', /* Signature Expired */
                                  0, 15, 0, 3, 0, 6, 'y'};          /* too late */
    static const uint8_t cut[] = {0, 15, 0, 9, 0, 6};
    static const uint8_t empty[] = {0, 15, 0, 1, 0};
    static const uint8_t nul[] = {0, 15, 0, 4, 0, 6, 'a', 0};
    static const struct {
        const char *name;
        const uint8_t *options;
        size_t length;
        int code;
        const char *text;
    } cases[] = {
        {"none", two, 0, -1, NULL},
        {"two", two, sizeof two, 7, "old"},
        {"cut short", cut, sizeof cut, -1, NULL},
        {"no code", empty, sizeof empty, -1, NULL},
        {"ended by NUL", nul, sizeof nul, 6, "a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_answer *answer;

        wire_start(&wire, WIRE_RESPONSE | 2, "a.test", DNS_TYPE_A);
        wire_rr_bytes(&wire, WIRE_ADDITIONAL, "", 41, 0, cases[i].options, cases[i].length);
        answer = read_as("a.test", DNS_TYPE_A);
        if (answer->status != DNS_SERVFAIL || answer->ede_code != cases[i].code ||
            (answer->ede_text == NULL) != (cases[i].text == NULL) ||
            (answer->ede_text != NULL && strcmp(answer->ede_text, cases[i].text) != 0))
            fail_msg("%s: %d %s", cases[i].name, answer->ede_code,
                     answer->ede_text != NULL ? answer->ede_text : "(none)");
        dns_answer_unref(answer);
    }
}

static void test_too_many_records_are_cut(void **state)
{
    struct dns_answer *answer;

    (void)state;
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_A);
    for (uint32_t i = 0; i < DNS_RECORDS_MAX + 10; i++)
        wire_a(&wire, NULL, 60, i);
    answer = read_as("a.test", DNS_TYPE_A);
    assert_int_equal(answer->status, DNS_FOUND);
    assert_int_equal(answer->n_records, DNS_RECORDS_MAX);
    assert_true(answer->cut);
    dns_answer_unref(answer);
}

static void test_two_equal_cnames_are_one(void **state)
{
    struct dns_answer *answer;

    (void)state;
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_cname(&wire, NULL, 60, "b.test");
    wire_cname(&wire, NULL, 60, "B.TEST");
    wire_mx(&wire, "b.test", 60, 10, "mx.test");
    answer = read_as("a.test", DNS_TYPE_MX);
    assert_int_equal(answer->status, DNS_FOUND);
    assert_int_equal(answer->n_aliases, 1);
    dns_answer_unref(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cname_chain),
        cmocka_unit_test(test_cname_asked_for_is_a_record),
        cmocka_unit_test(test_the_chain_leads_nowhere),
        cmocka_unit_test(test_negative_ttl),
        cmocka_unit_test(test_rcodes),
        cmocka_unit_test(test_extended_errors),
        cmocka_unit_test(test_too_many_records_are_cut),
        cmocka_unit_test(test_two_equal_cnames_are_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
