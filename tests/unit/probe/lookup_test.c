/* Unit tests of probe/lookup. */
#include "case.h"

#include "fake_backend.h"
#include "probe/lookup.h"

struct asker {
    struct fake fake;
    struct backend backend;
    struct lookup lookup;
    struct dns_answer *slot;
    int told;
};

static struct dns_answer *network_says(const char *name, uint16_t type)
{
    return fake_denial(name, type, DNS_NXDOMAIN);
}

static int set_up(void **state)
{
    struct asker *asker = calloc(1, sizeof *asker);

    assert_non_null(asker);
    asker->fake.answer = network_says;
    asker->backend = fake_backend(&asker->fake);
    *state = asker;
    return 0;
}

static int tear_down(void **state)
{
    struct asker *asker = *state;

    dns_answer_unref(asker->slot);
    fake_clear(&asker->fake);
    free(asker);
    return 0;
}

static void on_done(void *arg)
{
    ((struct asker *)arg)->told++;
}

static bool start(struct asker *asker)
{
    return lookup_start(&asker->lookup, &asker->backend, "_mta-sts.", "example.com", DNS_TYPE_TXT,
                        &asker->slot, on_done, asker);
}

static void test_answer(void **state)
{
    struct asker *asker = *state;

    assert_true(start(asker));
    assert_non_null(asker->lookup.handle);
    assert_int_equal(asker->told, 0);
    assert_true(fake_end(&asker->fake, "_mta-sts.example.com", DNS_TYPE_TXT));
    assert_int_equal(asker->told, 1);
    assert_null(asker->lookup.handle);
    assert_int_equal(asker->slot->status, DNS_NXDOMAIN);
    lookup_cut(&asker->lookup, SMTP_DEADLINE); /* nothing is in flight: nothing happens */
    assert_int_equal(asker->slot->status, DNS_NXDOMAIN);
}

static void test_cut(void **state)
{
    struct asker *asker = *state;

    assert_true(start(asker));
    lookup_cut(&asker->lookup, SMTP_DEADLINE);
    lookup_cut(&asker->lookup, SMTP_DEADLINE);
    assert_int_equal(asker->fake.n_cancelled, 1);
    assert_int_equal(asker->told, 0);
    assert_null(asker->lookup.handle);
    assert_int_equal(asker->slot->status, DNS_TIMEOUT);
    assert_string_equal(asker->slot->name, "_mta-sts.example.com");
    assert_int_equal(asker->slot->type, DNS_TYPE_TXT);
}

/* The slot comes to own the new answer and gives the old one back. */
static void test_asked_again(void **state)
{
    struct asker *asker = *state;

    for (int i = 1; i <= 3; i++) {
        assert_true(start(asker));
        assert_true(fake_step(&asker->fake, false));
        assert_int_equal(asker->told, i);
        assert_int_equal(asker->slot->references, 1);
    }
}

static void test_no_memory(void **state)
{
    struct asker *asker = *state;

    asker->fake.fail_at = 1;
    assert_false(start(asker));
    assert_null(asker->lookup.handle);
    assert_null(asker->slot);
    lookup_cut(&asker->lookup, SMTP_DEADLINE);
    assert_int_equal(asker->fake.n_cancelled, 0);
    assert_null(asker->slot);
}

static void test_never_started(void **state)
{
    struct asker *asker = *state;

    lookup_cut(&asker->lookup, SMTP_DEADLINE); /* zeroed */
    assert_null(asker->slot);
}

int main(void)
{
#define WITH_ASKER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_ASKER(test_answer),    WITH_ASKER(test_cut),           WITH_ASKER(test_asked_again),
        WITH_ASKER(test_no_memory), WITH_ASKER(test_never_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
