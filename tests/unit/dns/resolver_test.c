/* Unit tests of dns/resolver and the layers below it, against servers on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sys/resource.h>

#include "dns/clock.h"
#include "dns/resolver.h"
#include "fake_server.h"

enum { SERVERS = 2, ASKED_MAX = 32 };

/* The base, two servers, and what came back for each question in the order asked. */
static struct {
    struct event_base *base;
    struct fake_server servers[SERVERS];
    struct dns_resolver *resolver;
    struct dns_answer *answers[ASKED_MAX];
    size_t asked;
    size_t pending;
    bool inside_ask;
} t;

/* ---- what the servers say ---- */

static void reply_found(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE, query->name, query->type);
    wire_a(out, NULL, 60, 0xc0000201);
}

static void reply_found_ad(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE | (query->ad ? WIRE_AD : 0U), query->name, query->type);
    wire_a(out, NULL, 60, 0xc0000202);
}

static void reply_ttl_0(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE, query->name, query->type);
    wire_a(out, NULL, 0, 0xc0000201);
}

static void reply_nodata(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE, query->name, query->type);
    wire_soa(out, "test", 60, 60);
}

static void reply_nxdomain_ad(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE | WIRE_AD | 3, query->name, query->type);
    wire_soa(out, "test", 60, 60);
}

static void reply_silence(const struct fake_query *query, struct wire *out)
{
    (void)query;
    (void)out;
}

static void reply_refused(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE | 5, query->name, query->type);
}

static void reply_servfail(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE | WIRE_AD | 2, query->name, query->type);
}

/* A validating resolver and a zone whose signatures do not hold. */
static void reply_bogus(const struct fake_query *query, struct wire *out)
{
    if (query->checking_disabled) {
        reply_found(query, out);
        return;
    }
    wire_start(out, WIRE_RESPONSE | 2, query->name, query->type);
    wire_opt(out, 0, 7, "signature expired");
}

static void reply_bogus_nxdomain(const struct fake_query *query, struct wire *out)
{
    if (query->checking_disabled)
        reply_nxdomain_ad(query, out);
    else
        reply_servfail(query, out);
}

static void reply_servfail_then_refused(const struct fake_query *query, struct wire *out)
{
    if (query->checking_disabled)
        reply_refused(query, out);
    else
        reply_servfail(query, out);
}

static void reply_malformed(const struct fake_query *query, struct wire *out)
{
    reply_found(query, out);
    out->length -= 2;
}

static void reply_truncated(const struct fake_query *query, struct wire *out)
{
    if (query->tcp) {
        reply_found(query, out);
        return;
    }
    wire_start(out, WIRE_RESPONSE | WIRE_TC, query->name, query->type);
}

/* A TXT of 40 KB: only TCP carries it. */
static void reply_large(const struct fake_query *query, struct wire *out)
{
    uint8_t string[256];
    size_t at;

    wire_start(out, WIRE_RESPONSE | (query->tcp ? 0U : WIRE_TC), query->name, query->type);
    if (!query->tcp)
        return;
    memset(string, 'x', sizeof string);
    string[0] = 255;
    at = wire_rr(out, WIRE_ANSWER, NULL, query->type, 60);
    for (int i = 0; i < 160; i++)
        wire_bytes(out, string, sizeof string);
    wire_rr_end(out, at);
}

/* RFC 6891 7: a server that knows no EDNS answers FORMERR, without OPT. */
static void reply_no_edns(const struct fake_query *query, struct wire *out)
{
    if (query->edns)
        wire_start(out, WIRE_RESPONSE | 1, query->name, query->type);
    else
        reply_found(query, out);
}

/* The same, but it does send OPT back, so that c-ares does not fall back by itself. */
static void reply_no_edns_with_opt(const struct fake_query *query, struct wire *out)
{
    if (!query->edns) {
        reply_found(query, out);
        return;
    }
    wire_start(out, WIRE_RESPONSE | 1, query->name, query->type);
    wire_opt(out, 0, -1, "");
}

static void reply_formerr(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE | 1, query->name, query->type);
}

static void reply_second_time(const struct fake_query *query, struct wire *out)
{
    if (query->number > 1)
        reply_found(query, out);
}

/* ---- the fixture ---- */

static void start(fake_reply_fn *first, fake_reply_fn *second)
{
    memset(&t, 0, sizeof t);
    t.base = event_base_new();
    assert_non_null(t.base);
    assert_true(fake_server_start(&t.servers[0], t.base, DNS_IPV4, first));
    if (second != NULL)
        assert_true(fake_server_start(&t.servers[1], t.base, DNS_IPV4, second));
}

/* Fills in the servers that were started. */
static void resolver_start(struct dns_resolver_options options)
{
    options.n_servers = 0;
    for (size_t i = 0; i < SERVERS && t.servers[i].udp_event != NULL; i++)
        options.servers[options.n_servers++] = t.servers[i].address;
    t.resolver = dns_resolver_new(t.base, &options);
    assert_non_null(t.resolver);
}

static void on_answer(void *arg, struct dns_answer *answer)
{
    struct dns_answer **slot = arg;

    assert_false(t.inside_ask);
    assert_non_null(answer);
    assert_null(*slot);
    *slot = dns_answer_ref(answer);
    if (--t.pending == 0)
        event_base_loopbreak(t.base);
}

static struct dns_query *ask(const char *name, uint16_t type)
{
    struct dns_query *query;

    assert_true(t.asked < ASKED_MAX);
    t.pending++;
    t.inside_ask = true;
    query = dns_resolver_ask(t.resolver, name, type, on_answer, &t.answers[t.asked++]);
    t.inside_ask = false;
    assert_non_null(query);
    return query;
}

static void run(void)
{
    struct timeval limit = {.tv_sec = 20, .tv_usec = 0};

    event_base_loopexit(t.base, &limit);
    event_base_dispatch(t.base);
    assert_int_equal(t.pending, 0);
}

/* Lets the loop turn for a while, come what may. */
static void run_for_ms(int ms)
{
    struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    event_base_loopexit(t.base, &limit);
    event_base_dispatch(t.base);
}

static void stop(void)
{
    dns_resolver_free(t.resolver);
    for (size_t i = 0; i < ASKED_MAX; i++)
        dns_answer_unref(t.answers[i]);
    for (size_t i = 0; i < SERVERS; i++)
        fake_server_stop(&t.servers[i]);
    event_base_free(t.base);
}

static struct dns_resolver_stats stats(void)
{
    struct dns_resolver_stats out;

    dns_resolver_stats(t.resolver, &out);
    return out;
}

/* ---- the tests ---- */

static void test_status_and_security(void **state)
{
    static const struct {
        const char *name;
        fake_reply_fn *first;
        fake_reply_fn *second;
        enum dns_trust_ad trust;
        enum dns_status status;
        enum dns_security security;
    } cases[] = {
        {"AD from loopback", reply_found_ad, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND, DNS_SECURE},
        {"AD always believed", reply_found_ad, NULL, DNS_TRUST_ALWAYS, DNS_FOUND, DNS_SECURE},
        {"AD never believed", reply_found_ad, NULL, DNS_TRUST_NEVER, DNS_FOUND,
         DNS_SECURITY_UNKNOWN},
        {"no AD", reply_found, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND, DNS_INSECURE},
        {"no AD, never believed", reply_found, NULL, DNS_TRUST_NEVER, DNS_FOUND,
         DNS_SECURITY_UNKNOWN},
        {"no data", reply_nodata, NULL, DNS_TRUST_LOOPBACK, DNS_NODATA, DNS_INSECURE},
        {"secure denial", reply_nxdomain_ad, NULL, DNS_TRUST_LOOPBACK, DNS_NXDOMAIN, DNS_SECURE},
        {"AD on SERVFAIL means nothing", reply_servfail, NULL, DNS_TRUST_ALWAYS, DNS_SERVFAIL,
         DNS_SECURITY_UNKNOWN},
        {"bogus", reply_bogus, NULL, DNS_TRUST_NEVER, DNS_BOGUS, DNS_SECURITY_BOGUS},
        {"bogus denial", reply_bogus_nxdomain, NULL, DNS_TRUST_LOOPBACK, DNS_BOGUS,
         DNS_SECURITY_BOGUS},
        {"bogus is final", reply_bogus, reply_found, DNS_TRUST_LOOPBACK, DNS_BOGUS,
         DNS_SECURITY_BOGUS},
        {"SERVFAIL, refused with CD", reply_servfail_then_refused, NULL, DNS_TRUST_LOOPBACK,
         DNS_SERVFAIL, DNS_SECURITY_UNKNOWN},
        {"SERVFAIL, next server answers", reply_servfail, reply_found, DNS_TRUST_LOOPBACK,
         DNS_FOUND, DNS_INSECURE},
        {"refused", reply_refused, NULL, DNS_TRUST_LOOPBACK, DNS_REFUSED, DNS_SECURITY_UNKNOWN},
        {"refused, next server answers", reply_refused, reply_found_ad, DNS_TRUST_LOOPBACK,
         DNS_FOUND, DNS_SECURE},
        {"refused twice", reply_refused, reply_refused, DNS_TRUST_LOOPBACK, DNS_REFUSED,
         DNS_SECURITY_UNKNOWN},
        {"SERVFAIL, then refused", reply_servfail, reply_refused, DNS_TRUST_LOOPBACK, DNS_SERVFAIL,
         DNS_SECURITY_UNKNOWN},
        {"malformed", reply_malformed, NULL, DNS_TRUST_LOOPBACK, DNS_MALFORMED,
         DNS_SECURITY_UNKNOWN},
        {"malformed, next server answers", reply_malformed, reply_nodata, DNS_TRUST_LOOPBACK,
         DNS_NODATA, DNS_INSECURE},
        {"silence", reply_silence, NULL, DNS_TRUST_LOOPBACK, DNS_TIMEOUT, DNS_SECURITY_UNKNOWN},
        {"silence, next server answers", reply_silence, reply_found, DNS_TRUST_LOOPBACK, DNS_FOUND,
         DNS_INSECURE},
        {"silence, then refused", reply_silence, reply_refused, DNS_TRUST_LOOPBACK, DNS_REFUSED,
         DNS_SECURITY_UNKNOWN},
        {"refused, then silence", reply_refused, reply_silence, DNS_TRUST_LOOPBACK, DNS_REFUSED,
         DNS_SECURITY_UNKNOWN},
        {"the first try is lost", reply_second_time, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND,
         DNS_INSECURE},
        {"no EDNS", reply_no_edns, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND, DNS_INSECURE},
        {"no EDNS, OPT sent back", reply_no_edns_with_opt, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND,
         DNS_INSECURE},
        {"FORMERR always", reply_formerr, NULL, DNS_TRUST_LOOPBACK, DNS_SERVFAIL,
         DNS_SECURITY_UNKNOWN},
        {"truncated", reply_truncated, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND, DNS_INSECURE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(cases[i].first, cases[i].second);
        resolver_start(
            (struct dns_resolver_options){.trust_ad = cases[i].trust, .timeout_ms = 700});
        ask("a.test", DNS_TYPE_A);
        run();
        if (t.answers[0]->status != cases[i].status || t.answers[0]->security != cases[i].security)
            fail_msg("%s: %s, %s", cases[i].name, dns_status_text(t.answers[0]->status),
                     dns_security_text(t.answers[0]->security));
        stop();
    }
}

static void test_bogus_keeps_the_first_error(void **state)
{
    (void)state;
    start(reply_bogus, NULL);
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->rcode, 2);
    assert_int_equal(t.answers[0]->ede_code, 7);
    assert_string_equal(t.answers[0]->ede_text, "signature expired");
    assert_int_equal(t.answers[0]->n_records, 0);
    assert_int_equal(t.servers[0].with_cd, 1);
    assert_int_equal(stats().failed, 0); /* bogus is a finding, not a failure to find */
    stop();
}

static void test_truncated_goes_to_tcp(void **state)
{
    (void)state;
    start(reply_large, NULL);
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_TXT);
    run();
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    assert_int_equal(t.answers[0]->records[0].u.text.length, 160 * 255);
    assert_int_equal(t.servers[0].over_tcp, 1);
    stop();
}

static void test_wrong_id_is_ignored(void **state)
{
    (void)state;
    start(reply_found, NULL);
    t.servers[0].wrong_id_first = true;
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    stop();
}

static void test_time_is_bounded(void **state)
{
    int64_t began = dns_clock_monotonic_ms();
    int64_t took;

    (void)state;
    start(reply_silence, reply_silence);
    resolver_start((struct dns_resolver_options){.timeout_ms = 600});
    ask("a.test", DNS_TYPE_A);
    run();
    took = dns_clock_monotonic_ms() - began;
    assert_int_equal(t.answers[0]->status, DNS_TIMEOUT);
    assert_true(took >= 300 && took < 1200);
    assert_true(t.servers[0].questions >= 2); /* asked more than once */
    assert_true(t.servers[1].questions >= 2);
    assert_int_equal(stats().failed, 1);
    stop();
}

/* A port that nobody listens on: the kernel says so at once. */
static void test_no_server_there(void **state)
{
    int64_t began = dns_clock_monotonic_ms();

    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){.timeout_ms = 5000});
    fake_server_stop(&t.servers[0]);
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->status, DNS_TIMEOUT);
    assert_true(dns_clock_monotonic_ms() - began < 2000);
    stop();
}

static void test_edns_comes_back_after_a_formerr(void **state)
{
    (void)state;
    start(reply_no_edns, NULL);
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    t.servers[0].with_edns = 0;
    t.servers[0].reply = reply_found;
    ask("b.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[1]->status, DNS_FOUND);
    assert_int_equal(t.servers[0].with_edns, 1);
    stop();
}

static void test_equal_questions_are_joined(void **state)
{
    (void)state;
    start(reply_found, NULL);
    t.servers[0].delay_ms = 20;
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    ask("A.Test", DNS_TYPE_A);
    ask("a.test", DNS_TYPE_AAAA);
    run();
    assert_ptr_equal(t.answers[0], t.answers[1]);
    assert_ptr_not_equal(t.answers[0], t.answers[2]);
    assert_int_equal(stats().asked, 3);
    assert_int_equal(stats().joined, 1);
    assert_int_equal(t.servers[0].questions - t.servers[0].self_tests, 2);
    stop();
}

static void test_cache(void **state)
{
    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    ask("A.TEST", DNS_TYPE_A);
    assert_null(t.answers[1]); /* even a cached answer comes from the loop */
    run();
    assert_ptr_equal(t.answers[0], t.answers[1]);
    assert_int_equal(stats().from_cache, 1);
    assert_int_equal(t.servers[0].questions - t.servers[0].self_tests, 1);
    stop();
}

static void test_ttl_0_is_not_cached(void **state)
{
    (void)state;
    start(reply_ttl_0, NULL);
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(stats().from_cache, 0);
    assert_int_equal(t.servers[0].questions - t.servers[0].self_tests, 2);
    stop();
}

static void test_cancel(void **state)
{
    struct dns_query *first;
    struct dns_query *cached;

    (void)state;
    start(reply_found, NULL);
    t.servers[0].delay_ms = 20;
    resolver_start((struct dns_resolver_options){0});
    first = ask("a.test", DNS_TYPE_A);
    ask("a.test", DNS_TYPE_A);
    dns_query_cancel(first);
    t.pending--;
    run();
    assert_null(t.answers[0]);
    assert_int_equal(t.answers[1]->status, DNS_FOUND);

    /* The only asker leaves: the question goes on and its answer is kept. */
    dns_query_cancel(ask("b.test", DNS_TYPE_A));
    t.pending--;
    run_for_ms(100);
    assert_null(t.answers[2]);
    ask("b.test", DNS_TYPE_A);
    run();
    assert_int_equal(stats().from_cache, 1);

    /* An answer that is ready and not delivered yet. */
    cached = ask("b.test", DNS_TYPE_A);
    dns_query_cancel(cached);
    t.pending--;
    run_for_ms(20);
    assert_null(t.answers[4]);
    stop();
}

static void test_free_calls_nobody(void **state)
{
    (void)state;
    start(reply_found, NULL);
    t.servers[0].delay_ms = 20;
    resolver_start((struct dns_resolver_options){.max_in_flight = 2});
    ask("a.test", DNS_TYPE_A);
    ask("a.test", DNS_TYPE_A);
    ask("b.test", DNS_TYPE_A);
    ask("c.test", DNS_TYPE_A);
    dns_resolver_free(t.resolver);
    t.resolver = NULL;
    run_for_ms(60);
    assert_int_equal(t.pending, 4);
    stop();
}

static void test_in_flight_is_capped(void **state)
{
    char name[16];

    (void)state;
    start(reply_found, NULL);
    t.servers[0].delay_ms = 10;
    resolver_start((struct dns_resolver_options){.max_in_flight = 3});
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "a%d.test", i);
        ask(name, DNS_TYPE_A);
    }
    run();
    for (int i = 0; i < 20; i++)
        assert_int_equal(t.answers[i]->status, DNS_FOUND);
    assert_int_equal(t.servers[0].waiting_most, 3);
    stop();
}

/* What never left this machine is no fault of the domain. */
static void test_a_question_that_never_went_out(void **state)
{
    (void)state;
    start(reply_silence, NULL);
    resolver_start((struct dns_resolver_options){.max_in_flight = 1, .timeout_ms = 200});
    ask("a.test", DNS_TYPE_A);
    ask("b.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->status, DNS_TIMEOUT);
    assert_int_equal(t.answers[1]->status, DNS_NOT_ASKED);
    assert_non_null(t.answers[1]->ede_text);

    /* The place of the question that was given up is free again when its last try has ended. */
    t.servers[0].reply = reply_found;
    run_for_ms(400);
    ask("c.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[2]->status, DNS_FOUND);
    stop();
}

/* Our own shortage is never blamed on the domain, and passes. */
static void test_no_descriptor_left(void **state)
{
    struct rlimit limit;
    struct rlimit none;

    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){0});
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 3; /* below what is open already */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(t.answers[0]->status, DNS_NOT_ASKED);
    assert_string_equal(t.answers[0]->ede_text, strerror(EMFILE));
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[1]->status, DNS_FOUND);
    stop();
}

static void on_any(void *arg, struct dns_answer *answer)
{
    size_t *found = arg;

    *found += answer->status == DNS_FOUND;
    if (--t.pending == 0)
        event_base_loopbreak(t.base);
}

/* RFC 5452 9.2: port and id change; the port at least every so many questions. */
static void test_the_source_port_changes(void **state)
{
    enum { QUESTIONS = 4500 };
    char name[16];
    size_t found = 0;

    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){.max_in_flight = 50});
    for (int i = 0; i < QUESTIONS; i++) {
        snprintf(name, sizeof name, "a%d.test", i);
        t.pending++;
        assert_non_null(dns_resolver_ask(t.resolver, name, DNS_TYPE_A, on_any, &found));
    }
    run();
    assert_int_equal(found, QUESTIONS);
    assert_true(t.servers[0].port_changes >= 2);
    stop();
}

static void test_a_silent_server_is_asked_last(void **state)
{
    unsigned before;

    (void)state;
    start(reply_silence, reply_found);
    resolver_start((struct dns_resolver_options){.timeout_ms = 600});
    ask("a.test", DNS_TYPE_A);
    ask("b.test", DNS_TYPE_A);
    ask("c.test", DNS_TYPE_A);
    run();
    before = t.servers[0].questions;
    ask("d.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[3]->status, DNS_FOUND);
    assert_int_equal(t.servers[0].questions, before);
    stop();
}

static void test_validation(void **state)
{
    static const struct {
        const char *name;
        fake_reply_fn *reply;
        bool root_ad;
        enum dns_validation validation;
    } cases[] = {
        {"root with AD", reply_found, true, DNS_VALIDATES},
        {"nothing with AD", reply_found, false, DNS_DOES_NOT_VALIDATE},
        {"AD seen elsewhere", reply_found_ad, false, DNS_VALIDATES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(cases[i].reply, NULL);
        t.servers[0].root_ad = cases[i].root_ad;
        resolver_start((struct dns_resolver_options){0});
        assert_int_equal(dns_resolver_validation(t.resolver), DNS_VALIDATION_UNKNOWN);
        ask("a.test", DNS_TYPE_A);
        ask("b.test", DNS_TYPE_A);
        run();
        run_for_ms(20);
        if (dns_resolver_validation(t.resolver) != cases[i].validation)
            fail_msg("%s: %d", cases[i].name, (int)dns_resolver_validation(t.resolver));
        assert_int_equal(t.servers[0].self_tests, 1);
        stop();
    }
}

static void test_believes_ad(void **state)
{
    static const struct {
        const char *server;
        enum dns_trust_ad trust;
        bool believes;
    } cases[] = {
        {"127.0.0.1", DNS_TRUST_LOOPBACK, true},    {"127.255.255.255", DNS_TRUST_LOOPBACK, true},
        {"::1", DNS_TRUST_LOOPBACK, true},          {"::ffff:127.0.0.1", DNS_TRUST_LOOPBACK, false},
        {"128.0.0.1", DNS_TRUST_LOOPBACK, false},   {"192.0.2.1", DNS_TRUST_LOOPBACK, false},
        {"2001:db8::1", DNS_TRUST_LOOPBACK, false}, {"192.0.2.1", DNS_TRUST_ALWAYS, true},
        {"127.0.0.1", DNS_TRUST_NEVER, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct event_base *base = event_base_new();
        struct dns_resolver_options options = {.n_servers = 1, .trust_ad = cases[i].trust};
        struct dns_resolver *resolver;

        assert_non_null(base);
        options.servers[0].port = 53;
        assert_true(dns_address_parse(cases[i].server, &options.servers[0].address));
        resolver = dns_resolver_new(base, &options);
        assert_non_null(resolver);
        if (dns_resolver_believes_ad(resolver) != cases[i].believes)
            fail_msg("%s", cases[i].server);
        dns_resolver_free(resolver);
        event_base_free(base);
    }
}

static void test_names_that_cannot_be_asked(void **state)
{
    char name[300];

    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){0});
    memset(name, 'a', sizeof name);
    name[64] = '\0';
    ask(name, DNS_TYPE_A);
    ask("a..test", DNS_TYPE_A);
    run();
    assert_int_equal(t.servers[0].questions, 0);
    assert_int_equal(t.answers[0]->status, DNS_NXDOMAIN);
    assert_int_equal(t.answers[0]->security, DNS_SECURITY_UNKNOWN);
    assert_int_equal(t.answers[1]->status, DNS_NXDOMAIN);
    assert_int_equal(stats().sent, 0);
    stop();
}

static void test_the_root(void **state)
{
    (void)state;
    start(reply_found, NULL);
    t.servers[0].root_ad = true;
    resolver_start((struct dns_resolver_options){0});
    ask(".", DNS_TYPE_SOA);
    run();
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    assert_int_equal(t.answers[0]->security, DNS_SECURE);
    assert_int_equal(t.servers[0].self_tests, 1); /* the question is the self-test */
    stop();
}

static void ask_one_more(void *arg, struct dns_answer *answer)
{
    (void)arg;
    assert_int_equal(answer->status, DNS_FOUND);
    ask("b.test", DNS_TYPE_A);
    ask("a.test", DNS_TYPE_A);
}

static void test_asking_from_inside_an_answer(void **state)
{
    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){0});
    assert_non_null(dns_resolver_ask(t.resolver, "a.test", DNS_TYPE_A, ask_one_more, NULL));
    run_for_ms(100);
    assert_int_equal(t.pending, 0);
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    assert_int_equal(t.answers[1]->status, DNS_FOUND);
    stop();
}

/* With nothing under way nothing of the resolver's keeps the loop waiting. */
static void test_an_idle_resolver_waits_for_nothing(void **state)
{
    int before;

    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){0});
    before = event_base_get_num_events(t.base, EVENT_BASE_COUNT_ADDED);
    ask("a.test", DNS_TYPE_A);
    t.pending++; /* so that the loop turns on for the self-test */
    run_for_ms(100);
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    assert_int_equal(t.servers[0].self_tests, 1);
    assert_int_equal(event_base_get_num_events(t.base, EVENT_BASE_COUNT_ADDED), before);
    stop();
}

static void test_ipv6_server(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    t.base = event_base_new();
    assert_non_null(t.base);
    if (!fake_server_start(&t.servers[0], t.base, DNS_IPV6, reply_found_ad)) {
        event_base_free(t.base);
        skip();
    }
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->security, DNS_SECURE);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_and_security),
        cmocka_unit_test(test_bogus_keeps_the_first_error),
        cmocka_unit_test(test_truncated_goes_to_tcp),
        cmocka_unit_test(test_wrong_id_is_ignored),
        cmocka_unit_test(test_time_is_bounded),
        cmocka_unit_test(test_no_server_there),
        cmocka_unit_test(test_edns_comes_back_after_a_formerr),
        cmocka_unit_test(test_equal_questions_are_joined),
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_ttl_0_is_not_cached),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_free_calls_nobody),
        cmocka_unit_test(test_in_flight_is_capped),
        cmocka_unit_test(test_a_question_that_never_went_out),
        cmocka_unit_test(test_no_descriptor_left),
        cmocka_unit_test(test_the_source_port_changes),
        cmocka_unit_test(test_a_silent_server_is_asked_last),
        cmocka_unit_test(test_validation),
        cmocka_unit_test(test_believes_ad),
        cmocka_unit_test(test_names_that_cannot_be_asked),
        cmocka_unit_test(test_the_root),
        cmocka_unit_test(test_asking_from_inside_an_answer),
        cmocka_unit_test(test_an_idle_resolver_waits_for_nothing),
        cmocka_unit_test(test_ipv6_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
