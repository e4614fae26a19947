/* Unit tests of probe/what_if: arguments as CONTRACT.md writes them. */
#include "case.h"

#include "probe/what_if.h"

#define HEX32 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_mx(void **state)
{
    static const struct {
        const char *argument;
        const char *host; /* NULL: refused */
        int preference;
    } cases[] = {
        {"mx.example.com", "mx.example.com", 10},
        {"MX.Example.COM.", "mx.example.com", 10},
        {"mx.example.com:0", "mx.example.com", 0},
        {"mx.example.com:65535", "mx.example.com", 65535},
        {"b\xc3\xbc"
         "cher.example:5",
         "xn--bcher-kva.example", 5},
        {"192.0.2.1", "192.0.2.1", 10}, /* a literal, to see what senders would make of it */
        {"192.0.2.1:20", "192.0.2.1", 20},
        {"[2001:DB8::1]", "2001:db8::1", 10},
        {"[2001:db8::1]:20", "2001:db8::1", 20},
        {"", NULL, 0},
        {":10", NULL, 0},
        {"mx.example.com:", NULL, 0},
        {"mx.example.com:65536", NULL, 0},
        {"mx.example.com:-1", NULL, 0},
        {"mx.example.com:+1", NULL, 0},
        {"mx.example.com:1x", NULL, 0},
        {"mx.example.com: 1", NULL, 0},
        {"mx.example.com:99999999999999999999", NULL, 0},
        {"mx.example.com:10:10", NULL, 0},
        {"mx example.com", NULL, 0},
        {"mx..example.com", NULL, 0},
        {"user@example.com", NULL, 0},
        {"[2001:db8::1", NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct what_if what_if = {0};
        const char *problem = what_if_add_mx(&what_if, cases[i].argument);
        CASE_INT(cases[i].argument, problem == NULL, cases[i].host != NULL);
        CASE_INT(cases[i].argument, (long long)what_if.n_mx, cases[i].host != NULL);
        if (cases[i].host) {
            CASE_TEXT(cases[i].argument, what_if.mx[0].host, cases[i].host);
            CASE_INT(cases[i].argument, what_if.mx[0].preference, cases[i].preference);
        }
        what_if_clear(&what_if);
    }
}

static void test_addresses(void **state)
{
    static const struct {
        const char *argument;
        const char *host; /* NULL: refused */
        const char *addresses[4];
    } cases[] = {
        {"mx.example.com:192.0.2.1", "mx.example.com", {"192.0.2.1"}},
        {"MX.Example.com.:192.0.2.1,192.0.2.2", "mx.example.com", {"192.0.2.1", "192.0.2.2"}},
        {"mx.example.com:2001:db8::1", "mx.example.com", {"2001:db8::1"}},
        {"mx.example.com:[2001:db8::1]", "mx.example.com", {"2001:db8::1"}},
        {"mx.example.com:192.0.2.1,[2001:db8::1],2001:db8::2",
         "mx.example.com",
         {"192.0.2.1", "2001:db8::1", "2001:db8::2"}},
        {"", NULL, {0}},
        {"mx.example.com", NULL, {0}},
        {"mx.example.com:", NULL, {0}},
        {"mx.example.com:,", NULL, {0}},
        {"mx.example.com:192.0.2.1,", NULL, {0}},
        {"mx.example.com:,192.0.2.1", NULL, {0}},
        {"mx.example.com:192.0.2.1 192.0.2.2", NULL, {0}},
        {"mx.example.com:192.0.2.256", NULL, {0}},
        {"mx.example.com:192.0.2.1:25", NULL, {0}},
        {"mx.example.com:other.example.com", NULL, {0}},
        {"mx.example.com:[2001:db8::1", NULL, {0}},
        {":192.0.2.1", NULL, {0}},
        {"mx example.com:192.0.2.1", NULL, {0}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct what_if what_if = {0};
        const char *problem = what_if_add_addresses(&what_if, cases[i].argument);
        CASE_INT(cases[i].argument, problem == NULL, cases[i].host != NULL);
        CASE_INT(cases[i].argument, (long long)what_if.n_hosts, cases[i].host != NULL);
        size_t n = 0;
        for (; cases[i].addresses[n]; n++) {
            char text[DNS_ADDRESS_TEXT_MAX];
            CASE_CHECK(cases[i].argument, n < what_if.hosts[0].n);
            dns_address_format(&what_if.hosts[0].addresses[n], text);
            CASE_TEXT(cases[i].argument, text, cases[i].addresses[n]);
        }
        if (cases[i].host) {
            CASE_TEXT(cases[i].argument, what_if.hosts[0].host, cases[i].host);
            CASE_INT(cases[i].argument, (long long)what_if.hosts[0].n, (long long)n);
        }
        what_if_clear(&what_if);
    }
}

static void test_tlsa(void **state)
{
    static const struct {
        const char *argument;
        const char *host; /* NULL: refused */
        int usage, selector, matching;
        size_t length;
    } cases[] = {
        {"mx.example.com:3 1 1 " HEX32, "mx.example.com", 3, 1, 1, 32},
        {"MX.example.com.:2 0 0 3000", "mx.example.com", 2, 0, 0, 2},
        {"mx.example.com: 3  1 1  01 23 ", "mx.example.com", 3, 1, 1, 2},
        {"mx.example.com", NULL, 0, 0, 0, 0},
        {"mx.example.com:", NULL, 0, 0, 0, 0},
        {"mx.example.com:3 1 1", NULL, 0, 0, 0, 0},
        {"mx.example.com:3 1 1 xyz", NULL, 0, 0, 0, 0},
        {"mx.example.com:3 1 1 123", NULL, 0, 0, 0, 0},
        {"mx.example.com:300 1 1 1234", NULL, 0, 0, 0, 0},
        {":3 1 1 " HEX32, NULL, 0, 0, 0, 0},
        {"mx example.com:3 1 1 " HEX32, NULL, 0, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct what_if what_if = {0};
        const char *problem = what_if_add_tlsa(&what_if, cases[i].argument);
        CASE_INT(cases[i].argument, problem == NULL, cases[i].host != NULL);
        CASE_INT(cases[i].argument, (long long)what_if.n_tlsa, cases[i].host != NULL);
        if (cases[i].host) {
            const struct what_if_tlsa *tlsa = &what_if.tlsa[0];
            CASE_TEXT(cases[i].argument, tlsa->host, cases[i].host);
            CASE_INT(cases[i].argument, tlsa->record.usage, cases[i].usage);
            CASE_INT(cases[i].argument, tlsa->record.selector, cases[i].selector);
            CASE_INT(cases[i].argument, tlsa->record.matching, cases[i].matching);
            CASE_INT(cases[i].argument, (long long)tlsa->record.length, (long long)cases[i].length);
        }
        what_if_clear(&what_if);
    }
}

static void test_limits(void **state)
{
    struct what_if what_if = {0};
    char many[WHAT_IF_ADDRESSES_MAX * 10 + 32];
    size_t at = (size_t)snprintf(many, sizeof many, "mx.example.com:192.0.2.1");
    char long_name[2048] = "";

    (void)state;
    for (size_t i = 0; i < WHAT_IF_HOSTS_MAX; i++) {
        assert_null(what_if_add_mx(&what_if, "mx.example.com"));
        assert_null(what_if_add_addresses(&what_if, "mx.example.com:192.0.2.1"));
    }
    assert_non_null(what_if_add_mx(&what_if, "mx.example.com"));
    assert_non_null(what_if_add_addresses(&what_if, "mx.example.com:192.0.2.1"));
    for (size_t i = 0; i < WHAT_IF_TLSA_MAX; i++)
        assert_null(what_if_add_tlsa(&what_if, "mx.example.com:3 1 1 " HEX32));
    assert_non_null(what_if_add_tlsa(&what_if, "mx.example.com:3 1 1 " HEX32));
    what_if_clear(&what_if);

    for (size_t i = 1; i < WHAT_IF_ADDRESSES_MAX; i++)
        at += (size_t)snprintf(many + at, sizeof many - at, ",192.0.2.1");
    assert_null(what_if_add_addresses(&what_if, many));
    snprintf(many + at, sizeof many - at, ",192.0.2.1");
    assert_non_null(what_if_add_addresses(&what_if, many));
    assert_int_equal(what_if.n_hosts, 1);

    memset(long_name, 'a', sizeof long_name - 1);
    assert_non_null(what_if_add_mx(&what_if, long_name));
    memcpy(long_name + 1000, ":3 1 1 00", sizeof ":3 1 1 00");
    assert_non_null(what_if_add_tlsa(&what_if, long_name));
    memcpy(long_name + 1000, ":192.0.2.1", sizeof ":192.0.2.1");
    assert_non_null(what_if_add_addresses(&what_if, long_name));
    what_if_clear(&what_if);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mx),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_tlsa),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
