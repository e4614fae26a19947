#include "dane_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static const struct mint_spec root_spec = {.subject = "Root", .ca = true};
static const struct mint_spec middle_spec = {.subject = "Middle", .ca = true};
static const struct mint_spec leaf_spec = {.subject = "mx", .sans = "DNS:mx.example.test"};

static struct mint mint_or(const struct mint_spec *given, const struct mint_spec *healthy,
                           const struct mint *issuer)
{
    return mint_certificate(given->subject != NULL ? given : healthy, issuer);
}

static void make_record(struct minted_case *minted, size_t i, const struct record *given)
{
    uint8_t whole[2048], *end = whole;
    const X509 *x509 = minted->of[given->of].x509;
    const int length = given->selector == 0 ? i2d_X509(x509, &end)
                                            : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &end);
    const EVP_MD *digest = given->matching == 1 ? EVP_sha256() : EVP_sha512();
    unsigned size = (unsigned)length;

    assert_in_range(length, 1, sizeof whole);
    if (given->matching == 0) {
        memcpy(minted->data[i], whole, (size_t)length);
    } else {
        assert_int_equal(EVP_Digest(whole, (size_t)length, minted->data[i], &size, digest, NULL),
                         1);
    }
    minted->records[i] =
        (struct tls_tlsa){given->usage, given->selector, given->matching, minted->data[i], size};
    minted->n_records = i + 1;
}

static STACK_OF(X509) * sent_chain(const struct mint *of, const char *sent)
{
    static const char letters[] = " LMRS"; /* in the order of enum target */
    STACK_OF(X509) *chain = sk_X509_new_null();

    for (; *sent; sent++) {
        X509 *x509 = of[strchr(letters, *sent) - letters].x509;
        assert_true(X509_up_ref(x509) && sk_X509_push(chain, x509));
    }
    return chain;
}

void mint_case(const struct dane_case *given, struct minted_case *out)
{
    const struct mint_spec stranger = {.subject = "Stranger", .ca = true};
    struct mint *of = out->of;
    STACK_OF(X509) * chain;

    memset(out, 0, sizeof *out);
    of[ROOT] = mint_or(&given->root, &root_spec, NULL);
    of[MIDDLE] = mint_or(&given->middle, &middle_spec, &of[ROOT]);
    of[LEAF] = mint_or(&given->leaf, &leaf_spec, given->self_signed ? NULL : &of[MIDDLE]);
    of[STRANGER] = mint_certificate(&stranger, NULL);
    chain = sent_chain(of, given->sent ? given->sent : "LM");
    out->facts = tls_facts_from_chain(chain);
    assert_non_null(out->facts);
    sk_X509_pop_free(chain, X509_free);
    for (size_t i = 0; i < RECORDS && given->records[i].of != NO_ONE; i++)
        make_record(out, i, &given->records[i]);
}

void clear_case(struct minted_case *minted)
{
    for (int i = LEAF; i <= STRANGER; i++)
        mint_clear(&minted->of[i]);
    tls_facts_unref(minted->facts);
}

void judges_the_chain(void **state)
{
    static const char *const usual[] = {"mx.example.test"};
    const struct dane_case *given = *state;
    const bool named = given->names[0] != NULL;
    const size_t n_names = !named ? 1 : given->names[1] != NULL ? 2 : 1;
    struct minted_case minted;
    struct tls_dane dane;
    bool found = false;

    mint_case(given, &minted);
    assert_int_equal(tls_dane_verify(minted.facts, minted.records, minted.n_records,
                                     named ? given->names : usual, n_names, MINT_NOW, &dane),
                     0);
    assert_int_equal(dane.outcome, given->outcome);
    assert_int_equal(dane.matched, given->matched);
    for (size_t i = 0; i < dane.n_errors; i++)
        found = found || dane.errors[i].code == given->error;
    assert_int_equal(given->error != 0, found);
    assert_int_equal(given->error == 0, dane.n_errors == 0);
    clear_case(&minted);
}

static SSL *dane_holder(SSL_CTX *context, const struct minted_case *minted)
{
    SSL *ssl = SSL_new(context);

    assert_non_null(ssl);
    assert_int_equal(SSL_dane_enable(ssl, NULL), 1);
    (void)SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    for (size_t i = 0; i < minted->n_records; i++) {
        const struct tls_tlsa *record = &minted->records[i];
        /* What it does not know it refuses to take. */
        if (record->usage >= 2 && record->usage <= 3 && record->selector <= 1 &&
            record->matching <= 2) {
            assert_int_equal(SSL_dane_tlsa_add(ssl, record->usage, record->selector,
                                               record->matching, record->data, record->length),
                             1);
        }
    }
    return ssl;
}

static bool openssl_accepts(const struct minted_case *minted, const char *const *names,
                            size_t n_names)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *verify = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *param;
    SSL *ssl;
    int accepted;

    assert_true(context != NULL && store != NULL && verify != NULL);
    assert_int_equal(SSL_CTX_dane_enable(context), 1);
    ssl = dane_holder(context, minted);
    assert_int_equal(X509_STORE_CTX_init(verify, store, sk_X509_value(minted->facts->x509s, 0),
                                         minted->facts->x509s),
                     1);
    assert_int_equal(X509_STORE_CTX_set_default(verify, "ssl_server"), 1);
    param = X509_STORE_CTX_get0_param(verify);
    X509_VERIFY_PARAM_set_time(param, (time_t)MINT_NOW);
    /* At level 2 OpenSSL refuses an RSA key of 1024 bits before it comes to DANE at all. */
    X509_VERIFY_PARAM_set_auth_level(param, 1);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    for (size_t i = 0; i < n_names; i++)
        assert_int_equal(X509_VERIFY_PARAM_add1_host(param, names[i], 0), 1);
    X509_STORE_CTX_set0_dane(verify, SSL_get0_dane(ssl));
    accepted = X509_verify_cert(verify);
    X509_STORE_CTX_free(verify);
    X509_STORE_free(store);
    SSL_free(ssl);
    SSL_CTX_free(context);
    return accepted == 1;
}

void agrees_with_openssl(void **state)
{
    static const char *const usual[] = {"mx.example.test"};
    const struct dane_case *given = *state;
    const bool named = given->names[0] != NULL;
    const size_t n_names = !named ? 1 : given->names[1] != NULL ? 2 : 1;
    struct minted_case minted;

    mint_case(given, &minted);
    /* Without a usable record OpenSSL falls back to the WebPKI: nothing to compare. */
    if (given->outcome != TLS_DANE_UNUSABLE) {
        assert_int_equal(openssl_accepts(&minted, named ? given->names : usual, n_names),
                         given->outcome == TLS_DANE_MATCH);
    }
    clear_case(&minted);
}

int run_dane_cases(const struct dane_case *cases, size_t n)
{
    struct CMUnitTest *first = calloc(n, sizeof *first), *second = calloc(n, sizeof *second);

    assert_true(first && second);
    for (size_t i = 0; i < n; i++) {
        void *given = (void *)&cases[i];
        first[i] = (struct CMUnitTest){cases[i].name, judges_the_chain, NULL, NULL, given};
        second[i] = (struct CMUnitTest){cases[i].name, agrees_with_openssl, NULL, NULL, given};
    }
    int failed = _cmocka_run_group_tests("outcomes", first, n, NULL, NULL) +
                 _cmocka_run_group_tests("OpenSSL's DANE", second, n, NULL, NULL);
    free(first);
    free(second);
    return failed;
}
