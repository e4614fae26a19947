#include "tls/path.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tls/certificate.h"
#include "tls/memory.h"

void tls_verify_error_add(struct tls_verify_error *errors, size_t *count, int code, int depth)
{
    for (size_t i = 0; i < *count; i++)
        if (errors[i].code == code && errors[i].depth == depth)
            return;
    if (*count < TLS_VERIFY_ERRORS_MAX) {
        errors[*count].code = code;
        errors[*count].depth = depth;
        errors[*count].presented = depth == 0 ? 0 : -1;
        (*count)++;
    }
}

enum crl_trouble { CRL_NO_TROUBLE, CRL_UNFIT, CRL_UNUSABLE };

/*
 * CRLs come from a file of the user. That it lacks the CRL of some CA, or holds one that has
 * ended, says nothing against the server, while what is listed in an old CRL stays revoked. A
 * CRL that is broken or another's (UNUSABLE) must not accuse anyone either.
 */
static enum crl_trouble crl_trouble(int code)
{
    switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
        return CRL_UNFIT;
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
        return CRL_UNUSABLE;
    default:
        return CRL_NO_TROUBLE;
    }
}

/*
 * RFC 5280 4.1.2.5: the period lasts through notAfter, inclusive. For OpenSSL that second is past;
 * who asks with --at for the very end is to hear the truth.
 */
static bool ends_now(X509_STORE_CTX *context, int64_t at_s)
{
    const X509 *x509 = X509_STORE_CTX_get_current_cert(context);
    int64_t end_s;

    return x509 && tls_time_seconds(X509_get0_notAfter(x509), &end_s) && end_s == at_s;
}

/* Always goes on: the last error that OpenSSL keeps hides the ones before it. */
static int collect(int ok, X509_STORE_CTX *context)
{
    struct tls_path *path = X509_STORE_CTX_get_app_data(context);
    const int code = X509_STORE_CTX_get_error(context);
    const int depth = X509_STORE_CTX_get_error_depth(context);
    const enum crl_trouble trouble = crl_trouble(code);

    if (ok == 1)
        return 1;
    if (trouble == CRL_UNUSABLE)
        path->crl_fault_depth = depth;
    if (trouble != CRL_NO_TROUBLE ||
        (code == X509_V_ERR_CERT_REVOKED && path->crl_fault_depth == depth))
        return 1;
    if (code == X509_V_ERR_CERT_HAS_EXPIRED && ends_now(context, path->at_s))
        return 1;
    tls_verify_error_add(path->errors, &path->n_errors, code, depth);
    return 1;
}

static int set_up(X509_STORE_CTX *context, struct tls_path *out, const struct tls_facts *facts,
                  X509_STORE *store, STACK_OF(X509) * anchors, int64_t at_s)
{
    X509_VERIFY_PARAM *param;

    if (X509_STORE_CTX_init(context, store, sk_X509_value(facts->x509s, 0), facts->x509s) != 1 ||
        X509_STORE_CTX_set_default(context, "ssl_server") != 1)
        return -1;
    param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(param, (time_t)at_s);
    X509_VERIFY_PARAM_set_auth_level(param, 2);
    if (!store) {
        X509_STORE_CTX_set0_trusted_stack(context, anchors);
        if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) != 1)
            return -1;
    }
    X509_STORE_CTX_set_verify_cb(context, collect);
    return X509_STORE_CTX_set_app_data(context, out) == 1 ? 0 : -1;
}

/*
 * Where no issuer is found OpenSSL leaves the last certificate of the path unread: an expired leaf
 * without its intermediate would have one fault in place of two.
 */
static void check_dates(struct tls_path *path)
{
    for (int i = 0; i < path->n_untrusted; i++) {
        const X509 *x509 = sk_X509_value(path->certificates, i);
        int64_t from_s, until_s;
        if (tls_time_seconds(X509_get0_notBefore(x509), &from_s) && from_s > path->at_s)
            tls_verify_error_add(path->errors, &path->n_errors, X509_V_ERR_CERT_NOT_YET_VALID, i);
        if (tls_time_seconds(X509_get0_notAfter(x509), &until_s) && until_s < path->at_s)
            tls_verify_error_add(path->errors, &path->n_errors, X509_V_ERR_CERT_HAS_EXPIRED, i);
    }
}

/*
 * Which of the certificates that the server sent is meant: it may send them in any order, and
 * others beside them (RFC 8446 4.4.2).
 */
static void find_presented(struct tls_path *path, const struct tls_facts *facts)
{
    for (size_t i = 0; i < path->n_errors; i++) {
        struct tls_verify_error *error = &path->errors[i];
        const X509 *meant = sk_X509_value(path->certificates, error->depth);
        for (int at = 0; meant && at < sk_X509_num(facts->x509s); at++) {
            if (X509_cmp(sk_X509_value(facts->x509s, at), meant) == 0) {
                error->presented = at;
                break;
            }
        }
    }
}

static int verify(X509_STORE_CTX *context, struct tls_path *out)
{
    const int verified = X509_verify_cert(context);
    const int code = X509_STORE_CTX_get_error(context);

    if (verified != 1) {
        /* The callback never refuses: this is memory, or an error that was never told. */
        if (code == X509_V_ERR_OUT_OF_MEM)
            return -1;
        tls_verify_error_add(out->errors, &out->n_errors,
                             code != X509_V_OK ? code : X509_V_ERR_UNSPECIFIED,
                             X509_STORE_CTX_get_error_depth(context));
    }
    if (X509_STORE_CTX_get0_chain(context) == NULL)
        return 0;
    out->certificates = X509_STORE_CTX_get1_chain(context);
    out->n_untrusted = X509_STORE_CTX_get_num_untrusted(context);
    return out->certificates ? 0 : -1;
}

int tls_path_build(struct tls_path *out, const struct tls_facts *facts, X509_STORE *store,
                   STACK_OF(X509) * anchors, int64_t at_s)
{
    X509_STORE_CTX *context;
    int result = -1;

    ERR_clear_error();
    context = X509_STORE_CTX_new();
    memset(out, 0, sizeof *out);
    out->at_s = at_s;
    out->crl_fault_depth = -1;
    if (context && set_up(context, out, facts, store, anchors, at_s) == 0)
        result = verify(context, out);
    if (result == 0 && out->certificates)
        check_dates(out);
    find_presented(out, facts);
    X509_STORE_CTX_free(context);
    return tls_memory_ran_out() ? -1 : result;
}

void tls_path_clear(struct tls_path *path)
{
    sk_X509_pop_free(path->certificates, X509_free);
    path->certificates = NULL;
}

bool tls_path_anchored(const struct tls_path *path)
{
    return path->certificates && path->n_untrusted < sk_X509_num(path->certificates);
}
