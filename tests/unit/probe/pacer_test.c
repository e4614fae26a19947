/* Unit tests of probe/pacer: the limits of an address, a network, a loop and a second. */
#include "case.h"

#include "probe/clock.h"
#include "probe/pacer.h"

enum { TICKETS = 64 };

struct visit {
    struct pacer_ticket ticket;
    struct yard *yard;
    bool begun, over;
};

struct yard {
    struct event_base *base;
    struct pacer *pacer;
    struct visit visits[TICKETS];
    size_t n, running, most, begun;
};

static void on_go(struct pacer_ticket *ticket)
{
    struct visit *visit = (struct visit *)ticket;
    struct yard *yard = visit->yard;

    assert_false(visit->begun);
    visit->begun = true;
    yard->begun++;
    yard->running++;
    if (yard->running > yard->most)
        yard->most = yard->running;
}

static void open_yard(struct yard *yard, const struct pacer_options *options)
{
    *yard = (struct yard){.base = event_base_new()};
    assert_non_null(yard->base);
    yard->pacer = pacer_new(yard->base, options);
    assert_non_null(yard->pacer);
}

static void close_yard(struct yard *yard)
{
    pacer_free(yard->pacer);
    event_base_free(yard->base);
}

static void enter(struct yard *yard, const char *address)
{
    struct visit *visit = &yard->visits[yard->n++];
    size_t before = yard->begun;

    visit->yard = yard;
    visit->ticket.go = on_go;
    assert_true(dns_address_parse(address, &visit->ticket.address));
    assert_int_equal(pacer_enter(yard->pacer, &visit->ticket), 0);
    assert_int_equal(yard->begun, before); /* never inline */
}

static void turn(struct yard *yard)
{
    for (int i = 0; i < 3; i++)
        event_base_loop(yard->base, EVLOOP_NONBLOCK);
}

/* Ends the oldest that is under way. False when none is. */
static bool leave(struct yard *yard)
{
    for (size_t i = 0; i < yard->n; i++) {
        struct visit *visit = &yard->visits[i];
        if (!visit->begun || visit->over)
            continue;
        visit->over = true;
        yard->running--;
        pacer_leave(yard->pacer, &visit->ticket);
        return true;
    }
    return false;
}

static void test_limits(void **state)
{
    static const struct {
        const char *name;
        const char *addresses[6];
        size_t per_host, per_network, sessions_max;
        size_t at_once; /* of the six */
    } cases[] = {
        {"one address, two at a time",
         {"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"},
         2,
         0,
         0,
         2},
        {"three addresses, one at a time each",
         {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1", "192.0.2.2", "192.0.2.3"},
         1,
         0,
         0,
         3},
        {"no limit",
         {"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"},
         0,
         0,
         0,
         6},
        {"one /24",
         {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.255", "192.0.2.0"},
         2,
         3,
         0,
         3},
        {"two /24",
         {"192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.1", "198.51.100.2", "198.51.100.3"},
         2,
         1,
         0,
         2},
        {"one /48",
         {"2001:db8:1::1", "2001:db8:1:1::1", "2001:db8:1:ffff::1", "2001:db8:1::2",
          "2001:db8:1::3", "2001:db8:1::4"},
         2,
         2,
         0,
         2},
        {"two /48",
         {"2001:db8:1::1", "2001:db8:2::1", "2001:db8:1::2", "2001:db8:2::2", "2001:db8:1::3",
          "2001:db8:2::3"},
         2,
         1,
         0,
         2},
        {"the loop's own",
         {"192.0.2.1", "198.51.100.2", "203.0.113.3", "192.0.2.4", "198.51.100.5", "203.0.113.6"},
         2,
         0,
         4,
         4},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct yard yard;
        const struct pacer_options options = {.per_host = cases[i].per_host,
                                              .per_network = cases[i].per_network,
                                              .sessions_max = cases[i].sessions_max};
        open_yard(&yard, &options);
        for (size_t j = 0; j < 6; j++)
            enter(&yard, cases[i].addresses[j]);
        turn(&yard);
        CASE_INT(cases[i].name, yard.running, cases[i].at_once);
        int64_t until_ms = clock_monotonic_ms() + 5000;
        while (yard.begun < 6 && clock_monotonic_ms() < until_ms) {
            leave(&yard);
            event_base_loop(yard.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        }
        while (leave(&yard))
            turn(&yard);
        CASE_INT(cases[i].name, yard.begun, 6);
        CASE_INT(cases[i].name, yard.most, cases[i].at_once);
        close_yard(&yard);
    }
}

/* A network that is full must not hold up the others behind it in the queue. */
static void test_full_network_is_passed(void **state)
{
    const struct pacer_options options = {.per_host = 2, .per_network = 1};
    struct yard yard;

    (void)state;
    open_yard(&yard, &options);
    enter(&yard, "192.0.2.1");
    enter(&yard, "192.0.2.2");
    enter(&yard, "192.0.2.3");
    enter(&yard, "198.51.100.1");
    turn(&yard);
    assert_true(yard.visits[3].begun);
    assert_int_equal(yard.running, 2);
    close_yard(&yard);
}

static void test_rate(void **state)
{
    const struct pacer_options options = {.rate = 50};
    struct yard yard;
    int64_t began_ms = clock_monotonic_ms();

    (void)state;
    open_yard(&yard, &options);
    for (size_t i = 0; i < 20; i++)
        enter(&yard, "192.0.2.1");
    while (yard.begun < 20) {
        event_base_loop(yard.base, EVLOOP_ONCE);
        /* A tenth of a second's worth may come at once, and one is in the making. */
        int64_t elapsed_ms = clock_monotonic_ms() - began_ms;
        assert_in_range(yard.begun, 0, (size_t)(elapsed_ms * 50 / 1000 + 6));
        assert_true(elapsed_ms < 10000);
    }
    close_yard(&yard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_full_network_is_passed),
        cmocka_unit_test(test_rate),
    };
    return cmocka_run_group_tests_name("pacer", tests, NULL, NULL);
}
