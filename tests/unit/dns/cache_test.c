/* Unit tests of dns/cache, and of dns/table that it stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "dns/cache.h"

static struct dns_answer *answer_new(const char *name, enum dns_status status, uint32_t ttl_s)
{
    struct dns_answer *answer = dns_answer_new(name, DNS_TYPE_A);

    assert_non_null(answer);
    answer->status = status;
    answer->ttl_s = ttl_s;
    return answer;
}

static void put(struct dns_cache *cache, const char *name, uint32_t ttl_s, int64_t now_ms)
{
    struct dns_answer *answer = answer_new(name, DNS_FOUND, ttl_s);

    dns_cache_put(cache, answer, now_ms);
    dns_answer_unref(answer);
}

static void test_kept_for_as_long_as_it_holds(void **state)
{
    static const struct {
        const char *name;
        enum dns_status status;
        uint32_t ttl_s;
        int64_t kept_ms; /* 0: not at all */
    } cases[] = {
        {"found", DNS_FOUND, 300, 300000},
        {"found, TTL 0", DNS_FOUND, 0, 0},
        {"found, a year", DNS_FOUND, 31536000, 86400000},
        {"no data", DNS_NODATA, 60, 60000},
        {"no data, no SOA", DNS_NODATA, 0, 0},
        {"no such name, a week", DNS_NXDOMAIN, 604800, 10800000}, /* RFC 2308 5: 1 to 3 hours */
        {"server failure", DNS_SERVFAIL, 0, 5000},
        {"refused", DNS_REFUSED, 3600, 5000},
        {"timeout", DNS_TIMEOUT, 0, 5000},
        {"bogus", DNS_BOGUS, 0, 5000},
        {"malformed", DNS_MALFORMED, 0, 5000},
        {"not asked", DNS_NOT_ASKED, 3600, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_cache *cache = dns_cache_new(4, 1);
        struct dns_answer *answer = answer_new("a.example", cases[i].status, cases[i].ttl_s);
        struct dns_answer *last;
        struct dns_answer *after;

        assert_non_null(cache);
        dns_cache_put(cache, answer, 1000);
        last = dns_cache_find(cache, "a.example", DNS_TYPE_A, 1000 + cases[i].kept_ms - 1);
        after = dns_cache_find(cache, "a.example", DNS_TYPE_A, 1000 + cases[i].kept_ms);
        if ((last != NULL) != (cases[i].kept_ms > 0) || after != NULL)
            fail_msg("%s: %p %p", cases[i].name, (void *)last, (void *)after);
        dns_answer_unref(answer);
        dns_cache_free(cache);
    }
}

static void test_names_and_types(void **state)
{
    struct dns_cache *cache = dns_cache_new(4, 7);

    (void)state;
    assert_non_null(cache);
    put(cache, "Mail.Example", 60, 0);
    assert_non_null(dns_cache_find(cache, "mail.EXAMPLE", DNS_TYPE_A, 1));
    assert_non_null(dns_cache_find(cache, "mail.example.", DNS_TYPE_A, 1));
    assert_null(dns_cache_find(cache, "mail.example", DNS_TYPE_AAAA, 1));
    assert_null(dns_cache_find(cache, "mailexample", DNS_TYPE_A, 1));
    dns_cache_free(cache);
    dns_cache_free(NULL);
}

static void test_the_least_recently_used_goes_first(void **state)
{
    struct dns_cache *cache = dns_cache_new(2, 3);

    (void)state;
    assert_non_null(cache);
    put(cache, "a.example", 60, 0);
    put(cache, "b.example", 60, 0);
    assert_non_null(dns_cache_find(cache, "a.example", DNS_TYPE_A, 1));
    put(cache, "c.example", 60, 2);
    assert_null(dns_cache_find(cache, "b.example", DNS_TYPE_A, 3));
    assert_non_null(dns_cache_find(cache, "a.example", DNS_TYPE_A, 3));
    assert_non_null(dns_cache_find(cache, "c.example", DNS_TYPE_A, 3));
    dns_cache_free(cache);
}

static void test_a_newer_answer_replaces(void **state)
{
    struct dns_cache *cache = dns_cache_new(2, 3);
    struct dns_answer *found;

    (void)state;
    assert_non_null(cache);
    put(cache, "a.example", 60, 0);
    put(cache, "A.example", 90, 10);
    found = dns_cache_find(cache, "a.example", DNS_TYPE_A, 11);
    assert_non_null(found);
    assert_int_equal(found->ttl_s, 90);
    put(cache, "a.example", 0, 20);
    assert_null(dns_cache_find(cache, "a.example", DNS_TYPE_A, 21));
    dns_cache_free(cache);
}

static void test_many_entries(void **state)
{
    enum { N = 1000 };
    struct dns_cache *cache = dns_cache_new(N, 42);
    char name[32];

    (void)state;
    assert_non_null(cache);
    for (int i = 0; i < 2 * N; i++) {
        snprintf(name, sizeof name, "host%d.example", i);
        put(cache, name, 60, 0);
    }
    for (int i = 0; i < 2 * N; i++) {
        struct dns_answer *found;

        snprintf(name, sizeof name, "host%d.example", i);
        found = dns_cache_find(cache, name, DNS_TYPE_A, 1);
        if ((found != NULL) != (i >= N))
            fail_msg("%s", name);
    }
    dns_cache_free(cache);
}

static void test_large_answers_are_not_kept(void **state)
{
    static const struct {
        size_t records;
        bool kept;
    } cases[] = {{1, true}, {DNS_RECORDS_MAX, false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dns_cache *cache = dns_cache_new(4, 1);
        struct dns_answer *answer = answer_new("a.example", DNS_FOUND, 60);

        assert_non_null(cache);
        put(cache, "a.example", 60, 0);
        for (size_t n = 0; n < cases[i].records; n++)
            assert_non_null(dns_answer_add(answer));
        dns_cache_put(cache, answer, 0);
        assert_ptr_equal(dns_cache_find(cache, "a.example", DNS_TYPE_A, 1),
                         cases[i].kept ? answer : NULL); /* nor is the older one */
        dns_answer_unref(answer);
        dns_cache_free(cache);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_answers_are_not_kept),
        cmocka_unit_test(test_kept_for_as_long_as_it_holds),
        cmocka_unit_test(test_names_and_types),
        cmocka_unit_test(test_the_least_recently_used_goes_first),
        cmocka_unit_test(test_a_newer_answer_replaces),
        cmocka_unit_test(test_many_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
