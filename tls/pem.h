/*
 * Certificates from a PEM file of the user's.
 */
#ifndef TLS_PEM_H
#define TLS_PEM_H

#include <stddef.h>
#include <stdint.h>

#include "tls/facts.h"

enum tls_pem_status {
    TLS_PEM_OK,
    TLS_PEM_NONE, /* no certificate that OpenSSL reads */
    TLS_PEM_NO_MEMORY,
};

/*
 * Reads the certificates of `bytes` in their order, whatever else stands there: keys are passed
 * over, and a fault ends what is read. The caller owns the facts (tls/facts.h), which have
 * TLS_PEM_OK alone.
 */
enum tls_pem_status tls_pem_read(const uint8_t *bytes, size_t length, struct tls_facts **out);

#endif
