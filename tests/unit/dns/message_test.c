/* Unit tests of dns/message, and of dns/wire and dns/record that it stands on: the records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "message_reader.h"

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
        cmocka_unit_test(test_other_classes_are_not_ours),
        cmocka_unit_test(test_soa_of_the_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
