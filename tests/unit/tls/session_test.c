/*
 * What one step of a session may take, against a server in the same thread: a peer that sends no
 * end of what is no data must not keep the loop, nor the session for ever.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/mint.h"
#include "tls/context.h"
#include "tls/session.h"

enum {
    KIB = 1024,
    STEP_MAX = 32 * KIB + 16 * KIB + 2 * KIB, /* the bound, and the record that passes it */
    FLOOD_MAX = 1024 * KIB + STEP_MAX,        /* the same of a whole session */
    STEPS_MAX = 1000,                         /* no test comes near */
};

struct pair {
    int fd, server_fd;
    struct tls_session session;
    SSL_CTX *context, *server_context;
    SSL *server;
    BIO *out;     /* of the server, on its way into the socket; the server's */
    size_t taken; /* by our side's steps */
};

static void pair_init(struct pair *pair, int version)
{
    const struct mint_spec spec = {.subject = "mx"};
    struct mint identity = mint_certificate(&spec, NULL);
    int fds[2];

    *pair = (struct pair){.context = tls_context_new()};
    pair->server_context = SSL_CTX_new(TLS_server_method());
    assert_true(pair->context != NULL && pair->server_context != NULL);
    assert_int_equal(SSL_CTX_use_certificate(pair->server_context, identity.x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(pair->server_context, identity.key), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(pair->server_context, version), 1);
    mint_clear(&identity);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    pair->fd = fds[0];
    pair->server_fd = fds[1];
    assert_int_equal(tls_session_init(&pair->session, pair->context, pair->fd, NULL), 0);
    pair->server = SSL_new(pair->server_context);
    assert_non_null(pair->server);
    pair->out = BIO_new(BIO_s_mem());
    assert_non_null(pair->out);
    SSL_set_bio(pair->server, BIO_new_socket(pair->server_fd, BIO_NOCLOSE), pair->out);
    SSL_set_accept_state(pair->server);
}

static void pair_clear(struct pair *pair)
{
    tls_session_clear(&pair->session);
    SSL_free(pair->server);
    SSL_CTX_free(pair->context);
    SSL_CTX_free(pair->server_context);
    (void)close(pair->fd);
    (void)close(pair->server_fd);
}

static size_t waiting(const struct pair *pair)
{
    int n = 0;

    assert_int_equal(ioctl(pair->fd, FIONREAD, &n), 0);
    return (size_t)n;
}

/* Puts what the server has to say into the socket, as far as there is room, in large pieces. */
static void flush(struct pair *pair)
{
    static char bytes[64 * KIB];
    char *next;
    long left;

    while ((left = BIO_get_mem_data(pair->out, &next)) > 0) {
        const size_t n = (size_t)left < sizeof bytes ? (size_t)left : sizeof bytes;
        const ssize_t sent = send(pair->server_fd, next, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        assert_int_equal(BIO_read(pair->out, bytes, (int)sent), sent);
    }
}

/* One step of ours, with what it takes out of the socket counted from outside. */
static enum tls_step step(struct pair *pair, bool handshake, size_t *length)
{
    static char bytes[16 * 1024];
    const size_t before = waiting(pair);
    enum tls_step result;

    *length = 0;
    result = handshake ? tls_session_handshake(&pair->session)
                       : tls_session_read(&pair->session, bytes, sizeof bytes, length);
    assert_in_range(before - waiting(pair), 0, STEP_MAX);
    pair->taken += before - waiting(pair);
    return result;
}

static void shake_hands(struct pair *pair)
{
    size_t length;

    for (int i = 0; i < STEPS_MAX; i++) {
        const enum tls_step ours = step(pair, true, &length);
        const int theirs = SSL_do_handshake(pair->server);
        flush(pair);
        if (ours == TLS_STEP_DONE && theirs == 1)
            return;
    }
    fail_msg("no handshake");
}

/* ----- floods: each sends one more ----- */

static void send_ticket(struct pair *pair)
{
    assert_int_equal(SSL_new_session_ticket(pair->server), 1);
    assert_int_equal(SSL_do_handshake(pair->server), 1);
}

static void send_key_update(struct pair *pair)
{
    assert_int_equal(SSL_key_update(pair->server, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    assert_int_equal(SSL_do_handshake(pair->server), 1);
}

static void ask_for_renegotiation(struct pair *pair)
{
    assert_int_equal(SSL_renegotiate(pair->server), 1);
    assert_int_equal(SSL_do_handshake(pair->server), 1);
}

/* RFC 5246 7.4.1.1: a HelloRequest, which a client in the midst of a handshake ignores. */
static void send_hello_request(struct pair *pair)
{
    static const uint8_t record[] = {22, 3, 3, 0, 4, 0, 0, 0, 0};

    assert_int_equal(BIO_write(pair->out, record, sizeof record), sizeof record);
}

static const struct flood {
    const char *name;
    int version;
    bool in_handshake;
    void (*send)(struct pair *pair);
} floods[] = {
    {"session tickets", TLS1_3_VERSION, false, send_ticket},
    {"key updates", TLS1_3_VERSION, false, send_key_update},
    {"hello requests", TLS1_2_VERSION, false, ask_for_renegotiation},
    {"hello requests before the ServerHello", TLS1_2_VERSION, true, send_hello_request},
};

/* What our side answers is thrown away, so that it does not wait for the peer for ever. */
static void drain(const struct pair *pair)
{
    char bytes[4096];

    while (recv(pair->server_fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        continue;
}

static void ends_a_flood(void **state)
{
    const struct flood *flood = *state;
    struct pair pair;
    enum tls_step result = TLS_STEP_WANTS_READ;
    size_t length;

    pair_init(&pair, flood->version);
    if (!flood->in_handshake)
        shake_hands(&pair);
    pair.taken = 0;
    for (int i = 0; i < STEPS_MAX && result != TLS_STEP_FAILED; i++) {
        while (BIO_pending(pair.out) < 2 * STEP_MAX)
            flood->send(&pair);
        flush(&pair);
        assert_in_range(waiting(&pair), STEP_MAX + 1, SIZE_MAX); /* or the bound proves nothing */
        result = step(&pair, flood->in_handshake, &length);
        assert_int_equal(length, 0);
        drain(&pair);
    }
    assert_int_equal(result, TLS_STEP_FAILED);
    assert_in_range(pair.taken, 1, FLOOD_MAX);
    assert_int_equal(pair.session.evidence.kind, TLS_FAILED_RESET);
    assert_int_equal(pair.session.evidence.alert, -1);
    pair_clear(&pair);
}

/* ----- what has to pass all the same ----- */

static void passes_data_in_bulk(void **state)
{
    enum { BULK = 3 * 1024 * KIB };
    static const char bulk[64 * KIB];
    const int version = *(const int *)*state;
    size_t sent = 0, received = 0, length;
    struct pair pair;

    pair_init(&pair, version);
    shake_hands(&pair);
    for (int i = 0; i < STEPS_MAX && received < BULK; i++) {
        if (sent < BULK && BIO_pending(pair.out) < (int)sizeof bulk) {
            assert_int_equal(SSL_write(pair.server, bulk, sizeof bulk), sizeof bulk);
            sent += sizeof bulk;
        }
        flush(&pair);
        const enum tls_step result = step(&pair, false, &length);
        assert_true(result == TLS_STEP_DONE || result == TLS_STEP_WANTS_READ);
        received += length;
    }
    assert_int_equal(received, BULK);
    pair_clear(&pair);
}

/* A long session with a few tickets between its data is none of the floods. */
static void counts_anew_after_data(void **state)
{
    enum { ROUNDS = 100, TICKETS = 100, LEAST = 2 * 1024 * KIB };
    struct pair pair;
    size_t length;

    (void)state;
    pair_init(&pair, TLS1_3_VERSION);
    shake_hands(&pair);
    pair.taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
        size_t received = 0;
        for (int i = 0; i < TICKETS; i++)
            send_ticket(&pair);
        assert_int_equal(SSL_write(pair.server, "x", 1), 1);
        flush(&pair);
        for (int i = 0; i < STEPS_MAX && received == 0; i++) {
            const enum tls_step result = step(&pair, false, &length);
            assert_true(result == TLS_STEP_DONE || result == TLS_STEP_WANTS_READ);
            received += length;
        }
        assert_int_equal(received, 1);
    }
    assert_in_range(pair.taken, LEAST, SIZE_MAX);
    pair_clear(&pair);
}

enum { FLOODS = sizeof floods / sizeof *floods };

int main(void)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    const struct CMUnitTest others[] = {
        {"data in bulk, TLS 1.2", passes_data_in_bulk, NULL, NULL, (void *)&versions[0]},
        {"data in bulk, TLS 1.3", passes_data_in_bulk, NULL, NULL, (void *)&versions[1]},
        cmocka_unit_test(counts_anew_after_data),
    };
    struct CMUnitTest tests[FLOODS];

    (void)signal(SIGPIPE, SIG_IGN); /* as main does */
    for (size_t i = 0; i < FLOODS; i++)
        tests[i] =
            (struct CMUnitTest){floods[i].name, ends_a_flood, NULL, NULL, (void *)&floods[i]};
    return cmocka_run_group_tests_name("floods", tests, NULL, NULL) +
           cmocka_run_group_tests_name("what passes", others, NULL, NULL);
}
