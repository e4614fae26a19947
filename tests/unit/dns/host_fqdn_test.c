/* Unit tests of dns/host_fqdn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/host_fqdn.h"

static void test_host_fqdn(void **state)
{
    static const struct {
        const char *name;
        const char *hostname;
        const char *hosts; /* NULL: no file */
        const char *fqdn;  /* NULL: none */
    } cases[] = {
        {"qualified already", "Mail.Example.com", "", "mail.example.com"},
        {"no file", "mail", NULL, NULL},
        {"canonical name", "mail", "127.0.1.1 mail.example.com mail\n", "mail.example.com"},
        {"tabs, case and no newline", "Mail", "192.0.2.1\tMAIL.example.com\tmail",
         "mail.example.com"},
        {"alias", "mail", "192.0.2.1 mail mail.example.com\n", "mail.example.com"},
        {"another host", "mail", "192.0.2.1 www.example.com www\n", NULL},
        {"later line", "mail", "192.0.2.1 www.example.com www\n192.0.2.2 mail.example.org mail\n",
         "mail.example.org"},
        {"comment", "mail", "# 192.0.2.1 mail.example.com mail\n", NULL},
        {"comment behind", "mail", "192.0.2.1 mail # mail.example.com\n", NULL},
        {"localhost", "mail", "127.0.0.1 localhost.localdomain localhost mail\n", NULL},
        {"host is localhost", "localhost.localdomain", "", NULL},
        {"not a name", "mail server", "", NULL},
        {"empty", "", "192.0.2.1 mail.example.com mail\n", NULL},
        {"address only", "mail", "192.0.2.1\n\n  \n", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FILE *hosts = NULL;
        char *fqdn;

        if (cases[i].hosts != NULL) {
            hosts = tmpfile();
            assert_non_null(hosts);
            assert_true(fputs(cases[i].hosts, hosts) >= 0);
            rewind(hosts);
        }
        fqdn = dns_host_fqdn_from(cases[i].hostname, hosts);
        if ((fqdn != NULL) != (cases[i].fqdn != NULL) ||
            (fqdn != NULL && strcmp(fqdn, cases[i].fqdn) != 0))
            fail_msg("%s: %s", cases[i].name, fqdn != NULL ? fqdn : "none");
        free(fqdn);
        if (hosts != NULL)
            fclose(hosts);
    }
}

/* Whatever this host is called, the promise holds. */
static void test_this_host(void **state)
{
    char *fqdn = dns_host_fqdn();

    (void)state;
    if (fqdn != NULL) {
        assert_non_null(strchr(fqdn, '.'));
        assert_int_not_equal(strncmp(fqdn, "localhost", 9), 0);
    }
    free(fqdn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_fqdn),
        cmocka_unit_test(test_this_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
