#include "loop_server.h"

#include "case.h"

#include <errno.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { DRIP_MS = 5 };

struct loop_client {
    struct loop_server *server;
    struct loop_client *next;
    int fd;
    size_t step;
    bool raw, closed;
    SSL *ssl;
    struct event *readable, *timer;
};

static void close_client(struct loop_client *client)
{
    if (client->closed)
        return;
    client->closed = true;
    event_del(client->readable);
    event_del(client->timer);
    SSL_free(client->ssl);
    client->ssl = NULL;
    close(client->fd);
}

static void say(struct loop_client *client, const char *text)
{
    if (client->ssl)
        (void)SSL_write(client->ssl, text, (int)strlen(text));
    else
        (void)send(client->fd, text, strlen(text), MSG_NOSIGNAL);
}

static void again_in(struct loop_client *client, int pause_ms)
{
    const struct timeval pause = {.tv_usec = pause_ms * 1000};

    assert_int_equal(evtimer_add(client->timer, &pause), 0);
}

static void begin_tls(struct loop_client *client)
{
    client->ssl = SSL_new(client->server->context);
    assert_non_null(client->ssl);
    assert_int_equal(SSL_set_fd(client->ssl, client->fd), 1);
    SSL_set_accept_state(client->ssl);
}

static void act(struct loop_client *client)
{
    const struct loop_step *step = &client->server->steps[client->step];
    const struct linger hard = {1, 0};

    switch (step->act) {
    case LOOP_END:
        return; /* stays here */
    case LOOP_SAY:
        say(client, step->text);
        break;
    case LOOP_SAY_TLS:
        say(client, step->text);
        begin_tls(client);
        break;
    case LOOP_SAY_RAW:
        say(client, step->text);
        client->raw = true;
        break;
    case LOOP_DRIP:
        say(client, step->text);
        again_in(client, DRIP_MS);
        return;
    case LOOP_FLOOD:
        again_in(client, 0);
        return;
    case LOOP_RESET:
        assert_int_equal(setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
        close_client(client);
        return;
    case LOOP_CLOSE:
        close_client(client);
        return;
    }
    client->step++;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct loop_client *client = arg;
    const struct loop_step *step = &client->server->steps[client->step];

    (void)fd;
    (void)what;
    if (step->act == LOOP_DRIP) {
        say(client, "x");
        again_in(client, DRIP_MS);
        return;
    }
    for (int i = 0; i < 100; i++)
        say(client, step->text);
    again_in(client, 0);
}

static void hear(struct loop_client *client, const char *bytes, size_t length)
{
    struct loop_server *server = client->server;
    size_t room = sizeof server->heard - 1 - server->n_heard;

    memcpy(server->heard + server->n_heard, bytes, length < room ? length : room);
    server->n_heard += length < room ? length : room;
    if (client->raw) {
        act(client);
        return;
    }
    for (size_t i = 0; i < length && !client->closed; i++)
        if (bytes[i] == '\n')
            act(client);
}

static void on_handshake(struct loop_client *client)
{
    if (SSL_do_handshake(client->ssl) == 1) {
        const char *sni = SSL_get_servername(client->ssl, TLSEXT_NAMETYPE_host_name);
        snprintf(client->server->sni, sizeof client->server->sni, "%s", sni ? sni : "");
    }
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct loop_client *client = arg;
    char bytes[4096];
    ssize_t length;

    (void)what;
    if (client->ssl && !SSL_is_init_finished(client->ssl)) {
        on_handshake(client);
        if (!SSL_is_init_finished(client->ssl)) {
            if (recv(fd, bytes, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
                close_client(client);
            return;
        }
    }
    if (client->ssl)
        length = SSL_read(client->ssl, bytes, sizeof bytes);
    else
        length = recv(fd, bytes, sizeof bytes, 0);
    if (length > 0)
        hear(client, bytes, (size_t)length);
    else if (client->ssl ? SSL_get_error(client->ssl, (int)length) != SSL_ERROR_WANT_READ
                         : length == 0 || errno != EAGAIN)
        close_client(client);
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
    struct loop_server *server = arg;
    struct loop_client *client = calloc(1, sizeof *client);
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;

    (void)what;
    assert_non_null(client);
    client->server = server;
    client->next = server->clients;
    server->clients = client;
    client->fd = accept4(fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(client->fd >= 0);
    assert_true(dns_address_from_sockaddr(&peer, &server->peer));
    server->n_clients++;
    client->readable =
        event_new(server->base, client->fd, EV_READ | EV_PERSIST, on_readable, client);
    client->timer = evtimer_new(server->base, on_timer, client);
    assert_true(client->readable && client->timer);
    assert_int_equal(event_add(client->readable, NULL), 0);
    act(client);
}

static uint16_t port_of(const struct sockaddr_storage *name)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    memcpy(&four, name, sizeof four);
    memcpy(&six, name, sizeof six);
    return ntohs(name->ss_family == AF_INET ? four.sin_port : six.sin6_port);
}

bool loop_server_start(struct loop_server *server, struct event_base *base, const char *address,
                       const struct loop_step *steps, SSL_CTX *context)
{
    struct sockaddr_storage name;
    socklen_t length;

    *server = (struct loop_server){.base = base, .steps = steps, .context = context};
    assert_true(dns_address_parse(address, &server->address));
    length = dns_address_to_sockaddr(&server->address, 0, &name);
    server->fd = socket(name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->fd < 0 || bind(server->fd, (struct sockaddr *)&name, length) != 0) {
        if (server->fd >= 0)
            close(server->fd);
        return false;
    }
    assert_int_equal(listen(server->fd, 128), 0);
    length = sizeof name;
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&name, &length), 0);
    server->port = port_of(&name);
    server->event = event_new(base, server->fd, EV_READ | EV_PERSIST, on_client, server);
    assert_non_null(server->event);
    assert_int_equal(event_add(server->event, NULL), 0);
    return true;
}

void loop_server_stop(struct loop_server *server)
{
    while (server->clients) {
        struct loop_client *client = server->clients;
        server->clients = client->next;
        close_client(client);
        event_free(client->readable);
        event_free(client->timer);
        free(client);
    }
    event_free(server->event);
    close(server->fd);
}
