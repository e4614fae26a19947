/* Names of versions and groups, against OpenSSL's; the primes of RFC 7919, which OpenSSL has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "tls/registry.h"

/* As SSL_get_version(3) has them. */
static void names_versions_as_openssl_does(void **state)
{
    static const char *const names[] = {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

    (void)state;
    for (uint16_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(tls_version_name(0x0300 + i), names[i]);
    assert_null(tls_version_name(0x02ff));
    assert_null(tls_version_name(0x0305));
    assert_null(tls_version_name(0));
    assert_null(tls_version_name(0xffff));
}

static void names_groups_as_openssl_does(void **state)
{
    static const uint16_t ids[] = {19, 21, 22, 23,  24,  25,  26,  27,
                                   28, 29, 30, 256, 257, 258, 259, 260};
    static const struct {
        uint16_t id;
        int nid;
    } nids[] = {{23, NID_X9_62_prime256v1}, {24, NID_secp384r1}, {25, NID_secp521r1},
                {29, NID_X25519},           {30, NID_X448},      {256, NID_ffdhe2048},
                {260, NID_ffdhe8192}};
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(context);

    (void)state;
    assert_non_null(ssl);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_non_null(tls_group_name(ids[i]));
    for (size_t i = 0; i < sizeof nids / sizeof *nids; i++)
        assert_string_equal(tls_group_name(nids[i].id), SSL_group_to_name(ssl, nids[i].nid));
    assert_string_equal(tls_group_name(0x11ec), "X25519MLKEM768"); /* IANA */
    assert_null(tls_group_name(0));
    assert_null(tls_group_name(0x0a0a)); /* RFC 8701 */
    SSL_free(ssl);
    SSL_CTX_free(context);
}

/* The prime of one of OpenSSL's named groups; its length. */
static size_t prime_of(const char *group, uint8_t *out, size_t size)
{
    char *name = (char *)group;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
        OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *made = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    EVP_PKEY *key = NULL;
    BIGNUM *prime = NULL;

    assert_int_equal(EVP_PKEY_paramgen_init(made), 1);
    assert_int_equal(EVP_PKEY_CTX_set_params(made, params), 1);
    assert_int_equal(EVP_PKEY_generate(made, &key), 1);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &prime), 1);
    const size_t length = (size_t)BN_num_bytes(prime);
    assert_in_range(length, 1, size);
    assert_int_equal(BN_bn2bin(prime, out), length);
    BN_free(prime);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(made);
    return length;
}

static void knows_the_primes_of_rfc_7919(void **state)
{
    static const char *const named[] = {"ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144",
                                        "ffdhe8192"};
    static const char *const others[] = {"modp_2048", "modp_3072", "modp_4096", "dh_2048_256"};
    uint8_t prime[1024];
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        length = prime_of(named[i], prime, sizeof prime);
        assert_int_equal(tls_group_of_prime(prime, length), 256 + i);
        assert_string_equal(tls_group_name(tls_group_of_prime(prime, length)), named[i]);
        assert_int_equal(tls_group_of_prime(prime, length - 1), 0);
        prime[length - 9] ^= 1; /* what tells them apart */
        assert_int_equal(tls_group_of_prime(prime, length), 0);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        length = prime_of(others[i], prime, sizeof prime);
        assert_int_equal(tls_group_of_prime(prime, length), 0);
    }
    assert_int_equal(tls_group_of_prime(prime, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_versions_as_openssl_does),
        cmocka_unit_test(names_groups_as_openssl_does),
        cmocka_unit_test(knows_the_primes_of_rfc_7919),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
