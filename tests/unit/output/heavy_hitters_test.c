#include "output/heavy_hitters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add_times(struct heavy_hitters *hitters, const char *text, unsigned times)
{
    while (times-- > 0)
        heavy_hitters_add(hitters, text, 0);
}

static void expect_top(const struct heavy_hitters *hitters, const char *expected)
{
    const struct heavy_hitter *top[8];
    size_t n = heavy_hitters_top(hitters, top, 8), length = 0;
    char text[256] = "";

    for (size_t i = 0; i < n; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s%s %u-%u", i > 0 ? ", " : "",
                             top[i]->text, (unsigned)top[i]->count, (unsigned)top[i]->overcount);
    assert_string_equal(text, expected);
}

static void few_texts_are_counted_exactly(void **state)
{
    struct heavy_hitters hitters;

    (void)state;
    assert_int_equal(heavy_hitters_init(&hitters, 3), 0);
    expect_top(&hitters, "");
    add_times(&hitters, "b", 2);
    add_times(&hitters, "a", 5);
    add_times(&hitters, "", 2);
    expect_top(&hitters, "a 5-0,  2-0, b 2-0");
    heavy_hitters_clear(&hitters);
}

/* The example of the algorithm by hand: the least gives way, and the newcomer inherits its count.
 */
static void the_least_gives_way(void **state)
{
    struct heavy_hitters hitters;

    (void)state;
    assert_int_equal(heavy_hitters_init(&hitters, 2), 0);
    add_times(&hitters, "x", 3);
    add_times(&hitters, "y", 1);
    add_times(&hitters, "z", 1);
    expect_top(&hitters, "x 3-0, z 2-1");
    add_times(&hitters, "y", 1);
    expect_top(&hitters, "x 3-0, y 3-2");
    heavy_hitters_clear(&hitters);
}

static void a_stamp_counts_once(void **state)
{
    struct heavy_hitters hitters;

    (void)state;
    assert_int_equal(heavy_hitters_init(&hitters, 4), 0);
    heavy_hitters_add(&hitters, "a", 1);
    heavy_hitters_add(&hitters, "b", 1);
    heavy_hitters_add(&hitters, "a", 1);
    heavy_hitters_add(&hitters, "a", 2);
    expect_top(&hitters, "a 2-0, b 1-0");
    heavy_hitters_clear(&hitters);
}

static void long_texts_are_cut(void **state)
{
    struct heavy_hitters hitters;
    const struct heavy_hitter *top[2];
    char text[300];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(heavy_hitters_init(&hitters, 2), 0);
    heavy_hitters_add(&hitters, text, 0);
    text[HEAVY_HITTERS_TEXT_MAX - 2] = 'b';
    heavy_hitters_add(&hitters, text, 0);
    text[HEAVY_HITTERS_TEXT_MAX - 1] = 'b'; /* behind the cut */
    heavy_hitters_add(&hitters, text, 0);
    assert_int_equal(heavy_hitters_top(&hitters, top, 2), 2);
    assert_int_equal(top[0]->count, 2);
    assert_int_equal(strlen(top[0]->text), HEAVY_HITTERS_TEXT_MAX - 1);
    assert_int_equal(top[0]->text[HEAVY_HITTERS_TEXT_MAX - 2], 'b');
    heavy_hitters_clear(&hitters);
}

static void unusable_capacities_are_refused(void **state)
{
    struct heavy_hitters hitters;

    (void)state;
    assert_int_equal(heavy_hitters_init(&hitters, 0), -1);
    assert_int_equal(heavy_hitters_init(&hitters, 65537), -1);
}

/* --- the bounds, against counts that are exact ---------------------------------------------- */

enum { TEXTS = 3000, CAPACITY = 32, PARTS = 4 };

/* Repeatable, so that a failure can be looked into. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

/* Some texts much more frequent than others: the product of two dice. */
static unsigned draw(uint32_t *seed)
{
    uint64_t a = next_random(seed) % TEXTS, b = next_random(seed) % TEXTS;

    return (unsigned)(a * b / TEXTS * b / TEXTS * a / TEXTS);
}

static const struct heavy_hitter *kept(const struct heavy_hitters *hitters, const char *text)
{
    for (uint32_t i = 0; i < hitters->n; i++)
        if (strcmp(hitters->items[i].text, text) == 0)
            return &hitters->items[i];
    return NULL;
}

static void expect_bounds(const struct heavy_hitters *hitters, const unsigned counts[TEXTS],
                          unsigned total)
{
    size_t n_kept = 0;

    for (unsigned i = 0; i < TEXTS; i++) {
        char text[16];
        snprintf(text, sizeof text, "%u", i);
        const struct heavy_hitter *item = kept(hitters, text);
        if (!item) {
            assert_true(counts[i] <= total / CAPACITY);
            continue;
        }
        n_kept++;
        assert_true(item->count >= counts[i]);
        assert_true(item->count - item->overcount <= counts[i]);
    }
    assert_int_equal(n_kept, hitters->n);
}

static void counts_are_within_their_bounds(void **state)
{
    static unsigned counts[TEXTS];
    static const unsigned parts[PARTS] = {20000, 700, 20, 0}; /* full and not full */
    uint32_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        struct heavy_hitters hitters[PARTS];
        unsigned total = 0;
        memset(counts, 0, sizeof counts);
        for (unsigned part = 0; part < PARTS; part++) {
            assert_int_equal(heavy_hitters_init(&hitters[part], CAPACITY), 0);
            for (unsigned i = 0; i < parts[(part + round) % PARTS]; i++, total++) {
                char text[16];
                unsigned drawn = draw(&seed);
                counts[drawn]++;
                snprintf(text, sizeof text, "%u", drawn);
                heavy_hitters_add(&hitters[part], text, 0);
            }
            if (part > 0)
                heavy_hitters_merge(&hitters[0], &hitters[part]);
            expect_bounds(&hitters[0], counts, total);
            if (part > 0)
                heavy_hitters_clear(&hitters[part]);
        }
        heavy_hitters_clear(&hitters[0]);
    }
}

/* A flood of names that come once each must not wash the frequent one away. */
static void a_flood_does_not_hide_the_frequent(void **state)
{
    struct heavy_hitters hitters;
    const struct heavy_hitter *top[1];

    (void)state;
    assert_int_equal(heavy_hitters_init(&hitters, 64), 0);
    for (unsigned i = 0; i < 100000; i++) {
        char text[32];
        snprintf(text, sizeof text, "flood%u.test", i);
        heavy_hitters_add(&hitters, text, 0);
        if (i % 40 == 0)
            heavy_hitters_add(&hitters, "frequent.test", 0);
    }
    assert_int_equal(heavy_hitters_top(&hitters, top, 1), 1);
    assert_string_equal(top[0]->text, "frequent.test");
    assert_true(top[0]->count >= 2500 && top[0]->count - top[0]->overcount <= 2500);
    heavy_hitters_clear(&hitters);
}

static void merged_counts_add_up(void **state)
{
    struct heavy_hitters left, right;

    (void)state;
    assert_int_equal(heavy_hitters_init(&left, 4), 0);
    assert_int_equal(heavy_hitters_init(&right, 4), 0);
    add_times(&left, "a", 3);
    add_times(&left, "b", 1);
    add_times(&right, "b", 4);
    add_times(&right, "c", 2);
    heavy_hitters_merge(&left, &right);
    expect_top(&left, "b 5-0, a 3-0, c 2-0");
    expect_top(&right, "b 4-0, c 2-0");
    heavy_hitters_clear(&left);
    heavy_hitters_clear(&right);
}

/*
 * Two full tables, by hand. What one of them does not know it may have seen as often as its least:
 * 4 times in the right one, once in the left one.
 */
static void merged_counts_allow_for_what_was_forgotten(void **state)
{
    struct heavy_hitters left, right;

    (void)state;
    assert_int_equal(heavy_hitters_init(&left, 2), 0);
    assert_int_equal(heavy_hitters_init(&right, 2), 0);
    add_times(&left, "x", 3);
    add_times(&left, "y", 1);
    add_times(&right, "z", 5);
    add_times(&right, "w", 4);
    heavy_hitters_merge(&left, &right);
    expect_top(&left, "x 7-4, z 6-1");
    heavy_hitters_clear(&left);
    heavy_hitters_clear(&right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_texts_are_counted_exactly),
        cmocka_unit_test(the_least_gives_way),
        cmocka_unit_test(a_stamp_counts_once),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(unusable_capacities_are_refused),
        cmocka_unit_test(counts_are_within_their_bounds),
        cmocka_unit_test(a_flood_does_not_hide_the_frequent),
        cmocka_unit_test(merged_counts_add_up),
        cmocka_unit_test(merged_counts_allow_for_what_was_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
