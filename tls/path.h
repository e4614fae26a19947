/*
 * Path building and validation by OpenSSL (RFC 5280 6), every error collected. Inside tls/ only.
 */
#ifndef TLS_PATH_H
#define TLS_PATH_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/x509_vfy.h>

#include "tls/facts.h"
#include "tls/verify.h"

/* What one certificate or CRL check found, in a list that holds no pair twice. */
struct tls_path {
    struct tls_verify_error errors[TLS_VERIFY_ERRORS_MAX];
    size_t n_errors;
    STACK_OF(X509) * certificates; /* the path that was built, leaf first; owned */
    int n_untrusted;               /* how many of them are the peer's; the rest are trusted */
    int64_t at_s;                  /* as of when it was judged */
    int crl_fault_depth;           /* where the last unusable CRL was met, -1 for none */
};

/*
 * Builds a path for the chain of `facts`, which holds one certificate or more, as of `at_s`:
 * to an anchor of `store`, or, when that is NULL, to any certificate of `anchors`, self-signed or
 * not. `out` need not be initialised; it is cleared with tls_path_clear even after a failure.
 * Returns 0, or -1 when out of memory.
 */
int tls_path_build(struct tls_path *out, const struct tls_facts *facts, X509_STORE *store,
                   STACK_OF(X509) * anchors, int64_t at_s);
void tls_path_clear(struct tls_path *path);

/* Does the path end in something trusted? Says nothing of the errors on the way. */
bool tls_path_anchored(const struct tls_path *path);

/* Adds to a list of `*count` errors, unless it is full or holds the pair. */
void tls_verify_error_add(struct tls_verify_error *errors, size_t *count, int code, int depth);

#endif
