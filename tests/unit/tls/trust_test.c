#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/mint.h"
#include "tls/trust.h"

struct files {
    char directory[64], cas[96], crl[96], key[96], garbage[96], broken[96], empty[96], missing[96];
};

static void write_text(const char *path, const char *text, const char *mode)
{
    FILE *file = fopen(path, mode);

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_files(struct files *files)
{
    const struct mint_spec spec = {.subject = "Root", .ca = true};
    const struct mint_crl_spec crl_spec = {.revoked = NULL};
    struct mint first = mint_certificate(&spec, NULL), second = mint_certificate(&spec, NULL);
    STACK_OF(X509) *both = mint_chain(first.x509, second.x509, NULL);
    X509_CRL *crl = mint_crl(&crl_spec, &first);

    (void)strcpy(files->directory, "/tmp/mxprobe-trust-XX"
                                   "XX"
                                   "XX");
    assert_non_null(mkdtemp(files->directory));
#define PATH(name) (void)snprintf(files->name, sizeof files->name, "%s/" #name, files->directory)
    PATH(cas);
    PATH(crl);
    PATH(key);
    PATH(garbage);
    PATH(broken);
    PATH(empty);
    PATH(missing);
#undef PATH
    mint_write_chain(files->cas, both);
    mint_write_crl(files->crl, crl);
    mint_write_key(files->key, first.key);
    write_text(files->garbage, "no PEM\n", "we");
    mint_write_chain(files->broken, both);
    write_text(files->broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
               "ae");
    write_text(files->empty, "", "we");
    X509_CRL_free(crl);
    sk_X509_pop_free(both, X509_free);
    mint_clear(&first);
    mint_clear(&second);
}

static void remove_files(const struct files *files)
{
    const char *const all[] = {files->cas,    files->crl,     files->key,
                               files->broken, files->garbage, files->empty};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(unlink(all[i]), 0);
    assert_int_equal(rmdir(files->directory), 0);
}

static void reads_named_files_at_once(void **state)
{
    struct files files;
    struct tls_trust *trust;

    (void)state;
    make_files(&files);
    {
        const struct {
            const char *ca, *crl;
            enum tls_trust_status status;
            int error; /* 0: whatever */
        } cases[] = {
            {files.cas, NULL, TLS_TRUST_OK, 0},
            {files.cas, files.crl, TLS_TRUST_OK, 0},
            {NULL, files.crl, TLS_TRUST_OK, 0},
            {files.missing, NULL, TLS_TRUST_UNREADABLE, ENOENT},
            {files.directory, NULL, TLS_TRUST_UNREADABLE, EISDIR},
            {files.cas, files.missing, TLS_TRUST_CRL_UNREADABLE, ENOENT},
            {files.garbage, NULL, TLS_TRUST_MALFORMED, 0},
            {files.empty, NULL, TLS_TRUST_MALFORMED, 0},
            {files.key, NULL, TLS_TRUST_MALFORMED, 0},
            {files.broken, NULL, TLS_TRUST_MALFORMED, 0},
            {files.crl, NULL, TLS_TRUST_MALFORMED, 0},
            {files.cas, files.cas, TLS_TRUST_CRL_MALFORMED, 0},
            {files.cas, files.garbage, TLS_TRUST_CRL_MALFORMED, 0},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            assert_int_equal(tls_trust_new(cases[i].ca, cases[i].crl, &trust), cases[i].status);
            assert_true(cases[i].error == 0 || errno == cases[i].error);
            assert_int_equal(trust != NULL, cases[i].status == TLS_TRUST_OK);
            tls_trust_free(trust);
        }
    }
    remove_files(&files);
}

static int anchors_of(struct tls_trust *trust)
{
    X509_STORE *store = tls_trust_store(trust);
    STACK_OF(X509) * anchors;
    int count;

    assert_non_null(store);
    anchors = X509_STORE_get1_all_certs(store);
    count = sk_X509_num(anchors);
    sk_X509_pop_free(anchors, X509_free);
    return count;
}

static void a_named_file_stands_in_place_of_the_system(void **state)
{
    struct files files;
    struct tls_trust *trust;

    (void)state;
    make_files(&files);
    assert_int_equal(setenv("SSL_CERT_FILE", files.cas, 1), 0);
    assert_int_equal(tls_trust_new(files.cas, NULL, &trust), TLS_TRUST_OK);
    tls_trust_prefetch(trust);
    assert_int_equal(anchors_of(trust), 2);
    tls_trust_free(trust);
    remove_files(&files);
}

/* SSL_CERT_FILE names the system's anchors (X509_get_default_cert_file_env(3)). */
static void loads_the_system_anchors_when_asked(void **state)
{
    static const struct {
        const char *name;
        int prefetches;
    } cases[] = {{"never prefetched", 0}, {"prefetched", 1}, {"prefetched twice", 2}};
    struct files files;

    (void)state;
    make_files(&files);
    assert_int_equal(setenv("SSL_CERT_FILE", files.cas, 1), 0);
    assert_int_equal(setenv("SSL_CERT_DIR", files.directory, 1), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tls_trust *trust;
        assert_int_equal(tls_trust_new(NULL, NULL, &trust), TLS_TRUST_OK);
        for (int n = 0; n < cases[i].prefetches; n++)
            tls_trust_prefetch(trust);
        assert_int_equal(anchors_of(trust), 2);
        assert_int_equal(anchors_of(trust), 2);
        tls_trust_prefetch(trust);
        tls_trust_free(trust);
    }
    remove_files(&files);
}

static void may_be_freed_while_it_loads(void **state)
{
    struct tls_trust *trust;

    (void)state;
    assert_int_equal(tls_trust_new(NULL, NULL, &trust), TLS_TRUST_OK);
    tls_trust_prefetch(trust);
    tls_trust_free(trust);
    tls_trust_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_named_files_at_once),
        cmocka_unit_test(a_named_file_stands_in_place_of_the_system),
        cmocka_unit_test(loads_the_system_anchors_when_asked),
        cmocka_unit_test(may_be_freed_while_it_loads),
    };

    return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
