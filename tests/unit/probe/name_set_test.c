/* Unit tests of probe/name_set. */
#include "case.h"

#include <time.h>

#include "probe/name_set.h"

/* A million is enough to show the slope; MXPROBE_LONG=1 goes on to five. */
enum { MANY = 1000000, VERY_MANY = 5000000 };

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What the kernel counts as this process's anonymous memory, in bytes. */
static size_t resident_bytes(void)
{
    char line[256];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "RssAnon:", 8) == 0)
            kib = strtoul(line + 8, NULL, 10);
    fclose(file);
    return kib * 1024;
}

static struct name_set *new_set(void)
{
    struct name_set *set = name_set_new();

    assert_non_null(set);
    return set;
}

static void test_new_and_there(void **state)
{
    static const struct {
        const char *name;
        enum name_set_result result;
    } cases[] = {
        {"example.com", NAME_SET_NEW},
        {"example.com", NAME_SET_THERE},
        {"example.co", NAME_SET_NEW},
        {"example.comm", NAME_SET_NEW},
        {"Example.com", NAME_SET_NEW}, /* as it is: the caller lowers the case */
        {"", NAME_SET_NEW},
        {"", NAME_SET_THERE},
        {"example.com", NAME_SET_THERE},
    };
    struct name_set *set = new_set();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        CASE_INT(cases[i].name, name_set_add(set, cases[i].name), cases[i].result);
    assert_int_equal(name_set_count(set), 5);
    name_set_free(set);
    name_set_free(NULL);
}

static void test_sets_do_not_know_each_other(void **state)
{
    struct name_set *first = new_set();
    struct name_set *second = new_set();

    (void)state;
    assert_int_equal(name_set_add(first, "example.com"), NAME_SET_NEW);
    assert_int_equal(name_set_add(second, "example.com"), NAME_SET_NEW);
    name_set_free(first);
    name_set_free(second);
}

/* Through every growth: each name is new once, and there ever after. */
static void test_every_name_is_kept(void **state)
{
    enum { NAMES = 60000 };
    struct name_set *set = new_set();
    char name[32];

    (void)state;
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        CASE_INT(name, name_set_add(set, name), NAME_SET_NEW);
        snprintf(name, sizeof name, "n%u.example", i / 2);
        CASE_INT(name, name_set_add(set, name), NAME_SET_THERE);
    }
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        CASE_INT(name, name_set_add(set, name), NAME_SET_THERE);
    }
    assert_int_equal(name_set_count(set), NAMES);
    name_set_free(set);
}

static void report(const struct name_set *set, size_t resident, int64_t ns)
{
    size_t count = name_set_count(set);

    print_message(
        "%8zu names: %5.2f bytes a name, at most %5.2f; resident %5.2f; %4.0f ns a name\n", count,
        (double)name_set_bytes(set) / (double)count,
        (double)name_set_peak_bytes(set) / (double)count, (double)resident / (double)count,
        (double)ns / (double)count);
}

/* The promise of the header, after every single name: growth is where it would break. */
static void test_memory(void **state)
{
    struct name_set *set = new_set();
    unsigned n = getenv("MXPROBE_LONG") ? VERY_MANY : MANY;
    size_t before = resident_bytes();
    int64_t spent_ns = 0;
    char name[32];

    (void)state;
    for (unsigned i = 1; i <= n; i++) {
        snprintf(name, sizeof name, "host%u.example.com", i);
        int64_t begin_ns = now_ns();
        enum name_set_result result = name_set_add(set, name);
        spent_ns += now_ns() - begin_ns;
        CASE_INT(name, result, NAME_SET_NEW);
        if (name_set_bytes(set) > 24 * (size_t)i + NAME_SET_FLOOR ||
            name_set_peak_bytes(set) > 24 * (size_t)i + NAME_SET_FLOOR)
            fail_msg("%u names: %zu bytes, %zu at most", i, name_set_bytes(set),
                     name_set_peak_bytes(set));
        if (i == 1000 || i == 100000 || i == MANY || i == VERY_MANY)
            report(set, resident_bytes() - before, spent_ns);
    }
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    /* What the set says is what the kernel sees, to a page for each segment. */
    assert_in_range(resident_bytes() - before, 0, name_set_bytes(set) + NAME_SET_FLOOR);
#endif
    name_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_and_there),
        cmocka_unit_test(test_sets_do_not_know_each_other),
        cmocka_unit_test(test_every_name_is_kept),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
