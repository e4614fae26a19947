/*
 * Rows 41 to 50 of the decision table, each from a minted chain, and beside every one of them the
 * judgement of the openssl program over the same files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verify_fixture.h"

static const struct verify_case cases[] = {
    {.name = "healthy", .root = ROOT, .middle = MIDDLE, .leaf = LEAF},
    {.name = "healthy, Ed25519 below P-384",
     .root = {.subject = "Root", .ca = true, .key = MINT_EC_P384},
     .middle = {.subject = "Middle", .ca = true, .key = MINT_EC_P384},
     .leaf = {.subject = "mx", .sans = "DNS:mx.example.test", .key = MINT_ED25519}},
    {.name = "healthy, the root sent along",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = LEAF,
     .sent = "LMR"},
    {.name = "row 41, the leaf has expired",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .until_s = MINT_NOW - 1},
     .errors = {{X509_V_ERR_CERT_HAS_EXPIRED, 0}}},
    {.name = "row 41, the intermediate has expired",
     .root = ROOT,
     .middle = {.subject = "Middle", .ca = true, .until_s = MINT_NOW - MINT_DAY},
     .leaf = LEAF,
     .errors = {{X509_V_ERR_CERT_HAS_EXPIRED, 1}}},
    {.name = "row 41, the leaf has expired and its intermediate is missing",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .until_s = MINT_NOW - 1},
     .sent = "L",
     .errors = {{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0},
                {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, 0},
                {X509_V_ERR_CERT_HAS_EXPIRED, 0}}},
    {.name = "row 41, ends the next second",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .until_s = MINT_NOW + 1}},
    {.name = "row 42, the leaf is not valid yet",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .from_s = MINT_NOW + 1},
     .errors = {{X509_V_ERR_CERT_NOT_YET_VALID, 0}}},
    {.name = "row 45, self-signed leaf",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = LEAF,
     .self_signed = true,
     .errors = {{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 0}}},
    {.name = "row 45, unknown root sent along",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = LEAF,
     .sent = "LMR",
     .stranger = true,
     .errors = {{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, 2}}},
    {.name = "row 45, unknown root not sent",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = LEAF,
     .stranger = true,
     .errors = {{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 1}}},
    {.name = "row 45, the intermediate is missing",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = LEAF,
     .sent = "L",
     .errors = {{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0},
                {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, 0}}},
    {.name = "row 45, the intermediate is no CA",
     .root = ROOT,
     .middle = {.subject = "Middle", CA_WITH("critical,CA:FALSE", "keyCertSign")},
     .leaf = LEAF,
     .errors = {{X509_V_ERR_INVALID_CA, 1}, {X509_V_ERR_INVALID_PURPOSE, 1}}},
    {.name = "row 45, path length exceeded",
     .root = {.subject = "Root", CA_WITH("critical,CA:TRUE,pathlen:0", "keyCertSign")},
     .middle = MIDDLE,
     .leaf = LEAF,
     .errors = {{X509_V_ERR_PATH_LENGTH_EXCEEDED, 2}}},
    {.name = "row 45, the intermediate may not sign certificates",
     .root = ROOT,
     .middle = {.subject = "Middle", CA_WITH("critical,CA:TRUE", "digitalSignature")},
     .leaf = LEAF,
     .errors = {{X509_V_ERR_INVALID_CA, 1},
                {X509_V_ERR_INVALID_PURPOSE, 1},
                {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, 1}}},
    {.name = "row 45, a name that is not permitted",
     .root = ROOT,
     .middle = {.subject = "Middle",
                .extensions = {{"basicConstraints", "critical,CA:TRUE"},
                               {"nameConstraints", "critical,permitted;DNS:other.test"}}},
     .leaf = LEAF,
     .errors = {{X509_V_ERR_PERMITTED_VIOLATION, 0}}},
    {.name = "row 45, a name that is excluded",
     .root = ROOT,
     .middle = {.subject = "Middle",
                .extensions = {{"basicConstraints", "critical,CA:TRUE"},
                               {"nameConstraints", "critical,excluded;DNS:example.test"}}},
     .leaf = LEAF,
     .errors = {{X509_V_ERR_EXCLUDED_VIOLATION, 0}}},
    {.name = "row 45, the intermediate is for client authentication",
     .root = ROOT,
     .middle = {.subject = "Middle",
                .extensions = {{"basicConstraints", "critical,CA:TRUE"},
                               {"extendedKeyUsage", "clientAuth"}}},
     .leaf = LEAF,
     .errors = {{X509_V_ERR_INVALID_PURPOSE, 1}}},
    {.name = "row 49, the leaf's signature is wrong",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .damage = MINT_BAD_SIGNATURE},
     .errors = {{X509_V_ERR_CERT_SIGNATURE_FAILURE, 0}}},
    {.name = "row 49, the intermediate's signature is no signature",
     .root = ROOT,
     .middle = {.subject = "Middle", .ca = true, .damage = MINT_SHORT_SIGNATURE},
     .leaf = LEAF,
     .errors = {{X509_V_ERR_CERT_SIGNATURE_FAILURE, 1}}},
    {.name = "row 49, RSA issuer",
     .root = {.subject = "Root", .ca = true, .key = MINT_RSA_2048},
     .middle = {.subject = "Middle", .ca = true, .damage = MINT_BAD_SIGNATURE},
     .leaf = LEAF,
     .errors = {{X509_V_ERR_CERT_SIGNATURE_FAILURE, 1}}},
    {.name = "row 49, the algorithms inside and outside differ",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .damage = MINT_ALGORITHMS_DIFFER},
     .errors = {{X509_V_ERR_CERT_SIGNATURE_FAILURE, 0}}},
    {.name = "row 50, RSA 1024 leaf",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .key = MINT_RSA_1024},
     .errors = {{X509_V_ERR_EE_KEY_TOO_SMALL, 0}}},
    {.name = "row 50, RSA 1024 intermediate",
     .root = ROOT,
     .middle = {.subject = "Middle", .ca = true, .key = MINT_RSA_1024},
     .leaf = LEAF,
     .errors = {{X509_V_ERR_CA_KEY_TOO_SMALL, 1}}},
    {.name = "row 50, SHA-1 signature",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .digest = "SHA1"},
     .errors = {{X509_V_ERR_CA_MD_TOO_WEAK, 0}}},
    {.name = "row 50, explicit curve parameters",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .key = MINT_EC_EXPLICIT},
     .errors = {{X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, 0}}},
    {.name = "row 50, the leaf is for client authentication",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .extensions = {{"extendedKeyUsage", "clientAuth"}}},
     .errors = {{X509_V_ERR_INVALID_PURPOSE, 0}}},
    {.name = "row 50, unknown critical extension",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .extensions = {{"1.2.3.4", "critical,DER:05:00"}}},
     .errors = {{X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, 0}}},
    {.name = "an end that is no time",
     .root = ROOT,
     .middle = MIDDLE,
     .leaf = {.subject = "mx", .damage = MINT_UNREADABLE_END},
     .errors = {{X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, 0}}},
    {.name = "row 53, several at once",
     .root = ROOT,
     .middle = {.subject = "Middle", .ca = true, .from_s = MINT_NOW + MINT_DAY},
     .leaf = {.subject = "mx",
              .until_s = MINT_NOW - MINT_DAY,
              .extensions = {{"extendedKeyUsage", "clientAuth"}}},
     .stranger = true,
     .errors = {{X509_V_ERR_CERT_HAS_EXPIRED, 0},
                {X509_V_ERR_CERT_NOT_YET_VALID, 1},
                {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 1},
                {X509_V_ERR_INVALID_PURPOSE, 0}}},
};

static const struct mint_spec root_spec = ROOT, leaf_spec = LEAF;

static bool holds_code(const struct tls_verification *result, int code)
{
    for (size_t i = 0; i < result->n_errors; i++)
        if (result->errors[i].code == code)
            return true;
    return false;
}

static void tells_the_first_end_of_the_path(void **state)
{
    const struct mint_spec middle_spec = {
        .subject = "Middle", .ca = true, .until_s = MINT_NOW + 5 * MINT_DAY};
    struct mint root = mint_certificate(&root_spec, NULL);
    struct mint middle = mint_certificate(&middle_spec, &root);
    struct mint leaf = mint_certificate(&leaf_spec, &middle);
    STACK_OF(X509) *chain = mint_chain(leaf.x509, middle.x509, NULL);
    struct tls_verification result;

    (void)state;
    verify_chain(chain, &root, &result);
    assert_true(result.trusted);
    assert_int_equal(result.first_not_after_s, MINT_NOW + 5 * MINT_DAY);
    assert_int_equal(result.first_not_after_depth, 1);
    assert_false(result.extra_expired);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&root);
    mint_clear(&middle);
    mint_clear(&leaf);
}

/* RFC 5280 4.1.2.5: through notAfter, inclusive. OpenSSL lets a certificate end a second before. */
static void counts_the_last_second_in(void **state)
{
    const struct mint_spec middle_spec = {
        .subject = "Middle", .ca = true, .from_s = MINT_NOW, .until_s = MINT_NOW};
    const struct mint_spec ending_spec = {.subject = "mx", .until_s = MINT_NOW};
    struct mint root = mint_certificate(&root_spec, NULL);
    struct mint middle = mint_certificate(&middle_spec, &root);
    struct mint leaf = mint_certificate(&ending_spec, &middle);
    STACK_OF(X509) *chain = mint_chain(leaf.x509, middle.x509, NULL);
    struct tls_verification result;

    (void)state;
    verify_chain(chain, &root, &result);
    assert_true(result.trusted);
    assert_int_equal(result.n_errors, 0);
    assert_int_equal(result.first_not_after_s, MINT_NOW);
    sk_X509_pop_free(chain, X509_free);

    /* Where no issuer is found the dates are read all the same, by the same rule. */
    chain = mint_chain(leaf.x509, NULL);
    verify_chain(chain, &root, &result);
    assert_int_equal(result.n_errors, 2);
    assert_false(holds_code(&result, X509_V_ERR_CERT_HAS_EXPIRED));
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&root);
    mint_clear(&middle);
    mint_clear(&leaf);
}

/* The path has its own order: what is wrong is told of the certificate as it was sent. */
static void tells_which_of_the_presented_is_meant(void **state)
{
    const struct mint_spec expired_spec = {
        .subject = "Middle", .ca = true, .until_s = MINT_NOW - MINT_DAY};
    struct mint root = mint_certificate(&root_spec, NULL);
    struct mint middle = mint_certificate(&expired_spec, &root);
    struct mint leaf = mint_certificate(&leaf_spec, &middle);
    struct mint other = mint_certificate(&leaf_spec, &root);
    STACK_OF(X509) *chain = mint_chain(leaf.x509, other.x509, other.x509, middle.x509, NULL);
    struct tls_verification result;

    (void)state;
    verify_chain(chain, &root, &result);
    assert_int_equal(result.n_errors, 1);
    assert_int_equal(result.errors[0].code, X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(result.errors[0].depth, 1);
    assert_int_equal(result.errors[0].presented, 3);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&root);
    mint_clear(&middle);
    mint_clear(&leaf);
    mint_clear(&other);
}

/* An anchor that is not sent is none of the server's certificates, whatever its depth. */
static void tells_that_what_is_meant_was_not_sent(void **state)
{
    const struct mint_spec expired_spec = {
        .subject = "Root", .ca = true, .until_s = MINT_NOW - MINT_DAY};
    struct mint root = mint_certificate(&expired_spec, NULL);
    struct mint leaf = mint_certificate(&leaf_spec, &root);
    struct mint other = mint_certificate(&leaf_spec, &root);
    STACK_OF(X509) *chain = mint_chain(leaf.x509, other.x509, NULL);
    struct tls_verification result;

    (void)state;
    verify_chain(chain, &root, &result);
    assert_int_equal(result.n_errors, 1);
    assert_int_equal(result.errors[0].code, X509_V_ERR_CERT_HAS_EXPIRED);
    assert_int_equal(result.errors[0].depth, 1);
    assert_int_equal(result.errors[0].presented, -1);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&root);
    mint_clear(&leaf);
    mint_clear(&other);
}

/* Let's Encrypt, September 2021: an expired cross-signature beside a path that holds. */
static void leaves_an_expired_cross_signature_aside(void **state)
{
    const struct mint_spec crossed_spec = {
        .subject = "Root", .ca = true, .until_s = MINT_NOW - MINT_DAY};
    const struct mint_spec old_spec = {.subject = "Old root", .ca = true};
    const struct mint_spec middle_spec = MIDDLE;
    struct mint old = mint_certificate(&old_spec, NULL);
    struct mint root = mint_certificate(&root_spec, NULL);
    struct mint crossed = mint_again(&crossed_spec, &root, &old);
    struct mint middle = mint_certificate(&middle_spec, &root);
    struct mint leaf = mint_certificate(&leaf_spec, &middle);
    STACK_OF(X509) *chain = mint_chain(leaf.x509, middle.x509, crossed.x509, NULL);
    struct tls_verification result;

    (void)state;
    verify_chain(chain, &root, &result);
    assert_true(result.trusted);
    assert_int_equal(result.n_errors, 0);
    assert_true(result.extra_expired);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&old);
    mint_clear(&root);
    mint_clear(&crossed);
    mint_clear(&middle);
    mint_clear(&leaf);
}

/* --ca-file with the server's own self-signed certificate: there is nothing above it. */
static void trusts_a_named_leaf_and_tells_its_end(void **state)
{
    struct mint leaf = mint_certificate(&leaf_spec, NULL);
    STACK_OF(X509) *chain = mint_chain(leaf.x509, NULL);
    struct tls_verification result;

    (void)state;
    verify_chain(chain, &leaf, &result);
    assert_true(result.trusted);
    assert_int_equal(result.first_not_after_s, MINT_NOW + 60 * MINT_DAY);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&leaf);
}

static void distrusts_no_certificate_without_an_error(void **state)
{
    struct mint root = mint_certificate(&root_spec, NULL);
    STACK_OF(X509) *none = sk_X509_new_null();
    struct tls_facts *facts = tls_facts_from_chain(none);
    struct tls_verification result;
    struct tls_trust *trust;

    (void)state;
    assert_int_equal(tls_trust_new(NULL, NULL, &trust), TLS_TRUST_OK);
    assert_int_equal(tls_verify(facts, trust, MINT_NOW, &result), 0);
    assert_false(result.trusted);
    assert_int_equal(result.n_errors, 0);
    assert_false(tls_name_matches(facts, "mx.example.test"));
    tls_trust_free(trust);
    tls_facts_unref(facts);
    sk_X509_free(none);
    mint_clear(&root);
}

/* Names from openssl/x509_vfy.h, sentences as `openssl verify` prints them. */
static void names_the_codes(void **state)
{
    (void)state;
    assert_string_equal(tls_verify_error_name(10), "X509_V_ERR_CERT_HAS_EXPIRED");
    assert_string_equal(tls_verify_error_name(62), "X509_V_ERR_HOSTNAME_MISMATCH");
    assert_string_equal(tls_verify_error_name(65), "X509_V_ERR_DANE_NO_MATCH");
    assert_string_equal(tls_verify_error_name(-5), "X509_V_ERR_UNKNOWN");
    assert_string_equal(tls_verify_error_text(10), "certificate has expired");
    assert_string_equal(tls_verify_error_text(18), "self-signed certificate");
}

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(tells_the_first_end_of_the_path),
        cmocka_unit_test(counts_the_last_second_in),
        cmocka_unit_test(tells_which_of_the_presented_is_meant),
        cmocka_unit_test(tells_that_what_is_meant_was_not_sent),
        cmocka_unit_test(leaves_an_expired_cross_signature_aside),
        cmocka_unit_test(trusts_a_named_leaf_and_tells_its_end),
        cmocka_unit_test(distrusts_no_certificate_without_an_error),
        cmocka_unit_test(names_the_codes),
    };
    return run_verify_cases(cases, sizeof cases / sizeof *cases) +
           cmocka_run_group_tests_name("verify", plain, NULL, NULL);
}
