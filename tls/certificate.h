/*
 * One certificate copied into plain facts. Inside tls/ only.
 */
#ifndef TLS_CERTIFICATE_H
#define TLS_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "tls/facts.h"

/*
 * Copies what `x509` says into `out`, which need not be initialised. What cannot be read is left
 * empty, never an error. Returns 0, or -1 when out of memory: `out` then holds nothing.
 */
int tls_certificate_init(struct tls_certificate *out, X509 *x509);
void tls_certificate_clear(struct tls_certificate *certificate);

/* Seconds since 1970, year 9999 included. False when the time does not parse. */
bool tls_time_seconds(const ASN1_TIME *time, int64_t *out);

#endif
