/* RFC 7671 and RFC 7672 over minted chains: who matches, and what counts when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dane_fixture.h"

static const struct dane_case cases[] = {
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
     .sent = "LMR",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 1 1, anchor sent",
     .sent = "LMR",
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
     .sent = "L",
     .records = {{2, 0, 0, ROOT}},
     .outcome = TLS_DANE_NO_MATCH,
     .matched = -1,
     .error = X509_V_ERR_DANE_NO_MATCH},
    {.name = "2 1 0, the bare key of the root",
     .records = {{2, 1, 0, ROOT}},
     .outcome = TLS_DANE_MATCH},
    {.name = "2 1 0, the bare key that signed the leaf",
     .sent = "L",
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
     .sent = "LMR",
     .records = {{2, 0, 1, ROOT}},
     .outcome = TLS_DANE_EXPIRED,
     .error = X509_V_ERR_CERT_HAS_EXPIRED},
    {.name = "an expired root beside a fresh intermediate, both anchors",
     .root = {.subject = "Root", .ca = true, .until_s = MINT_NOW - MINT_DAY},
     .sent = "LMR",
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

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(tells_the_first_end_of_an_anchored_path),
        cmocka_unit_test(matches_nothing_without_a_certificate),
    };
    return run_dane_cases(cases, sizeof cases / sizeof *cases) +
           cmocka_run_group_tests_name("dane", plain, NULL, NULL);
}
