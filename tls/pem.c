#include "tls/pem.h"

#include <limits.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

/* Takes the certificates over, in a stack of their own. NULL when out of memory. */
static STACK_OF(X509) * take_certificates(STACK_OF(X509_INFO) * infos)
{
    STACK_OF(X509) *x509s = sk_X509_new_null();

    for (int i = 0; x509s && i < sk_X509_INFO_num(infos); i++) {
        X509_INFO *info = sk_X509_INFO_value(infos, i);
        if (!info->x509)
            continue;
        if (sk_X509_push(x509s, info->x509) <= 0) {
            sk_X509_pop_free(x509s, X509_free);
            return NULL;
        }
        info->x509 = NULL;
    }
    return x509s;
}

enum tls_pem_status tls_pem_read(const uint8_t *bytes, size_t length, struct tls_facts **out)
{
    BIO *bio = length <= INT_MAX ? BIO_new_mem_buf(bytes, (int)length) : NULL;
    enum tls_pem_status status = TLS_PEM_NO_MEMORY;

    *out = NULL;
    ERR_clear_error();
    STACK_OF(X509_INFO) *infos = bio ? PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL) : NULL;
    bool short_of_memory = !bio || ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE;
    STACK_OF(X509) *x509s = infos ? take_certificates(infos) : NULL;

    bool none = infos ? x509s && sk_X509_num(x509s) == 0 : !short_of_memory;

    if (none)
        status = TLS_PEM_NONE;
    else if (x509s)
        *out = tls_facts_from_chain(x509s);
    if (*out)
        status = TLS_PEM_OK;
    sk_X509_pop_free(x509s, X509_free);
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    BIO_free(bio);
    ERR_clear_error();
    return status;
}
