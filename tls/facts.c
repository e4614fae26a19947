#include "tls/facts.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tls/certificate.h"

static int copy_chain(struct tls_facts *facts, const STACK_OF(X509) * x509s)
{
    const int seen = !x509s ? 0 : sk_X509_num(x509s);
    const size_t shown = seen > TLS_CHAIN_MAX ? TLS_CHAIN_MAX : (size_t)seen;

    facts->chain_seen = (size_t)seen;
    facts->chain = calloc(shown > 0 ? shown : 1, sizeof *facts->chain);
    facts->x509s = sk_X509_new_null();
    if (!facts->chain || !facts->x509s)
        return -1;
    for (size_t i = 0; i < facts->chain_seen && i < TLS_X509S_MAX; i++) {
        X509 *x509 = sk_X509_value(x509s, (int)i);
        if (X509_up_ref(x509) != 1)
            return -1;
        /* OpenSSL reads the extensions at the first use and keeps them in the certificate: now, so
         * that threads which share the facts later only read. */
        (void)X509_check_purpose(x509, -1, 0);
        if (sk_X509_push(facts->x509s, x509) <= 0) {
            X509_free(x509);
            return -1;
        }
        if (i >= shown)
            continue;
        if (tls_certificate_init(&facts->chain[i], x509) != 0)
            return -1;
        facts->n_chain++;
    }
    return 0;
}

static struct tls_facts *make(const STACK_OF(X509) * x509s, const char *protocol,
                              const char *cipher)
{
    struct tls_facts *facts = calloc(1, sizeof *facts);

    if (!facts)
        return NULL;
    facts->references = 1;
    facts->protocol = strdup(protocol);
    facts->cipher = strdup(cipher);
    if (!facts->protocol || !facts->cipher || copy_chain(facts, x509s) != 0) {
        tls_facts_unref(facts);
        return NULL;
    }
    return facts;
}

/*
 * OpenSSL keeps the group of every TLS 1.3 and ECDHE exchange. The finite field exchange of TLS
 * 1.2 sends parameters in place of a name: a group only where they are those of RFC 7919.
 * `buffer` may hold the name that is returned.
 */
static const char *group_name(SSL *ssl, char *buffer, size_t size)
{
    const int group = (int)SSL_get_negotiated_group(ssl);
    const char *name = group != NID_undef ? SSL_group_to_name(ssl, group) : NULL;
    EVP_PKEY *key = NULL;
    size_t length = 0;

    if (name)
        return name;
    if (SSL_get_peer_tmp_key(ssl, &key) == 1 && EVP_PKEY_is_a(key, "DH") &&
        EVP_PKEY_get_group_name(key, buffer, size, &length) == 1 &&
        strncmp(buffer, "ffdhe", strlen("ffdhe")) == 0)
        name = buffer;
    EVP_PKEY_free(key);
    return name;
}

static int copy_optional(char **out, const char *text)
{
    *out = text ? strdup(text) : NULL;
    return !text || *out != NULL ? 0 : -1;
}

static int copy_staple(struct tls_facts *facts, SSL *ssl)
{
    const uint8_t *staple = NULL;
    const long length = SSL_get_tlsext_status_ocsp_resp(ssl, &staple);

    if (length <= 0 || !staple)
        return 0;
    facts->ocsp = malloc((size_t)length);
    if (!facts->ocsp)
        return -1;
    memcpy(facts->ocsp, staple, (size_t)length);
    facts->ocsp_length = (size_t)length;
    return 0;
}

struct tls_facts *tls_facts_capture(SSL *ssl)
{
    char group[32] = "";
    struct tls_facts *facts =
        make(SSL_get_peer_cert_chain(ssl), SSL_get_version(ssl), SSL_get_cipher_name(ssl));

    if (!facts)
        return NULL;
    if (copy_optional(&facts->group, group_name(ssl, group, sizeof group)) != 0 ||
        copy_optional(&facts->sni, SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) != 0 ||
        copy_staple(facts, ssl) != 0) {
        tls_facts_unref(facts);
        return NULL;
    }
    ERR_clear_error();
    return facts;
}

struct tls_facts *tls_facts_from_chain(STACK_OF(X509) * x509s)
{
    struct tls_facts *facts = make(x509s, "", "");

    if (facts && copy_optional(&facts->group, "") != 0) {
        tls_facts_unref(facts);
        return NULL;
    }
    return facts;
}

struct tls_facts *tls_facts_ref(struct tls_facts *facts)
{
    facts->references++;
    return facts;
}

void tls_facts_unref(struct tls_facts *facts)
{
    if (!facts || --facts->references > 0)
        return;
    for (size_t i = 0; i < facts->n_chain; i++)
        tls_certificate_clear(&facts->chain[i]);
    free(facts->chain);
    sk_X509_pop_free(facts->x509s, X509_free);
    free(facts->protocol);
    free(facts->cipher);
    free(facts->group);
    free(facts->sni);
    free(facts->ocsp);
    free(facts);
}
