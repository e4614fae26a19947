#include "tls/dane_match.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

void tls_tlsa_choose(const struct tls_tlsa *records, size_t n_records, struct tls_tlsa_choice *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n_records; i++) {
        const struct tls_tlsa *record = &records[i];
        uint8_t *strongest;
        if (!tls_tlsa_usable(record, NULL))
            continue;
        out->any = true;
        strongest = &out->strongest[record->usage - TLSA_USAGE_TA][record->selector];
        if (record->matching > *strongest)
            *strongest = record->matching;
    }
}

/* RFC 7671 9: of the digests only the strongest that is published; full values always. */
bool tls_tlsa_counts(const struct tls_tlsa *record, const struct tls_tlsa_choice *choice)
{
    return tls_tlsa_usable(record, NULL) &&
           (record->matching == TLSA_MATCHING_FULL ||
            record->matching == choice->strongest[record->usage - TLSA_USAGE_TA][record->selector]);
}

int tls_dane_subject_init(struct tls_dane_subject *out, const struct tls_certificate *certificate,
                          const X509 *x509)
{
    const int whole = i2d_X509(x509, &out->der[TLSA_SELECTOR_CERT]);
    const int key = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &out->der[TLSA_SELECTOR_SPKI]);

    if (whole <= 0 || key <= 0)
        return -1;
    out->length[TLSA_SELECTOR_CERT] = (size_t)whole;
    out->length[TLSA_SELECTOR_SPKI] = (size_t)key;
    out->sha256[TLSA_SELECTOR_CERT] = certificate->sha256;
    out->sha256[TLSA_SELECTOR_SPKI] = certificate->spki_sha256;
    for (int i = 0; i < 2; i++)
        if (EVP_Digest(out->der[i], out->length[i], out->sha512[i], NULL, EVP_sha512(), NULL) != 1)
            return -1;
    return 0;
}

void tls_dane_subject_clear(struct tls_dane_subject *subject)
{
    OPENSSL_free(subject->der[0]);
    OPENSSL_free(subject->der[1]);
    memset(subject, 0, sizeof *subject);
}

bool tls_dane_subject_matches(const struct tls_dane_subject *subject, const struct tls_tlsa *record)
{
    const uint8_t selector = record->selector;

    switch (record->matching) {
    case TLSA_MATCHING_FULL:
        return record->length == subject->length[selector] &&
               memcmp(record->data, subject->der[selector], record->length) == 0;
    case TLSA_MATCHING_SHA256:
        return memcmp(record->data, subject->sha256[selector], TLS_SHA256_LENGTH) == 0;
    case TLSA_MATCHING_SHA512:
        return memcmp(record->data, subject->sha512[selector], sizeof *subject->sha512) == 0;
    default:
        return false;
    }
}
