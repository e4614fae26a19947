#include "stream_fixture.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

const struct timeval patience = {50, 0};

void say(int fd, const char *text, size_t length)
{
    assert_int_equal(send(fd, text, length, MSG_NOSIGNAL), (ssize_t)length);
}

void hear_hello(int fd)
{
    char bytes[4096];

    assert_true(recv(fd, bytes, sizeof bytes, 0) > 0);
}

void invite(int fd)
{
    say(fd, "220 go\r\n", strlen("220 go\r\n"));
}

static void *run_peer(void *arg)
{
    struct peer *peer = arg;
    const int fd = accept(peer->listener, NULL, NULL);

    if (fd >= 0) {
        peer->serve(peer, fd);
        (void)close(fd);
    }
    return NULL;
}

static int demand(int ok, X509_STORE_CTX *store)
{
    (void)ok;
    (void)store;
    return 1;
}

SSL_CTX *peer_context(const struct mint *identity, int version, bool demanding)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    assert_non_null(context);
    assert_int_equal(SSL_CTX_use_certificate(context, identity->x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, identity->key), 1);
    assert_int_equal(SSL_CTX_set_min_proto_version(context, version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, version), 1);
    if (demanding)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, demand);
    return context;
}

static void tell(struct client *client, char what)
{
    const size_t length = strlen(client->told);

    assert_true(length + 1 < sizeof client->told);
    client->told[length] = what;
}

static void on_connected(void *arg)
{
    struct client *client = arg;

    tell(client, 'C');
    assert_true(tls_stream_local_address(client->stream, &client->local));
}

static void send_bulk(struct client *client)
{
    char *bulk = calloc(1, BULK);

    assert_non_null(bulk);
    assert_int_equal(tls_stream_write(client->stream, bulk, BULK), 0);
    free(bulk);
}

static void on_data(void *arg, const uint8_t *bytes, size_t length)
{
    struct client *client = arg;
    const size_t kept = strlen(client->text);
    const size_t room = sizeof client->text - 1 - kept;

    client->received += length;
    memcpy(client->text + kept, bytes, length < room ? length : room);
    if (client->stops_at_text) {
        tls_stream_stop(client->stream);
        event_base_loopbreak(client->base);
    } else if (client->stays_clear) {
        if (client->sends_bulk) {
            client->sends_bulk = false;
            send_bulk(client);
        }
    } else if (client->facts == NULL && strchr(client->text, '\n') != NULL) {
        tls_stream_secure(client->stream, client->context, "mx.example.test");
    } else if (client->sends_bulk && client->received >= BULK) {
        client->sends_bulk = false;
        send_bulk(client);
    }
}

static void on_secured(void *arg, struct tls_facts *facts)
{
    struct client *client = arg;

    tell(client, 'S');
    client->facts = facts;
    if (client->stops_when_secured) {
        tls_stream_stop(client->stream);
        event_base_loopbreak(client->base);
        return;
    }
    assert_int_equal(tls_stream_write(client->stream, "EHLO\r\n", 6), 0);
}

static void on_ended(void *arg, const struct tls_stream_ended *ended)
{
    struct client *client = arg;

    tell(client, 'E');
    client->ended = *ended;
    event_base_loopbreak(client->base);
}

static const struct tls_stream_handler handler = {on_connected, on_data, on_secured, on_ended};

struct sockaddr_in loopback(in_port_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return address;
}

int listen_somewhere(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *address = loopback(0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)address, length), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &length), 0);
    return fd;
}

void client_init(struct client *client)
{
    client->base = event_base_new();
    client->context = tls_context_new();
    client->stream = tls_stream_new(client->base, &handler, client);
    assert_true(client->base != NULL && client->context != NULL && client->stream != NULL);
}

void client_clear(struct client *client)
{
    tls_stream_free(client->stream);
    tls_facts_unref(client->facts);
    SSL_CTX_free(client->context);
    event_base_free(client->base);
}

void loop(struct client *client, const struct timeval *limit)
{
    assert_int_equal(event_base_loopexit(client->base, limit), 0);
    assert_true(event_base_dispatch(client->base) >= 0);
}

void begin(struct client *client, struct peer *peer, const struct sockaddr_in *source)
{
    struct sockaddr_in address;

    peer->listener = listen_somewhere(&address);
    assert_int_equal(pthread_create(&peer->thread, NULL, run_peer, peer), 0);
    client_init(client);
    tls_stream_connect(client->stream, (const struct sockaddr *)&address, sizeof address,
                       (const struct sockaddr *)source, source != NULL ? sizeof *source : 0);
    assert_string_equal(client->told, ""); /* never inline */
}

void run(struct client *client, struct peer *peer, const struct timeval *limit)
{
    begin(client, peer, NULL);
    loop(client, limit);
}

void finish(struct client *client, struct peer *peer)
{
    client_clear(client);
    assert_int_equal(pthread_join(peer->thread, NULL), 0);
    (void)close(peer->listener);
}
