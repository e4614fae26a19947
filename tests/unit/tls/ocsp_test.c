/* Stapled OCSP responses (RFC 6960, RFC 6066 8), judged as of a given time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/mint.h"
#include "tls/verify.h"

enum responder {
    BY_ISSUER,
    BY_DELEGATE,
    BY_EXPIRED_DELEGATE,
    BY_FUTURE_DELEGATE,
    BY_DELEGATE_OF_DELEGATE,
    BY_ANY_USAGE,
    BY_IMPOSTOR,
    BY_UNDELEGATED,
    BY_LEAF,
    BY_STRANGER,
};

static const struct ocsp_case {
    const char *name;
    enum mint_ocsp_status status;
    enum responder responder;
    const char *digest;
    int64_t from_s, until_s;
    bool about_another, no_next_update, bad_signature, cut, trailing, by_key, no_certs, nonce;
    enum tls_staple staple;
} cases[] = {
    {.name = "good", .staple = TLS_STAPLE_GOOD},
    {.name = "good, SHA-256 identifier", .digest = "SHA256", .staple = TLS_STAPLE_GOOD},
    {.name = "good, by a delegate", .responder = BY_DELEGATE, .staple = TLS_STAPLE_GOOD},
    {.name = "good, no nextUpdate", .no_next_update = true, .staple = TLS_STAPLE_GOOD},
    {.name = "revoked", .status = MINT_OCSP_REVOKED, .staple = TLS_STAPLE_REVOKED},
    {.name = "unknown", .status = MINT_OCSP_UNKNOWN, .staple = TLS_STAPLE_UNKNOWN},
    {.name = "about another certificate", .about_another = true, .staple = TLS_STAPLE_UNKNOWN},
    {.name = "nextUpdate has passed",
     .from_s = MINT_NOW - 9 * MINT_DAY,
     .until_s = MINT_NOW - 1,
     .staple = TLS_STAPLE_EXPIRED},
    {.name = "nextUpdate is now",
     .from_s = MINT_NOW - 9 * MINT_DAY,
     .until_s = MINT_NOW,
     .staple = TLS_STAPLE_GOOD},
    {.name = "thisUpdate lies ahead", .from_s = MINT_NOW + 3600, .staple = TLS_STAPLE_EXPIRED},
    {.name = "revoked, but nextUpdate has passed",
     .status = MINT_OCSP_REVOKED,
     .from_s = MINT_NOW - 9 * MINT_DAY,
     .until_s = MINT_NOW - MINT_DAY,
     .staple = TLS_STAPLE_EXPIRED},
    {.name = "by a delegate that has expired",
     .responder = BY_EXPIRED_DELEGATE,
     .staple = TLS_STAPLE_INVALID},
    {.name = "by a sibling without the right to",
     .responder = BY_UNDELEGATED,
     .staple = TLS_STAPLE_INVALID},
    {.name = "revoked, says a stranger",
     .status = MINT_OCSP_REVOKED,
     .responder = BY_STRANGER,
     .staple = TLS_STAPLE_INVALID},
    /* RFC 6960 4.2.2.2: the issuer itself, or whom it certified for OCSP and nothing less. */
    {.name = "by a delegate that is not valid yet",
     .responder = BY_FUTURE_DELEGATE,
     .staple = TLS_STAPLE_INVALID},
    {.name = "by a delegate of a delegate",
     .responder = BY_DELEGATE_OF_DELEGATE,
     .staple = TLS_STAPLE_INVALID},
    {.name = "by a sibling for any usage", .responder = BY_ANY_USAGE, .staple = TLS_STAPLE_INVALID},
    {.name = "revoked, says one of the issuer's name",
     .status = MINT_OCSP_REVOKED,
     .responder = BY_IMPOSTOR,
     .staple = TLS_STAPLE_INVALID},
    {.name = "good, says the certificate itself",
     .responder = BY_LEAF,
     .staple = TLS_STAPLE_INVALID},
    {.name = "revoked, by a delegate",
     .status = MINT_OCSP_REVOKED,
     .responder = BY_DELEGATE,
     .staple = TLS_STAPLE_REVOKED},
    /* 4.2.2.3: by name or by key; the issuer's certificate need not come along. */
    {.name = "issuer named by its key", .by_key = true, .staple = TLS_STAPLE_GOOD},
    {.name = "issuer's certificate not sent", .no_certs = true, .staple = TLS_STAPLE_GOOD},
    {.name = "issuer named by its key, certificate not sent",
     .by_key = true,
     .no_certs = true,
     .staple = TLS_STAPLE_GOOD},
    {.name = "delegate named by its key",
     .responder = BY_DELEGATE,
     .by_key = true,
     .staple = TLS_STAPLE_GOOD},
    {.name = "delegate's certificate not sent",
     .responder = BY_DELEGATE,
     .no_certs = true,
     .staple = TLS_STAPLE_INVALID},
    {.name = "with a nonce that nobody asked for", .nonce = true, .staple = TLS_STAPLE_GOOD},
    {.name = "good, SHA-512 identifier", .digest = "SHA512", .staple = TLS_STAPLE_GOOD},
    {.name = "unknown, but nextUpdate has passed",
     .status = MINT_OCSP_UNKNOWN,
     .from_s = MINT_NOW - 9 * MINT_DAY,
     .until_s = MINT_NOW - MINT_DAY,
     .staple = TLS_STAPLE_EXPIRED},
    {.name = "no nextUpdate, thisUpdate lies ahead",
     .from_s = MINT_NOW + MINT_DAY,
     .no_next_update = true,
     .staple = TLS_STAPLE_EXPIRED},
    {.name = "nextUpdate before thisUpdate",
     .from_s = MINT_NOW + MINT_DAY,
     .until_s = MINT_NOW - MINT_DAY,
     .staple = TLS_STAPLE_EXPIRED},
    {.name = "revoked, about another certificate",
     .status = MINT_OCSP_REVOKED,
     .about_another = true,
     .staple = TLS_STAPLE_UNKNOWN},
    {.name = "signature wrong", .bad_signature = true, .staple = TLS_STAPLE_INVALID},
    {.name = "cut short", .cut = true, .staple = TLS_STAPLE_INVALID},
    {.name = "bytes behind it", .trailing = true, .staple = TLS_STAPLE_INVALID},
};

struct parties {
    struct mint root, leaf, other, responders[BY_STRANGER + 1];
};

static void mint_parties(struct parties *out)
{
    static const struct mint_spec root = {.subject = "Root", .ca = true};
    static const struct mint_spec stranger = {.subject = "Stranger", .ca = true};
    static const struct mint_spec leaf = {.subject = "mx"};
    static const struct mint_spec delegate = {.subject = "Responder",
                                              .extensions = {{"extendedKeyUsage", "OCSPSigning"}}};
    static const struct mint_spec expired = {.subject = "Responder",
                                             .until_s = MINT_NOW - MINT_DAY,
                                             .extensions = {{"extendedKeyUsage", "OCSPSigning"}}};
    static const struct mint_spec future = {.subject = "Responder",
                                            .from_s = MINT_NOW + MINT_DAY,
                                            .extensions = {{"extendedKeyUsage", "OCSPSigning"}}};
    static const struct mint_spec any = {
        .subject = "Web", .extensions = {{"extendedKeyUsage", "anyExtendedKeyUsage"}}};
    static const struct mint_spec undelegated = {
        .subject = "Web", .extensions = {{"extendedKeyUsage", "serverAuth"}}};

    memset(out, 0, sizeof *out);
    out->root = mint_certificate(&root, NULL);
    out->leaf = mint_certificate(&leaf, &out->root);
    out->other = mint_certificate(&leaf, &out->root);
    out->responders[BY_DELEGATE] = mint_certificate(&delegate, &out->root);
    out->responders[BY_EXPIRED_DELEGATE] = mint_certificate(&expired, &out->root);
    out->responders[BY_FUTURE_DELEGATE] = mint_certificate(&future, &out->root);
    out->responders[BY_DELEGATE_OF_DELEGATE] =
        mint_certificate(&delegate, &out->responders[BY_DELEGATE]);
    out->responders[BY_ANY_USAGE] = mint_certificate(&any, &out->root);
    out->responders[BY_IMPOSTOR] = mint_certificate(&root, NULL);
    out->responders[BY_LEAF] = mint_again(&leaf, &out->leaf, &out->root);
    out->responders[BY_UNDELEGATED] = mint_certificate(&undelegated, &out->root);
    out->responders[BY_STRANGER] = mint_certificate(&stranger, NULL);
}

static void clear_parties(struct parties *parties)
{
    mint_clear(&parties->root);
    mint_clear(&parties->leaf);
    mint_clear(&parties->other);
    for (size_t i = 0; i <= BY_STRANGER; i++)
        mint_clear(&parties->responders[i]);
}

/* As a server would staple it: in memory that the facts own. */
static void staple(struct tls_facts *facts, const uint8_t *der, size_t length)
{
    facts->ocsp = malloc(length);
    assert_non_null(facts->ocsp);
    memcpy(facts->ocsp, der, length);
    facts->ocsp_length = length;
}

static void staple_case(struct tls_facts *facts, const struct ocsp_case *given,
                        const struct parties *parties)
{
    const struct mint_ocsp_spec spec = {
        .subject = given->about_another ? parties->other.x509 : parties->leaf.x509,
        .issuer = &parties->root,
        .responder = given->responder == BY_ISSUER ? NULL : &parties->responders[given->responder],
        .status = given->status,
        .from_s = given->from_s,
        .until_s = given->until_s,
        .digest = given->digest,
        .no_next_update = given->no_next_update,
        .bad_signature = given->bad_signature,
        .by_key = given->by_key,
        .no_certs = given->no_certs,
        .nonce = given->nonce};
    size_t length;
    uint8_t *der = mint_ocsp(&spec, &length);
    uint8_t *longer = OPENSSL_zalloc(length + 1);

    assert_non_null(longer);
    memcpy(longer, der, length);
    staple(facts, longer, given->cut ? length - 20 : given->trailing ? length + 1 : length);
    OPENSSL_free(longer);
    OPENSSL_free(der);
}

static struct tls_trust *trust_in(const struct mint *root)
{
    char path[] = "/tmp/mxprobe-ocsp-XX"
                  "XX"
                  "XX";
    const int fd = mkstemp(path);
    STACK_OF(X509) *anchors = mint_chain(root->x509, NULL);
    struct tls_trust *trust;

    assert_true(fd >= 0 && close(fd) == 0);
    mint_write_chain(path, anchors);
    assert_int_equal(tls_trust_new(path, NULL, &trust), TLS_TRUST_OK);
    (void)unlink(path);
    sk_X509_pop_free(anchors, X509_free);
    return trust;
}

static void judges_the_staple(void **state)
{
    const struct ocsp_case *given = *state;
    struct parties parties;
    struct tls_verification result;
    struct tls_trust *trust;
    STACK_OF(X509) * chain;
    struct tls_facts *facts;

    mint_parties(&parties);
    trust = trust_in(&parties.root);
    chain = mint_chain(parties.leaf.x509, NULL);
    facts = tls_facts_from_chain(chain);
    staple_case(facts, given, &parties);

    assert_int_equal(tls_verify(facts, trust, MINT_NOW, &result), 0);
    assert_int_equal(result.staple, given->staple);
    assert_int_equal(result.trusted, given->staple != TLS_STAPLE_REVOKED);
    if (given->staple == TLS_STAPLE_REVOKED) {
        assert_int_equal(result.n_errors, 1);
        assert_int_equal(result.errors[0].code, X509_V_ERR_CERT_REVOKED);
        assert_int_equal(result.errors[0].depth, 0);
    }

    tls_facts_unref(facts);
    sk_X509_pop_free(chain, X509_free);
    tls_trust_free(trust);
    clear_parties(&parties);
}

/* The unsigned answers of RFC 6960 4.2.1, as DER: responseStatus alone. */
static void judges_unsigned_answers(void **state)
{
    static const struct {
        uint8_t der[5];
        enum tls_staple staple;
    } answers[] = {
        {{0x30, 3, 0x0a, 1, 1}, TLS_STAPLE_INVALID}, /* malformedRequest */
        {{0x30, 3, 0x0a, 1, 3}, TLS_STAPLE_INVALID}, /* tryLater */
        {{0x30, 3, 0x0a, 1, 6}, TLS_STAPLE_UNKNOWN}, /* unauthorized */
    };
    struct parties parties;
    struct tls_trust *trust;
    STACK_OF(X509) * chain;

    (void)state;
    mint_parties(&parties);
    trust = trust_in(&parties.root);
    chain = mint_chain(parties.leaf.x509, NULL);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct tls_facts *facts = tls_facts_from_chain(chain);
        struct tls_verification result;
        staple(facts, answers[i].der, sizeof answers[i].der);
        assert_int_equal(tls_verify(facts, trust, MINT_NOW, &result), 0);
        assert_int_equal(result.staple, answers[i].staple);
        assert_true(result.trusted);
        tls_facts_unref(facts);
    }
    sk_X509_pop_free(chain, X509_free);
    tls_trust_free(trust);
    clear_parties(&parties);
}

/* No one can speak for a leaf whose issuer is nowhere to be found. */
static void needs_the_issuer(void **state)
{
    const struct ocsp_case good = {.name = "good"};
    struct parties parties;
    struct tls_verification result;
    struct tls_trust *trust;
    STACK_OF(X509) * chain;
    struct tls_facts *facts;

    (void)state;
    mint_parties(&parties);
    trust = trust_in(&parties.responders[BY_STRANGER]);
    chain = mint_chain(parties.leaf.x509, NULL);
    facts = tls_facts_from_chain(chain);
    staple_case(facts, &good, &parties);
    assert_int_equal(tls_verify(facts, trust, MINT_NOW, &result), 0);
    assert_int_equal(result.staple, TLS_STAPLE_INVALID);
    tls_facts_unref(facts);
    sk_X509_pop_free(chain, X509_free);
    tls_trust_free(trust);
    clear_parties(&parties);
}

enum { CASES = sizeof cases / sizeof *cases };

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(judges_unsigned_answers),
        cmocka_unit_test(needs_the_issuer),
    };
    struct CMUnitTest tests[CASES];

    for (size_t i = 0; i < CASES; i++) {
        void *given = (void *)&cases[i];
        tests[i] = (struct CMUnitTest){cases[i].name, judges_the_staple, NULL, NULL, given};
    }
    return cmocka_run_group_tests_name("staples", tests, NULL, NULL) +
           cmocka_run_group_tests_name("ocsp", plain, NULL, NULL);
}
