/*
 * TLSA records against single certificates (RFC 6698 2.1, RFC 7671 9). Inside tls/ only.
 */
#ifndef TLS_DANE_MATCH_H
#define TLS_DANE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "tls/dane.h"
#include "tls/facts.h"

/* RFC 7218 2.1 to 2.3. */
enum { TLSA_USAGE_TA = 2, TLSA_USAGE_EE = 3 };
enum { TLSA_SELECTOR_CERT = 0, TLSA_SELECTOR_SPKI = 1 };
enum { TLSA_MATCHING_FULL = 0, TLSA_MATCHING_SHA256 = 1, TLSA_MATCHING_SHA512 = 2 };

/* What a record with a full value carries; the caller frees. NULL when it is not exactly that. */
X509 *tls_tlsa_certificate(const struct tls_tlsa *record);
EVP_PKEY *tls_tlsa_key(const struct tls_tlsa *record);

/* Which records count, made once for a set. */
struct tls_tlsa_choice {
    uint8_t strongest[2][2]; /* by usage - 2 and selector: the best digest in use */
    bool any;                /* is one record usable? */
};
void tls_tlsa_choose(const struct tls_tlsa *records, size_t n_records, struct tls_tlsa_choice *out);
/* Is the record usable, and not put aside by digest agility? */
bool tls_tlsa_counts(const struct tls_tlsa *record, const struct tls_tlsa_choice *choice);

/* What the records may select of one certificate, by selector. */
struct tls_dane_subject {
    uint8_t *der[2]; /* owned */
    size_t length[2];
    const uint8_t *sha256[2]; /* borrowed from the facts */
    uint8_t sha512[2][64];
};
/* `certificate` holds the facts of `x509` and is borrowed. Returns 0, or -1 when out of memory. */
int tls_dane_subject_init(struct tls_dane_subject *out, const struct tls_certificate *certificate,
                          const X509 *x509);
void tls_dane_subject_clear(struct tls_dane_subject *subject);
/* `record` is usable. */
bool tls_dane_subject_matches(const struct tls_dane_subject *subject,
                              const struct tls_tlsa *record);

#endif
