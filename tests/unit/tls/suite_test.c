/*
 * The table of suites and what is called weak, against OpenSSL's own attributes of each suite and
 * the names of the registry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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

static unsigned classes_by_attributes(const SSL_CIPHER *cipher)
{
    unsigned classes = 0;

    if (SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null)
        classes |= 1U << TLS_SUITE_ANONYMOUS;
    if (SSL_CIPHER_get_cipher_nid(cipher) == NID_undef)
        classes |= 1U << TLS_SUITE_NULL;
    return classes ? classes : 1U << TLS_SUITE_STRONG; /* the others OpenSSL no longer has */
}

static enum tls_suite_exchange exchange_by_attributes(const SSL_CIPHER *cipher)
{
    switch (SSL_CIPHER_get_kx_nid(cipher)) {
    case NID_kx_rsa:
        return TLS_EXCHANGE_STATIC;
    case NID_kx_dhe:
        return TLS_EXCHANGE_DHE;
    case NID_kx_ecdhe:
        return TLS_EXCHANGE_ECDHE;
    case NID_kx_any:
        return TLS_EXCHANGE_KEY_SHARE;
    default:
        fail_msg("%s", SSL_CIPHER_get_name(cipher));
        return TLS_EXCHANGE_STATIC;
    }
}

static unsigned least_version_by_attributes(const SSL_CIPHER *cipher)
{
    static const struct {
        const char *name;
        unsigned version;
    } versions[] = {{"SSLv3", SSL3_VERSION},
                    {"TLSv1.0", TLS1_VERSION},
                    {"TLSv1.2", TLS1_2_VERSION},
                    {"TLSv1.3", TLS1_3_VERSION}};

    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (strcmp(SSL_CIPHER_get_version(cipher), versions[i].name) == 0)
            return versions[i].version;
    fail_msg("%s", SSL_CIPHER_get_version(cipher));
    return 0;
}

/* Every column is as OpenSSL has it, where it has the suite at all. */
static void describes_suites_as_openssl_does(void **state)
{
    SSL *ssl = every_suite();
    size_t n, known = 0;
    const struct tls_suite *suites = tls_suites(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const struct tls_suite *suite = &suites[i];
        const uint8_t id[] = {(uint8_t)(suite->id >> 8), (uint8_t)suite->id};
        const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, id);
        if (!cipher)
            continue;
        known++;
        assert_string_equal(SSL_CIPHER_standard_name(cipher) + strlen("TLS_"), suite->name);
        assert_string_equal(SSL_CIPHER_get_name(cipher), suite->openssl);
        assert_int_equal(suite->classes, classes_by_attributes(cipher));
        assert_int_equal(suite->exchange, exchange_by_attributes(cipher));
        assert_int_equal(suite->least_version, least_version_by_attributes(cipher));
    }
    assert_true(known >= 80);
    SSL_free(ssl);
}

/*
 * What a sender with OpenSSL would be given is what the survey calls preferred: the strong suites
 * stand in OpenSSL's order, and none that its default list has is missing.
 */
static void orders_suites_as_openssl_does(void **state)
{
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    SSL *ssl;
    size_t n, at = 0;
    const struct tls_suite *suites = tls_suites(&n);

    (void)state;
    assert_non_null(context);
    assert_int_equal(SSL_CTX_set_cipher_list(context, "DEFAULT"), 1);
    ssl = SSL_new(context);
    assert_non_null(ssl);
    const STACK_OF(SSL_CIPHER) *ciphers = SSL_get_ciphers(ssl);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
        const int kx = SSL_CIPHER_get_kx_nid(cipher), auth = SSL_CIPHER_get_auth_nid(cipher);
        if (kx == NID_kx_psk || kx == NID_kx_ecdhe_psk || kx == NID_kx_dhe_psk ||
            kx == NID_kx_rsa_psk || kx == NID_kx_srp || auth == NID_auth_psk)
            continue;
        while (at < n && suites[at].id != SSL_CIPHER_get_protocol_id(cipher))
            at++;
        if (at == n)
            fail_msg("%s", SSL_CIPHER_get_name(cipher));
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
}

/* What OpenSSL no longer has: weak in the ways that its name says, with the key that it says. */
static void says_of_each_what_its_name_says(void **state)
{
    static const struct {
        enum tls_suite_class class;
        const char *weakness, *part;
    } parts[] = {
        {TLS_SUITE_ANONYMOUS, "anonymous", "_anon_"}, {TLS_SUITE_NULL, "no encryption", "_NULL_"},
        {TLS_SUITE_EXPORT, "EXPORT", "_EXPORT"},      {TLS_SUITE_RC4, "RC4", "_RC4_"},
        {TLS_SUITE_DES, "DES or 3DES", "DES"},
    };
    size_t n;
    const struct tls_suite *suites = tls_suites(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const struct tls_suite *suite = &suites[i];
        const char *weakness = none;
        unsigned classes = 0;
        for (size_t j = sizeof parts / sizeof *parts; j-- > 0;)
            if (strstr(suite->name, parts[j].part)) {
                weakness = parts[j].weakness;
                classes |= 1U << parts[j].class;
            }
        const char *said = tls_suite_weakness(suite->openssl);
        if (!classes)
            classes = 1U << TLS_SUITE_STRONG;
        if (suite->classes != classes || strcmp(said ? said : none, weakness) != 0)
            fail_msg("%s", suite->name);
        const bool dhe = !strncmp(suite->name, "DHE_", 4) || !strncmp(suite->name, "DH_anon", 7);
        const bool ecdhe =
            !strncmp(suite->name, "ECDHE_", 6) || !strncmp(suite->name, "ECDH_anon", 9);
        if (dhe != (suite->exchange == TLS_EXCHANGE_DHE) ||
            ecdhe != (suite->exchange == TLS_EXCHANGE_ECDHE))
            fail_msg("%s", suite->name);
    }
}

static void finds_by_number(void **state)
{
    size_t n;
    const struct tls_suite *suites = tls_suites(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const bool weak = suites[i].classes != 1U << TLS_SUITE_STRONG;
        assert_ptr_equal(tls_suite_find(suites[i].id), &suites[i]); /* none is there twice */
        assert_ptr_equal(tls_weak_suite_find(suites[i].id), weak ? &suites[i] : NULL);
    }
    /* OpenSSL 1.0.2's ciphers(1), and the registry */
    assert_string_equal(tls_weak_suite_find(0x0005)->name, "RSA_WITH_RC4_128_SHA");
    assert_string_equal(tls_weak_suite_find(0x0005)->openssl, "RC4-SHA");
    assert_string_equal(tls_weak_suite_find(0x000a)->name, "RSA_WITH_3DES_EDE_CBC_SHA");
    assert_string_equal(tls_weak_suite_find(0x000a)->openssl, "DES-CBC3-SHA");
    assert_string_equal(tls_suite_find(0xc02f)->openssl, "ECDHE-RSA-AES128-GCM-SHA256");
    assert_null(tls_weak_suite_find(0xc02f));
    assert_null(tls_weak_suite_find(0x1301));
    assert_null(tls_suite_find(0x00ff)); /* RFC 5746 3.3: no suite */
    assert_null(tls_suite_find(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_openssl),
        cmocka_unit_test(knows_names_of_the_past),
        cmocka_unit_test(describes_suites_as_openssl_does),
        cmocka_unit_test(orders_suites_as_openssl_does),
        cmocka_unit_test(says_of_each_what_its_name_says),
        cmocka_unit_test(finds_by_number),
    };

    return cmocka_run_group_tests_name("suite", tests, NULL, NULL);
}
