/* Unit tests of dns/resolver: which server is asked, for how long, from where, and what is
 * believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dns/clock.h"
#include "resolver_fixture.h"

static void test_time_is_bounded(void **state)
{
    int64_t began = dns_clock_monotonic_ms();
    int64_t took;

    (void)state;
    start(reply_silence, reply_silence);
    resolver_start((struct dns_resolver_options){.timeout_ms = 600});
    ask("a.test", DNS_TYPE_A);
    run();
    took = dns_clock_monotonic_ms() - began;
    assert_int_equal(t.answers[0]->status, DNS_TIMEOUT);
    assert_true(took >= 300 && took < 1200);
    assert_true(t.servers[0].questions >= 2); /* asked more than once */
    assert_true(t.servers[1].questions >= 2);
    assert_int_equal(stats().failed, 1);
    stop();
}

/* A port that nobody listens on: the kernel says so at once. */
static void test_no_server_there(void **state)
{
    int64_t began = dns_clock_monotonic_ms();

    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){.timeout_ms = 5000});
    fake_server_stop(&t.servers[0]);
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->status, DNS_TIMEOUT);
    assert_true(dns_clock_monotonic_ms() - began < 2000);
    stop();
}

static void on_any(void *arg, struct dns_answer *answer)
{
    size_t *found = arg;

    *found += answer->status == DNS_FOUND;
    if (--t.pending == 0)
        event_base_loopbreak(t.base);
}

/* RFC 5452 9.2: port and id change; the port at least every so many questions. */
static void test_the_source_port_changes(void **state)
{
    enum { QUESTIONS = 4500 };
    char name[16];
    size_t found = 0;

    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){.max_in_flight = 50});
    for (int i = 0; i < QUESTIONS; i++) {
        snprintf(name, sizeof name, "a%d.test", i);
        t.pending++;
        assert_non_null(dns_resolver_ask(t.resolver, name, DNS_TYPE_A, on_any, &found));
    }
    run();
    assert_int_equal(found, QUESTIONS);
    assert_true(t.servers[0].port_changes >= 2);
    stop();
}

static void test_a_silent_server_is_asked_last(void **state)
{
    unsigned before;

    (void)state;
    start(reply_silence, reply_found);
    resolver_start((struct dns_resolver_options){.timeout_ms = 600});
    ask("a.test", DNS_TYPE_A);
    ask("b.test", DNS_TYPE_A);
    ask("c.test", DNS_TYPE_A);
    run();
    run_for_ms(100); /* what was sent to the silent one has come there */
    before = t.servers[0].questions;
    ask("d.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[3]->status, DNS_FOUND);
    assert_int_equal(t.servers[0].questions, before);
    stop();
}

static void test_validation(void **state)
{
    static const struct {
        const char *name;
        fake_reply_fn *reply;
        bool root_ad;
        enum dns_validation validation;
    } cases[] = {
        {"root with AD", reply_found, true, DNS_VALIDATES},
        {"nothing with AD", reply_found, false, DNS_DOES_NOT_VALIDATE},
        {"AD seen elsewhere", reply_found_ad, false, DNS_VALIDATES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(cases[i].reply, NULL);
        t.servers[0].root_ad = cases[i].root_ad;
        resolver_start((struct dns_resolver_options){0});
        assert_int_equal(dns_resolver_validation(t.resolver), DNS_VALIDATION_UNKNOWN);
        ask("a.test", DNS_TYPE_A);
        ask("b.test", DNS_TYPE_A);
        run();
        run_for_ms(20);
        if (dns_resolver_validation(t.resolver) != cases[i].validation)
            fail_msg("%s: %d", cases[i].name, (int)dns_resolver_validation(t.resolver));
        assert_int_equal(t.servers[0].self_tests, 1);
        stop();
    }
}

static void test_believes_ad(void **state)
{
    static const struct {
        const char *server;
        enum dns_trust_ad trust;
        bool believes;
    } cases[] = {
        {"127.0.0.1", DNS_TRUST_LOOPBACK, true},    {"127.255.255.255", DNS_TRUST_LOOPBACK, true},
        {"::1", DNS_TRUST_LOOPBACK, true},          {"::ffff:127.0.0.1", DNS_TRUST_LOOPBACK, false},
        {"128.0.0.1", DNS_TRUST_LOOPBACK, false},   {"192.0.2.1", DNS_TRUST_LOOPBACK, false},
        {"2001:db8::1", DNS_TRUST_LOOPBACK, false}, {"192.0.2.1", DNS_TRUST_ALWAYS, true},
        {"127.0.0.1", DNS_TRUST_NEVER, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct event_base *base = event_base_new();
        struct dns_resolver_options options = {.n_servers = 1, .trust_ad = cases[i].trust};
        struct dns_resolver *resolver;

        assert_non_null(base);
        options.servers[0].port = 53;
        assert_true(dns_address_parse(cases[i].server, &options.servers[0].address));
        resolver = dns_resolver_new(base, &options);
        assert_non_null(resolver);
        if (dns_resolver_believes_ad(resolver) != cases[i].believes)
            fail_msg("%s", cases[i].server);
        dns_resolver_free(resolver);
        event_base_free(base);
    }
}

static void test_ipv6_server(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    t.base = event_base_new();
    assert_non_null(t.base);
    if (!fake_server_start(&t.servers[0], t.base, DNS_IPV6, reply_found_ad)) {
        event_base_free(t.base);
        skip();
    }
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->security, DNS_SECURE);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_is_bounded),
        cmocka_unit_test(test_no_server_there),
        cmocka_unit_test(test_the_source_port_changes),
        cmocka_unit_test(test_a_silent_server_is_asked_last),
        cmocka_unit_test(test_validation),
        cmocka_unit_test(test_believes_ad),
        cmocka_unit_test(test_ipv6_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
