/* Unit tests of dns/answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/answer.h"

static void test_a_new_answer_says_nothing(void **state)
{
    struct dns_answer *answer = dns_answer_new("Example.com", DNS_TYPE_MX);

    (void)state;
    assert_non_null(answer);
    assert_string_equal(answer->name, "Example.com");
    assert_int_equal(answer->type, DNS_TYPE_MX);
    assert_int_equal(answer->status, DNS_NOT_ASKED);
    assert_int_equal(answer->security, DNS_SECURITY_UNKNOWN);
    assert_int_equal(answer->ede_code, -1);
    assert_null(answer->ede_text);
    assert_int_equal(answer->n_records, 0);
    assert_string_equal(dns_answer_canonical(answer), "Example.com");
    dns_answer_unref(answer);
    dns_answer_unref(NULL);
}

static void test_the_last_reference_frees(void **state)
{
    struct dns_answer *answer = dns_answer_new("a.example", DNS_TYPE_A);

    (void)state;
    assert_non_null(answer);
    assert_ptr_equal(dns_answer_ref(answer), answer);
    dns_answer_unref(answer);
    assert_int_equal(answer->references, 1);
    assert_string_equal(answer->name, "a.example");
    dns_answer_unref(answer);
}

/* What the records of each type own goes with the answer: the leak checker of the build sees. */
static void test_records_are_owned(void **state)
{
    static const uint16_t types[] = {DNS_TYPE_MX, DNS_TYPE_TXT, DNS_TYPE_TLSA, DNS_TYPE_CNAME,
                                     DNS_TYPE_A};

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct dns_answer *answer = dns_answer_new("a.example", types[i]);
        struct dns_record *record;

        assert_non_null(answer);
        record = dns_answer_add(answer);
        assert_non_null(record);
        assert_int_equal(record->type, types[i]);
        if (types[i] == DNS_TYPE_MX)
            record->u.mx.host = strdup("mx.example");
        else if (types[i] == DNS_TYPE_TXT)
            record->u.text.bytes = malloc(1);
        else if (types[i] == DNS_TYPE_TLSA)
            record->u.tlsa.data = malloc(1);
        else if (types[i] == DNS_TYPE_CNAME)
            record->u.target = strdup("b.example");
        dns_answer_unref(answer);
    }
}

static void test_records_are_bounded(void **state)
{
    struct dns_answer *answer = dns_answer_new("a.example", DNS_TYPE_A);

    (void)state;
    assert_non_null(answer);
    for (size_t i = 0; i < DNS_RECORDS_MAX; i++) {
        struct dns_record *record = dns_answer_add(answer);

        assert_non_null(record);
        record->ttl_s = (uint32_t)i;
    }
    assert_false(answer->cut);
    assert_null(dns_answer_add(answer));
    assert_true(answer->cut);
    assert_int_equal(answer->n_records, DNS_RECORDS_MAX);
    for (size_t i = 0; i < DNS_RECORDS_MAX; i++)
        assert_int_equal(answer->records[i].ttl_s, i);
    dns_answer_unref(answer);
}

/* The longest message has 65535 bytes, the shortest MX record 15: no more of them fit in. */
static void test_every_mx_record_is_kept(void **state)
{
    struct dns_answer *answer = dns_answer_new("a.example", DNS_TYPE_MX);

    (void)state;
    assert_non_null(answer);
    for (size_t i = 0; i < DNS_MX_RECORDS_MAX; i++)
        assert_non_null(dns_answer_add(answer));
    assert_false(answer->cut);
    assert_null(dns_answer_add(answer));
    assert_true(answer->cut);
    dns_answer_unref(answer);
}

static void test_size(void **state)
{
    struct dns_answer *answer = dns_answer_new("a.example", DNS_TYPE_MX);
    size_t empty;

    (void)state;
    assert_non_null(answer);
    empty = dns_answer_size(answer);
    dns_answer_add(answer)->u.mx.host = strdup("mx.a.example");
    assert_in_range(dns_answer_size(answer), empty + strlen("mx.a.example"), 256);
    answer->ede_text = strdup("a reason");
    assert_in_range(dns_answer_size(answer), empty + strlen("mx.a.examplea reason"), 256);
    dns_answer_unref(answer);
}

static void test_aliases_are_bounded(void **state)
{
    struct dns_answer *answer = dns_answer_new("a0.example", DNS_TYPE_A);
    char name[32];

    (void)state;
    assert_non_null(answer);
    for (int i = 1; i <= DNS_ALIASES_MAX; i++) {
        snprintf(name, sizeof name, "a%d.example", i);
        assert_true(dns_answer_add_alias(answer, name));
        assert_string_equal(dns_answer_canonical(answer), name);
    }
    assert_false(dns_answer_add_alias(answer, "one-more.example"));
    assert_string_equal(answer->aliases[0], "a1.example");
    dns_answer_unref(answer);
}

static void test_words(void **state)
{
    (void)state;
    assert_string_equal(dns_status_text(DNS_FOUND), "NOERROR");
    assert_string_equal(dns_status_text(DNS_SERVFAIL), "SERVFAIL");
    assert_string_equal(dns_status_text(DNS_TIMEOUT), "timeout");
    assert_string_equal(dns_status_text(DNS_BOGUS), "bogus");
    assert_string_equal(dns_security_text(DNS_SECURE), "secure");
    assert_string_equal(dns_security_text(DNS_INSECURE), "insecure");
    assert_string_equal(dns_security_text(DNS_SECURITY_BOGUS), "bogus");
    assert_string_equal(dns_security_text(DNS_SECURITY_UNKNOWN), "unknown");
    assert_string_equal(dns_type_text(1), "A"); /* IANA's numbers */
    assert_string_equal(dns_type_text(5), "CNAME");
    assert_string_equal(dns_type_text(6), "SOA");
    assert_string_equal(dns_type_text(15), "MX");
    assert_string_equal(dns_type_text(16), "TXT");
    assert_string_equal(dns_type_text(28), "AAAA");
    assert_string_equal(dns_type_text(41), "OPT");
    assert_string_equal(dns_type_text(52), "TLSA");
    assert_string_equal(dns_type_text(999), "unknown type");
    for (int a = DNS_FOUND; a <= DNS_NOT_ASKED; a++) {
        for (int b = a + 1; b <= DNS_NOT_ASKED; b++)
            assert_string_not_equal(dns_status_text((enum dns_status)a),
                                    dns_status_text((enum dns_status)b));
    }
}

/* RFC 8914 4 and the IANA registry. */
static void test_ede_names(void **state)
{
    (void)state;
    assert_string_equal(dns_ede_name(0), "Other Error");
    assert_string_equal(dns_ede_name(6), "DNSSEC Bogus");
    assert_string_equal(dns_ede_name(9), "DNSKEY Missing");
    assert_string_equal(dns_ede_name(18), "Prohibited");
    assert_string_equal(dns_ede_name(22), "No Reachable Authority");
    assert_string_equal(dns_ede_name(24), "Invalid Data");
    assert_string_equal(dns_ede_name(27), "Unsupported NSEC3 Iterations Value");
    assert_string_equal(dns_ede_name(30), "Invalid Query Type");
    assert_null(dns_ede_name(-1));
    assert_null(dns_ede_name(31));
    assert_null(dns_ede_name(65535));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_answer_says_nothing),
        cmocka_unit_test(test_the_last_reference_frees),
        cmocka_unit_test(test_records_are_owned),
        cmocka_unit_test(test_records_are_bounded),
        cmocka_unit_test(test_every_mx_record_is_kept),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_aliases_are_bounded),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_ede_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
