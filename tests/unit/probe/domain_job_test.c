/* Unit tests of probe/domain_job: the parts together, in any order, cut anywhere. */
#include "case.h"

#include "fake_backend.h"
#include "probe/domain_job.h"

static struct dns_answer *zone_says(const char *name, uint16_t type)
{
    static const char *const hosts[] = {"mx1.example.com", "mx2.example.com", NULL};
    static const char *const v4[] = {"192.0.2.1", "192.0.2.2", NULL};
    static const char *const v6[] = {"2001:db8::1", NULL};

    switch (type) {
    case DNS_TYPE_MX:
        return fake_mx(name, hosts);
    case DNS_TYPE_A:
        return fake_addresses(name, type, DNS_INSECURE, v4);
    case DNS_TYPE_AAAA:
        return fake_addresses(name, type, DNS_INSECURE, v6);
    case DNS_TYPE_TXT:
        return fake_text(name, strncmp(name, "_mta-sts.", 9) == 0
                                   ? "v=STSv1; id=1;"
                                   : "v=TLSRPTv1; rua=mailto:a@example.com");
    default:
        return NULL;
    }
}

struct owner {
    struct fake fake;
    struct backend backend;
    struct domain_job_options options;
    struct domain_facts *facts;
    int told;
};

static int set_up(void **state)
{
    struct owner *owner = calloc(1, sizeof *owner);

    assert_non_null(owner);
    owner->fake.answer = zone_says;
    owner->fake.ad_believed = true;
    owner->backend = fake_backend(&owner->fake);
    owner->options = (struct domain_job_options){.smtp_port = 2525,
                                                 .sts_port = 443,
                                                 .ipv4 = true,
                                                 .ipv6 = true,
                                                 .allow_private = true,
                                                 .sts_mode_given = true,
                                                 .sts_mode = STS_MODE_ENFORCE};
    *state = owner;
    return 0;
}

static int tear_down(void **state)
{
    struct owner *owner = *state;

    domain_facts_free(owner->facts);
    fake_clear(&owner->fake);
    free(owner);
    return 0;
}

static struct owner *start_afresh(void **state)
{
    assert_int_equal(tear_down(state), 0);
    assert_int_equal(set_up(state), 0);
    return *state;
}

static void on_done(void *arg, struct domain_facts *facts)
{
    struct owner *owner = arg;

    owner->told++;
    owner->facts = facts;
}

static struct domain_job *start(struct owner *owner)
{
    struct domain_job *job =
        domain_job_start(&owner->backend, &owner->options, "example.com", on_done, owner);

    assert_int_equal(owner->told, 0); /* never inline */
    return job;
}

static void check_whole(const struct domain_facts *facts)
{
    assert_string_equal(facts->domain, "example.com");
    assert_int_equal(facts->smtp_port, 2525);
    assert_int_equal(facts->mx->status, DNS_FOUND);
    assert_int_equal(facts->n_hosts, 2);
    assert_string_equal(facts->hosts[0].host, "mx1.example.com");
    assert_string_equal(facts->hosts[1].host, "mx2.example.com");
    for (size_t i = 0; i < facts->n_hosts; i++) {
        assert_int_equal(facts->hosts[i].n_endpoints, 3);
        for (size_t j = 0; j < 3; j++)
            assert_int_equal(facts->hosts[i].endpoints[j]->problem, SMTP_FINE);
        assert_int_equal(facts->hosts[i].endpoints[2]->address.family, DNS_IPV6);
    }
    assert_int_equal(facts->sts_txt->status, DNS_FOUND);
    assert_int_equal(facts->sts_fetch->problem, STS_FETCH_OK);
    assert_int_equal(facts->tlsrpt_txt->status, DNS_FOUND);
    assert_true(facts->sts_mode_given && facts->sts_mode == STS_MODE_ENFORCE);
    assert_true(facts->ad_believed);
    assert_int_equal(facts->validation, DNS_VALIDATES);
    assert_int_equal(facts->started_at_ms, FAKE_WALL_MS);
    assert_int_equal(facts->elapsed_ms, 0);
    assert_false(facts->interrupted);
    assert_null(facts->trouble);
}

static void test_in_any_order(void **state)
{
    struct owner *owner = *state;

    for (int newest = 0; newest < 2; newest++) {
        assert_non_null(start(owner));
        while (fake_step(&owner->fake, newest != 0))
            continue;
        assert_int_equal(owner->told, 1);
        check_whole(owner->facts);
        owner = start_afresh(state);
    }
}

/* Everything that can be asked at once is. */
static void test_nothing_waits_for_another(void **state)
{
    struct owner *owner = *state;

    assert_non_null(start(owner));
    assert_int_equal(fake_open(&owner->fake, FAKE_QUESTION), 3); /* MX, _mta-sts, _smtp._tls */
    assert_true(fake_end(&owner->fake, "example.com", DNS_TYPE_MX));
    assert_int_equal(fake_open(&owner->fake, FAKE_QUESTION), 6); /* and A, AAAA of two hosts */
    assert_true(fake_end(&owner->fake, "mx2.example.com", DNS_TYPE_A));
    assert_true(fake_end(&owner->fake, "mx2.example.com", DNS_TYPE_AAAA));
    assert_int_equal(fake_open(&owner->fake, FAKE_SESSION), 3);
    while (fake_step(&owner->fake, false))
        continue;
    assert_int_equal(owner->told, 1);
}

static void test_progress(void **state)
{
    struct owner *owner = *state;
    struct domain_job *job = start(owner);
    size_t sessions = 9, done = 9;

    domain_job_progress(job, &sessions, &done);
    assert_int_equal(sessions, 0);
    assert_int_equal(done, 0);
    while (fake_open(&owner->fake, FAKE_SESSION) < 6)
        assert_true(fake_step(&owner->fake, false));
    domain_job_progress(job, &sessions, &done);
    assert_int_equal(sessions, 6);
    assert_int_equal(done, 0);
    domain_facts_free(domain_job_cut(job, SMTP_INTERRUPTED));
}

static void test_cut_after_every_step(void **state)
{
    static const enum smtp_problem reasons[] = {SMTP_DEADLINE, SMTP_INTERRUPTED};
    struct owner *owner = *state;
    bool over = false;

    for (size_t steps = 0; !over; steps++) {
        enum smtp_problem why = reasons[steps % 2];
        struct domain_job *job = start(owner);
        for (size_t i = 0; i < steps; i++)
            assert_true(fake_step(&owner->fake, false));
        over = owner->told != 0;
        if (!over) {
            owner->facts = domain_job_cut(job, why);
            assert_false(fake_step(&owner->fake, false));
            assert_int_equal(owner->told, 0);
            assert_int_equal(owner->facts->interrupted, why == SMTP_INTERRUPTED);
            assert_non_null(owner->facts->mx);
            assert_non_null(owner->facts->sts_txt);
            assert_non_null(owner->facts->tlsrpt_txt);
        }
        owner = start_afresh(state);
    }
}

static bool blames_us(const struct domain_facts *facts)
{
    bool ours =
        facts->trouble != NULL || (facts->sts_fetch && facts->sts_fetch->problem == STS_FETCH_OURS);

    for (size_t i = 0; i < facts->n_hosts; i++)
        for (size_t j = 0; j < facts->hosts[i].n_endpoints; j++)
            ours |= facts->hosts[i].endpoints[j]->problem == SMTP_OURS;
    return ours;
}

static void test_every_start_fails_once(void **state)
{
    struct owner *owner = *state;
    bool over = false;

    for (size_t n = 1; !over; n++) {
        owner->fake.fail_at = n;
        assert_non_null(start(owner));
        while (fake_step(&owner->fake, false))
            continue;
        assert_int_equal(owner->told, 1);
        over = owner->fake.fail_at != 0; /* there were fewer starts than that */
        assert_int_equal(blames_us(owner->facts), !over);
        owner = start_afresh(state);
    }
}

int main(void)
{
#define WITH_OWNER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_OWNER(test_in_any_order),
        WITH_OWNER(test_nothing_waits_for_another),
        WITH_OWNER(test_progress),
        WITH_OWNER(test_cut_after_every_step),
        WITH_OWNER(test_every_start_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
