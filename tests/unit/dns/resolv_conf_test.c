/* Unit tests of dns/resolv_conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dns/resolv_conf.h"

static void test_nameservers(void **state)
{
    static const struct {
        const char *name;
        const char *file;
        const char *servers; /* each followed by a space */
    } cases[] = {
        {"empty", "", ""},
        {"one", "nameserver 192.0.2.1\n", "192.0.2.1 "},
        {"two in order", "nameserver 192.0.2.2\nnameserver\t2001:db8::1\n",
         "192.0.2.2 2001:db8::1 "},
        {"no final newline", "nameserver 192.0.2.1", "192.0.2.1 "},
        {"CRLF and blanks", "nameserver  192.0.2.1 \r\n", "192.0.2.1 "},
        {"comments and others",
         "# nameserver 192.0.2.1\n; nameserver 192.0.2.1\nsearch example.com\noptions edns0\n"
         "nameserver 192.0.2.9 # ours\n",
         "192.0.2.9 "},
        {"other keyword", "nameservers 192.0.2.1\n", ""},
        {"no address", "nameserver\nnameserver ns.example.com\nnameserver 1.2.3\n", ""},
        {"zone", "nameserver fe80::1%eth0\nnameserver 192.0.2.1\n", "192.0.2.1 "},
        {"three at most",
         "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n"
         "nameserver 192.0.2.4\n",
         "192.0.2.1 192.0.2.2 192.0.2.3 "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_server servers[3];
        char found[256] = "";
        FILE *file = tmpfile();
        size_t n;

        assert_non_null(file);
        assert_true(fputs(cases[i].file, file) >= 0);
        rewind(file);
        n = dns_resolv_conf_read(file, servers, 3);
        fclose(file);
        for (size_t k = 0; k < n; k++) {
            char text[DNS_ADDRESS_TEXT_MAX];

            dns_address_format(&servers[k].address, text);
            strcat(strcat(found, text), " ");
            assert_int_equal(servers[k].port, 53);
        }
        if (strcmp(found, cases[i].servers) != 0)
            fail_msg("%s: %s", cases[i].name, found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nameservers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
