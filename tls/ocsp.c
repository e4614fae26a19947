#include "tls/ocsp.h"

#include <limits.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "tls/certificate.h"
#include "tls/memory.h"

/* A responder's clock may run ahead of ours by so much. */
enum { CLOCK_DIFFERENCE_S = 300 };

static bool within(const ASN1_TIME *from, const ASN1_TIME *until, int64_t at_s)
{
    int64_t from_s, until_s;

    /* Without a nextUpdate newer information is always to be had (RFC 6960 4.2.2.1). */
    return tls_time_seconds(from, &from_s) && from_s <= at_s + CLOCK_DIFFERENCE_S &&
           (!until || (tls_time_seconds(until, &until_s) && until_s >= at_s));
}

/*
 * RFC 6960 4.2.2.2. OCSP_basic_verify would judge the responder's certificate by the wall clock
 * and through the store; it is signed by the issuer itself or it has no say, so no path is built.
 */
static bool may_respond(X509 *signer, X509 *issuer, int64_t at_s)
{
    if (X509_cmp(signer, issuer) == 0)
        return true;
    return X509_check_issued(issuer, signer) == X509_V_OK &&
           X509_verify(signer, X509_get0_pubkey(issuer)) == 1 &&
           (X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) != 0 &&
           (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) != 0 &&
           within(X509_get0_notBefore(signer), X509_get0_notAfter(signer), at_s);
}

static bool authentic(OCSP_BASICRESP *response, X509 *issuer, STACK_OF(X509) * chain, int64_t at_s)
{
    STACK_OF(X509) *candidates = sk_X509_dup(chain);
    X509 *signer = NULL;
    const bool result = candidates && sk_X509_push(candidates, issuer) > 0 &&
                        OCSP_basic_verify(response, candidates, NULL, OCSP_NOVERIFY) == 1 &&
                        OCSP_resp_get0_signer(response, &signer, candidates) == 1 && signer &&
                        may_respond(signer, issuer, at_s);

    sk_X509_free(candidates);
    return result;
}

/* Does the single response speak of `leaf`? The responder chose the digest of the identifier. */
static bool speaks_of(const OCSP_SINGLERESP *single, X509 *leaf, X509 *issuer)
{
    const OCSP_CERTID *theirs = OCSP_SINGLERESP_get0_id(single);
    ASN1_OBJECT *digest = NULL;
    OCSP_CERTID *ours;
    bool same;

    (void)OCSP_id_get0_info(NULL, &digest, NULL, NULL, (OCSP_CERTID *)theirs);
    ours = OCSP_cert_to_id(EVP_get_digestbyobj(digest), leaf, issuer);
    same = ours && OCSP_id_cmp(ours, theirs) == 0;
    OCSP_CERTID_free(ours);
    return same;
}

static enum tls_staple judge_single(OCSP_SINGLERESP *single, int64_t at_s)
{
    ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;
    const int status = OCSP_single_get0_status(single, NULL, NULL, &this_update, &next_update);

    if (!within(this_update, next_update, at_s))
        return TLS_STAPLE_EXPIRED;
    switch (status) {
    case V_OCSP_CERTSTATUS_GOOD:
        return TLS_STAPLE_GOOD;
    case V_OCSP_CERTSTATUS_REVOKED:
        return TLS_STAPLE_REVOKED;
    default:
        return TLS_STAPLE_UNKNOWN;
    }
}

static enum tls_staple judge_basic(OCSP_BASICRESP *response, X509 *leaf, X509 *issuer,
                                   STACK_OF(X509) * chain, int64_t at_s)
{
    if (!issuer || !authentic(response, issuer, chain, at_s))
        return TLS_STAPLE_INVALID;
    for (int i = 0; i < OCSP_resp_count(response); i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(response, i);
        if (speaks_of(single, leaf, issuer))
            return judge_single(single, at_s);
    }
    return TLS_STAPLE_UNKNOWN;
}

static enum tls_staple judge_response(OCSP_RESPONSE *response, X509 *leaf, X509 *issuer,
                                      STACK_OF(X509) * chain, int64_t at_s)
{
    OCSP_BASICRESP *basic;
    enum tls_staple staple;

    /* "unauthorized" is how a responder says that it does not know (RFC 5019 2.2.3). */
    if (OCSP_response_status(response) == OCSP_RESPONSE_STATUS_UNAUTHORIZED)
        return TLS_STAPLE_UNKNOWN;
    basic = OCSP_response_get1_basic(response);
    if (!basic)
        return TLS_STAPLE_INVALID;
    staple = judge_basic(basic, leaf, issuer, chain, at_s);
    OCSP_BASICRESP_free(basic);
    return staple;
}

int tls_ocsp_judge(const uint8_t *der, size_t length, X509 *leaf, X509 *issuer,
                   STACK_OF(X509) * chain, int64_t at_s, enum tls_staple *out)
{
    const uint8_t *end = der;
    OCSP_RESPONSE *response;

    ERR_clear_error();
    *out = TLS_STAPLE_INVALID;
    response = length <= LONG_MAX ? d2i_OCSP_RESPONSE(NULL, &end, (long)length) : NULL;
    if (response && end == der + length)
        *out = judge_response(response, leaf, issuer, chain, at_s);
    OCSP_RESPONSE_free(response);
    return tls_memory_ran_out() ? -1 : 0;
}
