/*
 * The judgement of a stapled OCSP response (RFC 6960, RFC 6066 8). Inside tls/ only.
 */
#ifndef TLS_OCSP_H
#define TLS_OCSP_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "tls/verify.h"

/*
 * Judges the DER response as of `at_s` for `leaf`, which `issuer` (NULL when not known) signed.
 * The responder is the issuer, or a certificate in the response or in `chain` that the issuer
 * signed for OCSP (RFC 6960 4.2.2.2); an issuer that is not known makes it TLS_STAPLE_INVALID.
 * Returns 0, or -1 when out of memory.
 */
int tls_ocsp_judge(const uint8_t *der, size_t length, X509 *leaf, X509 *issuer,
                   STACK_OF(X509) * chain, int64_t at_s, enum tls_staple *out);

#endif
