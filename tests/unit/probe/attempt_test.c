/* Unit tests of probe/attempt: real sockets on the loopback, the server on the same event loop. */
#include "case.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <sys/resource.h>

#include "loop_server.h"
#include "probe/attempt.h"
#include "probe/clock.h"
#include "support/mint.h"
#include "tls/context.h"

enum { PATIENCE_S = 20, SHORT_MS = 150, LONG_MS = 15000 };

struct world {
    struct event_base *base;
    struct loop_server server;
    SSL_CTX *server_context;
    struct attempt_environment environment;
    struct attempt_offer offer;
    struct smtp_facts *facts;
    size_t n_done, n_wanted, n_secured;
};

/* --- a world with one server ------------------------------------------------------------------ */

static int any_certificate(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1;
}

static SSL_CTX *new_server_context(void)
{
    const struct mint_spec spec = {.subject = "mx", .sans = "DNS:mx.example.test"};
    struct mint identity = mint_certificate(&spec, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    assert_non_null(context);
    assert_int_equal(SSL_CTX_use_certificate(context, identity.x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, identity.key), 1);
    mint_clear(&identity);
    return context;
}

static void on_secured(void *arg)
{
    ((struct world *)arg)->n_secured++;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->base = event_base_new();
    world->server_context = new_server_context();
    world->n_wanted = 1;
    world->offer = (struct attempt_offer){.context = tls_context_new()};
    world->environment = (struct attempt_environment){
        .base = world->base,
        .session = {.ehlo = "probe.example.test",
                    .connect_timeout_ms = LONG_MS,
                    .banner_timeout_ms = LONG_MS,
                    .timeout_ms = LONG_MS},
        .secured = on_secured,
        .secured_arg = world,
    };
    assert_true(world->base && world->offer.context);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    smtp_facts_unref(world->facts);
    if (world->server.event)
        loop_server_stop(&world->server);
    SSL_CTX_free(world->offer.context);
    SSL_CTX_free(world->server_context);
    event_base_free(world->base);
    free(world);
    return 0;
}

static bool serve_at(struct world *world, const char *address, const struct loop_step *steps)
{
    if (world->server.event)
        loop_server_stop(&world->server);
    return loop_server_start(&world->server, world->base, address, steps, world->server_context);
}

static void serve(struct world *world, const struct loop_step *steps)
{
    assert_true(serve_at(world, "127.0.0.1", steps));
}

static void on_done(void *arg, struct smtp_facts *facts)
{
    struct world *world = arg;

    smtp_facts_unref(world->facts);
    world->facts = facts;
    if (++world->n_done == world->n_wanted)
        event_base_loopbreak(world->base);
}

static struct attempt *begin(struct world *world)
{
    const struct smtp_target target = {.address = world->server.address,
                                       .port = world->server.port,
                                       .host = "mx.example.test",
                                       .sni = "mx.example.test"};
    size_t before = world->n_done;
    struct attempt *attempt =
        attempt_start(&world->environment, &target, &world->offer, on_done, world);

    assert_non_null(attempt);
    assert_int_equal(world->n_done, before); /* never inline */
    return attempt;
}

static void loop_for(struct world *world, int64_t duration_ms)
{
    struct timeval patience = clock_duration(duration_ms);

    assert_int_equal(event_base_loopexit(world->base, &patience), 0);
    assert_true(event_base_dispatch(world->base) >= 0);
}

/* One attempt to its end; returns how many milliseconds it took. */
static int64_t run(struct world *world)
{
    int64_t began_ms = clock_monotonic_ms();

    world->n_done = 0;
    begin(world);
    loop_for(world, PATIENCE_S * 1000);
    assert_int_equal(world->n_done, 1);
    return clock_monotonic_ms() - began_ms;
}

/* --- dialogues -------------------------------------------------------------------------------- */

static const char offer[] = "250-mx.example.test\r\n250 STARTTLS\r\n";

#define GREET                                     \
    {                                             \
        LOOP_SAY, "220 mx.example.test ESMTP\r\n" \
    }
#define OFFER           \
    {                   \
        LOOP_SAY, offer \
    }
#define GO_TLS                           \
    {                                    \
        LOOP_SAY_TLS, "220 go ahead\r\n" \
    }
#define HELLO                               \
    {                                       \
        LOOP_SAY, "250 mx.example.test\r\n" \
    }
#define BYE                     \
    {                           \
        LOOP_SAY, "221 bye\r\n" \
    }

static const struct loop_step healthy[] = {GREET, OFFER, GO_TLS, HELLO, BYE, {LOOP_END, NULL}};

static void test_healthy(void **state)
{
    struct world *world = *state;

    serve(world, healthy);
    run(world);
    const struct smtp_facts *facts = world->facts;
    assert_int_equal(facts->problem, SMTP_FINE);
    assert_int_equal(facts->stage, SMTP_STAGE_DONE);
    assert_int_equal(facts->starttls, SMTP_STARTTLS_ACCEPTED);
    assert_string_equal(facts->banner, "220 mx.example.test ESMTP");
    assert_non_null(facts->tls);
    assert_int_equal(facts->tls->n_chain, 1);
    assert_string_equal(facts->tls->sni, "mx.example.test");
    assert_string_equal(world->server.sni, "mx.example.test");
    assert_string_equal(world->server.heard, "EHLO probe.example.test\r\nSTARTTLS\r\n"
                                             "EHLO probe.example.test\r\nQUIT\r\n");
    assert_int_equal(world->n_secured, 1);
    assert_true(facts->timings.connect >= 0 && facts->timings.banner >= 0 &&
                facts->timings.ehlo >= 0 && facts->timings.starttls >= 0 &&
                facts->timings.handshake >= 0);
    assert_in_range(facts->observed_at_ms, clock_wall_ms() - 60000, clock_wall_ms());
    assert_int_equal(facts->port, world->server.port);
}

static const struct loop_step banner_421[] = {{LOOP_SAY, "421 busy\r\n"}, {LOOP_END, NULL}};
static const struct loop_step banner_close[] = {{LOOP_CLOSE, NULL}};
static const struct loop_step banner_flood[] = {{LOOP_FLOOD, "220-xxxxxxxxxxxxxxxxxxxxxxxx\r\n"}};
static const struct loop_step banner_line[] = {{LOOP_FLOOD, "220-xxxxxxxxxxxxxxxxxxxxxxxxxx"}};
static const struct loop_step ehlo_close[] = {GREET, {LOOP_CLOSE, NULL}};
static const struct loop_step ehlo_reset[] = {GREET, {LOOP_RESET, NULL}};
static const struct loop_step ehlo_flood[] = {GREET, {LOOP_FLOOD, "250-xxxxxxxxxxxxxxxxxxxx\r\n"}};
static const struct loop_step starttls_454[] = {
    GREET, OFFER, {LOOP_SAY, "454 not now\r\n"}, BYE, {LOOP_END, NULL}};
static const struct loop_step starttls_close[] = {GREET, OFFER, {LOOP_CLOSE, NULL}};
static const struct loop_step plaintext[] = {
    GREET, OFFER, {LOOP_SAY, "220 go\r\n250 mx\r\n"}, {LOOP_END, NULL}};
static const struct loop_step no_tls[] = {
    GREET, OFFER, {LOOP_SAY_RAW, "220 go\r\n"}, {LOOP_SAY, "500 what?\r\n"}, {LOOP_END, NULL}};
static const struct loop_step handshake_close[] = {
    GREET, OFFER, {LOOP_SAY_RAW, "220 go\r\n"}, {LOOP_CLOSE, NULL}};
static const struct loop_step handshake_reset[] = {
    GREET, OFFER, {LOOP_SAY_RAW, "220 go\r\n"}, {LOOP_RESET, NULL}};
static const struct loop_step tls_close[] = {GREET, OFFER, GO_TLS, {LOOP_CLOSE, NULL}};
static const struct loop_step tls_flood[] = {
    GREET, OFFER, GO_TLS, {LOOP_FLOOD, "250-xxxxxxxxxxxxxxxxxxxx\r\n"}};
static const struct loop_step quit_close[] = {GREET, OFFER, GO_TLS, HELLO, {LOOP_CLOSE, NULL}};
static const struct loop_step stripped[] = {GREET, {LOOP_SAY, "250 mx\r\n"}, GO_TLS, HELLO,
                                            BYE,   {LOOP_END, NULL}};

static void test_faults(void **state)
{
    static const struct {
        const char *name;
        const struct loop_step *steps;
        enum smtp_stage stage;
        enum smtp_problem problem;
        enum tls_failure_kind failure;
    } cases[] = {
        {"banner 421", banner_421, SMTP_STAGE_BANNER, SMTP_TEMPORARY_REPLY, 0},
        {"banner closed", banner_close, SMTP_STAGE_BANNER, SMTP_CLOSED, 0},
        {"banner flood", banner_flood, SMTP_STAGE_BANNER, SMTP_MALFORMED, 0},
        {"banner without a line end", banner_line, SMTP_STAGE_BANNER, SMTP_MALFORMED, 0},
        {"EHLO closed", ehlo_close, SMTP_STAGE_EHLO, SMTP_CLOSED, 0},
        {"EHLO reset", ehlo_reset, SMTP_STAGE_EHLO, SMTP_CLOSED, 0},
        {"EHLO flood", ehlo_flood, SMTP_STAGE_EHLO, SMTP_MALFORMED, 0},
        {"STARTTLS 454", starttls_454, SMTP_STAGE_STARTTLS, SMTP_FINE, 0},
        {"STARTTLS closed", starttls_close, SMTP_STAGE_STARTTLS, SMTP_STARTTLS_UNANSWERED, 0},
        {"plaintext behind the 220", plaintext, SMTP_STAGE_HANDSHAKE, SMTP_PLAINTEXT_AFTER_220, 0},
        {"no TLS", no_tls, SMTP_STAGE_HANDSHAKE, SMTP_TLS_FAILED, TLS_FAILED_NOT_TLS},
        {"handshake closed", handshake_close, SMTP_STAGE_HANDSHAKE, SMTP_TLS_FAILED,
         TLS_FAILED_CLOSED},
        {"handshake reset", handshake_reset, SMTP_STAGE_HANDSHAKE, SMTP_TLS_FAILED,
         TLS_FAILED_RESET},
        {"closed inside TLS", tls_close, SMTP_STAGE_TLS_EHLO, SMTP_CLOSED, 0},
        {"flood inside TLS", tls_flood, SMTP_STAGE_TLS_EHLO, SMTP_MALFORMED, 0},
        {"closed instead of a goodbye", quit_close, SMTP_STAGE_DONE, SMTP_FINE, 0},
        {"stripped", stripped, SMTP_STAGE_EHLO, SMTP_FINE, 0},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        serve(world, cases[i].steps);
        int64_t took_ms = run(world);
        CASE_INT(cases[i].name, world->facts->problem, cases[i].problem);
        CASE_INT(cases[i].name, world->facts->stage, cases[i].stage);
        if (cases[i].problem == SMTP_TLS_FAILED)
            CASE_INT(cases[i].name, world->facts->tls_failure.kind, cases[i].failure);
        CASE_CHECK(cases[i].name, took_ms < LONG_MS); /* told, not waited for */
    }
}

static void test_refused(void **state)
{
    struct world *world = *state;

    serve(world, healthy);
    loop_server_stop(&world->server); /* the port stays known, and nobody listens */
    world->server.event = NULL;
    world->server.clients = NULL;
    run(world);
    assert_int_equal(world->facts->problem, SMTP_CONNECTION_REFUSED);
    assert_int_equal(world->facts->stage, SMTP_STAGE_CONNECT);
    assert_int_equal(world->facts->os_error, ECONNREFUSED);
    assert_int_equal(world->facts->timings.connect, -1);
}

/* --- deadlines -------------------------------------------------------------------------------- */

static const struct loop_step banner_silence[] = {{LOOP_END, NULL}};
static const struct loop_step banner_drip[] = {{LOOP_DRIP, "220-"}};
static const struct loop_step ehlo_silence[] = {GREET, {LOOP_END, NULL}};
static const struct loop_step ehlo_drip[] = {GREET, {LOOP_DRIP, "250-"}};
static const struct loop_step starttls_drip[] = {GREET, OFFER, {LOOP_DRIP, "220 "}};
static const struct loop_step handshake_silence[] = {
    GREET, OFFER, {LOOP_SAY_RAW, "220 go\r\n"}, {LOOP_END, NULL}};
/* The head of a handshake record of 0x3f78 bytes, which then trickles in. */
static const struct loop_step handshake_drip[] = {
    GREET, OFFER, {LOOP_SAY_RAW, "220 go\r\n"}, {LOOP_DRIP, "\x16\x03\x03\x3f"}};
static const struct loop_step tls_drip[] = {GREET, OFFER, GO_TLS, {LOOP_DRIP, "250-"}};
static const struct loop_step quit_silence[] = {GREET, OFFER, GO_TLS, HELLO, {LOOP_END, NULL}};

/* One absolute deadline a phase: silence and a drip end alike, and in time. */
static void test_deadlines(void **state)
{
    static const struct {
        const char *name;
        const struct loop_step *steps;
        enum smtp_stage stage;
        enum smtp_problem problem;
    } cases[] = {
        {"banner, silence", banner_silence, SMTP_STAGE_BANNER, SMTP_TIMED_OUT},
        {"banner, drip", banner_drip, SMTP_STAGE_BANNER, SMTP_TIMED_OUT},
        {"EHLO, silence", ehlo_silence, SMTP_STAGE_EHLO, SMTP_TIMED_OUT},
        {"EHLO, drip", ehlo_drip, SMTP_STAGE_EHLO, SMTP_TIMED_OUT},
        {"STARTTLS, drip", starttls_drip, SMTP_STAGE_STARTTLS, SMTP_STARTTLS_UNANSWERED},
        {"handshake, silence", handshake_silence, SMTP_STAGE_HANDSHAKE, SMTP_TLS_FAILED},
        {"handshake, drip", handshake_drip, SMTP_STAGE_HANDSHAKE, SMTP_TLS_FAILED},
        {"EHLO in TLS, drip", tls_drip, SMTP_STAGE_TLS_EHLO, SMTP_TIMED_OUT},
        {"QUIT, silence", quit_silence, SMTP_STAGE_DONE, SMTP_FINE},
    };
    struct world *world = *state;

    world->environment.session.banner_timeout_ms = SHORT_MS;
    world->environment.session.timeout_ms = SHORT_MS;
    for (size_t i = 0; i < COUNT(cases); i++) {
        serve(world, cases[i].steps);
        int64_t took_ms = run(world);
        CASE_INT(cases[i].name, world->facts->problem, cases[i].problem);
        CASE_INT(cases[i].name, world->facts->stage, cases[i].stage);
        if (cases[i].problem == SMTP_TLS_FAILED)
            CASE_INT(cases[i].name, world->facts->tls_failure.kind, TLS_FAILED_TIMEOUT);
        /* libevent counts from the beginning of its turn: a little early is not wrong. */
        CASE_CHECK(cases[i].name, took_ms >= SHORT_MS / 2 && took_ms < LONG_MS);
    }
}

/* A full backlog is the loopback's way not to answer a SYN. */
static void test_connect_deadline(void **state)
{
    struct world *world = *state;
    struct sockaddr_storage name;
    int fds[8];

    serve(world, healthy);
    assert_int_equal(event_del(world->server.event), 0); /* nobody accepts */
    assert_int_equal(listen(world->server.fd, 0), 0);
    socklen_t length = dns_address_to_sockaddr(&world->server.address, world->server.port, &name);
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(fds[i] >= 0);
        (void)connect(fds[i], (struct sockaddr *)&name, length);
    }
    world->environment.session.connect_timeout_ms = SHORT_MS;
    int64_t took_ms = run(world);
    assert_int_equal(world->facts->problem, SMTP_TIMED_OUT);
    assert_int_equal(world->facts->stage, SMTP_STAGE_CONNECT);
    assert_true(took_ms >= SHORT_MS / 2 && took_ms < LONG_MS);
    for (size_t i = 0; i < COUNT(fds); i++)
        close(fds[i]);
}

/* --- cuts ------------------------------------------------------------------------------------- */

static void test_cut(void **state)
{
    static const struct {
        const char *name;
        const struct loop_step *steps;
        enum smtp_stage stage;
        enum smtp_problem problem;
    } cases[] = {
        {"banner", banner_silence, SMTP_STAGE_BANNER, SMTP_INTERRUPTED},
        {"EHLO", ehlo_silence, SMTP_STAGE_EHLO, SMTP_INTERRUPTED},
        {"handshake", handshake_silence, SMTP_STAGE_HANDSHAKE, SMTP_INTERRUPTED},
        {"EHLO in TLS", tls_drip, SMTP_STAGE_TLS_EHLO, SMTP_INTERRUPTED},
        {"QUIT", quit_silence, SMTP_STAGE_DONE, SMTP_FINE},
    };
    struct world *world = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        serve(world, cases[i].steps);
        struct attempt *attempt = begin(world);
        loop_for(world, SHORT_MS);
        struct smtp_facts *facts = attempt_cut(attempt, SMTP_INTERRUPTED);
        CASE_INT(cases[i].name, facts->problem, cases[i].problem);
        CASE_INT(cases[i].name, facts->stage, cases[i].stage);
        smtp_facts_unref(facts);
        loop_for(world, 20);
        CASE_INT(cases[i].name, (long long)world->n_done, 0);
    }
}

static void test_cut_before_the_loop_runs(void **state)
{
    struct world *world = *state;

    serve(world, healthy);
    struct smtp_facts *facts = attempt_cut(begin(world), SMTP_TIMED_OUT);
    assert_int_equal(facts->problem, SMTP_TIMED_OUT);
    assert_int_equal(facts->stage, SMTP_STAGE_CONNECT);
    smtp_facts_unref(facts);
    loop_for(world, 20);
    assert_int_equal(world->n_done, 0);
}

/* --- names, addresses, numbers ---------------------------------------------------------------- */

static void test_source(void **state)
{
    struct world *world = *state;
    struct dns_address source;

    assert_true(dns_address_parse("127.0.0.2", &source));
    world->environment.source_ipv4 = &source;
    serve(world, healthy);
    run(world);
    assert_int_equal(world->facts->problem, SMTP_FINE);
    assert_true(dns_address_equal(&world->server.peer, &source));
}

/* A source address that this machine does not have is no fault of the server's. */
static void test_source_not_ours(void **state)
{
    struct world *world = *state;
    struct dns_address source;

    assert_true(dns_address_parse("192.0.2.77", &source));
    world->environment.source_ipv4 = &source;
    serve(world, healthy);
    run(world);
    assert_int_equal(world->facts->problem, SMTP_OURS);
    assert_int_equal(world->facts->os_error, EADDRNOTAVAIL);
    assert_int_equal(world->server.n_clients, 0);
}

static void test_literal_for_a_name(void **state)
{
    struct world *world = *state;

    world->environment.session.ehlo = NULL;
    serve(world, healthy);
    run(world);
    assert_int_equal(strncmp(world->server.heard, "EHLO [127.0.0.1]\r\n", 18), 0);
}

static void test_ipv6(void **state)
{
    struct world *world = *state;

    world->environment.session.ehlo = NULL;
    if (!serve_at(world, "::1", healthy)) {
        world->server = (struct loop_server){0};
        skip();
    }
    run(world);
    assert_int_equal(world->facts->problem, SMTP_FINE);
    assert_int_equal(strncmp(world->server.heard, "EHLO [IPv6:::1]\r\n", 17), 0);
}

/* RFC 8446 4.4.2.4: TLS 1.3 refuses the missing certificate only after our side is done. */
static void test_client_certificate_demanded(void **state)
{
    struct world *world = *state;

    SSL_CTX_set_verify(world->server_context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       any_certificate);
    serve(world, healthy);
    run(world);
    assert_int_equal(world->facts->problem, SMTP_TLS_FAILED);
    assert_int_equal(world->facts->stage, SMTP_STAGE_HANDSHAKE);
    assert_int_equal(world->facts->tls_failure.kind, TLS_FAILED_ALERT);
    assert_int_equal(world->facts->tls_failure.alert, 116); /* certificate_required */
    assert_null(world->facts->tls);
}

static void test_many_at_once(void **state)
{
    enum { MANY = 40 };
    struct world *world = *state;

    serve(world, healthy);
    world->n_wanted = MANY;
    for (size_t i = 0; i < MANY; i++)
        begin(world);
    loop_for(world, PATIENCE_S * 1000);
    assert_int_equal(world->n_done, MANY);
    assert_int_equal(world->n_secured, MANY);
    assert_int_equal(world->facts->problem, SMTP_FINE);
}

static void test_no_descriptors(void **state)
{
    struct world *world = *state;
    struct rlimit before, none;

    serve(world, healthy);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0; /* no new one; those that are open stay */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    run(world);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(world->facts->problem, SMTP_OURS);
    assert_int_equal(world->facts->os_error, EMFILE);
}

int main(void)
{
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_healthy),
        IN_WORLD(test_faults),
        IN_WORLD(test_refused),
        IN_WORLD(test_deadlines),
        IN_WORLD(test_connect_deadline),
        IN_WORLD(test_cut),
        IN_WORLD(test_cut_before_the_loop_runs),
        IN_WORLD(test_source),
        IN_WORLD(test_source_not_ours),
        IN_WORLD(test_literal_for_a_name),
        IN_WORLD(test_ipv6),
        IN_WORLD(test_client_certificate_demanded),
        IN_WORLD(test_many_at_once),
        IN_WORLD(test_no_descriptors),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
