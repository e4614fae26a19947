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

/*
 * The kind of a leaf hangs on the suite in TLS 1.2, on the signature algorithm in TLS 1.3. There
 * RSA+SHA… (PKCS #1) is for the signatures in certificates alone, so that the list of the EC offer
 * lets an RSA issuer pass.
 */
static const char rsa_suites[] = "DEFAULT:!aECDSA:!aDSS";
static const char rsa_signatures[] =
    "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:rsa_pss_rsae_sha256:"
    "rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA224";
static const char ec_suites[] = "DEFAULT:!aRSA:!aDSS";
static const char ec_signatures[] =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:RSA+SHA256:RSA+SHA384:RSA+SHA512:"
    "ECDSA+SHA224:RSA+SHA224";

/*
 * signature_algorithms_cert (RFC 8446 4.2.3), what certificates may be signed with: all of
 * OpenSSL's own offer, and SHA-1, lest a server hide what has to be shown. Without it the list of
 * the handshake would stand for certificates too, as it does in TLS 1.2.
 */
enum { EXTENSION_SIGNATURE_ALGORITHMS_CERT = 50 };
static const uint8_t certificate_signatures[] = {
    0, 36,                                 /* length of what follows */
    4, 3,  5, 3,  6, 3,  8, 7, 8, 8,       /* ECDSA, EdDSA */
    8, 9,  8, 10, 8, 11, 8, 4, 8, 5, 8, 6, /* RSA-PSS */
    4, 1,  5, 1,  6, 1,                    /* RSA PKCS #1 */
    3, 3,  3, 1,  2, 3,  2, 1,             /* SHA-224 and SHA-1, of ECDSA and of RSA */
};

static int add_certificate_signatures(SSL *ssl, unsigned type, unsigned context,
                                      const unsigned char **out, size_t *length, X509 *x509,
                                      size_t depth,
                                      int *alert, /* NOLINT(readability-non-const-parameter) */
                                      void *arg)
{
    (void)ssl;
    (void)type;
    (void)context;
    (void)x509;
    (void)depth;
    (void)alert;
    (void)arg;
    *out = certificate_signatures;
    *length = sizeof certificate_signatures;
    return 1;
}

SSL_CTX *tls_context_new_for_key(enum tls_key_kind kind)
{
    const bool rsa = kind == TLS_KEY_RSA;
    SSL_CTX *context = tls_context_new();

    if (!context)
        return NULL;
    if (SSL_CTX_set_cipher_list(context, rsa ? rsa_suites : ec_suites) != 1 ||
        SSL_CTX_set1_sigalgs_list(context, rsa ? rsa_signatures : ec_signatures) != 1 ||
        SSL_CTX_add_custom_ext(context, EXTENSION_SIGNATURE_ALGORITHMS_CERT, SSL_EXT_CLIENT_HELLO,
                               add_certificate_signatures, NULL, NULL, NULL, NULL) != 1) {
        ERR_clear_error();
        SSL_CTX_free(context);
        return NULL;
    }
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
