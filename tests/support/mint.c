#include "support/mint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static void require(bool holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "mint: %s failed\n", what);
        ERR_print_errors_fp(stderr);
        abort();
    }
}

#define REQUIRE(expression) require((expression), #expression)

static EVP_PKEY *make_pss_key(void)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *key = NULL;

    REQUIRE(context != NULL && EVP_PKEY_keygen_init(context) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) == 1);
    REQUIRE(EVP_PKEY_generate(context, &key) == 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *make_key(enum mint_key kind)
{
    EVP_PKEY *key = NULL;

    switch (kind) {
    case MINT_EC_P256:
    case MINT_EC_EXPLICIT:
        key = EVP_EC_gen("P-256");
        break;
    case MINT_EC_P384:
        key = EVP_EC_gen("P-384");
        break;
    case MINT_EC_P521:
        key = EVP_EC_gen("P-521");
        break;
    case MINT_ED448:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
        break;
    case MINT_RSA_PSS:
        key = make_pss_key();
        break;
    case MINT_ED25519:
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        break;
    case MINT_RSA_1024:
        key = EVP_RSA_gen(1024);
        break;
    case MINT_RSA_2048:
        key = EVP_RSA_gen(2048);
        break;
    default:
        break;
    }
    REQUIRE(key != NULL);
    if (kind == MINT_EC_EXPLICIT)
        REQUIRE(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit") == 1);
    return key;
}

static const EVP_MD *digest_for(const EVP_PKEY *key, const char *name)
{
    const EVP_MD *digest = EVP_get_digestbyname(name != NULL ? name : "SHA256");

    REQUIRE(digest != NULL);
    /* Those two bring their own. */
    return EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448") ? NULL : digest;
}

static void add_extension(X509 *x509, const X509 *issuer, const char *name, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, (X509 *)issuer, x509, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&context);
    extension = X509V3_EXT_nconf(NULL, &context, name, value);
    if (extension == NULL)
        (void)fprintf(stderr, "mint: extension %s = %s\n", name, value);
    REQUIRE(extension != NULL);
    REQUIRE(X509_add_ext(x509, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void add_extensions(X509 *x509, const X509 *issuer, const struct mint_spec *spec)
{
    const struct mint_extension *extension = spec->extensions;

    if (spec->ca && extension->name == NULL) {
        add_extension(x509, issuer, "basicConstraints", "critical,CA:TRUE");
        add_extension(x509, issuer, "keyUsage", "critical,keyCertSign,cRLSign");
    }
    for (int i = 0; i < MINT_EXTENSIONS_MAX && extension->name != NULL; i++, extension++)
        add_extension(x509, issuer, extension->name, extension->value);
    if (spec->sans != NULL)
        add_extension(x509, issuer, "subjectAltName", spec->sans);
}

static void set_time(ASN1_TIME *time, int64_t given_s, int64_t default_s)
{
    const int64_t at_s = given_s != 0 ? given_s : default_s;

    REQUIRE(ASN1_TIME_set(time, (time_t)at_s) != NULL);
}

static void set_text(ASN1_TIME *time, const char *text)
{
    REQUIRE(ASN1_STRING_set(time, text, -1) == 1);
    /* A year of four digits begins with the century; no test has a UTCTime of 2020. */
    time->type = strncmp(text, "20", 2) == 0 ? V_ASN1_GENERALIZEDTIME : V_ASN1_UTCTIME;
}

static void set_names(X509 *x509, const char *subject, const X509 *issuer)
{
    X509_NAME *name = X509_NAME_new();

    REQUIRE(name != NULL);
    if (subject != NULL) {
        REQUIRE(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                           (const unsigned char *)subject, -1, -1, 0) == 1);
    }
    REQUIRE(X509_set_subject_name(x509, name) == 1);
    X509_NAME_free(name);
    REQUIRE(X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1);
}

static void damage_signature(X509 *x509, enum mint_damage damage)
{
    const ASN1_BIT_STRING *signature;
    const X509_ALGOR *algorithm;

    X509_get0_signature(&signature, &algorithm, x509);
    if (damage == MINT_BAD_SIGNATURE) {
        signature->data[signature->length - 1] ^= 1;
    } else if (damage == MINT_SHORT_SIGNATURE) {
        REQUIRE(ASN1_STRING_set((ASN1_BIT_STRING *)signature, "?", 1) == 1);
    } else if (damage == MINT_ALGORITHMS_DIFFER) {
        REQUIRE(X509_ALGOR_set0((X509_ALGOR *)algorithm, OBJ_nid2obj(NID_ecdsa_with_SHA384),
                                V_ASN1_UNDEF, NULL) == 1);
    }
}

/* A certificate as a peer would read it: from its bytes. */
static X509 *reread(X509 *x509)
{
    uint8_t *der = NULL;
    const int length = i2d_X509(x509, &der);
    const uint8_t *next = der;
    X509 *read;

    REQUIRE(length > 0);
    read = d2i_X509(NULL, &next, length);
    REQUIRE(read != NULL);
    OPENSSL_free(der);
    X509_free(x509);
    return read;
}

static X509 *make(const struct mint_spec *spec, EVP_PKEY *key, const struct mint *issuer)
{
    static long serial = 1000; /* tests run in one thread, and nothing depends on the number */
    X509 *x509 = X509_new();
    const X509 *issuer_x509 = issuer != NULL ? issuer->x509 : x509;
    EVP_PKEY *signer = issuer != NULL ? issuer->key : key;

    REQUIRE(x509 != NULL);
    REQUIRE(X509_set_version(x509, spec->version_1 ? X509_VERSION_1 : X509_VERSION_3) == 1);
    REQUIRE(ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial) == 1);
    set_names(x509, spec->subject, issuer_x509);
    set_time(X509_getm_notBefore(x509), spec->from_s, MINT_NOW - 30 * MINT_DAY);
    set_time(X509_getm_notAfter(x509), spec->until_s, MINT_NOW + 60 * MINT_DAY);
    if (spec->until_text != NULL)
        set_text(X509_getm_notAfter(x509), spec->until_text);
    if (spec->damage == MINT_UNREADABLE_END)
        REQUIRE(ASN1_STRING_set(X509_getm_notAfter(x509), "never ever!!!", -1) == 1);
    REQUIRE(X509_set_pubkey(x509, key) == 1);
    if (!spec->version_1)
        add_extensions(x509, issuer_x509, spec);
    REQUIRE(X509_sign(x509, signer, digest_for(signer, spec->digest)) > 0);
    damage_signature(x509, spec->damage);
    return reread(x509);
}

struct mint mint_certificate(const struct mint_spec *spec, const struct mint *issuer)
{
    struct mint minted = {.key = make_key(spec->key)};

    minted.x509 = make(spec, minted.key, issuer);
    return minted;
}

struct mint mint_again(const struct mint_spec *spec, const struct mint *of,
                       const struct mint *issuer)
{
    struct mint minted = {.key = of->key};

    REQUIRE(EVP_PKEY_up_ref(of->key) == 1);
    minted.x509 = make(spec, minted.key, issuer);
    return minted;
}

void mint_clear(struct mint *minted)
{
    X509_free(minted->x509);
    EVP_PKEY_free(minted->key);
    minted->x509 = NULL;
    minted->key = NULL;
}

STACK_OF(X509) * mint_chain(const X509 *first, ...)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    X509 *x509 = (X509 *)first;
    va_list more;

    REQUIRE(chain != NULL);
    va_start(more, first);
    while (x509 != NULL) {
        REQUIRE(X509_up_ref(x509) == 1 && sk_X509_push(chain, x509) > 0);
        x509 = va_arg(more, X509 *);
    }
    va_end(more);
    return chain;
}

static ASN1_TIME *make_time(int64_t given_s, int64_t default_s)
{
    ASN1_TIME *time = ASN1_TIME_new();

    REQUIRE(time != NULL);
    set_time(time, given_s, default_s);
    return time;
}

X509_CRL *mint_crl(const struct mint_crl_spec *spec, const struct mint *issuer)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = make_time(spec->from_s, MINT_NOW - MINT_DAY);
    ASN1_TIME *until = make_time(spec->until_s, MINT_NOW + 7 * MINT_DAY);

    REQUIRE(crl != NULL);
    REQUIRE(X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1);
    REQUIRE(X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509)) == 1);
    REQUIRE(X509_CRL_set1_lastUpdate(crl, from) == 1 && X509_CRL_set1_nextUpdate(crl, until) == 1);
    if (spec->revoked != NULL) {
        X509_REVOKED *entry = X509_REVOKED_new();
        REQUIRE(entry != NULL);
        REQUIRE(X509_REVOKED_set_serialNumber(
                    entry, (ASN1_INTEGER *)X509_get0_serialNumber(spec->revoked)) == 1);
        REQUIRE(X509_REVOKED_set_revocationDate(entry, from) == 1);
        REQUIRE(X509_CRL_add0_revoked(crl, entry) == 1);
    }
    REQUIRE(X509_CRL_sort(crl) == 1);
    REQUIRE(X509_CRL_sign(crl, issuer->key, digest_for(issuer->key, NULL)) > 0);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return crl;
}

static void add_single(OCSP_BASICRESP *basic, const struct mint_ocsp_spec *spec)
{
    static const int statuses[] = {V_OCSP_CERTSTATUS_GOOD, V_OCSP_CERTSTATUS_REVOKED,
                                   V_OCSP_CERTSTATUS_UNKNOWN};
    const EVP_MD *digest = EVP_get_digestbyname(spec->digest != NULL ? spec->digest : "SHA1");
    OCSP_CERTID *id = OCSP_cert_to_id(digest, spec->subject, spec->issuer->x509);
    ASN1_TIME *from = make_time(spec->from_s, MINT_NOW - MINT_DAY);
    ASN1_TIME *until = make_time(spec->until_s, MINT_NOW + 7 * MINT_DAY);

    REQUIRE(id != NULL);
    REQUIRE(OCSP_basic_add1_status(basic, id, statuses[spec->status], OCSP_REVOKED_STATUS_NOSTATUS,
                                   from, from, spec->no_next_update ? NULL : until) != NULL);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
}

uint8_t *mint_ocsp(const struct mint_ocsp_spec *spec, size_t *length)
{
    const struct mint *responder = spec->responder != NULL ? spec->responder : spec->issuer;
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_RESPONSE *response;
    uint8_t *der = NULL;
    int size;

    REQUIRE(basic != NULL);
    add_single(basic, spec);
    if (spec->nonce)
        REQUIRE(OCSP_basic_add1_nonce(basic, NULL, -1) == 1);
    REQUIRE(OCSP_basic_sign(basic, responder->x509, responder->key,
                            digest_for(responder->key, NULL), NULL,
                            (spec->by_key ? OCSP_RESPID_KEY : 0UL) |
                                (spec->no_certs ? OCSP_NOCERTS : 0UL)) == 1);
    if (spec->bad_signature) {
        const ASN1_OCTET_STRING *signature = OCSP_resp_get0_signature(basic);
        signature->data[signature->length - 1] ^= 1;
    }
    response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    REQUIRE(response != NULL);
    size = i2d_OCSP_RESPONSE(response, &der);
    REQUIRE(size > 0);
    *length = (size_t)size;
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    return der;
}

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "we");

    REQUIRE(file != NULL);
    return file;
}

void mint_write_chain(const char *path, const STACK_OF(X509) * chain)
{
    FILE *file = open_file(path);

    for (int i = 0; i < sk_X509_num(chain); i++)
        REQUIRE(PEM_write_X509(file, sk_X509_value(chain, i)) == 1);
    REQUIRE(fclose(file) == 0);
}

void mint_write_crl(const char *path, const X509_CRL *crl)
{
    FILE *file = open_file(path);

    REQUIRE(PEM_write_X509_CRL(file, crl) == 1);
    REQUIRE(fclose(file) == 0);
}

void mint_write_key(const char *path, const EVP_PKEY *key)
{
    FILE *file = open_file(path);

    REQUIRE(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
    REQUIRE(fclose(file) == 0);
}
