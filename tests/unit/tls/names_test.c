/* RFC 9525 6.3, RFC 8461 4.1 and 4.2: which names a certificate stands for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

enum { CASES = sizeof cases / sizeof *cases };

int main(void)
{
    struct CMUnitTest tests[CASES];

    for (size_t i = 0; i < CASES; i++) {
        void *given = (void *)&cases[i];
        tests[i] = (struct CMUnitTest){cases[i].what, matches_as_rfc_9525, NULL, NULL, given};
    }
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
