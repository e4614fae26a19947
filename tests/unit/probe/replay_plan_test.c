/* What a replay looks at: each domain and each (MX host, address) once, and how many at the most.
 */
#include "case.h"

#include <stdio.h>

#include "probe/replay_plan.h"

enum { FAILURES_MAX = 600 };

/* A report with one policy, whose failures the test names. */
struct given {
    char mx[FAILURES_MAX][64], ip[FAILURES_MAX][32];
    struct tlsrpt_failure failures[FAILURES_MAX];
    struct tlsrpt_policy policy;
    struct tlsrpt_report report;
    struct report_result result;
};

static struct given *given_new(const char *domain)
{
    struct given *given = calloc(1, sizeof *given);

    assert_non_null(given);
    given->policy =
        (struct tlsrpt_policy){.policy_domain = (char *)domain, .failures = given->failures};
    given->report = (struct tlsrpt_report){.policies = &given->policy, .n_policies = 1};
    given->result = (struct report_result){.file = "x", .report = &given->report};
    return given;
}

static void add(struct given *given, const char *mx, const char *ip)
{
    size_t i = given->policy.n_failures++;

    assert_true(i < FAILURES_MAX);
    snprintf(given->mx[i], sizeof given->mx[i], "%s", mx ? mx : "");
    snprintf(given->ip[i], sizeof given->ip[i], "%s", ip ? ip : "");
    given->failures[i].mx = mx ? given->mx[i] : NULL;
    given->failures[i].ip = ip ? given->ip[i] : NULL;
}

/* Facts of a domain with one MX host of two addresses, one a family. */
static struct domain_facts *facts_of(const char *domain, const char *mx)
{
    struct domain_facts *facts = domain_facts_new(domain);

    assert_non_null(facts);
    facts->hosts = calloc(1, sizeof *facts->hosts);
    assert_non_null(facts->hosts);
    facts->n_hosts = 1;
    facts->hosts[0].host = strdup(mx);
    facts->hosts[0].a = dns_answer_new(mx, DNS_TYPE_A);
    facts->hosts[0].aaaa = dns_answer_new(mx, DNS_TYPE_AAAA);
    assert_true(dns_address_parse("192.0.2.1", &dns_answer_add(facts->hosts[0].a)->u.address));
    assert_true(dns_address_parse("2001:db8::1", &dns_answer_add(facts->hosts[0].aaaa)->u.address));
    return facts;
}

static const struct domain_job_options both = {.ipv4 = true, .ipv6 = true};

static void test_each_once(void **state)
{
    struct given *given = given_new("Example.NET.");
    struct replay_plan plan;

    (void)state;
    for (int i = 0; i < 3; i++) {
        add(given, "mx1.example.net", "192.0.2.11");
        add(given, "MX1.Example.net.", "192.0.2.11"); /* the same name */
        add(given, "mx1.example.net", "2001:db8::11");
        add(given, "mx2.example.net", "192.0.2.11");
    }
    assert_int_equal(replay_plan_make(&plan, &given->result, 1), 0);
    assert_int_equal(plan.n_items, 12);
    assert_int_equal(plan.n_domains, 1);
    assert_string_equal(plan.domains[0].name, "example.net");
    replay_plan_pairs(&plan, &both);
    assert_int_equal(plan.n_pairs, 3);
    assert_true(replay_item_has(&plan.items[1], &plan.pairs[0]));
    assert_false(replay_item_has(&plan.items[1], &plan.pairs[1]));
    assert_false(replay_item_has(&plan.items[1], &plan.pairs[2]));
    replay_plan_clear(&plan);
    free(given);
}

static void test_what_cannot_be_asked_for(void **state)
{
    static const struct {
        const char *name, *domain, *mx, *ip;
        const char *domain_asked; /* NULL: none */
        size_t n_pairs;
        const char *why_not; /* NULL: nothing stands against it */
    } cases[] = {
        {"all is named", "example.net", "mx.example.net", "192.0.2.1", "example.net", 1, NULL},
        {"no domain", NULL, "mx.example.net", "192.0.2.1", "mx.example.net", 1, NULL},
        {"no host", "example.net", NULL, NULL, "example.net", 0, NULL},
        {"nothing", NULL, NULL, NULL, NULL, 0, "neither a domain nor an MX host"},
        {"a host that is none", "example.net", "a b", "192.0.2.1", NULL, 0, "no host name"},
        {"an address for a host", "example.net", "192.0.2.1", "192.0.2.1", NULL, 0, "no host name"},
        {"an address that is none", "example.net", "mx.example.net", "192.0.2.256", NULL, 0,
         "for the address is none"},
        {"a domain that is none", "exa\x1bmple", "mx.example.net", "192.0.2.1", NULL, 0,
         "no domain name"},
        {"no address, not an MX host", "example.net", "mx.example.net", NULL, "example.net", 0,
         "no MX host of the domain any more"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct given *given = given_new(cases[i].domain);
        struct replay_plan plan;
        add(given, cases[i].mx, cases[i].ip);
        CASE_CHECK(cases[i].name, replay_plan_make(&plan, &given->result, 1) == 0);
        replay_plan_pairs(&plan, &both);
        const struct replay_item *item = &plan.items[0];
        CASE_CHECK(cases[i].name, plan.n_domains == (cases[i].domain_asked ? 1 : 0));
        CASE_CHECK(cases[i].name, !cases[i].domain_asked ||
                                      strcmp(item->domain->name, cases[i].domain_asked) == 0);
        CASE_CHECK(cases[i].name, plan.n_pairs == cases[i].n_pairs);
        CASE_CHECK(cases[i].name, !item->why_not == !cases[i].why_not);
        CASE_CHECK(cases[i].name, !item->why_not || strstr(item->why_not, cases[i].why_not));
        replay_plan_clear(&plan);
        free(given);
    }
}

/* A host that is named without an address has those of today, of the families to be used. */
static void test_addresses_of_today(void **state)
{
    static const struct domain_job_options four = {.ipv4 = true}, six = {.ipv6 = true};
    static const struct {
        const struct domain_job_options *options;
        const char *ip;
        size_t n_pairs;
    } cases[] = {{&both, NULL, 2},         {&four, NULL, 1},       {&six, NULL, 1},
                 {&four, "192.0.2.9", 1},  {&six, "192.0.2.9", 0}, {&six, "2001:db8::9", 1},
                 {&four, "2001:db8::9", 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct given *given = given_new("example.net");
        struct replay_plan plan;
        add(given, "mx.example.net", cases[i].ip);
        assert_int_equal(replay_plan_make(&plan, &given->result, 1), 0);
        plan.domains[0].facts = facts_of("example.net", "mx.example.net");
        replay_plan_pairs(&plan, cases[i].options);
        assert_int_equal(plan.n_pairs, cases[i].n_pairs);
        replay_plan_clear(&plan);
        free(given);
    }
}

static void test_server_name(void **state)
{
    static const struct {
        enum dns_status status;
        enum dns_security security;
        const char *sni;
    } cases[] = {{DNS_FOUND, DNS_SECURE, "real.example.org"},
                 {DNS_FOUND, DNS_INSECURE, "mx.example.net"},
                 {DNS_NODATA, DNS_SECURE, "mx.example.net"}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct given *given = given_new("example.net");
        struct replay_plan plan;
        add(given, "mx.example.net", "192.0.2.1");
        assert_int_equal(replay_plan_make(&plan, &given->result, 1), 0);
        struct domain_facts *facts = facts_of("example.net", "mx.example.net");
        facts->hosts[0].tlsa = dns_answer_new("x", DNS_TYPE_TLSA);
        facts->hosts[0].tlsa->status = cases[i].status;
        facts->hosts[0].tlsa->security = cases[i].security;
        facts->hosts[0].tlsa_base = strdup("real.example.org");
        plan.domains[0].facts = facts;
        replay_plan_pairs(&plan, &both);
        assert_string_equal(plan.pairs[0].sni, cases[i].sni);
        assert_string_equal(plan.pairs[0].mx, "mx.example.net");
        replay_plan_clear(&plan);
        free(given);
    }
}

static void test_limits(void **state)
{
    struct given *given = given_new("example.net");
    struct replay_plan plan;
    char mx[64], ip[32];

    (void)state;
    for (int i = 0; i < 300; i++) { /* a host name each, of one address */
        snprintf(mx, sizeof mx, "mx%d.example.net", i);
        add(given, mx, "192.0.2.1");
    }
    for (int i = 0; i < 300; i++) { /* and one each of many */
        snprintf(ip, sizeof ip, "198.51.%d.%d", i / 250, i % 250);
        add(given, "mx.example.net", ip);
    }
    assert_int_equal(replay_plan_make(&plan, &given->result, 1), 0);
    replay_plan_pairs(&plan, &both);
    assert_int_equal(plan.n_pairs, REPLAY_PAIRS_MAX);
    assert_null(plan.items[REPLAY_PAIRS_PER_ADDRESS_MAX - 1].why_not);
    assert_non_null(strstr(plan.items[REPLAY_PAIRS_PER_ADDRESS_MAX].why_not, "(8)"));
    assert_non_null(strstr(plan.items[599].why_not, "(256)"));
    replay_plan_clear(&plan);
    free(given);
}

static void test_domains_are_limited(void **state)
{
    static struct given *given[REPLAY_DOMAINS_MAX + 1];
    static char names[REPLAY_DOMAINS_MAX + 1][32];
    struct report_result results[REPLAY_DOMAINS_MAX + 1];
    struct replay_plan plan;

    (void)state;
    for (size_t i = 0; i <= REPLAY_DOMAINS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "d%zu.example", i);
        given[i] = given_new(names[i]);
        add(given[i], NULL, NULL);
        results[i] = given[i]->result;
    }
    assert_int_equal(replay_plan_make(&plan, results, REPLAY_DOMAINS_MAX + 1), 0);
    assert_int_equal(plan.n_domains, REPLAY_DOMAINS_MAX);
    assert_null(plan.items[REPLAY_DOMAINS_MAX].domain);
    assert_non_null(strstr(plan.items[REPLAY_DOMAINS_MAX].why_not, "(100)"));
    replay_plan_clear(&plan);
    for (size_t i = 0; i <= REPLAY_DOMAINS_MAX; i++)
        free(given[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_once),
        cmocka_unit_test(test_what_cannot_be_asked_for),
        cmocka_unit_test(test_addresses_of_today),
        cmocka_unit_test(test_server_name),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_domains_are_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
