/* Unit tests of the backend of probe/what_if, in front of one that has no network. */
#include "case.h"

#include "fake_backend.h"
#include "probe/what_if.h"

#define HEX32 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TLSA_OPTION "mx.example.com:3 1 1 " HEX32

/* What the one who asked was told. */
struct asker {
    int told;
    struct dns_answer *answer;
};

struct world {
    struct fake fake;
    struct what_if what_if;
    struct what_if_backend *front;
    struct backend backend;
    struct asker asker;
};

static struct dns_answer *network_says(const char *name, uint16_t type)
{
    return fake_denial(name, type, DNS_NXDOMAIN);
}

static void on_answer(void *arg, struct dns_answer *answer)
{
    struct asker *asker = arg;

    asker->told++;
    asker->answer = dns_answer_ref(answer);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->fake.answer = network_says;
    assert_null(what_if_add_mx(&world->what_if, "mx.example.com:5"));
    assert_null(what_if_add_mx(&world->what_if, "mx2.example.com:7"));
    assert_null(what_if_add_addresses(&world->what_if, "mx.example.com:192.0.2.1,192.0.2.2"));
    assert_null(what_if_add_addresses(&world->what_if, "mta-sts.example.com:2001:db8::1"));
    assert_null(what_if_add_tlsa(&world->what_if, TLSA_OPTION));
    assert_null(what_if_add_tlsa(&world->what_if, "mx.example.com:2 0 1 " HEX32));
    world->what_if.sts_record = "v=STSv1; id=1;";
    world->what_if.tlsrpt_record = "v=TLSRPTv1; rua=mailto:a@example.com";
    world->front =
        what_if_backend_new(&world->what_if, "example.com", 2525, fake_backend(&world->fake));
    assert_non_null(world->front);
    world->backend = what_if_backend(world->front);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    dns_answer_unref(world->asker.answer);
    what_if_backend_free(world->front);
    what_if_clear(&world->what_if);
    fake_clear(&world->fake);
    free(world);
    return 0;
}

static void *ask(struct world *world, const char *name, uint16_t type)
{
    void *handle =
        world->backend.dns->ask(world->backend.dns_self, name, type, on_answer, &world->asker);

    assert_int_equal(world->asker.told, 0); /* never from inside the start */
    return handle;
}

/* Asks, lets everything end, and returns what was told. */
static const struct dns_answer *answer_to(struct world *world, const char *name, uint16_t type)
{
    dns_answer_unref(world->asker.answer);
    world->asker = (struct asker){0};
    assert_non_null(ask(world, name, type));
    while (fake_step(&world->fake, false))
        continue;
    assert_int_equal(world->asker.told, 1);
    return world->asker.answer;
}

static void test_which_are_supplied(void **state)
{
    static const struct {
        const char *name;
        uint16_t type;
        bool supplied;
        enum dns_status status;
        size_t n_records;
    } cases[] = {
        {"example.com", DNS_TYPE_MX, true, DNS_FOUND, 2},
        {"EXAMPLE.com", DNS_TYPE_MX, true, DNS_FOUND, 2},
        {"example.org", DNS_TYPE_MX, false, DNS_NXDOMAIN, 0},
        {"mx.example.com", DNS_TYPE_MX, false, DNS_NXDOMAIN, 0},
        {"mx.example.com", DNS_TYPE_A, true, DNS_FOUND, 2},
        {"mx.example.com", DNS_TYPE_AAAA, true, DNS_NODATA, 0},
        {"mta-sts.example.com", DNS_TYPE_AAAA, true, DNS_FOUND, 1},
        {"mta-sts.example.com", DNS_TYPE_A, true, DNS_NODATA, 0},
        {"mx2.example.com", DNS_TYPE_A, false, DNS_NXDOMAIN, 0},
        {"mx.example.com", DNS_TYPE_CNAME, false, DNS_NXDOMAIN, 0},
        {"_2525._tcp.mx.example.com", DNS_TYPE_TLSA, true, DNS_FOUND, 2},
        {"_25._tcp.mx.example.com", DNS_TYPE_TLSA, false, DNS_NXDOMAIN, 0},
        {"_2525._tcp.mx2.example.com", DNS_TYPE_TLSA, false, DNS_NXDOMAIN, 0},
        {"mx.example.com", DNS_TYPE_TLSA, false, DNS_NXDOMAIN, 0},
        {"_mta-sts.example.com", DNS_TYPE_TXT, true, DNS_FOUND, 1},
        {"_mta-sts.example.org", DNS_TYPE_TXT, false, DNS_NXDOMAIN, 0},
        {"_smtp._tls.example.com", DNS_TYPE_TXT, true, DNS_FOUND, 1},
        {"example.com", DNS_TYPE_TXT, false, DNS_NXDOMAIN, 0},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char name[96];
        size_t asked = fake_begun(&world->fake, FAKE_QUESTION);
        const struct dns_answer *answer = answer_to(world, cases[i].name, cases[i].type);
        snprintf(name, sizeof name, "%s %s", cases[i].name, dns_type_text(cases[i].type));
        CASE_INT(name, answer->supplied, cases[i].supplied);
        CASE_INT(name, answer->status, cases[i].status);
        CASE_INT(name, (long long)answer->n_records, (long long)cases[i].n_records);
        CASE_INT(name, answer->security, cases[i].supplied ? DNS_SECURE : DNS_INSECURE);
        /* What is supplied costs no question. */
        CASE_INT(name, (long long)(fake_begun(&world->fake, FAKE_QUESTION) - asked),
                 !cases[i].supplied);
    }
}

static void test_records(void **state)
{
    struct world *world = *state;
    char text[DNS_ADDRESS_TEXT_MAX];

    const struct dns_answer *answer = answer_to(world, "example.com", DNS_TYPE_MX);
    assert_string_equal(answer->records[0].u.mx.host, "mx.example.com");
    assert_int_equal(answer->records[0].u.mx.preference, 5);
    assert_string_equal(answer->records[1].u.mx.host, "mx2.example.com");
    assert_int_equal(answer->taken_at_ms, FAKE_WALL_MS);

    answer = answer_to(world, "mx.example.com", DNS_TYPE_A);
    dns_address_format(&answer->records[1].u.address, text);
    assert_string_equal(text, "192.0.2.2");

    answer = answer_to(world, "_2525._tcp.mx.example.com", DNS_TYPE_TLSA);
    assert_int_equal(answer->records[0].u.tlsa.usage, 3);
    assert_int_equal(answer->records[0].u.tlsa.length, 32);
    assert_memory_equal(answer->records[0].u.tlsa.data, "\x01\x23\x45\x67", 4);
    assert_int_equal(answer->records[1].u.tlsa.usage, 2);

    answer = answer_to(world, "_mta-sts.example.com", DNS_TYPE_TXT);
    assert_int_equal(answer->records[0].u.text.length, strlen("v=STSv1; id=1;"));
    assert_memory_equal(answer->records[0].u.text.bytes, "v=STSv1; id=1;", 15);
}

/* Options that were not given leave the network's answers alone. */
static void test_nothing_given(void **state)
{
    struct world *world = *state;
    static const struct what_if nothing;
    struct what_if_backend *front =
        what_if_backend_new(&nothing, "example.com", 25, fake_backend(&world->fake));

    assert_non_null(front);
    world->backend = what_if_backend(front);
    assert_false(answer_to(world, "example.com", DNS_TYPE_MX)->supplied);
    assert_false(answer_to(world, "_mta-sts.example.com", DNS_TYPE_TXT)->supplied);
    assert_false(answer_to(world, "_smtp._tls.example.com", DNS_TYPE_TXT)->supplied);
    assert_false(answer_to(world, "_25._tcp.mx.example.com", DNS_TYPE_TLSA)->supplied);
    what_if_backend_free(front);
}

static void test_cancel(void **state)
{
    struct world *world = *state;
    const struct backend *backend = &world->backend;

    void *supplied = ask(world, "example.com", DNS_TYPE_MX);
    void *passed_on = ask(world, "example.org", DNS_TYPE_MX);
    assert_non_null(supplied);
    assert_non_null(passed_on);
    backend->dns->cancel(backend->dns_self, supplied);
    backend->dns->cancel(backend->dns_self, passed_on);
    assert_int_equal(world->fake.n_cancelled, 2);
    assert_false(fake_step(&world->fake, false));
    assert_int_equal(world->asker.told, 0);
}

static void test_no_memory_behind(void **state)
{
    struct world *world = *state;

    world->fake.fail_at = 1;
    assert_null(ask(world, "example.com", DNS_TYPE_MX));
    world->fake.fail_at = 1;
    assert_null(ask(world, "example.org", DNS_TYPE_MX));
    assert_false(fake_step(&world->fake, false));
    assert_int_equal(world->asker.told, 0);
}

static void on_session(void *arg, struct smtp_facts *facts)
{
    *(bool *)arg = true;
    smtp_facts_unref(facts);
}

static void on_fetch(void *arg, struct sts_fetch_facts *facts)
{
    *(bool *)arg = true;
    sts_fetch_facts_unref(facts);
}

static void on_soon(void *arg)
{
    *(bool *)arg = true;
}

/* Everything but the DNS goes straight through. */
static void test_passed_on(void **state)
{
    struct world *world = *state;
    const struct backend *backend = &world->backend;
    struct smtp_target target = {.port = 25, .host = "mx.example.com", .sni = "mx.example.com"};
    struct dns_address address;
    bool session_done = false, fetch_done = false, soon_done = false;

    assert_true(dns_address_parse("192.0.2.1", &address));
    target.address = address;
    assert_non_null(
        backend->sessions->start(backend->sessions_self, &target, on_session, &session_done));
    assert_non_null(backend->fetches->start(backend->fetches_self, "example.com", &address, 1,
                                            on_fetch, &fetch_done));
    assert_non_null(backend->ops->soon(backend->self, on_soon, &soon_done));
    assert_false(session_done || fetch_done || soon_done);
    while (fake_step(&world->fake, false))
        continue;
    assert_true(session_done && fetch_done && soon_done);

    void *session =
        backend->sessions->start(backend->sessions_self, &target, on_session, &session_done);
    void *fetch = backend->fetches->start(backend->fetches_self, "example.com", &address, 1,
                                          on_fetch, &fetch_done);
    void *soon = backend->ops->soon(backend->self, on_soon, &soon_done);
    struct smtp_facts *facts =
        backend->sessions->cut(backend->sessions_self, session, SMTP_INTERRUPTED);
    assert_int_equal(facts->problem, SMTP_INTERRUPTED);
    smtp_facts_unref(facts);
    backend->fetches->cancel(backend->fetches_self, fetch);
    backend->ops->soon_cancel(backend->self, soon);
    assert_int_equal(world->fake.n_cancelled, 3);

    assert_int_equal(backend->ops->wall_ms(backend->self), FAKE_WALL_MS);
    assert_int_equal(backend->ops->monotonic_ms(backend->self), FAKE_MONOTONIC_MS);
    assert_int_equal(backend->ops->validation(backend->self), DNS_VALIDATES);
    assert_false(backend->ops->ad_believed(backend->self));
    world->fake.ad_believed = true;
    assert_true(backend->ops->ad_believed(backend->self));
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_which_are_supplied), IN_WORLD(test_records),
        IN_WORLD(test_nothing_given),      IN_WORLD(test_cancel),
        IN_WORLD(test_passed_on),          IN_WORLD(test_no_memory_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
