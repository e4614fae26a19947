#include "tls/trust.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

struct tls_trust {
    X509_STORE *store;
    pthread_mutex_t lock; /* of what follows; the store has its own */
    pthread_t loader;
    bool loading; /* the thread runs, or has run, and was not joined */
    bool loaded;  /* the store holds its anchors */
};

static enum tls_trust_status parse_pem(FILE *file, STACK_OF(X509_INFO) * *out)
{
    BIO *bio = BIO_new_fp(file, BIO_NOCLOSE);
    enum tls_trust_status status = TLS_TRUST_OK;

    ERR_clear_error();
    errno = 0;
    *out = bio ? PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL) : NULL;
    if (ferror(file) != 0) {
        /* A directory opens and does not read. */
        errno = errno != 0 ? errno : EIO;
        status = TLS_TRUST_UNREADABLE;
    } else if (!bio || ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE) {
        status = TLS_TRUST_NO_MEMORY;
    } else if (*out == NULL) {
        status = TLS_TRUST_MALFORMED;
    }
    BIO_free(bio);
    ERR_clear_error();
    return status;
}

/* All PEM objects of a file, those before a fault too; the caller frees. */
static enum tls_trust_status read_pem(const char *path, STACK_OF(X509_INFO) * *out)
{
    FILE *file = fopen(path, "re");
    enum tls_trust_status status;
    int error;

    *out = NULL;
    if (!file)
        return TLS_TRUST_UNREADABLE;
    status = parse_pem(file, out);
    error = errno;
    (void)fclose(file);
    errno = error;
    return status;
}

enum pem_kind { PEM_ANCHORS, PEM_CRLS };

static enum tls_trust_status add_file(X509_STORE *store, const char *path, enum pem_kind kind)
{
    STACK_OF(X509_INFO) *infos = NULL;
    enum tls_trust_status status = read_pem(path, &infos);
    int found = 0;

    for (int i = 0; i < sk_X509_INFO_num(infos) && status == TLS_TRUST_OK; i++) {
        const X509_INFO *info = sk_X509_INFO_value(infos, i);
        int added = 1;
        if (kind == PEM_ANCHORS && info->x509) {
            added = X509_STORE_add_cert(store, info->x509);
            found++;
        } else if (kind == PEM_CRLS && info->crl) {
            added = X509_STORE_add_crl(store, info->crl);
            found++;
        }
        status = added == 1 ? TLS_TRUST_OK : TLS_TRUST_NO_MEMORY;
    }
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    if (status == TLS_TRUST_OK && found == 0)
        status = TLS_TRUST_MALFORMED;
    return status;
}

static enum tls_trust_status add_files(struct tls_trust *trust, const char *ca_file,
                                       const char *crl_file)
{
    enum tls_trust_status status = TLS_TRUST_OK;

    if (ca_file) {
        status = add_file(trust->store, ca_file, PEM_ANCHORS);
        trust->loaded = true;
    }
    if (crl_file && status == TLS_TRUST_OK) {
        status = add_file(trust->store, crl_file, PEM_CRLS);
        if (status == TLS_TRUST_UNREADABLE)
            status = TLS_TRUST_CRL_UNREADABLE;
        else if (status == TLS_TRUST_MALFORMED)
            status = TLS_TRUST_CRL_MALFORMED;
        /* The whole path: what the file lacks is let pass when the chain is judged (path.c). */
        (void)X509_STORE_set_flags(trust->store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    }
    return status;
}

enum tls_trust_status tls_trust_new(const char *ca_file, const char *crl_file,
                                    struct tls_trust **out)
{
    struct tls_trust *trust = calloc(1, sizeof *trust);
    enum tls_trust_status status;
    int error;

    *out = NULL;
    if (!trust || pthread_mutex_init(&trust->lock, NULL) != 0) {
        free(trust);
        return TLS_TRUST_NO_MEMORY;
    }
    trust->store = X509_STORE_new();
    status = !trust->store ? TLS_TRUST_NO_MEMORY : add_files(trust, ca_file, crl_file);
    if (status != TLS_TRUST_OK) {
        error = errno;
        tls_trust_free(trust);
        errno = error;
        return status;
    }
    *out = trust;
    return TLS_TRUST_OK;
}

void tls_trust_free(struct tls_trust *trust)
{
    if (!trust)
        return;
    if (trust->loading)
        (void)pthread_join(trust->loader, NULL);
    (void)pthread_mutex_destroy(&trust->lock);
    X509_STORE_free(trust->store);
    free(trust);
}

/* A system without any anchors is one that trusts nobody: no error. */
static void *load(void *store)
{
    (void)X509_STORE_set_default_paths(store);
    ERR_clear_error();
    return NULL;
}

/* "9b9552db.0": a link by the hash of a subject, as `openssl rehash` makes them. */
static bool is_hashed(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] &&
           name[9 + strspn(name + 9, "0123456789")] == '\0';
}

static void load_directory(X509_STORE *store, const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *found;
    char file[PATH_MAX];

    while (directory && (found = readdir(directory))) {
        int length = snprintf(file, sizeof file, "%s/%s", path, found->d_name);
        if (is_hashed(found->d_name) && length > 0 && (size_t)length < sizeof file)
            (void)X509_STORE_load_file(store, file);
    }
    if (directory)
        (void)closedir(directory);
}

void tls_trust_load_whole(struct tls_trust *trust)
{
    const char *file = secure_getenv(X509_get_default_cert_file_env());
    const char *path = secure_getenv(X509_get_default_cert_dir_env());

    if (trust->loaded)
        return;
    (void)X509_STORE_load_file(trust->store, file ? file : X509_get_default_cert_file());
    load_directory(trust->store, path ? path : X509_get_default_cert_dir());
    ERR_clear_error();
    trust->loaded = true;
}

void tls_trust_prefetch(struct tls_trust *trust)
{
    sigset_t all, before;

    (void)pthread_mutex_lock(&trust->lock);
    if (!trust->loaded && !trust->loading) {
        /* Signals are for the threads with a loop. Without a thread the store is loaded late. */
        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_BLOCK, &all, &before);
        trust->loading = pthread_create(&trust->loader, NULL, load, trust->store) == 0;
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    (void)pthread_mutex_unlock(&trust->lock);
}

X509_STORE *tls_trust_store(struct tls_trust *trust)
{
    (void)pthread_mutex_lock(&trust->lock);
    if (trust->loading) {
        (void)pthread_join(trust->loader, NULL);
        trust->loading = false;
        trust->loaded = true;
    }
    if (!trust->loaded) {
        (void)load(trust->store);
        trust->loaded = true;
    }
    (void)pthread_mutex_unlock(&trust->lock);
    return trust->store;
}
