#include "tls/context.h"

#include <openssl/err.h>

/* Verification comes later and from the facts: the handshake goes on whatever the chain is. */
static int accept_chain(X509_STORE_CTX *store, void *arg)
{
    (void)store;
    (void)arg;
    return 1;
}

static const char wide_groups[] =
    "X25519:P-256:X448:P-521:P-384:ffdhe2048:ffdhe3072:ffdhe4096:brainpoolP256r1:brainpoolP384r1:"
    "brainpoolP512r1:secp256k1:secp224r1:prime192v1";

static void set_common(SSL_CTX *context)
{
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(context, accept_chain, NULL);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    /* One recv a flight in place of two a record. */
    SSL_CTX_set_read_ahead(context, 1);
}

SSL_CTX *tls_context_new(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (!context) {
        ERR_clear_error();
        return NULL;
    }
    /*
     * Set by hand, so that the verdict does not hang on the openssl.cnf of this machine. The list
     * comes after the level, which a list of that file may have changed.
     */
    SSL_CTX_set_security_level(context, 2);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, "DEFAULT") != 1 ||
        SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp) != 1) {
        ERR_clear_error();
        SSL_CTX_free(context);
        return NULL;
    }
    set_common(context);
    return context;
}

SSL_CTX *tls_context_new_wide(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (!context) {
        ERR_clear_error();
        return NULL;
    }
    SSL_CTX_set_security_level(context, 0);
    if (SSL_CTX_set_min_proto_version(context, TLS1_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL") != 1) {
        ERR_clear_error();
        SSL_CTX_free(context);
        return NULL;
    }
    /* Where this OpenSSL lacks a group, its own list stays. */
    if (SSL_CTX_set1_groups_list(context, wide_groups) != 1)
        ERR_clear_error();
    (void)SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
    set_common(context);
    return context;
}
