#include "tls/dane.h"

#include <limits.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "tls/dane_match.h"

X509 *tls_tlsa_certificate(const struct tls_tlsa *record)
{
    const uint8_t *end = record->data;
    X509 *x509 = record->length <= LONG_MAX ? d2i_X509(NULL, &end, (long)record->length) : NULL;

    if (x509 && (end != record->data + record->length || X509_get0_pubkey(x509) == NULL)) {
        X509_free(x509);
        x509 = NULL;
    }
    ERR_clear_error();
    return x509;
}

EVP_PKEY *tls_tlsa_key(const struct tls_tlsa *record)
{
    const uint8_t *end = record->data;
    EVP_PKEY *key =
        record->length <= LONG_MAX ? d2i_PUBKEY(NULL, &end, (long)record->length) : NULL;

    if (key && end != record->data + record->length) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    ERR_clear_error();
    return key;
}

/* The full value of matching type 0, in either selector. */
static const char *full_value_fault(const struct tls_tlsa *record)
{
    X509 *x509;
    EVP_PKEY *key;

    if (record->selector == TLSA_SELECTOR_CERT) {
        x509 = tls_tlsa_certificate(record);
        X509_free(x509);
        return x509 ? NULL : "the data is not one DER certificate";
    }
    key = tls_tlsa_key(record);
    EVP_PKEY_free(key);
    return key ? NULL : "the data is not one DER public key";
}

static const char *fault(const struct tls_tlsa *record)
{
    if (record->usage == 0 || record->usage == 1)
        return "usages 0 and 1 are not for SMTP (RFC 7672 3.1.3)";
    if (record->usage != TLSA_USAGE_TA && record->usage != TLSA_USAGE_EE)
        return "unknown certificate usage";
    if (record->selector != TLSA_SELECTOR_CERT && record->selector != TLSA_SELECTOR_SPKI)
        return "unknown selector";
    switch (record->matching) {
    case TLSA_MATCHING_FULL:
        return full_value_fault(record);
    case TLSA_MATCHING_SHA256:
        return record->length == 32 ? NULL : "a SHA-256 digest has 32 bytes";
    case TLSA_MATCHING_SHA512:
        return record->length == 64 ? NULL : "a SHA-512 digest has 64 bytes";
    default:
        return "unknown matching type";
    }
}

bool tls_tlsa_usable(const struct tls_tlsa *record, const char **why)
{
    const char *words = fault(record);

    if (why)
        *why = words;
    return !words;
}
