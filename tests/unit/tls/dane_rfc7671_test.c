/* DANE in its odd corners: digest agility, what counts of a certificate, paths below an anchor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dane_fixture.h"

static const struct dane_case cases[] = {
    /* RFC 7671 9: digest agility, a matter of one usage and selector, among what is usable. */
    {.name = "digest agility: whatever the order of the records",
     .records = {{3, 1, 2, STRANGER}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "digest agility: the stronger matches",
     .records = {{3, 1, 1, STRANGER}, {3, 1, 2, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "digest agility: both digests of a new key beside both of the old",
     .records = {{3, 1, 1, STRANGER}, {3, 1, 2, STRANGER}, {3, 1, 1, LEAF}, {3, 1, 2, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 3},
    {.name = "digest agility: the new key with the weaker digest alone",
     .records = {{3, 1, 1, STRANGER}, {3, 1, 2, STRANGER}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "digest agility: DANE-TA too",
     .sent = "LMR",
     .records = {{2, 0, 1, ROOT}, {2, 0, 2, STRANGER}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "digest agility: DANE-TA, not across selectors",
     .sent = "LMR",
     .records = {{2, 1, 2, STRANGER}, {2, 0, 1, ROOT}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "digest agility: DANE-TA, full values always count",
     .records = {{2, 0, 2, STRANGER}, {2, 0, 0, ROOT}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "digest agility: DANE-TA, not across usages",
     .records = {{3, 0, 2, STRANGER}, {2, 0, 1, MIDDLE}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "an unknown matching type takes no part in digest agility",
     .records = {{3, 1, 3, STRANGER}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "a private matching type takes no part either",
     .records = {{3, 1, 1, LEAF}, {3, 1, 255, STRANGER}},
     .outcome = TLS_DANE_MATCH},
    {.name = "an unknown selector takes no part",
     .records = {{3, 2, 2, STRANGER}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "PrivCert(255) beside a record that matches",
     .records = {{255, 1, 1, LEAF}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "0 0 1 of the right root beside a 3 1 1 of another key",
     .sent = "LMR",
     .records = {{0, 0, 1, ROOT}, {3, 1, 1, STRANGER}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "usages 0, 1, 4 and 255",
     .records = {{0, 0, 1, ROOT}, {1, 1, 1, LEAF}, {4, 1, 1, LEAF}, {255, 1, 1, LEAF}},
     .outcome = TLS_DANE_UNUSABLE,
     .matched = -1},
    {.name = "the same record twice",
     .records = {{3, 1, 1, LEAF}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH},
    {.name = "3 0 1 and 3 1 1, the certificate renewed with its key",
     .records = {{3, 0, 1, STRANGER}, {3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},

    /* RFC 7672 3.1.1: of a DANE-EE certificate nothing counts but what the record is made from. */
    {.name = "3 1 1, the signature is wrong",
     .leaf = {.subject = "mx", .damage = MINT_BAD_SIGNATURE},
     .records = {{3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH},
    {.name = "3 1 1, unknown critical extension",
     .leaf = {.subject = "mx", .extensions = {{"1.2.3.4", "critical,DER:0500"}}},
     .records = {{3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH},
    {.name = "3 1 1, a CA of its own, excluded by its issuer",
     .middle = {.subject = "Middle",
                .extensions = {{"basicConstraints", "critical,CA:TRUE,pathlen:0"},
                               {"nameConstraints", "critical,excluded;DNS:example.test"}}},
     .leaf = {.subject = "mx", .sans = "DNS:mx.example.test", .ca = true},
     .records = {{3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH},
    {.name = "3 1 1, the leaf alone is sent",
     .sent = "L",
     .records = {{3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH},
    {.name = "3 1 1 of what stands second",
     .sent = "MLR",
     .records = {{3, 1, 1, LEAF}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "3 1 1, P-521",
     .leaf = {.subject = "mx", .key = MINT_EC_P521},
     .records = {{3, 1, 1, LEAF}},
     .outcome = TLS_DANE_MATCH},
    {.name = "3 1 0, a key for RSA-PSS alone",
     .leaf = {.subject = "mx", .key = MINT_RSA_PSS},
     .records = {{3, 1, 0, LEAF}},
     .outcome = TLS_DANE_MATCH},

    /* RFC 7671 5.2: below a DANE-TA anchor the path is one of RFC 5280. */
    {.name = "2 0 2, anchor sent",
     .sent = "LMR",
     .records = {{2, 0, 2, ROOT}},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 1 2, the intermediate is the anchor",
     .records = {{2, 1, 2, MIDDLE}},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 0 1, the root before the intermediate",
     .sent = "LRM",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 0 1, everything twice",
     .sent = "LLMMRR",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 0 1 of a certificate that is sent and signed nothing",
     .sent = "LMS",
     .records = {{2, 0, 1, STRANGER}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "2 0 1, the root sent, the intermediate not",
     .sent = "LR",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "2 1 0, the bare key of the root, the intermediate not sent",
     .sent = "L",
     .records = {{2, 1, 0, ROOT}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "2 1 1 of a self-signed leaf",
     .sent = "L",
     .self_signed = true,
     .records = {{2, 1, 1, LEAF}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "2 0 0 and 2 0 1 of the same root",
     .records = {{2, 0, 1, ROOT}, {2, 0, 0, ROOT}},
     .outcome = TLS_DANE_MATCH,
     .matched = 1},
    {.name = "row 72: the intermediate below the anchor has expired",
     .middle = {.subject = "Middle", .ca = true, .until_s = MINT_NOW - MINT_DAY},
     .sent = "LMR",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_EXPIRED,
     .error = X509_V_ERR_CERT_HAS_EXPIRED},
    {.name = "an expired root above the anchor",
     .root = {.subject = "Root", .ca = true, .until_s = MINT_NOW - MINT_DAY},
     .sent = "LMR",
     .records = {{2, 0, 1, MIDDLE}},
     .outcome = TLS_DANE_MATCH},
    {.name = "a leaf that its issuer must not name",
     .middle = {.subject = "Middle",
                .extensions = {{"basicConstraints", "critical,CA:TRUE"},
                               {"nameConstraints", "critical,permitted;DNS:other.test"}}},
     .sent = "LMR",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_UNTRUSTED,
     .error = X509_V_ERR_PERMITTED_VIOLATION},
    {.name = "a path that is longer than the anchor allows",
     .root = {.subject = "Root",
              .extensions = {{"basicConstraints", "critical,CA:TRUE,pathlen:0"}}},
     .sent = "LMR",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_UNTRUSTED,
     .error = X509_V_ERR_PATH_LENGTH_EXCEEDED},
    {.name = "a path as long as the anchor allows",
     .root = {.subject = "Root",
              .extensions = {{"basicConstraints", "critical,CA:TRUE,pathlen:1"}}},
     .sent = "LMR",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_MATCH},
    {.name = "the intermediate below the anchor is no CA",
     .middle = {.subject = "Middle", .extensions = {{"basicConstraints", "critical,CA:FALSE"}}},
     .sent = "LMR",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_UNTRUSTED,
     .error = X509_V_ERR_INVALID_CA},
    {.name = "2 1 1, unknown critical extension",
     .leaf = {.subject = "mx",
              .sans = "DNS:mx.example.test",
              .extensions = {{"1.2.3.4", "critical,DER:0500"}}},
     .records = {{2, 1, 1, MIDDLE}},
     .outcome = TLS_DANE_UNTRUSTED,
     .error = X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION},
    {.name = "the intermediate's signature is wrong",
     .middle = {.subject = "Middle", .ca = true, .damage = MINT_BAD_SIGNATURE},
     .sent = "LMR",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_UNTRUSTED,
     .error = X509_V_ERR_CERT_SIGNATURE_FAILURE},
    {.name = "the anchor's own signature is wrong, which nobody looks at",
     .middle = {.subject = "Middle", .ca = true, .damage = MINT_BAD_SIGNATURE},
     .records = {{2, 0, 1, MIDDLE}},
     .outcome = TLS_DANE_MATCH},
    {.name = "row 71: a wildcard stands for one label",
     .leaf = {.subject = "mx", .sans = "DNS:*.test"},
     .records = {{2, 1, 1, MIDDLE}},
     .outcome = TLS_DANE_NAME_MISMATCH,
     .error = X509_V_ERR_HOSTNAME_MISMATCH},
    {.name = "row 71: an address is no name",
     .leaf = {.subject = "mx", .sans = "IP:192.0.2.1"},
     .records = {{2, 1, 1, MIDDLE}},
     .outcome = TLS_DANE_NAME_MISMATCH,
     .error = X509_V_ERR_HOSTNAME_MISMATCH},
    {.name = "2 1 1, the name in another case",
     .records = {{2, 1, 1, MIDDLE}},
     .names = {"MX.Example.TEST"},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 1 1 does not match and the WebPKI is no rescue",
     .records = {{2, 1, 1, STRANGER}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
};

/* RFC 7671 9 is about usable records: a SHA2-512 digest of a wrong length hides no SHA2-256. */
static void ignores_what_is_malformed_among_digests(void **state)
{
    static const char *const names[] = {"mx.example.test"};
    const struct dane_case given = {.records = {{3, 1, 2, LEAF}, {3, 1, 1, LEAF}}};
    struct minted_case minted;
    struct tls_dane dane;

    (void)state;
    mint_case(&given, &minted);
    minted.records[0].length--;
    assert_int_equal(tls_dane_verify(minted.facts, minted.records, 2, names, 1, MINT_NOW, &dane),
                     0);
    assert_int_equal(dane.outcome, TLS_DANE_MATCH);
    assert_int_equal(dane.matched, 1);
    clear_case(&minted);
}

/* A zone may be as large as it likes: the last of many records counts like the first. */
static void finds_the_last_of_many_records(void **state)
{
    enum { MANY = 1500 };
    static const char *const names[] = {"mx.example.test"};
    const struct dane_case given = {
        .records = {{3, 1, 1, STRANGER}, {3, 1, 1, LEAF}, {2, 1, 1, MIDDLE}}};
    struct tls_tlsa *many = calloc(MANY, sizeof *many);
    struct minted_case minted;
    struct tls_dane dane;

    (void)state;
    assert_non_null(many);
    mint_case(&given, &minted);
    for (size_t i = 0; i < MANY; i++)
        many[i] = minted.records[0];
    for (size_t which = 1; which <= 2; which++) {
        many[MANY - 1] = minted.records[which];
        assert_int_equal(tls_dane_verify(minted.facts, many, MANY, names, 1, MINT_NOW, &dane), 0);
        assert_int_equal(dane.outcome, TLS_DANE_MATCH);
        assert_int_equal(dane.matched, MANY - 1);
    }
    clear_case(&minted);
    free(many);
}

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(ignores_what_is_malformed_among_digests),
        cmocka_unit_test(finds_the_last_of_many_records),
    };
    return run_dane_cases(cases, sizeof cases / sizeof *cases) +
           cmocka_run_group_tests_name("dane", plain, NULL, NULL);
}
