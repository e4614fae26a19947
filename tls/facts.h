/*
 * What a TLS session showed: protocol, cipher, the chain as presented, copied out of the SSL
 * object into a plain, immutable struct that is shared by counting references. Nothing here
 * judges; tls/verify.h and tls/dane.h do, from these facts alone.
 */
#ifndef TLS_FACTS_H
#define TLS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

enum { TLS_SHA256_LENGTH = 32, TLS_CHAIN_MAX = 32, TLS_SANS_MAX = 256, TLS_FIRST_BYTES_MAX = 64 };

/* What signs with the key, as far as a client's offer can choose between a server's certificates.
 */
enum tls_key_kind {
    TLS_KEY_OTHER, /* DSA, GOST, unreadable: no offer of ours chooses it */
    TLS_KEY_RSA,   /* RSA-PSS too */
    TLS_KEY_EC,    /* ECDSA, and Ed25519 and Ed448, which TLS 1.2 offers with it (RFC 8422 5.1.1) */
    TLS_KEY_KINDS
};

/*
 * Certificates that may be part of a path: more than the longest that OpenSSL takes (100 above the
 * leaf), since they come in any order, with strangers among them (RFC 8446 4.4.2).
 */
enum { TLS_X509S_MAX = 128 };

/* One certificate of the chain. Strings are UTF-8 as OpenSSL gives them, unsanitised. */
struct tls_certificate {
    char *subject;    /* RFC 4514; "" when empty */
    char *issuer;     /* RFC 4514 */
    char **sans;      /* "DNS:name", "IP Address:…", "email:…", "URI:…"; NUL bytes as "\\0" */
    size_t n_sans;    /* at most TLS_SANS_MAX are kept */
    size_t sans_seen; /* how many the certificate has */
    int64_t not_before_s, not_after_s; /* seconds since 1970; year 9999 fits; 0 when unreadable */
    bool not_before_unreadable, not_after_unreadable;
    char *key; /* "RSA 2048", "EC 256", "ED25519 256" */
    enum tls_key_kind key_kind;
    char *signature;                        /* OpenSSL's long name, "ecdsa-with-SHA256" */
    uint8_t sha256[TLS_SHA256_LENGTH];      /* of the DER certificate */
    uint8_t spki_sha256[TLS_SHA256_LENGTH]; /* of the DER SubjectPublicKeyInfo */
    bool must_staple;                       /* TLS feature status_request (RFC 7633) */
};

struct tls_facts {
    unsigned references;
    char *protocol; /* "TLSv1.3" */
    char *cipher;   /* OpenSSL's name */
    char *group;    /* TLS registry's name, "x25519"; NULL where there was no key exchange group */
    char *sni;      /* the server name that was sent, or NULL */
    struct tls_certificate *chain; /* as presented, leaf first; the rest of a chain of more than
                                      TLS_CHAIN_MAX certificates is dropped */
    size_t n_chain;
    size_t chain_seen;      /* how many the server sent */
    STACK_OF(X509) * x509s; /* for verification: the same, and those behind up to TLS_X509S_MAX */
    uint8_t *ocsp;          /* stapled OCSP response, DER, or NULL */
    size_t ocsp_length;
};

/*
 * Copies the facts out of a finished handshake. NULL when out of memory. A session without a
 * certificate (anonymous suite) has n_chain 0.
 */
struct tls_facts *tls_facts_capture(SSL *ssl);

/*
 * Facts made from certificates instead of a session (policy fetch, tests): takes one reference of
 * each certificate of `x509s`, leaf first; protocol, cipher and group are "" until set.
 * NULL when out of memory.
 */
struct tls_facts *tls_facts_from_chain(STACK_OF(X509) * x509s);

struct tls_facts *tls_facts_ref(struct tls_facts *facts);
/* Gives one reference back; the last one frees. NULL is allowed. Not thread safe. */
void tls_facts_unref(struct tls_facts *facts);

/* How a handshake failed, with the evidence. */
enum tls_failure_kind {
    TLS_FAILED_NOT,     /* it did not fail */
    TLS_FAILED_ALERT,   /* the server sent a fatal alert: `alert` */
    TLS_FAILED_LOCAL,   /* OpenSSL gave up on what the server sent: `error` */
    TLS_FAILED_NOT_TLS, /* the first bytes received are no TLS record: `first` */
    TLS_FAILED_CLOSED,  /* end of file */
    TLS_FAILED_RESET,   /* connection reset or another socket error: `os_error` */
    TLS_FAILED_TIMEOUT, /* the phase's deadline passed; set by the driver */
    TLS_FAILED_OURS,    /* no memory or the like on this side: never blamed on the server */
};

struct tls_failure {
    enum tls_failure_kind kind;
    int alert;           /* RFC 8446 6, -1 when none came */
    unsigned long error; /* first OpenSSL error code that tells something, 0 when none */
    int os_error;
    bool certificate_requested;         /* a CertificateRequest was seen before it failed */
    uint8_t first[TLS_FIRST_BYTES_MAX]; /* the first bytes received after our ClientHello */
    size_t first_length;
};

/* True when the bytes can begin a TLS record: type 20 to 23 (or 24), version major 3. */
bool tls_looks_like_record(const uint8_t *bytes, size_t length);

/* "handshake_failure" for 40 and so on (RFC 8446 6, RFC 5246 7.2), or "unknown". Static. */
const char *tls_alert_name(int alert);

/* OpenSSL's reason text for `error`, as "unsupported protocol". Static or thread-local. */
const char *tls_error_text(unsigned long error);

#endif
