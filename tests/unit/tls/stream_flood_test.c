/*
 * The stream against peers that send no end of what is no data: the loop keeps its turn for others,
 * and the stream ends by itself, long before the flood does.
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "stream_fixture.h"

enum {
    FLOOD = 32 << 20, /* much more than all the buffers on the way hold */
    LEAST_TURNS = 16, /* of the loop, in the 1 MiB that the stream takes at 32 KiB and a bit each */
};

/* The peer has sent more than the handshake by now, and the client can be at nothing else. */
static atomic_bool flooding;

static void serve_tickets(struct peer *peer, int fd)
{
    SSL *ssl = SSL_new(peer->context);
    uint64_t written = 0;

    invite(fd);
    assert_int_equal(SSL_set_fd(ssl, fd), 1);
    assert_int_equal(SSL_accept(ssl), 1);
    /* A ticket that cannot be sent any more is no error to OpenSSL: nothing is written, no more. */
    do {
        peer->sent = written;
        (void)SSL_new_session_ticket(ssl);
        (void)SSL_do_handshake(ssl);
        written = BIO_number_written(SSL_get_wbio(ssl));
        atomic_store(&flooding, written > 65536);
    } while (written > peer->sent && written < FLOOD);
    peer->sent = written;
    SSL_free(ssl);
}

/* Nothing but `record`, from the ServerHello's place on. */
static void serve_records(struct peer *peer, int fd, const uint8_t *record, size_t length)
{
    uint8_t bytes[4096];
    size_t filled = 0;
    size_t sent = 0;

    for (; filled + length <= sizeof bytes; filled += length)
        memcpy(bytes + filled, record, length);
    invite(fd);
    hear_hello(fd);
    while (sent < FLOOD && send(fd, bytes, filled, MSG_NOSIGNAL) == (ssize_t)filled) {
        sent += filled;
        atomic_store(&flooding, true);
    }
    peer->sent = sent;
}

/* RFC 5246 7.4.1.1: a client in the midst of a handshake ignores it. */
static void serve_hello_requests(struct peer *peer, int fd)
{
    static const uint8_t record[] = {22, 3, 3, 0, 4, 0, 0, 0, 0};

    serve_records(peer, fd, record, sizeof record);
}

/* A message of a type that there is not. */
static void serve_garbage(struct peer *peer, int fd)
{
    static const uint8_t record[] = {22, 3, 3, 0, 8, 99, 0, 0, 4, 1, 2, 3, 4};

    serve_records(peer, fd, record, sizeof record);
}

/* A ServerHello that never comes to its end: its length is 16 MiB, and it is 64 KiB at the most. */
static void serve_endless_message(struct peer *peer, int fd)
{
    static const uint8_t record[] = {22, 3, 3, 0, 8, 2, 0xff, 0xff, 0xff, 3, 3, 4, 4};

    serve_records(peer, fd, record, sizeof record);
}

/* Turns that the loop gives another descriptor, always readable, while the flood is under way. */
struct turns {
    const struct client *client;
    unsigned n;
};

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct turns *turns = arg;

    (void)fd;
    (void)what;
    if (atomic_load(&flooding) && strchr(turns->client->told, 'E') == NULL)
        turns->n++;
}

static const struct flood_case {
    const char *name;
    void (*serve)(struct peer *peer, int fd);
    int version;
    const char *told;
    enum tls_stream_end end;
    int os_error;
    enum tls_failure_kind kind;
    unsigned turns; /* at least */
} cases[] = {
    {"session tickets", serve_tickets, TLS1_3_VERSION, "CSE", TLS_STREAM_RESET, EMSGSIZE,
     TLS_FAILED_RESET, LEAST_TURNS},
    {"hello requests before the ServerHello", serve_hello_requests, TLS1_2_VERSION, "CE",
     TLS_STREAM_TLS_FAILED, EMSGSIZE, TLS_FAILED_RESET, LEAST_TURNS},
    {"garbage before the ServerHello", serve_garbage, TLS1_2_VERSION, "CE", TLS_STREAM_TLS_FAILED,
     0, TLS_FAILED_LOCAL, 0},
    {"a ServerHello without end", serve_endless_message, TLS1_2_VERSION, "CE",
     TLS_STREAM_TLS_FAILED, 0, TLS_FAILED_LOCAL, 0},
};

static void outlives_a_flood(void **state)
{
    const struct flood_case *given = *state;
    const struct mint_spec spec = {.subject = "mx"};
    struct mint identity = mint_certificate(&spec, NULL);
    struct peer peer = {.serve = given->serve,
                        .context = peer_context(&identity, given->version, false)};
    struct client client = {.base = NULL};
    struct turns turns = {&client, 0};
    struct event *other;
    int other_fds[2];

    atomic_store(&flooding, false);
    begin(&client, &peer, NULL);
    assert_int_equal(pipe(other_fds), 0);
    assert_int_equal(write(other_fds[1], "x", 1), 1);
    other = event_new(client.base, other_fds[0], EV_READ | EV_PERSIST, on_turn, &turns);
    assert_true(other != NULL && event_add(other, NULL) == 0);
    loop(&client, &patience);
    event_free(other);
    (void)close(other_fds[0]);
    (void)close(other_fds[1]);
    assert_string_equal(client.told, given->told);
    assert_int_equal(client.ended.end, given->end);
    assert_int_equal(client.ended.os_error, given->os_error);
    assert_int_equal(client.ended.failure.kind, given->kind);
    assert_in_range(turns.n, given->turns, UINT_MAX);
    finish(&client, &peer);
    assert_true(peer.sent < FLOOD); /* it was not the flood that ended */
    SSL_CTX_free(peer.context);
    mint_clear(&identity);
}

enum { CASES = sizeof cases / sizeof *cases };

int main(void)
{
    struct CMUnitTest tests[CASES];

    (void)signal(SIGPIPE, SIG_IGN); /* as main does */
    for (size_t i = 0; i < CASES; i++)
        tests[i] =
            (struct CMUnitTest){cases[i].name, outlives_a_flood, NULL, NULL, (void *)&cases[i]};
    return cmocka_run_group_tests_name("floods", tests, NULL, NULL);
}
