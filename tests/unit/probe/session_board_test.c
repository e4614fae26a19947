/* Unit tests of probe/session_board and probe/session_asker: one probe for all who ask. */
#include "case.h"

#include <event2/event.h>

#include "fake_backend.h"
#include "probe/session_asker.h"
#include "probe/session_board.h"

struct world {
    struct event_base *base;
    struct fake fake;
    struct backend backend;
    struct pacer *pacer;
    struct session_board *board;
    struct mailbox *mailbox; /* of the one loop: asks and answers */
    struct session_boards boards;
    struct session_asker asker;
};

struct asked {
    struct smtp_facts *facts;
    unsigned told;
};

static void deliver(void *receiver, struct message *message)
{
    struct world *world = receiver;

    session_board_take(world->board, (struct session_request *)message);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->base = event_base_new();
    world->mailbox = mailbox_new();
    assert_true(world->base && world->mailbox);
    world->backend = fake_backend(&world->fake);
    world->boards =
        (struct session_boards){.mailboxes = &world->mailbox, .n = 1, .deliver = deliver};
    world->asker = (struct session_asker){&world->boards, world->mailbox};
    *state = world;
    return 0;
}

static void make_board(struct world *world, size_t entries_max, size_t per_host)
{
    const struct pacer_options pace = {.per_host = per_host};
    struct session_board_options options = {.backend = &world->backend, .entries_max = entries_max};

    world->pacer = options.pacer = pacer_new(world->base, &pace);
    assert_non_null(world->pacer);
    world->board = session_board_new(world->base, &options);
    assert_non_null(world->board);
}

static int tear_down(void **state)
{
    struct world *world = *state;

    session_board_free(world->board);
    pacer_free(world->pacer);
    fake_clear(&world->fake);
    mailbox_free(world->mailbox);
    event_base_free(world->base);
    free(world);
    return 0;
}

static void turn(struct world *world)
{
    for (int i = 0; i < 3; i++) {
        mailbox_deliver(world->mailbox, world);
        event_base_loop(world->base, EVLOOP_NONBLOCK);
    }
}

static void on_facts(void *arg, struct smtp_facts *facts)
{
    struct asked *asked = arg;

    asked->told++;
    asked->facts = facts;
}

static void *ask(struct world *world, const char *host, const char *address, struct asked *asked)
{
    struct smtp_target target = {.port = 25, .host = host, .sni = host};

    *asked = (struct asked){NULL, 0};
    assert_true(dns_address_parse(address, &target.address));
    void *handle = session_asker_ops.start(&world->asker, &target, on_facts, asked);
    assert_non_null(handle);
    assert_int_equal(asked->told, 0); /* never inline */
    return handle;
}

static void test_joined_and_kept(void **state)
{
    struct world *world = *state;
    struct session_board_stats stats;
    struct asked asked[4];

    make_board(world, 8, 2);
    for (size_t i = 0; i < 3; i++)
        ask(world, "mx.example.com", "192.0.2.1", &asked[i]);
    turn(world);
    assert_int_equal(fake_begun(&world->fake, FAKE_SESSION), 1);
    assert_true(fake_step(&world->fake, false));
    turn(world);
    ask(world, "mx.example.com", "192.0.2.1", &asked[3]); /* it is over by now */
    turn(world);
    assert_int_equal(fake_begun(&world->fake, FAKE_SESSION), 1);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(asked[i].told, 1);
        assert_ptr_equal(asked[i].facts, asked[0].facts);
        smtp_facts_unref(asked[i].facts);
    }
    session_board_stats(world->board, &stats);
    assert_int_equal(stats.asked, 4);
    assert_int_equal(stats.probed, 1);
    assert_int_equal(stats.shared, 3);
    assert_int_equal(stats.repeated, 0);
    assert_int_equal(stats.waiting, 0);
    assert_int_equal(stats.under_way, 0);
}

/* The name is part of what is probed: it is the server name of the handshake. */
static void test_what_is_another(void **state)
{
    struct world *world = *state;
    static const char *const targets[][2] = {{"mx1.example.com", "192.0.2.1"},
                                             {"mx2.example.com", "192.0.2.1"},
                                             {"mx1.example.com", "192.0.2.2"},
                                             {"mx1.example.com", "2001:db8::1"}};
    struct asked asked[COUNT(targets)];

    make_board(world, 8, 0);
    for (size_t i = 0; i < COUNT(targets); i++)
        ask(world, targets[i][0], targets[i][1], &asked[i]);
    turn(world);
    assert_int_equal(fake_begun(&world->fake, FAKE_SESSION), COUNT(targets));
    while (fake_step(&world->fake, false))
        ;
    turn(world);
    for (size_t i = 0; i < COUNT(targets); i++) {
        struct dns_address address;
        assert_true(dns_address_parse(targets[i][1], &address));
        assert_int_equal(asked[i].told, 1);
        assert_true(dns_address_equal(&asked[i].facts->address, &address));
        smtp_facts_unref(asked[i].facts);
    }
}

static void test_forgotten_and_repeated(void **state)
{
    struct world *world = *state;
    struct session_board_stats stats;
    struct asked asked;
    /* Room for two: the third drives the first out, which is probed again. */
    static const char *const addresses[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1"};

    make_board(world, 2, 2);
    for (size_t i = 0; i < COUNT(addresses); i++) {
        ask(world, "mx.example.com", addresses[i], &asked);
        turn(world);
        assert_true(fake_step(&world->fake, false));
        turn(world);
        assert_int_equal(asked.told, 1);
        smtp_facts_unref(asked.facts);
    }
    session_board_stats(world->board, &stats);
    assert_int_equal(stats.probed, 4);
    assert_int_equal(stats.repeated, 1);
    session_board_set_limit(world->board, 1);
    ask(world, "mx.example.com", "192.0.2.3", &asked); /* the older of the two is gone */
    turn(world);
    assert_true(fake_step(&world->fake, false));
    turn(world);
    smtp_facts_unref(asked.facts);
}

/* Who no longer waits is not told; the others are. */
static void test_cut(void **state)
{
    struct world *world = *state;
    struct asked asked[2];
    void *handles[2];

    make_board(world, 8, 2);
    for (size_t i = 0; i < 2; i++)
        handles[i] = ask(world, "mx.example.com", "192.0.2.1", &asked[i]);
    assert_true(session_asker_ops.waits(&world->asker, handles[0]));
    turn(world);
    assert_false(session_asker_ops.waits(&world->asker, handles[0]));
    struct smtp_facts *facts = session_asker_ops.cut(&world->asker, handles[0], SMTP_DEADLINE);
    assert_non_null(facts);
    assert_int_equal(facts->problem, SMTP_DEADLINE);
    smtp_facts_unref(facts);
    assert_true(fake_step(&world->fake, false));
    turn(world);
    assert_int_equal(asked[0].told, 0);
    assert_int_equal(asked[1].told, 1);
    smtp_facts_unref(asked[1].facts);
}

/* Facts that speak of a shortage of ours are no facts about the host. */
static void test_no_memory(void **state)
{
    struct world *world = *state;
    struct asked asked;

    make_board(world, 8, 2);
    for (unsigned i = 1; i <= 2; i++) {
        world->fake.fail_all = true;
        ask(world, "mx.example.com", "192.0.2.1", &asked);
        turn(world);
        assert_int_equal(asked.told, 1);
        assert_int_equal(asked.facts->problem, SMTP_OURS);
        smtp_facts_unref(asked.facts);
    }
    world->fake.fail_all = false;
    ask(world, "mx.example.com", "192.0.2.1", &asked);
    turn(world);
    assert_true(fake_step(&world->fake, false));
    turn(world);
    assert_int_equal(asked.told, 1);
    smtp_facts_unref(asked.facts);
}

/* One at a time at an address, whatever the names. */
static void test_per_host(void **state)
{
    struct world *world = *state;
    struct asked asked[3];
    static const char *const hosts[] = {"mx1.example.com", "mx2.example.com", "mx3.example.com"};

    make_board(world, 8, 1);
    for (size_t i = 0; i < COUNT(hosts); i++)
        ask(world, hosts[i], "192.0.2.1", &asked[i]);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        turn(world);
        assert_int_equal(fake_open(&world->fake, FAKE_SESSION), 1);
        assert_true(fake_step(&world->fake, false));
    }
    turn(world);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        assert_int_equal(asked[i].told, 1);
        smtp_facts_unref(asked[i].facts);
    }
}

/* Where nobody is there, the name does not matter; where somebody speaks, it does. */
static void test_mute_addresses(void **state)
{
    static const struct {
        const char *name;
        struct fake_ending ending;
        bool for_all;
    } cases[] = {
        {"refused", {SMTP_CONNECTION_REFUSED, SMTP_STAGE_CONNECT}, true},
        {"unreachable", {SMTP_UNREACHABLE, SMTP_STAGE_CONNECT}, true},
        {"no answer", {SMTP_TIMED_OUT, SMTP_STAGE_CONNECT}, true},
        {"no banner", {SMTP_TIMED_OUT, SMTP_STAGE_BANNER}, true},
        {"silent later", {SMTP_TIMED_OUT, SMTP_STAGE_EHLO}, false},
        {"closed", {SMTP_CLOSED, SMTP_STAGE_BANNER}, false},
        {"ours", {SMTP_OURS, SMTP_STAGE_CONNECT}, false},
        {"sound", {SMTP_FINE, SMTP_STAGE_DONE}, false},
    };
    struct world *world = *state;

    make_board(world, 64, 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct asked asked[3];
        char address[32], hosts[3][32];
        size_t begun = fake_begun(&world->fake, FAKE_SESSION);
        snprintf(address, sizeof address, "192.0.2.%zu", i + 1);
        for (size_t j = 0; j < 3; j++) {
            snprintf(hosts[j], sizeof hosts[j], "mx%zu.example.com", j);
            if (j < 2) /* the second waits for its turn at the address */
                ask(world, hosts[j], address, &asked[j]);
        }
        turn(world);
        world->fake.ending = &cases[i].ending;
        assert_true(fake_step(&world->fake, false));
        turn(world);
        ask(world, hosts[2], address, &asked[2]); /* and the third comes when all is known */
        turn(world);
        while (fake_open(&world->fake, FAKE_SESSION)) {
            assert_true(fake_step(&world->fake, false));
            turn(world);
        }
        CASE_INT(cases[i].name, fake_begun(&world->fake, FAKE_SESSION) - begun,
                 cases[i].for_all ? 1 : 3);
        for (size_t j = 0; j < 3; j++) {
            CASE_INT(cases[i].name, asked[j].told, 1);
            CASE_INT(cases[i].name, asked[j].facts->problem, cases[i].ending.problem);
            smtp_facts_unref(asked[j].facts);
        }
    }
}

/* What waits and what is under way is given up with the board. */
static void test_freed_early(void **state)
{
    struct world *world = *state;
    struct asked asked[3];

    make_board(world, 8, 1);
    ask(world, "mx1.example.com", "192.0.2.1", &asked[0]);
    ask(world, "mx1.example.com", "192.0.2.1", &asked[1]);
    ask(world, "mx2.example.com", "192.0.2.1", &asked[2]);
    turn(world);
    assert_int_equal(fake_open(&world->fake, FAKE_SESSION), 1);
}

static void test_owner(void **state)
{
    size_t owned[4] = {0};
    struct dns_address address = {.family = DNS_IPV4, .bytes = {10}};

    (void)state;
    for (unsigned i = 0; i < 4000; i++) {
        address.bytes[2] = (uint8_t)(i >> 8);
        address.bytes[3] = (uint8_t)i;
        size_t owner = session_board_owner(&address, false, 4);
        assert_in_range(owner, 0, 3);
        assert_int_equal(session_board_owner(&address, false, 4), owner);
        owned[owner]++;
    }
    for (size_t i = 0; i < 4; i++)
        assert_in_range(owned[i], 800, 1200);
    /* One network, one owner. */
    for (unsigned i = 0; i < 256; i++) {
        struct dns_address other = address;
        other.bytes[3] = (uint8_t)i;
        assert_int_equal(session_board_owner(&other, true, 4),
                         session_board_owner(&address, true, 4));
    }
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_joined_and_kept),
        IN_WORLD(test_what_is_another),
        IN_WORLD(test_forgotten_and_repeated),
        IN_WORLD(test_cut),
        IN_WORLD(test_no_memory),
        IN_WORLD(test_per_host),
        IN_WORLD(test_mute_addresses),
        IN_WORLD(test_freed_early),
        cmocka_unit_test(test_owner),
    };
    return cmocka_run_group_tests_name("session_board", tests, NULL, NULL);
}
