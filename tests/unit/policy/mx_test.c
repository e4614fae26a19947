/* RFC 5321 section 5.1 and RFC 7505: from an MX answer to the hosts that are tried. */
#include "case.h"

#include <stdio.h>

#include "policy/mx.h"

enum { RECORDS = 5 };

struct mx_record {
    uint16_t preference;
    const char *host; /* NULL ends the list; "" is the root */
};

static struct domain_facts *facts_with(enum dns_status status, const struct mx_record *records,
                                       size_t room)
{
    struct domain_facts *facts = domain_facts_new("example.test");

    assert_non_null(facts);
    facts->mx = dns_answer_new("example.test", DNS_TYPE_MX);
    assert_non_null(facts->mx);
    facts->mx->status = status;
    for (size_t i = 0; i < room && records[i].host; i++) {
        struct dns_record *record = dns_answer_add(facts->mx);
        assert_non_null(record);
        record->u.mx.preference = records[i].preference;
        record->u.mx.host = strdup(records[i].host);
        assert_non_null(record->u.mx.host);
    }
    return facts;
}

static const struct {
    const char *name;
    enum dns_status status;
    struct mx_record records[RECORDS];
    struct mx_record hosts[RECORDS];
} list_cases[] = {
    {"one record", DNS_FOUND, {{10, "a.test"}}, {{10, "a.test"}}},
    {"ascending preference",
     DNS_FOUND,
     {{30, "c.test"}, {10, "a.test"}, {20, "b.test"}},
     {{10, "a.test"}, {20, "b.test"}, {30, "c.test"}}},
    {"equal preferences as received",
     DNS_FOUND,
     {{10, "c.test"}, {5, "x.test"}, {10, "a.test"}, {10, "b.test"}},
     {{5, "x.test"}, {10, "c.test"}, {10, "a.test"}, {10, "b.test"}}},
    {"a name twice: once, with the better preference",
     DNS_FOUND,
     {{30, "a.test"}, {20, "b.test"}, {10, "a.test"}},
     {{10, "a.test"}, {20, "b.test"}}},
    {"a name twice, the better preference first",
     DNS_FOUND,
     {{10, "a.test"}, {20, "b.test"}, {30, "a.test"}},
     {{10, "a.test"}, {20, "b.test"}}},
    {"preferences 0 and 65535",
     DNS_FOUND,
     {{65535, "b.test"}, {0, "a.test"}},
     {{0, "a.test"}, {65535, "b.test"}}},
    {"a null MX alone", DNS_FOUND, {{0, ""}}, {{0, NULL}}},
    {"a null MX beside another", DNS_FOUND, {{0, ""}, {10, "a.test"}}, {{10, "a.test"}}},
    {"no MX: the domain itself", DNS_NODATA, {{0, NULL}}, {{0, "example.test"}}},
    {"no such domain", DNS_NXDOMAIN, {{0, NULL}}, {{0, NULL}}},
    {"the lookup failed", DNS_SERVFAIL, {{0, NULL}}, {{0, NULL}}},
    {"the answer is bogus", DNS_BOGUS, {{0, NULL}}, {{0, NULL}}},
    {"no answer", DNS_TIMEOUT, {{0, NULL}}, {{0, NULL}}},
};

static void test_hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(list_cases); i++) {
        const char *name = list_cases[i].name;
        struct domain_facts *facts =
            facts_with(list_cases[i].status, list_cases[i].records, RECORDS);
        size_t n = 0;

        CASE_CHECK(name, mx_list_hosts(facts) == 0);
        for (; n < RECORDS && list_cases[i].hosts[n].host; n++) {
            CASE_CHECK(name, n < facts->n_hosts);
            CASE_CHECK(name, strcmp(facts->hosts[n].host, list_cases[i].hosts[n].host) == 0);
            CASE_CHECK(name, facts->hosts[n].preference == list_cases[i].hosts[n].preference);
            CASE_CHECK(name, !facts->hosts[n].is_literal);
        }
        CASE_CHECK(name, facts->n_hosts == n && facts->hosts_seen == n);
        domain_facts_free(facts);
    }
}

static void test_literals(void **state)
{
    static const struct mx_record records[] = {
        {10, "192.0.2.1"}, {20, "2001:db8::1"}, {30, "192.0.2.1.test"}};
    struct domain_facts *facts = facts_with(DNS_FOUND, records, COUNT(records));

    (void)state;
    assert_int_equal(mx_list_hosts(facts), 0);
    assert_int_equal(facts->n_hosts, 3);
    assert_true(facts->hosts[0].is_literal);
    assert_true(facts->hosts[1].is_literal);
    assert_false(facts->hosts[2].is_literal);
    domain_facts_free(facts);
}

/* `n` hosts, the best preference last. */
static struct domain_facts *many(unsigned n)
{
    struct domain_facts *facts = facts_with(DNS_FOUND, NULL, 0);

    for (unsigned i = 0; i < n; i++) {
        struct dns_record *record = dns_answer_add(facts->mx);
        char host[32];
        assert_non_null(record);
        snprintf(host, sizeof host, "mx%u.test", i);
        record->u.mx.preference = (uint16_t)(n - i);
        record->u.mx.host = strdup(host);
        assert_non_null(record->u.mx.host);
    }
    return facts;
}

/* More than the DNS keeps of other records: the best are still the last of them all. */
static void test_thousand(void **state)
{
    struct domain_facts *facts = many(1000);
    struct dns_record *again = dns_answer_add(facts->mx);

    (void)state;
    assert_non_null(again);
    again->u.mx.host = strdup("mx0.test");
    assert_int_equal(mx_list_hosts(facts), 0);
    assert_int_equal(facts->hosts_seen, 1000);
    assert_string_equal(facts->hosts[0].host,
                        "mx0.test"); /* preference 0, from its second record */
    assert_string_equal(facts->hosts[1].host, "mx999.test");
    assert_string_equal(facts->hosts[FACTS_MX_HOSTS_MAX - 1].host, "mx969.test");
    domain_facts_free(facts);
}

static void test_limit(void **state)
{
    struct domain_facts *facts = many(FACTS_MX_HOSTS_MAX + 1);

    (void)state;
    assert_int_equal(mx_list_hosts(facts), 0);
    assert_int_equal(facts->n_hosts, FACTS_MX_HOSTS_MAX);
    assert_int_equal(facts->hosts_seen, FACTS_MX_HOSTS_MAX + 1);
    assert_string_equal(facts->hosts[0].host,
                        "mx32.test"); /* the worst is left out, not the last */
    assert_int_equal(facts->hosts[0].preference, 1);
    assert_string_equal(facts->hosts[FACTS_MX_HOSTS_MAX - 1].host, "mx1.test");
    domain_facts_free(facts);

    facts = many(FACTS_MX_HOSTS_MAX);
    assert_int_equal(mx_list_hosts(facts), 0);
    assert_int_equal(facts->n_hosts, FACTS_MX_HOSTS_MAX);
    assert_int_equal(facts->hosts_seen, FACTS_MX_HOSTS_MAX);
    domain_facts_free(facts);
}

static const struct {
    const char *name;
    struct mx_record records[RECORDS];
    bool null, conflict;
} null_cases[] = {
    {"alone", {{0, ""}}, true, false},
    {"alone, of another preference", {{10, ""}}, true, false},
    {"beside a host", {{0, ""}, {10, "a.test"}}, true, true},
    {"behind a host", {{10, "a.test"}, {0, ""}}, true, true},
    {"none", {{10, "a.test"}}, false, false},
};

static void test_null(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(null_cases); i++) {
        struct domain_facts *facts = facts_with(DNS_FOUND, null_cases[i].records, RECORDS);
        bool conflict = !null_cases[i].conflict;

        CASE_CHECK(null_cases[i].name, mx_is_null(facts->mx, &conflict) == null_cases[i].null);
        CASE_CHECK(null_cases[i].name, conflict == null_cases[i].conflict);
        domain_facts_free(facts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),    cmocka_unit_test(test_literals),
        cmocka_unit_test(test_thousand), cmocka_unit_test(test_limit),
        cmocka_unit_test(test_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
