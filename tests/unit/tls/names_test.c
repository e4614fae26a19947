/* RFC 9525 6.3, RFC 8461 4.1 and 4.2: which names a certificate stands for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/mint.h"
#include "tls/verify.h"

static const struct name_case {
    const char *what;
    const char *subject, *sans;
    const char *name;
    bool matches;
} cases[] = {
    {"the same name", NULL, "DNS:mail.example.com", "mail.example.com", true},
    {"second of two", NULL, "DNS:a.example.com,DNS:b.example.com", "b.example.com", true},
    {"case does not count", NULL, "DNS:Mail.EXAMPLE.com", "mAil.example.COM", true},
    {"trailing dot does not count", NULL, "DNS:mail.example.com", "mail.example.com.", true},
    {"another name", NULL, "DNS:mail.example.com", "mx.example.com", false},
    {"a name below", NULL, "DNS:example.com", "mail.example.com", false},
    {"a name above", NULL, "DNS:mail.example.com", "example.com", false},
    {"a name that begins the same", NULL, "DNS:mail.example.com", "mail.example.com.evil", false},
    {"CN alone", "mail.example.com", NULL, "mail.example.com", false},
    {"CN beside another SAN", "mail.example.com", "DNS:a.example.com", "mail.example.com", false},
    {"CN beside an address", "mail.example.com", "IP:192.0.2.1", "mail.example.com", false},
    {"no name at all", NULL, NULL, "mail.example.com", false},
    {"address SAN", NULL, "IP:192.0.2.1", "192.0.2.1", false},
    {"URI SAN", NULL, "URI:https://mail.example.com/", "mail.example.com", false},
    {"wildcard", NULL, "DNS:*.example.com", "mail.example.com", true},
    {"wildcard, A-label", NULL, "DNS:*.example.com", "xn--bcher-kva.example.com", true},
    {"wildcard, trailing dot", NULL, "DNS:*.example.com", "mail.example.com.", true},
    {"wildcard, no label", NULL, "DNS:*.example.com", "example.com", false},
    {"wildcard, two labels", NULL, "DNS:*.example.com", "a.b.example.com", false},
    {"wildcard, part of a label", NULL, "DNS:m*.example.com", "mail.example.com", false},
    {"wildcard, end of a label", NULL, "DNS:*l.example.com", "mail.example.com", false},
    {"wildcard, middle label", NULL, "DNS:mail.*.com", "mail.example.com", false},
    {"wildcard, two of them", NULL, "DNS:*.*.example.com", "a.b.example.com", false},
    {"wildcard alone", NULL, "DNS:*", "mail", false},
    {"wildcard in the name asked for", NULL, "DNS:*.example.com", "*.example.com", false},
    {"wildcard, A-label in the suffix", NULL, "DNS:*.xn--bcher-kva.example",
     "mx.xn--bcher-kva.example", true},
    {"wildcard, label of digits", NULL, "DNS:*.example.com", "1.example.com", true},
    {"wildcard, middle of a label", NULL, "DNS:m*l.example.com", "mail.example.com", false},
    {"wildcard, inside an A-label", NULL, "DNS:xn--*.example.com", "xn--abc.example.com", false},
    {"wildcard, two stars", NULL, "DNS:**.example.com", "mail.example.com", false},
    {"wildcard, no dot behind it", NULL, "DNS:*example.com", "mailexample.com", false},
    {"wildcard, right-most label", NULL, "DNS:mail.example.*", "mail.example.com", false},
    {"wildcard beside the name itself", NULL, "DNS:*.example.com,DNS:example.com", "example.com",
     true},
    {"A-label, case", NULL, "DNS:XN--BCHER-KVA.example", "xn--bcher-kva.example", true},
    {"U-label in the SAN (RFC 5280 7.2)", NULL, "DER:3011820f62c3bc636865722e6578616d706c65",
     "xn--bcher-kva.example", false},
    {"trailing dot in the SAN (RFC 5280 4.2.1.6)", NULL, "DNS:mail.example.com.",
     "mail.example.com", false},
    {"leading dot in the SAN", NULL, "DNS:.example.com", "mail.example.com", false},
    {"white space in the SAN", NULL, "DER:301382116d61696c2e6578616d706c652e636f6d20",
     "mail.example.com", false},
    {"port in the SAN", NULL, "DNS:mail.example.com:25", "mail.example.com", false},
    {"mail SAN", NULL, "email:a@mail.example.com", "mail.example.com", false},
    {"registered ID SAN", NULL, "RID:1.2.3.4", "mail.example.com", false},
    {"mail SAN beside the name", NULL, "email:a@b.test,DNS:mail.example.com", "mail.example.com",
     true},
    {"a single label", NULL, "DNS:localhost", "localhost", true},
    {"underscore", NULL, "DNS:mx_1.example.com", "mx_1.example.com", true},
    {"NUL in the SAN", NULL, "DER:300b82096d782e746573740078", "mx.test", false},
    {"empty name", NULL, "DNS:mail.example.com", "", false},
    {"root", NULL, "DNS:mail.example.com", ".", false},
    {"leading dot", NULL, "DNS:mail.example.com", ".example.com", false},
    {"empty SAN", NULL, "DER:30028200", "mail.example.com", false},
};

static void matches_as_rfc_9525(void **state)
{
    const struct name_case *given = *state;
    const struct mint_spec spec = {.subject = given->subject, .sans = given->sans};
    struct mint leaf = mint_certificate(&spec, NULL);
    STACK_OF(X509) *chain = mint_chain(leaf.x509, NULL);
    struct tls_facts *facts = tls_facts_from_chain(chain);

    assert_int_equal(tls_name_matches(facts, given->name), given->matches);
    tls_facts_unref(facts);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&leaf);
}

/* A name that the facts do not keep any more is one of the certificate all the same. */
static void matches_the_last_of_many_names(void **state)
{
    enum { NAMES = TLS_SANS_MAX + 50, ROOM = 32 };
    char *sans = malloc(NAMES * ROOM);
    char *end = sans;
    struct mint_spec spec = {.subject = "mx"};
    struct mint leaf;
    STACK_OF(X509) * chain;
    struct tls_facts *facts;

    (void)state;
    assert_non_null(sans);
    for (int i = 0; i < NAMES; i++)
        end += snprintf(end, ROOM, "%sDNS:mx%d.example.com", i > 0 ? "," : "", i);
    spec.sans = sans;
    leaf = mint_certificate(&spec, NULL);
    chain = mint_chain(leaf.x509, NULL);
    facts = tls_facts_from_chain(chain);
    assert_int_equal(facts->chain[0].n_sans, TLS_SANS_MAX);
    assert_true(tls_name_matches(facts, "mx305.example.com"));
    assert_false(tls_name_matches(facts, "mx306.example.com"));
    tls_facts_unref(facts);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&leaf);
    free(sans);
}

/* RFC 5280 4.2: an extension stands once. Which of two would count, senders do not agree on. */
static void believes_no_second_san_extension(void **state)
{
    const struct mint_spec spec = {.subject = "mx",
                                   .sans = "DNS:a.example.com",
                                   .extensions = {{"subjectAltName", "DNS:b.example.com"}}};
    struct mint leaf = mint_certificate(&spec, NULL);
    STACK_OF(X509) *chain = mint_chain(leaf.x509, NULL);
    struct tls_facts *facts = tls_facts_from_chain(chain);

    (void)state;
    assert_false(tls_name_matches(facts, "a.example.com"));
    assert_false(tls_name_matches(facts, "b.example.com"));
    tls_facts_unref(facts);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&leaf);
}

enum { CASES = sizeof cases / sizeof *cases };

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(matches_the_last_of_many_names),
        cmocka_unit_test(believes_no_second_san_extension),
    };
    struct CMUnitTest tests[CASES];

    for (size_t i = 0; i < CASES; i++) {
        void *given = (void *)&cases[i];
        tests[i] = (struct CMUnitTest){cases[i].what, matches_as_rfc_9525, NULL, NULL, given};
    }
    return cmocka_run_group_tests_name("names", tests, NULL, NULL) +
           cmocka_run_group_tests_name("plain", plain, NULL, NULL);
}
