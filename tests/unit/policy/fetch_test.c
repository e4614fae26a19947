/* RFC 8461 section 3.3, against a server of our own on the loopback. */
#include "case.h"

#include <errno.h>
#include <signal.h>

#include <sys/resource.h>
#include <unistd.h>

#include <curl/curl.h>

#include "fetch_fixture.h"

static void test_what_is_sent_and_seen(void **state)
{
    (void)state;
    const struct https_behaviour echo = {
        .response = "HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\n\r\n",
        .echo = true};
    struct sts_fetch_facts *facts = fetch(&echo, LONG_MS);
    const char *body = (const char *)facts->body;
    assert_int_equal(facts->problem, STS_FETCH_OK);
    assert_string_equal(facts->content_type, "Text/Plain; charset=utf-8");
    assert_memory_equal(body, "GET /.well-known/mta-sts.txt HTTP/1.1\r\n", 39);
    assert_non_null(strstr(body, "\r\nHost: mta-sts.example.test"));
    assert_non_null(
        strstr(body, "\r\nUser-Agent: mxprobe/" MXPROBE_VERSION " (+https://probe.example/)\r\n"));
    assert_null(strcasestr(body, "Accept-Encoding"));
    assert_non_null(strstr(body, "SNI: mta-sts.example.test"));
    assert_string_equal(facts->tls->protocol, "TLSv1.3");
    assert_string_equal(facts->tls->sni, "mta-sts.example.test");
    assert_int_equal(facts->tls->n_chain, 1);
    assert_string_equal(facts->tls->chain[0].subject, "CN=mta-sts.example.test");
    sts_fetch_facts_unref(facts);
}

static const struct https_behaviour plain = {.response = OK_HEAD "\r\n" POLICY};

static void test_connection_refused(void **state)
{
    (void)state;
    struct sts_fetch_facts *facts = fetch_from(loopback, https_unused_port(), LONG_MS);
    assert_int_equal(facts->problem, STS_FETCH_CONNECT);
    assert_non_null(facts->error);
    assert_null(facts->tls);
    sts_fetch_facts_unref(facts);
}

/* Lets no further descriptor be opened. Returns the limit that was. */
static struct rlimit forbid_descriptors(void)
{
    struct rlimit limit, none;
    int next = dup(STDERR_FILENO);
    assert_true(next >= 0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    return limit;
}

static void test_lack_of_descriptors_is_our_own_trouble(void **state)
{
    (void)state;
    struct https_server server;
    const struct dns_address address = address_of("127.0.0.1");
    struct user user = {.base = event_base_new()};
    assert_true(https_server_start(&server, "127.0.0.1", &plain));
    struct sts_fetcher *fetcher = fetcher_for(user.base, server.port, LONG_MS);
    assert_non_null(sts_fetcher_start(fetcher, "example.test", &address, 1, on_done, &user));
    struct rlimit limit = forbid_descriptors();
    event_base_dispatch(user.base);
    setrlimit(RLIMIT_NOFILE, &limit);

    assert_int_equal(user.calls, 1);
    assert_int_equal(user.facts->problem, STS_FETCH_OURS);
    assert_string_equal(user.facts->error, strerror(EMFILE));
    sts_fetch_facts_unref(user.facts);
    sts_fetcher_free(fetcher);
    event_base_free(user.base);
    https_server_stop(&server);
}

static void test_next_address_is_tried(void **state)
{
    (void)state;
    static const char *const addresses[2] = {"127.0.0.2", "127.0.0.1"};
    struct https_server server;
    assert_true(https_server_start(&server, "127.0.0.1", &plain));
    struct sts_fetch_facts *facts = fetch_from(addresses, server.port, LONG_MS);
    assert_int_equal(facts->problem, STS_FETCH_OK);
    sts_fetch_facts_unref(facts);
    https_server_stop(&server);
}

static void test_ipv6(void **state)
{
    (void)state;
    static const char *const addresses[2] = {"::1"};
    struct https_server server;
    if (!https_server_start(&server, "::1", &plain))
        skip();
    struct sts_fetch_facts *facts = fetch_from(addresses, server.port, LONG_MS);
    assert_int_equal(facts->problem, STS_FETCH_OK);
    sts_fetch_facts_unref(facts);
    https_server_stop(&server);
}

static void test_proxy_of_the_environment_is_not_used(void **state)
{
    (void)state;
    assert_int_equal(setenv("https_proxy", "http://127.0.0.1:1/", 1), 0);
    struct sts_fetch_facts *facts = fetch(&plain, LONG_MS);
    unsetenv("https_proxy");
    assert_int_equal(facts->problem, STS_FETCH_OK);
    sts_fetch_facts_unref(facts);
}

static void test_no_address_is_refused(void **state)
{
    (void)state;
    struct event_base *base = event_base_new();
    struct sts_fetcher *fetcher = fetcher_for(base, 443, LONG_MS);
    assert_null(sts_fetcher_start(fetcher, "example.test", NULL, 0, on_done, NULL));
    sts_fetcher_free(fetcher);
    event_base_free(base);
}

/* Whether the first or the second is done first: it cancels the other, and the third goes on. */
static void test_cancel_from_inside_done(void **state)
{
    (void)state;
    struct https_server server;
    const struct dns_address address = address_of("127.0.0.1");
    struct event_base *base = event_base_new();
    struct user first = {.base = base}, second = {.base = base}, third = {.base = base};
    assert_true(https_server_start(&server, "127.0.0.1", &plain));
    struct sts_fetcher *fetcher = fetcher_for(base, server.port, LONG_MS);

    second.victim = sts_fetcher_start(fetcher, "one.test", &address, 1, on_done, &first);
    first.victim = sts_fetcher_start(fetcher, "two.test", &address, 1, on_done, &second);
    assert_non_null(sts_fetcher_start(fetcher, "three.test", &address, 1, on_done, &third));
    event_base_dispatch(base);
    assert_int_equal(first.calls + second.calls, 1);
    assert_int_equal(third.calls, 1);
    assert_int_equal(third.facts->problem, STS_FETCH_OK);

    sts_fetch_facts_unref(first.facts);
    sts_fetch_facts_unref(second.facts);
    sts_fetch_facts_unref(third.facts);
    sts_fetcher_free(fetcher);
    event_base_free(base);
    https_server_stop(&server);
}

static void cancel_and_leave(evutil_socket_t fd, short what, void *arg)
{
    struct user *user = arg;
    (void)fd;
    (void)what;
    sts_fetch_cancel(user->victim);
    user->victim = NULL;
    event_base_loopexit(user->base, &(struct timeval){.tv_usec = 50000});
}

static void test_cancel_under_way(void **state)
{
    (void)state;
    static const struct https_behaviour drip = {
        .response = OK_HEAD "\r\n", .filler = "x", .fillers = SIZE_MAX, .pause_ms = 10};
    struct https_server server;
    const struct dns_address address = address_of("127.0.0.1");
    struct user user = {.base = event_base_new()};
    assert_true(https_server_start(&server, "127.0.0.1", &drip));
    struct sts_fetcher *fetcher = fetcher_for(user.base, server.port, LONG_MS);

    user.victim = sts_fetcher_start(fetcher, "example.test", &address, 1, on_done, &user);
    event_base_once(user.base, -1, EV_TIMEOUT, cancel_and_leave, &user,
                    &(struct timeval){.tv_usec = 200000});
    event_base_dispatch(user.base);
    assert_int_equal(user.calls, 0);
    /* What is still under way when the fetcher goes ends without a call too. */
    assert_non_null(sts_fetcher_start(fetcher, "example.test", &address, 1, on_done, &user));
    event_base_loopexit(user.base, &(struct timeval){.tv_usec = 200000});
    event_base_dispatch(user.base);
    sts_fetcher_free(fetcher);
    assert_int_equal(user.calls, 0);
    event_base_free(user.base);
    https_server_stop(&server);
}

static void test_url(void **state)
{
    (void)state;
    struct sts_fetch_facts *facts = sts_fetch_facts_new("example.com", 443);
    assert_string_equal(facts->url, "https://mta-sts.example.com/.well-known/mta-sts.txt");
    assert_int_equal(facts->problem, STS_FETCH_OURS);
    assert_ptr_equal(sts_fetch_facts_ref(facts), facts);
    sts_fetch_facts_unref(facts);
    sts_fetch_facts_unref(facts);
    sts_fetch_facts_unref(NULL);
    facts = sts_fetch_facts_new("example.com", 8443);
    assert_string_equal(facts->url, "https://mta-sts.example.com:8443/.well-known/mta-sts.txt");
    sts_fetch_facts_unref(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url),
        cmocka_unit_test(test_what_is_sent_and_seen),
        cmocka_unit_test(test_connection_refused),
        cmocka_unit_test(test_lack_of_descriptors_is_our_own_trouble),
        cmocka_unit_test(test_next_address_is_tried),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_proxy_of_the_environment_is_not_used),
        cmocka_unit_test(test_no_address_is_refused),
        cmocka_unit_test(test_cancel_from_inside_done),
        cmocka_unit_test(test_cancel_under_way),
    };
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}
