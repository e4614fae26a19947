/*
 * Mints certificates, CRLs and OCSP responses in memory, each described by a struct whose zero
 * value is the healthy case. Every function aborts the test with a message when OpenSSL refuses:
 * a mint that fails is a broken test, not a result. Nothing here uses the code under test.
 */
#ifndef SUPPORT_MINT_H
#define SUPPORT_MINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

/* 2026-06-01T00:00:00Z, when every certificate is valid that is not told otherwise. */
#define MINT_NOW INT64_C(1780272000)
#define MINT_DAY INT64_C(86400)

enum mint_key {
    MINT_EC_P256,
    MINT_EC_P384,
    MINT_EC_EXPLICIT, /* P-256 with its parameters written out */
    MINT_EC_P521,
    MINT_ED25519,
    MINT_ED448,
    MINT_RSA_1024,
    MINT_RSA_2048,
    MINT_RSA_PSS, /* 2048 bits, for that padding only */
};

enum mint_damage {
    MINT_SOUND,
    MINT_BAD_SIGNATURE,     /* a bit of the signature turned */
    MINT_SHORT_SIGNATURE,   /* a signature that cannot be decoded */
    MINT_ALGORITHMS_DIFFER, /* the algorithm inside and outside the signed part differ */
    MINT_UNREADABLE_END,    /* notAfter is no time */
};

struct mint_extension {
    const char *name;  /* OpenSSL's short name, or a dotted OID; NULL ends a list */
    const char *value; /* as in openssl.cnf: x509v3_config(5) */
};

enum { MINT_EXTENSIONS_MAX = 8 };

struct mint_spec {
    const char *subject; /* the common name; NULL for an empty subject */
    enum mint_key key;
    bool version_1;         /* and no extensions */
    bool ca;                /* basicConstraints CA:TRUE, keyCertSign and cRLSign */
    const char *sans;       /* "DNS:a.test,IP:192.0.2.1", or NULL */
    int64_t from_s;         /* notBefore; 0: 30 days before MINT_NOW */
    int64_t until_s;        /* notAfter; 0: 60 days after MINT_NOW */
    const char *until_text; /* notAfter as it stands: GeneralizedTime where it begins
                               with 20, else UTCTime; NULL: until_s */
    const char *digest;     /* of the signature; NULL: SHA256 */
    struct mint_extension extensions[MINT_EXTENSIONS_MAX]; /* replaces those that `ca` gives */
    enum mint_damage damage;
};

/* A certificate and its key, owned. */
struct mint {
    X509 *x509;
    EVP_PKEY *key;
};

/* Signed by `issuer`, or by itself when NULL. The serial number is different each time. */
struct mint mint_certificate(const struct mint_spec *spec, const struct mint *issuer);
/* The same subject and key as `of`, under another issuer: a cross-signature. */
struct mint mint_again(const struct mint_spec *spec, const struct mint *of,
                       const struct mint *issuer);
void mint_clear(struct mint *minted);

/* A chain with references of its own, for sk_X509_pop_free: certificates up to a NULL. */
STACK_OF(X509) * mint_chain(const X509 *first, ...);

struct mint_crl_spec {
    const X509 *revoked;     /* NULL: an empty list */
    int64_t from_s, until_s; /* 0: a day before and a week after MINT_NOW */
};
X509_CRL *mint_crl(const struct mint_crl_spec *spec, const struct mint *issuer);

enum mint_ocsp_status { MINT_OCSP_GOOD, MINT_OCSP_REVOKED, MINT_OCSP_UNKNOWN };

struct mint_ocsp_spec {
    const X509 *subject;          /* whom the response is about */
    const struct mint *issuer;    /* who signed that certificate */
    const struct mint *responder; /* who signs the response, sent along; NULL: the issuer */
    enum mint_ocsp_status status;
    int64_t from_s, until_s; /* 0: a day before and a week after MINT_NOW */
    const char *digest;      /* of the certificate's identifier; NULL: SHA1 */
    bool no_next_update;
    bool bad_signature;
    bool by_key;   /* the responder is named by its key, not by its name */
    bool no_certs; /* its certificate is not sent along */
    bool nonce;
};
/* The DER response, for OPENSSL_free. */
uint8_t *mint_ocsp(const struct mint_ocsp_spec *spec, size_t *length);

/* PEM files: the chain, one CRL, one key. */
void mint_write_chain(const char *path, const STACK_OF(X509) * chain);
void mint_write_crl(const char *path, const X509_CRL *crl);
void mint_write_key(const char *path, const EVP_PKEY *key);

#endif
