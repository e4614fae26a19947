#include "resolver_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

struct resolver_fixture t;

void reply_found(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE, query->name, query->type);
    wire_a(out, NULL, 60, 0xc0000201);
}

void reply_found_ad(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE | (query->ad ? WIRE_AD : 0U), query->name, query->type);
    wire_a(out, NULL, 60, 0xc0000202);
}

void reply_silence(const struct fake_query *query, struct wire *out)
{
    (void)query;
    (void)out;
}

void start(fake_reply_fn *first, fake_reply_fn *second)
{
    memset(&t, 0, sizeof t);
    t.base = event_base_new();
    assert_non_null(t.base);
    assert_true(fake_server_start(&t.servers[0], t.base, DNS_IPV4, first));
    if (second != NULL)
        assert_true(fake_server_start(&t.servers[1], t.base, DNS_IPV4, second));
}

void resolver_start(struct dns_resolver_options options)
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

struct dns_query *ask(const char *name, uint16_t type)
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

void run(void)
{
    struct timeval limit = {.tv_sec = 20, .tv_usec = 0};

    event_base_loopexit(t.base, &limit);
    event_base_dispatch(t.base);
    assert_int_equal(t.pending, 0);
}

void run_for_ms(int ms)
{
    struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    event_base_loopexit(t.base, &limit);
    event_base_dispatch(t.base);
}

void stop(void)
{
    dns_resolver_free(t.resolver);
    for (size_t i = 0; i < ASKED_MAX; i++)
        dns_answer_unref(t.answers[i]);
    for (size_t i = 0; i < SERVERS; i++)
        fake_server_stop(&t.servers[i]);
    event_base_free(t.base);
}

struct dns_resolver_stats stats(void)
{
    struct dns_resolver_stats out;

    dns_resolver_stats(t.resolver, &out);
    return out;
}
