/* Unit tests of dns/message, and of dns/wire and dns/record: what is no answer, and anything at
 * all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "message_reader.h"

static void build_wrong_name(void)
{
    wire_start(&wire, WIRE_RESPONSE, "b.test", DNS_TYPE_MX);
}

static void build_wrong_type(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_A);
}

static void build_wrong_class(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_set_u16(&wire, wire.length - 2, 3);
}

static void build_query(void)
{
    wire_start(&wire, WIRE_RD, "a.test", DNS_TYPE_MX);
}

static void build_other_opcode(void)
{
    wire_start(&wire, WIRE_RESPONSE | 0x2000, "a.test", DNS_TYPE_MX);
}

static void build_truncated_flag(void)
{
    wire_start(&wire, WIRE_RESPONSE | WIRE_TC, "a.test", DNS_TYPE_MX);
    wire_mx(&wire, NULL, 60, 10, "mx.test");
}

static void build_no_question(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire.length = WIRE_NAME_AT;
    wire_set_u16(&wire, 4, 0);
}

static void build_two_questions(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_name(&wire, "a.test");
    wire_u32(&wire, 0x000f0001);
    wire_set_u16(&wire, 4, 2);
}

static void build_missing_record(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_mx(&wire, NULL, 60, 10, "mx.test");
    wire_set_u16(&wire, WIRE_ANSWER, 2);
}

static void build_broken_additional(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_mx(&wire, NULL, 60, 10, "mx.test");
    wire_opt(&wire, 0, -1, "");
    wire_set_u16(&wire, wire.length - 2, 1);
}

static void build_pointer_to_itself(void)
{
    size_t at;

    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    at = wire_rr(&wire, WIRE_ANSWER, NULL, DNS_TYPE_MX, 60);
    wire_u16(&wire, 10);
    wire_pointer(&wire, wire.length);
    wire_rr_end(&wire, at);
}

static void build_pointer_loop_through_a_label(void)
{
    size_t at;
    size_t label;

    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    at = wire_rr(&wire, WIRE_ANSWER, NULL, DNS_TYPE_MX, 60);
    wire_u16(&wire, 10);
    label = wire.length;
    wire_u8(&wire, 1);
    wire_u8(&wire, 'x');
    wire_pointer(&wire, label);
    wire_rr_end(&wire, at);
}

static void build_pointer_forward(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_mx(&wire, NULL, 60, 10, "mx.test");
    wire.bytes[wire.length - 9] = 0xc0; /* "2mx" of "2mx4test0" becomes a pointer beyond itself */
    wire.bytes[wire.length - 8] = 0xff;
}

/* A staircase of pointers, each to the one before: backwards, finite, and endless all the same. */
static void build_pointer_staircase(void)
{
    size_t at;
    size_t step;

    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    at = wire_rr(&wire, WIRE_ANSWER, NULL, 65280, 60);
    step = wire.length;
    wire_pointer(&wire, WIRE_NAME_AT);
    while (wire.length < 2000) {
        wire_pointer(&wire, step);
        step += 2;
    }
    wire_rr_end(&wire, at);
    at = wire_rr(&wire, WIRE_ANSWER, NULL, DNS_TYPE_MX, 60);
    wire_u16(&wire, 10);
    wire_pointer(&wire, step);
    wire_rr_end(&wire, at);
}

static void build_reserved_label_type(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_mx(&wire, NULL, 60, 10, "mx.test");
    wire.bytes[wire.length - 9] = 0x42;
}

static void build_name_beyond_rdata(void)
{
    size_t at;

    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    at = wire_rr(&wire, WIRE_ANSWER, NULL, DNS_TYPE_MX, 60);
    wire_u16(&wire, 10);
    wire_u8(&wire, 5);
    wire_u8(&wire, 'x');
    wire_rr_end(&wire, at);
    wire_mx(&wire, NULL, 60, 10, "mx.test");
}

static void build_only_short_rdata(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_rr_bytes(&wire, WIRE_ANSWER, NULL, DNS_TYPE_MX, 60, "\0", 1);
}

static void build_cname_loop(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_cname(&wire, "a.test", 60, "b.test");
    wire_cname(&wire, "b.test", 60, "A.test");
}

static void build_cname_to_itself(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_cname(&wire, "a.test", 60, "a.test");
}

static void build_two_cnames(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_cname(&wire, "a.test", 60, "b.test");
    wire_cname(&wire, "a.test", 60, "c.test");
    wire_mx(&wire, "b.test", 60, 10, "mx.test");
}

static void build_cname_with_more_behind(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_rr_bytes(&wire, WIRE_ANSWER, NULL, DNS_TYPE_CNAME, 60, "\1b\0x", 4);
}

static void build_long_chain(void)
{
    char from[16] = "a.test";
    char to[16];

    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    for (int i = 0; i <= DNS_ALIASES_MAX; i++) {
        snprintf(to, sizeof to, "a%d.test", i);
        wire_cname(&wire, from, 60, to);
        strcpy(from, to);
    }
}

/* RFC 2308 2.2: NS without SOA, from a server that does not recurse. */
static void build_referral(void)
{
    wire_start(&wire, WIRE_QR, "a.test", DNS_TYPE_MX);
    wire_rr_bytes(&wire, WIRE_AUTHORITY, "test", 2, 60, "\2ns\0", 4);
}

static void build_header_only(void)
{
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire.length = 12;
}

static void build_nothing(void)
{
    wire.length = 0;
}

static void test_malformed(void **state)
{
    static const struct {
        const char *name;
        void (*build)(void);
    } cases[] = {
        {"another name", build_wrong_name},
        {"another type", build_wrong_type},
        {"another class", build_wrong_class},
        {"a query", build_query},
        {"another opcode", build_other_opcode},
        {"TC", build_truncated_flag},
        {"no question", build_no_question},
        {"two questions", build_two_questions},
        {"a record missing", build_missing_record},
        {"additional section cut short", build_broken_additional},
        {"pointer to itself", build_pointer_to_itself},
        {"pointer loop", build_pointer_loop_through_a_label},
        {"pointer forward", build_pointer_forward},
        {"pointer staircase", build_pointer_staircase},
        {"reserved label type", build_reserved_label_type},
        {"name beyond its RDATA", build_name_beyond_rdata},
        {"the only RDATA too short", build_only_short_rdata},
        {"CNAME loop", build_cname_loop},
        {"CNAME to itself", build_cname_to_itself},
        {"two CNAMEs", build_two_cnames},
        {"CNAME with bytes behind", build_cname_with_more_behind},
        {"chain too long", build_long_chain},
        {"referral", build_referral},
        {"header only", build_header_only},
        {"nothing", build_nothing},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_answer *answer;

        cases[i].build();
        answer = read_as("a.test", DNS_TYPE_MX);
        if (answer->status != DNS_MALFORMED)
            fail_msg("%s: %s", cases[i].name, dns_status_text(answer->status));
        dns_answer_unref(answer);
    }
}

/* A chain of DNS_ALIASES_MAX is long, but one more is too long. */
static void test_longest_chain(void **state)
{
    struct dns_answer *answer;

    (void)state;
    build_long_chain();
    wire_set_u16(&wire, WIRE_ANSWER, DNS_ALIASES_MAX);
    answer = read_as("a.test", DNS_TYPE_MX);
    /* The record that is no longer counted trails behind the message: harmless. */
    assert_int_equal(answer->status, DNS_NODATA);
    assert_int_equal(answer->n_aliases, DNS_ALIASES_MAX);
    dns_answer_unref(answer);
}

/* One malformed RDATA beside a good one makes no record; alone it must not pass for none. */
static void test_malformed_rdata(void **state)
{
    static const struct {
        const char *name;
        uint16_t type;
        const char *bad;
        size_t bad_length;
        const char *good;
        size_t good_length;
    } cases[] = {
        {"A of 3 bytes", DNS_TYPE_A, "abc", 3, "abcd", 4},
        {"A of 5 bytes", DNS_TYPE_A, "abcde", 5, "abcd", 4},
        {"AAAA of 4 bytes", DNS_TYPE_AAAA, "abcd", 4, "abcdefghijklmnop", 16},
        {"MX with a byte behind", DNS_TYPE_MX, "\0\1\1a\0x", 6, "\0\1\1a\0", 5},
        {"TXT of nothing", DNS_TYPE_TXT, "", 0, "\1a", 2},
        {"TXT string cut short", DNS_TYPE_TXT, "\1a\3bc", 5, "\1a", 2},
        {"TLSA of 2 bytes", DNS_TYPE_TLSA, "\3\1", 2, "\3\1\1x", 4},
        {"CNAME with a byte behind", DNS_TYPE_CNAME, "\1a\0x", 4, "\1a\0", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_answer *answer;

        wire_start(&wire, WIRE_RESPONSE, "a.test", cases[i].type);
        wire_rr_bytes(&wire, WIRE_ANSWER, NULL, cases[i].type, 60, cases[i].bad,
                      cases[i].bad_length);
        answer = read_as("a.test", cases[i].type);
        if (answer->status != DNS_MALFORMED || answer->n_records != 0)
            fail_msg("%s, alone: %s", cases[i].name, dns_status_text(answer->status));
        dns_answer_unref(answer);

        wire_rr_bytes(&wire, WIRE_ANSWER, NULL, cases[i].type, 60, cases[i].good,
                      cases[i].good_length);
        answer = read_as("a.test", cases[i].type);
        if (answer->status != DNS_FOUND || answer->n_records != 1)
            fail_msg("%s, beside a good one: %s", cases[i].name, dns_status_text(answer->status));
        dns_answer_unref(answer);
    }
}

/* ---- anything at all ---- */

/* One message with everything that the decoder looks at. */
static size_t build_rich_message(void)
{
    size_t at;

    wire_start(&wire, WIRE_RESPONSE | WIRE_AD, "a.test", DNS_TYPE_MX);
    wire_cname(&wire, NULL, 50, "b.test");
    at = wire_rr(&wire, WIRE_ANSWER, "b.test", DNS_TYPE_MX, 60);
    wire_u16(&wire, 10);
    wire_u8(&wire, 2);
    wire_bytes(&wire, "mx", 2);
    wire_pointer(&wire, WIRE_NAME_AT + 2);
    wire_rr_end(&wire, at);
    wire_mx(&wire, "b.test", 60, 20, "mx2.test");
    wire_soa(&wire, "test", 900, 300);
    wire_opt(&wire, 0, 6, "validation failure");
    return wire.length;
}

static void check_whatever(void)
{
    struct dns_answer *answer = read_as("a.test", DNS_TYPE_MX);

    assert_true(answer->status <= DNS_MALFORMED && answer->status != DNS_TIMEOUT);
    assert_int_equal(answer->status == DNS_FOUND,
                     answer->n_records > 0 && answer->status != DNS_MALFORMED);
    for (size_t i = 0; i < answer->n_records; i++)
        assert_true(strlen(answer->records[i].u.mx.host) <= 1019);
    dns_answer_unref(answer);
}

static void test_cut_at_every_length(void **state)
{
    size_t length = build_rich_message();
    struct dns_answer *answer = read_as("a.test", DNS_TYPE_MX);

    (void)state;
    assert_int_equal(answer->status, DNS_FOUND);
    assert_int_equal(answer->n_records, 2);
    dns_answer_unref(answer);
    for (wire.length = 0; wire.length < length; wire.length++) {
        answer = read_as("a.test", DNS_TYPE_MX);
        if (answer->status != DNS_MALFORMED)
            fail_msg("cut at %zu: %s", wire.length, dns_status_text(answer->status));
        dns_answer_unref(answer);
    }
}

static void test_every_byte_changed(void **state)
{
    static const uint8_t changes[] = {0x01, 0x20, 0x3f, 0x80, 0xc0, 0xff};
    size_t length = build_rich_message();

    (void)state;
    for (size_t at = 0; at < length; at++) {
        uint8_t was = wire.bytes[at];

        for (size_t i = 0; i < sizeof changes; i++) {
            wire.bytes[at] = was ^ changes[i];
            check_whatever();
        }
        wire.bytes[at] = 0;
        check_whatever();
        wire.bytes[at] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed),          cmocka_unit_test(test_longest_chain),
        cmocka_unit_test(test_malformed_rdata),    cmocka_unit_test(test_cut_at_every_length),
        cmocka_unit_test(test_every_byte_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
