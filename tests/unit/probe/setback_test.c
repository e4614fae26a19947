/* Unit tests of probe/setback: what is worth another try, and what slows a scan down. */
#include "case.h"

#include "probe/setback.h"

enum where { AT_MX, AT_RECORD, AT_REPORTS, AT_A, AT_AAAA, AT_CNAME, AT_TLSA };

/* The facts of a domain with one host at one address, where all went well. */
static struct domain_facts *good_facts(void)
{
    const struct dns_address address = {.family = DNS_IPV4, .bytes = {192, 0, 2, 1}};
    struct domain_facts *facts = domain_facts_new("example.com");

    assert_non_null(facts);
    facts->hosts = calloc(1, sizeof *facts->hosts);
    assert_non_null(facts->hosts);
    facts->n_hosts = 1;
    facts->hosts[0].host = strdup("mx.example.com");
    facts->hosts[0].endpoints = calloc(1, sizeof(struct smtp_facts *));
    assert_non_null(facts->hosts[0].endpoints);
    facts->hosts[0].endpoints[0] = smtp_facts_new(&address, 25);
    assert_non_null(facts->hosts[0].endpoints[0]);
    facts->hosts[0].endpoints[0]->problem = SMTP_FINE;
    facts->hosts[0].n_endpoints = 1;
    return facts;
}

static struct dns_answer **slot_of(struct domain_facts *facts, enum where where)
{
    struct host_facts *host = &facts->hosts[0];
    struct dns_answer **const slots[] = {
        [AT_MX] = &facts->mx,   [AT_RECORD] = &facts->sts_txt, [AT_REPORTS] = &facts->tlsrpt_txt,
        [AT_A] = &host->a,      [AT_AAAA] = &host->aaaa,       [AT_CNAME] = &host->cname,
        [AT_TLSA] = &host->tlsa};

    return slots[where];
}

static void check(const char *name, struct domain_facts *facts, const char *expected)
{
    const struct setback setback = setback_of(facts);

    CASE_INT(name, setback.ours, strchr(expected, 'o') != NULL);
    CASE_INT(name, setback.resolver, strchr(expected, 'r') != NULL);
    CASE_INT(name, setback.passing, strchr(expected, 'p') != NULL);
    domain_facts_free(facts);
}

/* o: ours, r: the resolver's, p: passing. */
static void test_answers(void **state)
{
    static const struct {
        const char *name;
        enum where where;
        enum dns_status status;
        bool had_no_turn;
        const char *expected;
    } cases[] = {
        {"MX found", AT_MX, DNS_FOUND, false, ""},
        {"MX not asked", AT_MX, DNS_NOT_ASKED, false, "op"},
        {"MX without a turn", AT_MX, DNS_NOT_ASKED, true, "rp"},
        {"MX in vain", AT_MX, DNS_TIMEOUT, false, "r"},
        {"MX failed", AT_MX, DNS_SERVFAIL, false, ""},
        {"MX bogus", AT_MX, DNS_BOGUS, false, ""},
        {"policy record not asked", AT_RECORD, DNS_NOT_ASKED, false, "op"},
        {"policy record in vain", AT_RECORD, DNS_TIMEOUT, false, "r"},
        {"report record not asked", AT_REPORTS, DNS_NOT_ASKED, false, "op"},
        {"A not asked", AT_A, DNS_NOT_ASKED, false, "op"},
        {"A in vain", AT_A, DNS_TIMEOUT, false, "r"},
        {"AAAA not asked", AT_AAAA, DNS_NOT_ASKED, false, "op"},
        {"alias not asked", AT_CNAME, DNS_NOT_ASKED, false, "op"},
        {"TLSA cut by the deadline", AT_TLSA, DNS_NOT_ASKED, false, "p"},
        {"TLSA in vain", AT_TLSA, DNS_TIMEOUT, false, "r"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct domain_facts *facts = good_facts();
        struct dns_answer *answer = dns_answer_new("example.com", DNS_TYPE_MX);
        assert_non_null(answer);
        answer->status = cases[i].status;
        answer->had_no_turn = cases[i].had_no_turn;
        *slot_of(facts, cases[i].where) = answer;
        check(cases[i].name, facts, cases[i].expected);
    }
}

static void test_sessions(void **state)
{
    static const struct {
        const char *name;
        enum smtp_problem problem;
        int reply_code;
        const char *expected;
    } cases[] = {
        {"fine", SMTP_FINE, 0, ""},
        {"our trouble", SMTP_OURS, 0, "op"},
        {"421", SMTP_TEMPORARY_REPLY, 421, "p"},
        {"450", SMTP_TEMPORARY_REPLY, 450, "p"},
        {"451", SMTP_TEMPORARY_REPLY, 451, ""},
        {"the domain's deadline", SMTP_DEADLINE, 0, "p"},
        {"refused", SMTP_CONNECTION_REFUSED, 0, ""},
        {"timed out", SMTP_TIMED_OUT, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct domain_facts *facts = good_facts();
        facts->hosts[0].endpoints[0]->problem = cases[i].problem;
        facts->hosts[0].endpoints[0]->reply_code = cases[i].reply_code;
        check(cases[i].name, facts, cases[i].expected);
    }
}

static void test_the_rest(void **state)
{
    static const struct {
        const char *name;
        enum sts_fetch_problem problem;
        const char *expected;
    } fetches[] = {
        {"policy fetched", STS_FETCH_OK, ""},
        {"policy host refuses", STS_FETCH_CONNECT, ""},
        {"no descriptor for the fetch", STS_FETCH_OURS, "op"},
    };
    struct domain_facts *facts = good_facts();

    (void)state;
    check("all well", facts, "");
    check("no facts", NULL, "op");
    facts = good_facts();
    facts->trouble = "out of memory";
    check("trouble", facts, "op");
    for (size_t i = 0; i < COUNT(fetches); i++) {
        facts = good_facts();
        facts->sts_fetch = sts_fetch_facts_new("example.com", 443);
        assert_non_null(facts->sts_fetch);
        facts->sts_fetch->problem = fetches[i].problem;
        check(fetches[i].name, facts, fetches[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_the_rest),
    };
    return cmocka_run_group_tests_name("setback", tests, NULL, NULL);
}
