/* Unit tests of dns/message, and of dns/wire and dns/record that it stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/message.h"
#include "wire_builder.h"

static struct wire wire; /* 64 KB: too much for the stack of every test */

static struct dns_answer *read_as(const char *name, uint16_t type)
{
    struct dns_answer *answer = dns_answer_new(name, type);
    /* On the heap and exactly as long, so that a read beyond the end is seen. */
    uint8_t *copy = malloc(wire.length + 1);

    assert_non_null(answer);
    assert_non_null(copy);
    memcpy(copy, wire.bytes, wire.length);
    copy = realloc(copy, wire.length > 0 ? wire.length : 1);
    assert_non_null(copy);
    assert_int_equal(dns_message_read(copy, wire.length, answer), 0);
    free(copy);
    return answer;
}

/*
 * A response byte for byte in the form in which resolvers give it (RFC 1035 4.1): pointers to
 * the question's name, two records, AD, OPT.
 */
static void test_bytes_of_a_response(void **state)
{
    static const uint8_t bytes[] = {
        0x12, 0x34, 0x81, 0xa0, 0x00, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 4,
        'm',  'a',  'i',  'l',  4,    't',  'e',  's',  't',  0,    0x00, 0x0f, 0x00,
        0x01, 0xc0, 0x0c, 0x00, 0x0f, 0x00, 0x01, 0x00, 0x00, 0x0e, 0x10, 0x00, 0x08,
        0x00, 0x0a, 3,    'M',  'X',  '1',  0xc0, 0x0c, 0xc0, 0x0c, 0x00, 0x0f, 0x00,
        0x01, 0x00, 0x00, 0x0e, 0x10, 0x00, 0x08, 0x00, 0x14, 3,    'm',  'x',  '2',
        0xc0, 0x0c, 0x00, 0x00, 0x29, 0x04, 0xd0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    };
    struct dns_answer *answer;

    (void)state;
    wire.length = 0;
    wire_bytes(&wire, bytes, sizeof bytes);
    answer = read_as("Mail.Test", DNS_TYPE_MX);
    assert_int_equal(answer->status, DNS_FOUND);
    assert_int_equal(answer->rcode, 0);
    assert_true(answer->ad);
    assert_int_equal(answer->security, DNS_SECURITY_UNKNOWN);
    assert_int_equal(answer->ttl_s, 3600);
    assert_int_equal(answer->ede_code, -1);
    assert_int_equal(answer->n_records, 2);
    assert_int_equal(answer->records[0].u.mx.preference, 10);
    assert_string_equal(answer->records[0].u.mx.host, "mx1.mail.test");
    assert_int_equal(answer->records[1].u.mx.preference, 20);
    assert_string_equal(answer->records[1].u.mx.host, "mx2.mail.test");
    dns_answer_unref(answer);
}

static void test_addresses(void **state)
{
    static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    struct dns_answer *answer;
    char text[DNS_ADDRESS_TEXT_MAX];

    (void)state;
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_A);
    wire_a(&wire, NULL, 60, 0xc0000201);
    wire_a(&wire, "A.TEST", 30, 0xc0000202); /* names compare without case */
    answer = read_as("a.test", DNS_TYPE_A);
    assert_int_equal(answer->status, DNS_FOUND);
    assert_false(answer->ad);
    assert_int_equal(answer->n_records, 2);
    assert_int_equal(answer->ttl_s, 30);
    dns_address_format(&answer->records[1].u.address, text);
    assert_string_equal(text, "192.0.2.2");
    dns_answer_unref(answer);

    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_AAAA);
    wire_rr_bytes(&wire, WIRE_ANSWER, NULL, DNS_TYPE_AAAA, 60, ipv6, sizeof ipv6);
    answer = read_as("a.test", DNS_TYPE_AAAA);
    assert_int_equal(answer->n_records, 1);
    dns_address_format(&answer->records[0].u.address, text);
    assert_string_equal(text, "2001:db8::1");
    dns_answer_unref(answer);
}

static void test_null_mx(void **state)
{
    struct dns_answer *answer;

    (void)state;
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_mx(&wire, NULL, 60, 0, ""); /* RFC 7505 3 */
    answer = read_as("a.test", DNS_TYPE_MX);
    assert_int_equal(answer->status, DNS_FOUND);
    assert_int_equal(answer->records[0].u.mx.preference, 0);
    assert_string_equal(answer->records[0].u.mx.host, "");
    dns_answer_unref(answer);
}

static void test_text_is_joined(void **state)
{
    static const uint8_t rdata[] = {3, 'v', '=', 'S', 0, 4, 'T', 0, 'S', 0xff};
    struct dns_answer *answer;

    (void)state;
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_TXT);
    wire_rr_bytes(&wire, WIRE_ANSWER, NULL, DNS_TYPE_TXT, 60, rdata, sizeof rdata);
    wire_rr_bytes(&wire, WIRE_ANSWER, NULL, DNS_TYPE_TXT, 60, "\0", 1);
    answer = read_as("a.test", DNS_TYPE_TXT);
    assert_int_equal(answer->n_records, 2);
    assert_int_equal(answer->records[0].u.text.length, 7);
    assert_memory_equal(answer->records[0].u.text.bytes, "v=ST\0S\xff\0", 8);
    assert_int_equal(answer->records[1].u.text.length, 0);
    assert_int_equal(answer->records[1].u.text.bytes[0], 0);
    dns_answer_unref(answer);
}

static void test_text_of_64_kilobytes(void **state)
{
    enum { STRINGS = 254 };
    struct dns_answer *answer;
    size_t at;

    (void)state;
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_TXT);
    at = wire_rr(&wire, WIRE_ANSWER, NULL, DNS_TYPE_TXT, 60);
    for (int i = 0; i < STRINGS; i++) {
        uint8_t string[256];

        memset(string, 'a' + i % 26, sizeof string);
        string[0] = 255;
        wire_bytes(&wire, string, sizeof string);
    }
    wire_rr_end(&wire, at);
    answer = read_as("a.test", DNS_TYPE_TXT);
    assert_int_equal(answer->n_records, 1);
    assert_int_equal(answer->records[0].u.text.length, STRINGS * 255);
    assert_int_equal(answer->records[0].u.text.bytes[255], 'b');
    assert_int_equal(answer->records[0].u.text.bytes[STRINGS * 255], 0);
    dns_answer_unref(answer);
}

static void test_tlsa(void **state)
{
    static const uint8_t rdata[] = {3, 1, 1, 0xde, 0xad, 0xbe, 0xef};
    struct dns_answer *answer;

    (void)state;
    wire_start(&wire, WIRE_RESPONSE, "_25._tcp.a.test", DNS_TYPE_TLSA);
    wire_rr_bytes(&wire, WIRE_ANSWER, NULL, DNS_TYPE_TLSA, 60, rdata, sizeof rdata);
    wire_rr_bytes(&wire, WIRE_ANSWER, NULL, DNS_TYPE_TLSA, 60, rdata, 3);
    answer = read_as("_25._tcp.a.test", DNS_TYPE_TLSA);
    assert_int_equal(answer->n_records, 2);
    assert_int_equal(answer->records[0].u.tlsa.usage, 3);
    assert_int_equal(answer->records[0].u.tlsa.selector, 1);
    assert_int_equal(answer->records[0].u.tlsa.matching, 1);
    assert_int_equal(answer->records[0].u.tlsa.length, 4);
    assert_memory_equal(answer->records[0].u.tlsa.data, rdata + 3, 4);
    assert_int_equal(answer->records[1].u.tlsa.length, 0); /* judged elsewhere, not here */
    dns_answer_unref(answer);
}

static void test_odd_bytes_in_names(void **state)
{
    /* RFC 1035 5.1: "\." and "\\" inside a label, "\DDD" for what does not print. */
    static const uint8_t rdata[] = {0, 1, 9, 'a', '.', 'B', '\\', ' ', 0, 0xff, 0x1b, '~', 0};
    struct dns_answer *answer;

    (void)state;
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    wire_rr_bytes(&wire, WIRE_ANSWER, NULL, DNS_TYPE_MX, 60, rdata, sizeof rdata);
    answer = read_as("a.test", DNS_TYPE_MX);
    assert_int_equal(answer->n_records, 1);
    assert_string_equal(answer->records[0].u.mx.host, "a\\.b\\\\\\032\\000\\255\\027~");
    dns_answer_unref(answer);

    /* And back: the same text asks for the same name. */
    wire.length = 0;
    wire_start(&wire, WIRE_RESPONSE, "", DNS_TYPE_A);
    wire.length = WIRE_NAME_AT;
    wire_bytes(&wire, rdata + 2, sizeof rdata - 2);
    wire_u16(&wire, DNS_TYPE_A);
    wire_u16(&wire, 1);
    wire_a(&wire, NULL, 60, 1);
    answer = read_as("a\\.B\\\\\\032\\000\\255\\027~.", DNS_TYPE_A);
    assert_int_equal(answer->status, DNS_FOUND);
    dns_answer_unref(answer);
}

static void test_longest_name(void **state)
{
    struct dns_answer *answer;
    size_t at;

    (void)state;
    /* 255 bytes in the message: labels of 63, 63, 63 and 61, none of them printable. */
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_MX);
    at = wire_rr(&wire, WIRE_ANSWER, NULL, DNS_TYPE_MX, 60);
    wire_u16(&wire, 1);
    for (int i = 0; i < 4; i++) {
        uint8_t label[64];

        memset(label, 0x80, sizeof label);
        label[0] = i < 3 ? 63 : 61;
        wire_bytes(&wire, label, label[0] + 1U);
    }
    wire_u8(&wire, 0);
    wire_rr_end(&wire, at);
    answer = read_as("a.test", DNS_TYPE_MX);
    assert_int_equal(answer->status, DNS_FOUND);
    assert_int_equal(strlen(answer->records[0].u.mx.host), 4 * 250 + 3);
    dns_answer_unref(answer);

    wire.bytes[at + 4 + 3 * 64] = 62; /* one byte more than RFC 1035 2.3.4 allows */
    answer = read_as("a.test", DNS_TYPE_MX);
    assert_int_equal(answer->status, DNS_MALFORMED);
    dns_answer_unref(answer);
}

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

/* ---- what is no answer ---- */

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

static void test_other_classes_are_not_ours(void **state)
{
    struct dns_answer *answer;
    size_t at;

    (void)state;
    wire_start(&wire, WIRE_RESPONSE, "a.test", DNS_TYPE_A);
    at = wire_rr(&wire, WIRE_ANSWER, NULL, DNS_TYPE_A, 60);
    wire_u32(&wire, 1);
    wire_rr_end(&wire, at);
    wire_set_u16(&wire, at - 6, 3); /* CH */
    answer = read_as("a.test", DNS_TYPE_A);
    assert_int_equal(answer->status, DNS_NODATA);
    dns_answer_unref(answer);
}

static void test_soa_of_the_root(void **state)
{
    struct dns_answer *answer;

    (void)state;
    wire_start(&wire, WIRE_RESPONSE | WIRE_AD, "", DNS_TYPE_SOA);
    wire_rr_bytes(&wire, WIRE_ANSWER, NULL, DNS_TYPE_SOA, 60, "not looked at", 13);
    answer = read_as("", DNS_TYPE_SOA);
    assert_int_equal(answer->status, DNS_FOUND);
    assert_true(answer->ad);
    assert_int_equal(answer->n_records, 1);
    dns_answer_unref(answer);
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

/* ---- the query ---- */

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
        cmocka_unit_test(test_bytes_of_a_response),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_null_mx),
        cmocka_unit_test(test_text_is_joined),
        cmocka_unit_test(test_text_of_64_kilobytes),
        cmocka_unit_test(test_tlsa),
        cmocka_unit_test(test_odd_bytes_in_names),
        cmocka_unit_test(test_longest_name),
        cmocka_unit_test(test_cname_chain),
        cmocka_unit_test(test_cname_asked_for_is_a_record),
        cmocka_unit_test(test_the_chain_leads_nowhere),
        cmocka_unit_test(test_negative_ttl),
        cmocka_unit_test(test_rcodes),
        cmocka_unit_test(test_extended_errors),
        cmocka_unit_test(test_too_many_records_are_cut),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_longest_chain),
        cmocka_unit_test(test_two_equal_cnames_are_one),
        cmocka_unit_test(test_malformed_rdata),
        cmocka_unit_test(test_other_classes_are_not_ours),
        cmocka_unit_test(test_soa_of_the_root),
        cmocka_unit_test(test_cut_at_every_length),
        cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_query_bytes),
        cmocka_unit_test(test_query_names),
        cmocka_unit_test(test_query_of_the_longest_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
