/* Unit tests of probe/host_job: what is asked of the DNS, whom it visits, and cuts. */
#include "case.h"

#include "fake_backend.h"
#include "probe/host_job.h"

/* What the DNS says of mx.example.com in the case at hand. */
static struct zone {
    enum dns_security security;
    const char *v4[32], *v6[32];
    const char *alias; /* both address answers come by way of it */
    enum dns_security cname_security;
    bool tlsa_at_alias, tlsa_at_host;
} zone;

static struct dns_answer *found_tlsa(const char *name)
{
    struct dns_answer *answer = fake_denial(name, DNS_TYPE_TLSA, DNS_NODATA);
    struct dns_record *record = dns_answer_add(answer);

    assert_non_null(record);
    answer->status = DNS_FOUND;
    answer->security = DNS_SECURE;
    return answer;
}

static struct dns_answer *zone_says(const char *name, uint16_t type)
{
    struct dns_answer *answer = NULL;

    if (type == DNS_TYPE_A || type == DNS_TYPE_AAAA) {
        answer = fake_addresses(name, type, zone.security, type == DNS_TYPE_A ? zone.v4 : zone.v6);
        if (zone.alias)
            assert_true(dns_answer_add_alias(answer, zone.alias));
    } else if (type == DNS_TYPE_CNAME) {
        answer = fake_denial(name, type, DNS_FOUND);
        answer->security = zone.cname_security;
    } else if (type == DNS_TYPE_TLSA) {
        bool at_alias = zone.alias && strstr(name, zone.alias);
        if (at_alias ? zone.tlsa_at_alias : zone.tlsa_at_host)
            answer = found_tlsa(name);
    }
    return answer;
}

struct visit {
    struct fake fake;
    struct backend backend;
    struct domain_job_options options;
    struct domain_facts *domain;
    struct host_job job;
    int told;
};

static int set_up(void **state)
{
    struct visit *visit = calloc(1, sizeof *visit);

    assert_non_null(visit);
    zone = (struct zone){.security = DNS_INSECURE, .v4 = {"192.0.2.1"}};
    visit->fake.answer = zone_says;
    visit->backend = fake_backend(&visit->fake);
    visit->options = (struct domain_job_options){
        .smtp_port = 25, .sts_port = 443, .ipv4 = true, .ipv6 = true, .allow_private = true};
    visit->domain = domain_facts_new("example.com");
    assert_non_null(visit->domain);
    visit->domain->hosts = calloc(1, sizeof *visit->domain->hosts);
    visit->domain->n_hosts = 1;
    visit->domain->hosts[0].host = strdup("mx.example.com");
    *state = visit;
    return 0;
}

static int tear_down(void **state)
{
    struct visit *visit = *state;

    domain_facts_free(visit->domain);
    fake_clear(&visit->fake);
    free(visit);
    return 0;
}

static void on_done(void *arg)
{
    ((struct visit *)arg)->told++;
}

static bool start(struct visit *visit)
{
    bool started = host_job_start(&visit->job, &visit->backend, &visit->options,
                                  &visit->domain->hosts[0], FACTS_ADDRESSES_MAX, on_done, visit);

    assert_int_equal(visit->told, 0); /* never inline */
    return started;
}

/* Lets everything end, oldest or newest first. */
static const struct host_facts *finish(struct visit *visit, bool newest)
{
    assert_true(start(visit));
    while (fake_step(&visit->fake, newest))
        continue;
    assert_int_equal(visit->told, 1);
    return &visit->domain->hosts[0];
}

static void check_endpoints(const struct host_facts *host, const char *const expected[])
{
    size_t n = 0;

    for (; expected[n]; n++) {
        char text[DNS_ADDRESS_TEXT_MAX];
        assert_true(n < host->n_endpoints);
        dns_address_format(&host->endpoints[n]->address, text);
        assert_string_equal(text, expected[n]);
    }
    assert_int_equal(host->n_endpoints, n);
}

static bool was_asked(const struct visit *visit, const char *name, uint16_t type)
{
    for (size_t i = 0; i < visit->fake.n_pending; i++) {
        const struct fake_pending *pending = visit->fake.pending[i];
        if (pending->type == type && strcmp(pending->name, name) == 0)
            return true;
    }
    return false;
}

/* --- addresses -------------------------------------------------------------------------------- */

static void check_both_families(struct visit *visit, bool newest)
{
    static const char *const expected[] = {"192.0.2.1", "192.0.2.2", "2001:db8::1", NULL};

    zone.v4[1] = "192.0.2.2";
    zone.v6[0] = "2001:db8::1";
    const struct host_facts *host = finish(visit, newest);
    check_endpoints(host, expected);
    for (size_t i = 0; i < host->n_endpoints; i++) {
        assert_int_equal(host->endpoints[i]->problem, SMTP_FINE);
        assert_int_equal(host->endpoints[i]->port, 25);
    }
    assert_int_equal(host->addresses_seen, 3);
    assert_int_equal(visit->job.sessions_done, 3);
}

static void test_in_order(void **state)
{
    check_both_families(*state, false);
}

static void test_out_of_order(void **state)
{
    check_both_families(*state, true);
}

static void test_families(void **state)
{
    struct visit *visit = *state;
    static const char *const expected[] = {"2001:db8::1", NULL};

    visit->options.ipv4 = false;
    zone.v6[0] = "2001:db8::1";
    const struct host_facts *host = finish(visit, false);
    check_endpoints(host, expected);
    /* Asked for all the same: a family that is not used is not one that is not there. */
    assert_int_equal(host->a->status, DNS_FOUND);
    assert_non_null(host->aaaa);
}

static void test_no_address(void **state)
{
    struct visit *visit = *state;

    zone.v4[0] = NULL;
    const struct host_facts *host = finish(visit, false);
    assert_int_equal(host->n_endpoints, 0);
    assert_int_equal(host->a->status, DNS_NODATA);
    assert_int_equal(host->aaaa->status, DNS_NODATA);
}

/* Row 78: no packet goes to special-use space unless allowed. */
static void test_private_is_refused(void **state)
{
    struct visit *visit = *state;
    static const char *const expected[] = {"127.0.0.1", "10.0.0.1", "9.9.9.9", "::1", NULL};

    visit->options.allow_private = false;
    zone.v4[0] = "127.0.0.1";
    zone.v4[1] = "10.0.0.1";
    zone.v4[2] = "9.9.9.9";
    zone.v6[0] = "::1";
    const struct host_facts *host = finish(visit, false);
    check_endpoints(host, expected);
    assert_int_equal(host->endpoints[0]->problem, SMTP_TARGET_REFUSED);
    assert_int_equal(host->endpoints[1]->problem, SMTP_TARGET_REFUSED);
    assert_int_equal(host->endpoints[2]->problem, SMTP_FINE);
    assert_int_equal(host->endpoints[3]->problem, SMTP_TARGET_REFUSED);
    assert_int_equal(fake_begun(&visit->fake, FAKE_SESSION), 1);
    assert_int_equal(visit->job.sessions_done, 4);
}

static void test_only_private(void **state)
{
    struct visit *visit = *state;

    visit->options.allow_private = false;
    zone.v4[0] = "127.0.0.1";
    const struct host_facts *host = finish(visit, false);
    assert_int_equal(host->n_endpoints, 1);
    assert_int_equal(fake_begun(&visit->fake, FAKE_SESSION), 0);
}

/* More addresses than are visited: both families have their share. */
static void test_too_many_addresses(void **state)
{
    struct visit *visit = *state;
    size_t n4 = 0, n6 = 0;

    for (size_t i = 0; i < 20; i++) {
        zone.v4[i] = "192.0.2.1";
        zone.v6[i] = "2001:db8::1";
    }
    const struct host_facts *host = finish(visit, false);
    assert_int_equal(host->n_endpoints, FACTS_ADDRESSES_MAX);
    assert_int_equal(host->addresses_seen, 40);
    for (size_t i = 0; i < host->n_endpoints; i++) {
        n4 += host->endpoints[i]->address.family == DNS_IPV4;
        n6 += host->endpoints[i]->address.family == DNS_IPV6;
    }
    assert_int_equal(n4, FACTS_ADDRESSES_MAX / 2);
    assert_int_equal(n6, FACTS_ADDRESSES_MAX / 2);
}

static void test_share_of_the_smaller_family(void **state)
{
    struct visit *visit = *state;
    size_t n6 = 0;

    for (size_t i = 0; i < 20; i++)
        zone.v4[i] = "192.0.2.1";
    zone.v6[0] = "2001:db8::1";
    const struct host_facts *host = finish(visit, false);
    assert_int_equal(host->n_endpoints, FACTS_ADDRESSES_MAX);
    for (size_t i = 0; i < host->n_endpoints; i++)
        n6 += host->endpoints[i]->address.family == DNS_IPV6;
    assert_int_equal(n6, 1);
}

/* --- TLSA: RFC 7672 2.2 ----------------------------------------------------------------------- */

static void test_tlsa(void **state)
{
    static const struct {
        const char *name;
        struct zone zone;
        const char *asked[3]; /* TLSA owner names that must be asked for, and no other */
        const char *base;     /* where the answer that counts was found, or NULL */
        const char *sni;      /* of the sessions */
        enum dns_status tlsa; /* where one was asked for */
    } cases[] = {
        {"secure, found",
         {.security = DNS_SECURE, .tlsa_at_host = true},
         {"_25._tcp.mx.example.com"},
         "mx.example.com",
         "mx.example.com",
         DNS_FOUND},
        {"secure, denied",
         {.security = DNS_SECURE},
         {"_25._tcp.mx.example.com"},
         "mx.example.com",
         "mx.example.com",
         DNS_NODATA},
        {"insecure addresses: not asked",
         {.security = DNS_INSECURE, .tlsa_at_host = true},
         {NULL},
         NULL,
         "mx.example.com",
         DNS_FOUND},
        {"security unknown: worth a look",
         {.security = DNS_SECURITY_UNKNOWN, .tlsa_at_host = true},
         {"_25._tcp.mx.example.com"},
         "mx.example.com",
         "mx.example.com",
         DNS_FOUND},
        {"secure alias, found at the target",
         {.security = DNS_SECURE, .alias = "real.example.net", .tlsa_at_alias = true},
         {"_25._tcp.real.example.net"},
         "real.example.net",
         "real.example.net",
         DNS_FOUND},
        {"secure alias, found at the original",
         {.security = DNS_SECURE, .alias = "real.example.net", .tlsa_at_host = true},
         {"_25._tcp.real.example.net", "_25._tcp.mx.example.com"},
         "mx.example.com",
         "mx.example.com",
         DNS_FOUND},
        {"secure alias, found at neither",
         {.security = DNS_SECURE, .alias = "real.example.net"},
         {"_25._tcp.real.example.net", "_25._tcp.mx.example.com"},
         "mx.example.com",
         "mx.example.com",
         DNS_NODATA},
        {"insecure target of a secure alias: the original alone",
         {.security = DNS_INSECURE,
          .alias = "real.example.net",
          .cname_security = DNS_SECURE,
          .tlsa_at_host = true},
         {"_25._tcp.mx.example.com"},
         "mx.example.com",
         "mx.example.com",
         DNS_FOUND},
        {"insecure alias: not asked",
         {.security = DNS_INSECURE,
          .alias = "real.example.net",
          .cname_security = DNS_INSECURE,
          .tlsa_at_host = true},
         {NULL},
         NULL,
         "mx.example.com",
         DNS_FOUND},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct visit *visit;
        size_t n_tlsa = 0, n_expected = 0;
        if (i > 0) {
            assert_int_equal(tear_down(state), 0);
            assert_int_equal(set_up(state), 0);
        }
        visit = *state;
        zone = cases[i].zone;
        zone.v4[0] = "192.0.2.1";
        const struct host_facts *host = finish(visit, false);
        for (; cases[i].asked[n_expected]; n_expected++)
            CASE_CHECK(cases[i].name, was_asked(visit, cases[i].asked[n_expected], DNS_TYPE_TLSA));
        for (size_t j = 0; j < visit->fake.n_pending; j++)
            n_tlsa += visit->fake.pending[j]->type == DNS_TYPE_TLSA;
        CASE_INT(cases[i].name, (long long)n_tlsa, (long long)n_expected);
        CASE_TEXT(cases[i].name, host->tlsa_base, cases[i].base);
        if (cases[i].base)
            CASE_INT(cases[i].name, host->tlsa->status, cases[i].tlsa);
        else
            CASE_CHECK(cases[i].name, host->tlsa == NULL);
        CASE_INT(cases[i].name, (long long)fake_begun(&visit->fake, FAKE_SESSION), 1);
        CASE_CHECK(cases[i].name, was_asked(visit, cases[i].sni, 0));
    }
}

/* RFC 6066 3: the name of a server is a host name. What else the DNS can carry is not sent. */
static void test_server_name(void **state)
{
    static const struct {
        const char *host; /* as the resolver writes it (RFC 1035 5.1) */
        bool sent;
    } cases[] = {
        {"mx.example.com", true},          {"MX-1.Example.COM", true},
        {"mx_1.example.com", true},        {"xn--bcher-kva.example.com", true},
        {"mx\\032.example.com", false},    {"mx\\.1.example.com", false},
        {"\\195\\188.example.com", false}, {"*.example.com", false},
        {"mx/1.example.com", false},       {"\\000.example.com", false},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct visit *visit;
        const struct fake_pending *session = NULL;
        if (i > 0) {
            assert_int_equal(tear_down(state), 0);
            assert_int_equal(set_up(state), 0);
        }
        visit = *state;
        free(visit->domain->hosts[0].host);
        visit->domain->hosts[0].host = strdup(cases[i].host);
        finish(visit, false);
        for (size_t j = 0; j < visit->fake.n_pending; j++)
            if (visit->fake.pending[j]->kind == FAKE_SESSION)
                session = visit->fake.pending[j];
        CASE_CHECK(cases[i].host, session != NULL); /* it is visited all the same */
        CASE_TEXT(cases[i].host, session->name, cases[i].sent ? cases[i].host : "");
        CASE_INT(cases[i].host, session->target.sni != NULL, cases[i].sent);
    }
}

/* --- cuts and shortages ----------------------------------------------------------------------- */

static void prepare_busy_zone(void)
{
    zone = (struct zone){.security = DNS_SECURE,
                         .v4 = {"192.0.2.1", "192.0.2.2"},
                         .v6 = {"2001:db8::1"},
                         .alias = "real.example.net"};
}

/* After each number of steps: nothing stays open, and `done` is not told any more. */
static void test_cut_after_every_step(void **state)
{
    bool over = false;

    for (size_t steps = 0; !over; steps++) {
        struct visit *visit;
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
        visit = *state;
        prepare_busy_zone();
        assert_true(start(visit));
        for (size_t i = 0; i < steps; i++)
            over = !fake_step(&visit->fake, false);
        int told = visit->told;
        host_job_cut(&visit->job, SMTP_INTERRUPTED);
        host_job_cut(&visit->job, SMTP_INTERRUPTED);
        assert_false(fake_step(&visit->fake, false));
        assert_int_equal(visit->told, told);
        assert_true(over ? told == 1 : told <= 1);

        const struct host_facts *host = &visit->domain->hosts[0];
        assert_true(host->a && host->aaaa);
        for (size_t i = 0; i < host->n_endpoints; i++)
            assert_true(host->endpoints[i]->problem == SMTP_FINE ||
                        host->endpoints[i]->problem == SMTP_INTERRUPTED);
    }
}

static void test_cut_answers_say_timeout(void **state)
{
    struct visit *visit = *state;

    assert_true(start(visit));
    assert_true(fake_end(&visit->fake, "mx.example.com", DNS_TYPE_AAAA));
    host_job_cut(&visit->job, SMTP_DEADLINE);
    assert_int_equal(visit->domain->hosts[0].a->status, DNS_TIMEOUT);
    assert_int_equal(visit->domain->hosts[0].aaaa->status, DNS_NODATA);
}

/* Every start fails once: it ends all the same, and what is missing is said to be ours. */
static void test_every_start_fails_once(void **state)
{
    bool over = false;

    for (size_t n = 1; !over; n++) {
        struct visit *visit;
        bool blamed_us;
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
        visit = *state;
        prepare_busy_zone();
        visit->fake.fail_at = n;
        assert_true(start(visit)); /* two questions: one of them is on its way */
        while (fake_step(&visit->fake, false))
            continue;
        assert_int_equal(visit->told, 1);
        over = visit->fake.fail_at != 0; /* there were fewer starts than that */
        blamed_us = visit->job.trouble != NULL;
        for (size_t i = 0; i < visit->domain->hosts[0].n_endpoints; i++)
            blamed_us |= visit->domain->hosts[0].endpoints[i]->problem == SMTP_OURS;
        assert_int_equal(blamed_us, !over);
    }
}

static void test_nothing_could_be_asked(void **state)
{
    struct visit *visit = *state;

    visit->fake.fail_all = true;
    assert_false(start(visit));
    assert_non_null(visit->job.trouble);
    host_job_cut(&visit->job, SMTP_INTERRUPTED);
}

int main(void)
{
#define ON_VISIT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ON_VISIT(test_in_order),
        ON_VISIT(test_out_of_order),
        ON_VISIT(test_families),
        ON_VISIT(test_no_address),
        ON_VISIT(test_private_is_refused),
        ON_VISIT(test_only_private),
        ON_VISIT(test_too_many_addresses),
        ON_VISIT(test_share_of_the_smaller_family),
        ON_VISIT(test_tlsa),
        ON_VISIT(test_server_name),
        ON_VISIT(test_cut_after_every_step),
        ON_VISIT(test_cut_answers_say_timeout),
        ON_VISIT(test_every_start_fails_once),
        ON_VISIT(test_nothing_could_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
