/* Row 43, and that a CRL file says nothing of those whom it does not concern. */
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
#include "tls/verify.h"

enum party { NOBODY, LEAF, MIDDLE };
enum signer { BY_MIDDLE, BY_ROOT, BY_STRANGER, BY_IMPOSTOR };

static const struct crl_case {
    const char *name;
    enum party revoked;
    enum signer signer;
    int64_t from_s, until_s;
    int revoked_depth; /* -1: trusted */
} cases[] = {
    {"the leaf is revoked", LEAF, BY_MIDDLE, 0, 0, 0},
    {"the intermediate is revoked", MIDDLE, BY_ROOT, 0, 0, 1},
    {"nobody is revoked, and the root has no CRL", NOBODY, BY_MIDDLE, 0, 0, -1},
    {"the file holds some other CA's CRL", LEAF, BY_STRANGER, 0, 0, -1},
    {"an ended CRL accuses nobody", NOBODY, BY_MIDDLE, MINT_NOW - 9 * MINT_DAY, MINT_NOW - MINT_DAY,
     -1},
    {"what an ended CRL lists stays revoked", LEAF, BY_MIDDLE, MINT_NOW - 9 * MINT_DAY,
     MINT_NOW - MINT_DAY, 0},
    {"a CRL signed with another's key accuses nobody", LEAF, BY_IMPOSTOR, 0, 0, -1},
};

struct parties {
    struct mint root, middle, leaf, stranger, impostor;
};

static void mint_parties(struct parties *out)
{
    static const struct mint_spec root = {.subject = "Root", .ca = true};
    static const struct mint_spec middle = {.subject = "Middle", .ca = true};
    static const struct mint_spec leaf = {.subject = "mx", .sans = "DNS:mx.example.test"};
    static const struct mint_spec stranger = {.subject = "Stranger", .ca = true};

    out->root = mint_certificate(&root, NULL);
    out->middle = mint_certificate(&middle, &out->root);
    out->leaf = mint_certificate(&leaf, &out->middle);
    out->stranger = mint_certificate(&stranger, NULL);
    /* The intermediate's name, another key. */
    out->impostor = mint_certificate(&middle, &out->root);
}

static void clear_parties(struct parties *parties)
{
    mint_clear(&parties->root);
    mint_clear(&parties->middle);
    mint_clear(&parties->leaf);
    mint_clear(&parties->stranger);
    mint_clear(&parties->impostor);
}

static X509_CRL *mint_case_crl(const struct crl_case *given, const struct parties *parties)
{
    const X509 *const revoked[] = {NULL, parties->leaf.x509, parties->middle.x509};
    const struct mint *const signers[] = {&parties->middle, &parties->root, &parties->stranger,
                                          &parties->impostor};
    const struct mint_crl_spec spec = {
        .revoked = revoked[given->revoked], .from_s = given->from_s, .until_s = given->until_s};

    return mint_crl(&spec, signers[given->signer]);
}

static void judges_by_the_file(void **state)
{
    const struct crl_case *given = *state;
    char directory[] = "/tmp/mxprobe-crl-XX"
                       "XX"
                       "XX",
         ca[64], list[64];
    struct parties parties;
    struct tls_verification result;
    struct tls_trust *trust;
    STACK_OF(X509) * chain, *anchors;
    struct tls_facts *facts;
    X509_CRL *crl;

    mint_parties(&parties);
    chain = mint_chain(parties.leaf.x509, parties.middle.x509, NULL);
    anchors = mint_chain(parties.root.x509, NULL);
    crl = mint_case_crl(given, &parties);
    facts = tls_facts_from_chain(chain);
    assert_non_null(mkdtemp(directory));
    (void)snprintf(ca, sizeof ca, "%s/ca.pem", directory);
    (void)snprintf(list, sizeof list, "%s/crl.pem", directory);
    mint_write_chain(ca, anchors);
    mint_write_crl(list, crl);

    assert_int_equal(tls_trust_new(ca, list, &trust), TLS_TRUST_OK);
    assert_int_equal(tls_verify(facts, trust, MINT_NOW, &result), 0);
    assert_int_equal(result.trusted, given->revoked_depth < 0);
    assert_int_equal(result.n_errors, given->revoked_depth < 0 ? 0 : 1);
    if (given->revoked_depth >= 0) {
        assert_int_equal(result.errors[0].code, X509_V_ERR_CERT_REVOKED);
        assert_int_equal(result.errors[0].depth, given->revoked_depth);
    }

    tls_trust_free(trust);
    (void)unlink(ca);
    (void)unlink(list);
    (void)rmdir(directory);
    tls_facts_unref(facts);
    X509_CRL_free(crl);
    sk_X509_pop_free(chain, X509_free);
    sk_X509_pop_free(anchors, X509_free);
    clear_parties(&parties);
}

enum { CASES = sizeof cases / sizeof *cases };

int main(void)
{
    struct CMUnitTest tests[CASES];

    for (size_t i = 0; i < CASES; i++) {
        void *given = (void *)&cases[i];
        tests[i] = (struct CMUnitTest){cases[i].name, judges_by_the_file, NULL, NULL, given};
    }
    return cmocka_run_group_tests_name("crl", tests, NULL, NULL);
}
