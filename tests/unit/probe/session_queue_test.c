/* Unit tests of probe/session_queue: no more sessions at a time than may be, and in order. */
#include "case.h"

#include <errno.h>

#include <event2/event.h>

#include "fake_backend.h"
#include "probe/session_queue.h"

enum { ASKERS = 5 };

/* Who asks, and what came of it. */
struct asker {
    void *handle;
    struct smtp_facts *facts;
    unsigned told;
};

struct world {
    struct event_base *base;
    struct fake fake;
    struct backend backend;
    struct session_queue *queue;
    struct asker askers[ASKERS];
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->base = event_base_new();
    assert_non_null(world->base);
    world->backend = fake_backend(&world->fake);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    session_queue_free(world->queue);
    for (size_t i = 0; i < ASKERS; i++)
        smtp_facts_unref(world->askers[i].facts);
    fake_clear(&world->fake);
    event_base_free(world->base);
    free(world);
    return 0;
}

static void on_done(void *arg, struct smtp_facts *facts)
{
    struct asker *asker = arg;

    asker->handle = NULL;
    asker->facts = facts;
    asker->told++;
}

/* Asks for so many sessions, of which `most` may be at a time. */
static void ask(struct world *world, size_t n, size_t most)
{
    static const char *const names[ASKERS] = {"a", "b", "c", "d", "e"};

    world->queue = session_queue_new(world->base, &world->backend, most);
    assert_non_null(world->queue);
    for (size_t i = 0; i < n; i++) {
        const struct smtp_target target = {.address = {.family = DNS_IPV4, .bytes = {192, 0, 2, 1}},
                                           .port = 25,
                                           .host = names[i],
                                           .sni = names[i]};
        world->askers[i].handle =
            session_queue_ops.start(world->queue, &target, on_done, &world->askers[i]);
        assert_non_null(world->askers[i].handle);
        assert_int_equal(world->askers[i].told, 0);
    }
}

static void turn(struct world *world)
{
    assert_true(event_base_loop(world->base, EVLOOP_NONBLOCK) >= 0);
}

static bool waits(struct world *world, size_t i)
{
    return session_queue_ops.waits(world->queue, world->askers[i].handle);
}

static void cut(struct world *world, size_t i, enum smtp_problem why)
{
    world->askers[i].facts = session_queue_ops.cut(world->queue, world->askers[i].handle, why);
    world->askers[i].handle = NULL;
    assert_non_null(world->askers[i].facts);
}

static void test_no_more_than_may_be(void **state)
{
    struct world *world = *state;

    ask(world, ASKERS, 2);
    assert_int_equal(fake_begun(&world->fake, FAKE_SESSION), 2);
    assert_false(waits(world, 1));
    assert_true(waits(world, 2));
    for (size_t i = 0; i < ASKERS; i++) {
        size_t begun = i + 3 < ASKERS ? i + 3 : ASKERS;
        assert_true(fake_step(&world->fake, false)); /* the oldest: they begin in order */
        assert_int_equal(world->askers[i].told, 1);
        turn(world);
        assert_int_equal(fake_begun(&world->fake, FAKE_SESSION), begun);
    }
    assert_false(fake_step(&world->fake, false));
}

static void test_cut_under_way_lets_the_next_begin(void **state)
{
    struct world *world = *state;

    ask(world, 3, 1);
    cut(world, 0, SMTP_DEADLINE);
    assert_int_equal(fake_begun(&world->fake, FAKE_SESSION), 1); /* not before the loop's turn */
    turn(world);
    assert_int_equal(fake_begun(&world->fake, FAKE_SESSION), 2);
    assert_false(waits(world, 1));
    cut(world, 2, SMTP_INTERRUPTED);
    cut(world, 1, SMTP_INTERRUPTED);
    turn(world);
    assert_int_equal(fake_begun(&world->fake, FAKE_SESSION), 2);
    assert_int_equal(world->askers[0].told + world->askers[1].told + world->askers[2].told, 0);
}

/* What was never begun is no fault of the server. */
static void test_cut_while_it_waits(void **state)
{
    struct world *world = *state;

    ask(world, 3, 1);
    cut(world, 1, SMTP_DEADLINE);
    cut(world, 2, SMTP_INTERRUPTED);
    assert_int_equal(world->askers[1].facts->problem, SMTP_OURS);
    assert_int_equal(world->askers[1].facts->os_error, EMFILE);
    assert_int_equal(world->askers[2].facts->problem, SMTP_INTERRUPTED);
    assert_true(fake_step(&world->fake, false));
    turn(world);
    assert_int_equal(fake_begun(&world->fake, FAKE_SESSION), 1);
}

static void test_no_memory_when_its_turn_comes(void **state)
{
    struct world *world = *state;

    ask(world, 3, 1);
    world->fake.fail_all = true;
    assert_true(fake_step(&world->fake, false));
    turn(world);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(world->askers[i].told, 1);
        assert_int_equal(world->askers[i].facts->problem, SMTP_OURS);
    }
}

static void test_no_memory_at_once(void **state)
{
    struct world *world = *state;
    const struct smtp_target target = {.host = "a"};

    ask(world, 0, 1);
    world->fake.fail_all = true;
    assert_null(session_queue_ops.start(world->queue, &target, on_done, &world->askers[0]));
    turn(world);
    assert_int_equal(world->askers[0].told, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_more_than_may_be, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_under_way_lets_the_next_begin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_while_it_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory_when_its_turn_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory_at_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
