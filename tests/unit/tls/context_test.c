/* Which servers each context reaches: the modern sender's, and the wider one of the autopsy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "support/mint.h"
#include "tls/context.h"

static const struct context_case {
    const char *name;
    int version;
    enum mint_key key;
    const char *ciphers;           /* of TLS 1.2 and less; NULL: the server's default */
    const char *groups;            /* NULL: the server's default */
    const char *protocol, *cipher; /* what the wide one gets; NULL cipher: any */
    bool modern;                   /* does the modern one get there? */
} cases[] = {
    {"TLS 1.3", TLS1_3_VERSION, MINT_EC_P256, NULL, NULL, "TLSv1.3", NULL, true},
    {"TLS 1.2", TLS1_2_VERSION, MINT_RSA_2048, "ECDHE-RSA-AES128-GCM-SHA256", NULL, "TLSv1.2",
     "ECDHE-RSA-AES128-GCM-SHA256", true},
    {"TLS 1.2 without forward secrecy", TLS1_2_VERSION, MINT_RSA_2048, "AES128-SHA", NULL,
     "TLSv1.2", "AES128-SHA", true},
    {"TLS 1.1", TLS1_1_VERSION, MINT_RSA_2048, "AES128-SHA", NULL, "TLSv1.1", "AES128-SHA", false},
    {"TLS 1.0", TLS1_VERSION, MINT_RSA_2048, "AES128-SHA", NULL, "TLSv1", "AES128-SHA", false},
    {"TLS 1.0, ECDHE", TLS1_VERSION, MINT_RSA_2048, "ECDHE-RSA-AES256-SHA", NULL, "TLSv1",
     "ECDHE-RSA-AES256-SHA", false},
    {"NULL", TLS1_2_VERSION, MINT_RSA_2048, "NULL-SHA256", NULL, "TLSv1.2", "NULL-SHA256", false},
    {"NULL, ECDHE", TLS1_2_VERSION, MINT_EC_P256, "ECDHE-ECDSA-NULL-SHA", NULL, "TLSv1.2",
     "ECDHE-ECDSA-NULL-SHA", false},
    {"anonymous, ECDH", TLS1_2_VERSION, MINT_RSA_2048, "AECDH-AES256-SHA", NULL, "TLSv1.2",
     "AECDH-AES256-SHA", false},
    {"anonymous, DH", TLS1_2_VERSION, MINT_RSA_2048, "ADH-AES256-GCM-SHA384", NULL, "TLSv1.2",
     "ADH-AES256-GCM-SHA384", false},
    {"anonymous and NULL", TLS1_2_VERSION, MINT_RSA_2048, "AECDH-NULL-SHA", NULL, "TLSv1.2",
     "AECDH-NULL-SHA", false},
    {"a small group", TLS1_2_VERSION, MINT_RSA_2048, "ECDHE-RSA-AES128-GCM-SHA256", "secp224r1",
     "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", false},
    {"a small key", TLS1_2_VERSION, MINT_RSA_1024, "AES128-GCM-SHA256", NULL, "TLSv1.2",
     "AES128-GCM-SHA256", true},
};

static SSL_CTX *server_context(const struct context_case *given)
{
    const struct mint_spec spec = {.subject = "mx", .key = given->key};
    struct mint identity = mint_certificate(&spec, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    assert_non_null(context);
    SSL_CTX_set_security_level(context, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(context, given->version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, given->version), 1);
    if (given->ciphers)
        assert_int_equal(SSL_CTX_set_cipher_list(context, given->ciphers), 1);
    if (given->groups)
        assert_int_equal(SSL_CTX_set1_groups_list(context, given->groups), 1);
    assert_int_equal(SSL_CTX_set_dh_auto(context, 1), 1);
    assert_int_equal(SSL_CTX_use_certificate(context, identity.x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, identity.key), 1);
    mint_clear(&identity);
    return context;
}

/* Client and server joined by memory. The client, which the caller frees, when both are done. */
static SSL *reach(SSL_CTX *client_context, SSL_CTX *context)
{
    SSL *client = SSL_new(client_context), *server = SSL_new(context);
    BIO *near, *far;
    int ours = 0, theirs = 0;

    assert_true(client != NULL && server != NULL);
    assert_int_equal(BIO_new_bio_pair(&near, 65536, &far, 65536), 1);
    SSL_set_bio(client, near, near);
    SSL_set_bio(server, far, far);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (int i = 0; i < 10 && (ours != 1 || theirs != 1); i++) {
        ours = SSL_do_handshake(client);
        theirs = SSL_do_handshake(server);
    }
    SSL_free(server);
    if (ours == 1 && theirs == 1)
        return client;
    SSL_free(client);
    return NULL;
}

static void reaches(void **state)
{
    const struct context_case *given = *state;
    SSL_CTX *modern = tls_context_new(), *wide = tls_context_new_wide();
    SSL_CTX *context = server_context(given);
    SSL *ssl;

    assert_true(modern != NULL && wide != NULL);
    ssl = reach(modern, context);
    assert_int_equal(ssl != NULL, given->modern);
    SSL_free(ssl);
    ssl = reach(wide, context);
    assert_non_null(ssl);
    assert_string_equal(SSL_get_version(ssl), given->protocol);
    if (given->cipher)
        assert_string_equal(SSL_get_cipher_name(ssl), given->cipher);
    SSL_free(ssl);
    SSL_CTX_free(context);
    SSL_CTX_free(modern);
    SSL_CTX_free(wide);
}

/* Which leaf a server with these certificates shows to an offer of one kind of key alone. */
static const struct key_case {
    const char *name;
    int version;
    enum tls_key_kind offer;
    enum mint_key first, second; /* of the server's certificates, by one issuer */
    size_t n_keys;
    enum mint_key issuer;
    const char *digest; /* of the issuer's signature; NULL: SHA256 */
    int shown;          /* EVP_PKEY_…; 0: the handshake fails */
} keys[] = {
    {"TLS 1.3, both, RSA offered", TLS1_3_VERSION, TLS_KEY_RSA, MINT_RSA_2048, MINT_EC_P256, 2,
     MINT_RSA_2048, NULL, EVP_PKEY_RSA},
    {"TLS 1.3, both, EC offered", TLS1_3_VERSION, TLS_KEY_EC, MINT_RSA_2048, MINT_EC_P256, 2,
     MINT_RSA_2048, NULL, EVP_PKEY_EC},
    {"TLS 1.2, both, RSA offered", TLS1_2_VERSION, TLS_KEY_RSA, MINT_RSA_2048, MINT_EC_P384, 2,
     MINT_RSA_2048, NULL, EVP_PKEY_RSA},
    {"TLS 1.2, both, EC offered", TLS1_2_VERSION, TLS_KEY_EC, MINT_RSA_2048, MINT_EC_P384, 2,
     MINT_RSA_2048, NULL, EVP_PKEY_EC},
    {"TLS 1.3, RSA alone, EC offered", TLS1_3_VERSION, TLS_KEY_EC, MINT_RSA_2048, 0, 1,
     MINT_RSA_2048, NULL, 0},
    {"TLS 1.2, RSA alone, EC offered", TLS1_2_VERSION, TLS_KEY_EC, MINT_RSA_2048, 0, 1,
     MINT_RSA_2048, NULL, 0},
    {"TLS 1.3, EC alone, RSA offered", TLS1_3_VERSION, TLS_KEY_RSA, MINT_EC_P256, 0, 1,
     MINT_EC_P256, NULL, 0},
    {"TLS 1.2, EC alone, RSA offered", TLS1_2_VERSION, TLS_KEY_RSA, MINT_EC_P256, 0, 1,
     MINT_EC_P256, NULL, 0},
    {"TLS 1.3, Ed25519 counts as EC", TLS1_3_VERSION, TLS_KEY_EC, MINT_ED25519, 0, 1, MINT_RSA_2048,
     NULL, EVP_PKEY_ED25519},
    {"TLS 1.2, Ed25519 counts as EC", TLS1_2_VERSION, TLS_KEY_EC, MINT_ED25519, 0, 1, MINT_RSA_2048,
     NULL, EVP_PKEY_ED25519},
    {"TLS 1.3, RSA certified by ECDSA", TLS1_3_VERSION, TLS_KEY_RSA, MINT_RSA_2048, 0, 1,
     MINT_EC_P256, NULL, EVP_PKEY_RSA},
    {"TLS 1.3, a SHA-1 signature is shown", TLS1_3_VERSION, TLS_KEY_RSA, MINT_RSA_2048, 0, 1,
     MINT_RSA_2048, "SHA1", EVP_PKEY_RSA},
    {"TLS 1.1", TLS1_1_VERSION, TLS_KEY_RSA, MINT_RSA_2048, 0, 1, MINT_RSA_2048, NULL, 0},
};

static void use_keys(SSL_CTX *context, const struct key_case *given)
{
    const struct mint_spec ca = {.subject = "ca", .ca = true, .key = given->issuer};
    struct mint issuer = mint_certificate(&ca, NULL);

    for (size_t i = 0; i < given->n_keys; i++) {
        const struct mint_spec spec = {
            .subject = "mx", .key = i ? given->second : given->first, .digest = given->digest};
        struct mint identity = mint_certificate(&spec, &issuer);
        assert_int_equal(SSL_CTX_use_certificate(context, identity.x509), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(context, identity.key), 1);
        mint_clear(&identity);
    }
    mint_clear(&issuer);
}

static void chooses_the_key(void **state)
{
    const struct key_case *given = *state;
    SSL_CTX *server = SSL_CTX_new(TLS_server_method());
    SSL_CTX *client = tls_context_new_for_key(given->offer);
    SSL *ssl;

    assert_true(server != NULL && client != NULL);
    SSL_CTX_set_security_level(server, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(server, given->version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(server, given->version), 1);
    /* The chain's signatures are checked by strict servers alone: this is one. */
    (void)SSL_CTX_set_cert_flags(server, SSL_CERT_FLAG_TLS_STRICT);
    use_keys(server, given);
    ssl = reach(client, server);
    assert_int_equal(ssl ? EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(ssl)))
                         : 0,
                     given->shown);
    SSL_free(ssl);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

enum { CASES = sizeof cases / sizeof *cases, KEYS = sizeof keys / sizeof *keys };

int main(void)
{
    struct CMUnitTest tests[CASES], chosen[KEYS];

    for (size_t i = 0; i < CASES; i++)
        tests[i] = (struct CMUnitTest){cases[i].name, reaches, NULL, NULL, (void *)&cases[i]};
    for (size_t i = 0; i < KEYS; i++)
        chosen[i] =
            (struct CMUnitTest){keys[i].name, chooses_the_key, NULL, NULL, (void *)&keys[i]};
    return cmocka_run_group_tests_name("servers", tests, NULL, NULL) +
           cmocka_run_group_tests_name("kinds of key", chosen, NULL, NULL);
}
