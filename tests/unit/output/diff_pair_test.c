/*
 * Two lists less what both have: multisets, whatever their order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "output/diff_pair.h"

static int compare_bytes(const void *left, const void *right)
{
    const char *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* Letters are the same in either case. */
static int compare_letters(const void *left, const void *right)
{
    char a = (char)(*(const char *)left | 0x20), b = (char)(*(const char *)right | 0x20);

    return (a > b) - (a < b);
}

static void pairs_go(void **state)
{
    static const struct {
        const char *before, *after, *gone, *fresh;
    } cases[] = {
        {"", "", "", ""},
        {"abc", "cab", "", ""},
        {"abc", "", "abc", ""},
        {"", "ba", "", "ab"},
        {"aab", "ab", "a", ""},
        {"ab", "abb", "", "b"},
        {"ace", "bdf", "ace", "bdf"},
        {"zaz", "zzz", "a", "z"},
        {"aaaa", "aa", "aa", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char before[8], after[8];
        snprintf(before, sizeof before, "%s", cases[i].before);
        snprintf(after, sizeof after, "%s", cases[i].after);
        struct diff_pair pair = {before, after, strlen(before), strlen(after), 1};
        diff_pair_off(&pair, compare_bytes);
        assert_int_equal(pair.n_before, strlen(cases[i].gone));
        assert_memory_equal(before, cases[i].gone, pair.n_before);
        assert_int_equal(pair.n_after, strlen(cases[i].fresh));
        assert_memory_equal(after, cases[i].fresh, pair.n_after);
    }
}

/* Those that are alike first: what is left then pairs off by less. */
static void passes_can_follow_one_another(void **state)
{
    char before[] = {'a', 'A', 'b'}, after[] = {'A', 'A', 'c'};
    struct diff_pair pair = {before, after, 3, 3, 1};

    (void)state;
    diff_pair_off(&pair, compare_bytes);
    assert_int_equal(pair.n_before, 2);
    diff_pair_off(&pair, compare_letters);
    assert_int_equal(pair.n_before, 1);
    assert_int_equal(before[0], 'b');
    assert_int_equal(pair.n_after, 1);
    assert_int_equal(after[0], 'c');
}

static void null_comes_before_any_text(void **state)
{
    const char *const less[][2] = {{"a", "a"}, {NULL, ""}};
    const char *const more[][2] = {{"b", "a"}, {NULL, ""}};
    const char *const same[][2] = {{NULL, NULL}, {"x", "x"}};

    (void)state;
    assert_true(diff_pair_compare(less, 2) < 0);
    assert_true(diff_pair_compare(more, 2) > 0);
    assert_int_equal(diff_pair_compare(same, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_go),
        cmocka_unit_test(passes_can_follow_one_another),
        cmocka_unit_test(null_comes_before_any_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
