/*
 * The WebPKI judgement of a captured chain (RFC 5280, RFC 9525): pure but for the trust anchors.
 */
#ifndef TLS_VERIFY_H
#define TLS_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/facts.h"
#include "tls/trust.h"

enum { TLS_VERIFY_ERRORS_MAX = 32 };

struct tls_verify_error {
    int code;      /* X509_V_ERR_… */
    int depth;     /* of the certificate on the path, 0 is the leaf */
    int presented; /* its place in the chain as the server sent it, -1: not sent */
};

enum tls_staple {
    TLS_STAPLE_NONE,
    TLS_STAPLE_GOOD,
    TLS_STAPLE_REVOKED,
    TLS_STAPLE_UNKNOWN, /* the responder does not know the certificate, or it is another's */
    TLS_STAPLE_EXPIRED, /* nextUpdate has passed, or thisUpdate lies ahead */
    TLS_STAPLE_INVALID, /* does not parse, or its signature does not verify */
};

struct tls_verification {
    bool trusted; /* a path to an anchor, with no error; names are another question */
    struct tls_verify_error errors[TLS_VERIFY_ERRORS_MAX]; /* every one, in the order met, no
                                                              pair twice */
    size_t n_errors;
    /* About the path that verification built, anchor left out; 0 when there is none. */
    int64_t first_not_after_s; /* the earliest end on the path */
    size_t first_not_after_depth;
    bool extra_expired; /* a presented certificate that is not on the path has ended */
    enum tls_staple staple;
};

/*
 * Verifies the chain of `facts` as of `at_s` (seconds since 1970) for a TLS server, security level
 * 2, collecting every error. A chain of no certificates is untrusted with no errors. A stapled
 * OCSP response is judged as of the same time; TLS_STAPLE_REVOKED adds X509_V_ERR_CERT_REVOKED at
 * depth 0. Returns 0, or -1 when out of memory or the store could not be made.
 */
int tls_verify(const struct tls_facts *facts, struct tls_trust *trust, int64_t at_s,
               struct tls_verification *out);

/*
 * Does a dNSName SAN of the leaf match `name` (A-labels)? Wildcards count only as the whole
 * left-most label; the CN never counts (RFC 9525 6.3, RFC 8461 4.2, RFC 7672 3.2.3). False without
 * a chain.
 */
bool tls_name_matches(const struct tls_facts *facts, const char *name);

/* "X509_V_ERR_CERT_HAS_EXPIRED" for 10 and so on; "X509_V_ERR_UNKNOWN" else. Static. */
const char *tls_verify_error_name(int code);

/* OpenSSL's sentence for the code, as "certificate has expired". Static. */
const char *tls_verify_error_text(int code);

#endif
