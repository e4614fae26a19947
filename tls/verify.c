#include "tls/verify.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tls/certificate.h"
#include "tls/ocsp.h"
#include "tls/path.h"

/* The leaf counts even where it is its own anchor: an operator wants to know when it ends. */
static void read_first_end(const struct tls_path *path, struct tls_verification *out)
{
    for (int i = 0; i < sk_X509_num(path->certificates); i++) {
        int64_t end_s;
        if ((i > 0 && i >= path->n_untrusted) ||
            !tls_time_seconds(X509_get0_notAfter(sk_X509_value(path->certificates, i)), &end_s))
            continue;
        if (out->first_not_after_s == 0 || end_s < out->first_not_after_s) {
            out->first_not_after_s = end_s;
            out->first_not_after_depth = (size_t)i;
        }
    }
}

static bool on_path(const struct tls_path *path, const X509 *x509)
{
    for (int i = 0; i < sk_X509_num(path->certificates); i++)
        if (X509_cmp(sk_X509_value(path->certificates, i), x509) == 0)
            return true;
    return false;
}

static bool has_extra_expired(const struct tls_facts *facts, const struct tls_path *path,
                              int64_t at_s)
{
    for (int i = 0; i < sk_X509_num(facts->x509s); i++) {
        const X509 *x509 = sk_X509_value(facts->x509s, i);
        int64_t end_s;
        if (tls_time_seconds(X509_get0_notAfter(x509), &end_s) && end_s < at_s &&
            !on_path(path, x509))
            return true;
    }
    return false;
}

static int judge_staple(const struct tls_facts *facts, const struct tls_path *path, int64_t at_s,
                        struct tls_verification *out)
{
    X509 *leaf = sk_X509_value(facts->x509s, 0);
    X509 *issuer = sk_X509_value(path->certificates, 1);
    int result;

    if (!facts->ocsp)
        return 0;
    if (!issuer && X509_check_issued(leaf, leaf) == X509_V_OK)
        issuer = leaf;
    result = tls_ocsp_judge(facts->ocsp, facts->ocsp_length, leaf, issuer, facts->x509s, at_s,
                            &out->staple);
    if (out->staple == TLS_STAPLE_REVOKED)
        tls_verify_error_add(out->errors, &out->n_errors, X509_V_ERR_CERT_REVOKED, 0);
    return result;
}

int tls_verify(const struct tls_facts *facts, struct tls_trust *trust, int64_t at_s,
               struct tls_verification *out)
{
    X509_STORE *store;
    struct tls_path path;
    int result;

    memset(out, 0, sizeof *out);
    if (facts->n_chain == 0)
        return 0;
    store = tls_trust_store(trust);
    if (!store)
        return -1;
    result = tls_path_build(&path, facts, store, NULL, at_s);
    if (result == 0) {
        memcpy(out->errors, path.errors, sizeof out->errors);
        out->n_errors = path.n_errors;
        read_first_end(&path, out);
        out->extra_expired = has_extra_expired(facts, &path, at_s);
        result = judge_staple(facts, &path, at_s, out);
        out->trusted = out->n_errors == 0 && tls_path_anchored(&path);
    }
    tls_path_clear(&path);
    return result;
}

bool tls_name_matches(const struct tls_facts *facts, const char *name)
{
    const unsigned flags =
        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    size_t length = strlen(name);
    bool matches;

    if (length > 0 && name[length - 1] == '.')
        length--;
    /* OpenSSL takes a leading dot for "any name below", and an empty name for none at all. */
    if (facts->n_chain == 0 || length == 0 || name[0] == '.' || memchr(name, '*', length) != NULL)
        return false;
    matches = X509_check_host(sk_X509_value(facts->x509s, 0), name, length, flags, NULL) == 1;
    ERR_clear_error();
    return matches;
}
