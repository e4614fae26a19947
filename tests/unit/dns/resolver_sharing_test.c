/* Unit tests of dns/resolver: questions that share an answer, a place in the queue, or our limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sys/resource.h>

#include "resolver_fixture.h"

static void reply_ttl_0(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE, query->name, query->type);
    wire_a(out, NULL, 0, 0xc0000201);
}

static void test_equal_questions_are_joined(void **state)
{
    (void)state;
    start(reply_found, NULL);
    t.servers[0].delay_ms = 20;
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    ask("A.Test", DNS_TYPE_A);
    ask("a.test", DNS_TYPE_AAAA);
    run();
    assert_ptr_equal(t.answers[0], t.answers[1]);
    assert_ptr_not_equal(t.answers[0], t.answers[2]);
    assert_int_equal(stats().asked, 3);
    assert_int_equal(stats().joined, 1);
    assert_int_equal(t.servers[0].questions - t.servers[0].self_tests, 2);
    stop();
}

static void test_cache(void **state)
{
    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    ask("A.TEST", DNS_TYPE_A);
    assert_null(t.answers[1]); /* even a cached answer comes from the loop */
    run();
    assert_ptr_equal(t.answers[0], t.answers[1]);
    assert_int_equal(stats().from_cache, 1);
    assert_int_equal(t.servers[0].questions - t.servers[0].self_tests, 1);
    stop();
}

/* Addresses, and denials that hold for an hour. */
static void reply_addresses(const struct fake_query *query, struct wire *out)
{
    if (query->type == DNS_TYPE_A) {
        reply_found(query, out);
        return;
    }
    wire_start(out, WIRE_RESPONSE, query->name, query->type);
    wire_soa(out, "test", 3600, 3600);
}

/* A scan asks for the MX and TXT of a name once, and for the addresses of a host again and again.
 */
static void test_hosts_only_are_cached(void **state)
{
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_MX, DNS_TYPE_TXT};

    (void)state;
    start(reply_addresses, NULL);
    resolver_start((struct dns_resolver_options){.keep_hosts_only = true});
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
            ask("a.test", types[i]);
            run();
        }
    assert_int_equal(stats().from_cache, 1);
    assert_ptr_equal(t.answers[0], t.answers[3]);
    assert_int_equal(t.servers[0].questions - t.servers[0].self_tests, 5);
    stop();
}

static void test_ttl_0_is_not_cached(void **state)
{
    (void)state;
    start(reply_ttl_0, NULL);
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(stats().from_cache, 0);
    assert_int_equal(t.servers[0].questions - t.servers[0].self_tests, 2);
    stop();
}

static void test_cancel(void **state)
{
    struct dns_query *first;
    struct dns_query *cached;

    (void)state;
    start(reply_found, NULL);
    t.servers[0].delay_ms = 20;
    resolver_start((struct dns_resolver_options){0});
    first = ask("a.test", DNS_TYPE_A);
    ask("a.test", DNS_TYPE_A);
    dns_query_cancel(first);
    t.pending--;
    run();
    assert_null(t.answers[0]);
    assert_int_equal(t.answers[1]->status, DNS_FOUND);

    /* The only asker leaves: the question goes on and its answer is kept. */
    dns_query_cancel(ask("b.test", DNS_TYPE_A));
    t.pending--;
    run_for_ms(100);
    assert_null(t.answers[2]);
    ask("b.test", DNS_TYPE_A);
    run();
    assert_int_equal(stats().from_cache, 1);

    /* An answer that is ready and not delivered yet. */
    cached = ask("b.test", DNS_TYPE_A);
    dns_query_cancel(cached);
    t.pending--;
    run_for_ms(20);
    assert_null(t.answers[4]);
    stop();
}

static void test_free_calls_nobody(void **state)
{
    (void)state;
    start(reply_found, NULL);
    t.servers[0].delay_ms = 20;
    resolver_start((struct dns_resolver_options){.max_in_flight = 2});
    ask("a.test", DNS_TYPE_A);
    ask("a.test", DNS_TYPE_A);
    ask("b.test", DNS_TYPE_A);
    ask("c.test", DNS_TYPE_A);
    dns_resolver_free(t.resolver);
    t.resolver = NULL;
    run_for_ms(60);
    assert_int_equal(t.pending, 4);
    stop();
}

static void test_in_flight_is_capped(void **state)
{
    char name[16];

    (void)state;
    start(reply_found, NULL);
    t.servers[0].delay_ms = 10;
    resolver_start((struct dns_resolver_options){.max_in_flight = 3});
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "a%d.test", i);
        ask(name, DNS_TYPE_A);
    }
    run();
    for (int i = 0; i < 20; i++)
        assert_int_equal(t.answers[i]->status, DNS_FOUND);
    assert_int_equal(t.servers[0].waiting_most, 3);
    stop();
}

/* What never left this machine is no fault of the domain. */
static void test_a_question_that_never_went_out(void **state)
{
    (void)state;
    start(reply_silence, NULL);
    resolver_start((struct dns_resolver_options){.max_in_flight = 1, .timeout_ms = 200});
    ask("a.test", DNS_TYPE_A);
    ask("b.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->status, DNS_TIMEOUT);
    assert_int_equal(t.answers[1]->status, DNS_NOT_ASKED);
    assert_non_null(t.answers[1]->ede_text);

    /* The place of the question that was given up is free again when its last try has ended. */
    t.servers[0].reply = reply_found;
    run_for_ms(400);
    ask("c.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[2]->status, DNS_FOUND);
    stop();
}

/* Our own shortage is never blamed on the domain, and passes. */
static void test_no_descriptor_left(void **state)
{
    struct rlimit limit;
    struct rlimit none;

    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){0});
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 3; /* below what is open already */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(t.answers[0]->status, DNS_NOT_ASKED);
    assert_string_equal(t.answers[0]->ede_text, strerror(EMFILE));
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[1]->status, DNS_FOUND);
    stop();
}

static void ask_one_more(void *arg, struct dns_answer *answer)
{
    (void)arg;
    assert_int_equal(answer->status, DNS_FOUND);
    ask("b.test", DNS_TYPE_A);
    ask("a.test", DNS_TYPE_A);
}

static void test_asking_from_inside_an_answer(void **state)
{
    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){0});
    assert_non_null(dns_resolver_ask(t.resolver, "a.test", DNS_TYPE_A, ask_one_more, NULL));
    run_for_ms(100);
    assert_int_equal(t.pending, 0);
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    assert_int_equal(t.answers[1]->status, DNS_FOUND);
    stop();
}

/* With nothing under way nothing of the resolver's keeps the loop waiting. */
static void test_an_idle_resolver_waits_for_nothing(void **state)
{
    int before;

    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){0});
    before = event_base_get_num_events(t.base, EVENT_BASE_COUNT_ADDED);
    ask("a.test", DNS_TYPE_A);
    t.pending++; /* so that the loop turns on for the self-test */
    run_for_ms(100);
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    assert_int_equal(t.servers[0].self_tests, 1);
    assert_int_equal(event_base_get_num_events(t.base, EVENT_BASE_COUNT_ADDED), before);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_questions_are_joined),
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_hosts_only_are_cached),
        cmocka_unit_test(test_ttl_0_is_not_cached),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_free_calls_nobody),
        cmocka_unit_test(test_in_flight_is_capped),
        cmocka_unit_test(test_a_question_that_never_went_out),
        cmocka_unit_test(test_no_descriptor_left),
        cmocka_unit_test(test_asking_from_inside_an_answer),
        cmocka_unit_test(test_an_idle_resolver_waits_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
