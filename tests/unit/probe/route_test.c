/* Unit tests of probe/route, and of row 77a in probe/attempt: in a network without any route. */
#include "case.h"

#include <sched.h>
#include <unistd.h>

#include "probe/attempt.h"
#include "probe/route.h"
#include "tls/context.h"

/* A network namespace of its own has no route; as a plain user it takes a user namespace too. */
static int lose_the_network(void **state)
{
    static bool lost;

    lost = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    *state = lost ? &lost : NULL;
    return 0;
}

static void test_no_route(void **state)
{
    if (!*state)
        skip();
    assert_false(route_exists(DNS_IPV4));
    assert_false(route_exists(DNS_IPV6));
}

static void on_done(void *arg, struct smtp_facts *facts)
{
    *(struct smtp_facts **)arg = facts;
}

/* A family without a route is this machine's matter, not the host's. */
static void test_family_unavailable(void **state)
{
    static const char *const peers[] = {"192.0.2.1", "2001:db8::1"};
    const struct attempt_offer offer = {.context = tls_context_new()};
    struct attempt_environment environment = {
        .base = event_base_new(),
        .session = {.connect_timeout_ms = 10000, .banner_timeout_ms = 10000, .timeout_ms = 10000},
    };

    if (!*state)
        skip();
    assert_true(environment.base && offer.context);
    for (size_t i = 0; i < COUNT(peers); i++) {
        struct smtp_target target = {.port = 25, .host = "mx.example.test"};
        struct smtp_facts *facts = NULL;
        assert_true(dns_address_parse(peers[i], &target.address));
        assert_non_null(attempt_start(&environment, &target, &offer, on_done, &facts));
        while (!facts)
            assert_int_equal(event_base_loop(environment.base, EVLOOP_ONCE), 0);
        CASE_INT(peers[i], facts->problem, SMTP_FAMILY_UNAVAILABLE);
        CASE_INT(peers[i], facts->stage, SMTP_STAGE_CONNECT);
        smtp_facts_unref(facts);
    }
    SSL_CTX_free(offer.context);
    event_base_free(environment.base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_route),
        cmocka_unit_test(test_family_unavailable),
    };
    return cmocka_run_group_tests(tests, lose_the_network, NULL);
}
