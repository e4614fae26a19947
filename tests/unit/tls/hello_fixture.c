#include "hello_fixture.h"

#include <string.h>

#include <openssl/core_names.h>

const uint8_t hello_entropy[TLS_HELLO_ENTROPY_LENGTH] =
    "0123456789abcdef0123456789abcdeXfedcba9876543210fedcba9876543210"
    "abcdefghijklmnopqrstuvwxyzabcde";

static void note_extensions(SSL *ssl, struct hello_seen *seen)
{
    const uint8_t *bytes;
    size_t length;
    int *types = NULL;

    assert_int_equal(SSL_client_hello_get1_extensions_present(ssl, &types, &seen->n_extensions), 1);
    assert_in_range(seen->n_extensions, 0, HELLO_EXTENSIONS_MAX);
    for (size_t i = 0; i < seen->n_extensions; i++)
        seen->extensions[i] = types[i];
    OPENSSL_free(types);
    /* RFC 6066 3: list length, type 0, name length, name. */
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &length) == 1) {
        assert_in_range(length, 6, 5 + sizeof seen->sni - 1);
        assert_int_equal(bytes[0] << 8 | bytes[1], length - 2);
        assert_int_equal(bytes[2], 0);
        assert_int_equal(bytes[3] << 8 | bytes[4], length - 5);
        memcpy(seen->sni, bytes + 5, length - 5);
    }
}

static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
    struct hello_seen *seen = arg;
    const uint8_t *bytes;

    (void)alert;
    if (!seen)
        return SSL_CLIENT_HELLO_SUCCESS;
    seen->called = true;
    seen->version = SSL_client_hello_get0_legacy_version(ssl);
    assert_int_equal(SSL_client_hello_get0_random(ssl, &bytes), sizeof seen->random);
    memcpy(seen->random, bytes, sizeof seen->random);
    seen->session_id_length = SSL_client_hello_get0_session_id(ssl, &bytes);
    seen->suites_length = SSL_client_hello_get0_ciphers(ssl, &bytes);
    assert_in_range(seen->suites_length, 2, sizeof seen->suites);
    memcpy(seen->suites, bytes, seen->suites_length);
    note_extensions(ssl, seen);
    return SSL_CLIENT_HELLO_SUCCESS;
}

static void set_dh(SSL_CTX *context, const char *group)
{
    char *name = (char *)group;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
        OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *made = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    EVP_PKEY *key = NULL;

    assert_non_null(made);
    assert_int_equal(EVP_PKEY_paramgen_init(made), 1);
    assert_int_equal(EVP_PKEY_CTX_set_params(made, params), 1);
    assert_int_equal(EVP_PKEY_generate(made, &key), 1);
    assert_int_equal(SSL_CTX_set0_tmp_dh_pkey(context, key), 1);
    EVP_PKEY_CTX_free(made);
}

static SSL_CTX *server_context(const struct hello_server *given, struct hello_seen *seen)
{
    const struct mint_spec spec = {.subject = "mx", .key = given->key};
    struct mint identity = mint_certificate(&spec, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    assert_non_null(context);
    SSL_CTX_set_security_level(context, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(context, given->min_version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, given->max_version), 1);
    if (given->ciphers)
        assert_int_equal(SSL_CTX_set_cipher_list(context, given->ciphers), 1);
    if (given->groups)
        assert_int_equal(SSL_CTX_set1_groups_list(context, given->groups), 1);
    if (given->dh)
        set_dh(context, given->dh);
    else
        assert_int_equal(SSL_CTX_set_dh_auto(context, 1), 1);
    if (given->own_order)
        (void)SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    assert_int_equal(SSL_CTX_use_certificate(context, identity.x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, identity.key), 1);
    SSL_CTX_set_client_hello_cb(context, on_client_hello, seen);
    mint_clear(&identity);
    return context;
}

size_t hello_answer(const struct hello_server *server, const struct tls_hello_offer *offer,
                    const char *sni, struct hello_seen *seen, uint8_t out[TLS_HELLO_ANSWER_MAX])
{
    SSL_CTX *context = server_context(server, seen);
    SSL *ssl = SSL_new(context);
    BIO *to = BIO_new(BIO_s_mem()), *from = BIO_new(BIO_s_mem());
    uint8_t hello[TLS_HELLO_MAX];
    const size_t length = tls_hello_write(hello, offer, sni, hello_entropy);
    int n;

    assert_true(ssl != NULL && to != NULL && from != NULL);
    assert_in_range(length, 1, sizeof hello);
    SSL_set_bio(ssl, to, from);
    assert_int_equal(BIO_write(to, hello, (int)length), length);
    assert_int_equal(SSL_accept(ssl), -1); /* it waits for more, or has refused */
    assert_int_equal(BIO_pending(to), 0);
    n = BIO_read(from, out, TLS_HELLO_ANSWER_MAX);
    SSL_free(ssl);
    SSL_CTX_free(context);
    assert_true(n > 0);
    return (size_t)n;
}
