/*
 * Protocol versions and key exchange groups, from the number on the wire to the name. Pure.
 */
#ifndef TLS_REGISTRY_H
#define TLS_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

/* "SSLv3", "TLSv1", … "TLSv1.3", as OpenSSL writes them; NULL for any other. Static. */
const char *tls_version_name(uint16_t version);

/* "x25519", "secp256r1", … of the registry "TLS Supported Groups"; NULL when unknown. Static. */
const char *tls_group_name(uint16_t group);

/* The group of RFC 7919 whose prime that is, big-endian without leading zeros; 0 when none is. */
uint16_t tls_group_of_prime(const uint8_t *prime, size_t length);

#endif
