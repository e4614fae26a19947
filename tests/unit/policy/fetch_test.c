/* RFC 8461 section 3.3, against a server of our own on the loopback. */
#include "case.h"

#include <errno.h>
#include <signal.h>

#include <sys/resource.h>
#include <unistd.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "https_server.h"
#include "policy/fetch.h"

enum { LONG_MS = 10000, SHORT_MS = 400 };

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
#define POLICY "version: STSv1\nmode: none\nmax_age: 86400\n"

/* One fetch as its user sees it. */
struct user {
    struct event_base *base;
    struct sts_fetch_facts *facts;
    int calls;
    struct sts_fetch *victim; /* to be cancelled from inside `done` */
};

static void on_done(void *arg, struct sts_fetch_facts *facts)
{
    struct user *user = arg;
    user->calls++;
    sts_fetch_facts_unref(user->facts);
    user->facts = facts;
    if (user->victim)
        sts_fetch_cancel(user->victim);
    user->victim = NULL;
}

static struct dns_address address_of(const char *text)
{
    struct dns_address address;
    assert_true(dns_address_parse(text, &address));
    return address;
}

static struct sts_fetcher *fetcher_for(struct event_base *base, uint16_t port, int timeout_ms)
{
    const struct sts_fetcher_options options = {
        .port = port, .timeout_ms = timeout_ms, .info_url = "https://probe.example/"};
    struct sts_fetcher *fetcher = sts_fetcher_new(base, &options);
    assert_non_null(fetcher);
    return fetcher;
}

/* Fetches from `addresses` (up to the first NULL) and returns the facts, which the caller owns. */
static struct sts_fetch_facts *fetch_from(const char *const addresses[2], uint16_t port,
                                          int timeout_ms)
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

static const char *const loopback[2] = {"127.0.0.1"};

static struct sts_fetch_facts *fetch(const struct https_behaviour *behaviour, int timeout_ms)
{
    struct https_server server;
    assert_true(https_server_start(&server, loopback[0], behaviour));
    struct sts_fetch_facts *facts = fetch_from(loopback, server.port, timeout_ms);
    https_server_stop(&server);
    return facts;
}

#define KIB                                                             \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n" \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n" \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n" \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"

static const struct {
    const char *name;
    struct https_behaviour behaviour;
    int timeout_ms;
    enum sts_fetch_problem problem;
    long http_status;
    long length; /* of the body, -1: none */
    bool handshake;
} cases[] = {
    {"policy",
     {.response = OK_HEAD "Content-Length: 41\r\n\r\n" POLICY},
     LONG_MS,
     STS_FETCH_OK,
     200,
     sizeof POLICY - 1,
     true},
    {"policy up to the close",
     {.response = OK_HEAD "\r\n" POLICY},
     LONG_MS,
     STS_FETCH_OK,
     200,
     sizeof POLICY - 1,
     true},
    {"policy in chunks",
     {.response = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
                          "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"},
     LONG_MS,
     STS_FETCH_OK,
     200,
     7,
     true},
    {"empty body",
     {.response = OK_HEAD "Content-Length: 0\r\n\r\n"},
     LONG_MS,
     STS_FETCH_OK,
     200,
     -1,
     true},
    {"not found",
     {.response = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"},
     LONG_MS,
     STS_FETCH_OK,
     404,
     4,
     true},
    {"redirect is not followed",
     {.response = "HTTP/1.1 301 Moved Permanently\r\nLocation: /elsewhere\r\n"
                  "Content-Length: 0\r\n\r\n"},
     LONG_MS,
     STS_FETCH_OK,
     301,
     -1,
     true},
    {"server error",
     {.response = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"},
     LONG_MS,
     STS_FETCH_OK,
     500,
     -1,
     true},
    {"TLS 1.2",
     {.response = OK_HEAD "\r\n" POLICY, .max_version = TLS1_2_VERSION},
     LONG_MS,
     STS_FETCH_OK,
     200,
     sizeof POLICY - 1,
     true},
    {"policy behind a few session tickets",
     {.response = OK_HEAD "\r\n" POLICY, .tickets = 16},
     LONG_MS,
     STS_FETCH_OK,
     200,
     sizeof POLICY - 1,
     true},
    {"session tickets without end",
     {.response = OK_HEAD "\r\n" POLICY, .tickets = SIZE_MAX},
     LONG_MS,
     STS_FETCH_BROKEN,
     0,
     -1,
     true},
    {"body without length, cut by a close without close_notify",
     {.response = OK_HEAD "\r\n" POLICY, .cut = true},
     LONG_MS,
     STS_FETCH_BROKEN,
     200,
     -1,
     true},
    {"body of its length, and a close without close_notify",
     {.response = OK_HEAD "Content-Length: 41\r\n\r\n" POLICY, .cut = true},
     LONG_MS,
     STS_FETCH_OK,
     200,
     sizeof POLICY - 1,
     true},
    {"body in chunks, and a close without close_notify",
     {.response = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", .cut = true},
     LONG_MS,
     STS_FETCH_OK,
     200,
     3,
     true},
    {"body in chunks, cut by a close without close_notify",
     {.response = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", .cut = true},
     LONG_MS,
     STS_FETCH_BROKEN,
     200,
     -1,
     true},
    {"401 whose body never comes",
     {.response = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\n", .hold = true},
     SHORT_MS,
     STS_FETCH_OK,
     401,
     -1,
     true},
    {"503 whose body is cut short",
     {.response = "HTTP/1.1 503 Later\r\nContent-Length: 5\r\n\r\nno"},
     LONG_MS,
     STS_FETCH_OK,
     503,
     2,
     true},
    {"body of 64 KiB",
     {.response = OK_HEAD "\r\n", .filler = KIB, .fillers = 256},
     LONG_MS,
     STS_FETCH_OK,
     200,
     65536,
     true},
    {"body of 64 KiB and a byte",
     {.response = OK_HEAD "\r\nx", .filler = KIB, .fillers = 256},
     LONG_MS,
     STS_FETCH_TOO_LARGE,
     200,
     -1,
     true},
    {"endless body in chunks",
     {.response = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n",
      .filler = "100\r\n" KIB "\r\n",
      .fillers = SIZE_MAX},
     LONG_MS,
     STS_FETCH_TOO_LARGE,
     200,
     -1,
     true},
    {"endless interim responses",
     {.response = "HTTP/1.1 100 Continue\r\n\r\n",
      .filler = "HTTP/1.1 100 Continue\r\nX: "
                "y\r\n\r\n",
      .fillers = SIZE_MAX},
     LONG_MS,
     STS_FETCH_BROKEN,
     100,
     -1,
     true},
    {"body that drips",
     {.response = OK_HEAD "\r\n", .filler = "a: b\n", .fillers = SIZE_MAX, .pause_ms = 20},
     SHORT_MS,
     STS_FETCH_TIMEOUT,
     200,
     -1,
     true},
    {"header that drips",
     {.response = OK_HEAD "X: ", .filler = "y", .fillers = SIZE_MAX, .pause_ms = 20},
     SHORT_MS,
     STS_FETCH_TIMEOUT,
     200,
     -1,
     true},
    {"silence behind the request",
     {.response = "", .hold = true},
     SHORT_MS,
     STS_FETCH_TIMEOUT,
     0,
     -1,
     true},
    {"silence in the handshake", {.response = NULL}, SHORT_MS, STS_FETCH_TIMEOUT, 0, -1, false},
    {"bytes that are no HTTP",
     {.response = "220 mx.example.test ESMTP\r\n"},
     LONG_MS,
     STS_FETCH_BROKEN,
     0,
     -1,
     true},
    {"no response", {.response = "", .fillers = 0}, LONG_MS, STS_FETCH_BROKEN, 0, -1, true},
    {"body cut short",
     {.response = OK_HEAD "Content-Length: 42\r\n\r\n" POLICY},
     LONG_MS,
     STS_FETCH_BROKEN,
     200,
     -1,
     true},
    {"malformed chunk",
     {.response = OK_HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n"},
     LONG_MS,
     STS_FETCH_BROKEN,
     200,
     -1,
     true},
    {"many header lines",
     {.response = OK_HEAD, .filler = "X-Filler: y\r\n", .fillers = SIZE_MAX},
     LONG_MS,
     STS_FETCH_BROKEN,
     200,
     -1,
     true},
    {"endless header line",
     {.response = OK_HEAD "X-Filler: ",
      .filler = "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
      .fillers = SIZE_MAX},
     LONG_MS,
     STS_FETCH_BROKEN,
     200,
     -1,
     true},
    {"SMTP in place of TLS",
     {.response = "220 mx.example.test ESMTP\r\n", .not_tls = true},
     LONG_MS,
     STS_FETCH_TLS,
     0,
     -1,
     false},
    {"close in place of TLS",
     {.response = "", .not_tls = true},
     LONG_MS,
     STS_FETCH_TLS,
     0,
     -1,
     false},
    {"TLS 1.1 only",
     {.response = OK_HEAD "\r\n" POLICY, .max_version = TLS1_1_VERSION},
     LONG_MS,
     STS_FETCH_TLS,
     0,
     -1,
     false},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *name = cases[i].name;
        struct sts_fetch_facts *facts = fetch(&cases[i].behaviour, cases[i].timeout_ms);
        if (facts->problem != cases[i].problem || facts->http_status != cases[i].http_status)
            fail_msg("%s: problem %d, status %ld, %s", name, (int)facts->problem,
                     facts->http_status, facts->error ? facts->error : "no error");
        CASE_CHECK(name, (facts->error != NULL) == (cases[i].problem != STS_FETCH_OK));
        CASE_CHECK(name, (facts->body != NULL) == (cases[i].length >= 0));
        CASE_CHECK(name, (long)facts->length == (facts->body ? cases[i].length : 0));
        CASE_CHECK(name, !facts->body || facts->body[facts->length] == 0);
        CASE_CHECK(name, (facts->tls != NULL) == cases[i].handshake);
        CASE_CHECK(name, facts->elapsed_ms < LONG_MS / 2);
        CASE_CHECK(name, !facts->supplied);
        sts_fetch_facts_unref(facts);
    }
}

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

static void test_gzip_arrives_as_it_is(void **state)
{
    (void)state;
    static const char response[] = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
                                   "\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0";
    const struct https_behaviour gzip = {.response = response, .length = sizeof response - 1};
    struct sts_fetch_facts *facts = fetch(&gzip, LONG_MS);
    assert_int_equal(facts->problem, STS_FETCH_OK);
    assert_null(facts->content_type);
    assert_int_equal(facts->length, 20);
    assert_memory_equal(facts->body, "\x1f\x8b\x08", 4);
    sts_fetch_facts_unref(facts);
}

static void test_header_bytes_are_bounded(void **state)
{
    (void)state;
    /* 128 KiB and then a policy: less than curl itself would stop at. */
    const struct https_behaviour large = {.response = OK_HEAD,
                                          .filler = "X-Filler: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"
                                                    "X-Filler: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n",
                                          .fillers = 1600};
    struct sts_fetch_facts *facts = fetch(&large, LONG_MS);
    assert_int_equal(facts->problem, STS_FETCH_BROKEN);
    assert_string_equal(facts->error, "the response has too many header bytes");
    sts_fetch_facts_unref(facts);
}

/* RFC 9113 frames: SETTINGS, then on stream 1 HEADERS (RFC 7541 B: status, media type), DATA. */
#define HTTP2_SETTINGS "\0\0\0\4\0\0\0\0\0"
#define HTTP2_HEADERS "\0\0\15\1\4\0\0\0\1\x88\x5f\12text/plain"
#define HTTP2_DATA "\0\0\51\0"
#define HTTP2_END "\1\0\0\0\1"
#define HTTP2_GO_ON "\0\0\0\0\1"

/* HTTP/2 marks the end of a body itself: neither a length nor a close is needed. */
static void test_http2(void **state)
{
    (void)state;
    static const char whole[] = HTTP2_SETTINGS HTTP2_HEADERS HTTP2_DATA HTTP2_END POLICY;
    static const char half[] = HTTP2_SETTINGS HTTP2_HEADERS HTTP2_DATA HTTP2_GO_ON POLICY;
    struct https_behaviour server = {
        .response = whole, .length = sizeof whole - 1, .http2 = true, .hold = true};
    struct sts_fetch_facts *facts = fetch(&server, LONG_MS);
    assert_int_equal(facts->problem, STS_FETCH_OK);
    assert_int_equal(facts->http_status, 200);
    assert_string_equal(facts->content_type, "text/plain");
    assert_int_equal(facts->length, sizeof POLICY - 1);
    assert_memory_equal(facts->body, POLICY, sizeof POLICY - 1);
    sts_fetch_facts_unref(facts);

    /* A stream that is never ended, and a connection that is. */
    server = (struct https_behaviour){.response = half, .length = sizeof half - 1, .http2 = true};
    facts = fetch(&server, LONG_MS);
    assert_int_equal(facts->problem, STS_FETCH_BROKEN);
    assert_null(facts->body);
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
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_what_is_sent_and_seen),
        cmocka_unit_test(test_gzip_arrives_as_it_is),
        cmocka_unit_test(test_http2),
        cmocka_unit_test(test_header_bytes_are_bounded),
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
