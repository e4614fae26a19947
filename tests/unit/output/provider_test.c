#include "output/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void hosts_by_their_organisational_domain(void **state)
{
    static const struct {
        const char *host, *provider;
    } cases[] = {
        {"aspmx.l.google.com", "google.com"},
        {"example-com.mail.protection.outlook.com", "outlook.com"},
        {"mx.example.test", "example.test"},
        {"example.test", "example.test"},
        {"mx1.mail.example.co.uk", "example.co.uk"},
        {"mx.example.com.br", "example.com.br"},
        {"mx.example.or.jp", "example.or.jp"},
        {"mx.example.gv.at", "example.gv.at"},
        {"example.co.uk", "example.co.uk"},
        {"co.uk", "co.uk"},
        {"mx.example.de", "example.de"},
        {"mx.co.example", "co.example"}, /* no country code */
        {"mx.example.cox.uk", "cox.uk"}, /* no registry label */
        {"mx.example.c.uk", "c.uk"},     /* only the whole label counts */
        {"mx.example.co.ukx", "co.ukx"}, /* three letters */
        {"test", "test"},
        {"uk", "uk"},
        {"", ""},
        {".", "."},
        {"a..uk", ".uk"},
        {"..", "."},
        {".co.uk", ".co.uk"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(provider_of(cases[i].host), cases[i].provider);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_by_their_organisational_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
