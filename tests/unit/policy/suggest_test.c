/*
 * What is suggested for MX hosts by name; what becomes of a suggestion that is published is the
 * business of the lab (check_suggest.py).
 */
#include "case.h"

#include "policy/suggest.h"
#include "tls/trust.h"

enum { HOSTS_MAX = 7 };

/* 2026-11-24T08:00:00Z, from date(1). */
#define NOW_S INT64_C(1795507200)

struct domain {
    struct host_facts hosts[HOSTS_MAX];
    struct domain_facts facts;
    struct verdict verdict;
    struct judge_options judge;
    struct suggest_options options;
};

static char name[] = "example.test", foreign[] = "foo.co.test";

static void domain_init(struct domain *domain, char *own_name, const char *const *hosts)
{
    memset(domain, 0, sizeof *domain);
    domain->facts.domain = own_name;
    domain->facts.smtp_port = 25;
    domain->facts.ad_believed = true;
    domain->facts.mx = dns_answer_new(own_name, DNS_TYPE_MX);
    assert_non_null(domain->facts.mx);
    domain->facts.mx->status = DNS_FOUND;
    domain->facts.hosts = domain->hosts;
    for (size_t i = 0; i < HOSTS_MAX && hosts[i]; i++) {
        struct host_facts *host = &domain->hosts[domain->facts.n_hosts++];
        struct dns_record *record = dns_answer_add(domain->facts.mx);
        assert_non_null(record);
        record->u.mx.host = strdup(hosts[i]);
        host->host = strdup(hosts[i]);
        host->is_literal = strspn(hosts[i], "0123456789.") == strlen(hosts[i]);
        assert_true(record->u.mx.host && host->host);
    }
    domain->facts.hosts_seen = domain->facts.n_hosts;
    domain->verdict.mx_status = MX_FOUND;
    domain->verdict.sts_record.status = STS_RECORD_ABSENT;
    domain->verdict.sts_status = STS_POLICY_NOT_FETCHED;
    domain->verdict.tlsrpt.status = TLSRPT_ABSENT;
    domain->judge = (struct judge_options){.at_s = NOW_S, .expiry_warn_days = 21};
    domain->options = (struct suggest_options){.now_s = NOW_S, .judge = &domain->judge};
}

static void domain_clear(struct domain *domain)
{
    for (size_t i = 0; i < domain->facts.n_hosts; i++)
        free(domain->hosts[i].host);
    dns_answer_unref(domain->facts.mx);
}

struct pattern_case {
    const char *name;
    char *domain;
    const char *hosts[HOSTS_MAX];
    const char *policy; /* the mx lines, joined by a space; NULL for no policy */
};

static const struct pattern_case pattern_cases[] = {
    {"one", name, {"mx.example.test"}, "mx.example.test"},
    {"in the order of the MX records",
     name,
     {"b.example.test", "a.example.test"},
     "b.example.test a.example.test"},
    {"three below the domain are listed",
     name,
     {"a.example.test", "b.example.test", "c.example.test"},
     "a.example.test b.example.test c.example.test"},
    {"four below the domain have a wildcard",
     name,
     {"a.example.test", "b.example.test", "c.example.test", "d.example.test"},
     "*.example.test"},
    {"the domain itself is not below itself",
     name,
     {"example.test", "a.example.test", "b.example.test", "c.example.test", "d.example.test"},
     "example.test *.example.test"},
    {"a wildcard is one label (RFC 8461 4.1)",
     name,
     {"a.example.test", "b.example.test", "c.example.test", "d.example.test", "x.a.example.test"},
     "*.example.test x.a.example.test"},
    {"four below a name of a provider's",
     name,
     {"1.mail.provider.test", "2.mail.provider.test", "3.mail.provider.test",
      "4.mail.provider.test"},
     "*.mail.provider.test"},
    {"four below a foreign name of two labels: it may be a registry's",
     name,
     {"a.co.test", "b.co.test", "c.co.test", "d.co.test"},
     "a.co.test b.co.test c.co.test d.co.test"},
    {"nor above the domain",
     foreign,
     {"a.co.test", "b.co.test", "c.co.test", "d.co.test"},
     "a.co.test b.co.test c.co.test d.co.test"},
    {"an address is no host", name, {"mx.example.test", "192.0.2.1"}, "mx.example.test"},
    {"what the grammar refuses is left out",
     name,
     {"mx.example.test", "m x.example.test"},
     "mx.example.test"},
    {"nothing is left", name, {"192.0.2.1"}, NULL},
};

static void patterns(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pattern_cases); i++) {
        const struct pattern_case *one = &pattern_cases[i];
        struct suggestion made;
        struct domain domain;
        char policy[512] = "";

        domain_init(&domain, one->domain, one->hosts);
        assert_int_equal(suggest_make(&domain.facts, &domain.verdict, &domain.options, &made), 0);
        for (size_t j = 0; j < made.n_patterns; j++) {
            strcat(policy, j > 0 ? " " : "");
            strcat(policy, made.patterns[j].text);
        }
        CASE_CHECK(one->name, strcmp(policy, one->policy ? one->policy : "") == 0);
        CASE_CHECK(one->name, !made.sts_policy == !one->policy);
        suggestion_clear(&made);
        domain_clear(&domain);
    }
}

static const char *const one_host[HOSTS_MAX] = {"mx.example.test"};

static void the_file_and_the_records(void **state)
{
    struct suggestion made;
    struct domain domain;

    (void)state;
    domain_init(&domain, name, one_host);
    assert_int_equal(suggest_make(&domain.facts, &domain.verdict, &domain.options, &made), 0);
    assert_string_equal(made.sts_policy, "version: STSv1\nmode: testing\nmx: mx.example.test\n"
                                         "max_age: 604800\n");
    assert_string_equal(made.sts_record, "v=STSv1; id=20261124T080000Z;");
    assert_string_equal(made.tlsrpt_record, "v=TLSRPTv1; rua=mailto:tls-reports@example.test");
    assert_false(made.tlsrpt_published);
    assert_string_equal(made.hosts[0].owner, "_25._tcp.mx.example.test");
    assert_int_equal(made.hosts[0].n_keys, 0);
    suggestion_clear(&made);
    domain_clear(&domain);
}

/* Senders fetch the file again when the id is another (RFC 8461 3.1). */
static void an_id_is_never_the_one_before(void **state)
{
    struct suggestion made;
    struct domain domain;

    (void)state;
    domain_init(&domain, name, one_host);
    strcpy(domain.verdict.sts_record.id, "20261124T080000Z");
    assert_int_equal(suggest_make(&domain.facts, &domain.verdict, &domain.options, &made), 0);
    assert_string_equal(made.sts_record, "v=STSv1; id=20261124T080000Z1;");
    suggestion_clear(&made);
    domain_clear(&domain);
}

static void a_valid_tls_rpt_record_stays(void **state)
{
    static char text[] = "v=TLSRPTv1; rua=https://reports.example.test/";
    struct suggestion made;
    struct domain domain;

    (void)state;
    domain_init(&domain, name, one_host);
    domain.verdict.tlsrpt.status = TLSRPT_VALID;
    domain.verdict.tlsrpt.text = text;
    assert_int_equal(suggest_make(&domain.facts, &domain.verdict, &domain.options, &made), 0);
    assert_string_equal(made.tlsrpt_record, text);
    assert_true(made.tlsrpt_published);
    suggestion_clear(&made);
    domain_clear(&domain);
}

static void outcomes(void **state)
{
    static const struct {
        enum mx_status status;
        enum suggest_outcome outcome;
    } cases[] = {
        {MX_FOUND, SUGGEST_MADE},       {MX_IMPLICIT, SUGGEST_MADE},
        {MX_NULL, SUGGEST_NO_MAIL},     {MX_NONE, SUGGEST_NO_MAIL},
        {MX_NXDOMAIN, SUGGEST_NO_MAIL}, {MX_SERVFAIL, SUGGEST_UNKNOWN},
        {MX_TIMEOUT, SUGGEST_UNKNOWN},  {MX_BOGUS, SUGGEST_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct suggestion made;
        struct domain domain;
        domain_init(&domain, name, one_host);
        domain.verdict.mx_status = cases[i].status;
        assert_int_equal(suggest_make(&domain.facts, &domain.verdict, &domain.options, &made), 0);
        assert_int_equal(made.outcome, cases[i].outcome);
        assert_int_equal(!made.sts_policy, cases[i].outcome != SUGGEST_MADE);
        suggestion_clear(&made);
        domain_clear(&domain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns),
        cmocka_unit_test(the_file_and_the_records),
        cmocka_unit_test(an_id_is_never_the_one_before),
        cmocka_unit_test(a_valid_tls_rpt_record_stays),
        cmocka_unit_test(outcomes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
