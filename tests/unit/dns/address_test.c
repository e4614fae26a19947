/* Unit tests of dns/address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "dns/address.h"

static void test_parse_and_format(void **state)
{
    static const struct {
        const char *text;
        const char *canonical; /* RFC 5952; NULL: no address */
        enum dns_family family;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1", DNS_IPV4},
        {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1", DNS_IPV6},    /* 4.2.3, 4.3 */
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", DNS_IPV6}, /* 4.2.2 */
        {"[2001:db8::25]", "2001:db8::25", DNS_IPV6},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1", DNS_IPV6}, /* 5 */
        {"::", "::", DNS_IPV6},
        {"", NULL, DNS_IPV4},
        {"[192.0.2.1]", NULL, DNS_IPV4},
        {"[]", NULL, DNS_IPV4},
        {"[::1", NULL, DNS_IPV4},
        {"192.0.2", NULL, DNS_IPV4},
        {"192.0.2.256", NULL, DNS_IPV4},
        {"192.0.2.1 ", NULL, DNS_IPV4},
        {"fe80::1%lo", NULL, DNS_IPV4},
        {"example.com", NULL, DNS_IPV4},
        {"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", NULL, DNS_IPV4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_address address;
        char text[DNS_ADDRESS_TEXT_MAX];
        bool ok = dns_address_parse(cases[i].text, &address);

        if (ok != (cases[i].canonical != NULL))
            fail_msg("%s: parsed %d", cases[i].text, ok);
        if (!ok)
            continue;
        assert_int_equal(address.family, cases[i].family);
        dns_address_format(&address, text);
        assert_string_equal(text, cases[i].canonical);
    }
}

/*
 * First and last address of every block of the IANA special-purpose registries, and their outer
 * neighbours where those are ordinary addresses.
 */
static void test_special_use(void **state)
{
    static const struct {
        const char *text;
        const char *what; /* NULL: may be a mail server */
    } cases[] = {
        {"0.0.0.0", "this network"},
        {"0.255.255.255", "this network"},
        {"1.0.0.0", NULL},
        {"9.255.255.255", NULL},
        {"10.0.0.0", "private"},
        {"10.255.255.255", "private"},
        {"11.0.0.0", NULL},
        {"100.63.255.255", NULL},
        {"100.64.0.0", "shared address space"},
        {"100.127.255.255", "shared address space"},
        {"100.128.0.0", NULL},
        {"126.255.255.255", NULL},
        {"127.0.0.0", "loopback"},
        {"127.255.255.255", "loopback"},
        {"128.0.0.0", NULL},
        {"169.253.255.255", NULL},
        {"169.254.0.0", "link-local"},
        {"169.254.255.255", "link-local"},
        {"169.255.0.0", NULL},
        {"172.15.255.255", NULL},
        {"172.16.0.0", "private"},
        {"172.31.255.255", "private"},
        {"172.32.0.0", NULL},
        {"191.255.255.255", NULL},
        {"192.0.0.0", "IETF protocol assignment"},
        {"192.0.0.255", "IETF protocol assignment"},
        {"192.0.1.0", NULL},
        {"192.0.1.255", NULL},
        {"192.0.2.0", "documentation"},
        {"192.0.2.255", "documentation"},
        {"192.0.3.0", NULL},
        {"192.31.195.255", NULL},
        {"192.31.196.0", "AS112"},
        {"192.31.196.255", "AS112"},
        {"192.31.197.0", NULL},
        {"192.52.192.255", NULL},
        {"192.52.193.0", "automatic multicast tunnel"},
        {"192.52.193.255", "automatic multicast tunnel"},
        {"192.52.194.0", NULL},
        {"192.88.98.255", NULL},
        {"192.88.99.0", "6to4 relay anycast"},
        {"192.88.99.255", "6to4 relay anycast"},
        {"192.88.100.0", NULL},
        {"192.167.255.255", NULL},
        {"192.168.0.0", "private"},
        {"192.168.255.255", "private"},
        {"192.169.0.0", NULL},
        {"192.175.47.255", NULL},
        {"192.175.48.0", "AS112"},
        {"192.175.48.255", "AS112"},
        {"192.175.49.0", NULL},
        {"198.17.255.255", NULL},
        {"198.18.0.0", "benchmarking"},
        {"198.19.255.255", "benchmarking"},
        {"198.20.0.0", NULL},
        {"198.51.99.255", NULL},
        {"198.51.100.0", "documentation"},
        {"198.51.100.255", "documentation"},
        {"198.51.101.0", NULL},
        {"203.0.112.255", NULL},
        {"203.0.113.0", "documentation"},
        {"203.0.113.255", "documentation"},
        {"203.0.114.0", NULL},
        {"223.255.255.255", NULL},
        {"224.0.0.0", "multicast"},
        {"239.255.255.255", "multicast"},
        {"240.0.0.0", "reserved"},
        {"255.255.255.254", "reserved"},
        {"255.255.255.255", "limited broadcast"},

        {"::", "unspecified"},
        {"::1", "loopback"},
        {"::2", "this network"}, /* compatible 0.0.0.2 */
        {"::8.8.8.8", "IPv4 inside IPv6"},
        {"::10.0.0.1", "private"},
        {"::1:0:0:0", "reserved"},
        {"::fffe:ffff:ffff", "reserved"},
        {"::ffff:127.0.0.1", "loopback"},
        {"::ffff:8.8.8.8", "IPv4 inside IPv6"},
        {"64:ff9b::8.8.8.8", NULL},
        {"64:ff9b::192.168.1.1", "private"},
        {"64:ff9b::1:0:0", "reserved"},
        {"64:ff9b:1::", "local-use NAT64"},
        {"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "local-use NAT64"},
        {"64:ff9b:2::", "reserved"},
        {"100::", "discard-only"},
        {"100::ffff:ffff:ffff:ffff", "discard-only"},
        {"100:0:0:1::", "dummy prefix"},
        {"100:0:0:2::", "reserved"},
        {"1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"},
        {"2000::", NULL},
        {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        /* Teredo: server in bytes 4 to 7, client inverted in the last four (RFC 4380 4). */
        {"2001:0:808:808:0:0:f7f7:f7f7", NULL},
        {"2001:0:808:808:0:0:80ff:fffe", "loopback"},
        {"2001:0:a00:1:0:0:f7f7:f7f7", "private"},
        {"2001:1::1", "IETF protocol assignment"},
        {"2001:2::", "benchmarking"},
        {"2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarking"},
        {"2001:2:1::", "IETF protocol assignment"},
        {"2001:3::", "automatic multicast tunnel"},
        {"2001:4:112::", "AS112"},
        {"2001:4:113::", "IETF protocol assignment"},
        {"2001:10::", "ORCHID"},
        {"2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "ORCHID"},
        {"2001:20::", "ORCHID"},
        {"2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "ORCHID"},
        {"2001:30::", "drone remote identification"},
        {"2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "drone remote identification"},
        {"2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "IETF protocol assignment"},
        {"2001:200::", NULL},
        {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2001:db8::", "documentation"},
        {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"},
        {"2001:db9::", NULL},
        {"2002:808:808::1", NULL},
        {"2002:7f00:1::", "loopback"},
        {"2002:c0a8:101::1", "private"},
        {"2003::", NULL},
        {"2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2620:4f:8000::", "AS112"},
        {"2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "AS112"},
        {"2620:4f:8001::", NULL},
        {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"3fff::", "documentation"},
        {"3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"},
        {"3fff:1000::", NULL},
        {"4000::", "reserved"},
        {"5f00::", "segment routing"},
        {"5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "segment routing"},
        {"fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"},
        {"fc00::", "unique local"},
        {"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique local"},
        {"fe00::", "reserved"},
        {"fe80::", "link-local"},
        {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local"},
        {"fec0::", "site-local"},
        {"feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local"},
        {"ff00::", "multicast"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_address address;
        const char *what;

        assert_true(dns_address_parse(cases[i].text, &address));
        what = dns_address_special_use(&address);
        if ((what == NULL) != (cases[i].what == NULL) ||
            (what != NULL && strcmp(what, cases[i].what) != 0))
            fail_msg("%s is %s", cases[i].text, what != NULL ? what : "ordinary");
    }
}

static void test_equal(void **state)
{
    struct dns_address a;
    struct dns_address b;

    (void)state;
    assert_true(dns_address_parse("2001:db8::1", &a));
    assert_true(dns_address_parse("2001:0DB8:0::0001", &b));
    assert_true(dns_address_equal(&a, &b));
    assert_true(dns_address_parse("2001:db8::2", &b));
    assert_false(dns_address_equal(&a, &b));
    assert_true(dns_address_parse("0.0.0.0", &a));
    assert_true(dns_address_parse("::", &b));
    assert_false(dns_address_equal(&a, &b));
}

static void test_to_sockaddr(void **state)
{
    struct dns_address address;
    struct dns_address back;
    struct sockaddr_storage storage;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;

    (void)state;
    assert_true(dns_address_parse("192.0.2.1", &address));
    assert_int_equal(dns_address_to_sockaddr(&address, 25, &storage), sizeof ipv4);
    memcpy(&ipv4, &storage, sizeof ipv4);
    assert_int_equal(ipv4.sin_family, AF_INET);
    assert_int_equal(ntohs(ipv4.sin_port), 25);
    assert_int_equal(ntohl(ipv4.sin_addr.s_addr), 0xc0000201);
    assert_true(dns_address_from_sockaddr(&storage, &back));
    assert_true(dns_address_equal(&back, &address));

    assert_true(dns_address_parse("2001:db8::1", &address));
    assert_int_equal(dns_address_to_sockaddr(&address, 587, &storage), sizeof ipv6);
    memcpy(&ipv6, &storage, sizeof ipv6);
    assert_int_equal(ipv6.sin6_family, AF_INET6);
    assert_int_equal(ntohs(ipv6.sin6_port), 587);
    assert_memory_equal(&ipv6.sin6_addr, address.bytes, 16);
    assert_true(dns_address_from_sockaddr(&storage, &back));
    assert_true(dns_address_equal(&back, &address));
    storage.ss_family = AF_UNIX;
    assert_false(dns_address_from_sockaddr(&storage, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_and_format),
        cmocka_unit_test(test_special_use),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_to_sockaddr),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
