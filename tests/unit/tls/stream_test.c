/*
 * The stream against a peer of a few lines, which runs in a thread with blocking calls and does
 * one wrong thing at one time. Everything goes over loopback.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "stream_fixture.h"
#include "support/mint.h"

/* ----- peers that speak TLS ----- */

static void answer_ehlo(struct peer *peer, SSL *ssl)
{
    const char *sni;

    if (SSL_accept(ssl) != 1)
        return;
    sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)snprintf(peer->sni, sizeof peer->sni, "%s", sni != NULL ? sni : "");
    if (SSL_read(ssl, peer->line, sizeof peer->line - 1) > 0) {
        (void)SSL_write(ssl, "250 hi\r\n", 8);
        (void)SSL_shutdown(ssl);
    }
}

static void serve_tls(struct peer *peer, int fd)
{
    SSL *ssl = SSL_new(peer->context);

    invite(fd);
    assert_int_equal(SSL_set_fd(ssl, fd), 1);
    answer_ehlo(peer, ssl);
    SSL_free(ssl);
}

/* Sends what is in `from` a byte at a time, so that nothing arrives whole. */
static void drip(BIO *from, int fd)
{
    char byte;

    while (BIO_read(from, &byte, 1) == 1) {
        say(fd, &byte, 1);
        (void)usleep(20);
    }
}

static void serve_dripping(struct peer *peer, int fd)
{
    SSL *ssl = SSL_new(peer->context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    char bytes[4096];
    int done = 0;

    invite(fd);
    SSL_set_bio(ssl, in, out);
    SSL_set_accept_state(ssl);
    while (done <= 0) {
        const ssize_t length = recv(fd, bytes, sizeof bytes, 0);
        if (length <= 0)
            break;
        (void)BIO_write(in, bytes, (int)length);
        (void)SSL_do_handshake(ssl);
        drip(out, fd);
        done = SSL_read(ssl, peer->line, sizeof peer->line - 1);
        drip(out, fd);
    }
    (void)SSL_write(ssl, "250 hi\r\n", 8);
    (void)SSL_shutdown(ssl);
    drip(out, fd);
    SSL_free(ssl);
}

static void serve_bulk(struct peer *peer, int fd)
{
    SSL *ssl = SSL_new(peer->context);
    char *bulk = calloc(1, BULK);
    int length;

    invite(fd);
    assert_non_null(bulk);
    assert_int_equal(SSL_set_fd(ssl, fd), 1);
    if (SSL_accept(ssl) == 1 && SSL_read(ssl, peer->line, 6) > 0) {
        (void)SSL_write(ssl, bulk, BULK);
        while (peer->received < BULK && (length = SSL_read(ssl, bulk, BULK)) > 0)
            peer->received += (size_t)length;
        (void)SSL_shutdown(ssl);
    }
    free(bulk);
    SSL_free(ssl);
}

/* ----- peers that do not ----- */

static void hang_up_hard(int fd)
{
    const struct linger linger = {1, 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

#define SERVE_BYTES(name, bytes)                \
    static void name(struct peer *peer, int fd) \
    {                                           \
        (void)peer;                             \
        invite(fd);                             \
        hear_hello(fd);                         \
        say(fd, bytes, sizeof(bytes) - 1);      \
    }

/* RFC 8446 5.1 and 6: alert record, version, length 2, fatal, description. */
SERVE_BYTES(serve_alert_70, "\x15\x03\x01\x00\x02\x02\x46")
SERVE_BYTES(serve_alert_40, "\x15\x03\x03\x00\x02\x02\x28")
SERVE_BYTES(serve_close_notify, "\x15\x03\x03\x00\x02\x01\x00")
SERVE_BYTES(serve_smtp_text, "500 5.5.1 Command unrecognized\r\n")
SERVE_BYTES(serve_http_text, "HTTP/1.0 400 Bad Request\r\n\r\n")
SERVE_BYTES(serve_few_bytes, "no\n")
SERVE_BYTES(serve_half_record, "\x16\x03\x03\x00\x7a\x02\x00")
SERVE_BYTES(serve_empty_handshake, "\x16\x03\x03\x00\x04\x0e\x00\x00\x00") /* ServerHelloDone */
SERVE_BYTES(serve_silent_close, "")

static void serve_reset(struct peer *peer, int fd)
{
    (void)peer;
    invite(fd);
    hear_hello(fd);
    hang_up_hard(fd);
}

static void serve_clear_close(struct peer *peer, int fd)
{
    (void)peer;
    say(fd, "421 busy", 8);
}

static void serve_clear_reset(struct peer *peer, int fd)
{
    (void)peer;
    hang_up_hard(fd);
}

/* A few bytes that are no TLS, and then nothing for as long as the other side stays. */
static void serve_stall(struct peer *peer, int fd)
{
    char byte;

    (void)peer;
    invite(fd);
    hear_hello(fd);
    say(fd, "no", 2);
    (void)recv(fd, &byte, 1, 0);
}

static void serve_clear_bulk(struct peer *peer, int fd)
{
    char bytes[65536];
    ssize_t length;

    say(fd, "220 send\n", 9);
    while (peer->received < BULK && (length = recv(fd, bytes, sizeof bytes, 0)) > 0)
        peer->received += (size_t)length;
}

/* ----- sessions that go well ----- */

static const struct good_case {
    const char *name;
    void (*serve)(struct peer *peer, int fd);
    int version;
    const char *protocol;
} good[] = {
    {"TLS 1.2", serve_tls, TLS1_2_VERSION, "TLSv1.2"},
    {"TLS 1.3", serve_tls, TLS1_3_VERSION, "TLSv1.3"},
    {"TLS 1.2, byte by byte", serve_dripping, TLS1_2_VERSION, "TLSv1.2"},
    {"TLS 1.3, byte by byte", serve_dripping, TLS1_3_VERSION, "TLSv1.3"},
};

static void secures_and_talks(void **state)
{
    const struct good_case *given = *state;
    const struct mint_spec spec = {.subject = "mx", .sans = "DNS:mx.example.test"};
    struct mint identity = mint_certificate(&spec, NULL);
    struct peer peer = {.serve = given->serve,
                        .context = peer_context(&identity, given->version, false)};
    struct client client = {.base = NULL};

    run(&client, &peer, &patience);
    assert_string_equal(client.told, "CSE");
    assert_string_equal(client.text, "220 go\r\n250 hi\r\n");
    assert_int_equal(client.ended.end, TLS_STREAM_CLOSED);
    assert_string_equal(client.facts->protocol, given->protocol);
    assert_string_equal(client.facts->sni, "mx.example.test");
    assert_string_equal(client.facts->chain[0].subject, "CN=mx");
    assert_int_equal(client.local.ss_family, AF_INET);
    finish(&client, &peer);
    assert_string_equal(peer.line, "EHLO\r\n");
    if (given->serve == serve_tls)
        assert_string_equal(peer.sni, "mx.example.test");
    SSL_CTX_free(peer.context);
    mint_clear(&identity);
}

/* ----- sessions that do not ----- */

static const struct bad_case {
    const char *name;
    void (*serve)(struct peer *peer, int fd);
    int demanding; /* a version: a client certificate is demanded under it */
    const char *told;
    enum tls_stream_end end;
    enum tls_failure_kind kind;
    int alert;
    int os_error;
    const char *first;
} bad[] = {
    {"row 17, alert 70", serve_alert_70, 0, "CE", TLS_STREAM_TLS_FAILED, TLS_FAILED_ALERT, 70, 0,
     "\x15\x03\x01"},
    {"row 20, alert 40", serve_alert_40, 0, "CE", TLS_STREAM_TLS_FAILED, TLS_FAILED_ALERT, 40, 0,
     "\x15\x03\x03"},
    {"row 16, close_notify", serve_close_notify, 0, "CE", TLS_STREAM_TLS_FAILED, TLS_FAILED_CLOSED,
     0, 0, "\x15\x03\x03"},
    {"row 15, SMTP text", serve_smtp_text, 0, "CE", TLS_STREAM_TLS_FAILED, TLS_FAILED_NOT_TLS, -1,
     0, "500 5.5.1 Command unrecognized\r\n"},
    {"row 15, HTTP text", serve_http_text, 0, "CE", TLS_STREAM_TLS_FAILED, TLS_FAILED_NOT_TLS, -1,
     0, "HTTP/1.0 400 Bad Request\r\n\r\n"},
    {"row 15, three bytes and a close", serve_few_bytes, 0, "CE", TLS_STREAM_TLS_FAILED,
     TLS_FAILED_NOT_TLS, -1, 0, "no\n"},
    {"row 16, close", serve_silent_close, 0, "CE", TLS_STREAM_TLS_FAILED, TLS_FAILED_CLOSED, -1, 0,
     ""},
    {"row 16, close within a record", serve_half_record, 0, "CE", TLS_STREAM_TLS_FAILED,
     TLS_FAILED_CLOSED, -1, 0, "\x16\x03\x03"},
    {"row 16, reset", serve_reset, 0, "CE", TLS_STREAM_TLS_FAILED, TLS_FAILED_RESET, -1, ECONNRESET,
     ""},
    {"row 25, a message out of order", serve_empty_handshake, 0, "CE", TLS_STREAM_TLS_FAILED,
     TLS_FAILED_LOCAL, -1, 0, "\x16\x03\x03"},
    {"row 27, TLS 1.2 demands a certificate", serve_tls, TLS1_2_VERSION, "CE",
     TLS_STREAM_TLS_FAILED, TLS_FAILED_ALERT, 40, 0, "\x16\x03\x03"},
    {"row 27, TLS 1.3 demands a certificate", serve_tls, TLS1_3_VERSION, "CSE",
     TLS_STREAM_TLS_FAILED, TLS_FAILED_ALERT, 116, 0, "\x16\x03\x03"},
    {"a close in the clear", serve_clear_close, 0, "CE", TLS_STREAM_CLOSED, TLS_FAILED_NOT, -1, 0,
     ""},
    {"a reset in the clear", serve_clear_reset, 0, "CE", TLS_STREAM_RESET, TLS_FAILED_NOT, -1,
     ECONNRESET, ""},
};

static void keeps_the_evidence(void **state)
{
    const struct bad_case *given = *state;
    const struct mint_spec spec = {.subject = "mx"};
    struct mint identity = mint_certificate(&spec, NULL);
    const int version = given->demanding != 0 ? given->demanding : TLS1_3_VERSION;
    struct peer peer = {.serve = given->serve,
                        .context = peer_context(&identity, version, given->demanding != 0)};
    struct client client = {.base = NULL};
    const struct tls_failure *failure = &client.ended.failure;

    run(&client, &peer, &patience);
    assert_string_equal(client.told, given->told);
    assert_int_equal(client.ended.end, given->end);
    assert_int_equal(client.ended.os_error, given->os_error);
    assert_int_equal(failure->kind, given->kind);
    assert_int_equal(failure->alert, given->alert);
    assert_int_equal(failure->certificate_requested, given->demanding != 0);
    assert_true(failure->first_length >= strlen(given->first));
    assert_memory_equal(failure->first, given->first, strlen(given->first));
    assert_int_equal(failure->first_length > 0, strlen(given->first) > 0);
    if (given->kind == TLS_FAILED_LOCAL)
        assert_string_equal(tls_error_text(failure->error), "unexpected message");
    finish(&client, &peer);
    SSL_CTX_free(peer.context);
    mint_clear(&identity);
}

/* ----- connecting ----- */

static void tells_a_refused_connection(void **state)
{
    struct client client = {.base = NULL};
    struct sockaddr_in address;

    (void)state;
    (void)close(listen_somewhere(&address));
    client_init(&client);
    tls_stream_connect(client.stream, (const struct sockaddr *)&address, sizeof address, NULL, 0);
    assert_string_equal(client.told, "");
    loop(&client, &patience);
    assert_string_equal(client.told, "E");
    assert_int_equal(client.ended.end, TLS_STREAM_CONNECT_FAILED);
    assert_int_equal(client.ended.os_error, ECONNREFUSED);
    client_clear(&client);
}

/* 192.0.2.1 is nobody's (RFC 5737). */
static void blames_a_bad_source_on_us(void **state)
{
    struct client client = {.base = NULL};
    struct sockaddr_in address, source = loopback(0);
    const int listener = listen_somewhere(&address);

    (void)state;
    source.sin_addr.s_addr = htonl(0xc0000201);
    client_init(&client);
    tls_stream_connect(client.stream, (const struct sockaddr *)&address, sizeof address,
                       (const struct sockaddr *)&source, sizeof source);
    assert_string_equal(client.told, "");
    loop(&client, &patience);
    assert_string_equal(client.told, "E");
    assert_int_equal(client.ended.end, TLS_STREAM_OURS);
    assert_int_equal(client.ended.os_error, EADDRNOTAVAIL);
    client_clear(&client);
    (void)close(listener);
}

static void connects_from_a_source(void **state)
{
    struct client client = {.stays_clear = true};
    struct peer peer = {.serve = serve_clear_close};
    struct sockaddr_in source = loopback(0);

    (void)state;
    source.sin_addr.s_addr = htonl(0x7f000009); /* 127.0.0.9 */
    begin(&client, &peer, &source);
    loop(&client, &patience);
    assert_string_equal(client.told, "CE");
    assert_string_equal(client.text, "421 busy");
    assert_int_equal(((struct sockaddr_in *)&client.local)->sin_addr.s_addr, htonl(0x7f000009));
    finish(&client, &peer);
}

static void blames_missing_descriptors_on_us(void **state)
{
    struct client client = {.base = NULL};
    struct sockaddr_in address;
    const int listener = listen_somewhere(&address);
    struct rlimit before, none;
    int next;

    (void)state;
    client_init(&client);
    next = dup(listener);
    assert_true(next >= 0 && close(next) == 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    tls_stream_connect(client.stream, (const struct sockaddr *)&address, sizeof address, NULL, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    loop(&client, &patience);
    assert_string_equal(client.told, "E");
    assert_int_equal(client.ended.end, TLS_STREAM_OURS);
    assert_int_equal(client.ended.os_error, EMFILE);
    client_clear(&client);
    (void)close(listener);
}

/* ----- the rest of the contract ----- */

static void carries_bulk_inside_tls(void **state)
{
    const struct mint_spec spec = {.subject = "mx"};
    struct mint identity = mint_certificate(&spec, NULL);
    struct peer peer = {.serve = serve_bulk,
                        .context = peer_context(&identity, TLS1_3_VERSION, false)};
    struct client client = {.sends_bulk = true};

    (void)state;
    run(&client, &peer, &patience);
    assert_string_equal(client.told, "CSE");
    assert_int_equal(client.ended.end, TLS_STREAM_CLOSED);
    assert_int_equal(client.received, strlen("220 go\r\n") + BULK);
    finish(&client, &peer);
    assert_int_equal(peer.received, BULK);
    SSL_CTX_free(peer.context);
    mint_clear(&identity);
}

static void carries_bulk_in_the_clear(void **state)
{
    struct peer peer = {.serve = serve_clear_bulk};
    struct client client = {.stays_clear = true, .sends_bulk = true};

    (void)state;
    run(&client, &peer, &patience);
    assert_string_equal(client.told, "CE");
    assert_int_equal(client.ended.end, TLS_STREAM_CLOSED);
    finish(&client, &peer);
    assert_int_equal(peer.received, BULK);
}

static void tells_nothing_after_stop(void **state)
{
    const struct timeval a_while = {0, 100000};
    const struct mint_spec spec = {.subject = "mx"};
    struct mint identity = mint_certificate(&spec, NULL);
    struct peer peer = {.serve = serve_tls,
                        .context = peer_context(&identity, TLS1_3_VERSION, false)};
    struct client client = {.stops_when_secured = true};

    (void)state;
    run(&client, &peer, &patience);
    tls_stream_stop(client.stream);
    assert_int_equal(tls_stream_write(client.stream, "QUIT\r\n", 6), 0);
    loop(&client, &a_while);
    assert_string_equal(client.told, "CS");
    finish(&client, &peer);
    assert_string_equal(peer.line, ""); /* a close_notify came, and no more */
    SSL_CTX_free(peer.context);
    mint_clear(&identity);
}

static void may_stop_inside_data(void **state)
{
    const struct timeval a_while = {0, 100000};
    struct peer peer = {.serve = serve_clear_close};
    struct client client = {.stops_at_text = true};

    (void)state;
    run(&client, &peer, &patience);
    loop(&client, &a_while);
    assert_string_equal(client.told, "C");
    finish(&client, &peer);
}

static void shows_a_handshake_that_hangs(void **state)
{
    const struct timeval a_while = {0, 200000};
    struct peer peer = {.serve = serve_stall};
    struct client client = {.base = NULL};
    struct tls_failure so_far;

    (void)state;
    run(&client, &peer, &a_while);
    assert_string_equal(client.told, "C");
    tls_stream_handshake_state(client.stream, &so_far);
    assert_int_equal(so_far.kind, TLS_FAILED_NOT_TLS);
    assert_int_equal(so_far.alert, -1);
    assert_int_equal(so_far.first_length, 2);
    assert_memory_equal(so_far.first, "no", 2);
    finish(&client, &peer);
}

static void may_be_freed_unused(void **state)
{
    struct client client = {.base = NULL};
    struct sockaddr_storage local;

    (void)state;
    client_init(&client);
    assert_false(tls_stream_local_address(client.stream, &local));
    client_clear(&client);
    tls_stream_free(NULL);
}

enum { GOOD = sizeof good / sizeof *good, BAD = sizeof bad / sizeof *bad };

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(tells_a_refused_connection),
        cmocka_unit_test(blames_a_bad_source_on_us),
        cmocka_unit_test(connects_from_a_source),
        cmocka_unit_test(blames_missing_descriptors_on_us),
        cmocka_unit_test(carries_bulk_inside_tls),
        cmocka_unit_test(carries_bulk_in_the_clear),
        cmocka_unit_test(tells_nothing_after_stop),
        cmocka_unit_test(may_stop_inside_data),
        cmocka_unit_test(shows_a_handshake_that_hangs),
        cmocka_unit_test(may_be_freed_unused),
    };
    struct CMUnitTest goods[GOOD], bads[BAD];

    (void)signal(SIGPIPE, SIG_IGN); /* as main does */
    for (size_t i = 0; i < GOOD; i++) {
        void *given = (void *)&good[i];
        goods[i] = (struct CMUnitTest){good[i].name, secures_and_talks, NULL, NULL, given};
    }
    for (size_t i = 0; i < BAD; i++) {
        void *given = (void *)&bad[i];
        bads[i] = (struct CMUnitTest){bad[i].name, keeps_the_evidence, NULL, NULL, given};
    }
    return cmocka_run_group_tests_name("sessions", goods, NULL, NULL) +
           cmocka_run_group_tests_name("failures", bads, NULL, NULL) +
           cmocka_run_group_tests_name("stream", plain, NULL, NULL);
}
