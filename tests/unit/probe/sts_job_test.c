/* Unit tests of probe/sts_job: RFC 8461 3, from the record to the policy. */
#include "case.h"

#include "fake_backend.h"
#include "probe/sts_job.h"

/* What the DNS says in the case at hand. */
static struct zone {
    const char *record; /* NULL: none */
    enum dns_status host;
    const char *v4[3], *v6[3];
} zone;

static struct dns_answer *zone_says(const char *name, uint16_t type)
{
    if (type == DNS_TYPE_TXT)
        return zone.record ? fake_text(name, zone.record) : fake_denial(name, type, DNS_NXDOMAIN);
    if (zone.host != DNS_FOUND)
        return fake_denial(name, type, zone.host);
    return fake_addresses(name, type, DNS_INSECURE, type == DNS_TYPE_A ? zone.v4 : zone.v6);
}

struct errand {
    struct fake fake;
    struct backend backend;
    struct domain_job_options options;
    struct domain_facts *facts;
    struct sts_job job;
    int told;
};

static int set_up(void **state)
{
    struct errand *errand = calloc(1, sizeof *errand);

    assert_non_null(errand);
    zone = (struct zone){.record = "v=STSv1; id=1;", .v4 = {"192.0.2.1"}};
    errand->fake.answer = zone_says;
    errand->backend = fake_backend(&errand->fake);
    errand->options = (struct domain_job_options){
        .smtp_port = 25, .sts_port = 443, .ipv4 = true, .ipv6 = true, .allow_private = true};
    errand->facts = domain_facts_new("example.com");
    assert_non_null(errand->facts);
    *state = errand;
    return 0;
}

static int tear_down(void **state)
{
    struct errand *errand = *state;

    domain_facts_free(errand->facts);
    sts_fetch_facts_unref(errand->options.sts_policy);
    fake_clear(&errand->fake);
    free(errand);
    return 0;
}

static void on_done(void *arg)
{
    ((struct errand *)arg)->told++;
}

static bool start(struct errand *errand)
{
    bool started = sts_job_start(&errand->job, &errand->backend, &errand->options, errand->facts,
                                 on_done, errand);

    assert_int_equal(errand->told, 0); /* never inline */
    return started;
}

static void finish(struct errand *errand, bool newest)
{
    assert_true(start(errand));
    while (fake_step(&errand->fake, newest))
        continue;
    assert_int_equal(errand->told, 1);
}

static void test_errands(void **state)
{
    static const struct {
        const char *name;
        struct zone zone;
        bool no_private;
        size_t n_fetches;
        bool fetched; /* there are facts of a fetch, made or not */
        enum sts_fetch_problem problem;
    } cases[] = {
        {"fetched",
         {.record = "v=STSv1; id=1;", .v4 = {"192.0.2.1"}},
         false,
         1,
         true,
         STS_FETCH_OK},
        {"fetched by IPv6",
         {.record = "v=STSv1; id=1;", .v6 = {"2001:db8::1"}},
         false,
         1,
         true,
         STS_FETCH_OK},
        {"no record", {.v4 = {"192.0.2.1"}}, false, 0, false, 0},
        {"invalid record", {.record = "v=STSv1;", .v4 = {"192.0.2.1"}}, false, 0, false, 0},
        {"another record", {.record = "v=spf1 -all", .v4 = {"192.0.2.1"}}, false, 0, false, 0},
        {"no such host",
         {.record = "v=STSv1; id=1;", .host = DNS_NXDOMAIN},
         false,
         0,
         true,
         STS_FETCH_HOST_NXDOMAIN},
        {"host without address",
         {.record = "v=STSv1; id=1;"},
         false,
         0,
         true,
         STS_FETCH_HOST_NO_ADDRESS},
        {"host SERVFAIL",
         {.record = "v=STSv1; id=1;", .host = DNS_SERVFAIL},
         false,
         0,
         true,
         STS_FETCH_HOST_DNS},
        {"host bogus",
         {.record = "v=STSv1; id=1;", .host = DNS_BOGUS},
         false,
         0,
         true,
         STS_FETCH_HOST_DNS},
        {"private host refused",
         {.record = "v=STSv1; id=1;", .v4 = {"127.0.0.1", "10.0.0.1"}},
         true,
         0,
         true,
         STS_FETCH_TARGET_REFUSED},
        {"private addresses left out",
         {.record = "v=STSv1; id=1;", .v4 = {"127.0.0.1", "9.9.9.9"}},
         true,
         1,
         true,
         STS_FETCH_OK},
    };

    for (size_t i = 0; i < 2 * COUNT(cases); i++) {
        size_t at = i / 2;
        struct errand *errand;
        if (i > 0) {
            assert_int_equal(tear_down(state), 0);
            assert_int_equal(set_up(state), 0);
        }
        errand = *state;
        zone = cases[at].zone;
        errand->options.allow_private = !cases[at].no_private;
        finish(errand, i % 2 != 0);
        CASE_CHECK(cases[at].name, errand->facts->sts_txt != NULL);
        CASE_INT(cases[at].name, (long long)fake_begun(&errand->fake, FAKE_FETCH),
                 (long long)cases[at].n_fetches);
        CASE_INT(cases[at].name, errand->facts->sts_fetch != NULL, cases[at].fetched);
        if (cases[at].fetched)
            CASE_INT(cases[at].name, errand->facts->sts_fetch->problem, cases[at].problem);
        CASE_TEXT(cases[at].name, errand->facts->trouble, NULL);
    }
}

/* Section 3.3: the host is mta-sts. and the domain. */
static void test_names(void **state)
{
    struct errand *errand = *state;

    assert_true(start(errand));
    assert_true(fake_end(&errand->fake, "_mta-sts.example.com", DNS_TYPE_TXT));
    assert_true(fake_end(&errand->fake, "mta-sts.example.com", DNS_TYPE_AAAA));
    assert_int_equal(fake_begun(&errand->fake, FAKE_FETCH), 0); /* the other family is waited for */
    assert_true(fake_end(&errand->fake, "mta-sts.example.com", DNS_TYPE_A));
    assert_int_equal(fake_begun(&errand->fake, FAKE_FETCH), 1);
    assert_int_equal(errand->told, 0);
    assert_true(fake_step(&errand->fake, false));
    assert_int_equal(errand->told, 1);
}

/* --sts-policy: nothing is looked up or fetched beyond the record. */
static void test_supplied_policy(void **state)
{
    struct errand *errand = *state;

    errand->options.sts_policy = sts_fetch_facts_new("example.com", 443);
    assert_non_null(errand->options.sts_policy);
    errand->options.sts_policy->supplied = true;
    finish(errand, false);
    assert_ptr_equal(errand->facts->sts_fetch, errand->options.sts_policy);
    assert_int_equal(fake_begun(&errand->fake, FAKE_QUESTION), 1);
    assert_int_equal(fake_begun(&errand->fake, FAKE_FETCH), 0);
}

static void test_one_family(void **state)
{
    struct errand *errand = *state;

    errand->options.ipv6 = false;
    finish(errand, false);
    assert_int_equal(fake_begun(&errand->fake, FAKE_QUESTION), 3);
    assert_int_equal(errand->facts->sts_fetch->problem, STS_FETCH_OK);
}

/* A record under way when it is cut did not come in time; a fetch was not done. Twice is as once.
 */
static void test_cuts(void **state)
{
    static const struct {
        const char *name;
        size_t steps;
        enum dns_status txt;
        bool fetched;
        enum sts_fetch_problem problem;
    } cases[] = {
        {"at the record", 0, DNS_TIMEOUT, false, 0},
        {"at the host", 1, DNS_FOUND, true, STS_FETCH_CUT},
        {"at the second family", 2, DNS_FOUND, true, STS_FETCH_CUT},
        {"at the fetch", 3, DNS_FOUND, true, STS_FETCH_CUT},
        {"at the end", 4, DNS_FOUND, true, STS_FETCH_OK},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct errand *errand;
        if (i > 0) {
            assert_int_equal(tear_down(state), 0);
            assert_int_equal(set_up(state), 0);
        }
        errand = *state;
        assert_true(start(errand));
        for (size_t j = 0; j < cases[i].steps; j++)
            assert_true(fake_step(&errand->fake, false));
        sts_job_cut(&errand->job, SMTP_DEADLINE);
        sts_job_cut(&errand->job, SMTP_DEADLINE);
        CASE_CHECK(cases[i].name, !fake_step(&errand->fake, false));
        CASE_INT(cases[i].name, errand->told, cases[i].steps == 4);
        CASE_INT(cases[i].name, errand->facts->sts_txt->status, cases[i].txt);
        CASE_INT(cases[i].name, errand->facts->sts_fetch != NULL, cases[i].fetched);
        if (cases[i].fetched)
            CASE_INT(cases[i].name, errand->facts->sts_fetch->problem, cases[i].problem);
    }
}

static void test_every_start_fails_once(void **state)
{
    struct errand *errand = *state;

    errand->fake.fail_at = 1;
    assert_false(start(errand));
    sts_job_cut(&errand->job, SMTP_DEADLINE);

    for (size_t n = 2; n <= 4; n++) {
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
        errand = *state;
        errand->fake.fail_at = n;
        finish(errand, false);
        assert_non_null(errand->facts->sts_fetch);
        /* One family may do for the fetch; a fetch that could not begin is our own trouble. */
        if (n == 4)
            assert_int_equal(errand->facts->sts_fetch->problem, STS_FETCH_OURS);
    }
}

/* No memory for the first family, and no address in the second: it is not the host's fault. */
static void test_missing_question_is_ours(void **state)
{
    struct errand *errand = *state;

    errand->fake.fail_at = 2;
    finish(errand, false);
    assert_true(errand->facts->trouble != NULL ||
                errand->facts->sts_fetch->problem == STS_FETCH_OURS);
}

int main(void)
{
#define ON_ERRAND(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ON_ERRAND(test_errands),
        ON_ERRAND(test_names),
        ON_ERRAND(test_supplied_policy),
        ON_ERRAND(test_one_family),
        ON_ERRAND(test_cuts),
        ON_ERRAND(test_every_start_fails_once),
        ON_ERRAND(test_missing_question_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
