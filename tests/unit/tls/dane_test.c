/* RFC 7671 and RFC 7672 over minted chains: who matches, and what counts when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "support/mint.h"
#include "tls/dane.h"

enum target { NO_ONE, LEAF, MIDDLE, ROOT, STRANGER };
enum { RECORDS = 4, NAMES = 2 };

/* One record: usage, selector, matching type, and whose certificate it is made from. */
struct record {
    uint8_t usage, selector, matching;
    enum target of;
};

static const struct mint_spec root_spec = {.subject = "Root", .ca = true};
static const struct mint_spec middle_spec = {.subject = "Middle", .ca = true};
static const struct mint_spec leaf_spec = {.subject = "mx", .sans = "DNS:mx.example.test"};

/* Specs are the healthy ones where `subject` is NULL. The server sends leaf and intermediate. */
static const struct dane_case {
    const char *name;
    struct mint_spec root, middle, leaf;
    bool root_sent, middle_left_out, self_signed;
    struct record records[RECORDS]; /* up to a usage, selector, matching and target of 0 */
    const char *names[NAMES];       /* NULL: mx.example.test */
    enum tls_dane_outcome outcome;
    int matched;
    int error; /* one of the errors, 0 for none at all */
} cases[] = {
    {.name = "3 1 1", .records = {{3, 1, 1, LEAF}}, .outcome = TLS_DANE_MATCH},
    {.name = "3 0 1", .records = {{3, 0, 1, LEAF}}, .outcome = TLS_DANE_MATCH},
    {.name = "3 1 2", .records = {{3, 1, 2, LEAF}}, .outcome = TLS_DANE_MATCH},
    {.name = "3 0 2", .records = {{3, 0, 2, LEAF}}, .outcome = TLS_DANE_MATCH},
    {.name = "3 1 0", .records = {{3, 1, 0, LEAF}}, .outcome = TLS_DANE_MATCH},
    {.name = "3 0 0", .records = {{3, 0, 0, LEAF}}, .outcome = TLS_DANE_MATCH},
    {.name = "3 1 1, another name",
     .records = {{3, 1, 1, LEAF}},
     .names = {"other.test"},
     .outcome = TLS_DANE_MATCH},
    {.name = "3 1 1, expired",
     .leaf = {.subject = "mx", .until_s = MINT_NOW - MINT_DAY},
     .records = {{3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH},
    {.name = "3 1 1, not valid yet, self-signed, RSA 1024, for clients",
     .leaf = {.subject = "mx",
              .from_s = MINT_NOW + MINT_DAY,
              .key = MINT_RSA_1024,
              .extensions = {{"extendedKeyUsage", "clientAuth"}}},
     .self_signed = true,
     .records = {{3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH},
    {.name = "3 1 1 of another key",
     .records = {{3, 1, 1, STRANGER}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "3 1 1 of the intermediate is no DANE-EE",
     .records = {{3, 1, 1, MIDDLE}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "a stale 3 1 1 beside the current one",
     .records = {{3, 1, 1, STRANGER}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "digest agility: a matching 3 1 1 gives way to a 3 1 2",
     .records = {{3, 1, 1, LEAF}, {3, 1, 2, STRANGER}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "digest agility: not across selectors",
     .records = {{3, 0, 2, STRANGER}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "digest agility: not across usages",
     .records = {{2, 1, 2, STRANGER}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "digest agility: full values always count",
     .records = {{3, 1, 2, STRANGER}, {3, 1, 0, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "1 1 1 alone is unusable",
     .records = {{1, 1, 1, LEAF}},
     .outcome = TLS_DANE_UNUSABLE,
     .matched = -1},
    {.name = "no record at all", .outcome = TLS_DANE_UNUSABLE, .matched = -1},
    {.name = "1 1 1 beside a 3 1 1 that matches",
     .records = {{1, 1, 1, STRANGER}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "1 1 2 takes no part in digest agility",
     .records = {{1, 1, 2, STRANGER}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "2 0 1, anchor sent",
     .root_sent = true,
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 1 1, anchor sent",
     .root_sent = true,
     .records = {{2, 1, 1, ROOT}},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 0 1, anchor not sent",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "2 0 1, the intermediate is the anchor",
     .records = {{2, 0, 1, MIDDLE}},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 0 0 carries the anchor", .records = {{2, 0, 0, ROOT}}, .outcome = TLS_DANE_MATCH},
    {.name = "2 0 0 of another root",
     .records = {{2, 0, 0, STRANGER}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "2 0 0, the intermediate missing",
     .middle_left_out = true,
     .records = {{2, 0, 0, ROOT}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "2 1 0, the bare key of the root",
     .records = {{2, 1, 0, ROOT}},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 1 0, the bare key that signed the leaf",
     .middle_left_out = true,
     .records = {{2, 1, 0, MIDDLE}},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 1 0, another key",
     .records = {{2, 1, 0, STRANGER}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "2 1 1, the second name matches",
     .records = {{2, 1, 1, MIDDLE}},
     .names = {"example.test", "mx.example.test"},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 1 1, wildcard",
     .leaf = {.subject = "mx", .sans = "DNS:*.example.test"},
     .records = {{2, 1, 1, MIDDLE}},
     .outcome = TLS_DANE_MATCH},
    {.name = "row 71: 2 1 1, no name matches",
     .records = {{2, 1, 1, MIDDLE}},
     .names = {"other.test"},
     .outcome = TLS_DANE_NAME_MISMATCH,
     .error = X509_V_ERR_HOSTNAME_MISMATCH},
    {.name = "row 71: the CN does not count",
     .leaf = {.subject = "mx.example.test"},
     .records = {{2, 1, 1, MIDDLE}},
     .outcome = TLS_DANE_NAME_MISMATCH,
     .error = X509_V_ERR_HOSTNAME_MISMATCH},
    {.name = "row 72: 2 1 1, the leaf has expired",
     .leaf = {.subject = "mx", .sans = "DNS:mx.example.test", .until_s = MINT_NOW - MINT_DAY},
     .records = {{2, 1, 1, MIDDLE}},
     .outcome = TLS_DANE_EXPIRED,
     .error = X509_V_ERR_CERT_HAS_EXPIRED},
    {.name = "2 1 1, not valid yet",
     .leaf = {.subject = "mx", .sans = "DNS:mx.example.test", .from_s = MINT_NOW + MINT_DAY},
     .records = {{2, 1, 1, MIDDLE}},
     .outcome = TLS_DANE_EXPIRED,
     .error = X509_V_ERR_CERT_NOT_YET_VALID},
    {.name = "2 0 1, the anchor itself has expired",
     .root = {.subject = "Root", .ca = true, .until_s = MINT_NOW - MINT_DAY},
     .root_sent = true,
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_EXPIRED,
     .error = X509_V_ERR_CERT_HAS_EXPIRED},
    {.name = "an expired root beside a fresh intermediate, both anchors",
     .root = {.subject = "Root", .ca = true, .until_s = MINT_NOW - MINT_DAY},
     .root_sent = true,
     .records = {{2, 0, 1, ROOT}, {2, 0, 1, MIDDLE}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "expired and no name matches",
     .leaf = {.subject = "mx", .until_s = MINT_NOW - MINT_DAY},
     .records = {{2, 1, 1, MIDDLE}},
     .outcome = TLS_DANE_NAME_MISMATCH,
     .error = X509_V_ERR_CERT_HAS_EXPIRED},
    {.name = "2 1 1, a leaf that is for clients",
     .leaf = {.subject = "mx",
              .sans = "DNS:mx.example.test",
              .extensions = {{"extendedKeyUsage", "clientAuth"}}},
     .records = {{2, 1, 1, MIDDLE}},
     .outcome = TLS_DANE_UNTRUSTED,
     .error = X509_V_ERR_INVALID_PURPOSE},
    {.name = "2 1 1, the leaf's signature is wrong",
     .leaf = {.subject = "mx", .sans = "DNS:mx.example.test", .damage = MINT_BAD_SIGNATURE},
     .records = {{2, 1, 1, MIDDLE}},
     .outcome = TLS_DANE_UNTRUSTED,
     .error = X509_V_ERR_CERT_SIGNATURE_FAILURE},
    {.name = "2 0 1 of a self-signed leaf: an anchor stands above the leaf",
     .self_signed = true,
     .records = {{2, 0, 1, LEAF}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "2 0 1 and 3 1 1, only the anchor matches",
     .records = {{3, 1, 1, STRANGER}, {2, 0, 1, MIDDLE}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "2 0 1 and 3 1 1, only the leaf matches",
     .records = {{2, 0, 1, STRANGER}, {3, 1, 1, LEAF}},
     .names = {"other.test"},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
};

struct minted_case {
    struct mint of[STRANGER + 1];
    struct tls_facts *facts;
    struct tls_tlsa records[RECORDS];
    uint8_t data[RECORDS][2048];
    size_t n_records;
};

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

static void mint_case(const struct dane_case *given, struct minted_case *out)
{
    const struct mint_spec stranger = {.subject = "Stranger", .ca = true};
    struct mint *of = out->of;
    STACK_OF(X509) * chain;

    memset(out, 0, sizeof *out);
    of[ROOT] = mint_or(&given->root, &root_spec, NULL);
    of[MIDDLE] = mint_or(&given->middle, &middle_spec, &of[ROOT]);
    of[LEAF] = mint_or(&given->leaf, &leaf_spec, given->self_signed ? NULL : &of[MIDDLE]);
    of[STRANGER] = mint_certificate(&stranger, NULL);
    chain = mint_chain(of[LEAF].x509, given->middle_left_out ? NULL : of[MIDDLE].x509,
                       given->root_sent ? of[ROOT].x509 : NULL, NULL);
    out->facts = tls_facts_from_chain(chain);
    assert_non_null(out->facts);
    sk_X509_pop_free(chain, X509_free);
    for (size_t i = 0; i < RECORDS && given->records[i].of != NO_ONE; i++)
        make_record(out, i, &given->records[i]);
}

static void clear_case(struct minted_case *minted)
{
    for (int i = LEAF; i <= STRANGER; i++)
        mint_clear(&minted->of[i]);
    tls_facts_unref(minted->facts);
}

static void judges_the_chain(void **state)
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
        if (record->usage >= 2) {
            assert_int_equal(SSL_dane_tlsa_add(ssl, record->usage, record->selector,
                                               record->matching, record->data, record->length),
                             1);
        }
    }
    return ssl;
}

/* OpenSSL's own DANE, which Postfix uses, over the same records and the same chain. */
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
    assert_int_equal(
        X509_STORE_CTX_init(verify, store, minted->of[LEAF].x509, minted->facts->x509s), 1);
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

static void agrees_with_openssl(void **state)
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

static void tells_the_first_end_of_an_anchored_path(void **state)
{
    static const char *const names[] = {"mx.example.test"};
    const struct dane_case by_anchor = {
        .middle = {.subject = "Middle", .ca = true, .until_s = MINT_NOW + MINT_DAY},
        .records = {{2, 1, 1, MIDDLE}}};
    const struct dane_case by_key = {.records = {{3, 1, 1, LEAF}}};
    struct minted_case minted;
    struct tls_dane dane;

    (void)state;
    mint_case(&by_anchor, &minted);
    assert_int_equal(tls_dane_verify(minted.facts, minted.records, 1, names, 1, MINT_NOW, &dane),
                     0);
    assert_int_equal(dane.first_not_after_s, MINT_NOW + MINT_DAY);
    clear_case(&minted);
    mint_case(&by_key, &minted);
    assert_int_equal(tls_dane_verify(minted.facts, minted.records, 1, names, 1, MINT_NOW, &dane),
                     0);
    assert_int_equal(dane.first_not_after_s, 0);
    clear_case(&minted);
}

/* An anonymous suite: there is nothing that could match. */
static void matches_nothing_without_a_certificate(void **state)
{
    const uint8_t digest[32] = {0};
    const struct tls_tlsa record = {3, 1, 1, digest, sizeof digest};
    STACK_OF(X509) *none = sk_X509_new_null();
    struct tls_facts *facts = tls_facts_from_chain(none);
    struct tls_dane dane;

    (void)state;
    assert_int_equal(tls_dane_verify(facts, &record, 1, NULL, 0, MINT_NOW, &dane), 0);
    assert_int_equal(dane.outcome, TLS_DANE_NO_MATCH);
    assert_int_equal(dane.matched, -1);
    tls_facts_unref(facts);
    sk_X509_free(none);
}

enum { CASES = sizeof cases / sizeof *cases };

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(tells_the_first_end_of_an_anchored_path),
        cmocka_unit_test(matches_nothing_without_a_certificate),
    };
    struct CMUnitTest tests[CASES], compared[CASES];

    for (size_t i = 0; i < CASES; i++) {
        void *given = (void *)&cases[i];
        tests[i] = (struct CMUnitTest){cases[i].name, judges_the_chain, NULL, NULL, given};
        compared[i] = (struct CMUnitTest){cases[i].name, agrees_with_openssl, NULL, NULL, given};
    }
    return cmocka_run_group_tests_name("outcomes", tests, NULL, NULL) +
           cmocka_run_group_tests_name("OpenSSL's DANE", compared, NULL, NULL) +
           cmocka_run_group_tests_name("dane", plain, NULL, NULL);
}
