#include "fake_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A response that waits for its time. */
struct delayed {
    struct fake_server *server;
    struct event *event;
    struct sockaddr_storage to;
    socklen_t to_length;
    struct wire wire;
};

static unsigned u16_at(const uint8_t *bytes, size_t at)
{
    return (unsigned)(bytes[at] << 8 | bytes[at + 1]);
}

/* Counts how often this name and type was asked with the same CD bit. */
static unsigned count(struct fake_server *server, const struct fake_query *query)
{
    char key[300];
    unsigned n = 1;
    size_t i = 0;

    snprintf(key, sizeof key, "%u%c%s", query->type, query->checking_disabled ? 'C' : ' ',
             query->name);
    for (; i < 63 && server->seen[i][0] != '\0'; i++)
        n += strncmp(server->seen[i], key, sizeof server->seen[i] - 1) == 0;
    snprintf(server->seen[i], sizeof server->seen[i], "%.255s", key);
    return n;
}

static void parse(struct fake_server *server, const uint8_t *bytes, bool tcp,
                  struct fake_query *out)
{
    size_t at = 12;
    size_t n = 0;

    memset(out, 0, sizeof *out);
    out->tcp = tcp;
    out->ad = (bytes[3] & WIRE_AD) != 0;
    out->checking_disabled = (bytes[3] & WIRE_CD) != 0;
    out->edns = u16_at(bytes, 10) == 1;
    while (bytes[at] != 0) {
        if (n > 0)
            out->name[n++] = '.';
        memcpy(out->name + n, bytes + at + 1, bytes[at]);
        n += bytes[at];
        at += bytes[at] + 1U;
    }
    out->type = (uint16_t)u16_at(bytes, at + 1);
    out->number = count(server, out);
    server->questions++;
    server->with_cd += out->checking_disabled;
    server->with_edns += out->edns;
    server->over_tcp += tcp;
}

static void answer(struct fake_server *server, const uint8_t *bytes, bool tcp, struct wire *out)
{
    struct fake_query query;

    out->length = 0;
    parse(server, bytes, tcp, &query);
    if (query.type == 6 && query.name[0] == '\0') {
        server->self_tests++;
        wire_start(out, WIRE_RESPONSE | (server->root_ad ? WIRE_AD : 0U), "", 6);
        wire_rr_bytes(out, WIRE_ANSWER, NULL, 6, 60, "", 0);
    } else {
        server->reply(&query, out);
    }
    if (out->length > 0)
        memcpy(out->bytes, bytes, 2);
}

static void send_udp(struct fake_server *server, struct wire *wire, const struct sockaddr *to,
                     socklen_t to_length)
{
    if (server->wrong_id_first) {
        struct wire wrong = *wire;

        wrong.bytes[0] ^= 0x55;
        wrong.bytes[3] |= 5; /* REFUSED: it would be noticed */
        (void)!sendto(server->udp, wrong.bytes, wrong.length, 0, to, to_length);
    }
    if (wire->length > 0)
        (void)!sendto(server->udp, wire->bytes, wire->length, 0, to, to_length);
}

static void on_delay(evutil_socket_t fd, short what, void *arg)
{
    struct delayed *delayed = arg;

    (void)fd;
    (void)what;
    delayed->server->waiting--;
    send_udp(delayed->server, &delayed->wire, (struct sockaddr *)&delayed->to, delayed->to_length);
    event_free(delayed->event);
    free(delayed);
}

static void note_port(struct fake_server *server, const struct sockaddr_storage *from)
{
    struct sockaddr_in address; /* the port stands at the same place for both families */

    memcpy(&address, from, sizeof address);
    if (server->last_port != 0 && server->last_port != address.sin_port)
        server->port_changes++;
    server->last_port = address.sin_port;
}

static void on_udp(evutil_socket_t fd, short what, void *arg)
{
    struct fake_server *server = arg;
    struct delayed *delayed = calloc(1, sizeof *delayed);
    struct timeval delay = {.tv_sec = 0, .tv_usec = server->delay_ms * 1000};
    uint8_t bytes[1500];

    (void)what;
    if (delayed == NULL)
        abort();
    delayed->server = server;
    delayed->to_length = sizeof delayed->to;
    if (recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&delayed->to, &delayed->to_length) <
        17) {
        free(delayed);
        return;
    }
    note_port(server, &delayed->to);
    answer(server, bytes, false, &delayed->wire);
    if (server->delay_ms == 0 || delayed->wire.length == 0) {
        send_udp(server, &delayed->wire, (struct sockaddr *)&delayed->to, delayed->to_length);
        free(delayed);
        return;
    }
    if (++server->waiting > server->waiting_most)
        server->waiting_most = server->waiting;
    delayed->event = evtimer_new(server->base, on_delay, delayed);
    evtimer_add(delayed->event, &delay);
}

/* One TCP connection: a query comes whole over loopback, one response goes back. */
struct connection {
    struct fake_server *server;
    struct event *event;
};

static void on_connection(evutil_socket_t fd, short what, void *arg)
{
    struct connection *connection = arg;
    struct fake_server *server = connection->server;
    static struct wire wire;
    uint8_t bytes[1500];
    uint8_t length[2];

    (void)what;
    if (recv(fd, bytes, sizeof bytes, 0) > 18) {
        answer(server, bytes + 2, true, &wire);
        length[0] = (uint8_t)(wire.length >> 8);
        length[1] = (uint8_t)wire.length;
        (void)!write(fd, length, wire.length > 0 ? 2 : 0);
        (void)!write(fd, wire.bytes, wire.length);
    }
    event_free(connection->event);
    free(connection);
    close(fd);
}

static void on_tcp(evutil_socket_t fd, short what, void *arg)
{
    struct connection *connection = calloc(1, sizeof *connection);
    int client = accept(fd, NULL, NULL);

    (void)what;
    if (connection == NULL || client < 0)
        abort();
    connection->server = arg;
    connection->event =
        event_new(connection->server->base, client, EV_READ, on_connection, connection);
    event_add(connection->event, NULL);
}

bool fake_server_start(struct fake_server *server, struct event_base *base, enum dns_family family,
                       fake_reply_fn *reply)
{
    struct sockaddr_storage address;
    struct sockaddr_in bound4;
    struct sockaddr_in6 bound6;
    socklen_t length;
    int on = 1;

    memset(server, 0, sizeof *server);
    server->base = base;
    server->reply = reply;
    dns_address_parse(family == DNS_IPV4 ? "127.0.0.1" : "::1", &server->address.address);
    length = dns_address_to_sockaddr(&server->address.address, 0, &address);
    server->udp = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    server->tcp = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(server->tcp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(server->udp, (struct sockaddr *)&address, length) != 0 ||
        getsockname(server->udp, (struct sockaddr *)&address, &length) != 0 ||
        bind(server->tcp, (struct sockaddr *)&address, length) != 0 ||
        listen(server->tcp, 8) != 0) {
        close(server->udp);
        close(server->tcp);
        return false;
    }
    memcpy(&bound4, &address, sizeof bound4);
    memcpy(&bound6, &address, sizeof bound6);
    server->address.port = ntohs(family == DNS_IPV4 ? bound4.sin_port : bound6.sin6_port);
    server->udp_event = event_new(base, server->udp, EV_READ | EV_PERSIST, on_udp, server);
    server->tcp_event = event_new(base, server->tcp, EV_READ | EV_PERSIST, on_tcp, server);
    event_add(server->udp_event, NULL);
    event_add(server->tcp_event, NULL);
    return true;
}

void fake_server_stop(struct fake_server *server)
{
    if (server->udp_event == NULL)
        return;
    event_free(server->udp_event);
    event_free(server->tcp_event);
    close(server->udp);
    close(server->tcp);
    server->udp_event = NULL;
}
