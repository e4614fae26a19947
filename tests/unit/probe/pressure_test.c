/* Unit tests of probe/pressure and probe/scan_limits: how much a scan takes on. */
#include "case.h"

#include "probe/pressure.h"
#include "probe/scan_limits.h"

enum { MIB = 1 << 20 };

static void test_slows_down(void **state)
{
    static const struct {
        const char *name;
        struct pressure_sample sample;
        bool slower;
    } cases[] = {
        {"nothing", {.answered = 100}, false},
        {"one shortage", {.answered = 100, .troubles = 1}, true},
        {"few waits for the resolver", {.answered = 100, .dns_timeouts = 9}, false},
        {"a fifth waits in vain", {.answered = 100, .dns_timeouts = 20}, false},
        {"more than a fifth", {.answered = 100, .dns_timeouts = 21}, true},
        {"all wait in vain", {.answered = 10, .dns_timeouts = 10}, true},
        {"memory, well below", {.memory_bytes = 800 * (uint64_t)MIB}, false},
        {"memory, nine tenths", {.memory_bytes = 930 * (uint64_t)MIB}, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pressure pressure;
        pressure_init(&pressure, 1000, 1024 * (uint64_t)MIB);
        CASE_INT(cases[i].name, pressure_feel(&pressure, &cases[i].sample), cases[i].slower);
        CASE_CHECK(cases[i].name, (pressure.now < 1000) == cases[i].slower);
        CASE_CHECK(cases[i].name, (pressure.remark != NULL) == cases[i].slower);
    }
}

/* What was counted before counts no more; and it comes back to what was wanted. */
static void test_recovers(void **state)
{
    struct pressure pressure;
    struct pressure_sample sample = {.answered = 100, .troubles = 5};
    unsigned samples = 0;

    (void)state;
    pressure_init(&pressure, 1000, 0);
    assert_true(pressure_feel(&pressure, &sample));
    size_t least = pressure.now;
    while (pressure.now < 1000) {
        size_t before = pressure.now;
        assert_true(pressure_feel(&pressure, &sample));
        assert_true(pressure.now > before);
        assert_true(++samples < 100);
    }
    assert_null(pressure.remark);
    assert_in_range(least, 500, 900);
    assert_in_range(samples, 3, 30); /* neither at once nor never */
    assert_false(pressure_feel(&pressure, &sample));
}

/* A trouble that lasted has gone: most of what went well before is back within seconds. */
static void test_recovers_from_a_long_trouble(void **state)
{
    struct pressure pressure;
    struct pressure_sample sample = {.answered = 100};

    (void)state;
    pressure_init(&pressure, 1000, 0);
    for (unsigned i = 0; i < 60; i++) {
        sample.troubles++;
        pressure_feel(&pressure, &sample);
    }
    assert_int_equal(pressure.now, PRESSURE_LEAST);
    for (unsigned i = 0; i < 12; i++)
        assert_true(pressure_feel(&pressure, &sample));
    assert_in_range(pressure.now, 600, 800);
    /* Another trouble on the way up: that is how much goes well now. */
    sample.troubles++;
    assert_true(pressure_feel(&pressure, &sample));
    size_t fewer = pressure.now;
    assert_true(pressure_feel(&pressure, &sample));
    assert_in_range(pressure.now, fewer + 1, fewer * 11 / 10);
}

static void test_never_stops(void **state)
{
    static const size_t wanted[] = {1, 7, 8, 1000};
    struct pressure pressure;

    (void)state;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        struct pressure_sample sample = {.troubles = 0};
        pressure_init(&pressure, wanted[i], 0);
        for (unsigned j = 0; j < 50; j++) {
            sample.troubles++;
            pressure_feel(&pressure, &sample);
        }
        assert_int_equal(pressure.now, wanted[i] < PRESSURE_LEAST ? wanted[i] : PRESSURE_LEAST);
    }
}

static void test_limits(void **state)
{
    static const struct {
        const char *name;
        struct scan_settings settings;
        size_t descriptors, cores;
        size_t threads; /* that come of it */
        bool few;
    } cases[] = {
        {"plenty", {.concurrency = 1000, .max_memory_mib = 1024}, 16384, 2, 2, false},
        {"few descriptors", {.concurrency = 1000, .max_memory_mib = 1024}, 256, 2, 2, true},
        {"hardly any", {.concurrency = 1000, .max_memory_mib = 1024}, 16, 2, 1, true},
        {"many cores, few descriptors",
         {.concurrency = 1000, .max_memory_mib = 1024},
         128,
         64,
         2,
         true},
        {"little memory", {.concurrency = 1000, .max_memory_mib = 32}, 16384, 2, 2, false},
        {"many threads",
         {.concurrency = 1000, .max_memory_mib = 1024, .threads = 64},
         4096,
         2,
         64,
         true},
        {"one at a time",
         {.concurrency = 1, .max_memory_mib = 1024, .threads = 1},
         16384,
         2,
         1,
         false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct scan_settings *settings = &cases[i].settings;
        struct scan_limits limits = scan_limits_of(settings, cases[i].descriptors, cases[i].cores);
        size_t sockets = limits.concurrency + limits.threads * limits.worker.sessions;
        CASE_INT(cases[i].name, limits.threads, cases[i].threads);
        CASE_INT(cases[i].name, limits.few_descriptors, cases[i].few);
        CASE_CHECK(cases[i].name, limits.concurrency >= 1 && limits.worker.sessions >= 1);
        CASE_CHECK(cases[i].name, limits.concurrency <= settings->concurrency);
        /* A policy fetch a domain and all the sessions fit, unless one of each is too much. */
        CASE_CHECK(cases[i].name, sockets <= cases[i].descriptors || sockets == 1 + limits.threads);
        CASE_CHECK(cases[i].name, limits.threads * limits.worker.shared_facts <= 4096 ||
                                      limits.worker.shared_facts == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slows_down),
        cmocka_unit_test(test_recovers),
        cmocka_unit_test(test_recovers_from_a_long_trouble),
        cmocka_unit_test(test_never_stops),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests_name("pressure", tests, NULL, NULL);
}
