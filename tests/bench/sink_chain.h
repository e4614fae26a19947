/*
 * The certificates of the farm: a leaf for every mail host and policy host, with its name, so that
 * no client can pay for one and use it for another. Hosts of a kind share a key, which costs a
 * client nothing.
 */
#ifndef BENCH_SINK_CHAIN_H
#define BENCH_SINK_CHAIN_H

#include <stdint.h>

#include <openssl/x509.h>

enum chain_kind {
    CHAIN_EC,   /* P-256 throughout */
    CHAIN_RSA,  /* RSA 2048 throughout */
    CHAIN_P384, /* a P-256 leaf under P-384 authorities, as Let's Encrypt has them */
    CHAIN_KINDS,
};

struct chains;

/*
 * Makes the authorities of all kinds, valid for 60 days. Aborts with a message when out of memory,
 * as all of the mint does (support/mint.h).
 */
struct chains *chains_new(void);
void chains_free(struct chains *chains);

/* A new leaf for the host name. The caller owns it. */
X509 *chains_leaf(const struct chains *chains, enum chain_kind kind, const char *host);

/* The key of all leaves of the kind, and what is sent behind a leaf. Borrowed. */
EVP_PKEY *chains_key(const struct chains *chains, enum chain_kind kind);
STACK_OF(X509) * chains_behind(const struct chains *chains, enum chain_kind kind);

/* Writes the roots of all kinds as a PEM file. */
void chains_write_roots(const struct chains *chains, const char *path);

#endif
