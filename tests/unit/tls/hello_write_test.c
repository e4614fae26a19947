/* The ClientHello as OpenSSL reads it: versions, suites, extensions, and its bounds. */
#include <string.h>

#include "hello_fixture.h"
#include "tls/suite.h"

enum { ALL = TLS_SUITES_ALL, SCSV = 0x00ff };

static const struct hello_server any_server = {.ciphers = "ALL:@SECLEVEL=0"};

static const struct hello_seen *say(struct tls_hello_offer offer, const char *sni)
{
    static struct hello_seen seen;
    static uint8_t bytes[TLS_HELLO_ANSWER_MAX];

    memset(&seen, 0, sizeof seen);
    (void)hello_answer(&any_server, &offer, sni, &seen, bytes);
    assert_true(seen.called);
    assert_int_equal(seen.suites_length % 2, 0);
    return &seen;
}

static unsigned suite_at(const struct hello_seen *seen, size_t index)
{
    return (unsigned)seen->suites[2 * index] << 8 | seen->suites[2 * index + 1];
}

static size_t count_suite(const struct hello_seen *seen, unsigned id)
{
    size_t n = 0;

    for (size_t i = 0; i < seen->suites_length / 2; i++)
        n += suite_at(seen, i) == id;
    return n;
}

static bool has_extension(const struct hello_seen *seen, int type)
{
    for (size_t i = 0; i < seen->n_extensions; i++)
        if (seen->extensions[i] == type)
            return true;
    return false;
}

/* RFC 5246 7.4.1.2, RFC 8446 4.1.2: TLS 1.3 stands in an extension, with a random session id. */
static void names_its_version(void **state)
{
    static const struct {
        uint16_t version, legacy;
        size_t session_id_length;
    } cases[] = {
        {0x0301, 0x0301, 0}, {0x0302, 0x0302, 0}, {0x0303, 0x0303, 0}, {0x0304, 0x0303, 32}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint16_t version = cases[i].version;
        const struct hello_seen *seen =
            say((struct tls_hello_offer){version, ALL, false, 0}, "mx.example.test");
        assert_int_equal(seen->version, cases[i].legacy);
        assert_memory_equal(seen->random, hello_entropy, sizeof seen->random);
        assert_int_equal(seen->session_id_length, cases[i].session_id_length);
        assert_string_equal(seen->sni, "mx.example.test");
        assert_int_equal(has_extension(seen, TLSEXT_TYPE_supported_versions), version == 0x0304);
        assert_int_equal(has_extension(seen, TLSEXT_TYPE_key_share), version == 0x0304);
        /* RFC 5246 7.4.1.4.1: not to be sent where no version has it. */
        assert_int_equal(has_extension(seen, TLSEXT_TYPE_signature_algorithms), version >= 0x0303);
        assert_true(has_extension(seen, TLSEXT_TYPE_supported_groups));
        assert_int_equal(count_suite(seen, SCSV), version < 0x0304); /* RFC 5746 3.3 */
    }
}

/* RFC 6101 5.6.1.2: it ends behind the compression methods; no SSLv3 in OpenSSL reads this. */
static void sslv3_has_no_extensions(void **state)
{
    const struct tls_hello_offer offer = {0x0300, ALL, false, 0};
    uint8_t hello[TLS_HELLO_MAX];
    const size_t length = tls_hello_write(hello, &offer, "mx.example.test", hello_entropy);
    const size_t suites_at = 5 + 4 + 2 + 32 + 1;
    const size_t suites_length = (size_t)hello[suites_at] << 8 | hello[suites_at + 1];

    (void)state;
    assert_int_equal(length, suites_at + 2 + suites_length + 2);
    assert_memory_equal(hello, "\x16\x03\x00", 3);
    assert_int_equal(hello[3] << 8 | hello[4], length - 5);
    assert_memory_equal(hello + 5, "\x01\x00", 2);
    assert_int_equal(hello[7] << 8 | hello[8], length - 9);
    assert_memory_equal(hello + 9, "\x03\x00", 2);
    assert_memory_equal(hello + length - 4, "\x00\xff\x01\x00", 4); /* SCSV; compression null */
    assert_null(memmem(hello, length, "mx.example.test", strlen("mx.example.test")));
}

/* In each offer: what is asked for, once, and nothing else. */
static void offers_the_classes_asked_for(void **state)
{
    static const unsigned sets[] = {ALL,
                                    1 << TLS_SUITE_STRONG,
                                    1 << TLS_SUITE_ANONYMOUS,
                                    1 << TLS_SUITE_NULL,
                                    1 << TLS_SUITE_EXPORT,
                                    1 << TLS_SUITE_RC4,
                                    1 << TLS_SUITE_DES};
    size_t n;
    const struct tls_suite *suites = tls_suites(&n);

    (void)state;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        for (uint16_t version = 0x0301; version <= 0x0303; version++) {
            const struct tls_hello_offer offer = {version, sets[i], false, 0};
            const struct hello_seen *seen = say(offer, NULL);
            size_t wanted = 1; /* SCSV */
            for (size_t j = 0; j < n; j++) {
                const bool in = (sets[i] & suites[j].classes) && suites[j].least_version <= version;
                assert_int_equal(count_suite(seen, suites[j].id), in);
                assert_int_equal(tls_hello_offers(&offer, suites[j].id), in);
                wanted += in;
            }
            assert_int_equal(seen->suites_length, 2 * wanted);
            assert_true(wanted > 1);
        }
}

/* More of them some servers could not read, and a record must hold the rest too. */
static void is_not_too_long(void **state)
{
    const struct hello_seen *seen = say((struct tls_hello_offer){0x0303, ALL, false, 0}, NULL);

    (void)state;
    assert_in_range(seen->suites_length / 2, 100, 127);
}

static void offers_tls13_alone(void **state)
{
    const struct tls_hello_offer offer = {0x0304, ALL, false, 0};
    const struct hello_seen *seen = say(offer, NULL);

    (void)state;
    assert_int_equal(seen->suites_length, 2 * 5); /* RFC 8446 B.4 */
    for (unsigned id = 0x1301; id <= 0x1305; id++)
        assert_int_equal(count_suite(seen, id), 1);
    assert_true(tls_hello_offers(&offer, 0x1301));
    assert_false(tls_hello_offers(&offer, 0xc02f));
    assert_false(tls_hello_offers(&(struct tls_hello_offer){0x0303, ALL, false, 0}, 0x1301));
    assert_false(tls_hello_offers(&offer, SCSV));
}

static void reverses_and_leaves_out(void **state)
{
    const struct hello_seen forth = *say((struct tls_hello_offer){0x0303, ALL, false, 0}, NULL);
    const struct hello_seen back = *say((struct tls_hello_offer){0x0303, ALL, true, 0}, NULL);
    const struct hello_seen *less = say((struct tls_hello_offer){0x0303, ALL, false, 0xc02f}, NULL);
    const size_t n = forth.suites_length / 2 - 1; /* SCSV stays where it is */

    (void)state;
    assert_int_equal(back.suites_length, forth.suites_length);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(suite_at(&back, i), suite_at(&forth, n - 1 - i));
    assert_int_equal(count_suite(&forth, 0xc02f), 1);
    assert_int_equal(count_suite(less, 0xc02f), 0);
    assert_int_equal(less->suites_length, forth.suites_length - 2);
}

static void sends_the_name_or_none(void **state)
{
    const struct tls_hello_offer offers[] = {{0x0303, ALL, false, 0}, {0x0304, ALL, false, 0}};
    uint8_t hello[TLS_HELLO_MAX];
    char name[257];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        memset(name, 'a', sizeof name);
        name[255] = '\0';
        assert_string_equal(say(offers[i], NULL)->sni, "");
        assert_string_equal(say(offers[i], name)->sni, name);
        name[255] = 'a';
        name[256] = '\0';
        assert_int_equal(tls_hello_write(hello, &offers[i], name, hello_entropy), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_its_version),
        cmocka_unit_test(sslv3_has_no_extensions),
        cmocka_unit_test(offers_the_classes_asked_for),
        cmocka_unit_test(is_not_too_long),
        cmocka_unit_test(offers_tls13_alone),
        cmocka_unit_test(reverses_and_leaves_out),
        cmocka_unit_test(sends_the_name_or_none),
    };
    return cmocka_run_group_tests_name("hello_write", tests, NULL, NULL);
}
