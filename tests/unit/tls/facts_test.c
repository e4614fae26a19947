/* What certificates say, ordinary and odd ones, and what a session adds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "support/mint.h"
#include "tls/context.h"
#include "tls/facts.h"

#define YEAR_9999 INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static const struct facts_case {
    const char *name;
    struct mint_spec spec;
    const char *subject, *key, *signature;
    enum tls_key_kind kind; /* TLS_KEY_OTHER: not looked at */
    const char *sans[3];
    int64_t from_s, until_s; /* 0: not looked at */
    bool must_staple;
} cases[] = {
    {.name = "EC P-256",
     .spec = {.subject = "mx.example.test", .sans = "DNS:mx.example.test,DNS:*.example.test"},
     .subject = "CN=mx.example.test",
     .key = "EC 256",
     .kind = TLS_KEY_EC,
     .signature = "ecdsa-with-SHA256",
     .sans = {"DNS:mx.example.test", "DNS:*.example.test"},
     .from_s = MINT_NOW - 30 * MINT_DAY,
     .until_s = MINT_NOW + 60 * MINT_DAY},
    {.name = "RSA 2048",
     .spec = {.subject = "mx", .key = MINT_RSA_2048},
     .subject = "CN=mx",
     .key = "RSA 2048",
     .kind = TLS_KEY_RSA,
     .signature = "sha256WithRSAEncryption"},
    {.name = "Ed25519",
     .spec = {.subject = "mx", .key = MINT_ED25519},
     .subject = "CN=mx",
     .key = "ED25519 256",
     .kind = TLS_KEY_EC,
     .signature = "ED25519"},
    {.name = "P-384, SHA-384",
     .spec = {.subject = "mx", .key = MINT_EC_P384, .digest = "SHA384"},
     .subject = "CN=mx",
     .key = "EC 384",
     .signature = "ecdsa-with-SHA384"},
    {.name = "other kinds of SAN",
     .spec = {.subject = "mx", .sans = "IP:192.0.2.1,IP:2001:db8::1,email:postmaster@example.test"},
     .subject = "CN=mx",
     .key = "EC 256",
     .signature = "ecdsa-with-SHA256",
     .sans = {"IP Address:192.0.2.1", "IP Address:2001:db8::1", "email:postmaster@example.test"}},
    {.name = "URI and registered ID",
     .spec = {.subject = "mx", .sans = "URI:https://example.test/,RID:1.2.3.4"},
     .subject = "CN=mx",
     .key = "EC 256",
     .signature = "ecdsa-with-SHA256",
     .sans = {"URI:https://example.test/", "Registered ID:1.2.3.4"}},
    {.name = "NUL in a SAN", /* SEQUENCE { [2] "mx.test" NUL "x" } */
     .spec = {.subject = "mx", .sans = "DER:300b82096d782e746573740078"},
     .subject = "CN=mx",
     .key = "EC 256",
     .signature = "ecdsa-with-SHA256",
     .sans = {"DNS:mx.test\\0x"}},
    {.name = "an address of three bytes",
     .spec = {.subject = "mx", .sans = "DER:30058703c00002"},
     .subject = "CN=mx",
     .key = "EC 256",
     .signature = "ecdsa-with-SHA256",
     .sans = {"IP Address:<invalid>"}},
    {.name = "a SAN extension that does not parse",
     .spec = {.subject = "mx", .sans = "DER:0500"},
     .subject = "CN=mx",
     .key = "EC 256",
     .signature = "ecdsa-with-SHA256"},
    {.name = "empty subject",
     .spec = {.sans = "DNS:mx.example.test"},
     .subject = "",
     .key = "EC 256",
     .signature = "ecdsa-with-SHA256",
     .sans = {"DNS:mx.example.test"}},
    {.name = "UTF-8 and specials in the subject (RFC 4514 2.4)",
     .spec = {.subject = "B\xc3\xbc"
                         "cher, +1"},
     .subject = "CN=B\xc3\xbc"
                "cher\\, \\+1",
     .key = "EC 256",
     .signature = "ecdsa-with-SHA256"},
    {.name = "no well-defined end (RFC 5280 4.1.2.5)",
     .spec = {.subject = "mx", .until_s = YEAR_9999},
     .subject = "CN=mx",
     .key = "EC 256",
     .signature = "ecdsa-with-SHA256",
     .until_s = YEAR_9999},
    {.name = "before 1970",
     .spec = {.subject = "mx", .from_s = -86400},
     .subject = "CN=mx",
     .key = "EC 256",
     .signature = "ecdsa-with-SHA256",
     .from_s = -86400},
    {.name = "must-staple (RFC 7633)",
     .spec = {.subject = "mx", .extensions = {{"tlsfeature", "status_request"}}},
     .subject = "CN=mx",
     .key = "EC 256",
     .signature = "ecdsa-with-SHA256",
     .must_staple = true},
    {.name = "another TLS feature",
     .spec = {.subject = "mx", .extensions = {{"tlsfeature", "17"}}},
     .subject = "CN=mx",
     .key = "EC 256",
     .signature = "ecdsa-with-SHA256"},
};

static void reads_the_certificate(void **state)
{
    const struct facts_case *given = *state;
    struct mint minted = mint_certificate(&given->spec, NULL);
    STACK_OF(X509) *chain = mint_chain(minted.x509, NULL);
    struct tls_facts *facts = tls_facts_from_chain(chain);
    const struct tls_certificate *certificate = &facts->chain[0];
    uint8_t digest[32];
    size_t sans = 0;

    assert_int_equal(facts->n_chain, 1);
    assert_string_equal(certificate->subject, given->subject);
    assert_string_equal(certificate->issuer, given->subject);
    assert_string_equal(certificate->key, given->key);
    if (given->kind != TLS_KEY_OTHER)
        assert_int_equal(certificate->key_kind, given->kind);
    assert_string_equal(certificate->signature, given->signature);
    for (; sans < 3 && given->sans[sans] != NULL; sans++) {
        assert_true(sans < certificate->n_sans);
        assert_string_equal(certificate->sans[sans], given->sans[sans]);
    }
    assert_int_equal(certificate->n_sans, sans);
    assert_int_equal(certificate->sans_seen, sans);
    assert_true(given->from_s == 0 || certificate->not_before_s == given->from_s);
    assert_true(given->until_s == 0 || certificate->not_after_s == given->until_s);
    assert_int_equal(certificate->must_staple, given->must_staple);
    assert_int_equal(X509_digest(minted.x509, EVP_sha256(), digest, NULL), 1);
    assert_memory_equal(certificate->sha256, digest, sizeof digest);
    tls_facts_unref(facts);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&minted);
}

/* The digest that a 3 1 1 holds, made from the key and not from the certificate. */
static void digests_the_public_key(void **state)
{
    const struct mint_spec spec = {.subject = "mx"};
    struct mint minted = mint_certificate(&spec, NULL);
    STACK_OF(X509) *chain = mint_chain(minted.x509, NULL);
    struct tls_facts *facts = tls_facts_from_chain(chain);
    uint8_t *der = NULL, digest[32];
    const int length = i2d_PUBKEY(minted.key, &der);

    (void)state;
    assert_true(length > 0);
    assert_int_equal(EVP_Digest(der, (size_t)length, digest, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(facts->chain[0].spki_sha256, digest, sizeof digest);
    OPENSSL_free(der);
    tls_facts_unref(facts);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&minted);
}

static void keeps_no_more_sans_than_it_says(void **state)
{
    enum { SANS = 1000, EACH = 24 };
    char *sans = calloc(SANS, EACH), *end = sans;
    struct mint_spec spec = {.subject = "mx"};
    struct mint minted;
    STACK_OF(X509) * chain;
    struct tls_facts *facts;

    (void)state;
    assert_non_null(sans);
    for (int i = 0; i < SANS; i++)
        end += snprintf(end, EACH, "%sDNS:n%d.example.test", i > 0 ? "," : "", i);
    spec.sans = sans;
    minted = mint_certificate(&spec, NULL);
    chain = mint_chain(minted.x509, NULL);
    facts = tls_facts_from_chain(chain);
    assert_int_equal(facts->chain[0].n_sans, TLS_SANS_MAX);
    assert_int_equal(facts->chain[0].sans_seen, SANS);
    assert_string_equal(facts->chain[0].sans[TLS_SANS_MAX - 1], "DNS:n255.example.test");
    tls_facts_unref(facts);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&minted);
    free(sans);
}

static void keeps_no_longer_chain_than_it_says(void **state)
{
    const struct mint_spec spec = {.subject = "mx"};
    struct mint minted = mint_certificate(&spec, NULL);
    STACK_OF(X509) *chain = mint_chain(minted.x509, NULL);
    struct tls_facts *facts;

    (void)state;
    while (sk_X509_num(chain) < 200)
        assert_true(X509_up_ref(minted.x509) && sk_X509_push(chain, minted.x509));
    facts = tls_facts_from_chain(chain);
    assert_int_equal(facts->n_chain, TLS_CHAIN_MAX);
    assert_int_equal(sk_X509_num(facts->x509s), TLS_X509S_MAX);
    assert_int_equal(facts->chain_seen, 200);
    tls_facts_unref(facts);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&minted);
}

/* A megabyte in an extension that nobody knows. */
static void reads_a_very_large_certificate(void **state)
{
    const size_t size = 1000000, prefix = strlen("DER:");
    char *value = malloc(prefix + 2 * size + 1);
    struct mint_spec spec = {.subject = "mx", .extensions = {{"1.2.3.4", value}}};
    struct mint minted;
    STACK_OF(X509) * chain;
    struct tls_facts *facts;

    (void)state;
    assert_non_null(value);
    memset(value, '0', prefix + 2 * size);
    memcpy(value, "DER:", prefix);
    value[prefix + 2 * size] = '\0';
    minted = mint_certificate(&spec, NULL);
    assert_true(i2d_X509(minted.x509, NULL) > (int)size);
    chain = mint_chain(minted.x509, NULL);
    facts = tls_facts_from_chain(chain);
    assert_string_equal(facts->chain[0].subject, "CN=mx");
    tls_facts_unref(facts);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&minted);
    free(value);
}

static void reads_a_time_that_is_none_as_zero(void **state)
{
    const struct mint_spec spec = {.subject = "mx", .damage = MINT_UNREADABLE_END};
    struct mint minted = mint_certificate(&spec, NULL);
    STACK_OF(X509) *chain = mint_chain(minted.x509, NULL);
    struct tls_facts *facts = tls_facts_from_chain(chain);

    (void)state;
    assert_int_equal(facts->chain[0].not_after_s, 0);
    assert_true(facts->chain[0].not_after_unreadable);
    assert_false(facts->chain[0].not_before_unreadable);
    tls_facts_unref(facts);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&minted);
}

/* Replaces bytes of the DER, as many by as many, wherever they are: the lengths stay right. */
static X509 *patched(const X509 *x509, const char *from, const char *to)
{
    const size_t length = strlen(from);
    uint8_t *der = NULL, *at;
    const int size = i2d_X509(x509, &der);
    const uint8_t *next = der;
    X509 *result;

    assert_true(size > 0);
    assert_int_equal(strlen(to), length);
    at = memmem(der, (size_t)size, from, length);
    assert_non_null(at);
    while (at != NULL) {
        memcpy(at, to, length);
        at = memmem(at, (size_t)(der + size - at), from, length);
    }
    result = d2i_X509(NULL, &next, size);
    assert_non_null(result);
    OPENSSL_free(der);
    return result;
}

/* What no OpenSSL of today knows is shown by its number. */
static void shows_what_it_does_not_know(void **state)
{
    static const struct {
        const char *from, *to;
        const char *key, *signature;
        enum tls_key_kind kind;
    } patches[] = {
        /* id-ecPublicKey, 1.2.840.10045.2.1 (RFC 5480 2.1.1) */
        {"\x2a\x86\x48\xce\x3d\x02\x01", "\x2a\x86\x48\xce\x3d\x02\x7f", "1.2.840.10045.2.127",
         "ecdsa-with-SHA256", TLS_KEY_OTHER},
        /* ecdsa-with-SHA256, 1.2.840.10045.4.3.2 (RFC 5758 3.2) */
        {"\x2a\x86\x48\xce\x3d\x04\x03\x02", "\x2a\x86\x48\xce\x3d\x04\x03\x7f", "EC 256",
         "1.2.840.10045.4.3.127", TLS_KEY_EC},
    };
    const struct mint_spec spec = {.subject = "mx"};
    struct mint minted = mint_certificate(&spec, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof patches / sizeof *patches; i++) {
        X509 *odd = patched(minted.x509, patches[i].from, patches[i].to);
        STACK_OF(X509) *chain = mint_chain(odd, NULL);
        struct tls_facts *facts = tls_facts_from_chain(chain);
        assert_string_equal(facts->chain[0].key, patches[i].key);
        assert_int_equal(facts->chain[0].key_kind, patches[i].kind);
        assert_string_equal(facts->chain[0].signature, patches[i].signature);
        tls_facts_unref(facts);
        sk_X509_pop_free(chain, X509_free);
        X509_free(odd);
    }
    mint_clear(&minted);
}

/* Those that the mint has no certificate for: only the key counts here, not who signed it. */
static void tells_the_kind_of_rarer_keys(void **state)
{
    static const struct {
        const char *algorithm;
        enum tls_key_kind kind;
    } keys[] = {{"RSA-PSS", TLS_KEY_RSA}, {"ED448", TLS_KEY_EC}, {"X25519", TLS_KEY_OTHER}};
    const struct mint_spec spec = {.subject = "mx"};
    struct mint minted = mint_certificate(&spec, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, keys[i].algorithm, NULL);
        EVP_PKEY *key = NULL;
        X509 *x509 = X509_dup(minted.x509);
        assert_int_equal(EVP_PKEY_keygen_init(context), 1);
        assert_int_equal(EVP_PKEY_keygen(context, &key), 1);
        assert_int_equal(X509_set_pubkey(x509, key), 1);
        STACK_OF(X509) *chain = mint_chain(x509, NULL);
        struct tls_facts *facts = tls_facts_from_chain(chain);
        assert_int_equal(facts->chain[0].key_kind, keys[i].kind);
        tls_facts_unref(facts);
        sk_X509_pop_free(chain, X509_free);
        X509_free(x509);
        EVP_PKEY_free(key);
        EVP_PKEY_CTX_free(context);
    }
    mint_clear(&minted);
}

static void lives_as_long_as_its_last_reference(void **state)
{
    const struct mint_spec spec = {.subject = "mx"};
    struct mint minted = mint_certificate(&spec, NULL);
    STACK_OF(X509) *chain = mint_chain(minted.x509, NULL);
    struct tls_facts *facts = tls_facts_from_chain(chain);

    (void)state;
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&minted);
    assert_ptr_equal(tls_facts_ref(facts), facts);
    tls_facts_unref(facts);
    assert_string_equal(facts->chain[0].subject, "CN=mx");
    assert_string_equal(facts->protocol, "");
    assert_string_equal(facts->cipher, "");
    assert_string_equal(facts->group, "");
    tls_facts_unref(facts);
    tls_facts_unref(NULL);
}

/* Names of the groups: the TLS registry of IANA; of the suites: openssl ciphers -V. */
static const struct session_case {
    const char *name;
    int version;
    const char *ciphers, *groups;
    bool anonymous;
    const char *protocol, *cipher, *group;
} sessions[] = {
    {"TLS 1.3, x25519", TLS1_3_VERSION, "DEFAULT", "X25519", false, "TLSv1.3",
     "TLS_AES_256_GCM_SHA384", "x25519"},
    {"TLS 1.3, P-256", TLS1_3_VERSION, "DEFAULT", "P-256", false, "TLSv1.3",
     "TLS_AES_256_GCM_SHA384", "secp256r1"},
    {"TLS 1.3, ffdhe2048", TLS1_3_VERSION, "DEFAULT", "ffdhe2048", false, "TLSv1.3",
     "TLS_AES_256_GCM_SHA384", "ffdhe2048"},
    {"TLS 1.2, ECDHE on P-384", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", "P-384", false,
     "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", "secp384r1"},
    {"TLS 1.2, static RSA", TLS1_2_VERSION, "AES128-GCM-SHA256", "X25519", false, "TLSv1.2",
     "AES128-GCM-SHA256", NULL},
    {"TLS 1.2, DHE with OpenSSL's own parameters", TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256",
     "X25519", false, "TLSv1.2", "DHE-RSA-AES128-GCM-SHA256", NULL},
    {"anonymous", TLS1_2_VERSION, "AECDH-AES128-SHA@SECLEVEL=0", "X25519", true, "TLSv1.2",
     "AECDH-AES128-SHA", "x25519"},
};

static SSL_CTX *server_context(const struct session_case *given, const struct mint *identity)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    assert_non_null(context);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, given->version), 1);
    assert_int_equal(SSL_CTX_set_cipher_list(context, given->ciphers), 1);
    assert_int_equal(SSL_CTX_set1_groups_list(context, given->groups), 1);
    assert_int_equal(SSL_CTX_set_dh_auto(context, 1), 1);
    if (!given->anonymous) {
        assert_int_equal(SSL_CTX_use_certificate(context, identity->x509), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(context, identity->key), 1);
    }
    return context;
}

/* Client and server joined by memory: no socket, no time. */
static void shake_hands(SSL *client, SSL *server)
{
    BIO *near, *far;

    assert_int_equal(BIO_new_bio_pair(&near, 65536, &far, 65536), 1);
    SSL_set_bio(client, near, near);
    SSL_set_bio(server, far, far);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (int i = 0; i < 10 && !(SSL_is_init_finished(client) && SSL_is_init_finished(server));
         i++) {
        (void)SSL_do_handshake(client);
        (void)SSL_do_handshake(server);
    }
    assert_true(SSL_is_init_finished(client));
}

static void captures_the_session(void **state)
{
    const struct session_case *given = *state;
    const struct mint_spec spec = {.subject = "mx", .key = MINT_RSA_2048};
    struct mint identity = mint_certificate(&spec, NULL);
    SSL_CTX *server_ctx = server_context(given, &identity), *client_ctx = tls_context_new();
    SSL *server = SSL_new(server_ctx), *client = SSL_new(client_ctx);
    struct tls_facts *facts;

    if (given->anonymous || given->group == NULL) {
        /* Suites that a modern sender does not offer: a wider attempt does. */
        SSL_set_security_level(client, 0);
        assert_int_equal(SSL_set_cipher_list(client, "ALL:@SECLEVEL=0"), 1);
    }
    if (strcmp(given->groups, "ffdhe2048") == 0)
        assert_int_equal(SSL_set1_groups_list(client, "ffdhe2048"), 1);
    assert_int_equal(SSL_set_tlsext_host_name(client, "mx.example.test"), 1);
    shake_hands(client, server);
    facts = tls_facts_capture(client);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);

    assert_non_null(facts);
    assert_string_equal(facts->protocol, given->protocol);
    assert_string_equal(facts->cipher, given->cipher);
    if (given->group == NULL)
        assert_null(facts->group);
    else
        assert_string_equal(facts->group, given->group);
    assert_string_equal(facts->sni, "mx.example.test");
    assert_null(facts->ocsp);
    assert_int_equal(facts->n_chain, given->anonymous ? 0 : 1);
    tls_facts_unref(facts);
    mint_clear(&identity);
}

static int staple_text(SSL *ssl, void *text)
{
    const size_t length = strlen(text);
    uint8_t *copy = OPENSSL_memdup(text, length);

    assert_int_equal(SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)length), 1);
    return SSL_TLSEXT_ERR_OK;
}

/* The client asks for a staple, and whatever bytes it gets are kept for the judgement. */
static void keeps_the_staple(void **state)
{
    const struct mint_spec spec = {.subject = "mx", .key = MINT_RSA_2048};
    char staple[] = "not even DER";
    struct mint identity = mint_certificate(&spec, NULL);
    SSL_CTX *server_ctx = server_context(&sessions[0], &identity), *client_ctx = tls_context_new();
    SSL *server, *client;
    struct tls_facts *facts;

    (void)state;
    assert_true(SSL_CTX_set_tlsext_status_cb(server_ctx, staple_text) == 1);
    assert_true(SSL_CTX_set_tlsext_status_arg(server_ctx, staple) == 1);
    server = SSL_new(server_ctx);
    client = SSL_new(client_ctx);
    shake_hands(client, server);
    facts = tls_facts_capture(client);
    assert_int_equal(facts->ocsp_length, strlen(staple));
    assert_memory_equal(facts->ocsp, staple, strlen(staple));
    assert_null(facts->sni);
    tls_facts_unref(facts);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
    mint_clear(&identity);
}

enum {
    CASES = sizeof cases / sizeof *cases,
    SESSIONS = sizeof sessions / sizeof *sessions,
};

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(digests_the_public_key),
        cmocka_unit_test(keeps_no_more_sans_than_it_says),
        cmocka_unit_test(keeps_no_longer_chain_than_it_says),
        cmocka_unit_test(reads_a_very_large_certificate),
        cmocka_unit_test(reads_a_time_that_is_none_as_zero),
        cmocka_unit_test(shows_what_it_does_not_know),
        cmocka_unit_test(tells_the_kind_of_rarer_keys),
        cmocka_unit_test(lives_as_long_as_its_last_reference),
        cmocka_unit_test(keeps_the_staple),
    };
    struct CMUnitTest tests[CASES], captured[SESSIONS];

    for (size_t i = 0; i < CASES; i++) {
        void *given = (void *)&cases[i];
        tests[i] = (struct CMUnitTest){cases[i].name, reads_the_certificate, NULL, NULL, given};
    }
    for (size_t i = 0; i < SESSIONS; i++) {
        void *given = (void *)&sessions[i];
        captured[i] =
            (struct CMUnitTest){sessions[i].name, captures_the_session, NULL, NULL, given};
    }
    return cmocka_run_group_tests_name("certificates", tests, NULL, NULL) +
           cmocka_run_group_tests_name("sessions", captured, NULL, NULL) +
           cmocka_run_group_tests_name("facts", plain, NULL, NULL);
}
