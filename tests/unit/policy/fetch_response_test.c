/* What a policy host may answer (RFC 8461 3.3, RFC 9112, RFC 9113), sound, odd and hostile. */
#include "case.h"

#include <signal.h>
#include <stdio.h>

#include <curl/curl.h>

#include "fetch_fixture.h"

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
    {"HTTP/1.0, up to the close",
     {.response = "HTTP/1.0 200 OK\r\n\r\n" POLICY},
     LONG_MS,
     STS_FETCH_OK,
     200,
     sizeof POLICY - 1,
     true},
    {"HTTP/0.9: the body alone", {.response = POLICY}, LONG_MS, STS_FETCH_BROKEN, 0, -1, true},
    {"status line without a reason",
     {.response = "HTTP/1.1 200\r\nContent-Length: 41\r\n\r\n" POLICY},
     LONG_MS,
     STS_FETCH_OK,
     200,
     sizeof POLICY - 1,
     true},
    {"lines that end in LF",
     {.response = "HTTP/1.1 200 OK\nContent-Length: 41\n\n" POLICY},
     LONG_MS,
     STS_FETCH_OK,
     200,
     sizeof POLICY - 1,
     true},
    {"more than the length tells",
     {.response = OK_HEAD "Content-Length: 41\r\n\r\n" POLICY "mx: evil.example\n"},
     LONG_MS,
     STS_FETCH_OK,
     200,
     sizeof POLICY - 1,
     true},
    {"length that is no number",
     {.response = OK_HEAD "Content-Length: many\r\n\r\n" POLICY},
     LONG_MS,
     STS_FETCH_BROKEN,
     200,
     -1,
     true},
    {"length that tells of more than 64 KiB",
     {.response = OK_HEAD "Content-Length: 65537\r\n\r\nx", .filler = KIB, .fillers = 256},
     LONG_MS,
     STS_FETCH_TOO_LARGE,
     200,
     -1,
     true},
    {"a coding that is not chunked, cut by a close without close_notify",
     {.response = OK_HEAD "Transfer-Encoding: identity\r\n\r\n" POLICY, .cut = true},
     LONG_MS,
     STS_FETCH_BROKEN,
     200,
     -1,
     true},
    {"chunked in upper case, and a close without close_notify",
     {.response = OK_HEAD "TRANSFER-ENCODING:CHUNKED \r\n\r\n3\r\nabc\r\n0\r\n\r\n", .cut = true},
     LONG_MS,
     STS_FETCH_OK,
     200,
     3,
     true},
    {"chunk with an extension, and a trailer",
     {.response = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n"},
     LONG_MS,
     STS_FETCH_OK,
     200,
     3,
     true},
    {"chunk of a size that no memory has",
     {.response = OK_HEAD "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc"},
     LONG_MS,
     STS_FETCH_BROKEN,
     200,
     -1,
     true},
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

static const struct {
    const char *name;
    const char *fields; /* of the response's head */
    const char *type;
} types[] = {
    {"none", "", NULL},
    {"white space around it", "Content-Type: \t text/plain \t\r\n", "text/plain"},
    {"name in upper case", "CONTENT-TYPE:text/plain\r\n", "text/plain"},
    {"empty", "Content-Type:\r\n", ""},
    {"the same twice", "Content-Type: text/plain\r\nContent-Type: text/plain\r\n", "text/plain"},
    {"another first", "Content-Type: text/html\r\nContent-Type: text/plain\r\n", "text/html"},
    {"another last", "Content-Type: text/plain\r\nContent-Type: text/html\r\n", "text/html"},
    {"another between",
     "Content-Type: text/plain\r\nContent-type: a/b\r\ncontent-type: text/plain\r\n", "a/b"},
    {"a name that only begins so", "Content-Type-Options: nosniff\r\n", NULL},
};

static void test_media_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        char response[400];
        snprintf(response, sizeof response,
                 "HTTP/1.1 200 OK\r\n%sContent-Length: 41\r\n\r\n" POLICY, types[i].fields);
        const struct https_behaviour behaviour = {.response = response};
        struct sts_fetch_facts *facts = fetch(&behaviour, LONG_MS);
        CASE_CHECK(types[i].name, facts->problem == STS_FETCH_OK);
        CASE_CHECK(types[i].name, (facts->content_type != NULL) == (types[i].type != NULL));
        CASE_CHECK(types[i].name,
                   !types[i].type || strcmp(facts->content_type, types[i].type) == 0);
        sts_fetch_facts_unref(facts);
    }
}

/* That an interim response has a media type says nothing of the policy's. */
static void test_the_final_response_has_the_media_type(void **state)
{
    (void)state;
    const struct https_behaviour early = {
        .response =
            "HTTP/1.1 103 Early Hints\r\nContent-Type: text/html\r\n\r\n"
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 41\r\n\r\n" POLICY};
    struct sts_fetch_facts *facts = fetch(&early, LONG_MS);
    assert_int_equal(facts->http_status, 200);
    assert_string_equal(facts->content_type, "text/plain");
    assert_int_equal(facts->length, sizeof POLICY - 1);
    sts_fetch_facts_unref(facts);
}

/* RFC 8461 3.3: only 200 counts, and a redirect is never followed. Every status is one of those. */
static void test_other_statuses_are_told(void **state)
{
    static const long statuses[] = {201, 202, 203, 204, 205, 206, 300, 301, 302,
                                    303, 304, 305, 307, 308, 400, 401, 403, 404,
                                    410, 418, 429, 451, 500, 502, 503, 999};
    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        char response[400];
        snprintf(response, sizeof response,
                 "HTTP/1.1 %ld X\r\nContent-Type: text/plain\r\nContent-Length: 41\r\n"
                 "Location: https://mta-sts.example.test/\r\n\r\n" POLICY,
                 statuses[i]);
        const struct https_behaviour behaviour = {.response = response};
        struct sts_fetch_facts *facts = fetch(&behaviour, LONG_MS);
        if (facts->problem != STS_FETCH_OK || facts->http_status != statuses[i])
            fail_msg("%ld: problem %d, status %ld", statuses[i], (int)facts->problem,
                     facts->http_status);
        sts_fetch_facts_unref(facts);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_media_types),
        cmocka_unit_test(test_the_final_response_has_the_media_type),
        cmocka_unit_test(test_other_statuses_are_told),
        cmocka_unit_test(test_gzip_arrives_as_it_is),
        cmocka_unit_test(test_header_bytes_are_bounded),
        cmocka_unit_test(test_http2),
    };
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}
