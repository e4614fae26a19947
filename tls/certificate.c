#include "tls/certificate.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/tls1.h>
#include <openssl/x509v3.h>

#include "tls/memory.h"

bool tls_time_seconds(const ASN1_TIME *time, int64_t *out)
{
    struct tm tm;

    if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
        return false;
    *out = (int64_t)timegm(&tm);
    return true;
}

/* Takes the text out of a memory BIO and frees it. NULL when out of memory. */
static char *take_text(BIO *bio)
{
    char *bytes = NULL;
    const long length = BIO_get_mem_data(bio, &bytes);
    char *text = length < 0 ? NULL : strndup(length > 0 ? bytes : "", (size_t)length);

    BIO_free(bio);
    return text;
}

/* RFC 4514, but UTF-8 is left readable where the RFC allows either. */
static char *name_text(const X509_NAME *name)
{
    const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    BIO *bio = BIO_new(BIO_s_mem());

    if (!bio)
        return NULL;
    /* A string that does not decode in its own type: OpenSSL's byte by byte form is left. */
    if (X509_NAME_print_ex(bio, name, 0, flags) < 0) {
        char *line = X509_NAME_oneline(name, NULL, 0);
        (void)BIO_reset(bio);
        (void)BIO_puts(bio, line ? line : "");
        OPENSSL_free(line);
    }
    return take_text(bio);
}

/* An IA5String may hold NUL bytes, with which a C string would be cut short: "\0" is shown. */
static void put_ia5(BIO *bio, const char *label, const ASN1_STRING *string)
{
    const char *bytes = (const char *)ASN1_STRING_get0_data(string);
    int left = ASN1_STRING_length(string);

    (void)BIO_puts(bio, label);
    while (left > 0) {
        const int run = (int)strnlen(bytes, (size_t)left);
        (void)BIO_write(bio, bytes, run);
        bytes += run;
        left -= run;
        if (left > 0) {
            (void)BIO_puts(bio, "\\0");
            bytes++;
            left--;
        }
    }
}

static void put_address(BIO *bio, const ASN1_OCTET_STRING *address)
{
    const int length = ASN1_STRING_length(address);
    const int family = length == 4 ? AF_INET : AF_INET6;
    char text[INET6_ADDRSTRLEN] = "<invalid>";

    if (length == 4 || length == 16)
        (void)inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof text);
    (void)BIO_printf(bio, "IP Address:%s", text);
}

static char *san_text(GENERAL_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());

    if (!bio)
        return NULL;
    switch (name->type) {
    case GEN_DNS:
        put_ia5(bio, "DNS:", name->d.dNSName);
        break;
    case GEN_EMAIL:
        put_ia5(bio, "email:", name->d.rfc822Name);
        break;
    case GEN_URI:
        put_ia5(bio, "URI:", name->d.uniformResourceIdentifier);
        break;
    case GEN_IPADD:
        put_address(bio, name->d.iPAddress);
        break;
    default:
        (void)GENERAL_NAME_print(bio, name);
        break;
    }
    return take_text(bio);
}

static int read_sans(struct tls_certificate *out, X509 *x509)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    const int seen = !names ? 0 : sk_GENERAL_NAME_num(names);
    const size_t kept = seen > TLS_SANS_MAX ? TLS_SANS_MAX : (size_t)seen;

    out->sans_seen = (size_t)seen;
    out->sans = calloc(kept > 0 ? kept : 1, sizeof *out->sans);
    while (out->sans && out->n_sans < kept) {
        char *text = san_text(sk_GENERAL_NAME_value(names, (int)out->n_sans));
        if (!text)
            break;
        out->sans[out->n_sans++] = text;
    }
    GENERAL_NAMES_free(names);
    return out->sans && out->n_sans == kept ? 0 : -1;
}

static char *object_text(const ASN1_OBJECT *object)
{
    char text[128];

    if (!object || OBJ_obj2txt(text, sizeof text, object, 0) <= 0)
        return strdup("unknown");
    return strdup(text);
}

static char *key_text(X509 *x509)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);
    ASN1_OBJECT *algorithm = NULL;
    char text[128];

    if (key) {
        const char *type = EVP_PKEY_get0_type_name(key);
        (void)snprintf(text, sizeof text, "%s %d", type ? type : "unknown", EVP_PKEY_get_bits(key));
        return strdup(text);
    }
    /* A key of a kind that OpenSSL does not know, or a broken one: its algorithm at least. */
    (void)X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(x509));
    return object_text(algorithm);
}

static enum tls_key_kind key_kind(X509 *x509)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);

    switch (key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return TLS_KEY_RSA;
    case EVP_PKEY_EC:
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
        return TLS_KEY_EC;
    default:
        return TLS_KEY_OTHER;
    }
}

static char *signature_text(const X509 *x509)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;

    X509_get0_signature(NULL, &algorithm, x509);
    if (algorithm)
        X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    return object_text(object);
}

/* RFC 7633: the feature is named by the number of the TLS extension, 5 for status_request. */
static bool has_must_staple(const X509 *x509)
{
    TLS_FEATURE *features = X509_get_ext_d2i(x509, NID_tlsfeature, NULL, NULL);
    bool found = false;

    for (int i = 0; features && i < sk_ASN1_INTEGER_num(features); i++) {
        found = found ||
                ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == TLSEXT_TYPE_status_request;
    }
    TLS_FEATURE_free(features);
    return found;
}

static int read_digests(struct tls_certificate *out, const X509 *x509)
{
    uint8_t *spki = NULL;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &spki);
    const bool done =
        length > 0 && X509_digest(x509, EVP_sha256(), out->sha256, NULL) == 1 &&
        EVP_Digest(spki, (size_t)length, out->spki_sha256, NULL, EVP_sha256(), NULL) == 1;

    OPENSSL_free(spki);
    return done ? 0 : -1;
}

int tls_certificate_init(struct tls_certificate *out, X509 *x509)
{
    bool complete;

    ERR_clear_error();
    memset(out, 0, sizeof *out);
    out->subject = name_text(X509_get_subject_name(x509));
    out->issuer = name_text(X509_get_issuer_name(x509));
    out->key = key_text(x509);
    out->key_kind = key_kind(x509);
    out->signature = signature_text(x509);
    out->not_before_unreadable = !tls_time_seconds(X509_get0_notBefore(x509), &out->not_before_s);
    out->not_after_unreadable = !tls_time_seconds(X509_get0_notAfter(x509), &out->not_after_s);
    out->must_staple = has_must_staple(x509);
    complete = out->subject && out->issuer && out->key && out->signature &&
               read_sans(out, x509) == 0 && read_digests(out, x509) == 0;
    /* Odd certificates leave other errors behind, which are no one's business. */
    if (tls_memory_ran_out() || !complete) {
        tls_certificate_clear(out);
        return -1;
    }
    return 0;
}

void tls_certificate_clear(struct tls_certificate *certificate)
{
    for (size_t i = 0; i < certificate->n_sans; i++)
        free(certificate->sans[i]);
    free(certificate->sans);
    free(certificate->subject);
    free(certificate->issuer);
    free(certificate->key);
    free(certificate->signature);
    memset(certificate, 0, sizeof *certificate);
}
