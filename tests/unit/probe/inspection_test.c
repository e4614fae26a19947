/* Unit tests of probe/inspection: when there is an autopsy or a survey, how far it goes, cuts. */
#include "case.h"

#include <signal.h>

#include "loop_server.h"
#include "probe/clock.h"
#include "probe/inspection.h"
#include "support/mint.h"
#include "tls/context.h"

enum { PATIENCE_MS = 20000, SHORT_MS = 150 };

struct world {
    struct event_base *base;
    struct loop_server server;
    SSL_CTX *server_context;
    struct inspection_environment environment;
    struct smtp_facts *facts;
    size_t n_done;
};

static int set_up(void **state)
{
    const struct mint_spec spec = {.subject = "mx", .sans = "DNS:mx.example.test"};
    struct mint identity = mint_certificate(&spec, NULL);
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->base = event_base_new();
    world->server_context = SSL_CTX_new(TLS_server_method());
    assert_non_null(world->server_context);
    assert_int_equal(SSL_CTX_use_certificate(world->server_context, identity.x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(world->server_context, identity.key), 1);
    mint_clear(&identity);
    world->environment = (struct inspection_environment){
        .attempt = {.base = world->base,
                    .session = {.ehlo = "probe.example.test",
                                .connect_timeout_ms = PATIENCE_MS,
                                .banner_timeout_ms = PATIENCE_MS,
                                .timeout_ms = PATIENCE_MS}},
        .context = tls_context_new(),
        .wide_context = tls_context_new_wide(),
        .autopsy = true,
    };
    assert_true(world->base && world->environment.context && world->environment.wide_context);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    smtp_facts_unref(world->facts);
    if (world->server.event)
        loop_server_stop(&world->server);
    SSL_CTX_free(world->environment.context);
    SSL_CTX_free(world->environment.wide_context);
    for (size_t i = 0; i < TLS_KEY_KINDS; i++)
        SSL_CTX_free(world->environment.key_contexts[i]);
    SSL_CTX_free(world->server_context);
    event_base_free(world->base);
    free(world);
    return 0;
}

static void on_done(void *arg, struct smtp_facts *facts)
{
    struct world *world = arg;

    world->n_done++;
    world->facts = facts;
    event_base_loopbreak(world->base);
}

static struct inspection *begin(struct world *world, const struct loop_step *steps)
{
    assert_true(
        loop_server_start(&world->server, world->base, "127.0.0.1", steps, world->server_context));
    /* The names are borrowed for the call alone. */
    char name[] = "mx.example.test";
    const struct smtp_target target = {
        .address = world->server.address, .port = world->server.port, .host = name, .sni = name};
    struct inspection *inspection = inspection_start(&world->environment, &target, on_done, world);
    memset(name, 'x', sizeof name - 1);
    assert_non_null(inspection);
    assert_int_equal(world->n_done, 0); /* never inline */
    return inspection;
}

static void loop_for(struct world *world, int64_t duration_ms)
{
    struct timeval patience = clock_duration(duration_ms);

    assert_int_equal(event_base_loopexit(world->base, &patience), 0);
    assert_true(event_base_dispatch(world->base) >= 0);
}

static const struct smtp_facts *inspect(struct world *world, const struct loop_step *steps)
{
    begin(world, steps);
    loop_for(world, PATIENCE_MS);
    assert_int_equal(world->n_done, 1);
    return world->facts;
}

#define TO_STARTTLS                              \
    {LOOP_SAY, "220 mx.example.test ESMTP\r\n"}, \
    {                                            \
        LOOP_SAY, "250-mx\r\n250 STARTTLS\r\n"   \
    }
#define GO_TLS                     \
    {                              \
        LOOP_SAY_TLS, "220 go\r\n" \
    }
#define GO_RAW                     \
    {                              \
        LOOP_SAY_RAW, "220 go\r\n" \
    }

static const struct loop_step tls[] = {
    TO_STARTTLS, GO_TLS, {LOOP_SAY, "250 mx\r\n"}, {LOOP_SAY, "221 bye\r\n"}, {LOOP_END, NULL}};
static const struct loop_step closes[] = {TO_STARTTLS, GO_RAW, {LOOP_CLOSE, NULL}};
static const struct loop_step resets[] = {TO_STARTTLS, GO_RAW, {LOOP_RESET, NULL}};
static const struct loop_step no_tls[] = {
    TO_STARTTLS, GO_RAW, {LOOP_SAY, "500 what?\r\n"}, {LOOP_END, NULL}};
static const struct loop_step silence[] = {TO_STARTTLS, GO_RAW, {LOOP_END, NULL}};
static const struct loop_step refuses[] = {
    TO_STARTTLS, {LOOP_SAY, "454 no\r\n"}, {LOOP_SAY, "221 bye\r\n"}, {LOOP_END, NULL}};

static void test_healthy(void **state)
{
    struct world *world = *state;
    const struct smtp_facts *facts = inspect(world, tls);

    assert_int_equal(facts->problem, SMTP_FINE);
    assert_non_null(facts->tls);
    assert_int_equal(facts->autopsy.connections, 0);
    assert_int_equal(world->server.n_clients, 1);
    assert_string_equal(world->server.sni, "mx.example.test");
    assert_int_equal(facts->other_key.status, OTHER_KEY_NOT_LOOKED);
    /* Tickets of TLS 1.3 come behind the handshake; two hours are OpenSSL's own. */
    assert_int_equal(facts->resumption.offer, TLS_RESUMPTION_TICKET);
    assert_int_equal(facts->resumption.lifetime_s, 7200);
}

static void test_no_resumption(void **state)
{
    struct world *world = *state;

    assert_int_equal(SSL_CTX_set_num_tickets(world->server_context, 0), 1);
    const struct smtp_facts *facts = inspect(world, tls);
    assert_int_equal(facts->problem, SMTP_FINE);
    assert_int_equal(facts->resumption.offer, TLS_RESUMPTION_NONE);
}

static void look_at_both_keys(struct world *world)
{
    SSL_CTX **contexts = world->environment.key_contexts;

    contexts[TLS_KEY_RSA] = tls_context_new_for_key(TLS_KEY_RSA);
    contexts[TLS_KEY_EC] = tls_context_new_for_key(TLS_KEY_EC);
    assert_true(contexts[TLS_KEY_RSA] && contexts[TLS_KEY_EC]);
}

static void add_rsa(struct world *world)
{
    const struct mint_spec spec = {
        .subject = "mx", .sans = "DNS:mx.example.test", .key = MINT_RSA_2048};
    struct mint identity = mint_certificate(&spec, NULL);

    assert_int_equal(SSL_CTX_use_certificate(world->server_context, identity.x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(world->server_context, identity.key), 1);
    mint_clear(&identity);
}

static void test_both_keys(void **state)
{
    struct world *world = *state;

    look_at_both_keys(world);
    add_rsa(world);
    const struct smtp_facts *facts = inspect(world, tls);
    assert_int_equal(world->server.n_clients, 2);
    assert_int_equal(facts->other_key.status, OTHER_KEY_SEEN);
    assert_string_equal(facts->tls->chain[0].key, "EC 256");
    assert_string_equal(facts->other_key.tls->chain[0].key, "RSA 2048");
    assert_string_equal(facts->other_key.tls->sni, "mx.example.test");
    assert_int_equal(facts->other_key.resumption.offer, TLS_RESUMPTION_TICKET);
}

static void test_one_key(void **state)
{
    struct world *world = *state;

    look_at_both_keys(world);
    const struct smtp_facts *facts = inspect(world, tls);
    assert_int_equal(world->server.n_clients, 2);
    assert_int_equal(facts->problem, SMTP_FINE);
    assert_int_equal(facts->other_key.status, OTHER_KEY_NONE);
    assert_null(facts->other_key.tls);
}

/* A session without TLS has no key; and there is no second look where the first failed. */
static void test_both_keys_without_tls(void **state)
{
    struct world *world = *state;

    look_at_both_keys(world);
    const struct smtp_facts *facts = inspect(world, refuses);
    assert_int_equal(world->server.n_clients, 1);
    assert_int_equal(facts->other_key.status, OTHER_KEY_NOT_LOOKED);
}

/* Row 24: TLS 1.0 and 1.1 are all that the server has; the wider attempt shows it. */
static void test_old_version(void **state)
{
    struct world *world = *state;

    SSL_CTX_set_security_level(world->server_context, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(world->server_context, TLS1_VERSION), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(world->server_context, TLS1_1_VERSION), 1);
    const struct smtp_facts *facts = inspect(world, tls);
    assert_int_equal(facts->problem, SMTP_TLS_FAILED);
    assert_int_equal(facts->tls_failure.kind, TLS_FAILED_ALERT);
    assert_int_equal(facts->tls_failure.alert, 70); /* protocol_version */
    assert_null(facts->tls);                        /* what counts is the modern attempt */
    assert_int_equal(facts->autopsy.connections, 1);
    assert_true(facts->autopsy.wide);
    assert_string_equal(facts->autopsy.protocol, "TLSv1.1");
    assert_int_equal(world->server.n_clients, 2);
}

/* Row 22: NULL encryption is all that the server has. */
static void test_weak_suite(void **state)
{
    struct world *world = *state;

    SSL_CTX_set_security_level(world->server_context, 0);
    assert_int_equal(SSL_CTX_set_max_proto_version(world->server_context, TLS1_2_VERSION), 1);
    assert_int_equal(
        SSL_CTX_set_cipher_list(world->server_context, "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0"), 1);
    const struct smtp_facts *facts = inspect(world, tls);
    assert_int_equal(facts->problem, SMTP_TLS_FAILED);
    assert_int_equal(facts->tls_failure.alert, 40); /* handshake_failure */
    assert_true(facts->autopsy.wide);
    assert_string_equal(facts->autopsy.cipher, "ECDHE-ECDSA-NULL-SHA");
}

/* A server that never lets a handshake begin is asked three times, and no more. */
static void test_bounded(void **state)
{
    struct world *world = *state;
    const struct smtp_facts *facts = inspect(world, closes);

    assert_int_equal(facts->problem, SMTP_TLS_FAILED);
    assert_int_equal(facts->tls_failure.kind, TLS_FAILED_CLOSED);
    assert_false(facts->autopsy.wide || facts->autopsy.by_hand);
    assert_int_equal(world->server.n_clients, 3);
    assert_int_equal(facts->autopsy.connections, 2);
}

static void test_no_autopsy(void **state)
{
    static const struct {
        const char *name;
        const struct loop_step *steps;
        bool allowed;
        enum smtp_problem problem;
    } cases[] = {
        {"not wanted", closes, false, SMTP_TLS_FAILED},
        {"not wanted, reset", resets, false, SMTP_TLS_FAILED},
        {"no TLS: told from the bytes", no_tls, true, SMTP_TLS_FAILED},
        {"silence: time is up", silence, true, SMTP_TLS_FAILED},
        {"STARTTLS refused", refuses, true, SMTP_FINE},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world *world;
        if (i > 0) {
            assert_int_equal(tear_down(state), 0);
            assert_int_equal(set_up(state), 0);
        }
        world = *state;
        world->environment.autopsy = cases[i].allowed;
        if (cases[i].steps == silence)
            world->environment.attempt.session.timeout_ms = SHORT_MS;
        const struct smtp_facts *facts = inspect(world, cases[i].steps);
        CASE_INT(cases[i].name, facts->problem, cases[i].problem);
        CASE_INT(cases[i].name, facts->autopsy.connections, 0);
        CASE_INT(cases[i].name, (long long)world->server.n_clients, 1);
    }
}

static int any_certificate(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1;
}

/* Row 27: the server has told what it wants; no wider attempt can tell more. */
static void test_client_certificate(void **state)
{
    struct world *world = *state;

    assert_int_equal(SSL_CTX_set_max_proto_version(world->server_context, TLS1_2_VERSION), 1);
    SSL_CTX_set_verify(world->server_context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       any_certificate);
    const struct smtp_facts *facts = inspect(world, tls);
    assert_int_equal(facts->problem, SMTP_TLS_FAILED);
    assert_int_equal(facts->autopsy.connections, 0);
    assert_int_equal(world->server.n_clients, 1);
}

/* The dialogue of further attempts follows that of the session, when it is kept at all. */
static void test_dialogue(void **state)
{
    struct world *world = *state;
    size_t commands = 0;

    world->environment.attempt.session.keep_dialogue = true;
    const struct smtp_facts *facts = inspect(world, closes);
    for (size_t i = 0; i < facts->n_dialogue; i++)
        commands += strcmp(facts->dialogue[i].text, "STARTTLS") == 0;
    assert_int_equal(commands, 3);
}

static void test_cut_in_the_session(void **state)
{
    struct world *world = *state;
    struct inspection *inspection = begin(world, silence);

    loop_for(world, SHORT_MS);
    struct smtp_facts *facts = inspection_cut(inspection, SMTP_INTERRUPTED);
    assert_int_equal(facts->problem, SMTP_INTERRUPTED);
    smtp_facts_unref(facts);
    loop_for(world, 20);
    assert_int_equal(world->n_done, 0);
}

/* What the session told stays, whatever becomes of the autopsy. */
static void test_cut_in_the_autopsy(void **state)
{
    struct world *world = *state;
    struct inspection *inspection = begin(world, closes);

    while (world->server.n_clients < 2) {
        assert_int_equal(event_base_loop(world->base, EVLOOP_ONCE), 0);
        assert_int_equal(world->n_done, 0);
    }
    struct smtp_facts *facts = inspection_cut(inspection, SMTP_INTERRUPTED);
    assert_int_equal(facts->problem, SMTP_TLS_FAILED);
    assert_int_equal(facts->tls_failure.kind, TLS_FAILED_CLOSED);
    smtp_facts_unref(facts);
    loop_for(world, 20);
    assert_int_equal(world->n_done, 0);
}

/* --- the survey ------------------------------------------------------------------------------- */

enum { PAUSE_MS = 200 };

static const struct tls_survey *survey(struct world *world, const struct loop_step *steps)
{
    world->environment.tls_survey = true;
    world->environment.autopsy = false;
    return &inspect(world, steps)->survey;
}

/* Twelve connections after the session's, with a pause before each; the session stays as it was. */
static void test_survey(void **state)
{
    struct world *world = *state;
    const int64_t began_ms = clock_monotonic_ms();

    (void)SSL_CTX_set_options(world->server_context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    const struct tls_survey *told = survey(world, tls);
    assert_int_equal(told->connections, SURVEY_CONNECTIONS_MAX);
    assert_int_equal(world->server.n_clients, 1 + SURVEY_CONNECTIONS_MAX);
    assert_true(clock_monotonic_ms() - began_ms >= SURVEY_CONNECTIONS_MAX * PAUSE_MS);
    assert_int_equal(told->order, SURVEY_ORDER_SERVER);
    for (size_t i = 0; i < SURVEY_VERSIONS; i++)
        assert_int_equal(told->versions[i].status, i < 3 ? SURVEY_REFUSED : SURVEY_ACCEPTED);
    assert_int_equal(told->versions[3].suite, 0xc02c); /* OpenSSL's first, with an EC key */
    assert_int_equal(told->versions[3].group, 29);
    assert_int_equal(told->versions[4].suite, 0x1302);
    for (size_t i = 0; i < SURVEY_CLASSES; i++)
        assert_int_equal(told->weak[i].status, SURVEY_REFUSED);
    assert_int_equal(world->facts->problem, SMTP_FINE);
    assert_non_null(world->facts->tls);
}

static void test_survey_of_what_failed(void **state)
{
    struct world *world = *state;

    SSL_CTX_set_security_level(world->server_context, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(world->server_context, TLS1_VERSION), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(world->server_context, TLS1_1_VERSION), 1);
    assert_int_equal(SSL_CTX_set_cipher_list(world->server_context, "ALL:eNULL:@SECLEVEL=0"), 1);
    const struct tls_survey *told = survey(world, tls);
    assert_int_equal(told->versions[1].status, SURVEY_ACCEPTED);
    assert_int_equal(told->versions[2].status, SURVEY_ACCEPTED);
    assert_int_equal(told->versions[3].status, SURVEY_REFUSED);
    assert_int_equal(told->weak[TLS_SUITE_ANONYMOUS].status, SURVEY_ACCEPTED);
    assert_int_equal(told->weak[TLS_SUITE_ANONYMOUS].version, TLS1_1_VERSION);
    assert_int_equal(told->weak[TLS_SUITE_NULL].suite, 0xc006);
    assert_int_equal(told->order, SURVEY_ORDER_CLIENT);
    assert_int_equal(world->facts->problem, SMTP_TLS_FAILED);
    assert_null(world->facts->tls);
}

/* How many connections it is worth, and what is told of TLS 1.3, which is asked for first. */
static void test_survey_of_the_sick(void **state)
{
    static const struct {
        const char *name;
        const struct loop_step *steps;
        unsigned connections;
        enum survey_status status;
    } cases[] = {
        {"closes", closes, 5, SURVEY_REFUSED},
        {"resets", resets, 5, SURVEY_REFUSED},
        {"answers in SMTP", no_tls, 5, SURVEY_UNKNOWN},
        {"says nothing", silence, 1, SURVEY_UNKNOWN},
        {"refuses STARTTLS", refuses, 0, SURVEY_UNKNOWN},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world *world;
        if (i > 0) {
            assert_int_equal(tear_down(state), 0);
            assert_int_equal(set_up(state), 0);
        }
        world = *state;
        if (cases[i].steps == silence)
            world->environment.attempt.session.timeout_ms = SHORT_MS;
        const struct tls_survey *told = survey(world, cases[i].steps);
        CASE_INT(cases[i].name, told->connections, cases[i].connections);
        CASE_INT(cases[i].name, (long long)world->server.n_clients, 1 + cases[i].connections);
        for (size_t j = 0; j < SURVEY_VERSIONS; j++)
            CASE_INT(cases[i].name, told->versions[j].status, cases[i].status);
    }
}

/* Turned away in the third connection: no more are made, and nothing is called refused. */
static void test_survey_throttled(void **state)
{
    static const struct loop_step throttles[] = {
        {LOOP_SAY, "421 slow down\r\n"}, {LOOP_SAY, "421 slow down\r\n"}, {LOOP_CLOSE, NULL}};
    struct world *world = *state;

    world->environment.tls_survey = true;
    begin(world, tls);
    while (world->server.n_clients < 3)
        assert_int_equal(event_base_loop(world->base, EVLOOP_ONCE), 0);
    world->server.steps = throttles;
    loop_for(world, PATIENCE_MS);
    assert_int_equal(world->n_done, 1);
    const struct tls_survey *told = &world->facts->survey;
    assert_int_equal(world->server.n_clients, 3);
    assert_int_equal(told->connections, 2);
    assert_int_equal(told->versions[4].status, SURVEY_ACCEPTED);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(told->versions[i].status, SURVEY_UNKNOWN);
    for (size_t i = 0; i < SURVEY_CLASSES; i++)
        assert_int_equal(told->weak[i].status, SURVEY_UNKNOWN);
}

/* In a pause as well as while a connection is under way: what was told by then stays. */
static void test_survey_cut(void **state)
{
    for (int in_pause = 0; in_pause < 2; in_pause++) {
        struct world *world = *state;
        world->environment.tls_survey = true;
        struct inspection *inspection = begin(world, tls);
        while (world->server.n_clients < 3)
            assert_int_equal(event_base_loop(world->base, EVLOOP_ONCE), 0);
        if (in_pause)
            loop_for(world, PAUSE_MS / 2); /* the third has ended by then, the next not begun */
        struct smtp_facts *facts = inspection_cut(inspection, SMTP_DEADLINE);
        assert_int_equal(facts->problem, SMTP_FINE);
        assert_non_null(facts->tls);
        assert_int_equal(facts->survey.connections, in_pause ? 2 : 1);
        assert_int_equal(facts->survey.versions[4].status, SURVEY_ACCEPTED);
        smtp_facts_unref(facts);
        loop_for(world, 2 * PAUSE_MS);
        assert_int_equal(world->n_done, 0);
        assert_int_equal(world->server.n_clients, 3);
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
    }
}

/* The session's own facts stay; that the second one did not come to an end is said. */
static void test_cut_before_the_other_key(void **state)
{
    struct world *world = *state;

    look_at_both_keys(world);
    struct inspection *inspection = begin(world, tls);
    while (world->server.n_clients < 2) {
        assert_int_equal(event_base_loop(world->base, EVLOOP_ONCE), 0);
        assert_int_equal(world->n_done, 0);
    }
    struct smtp_facts *facts = inspection_cut(inspection, SMTP_DEADLINE);
    assert_int_equal(facts->problem, SMTP_FINE);
    assert_non_null(facts->tls);
    assert_int_equal(facts->other_key.status, OTHER_KEY_UNKNOWN);
    assert_int_equal(facts->other_key.problem, SMTP_DEADLINE);
    smtp_facts_unref(facts);
    loop_for(world, 20);
    assert_int_equal(world->n_done, 0);
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_healthy),
        IN_WORLD(test_no_resumption),
        IN_WORLD(test_both_keys),
        IN_WORLD(test_one_key),
        IN_WORLD(test_both_keys_without_tls),
        IN_WORLD(test_cut_before_the_other_key),
        IN_WORLD(test_old_version),
        IN_WORLD(test_weak_suite),
        IN_WORLD(test_bounded),
        IN_WORLD(test_no_autopsy),
        IN_WORLD(test_client_certificate),
        IN_WORLD(test_dialogue),
        IN_WORLD(test_cut_in_the_session),
        IN_WORLD(test_cut_in_the_autopsy),
        IN_WORLD(test_survey),
        IN_WORLD(test_survey_of_what_failed),
        IN_WORLD(test_survey_of_the_sick),
        IN_WORLD(test_survey_throttled),
        IN_WORLD(test_survey_cut),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
