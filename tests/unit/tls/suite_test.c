/* What is called weak, against OpenSSL's own attributes of each suite and the names of the
 * registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "tls/suite.h"

static const char none[] = "none";

/* Every suite that this OpenSSL has, whatever its default list leaves out. */
static SSL *every_suite(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    SSL *ssl;

    assert_non_null(context);
    SSL_CTX_set_security_level(context, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(context, 0), 1);
    assert_int_equal(SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL"), 1);
    ssl = SSL_new(context);
    assert_non_null(ssl);
    SSL_CTX_free(context);
    return ssl;
}

static const char *weakness_by_attributes(const SSL_CIPHER *cipher)
{
    if (SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null)
        return "anonymous";
    switch (SSL_CIPHER_get_cipher_nid(cipher)) {
    case NID_undef:
        return "no encryption";
    case NID_rc4:
        return "RC4";
    case NID_des_cbc:
    case NID_des_ede3_cbc:
        return "DES or 3DES";
    default:
        assert_true(SSL_CIPHER_get_bits(cipher, NULL) >= 128);
        return none;
    }
}

static unsigned check(const STACK_OF(SSL_CIPHER) * ciphers)
{
    unsigned weak = 0;

    assert_non_null(ciphers);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
        const char *name = SSL_CIPHER_get_name(cipher);
        const char *expected = weakness_by_attributes(cipher);
        const char *said = tls_suite_weakness(name);
        said = said ? said : none;
        if (strcmp(said, expected) != 0)
            fail_msg("%s: %s, not %s", name, said, expected);
        weak += expected != none;
    }
    return weak;
}

static void agrees_with_openssl(void **state)
{
    SSL *ssl = every_suite();
    STACK_OF(SSL_CIPHER) *supported = SSL_get1_supported_ciphers(ssl);

    (void)state;
    assert_true(sk_SSL_CIPHER_num(supported) >= 60);
    assert_true(check(supported) >= 15); /* anonymous and NULL ones are among them */
    assert_true(check(SSL_get_ciphers(ssl)) >= 20);
    sk_SSL_CIPHER_free(supported);
    SSL_free(ssl);
}

/* Names that OpenSSL had, by the lists of ciphers(1) of 0.9.8 and 1.0.2. */
static void knows_names_of_the_past(void **state)
{
    static const struct {
        const char *name;
        const char *weakness;
    } cases[] = {
        {"RC4-MD5", "RC4"},
        {"ECDHE-RSA-RC4-SHA", "RC4"},
        {"DES-CBC-SHA", "DES or 3DES"},
        {"DES-CBC3-SHA", "DES or 3DES"},
        {"EDH-RSA-DES-CBC3-SHA", "DES or 3DES"},
        {"ECDHE-ECDSA-DES-CBC3-SHA", "DES or 3DES"},
        {"PSK-3DES-EDE-CBC-SHA", "DES or 3DES"},
        {"EXP-RC4-MD5", "EXPORT"},
        {"EXP-DES-CBC-SHA", "EXPORT"},
        {"EXP1024-RC4-SHA", "EXPORT"},
        {"ADH-RC4-MD5", "anonymous"},
        {"AECDH-DES-CBC3-SHA", "anonymous"},
        {"AECDH-NULL-SHA", "anonymous"},
        {"CAMELLIA256-SHA", none},
        {"IDEA-CBC-SHA", none},
        {"ECDH-RSA-AES128-SHA", none},
        {"TLS_AES_128_CCM_8_SHA256", none},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *said = tls_suite_weakness(cases[i].name);
        said = said ? said : none;
        if (strcmp(said, cases[i].weakness) != 0)
            fail_msg("%s: %s, not %s", cases[i].name, said, cases[i].weakness);
    }
}

/* The number and the name are the registry's where OpenSSL has the suite at all. */
static void is_numbered_as_in_the_registry(void **state)
{
    SSL *ssl = every_suite();
    size_t n, known = 0;
    const struct tls_suite *suites = tls_weak_suites(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const uint8_t id[] = {(uint8_t)(suites[i].id >> 8), (uint8_t)suites[i].id};
        const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, id);
        if (!cipher)
            continue;
        known++;
        assert_string_equal(SSL_CIPHER_standard_name(cipher) + strlen("TLS_"), suites[i].name);
        assert_string_equal(suites[i].weakness, weakness_by_attributes(cipher));
    }
    assert_true(known >= 10);
    SSL_free(ssl);
}

/* What OpenSSL no longer has is weak in the way that its registered name says. */
static void says_of_each_what_its_name_says(void **state)
{
    static const struct {
        const char *weakness, *part;
    } parts[] = {
        {"anonymous", "_anon_"}, {"no encryption", "_NULL_"}, {"EXPORT", "_EXPORT"},
        {"RC4", "_RC4_"},        {"DES or 3DES", "DES_"},
    };
    size_t n, found = 0;
    const struct tls_suite *suites = tls_weak_suites(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < sizeof parts / sizeof *parts; j++)
            found += strcmp(suites[i].weakness, parts[j].weakness) == 0 &&
                     strstr(suites[i].name, parts[j].part);
        if (found != i + 1)
            fail_msg("%s: %s", suites[i].name, suites[i].weakness);
    }
}

static void finds_by_number(void **state)
{
    size_t n;
    const struct tls_suite *suites = tls_weak_suites(&n);

    (void)state;
    for (size_t i = 0; i < n; i++)
        assert_ptr_equal(tls_weak_suite_find(suites[i].id), &suites[i]); /* none is there twice */
    assert_string_equal(tls_weak_suite_find(0x0005)->name, "RSA_WITH_RC4_128_SHA");
    assert_string_equal(tls_weak_suite_find(0x000a)->name, "RSA_WITH_3DES_EDE_CBC_SHA");
    assert_null(tls_weak_suite_find(0xc02f));
    assert_null(tls_weak_suite_find(0x1301));
    assert_null(tls_weak_suite_find(0x00ff)); /* RFC 5746 3.3: no suite */
    assert_null(tls_weak_suite_find(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_openssl),
        cmocka_unit_test(knows_names_of_the_past),
        cmocka_unit_test(is_numbered_as_in_the_registry),
        cmocka_unit_test(says_of_each_what_its_name_says),
        cmocka_unit_test(finds_by_number),
    };

    return cmocka_run_group_tests_name("suite", tests, NULL, NULL);
}
