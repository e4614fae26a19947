#include "fetch_fixture.h"

#include "case.h"

void on_done(void *arg, struct sts_fetch_facts *facts)
{
    struct user *user = arg;
    user->calls++;
    sts_fetch_facts_unref(user->facts);
    user->facts = facts;
    if (user->victim)
        sts_fetch_cancel(user->victim);
    user->victim = NULL;
}

struct dns_address address_of(const char *text)
{
    struct dns_address address;
    assert_true(dns_address_parse(text, &address));
    return address;
}

struct sts_fetcher *fetcher_for(struct event_base *base, uint16_t port, int timeout_ms)
{
    const struct sts_fetcher_options options = {
        .port = port, .timeout_ms = timeout_ms, .info_url = "https://probe.example/"};
    struct sts_fetcher *fetcher = sts_fetcher_new(base, &options);
    assert_non_null(fetcher);
    return fetcher;
}

struct sts_fetch_facts *fetch_from(const char *const addresses[2], uint16_t port, int timeout_ms)
{
    struct user user = {.base = event_base_new()};
    struct dns_address list[2];
    size_t count = 0;
    for (; count < COUNT(list) && addresses[count]; count++)
        list[count] = address_of(addresses[count]);

    struct sts_fetcher *fetcher = fetcher_for(user.base, port, timeout_ms);
    assert_non_null(sts_fetcher_start(fetcher, "example.test", list, count, on_done, &user));
    assert_int_equal(user.calls, 0); /* never inline */
    event_base_dispatch(user.base);
    assert_int_equal(user.calls, 1);
    sts_fetcher_free(fetcher);
    event_base_free(user.base);
    return user.facts;
}

const char *const loopback[2] = {"127.0.0.1"};

struct sts_fetch_facts *fetch(const struct https_behaviour *behaviour, int timeout_ms)
{
    struct https_server server;
    assert_true(https_server_start(&server, loopback[0], behaviour));
    struct sts_fetch_facts *facts = fetch_from(loopback, server.port, timeout_ms);
    https_server_stop(&server);
    return facts;
}
