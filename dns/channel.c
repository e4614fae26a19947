#include "dns/channel.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <ares.h>

#include "dns/message.h"

enum {
    RECEIVE_BUFFER = 1024 * 1024, /* a burst of responses to all that is in flight */
    SOCKETS_MAX = 4,              /* one UDP and one TCP; a dying one may linger beside each */
};

struct channel_socket {
    int fd;
    struct event *event; /* NULL: the slot is free */
};

struct dns_channel {
    struct event_base *base;
    ares_channel ares;
    struct channel_socket sockets[SOCKETS_MAX];
    int trouble; /* errno of our own last failure to open or connect a socket; 0 after a success */
};

static ares_socket_t open_socket(int family, int type, int protocol, void *arg)
{
    struct dns_channel *channel = arg;
    int on = 1;
    int size = RECEIVE_BUFFER;
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

    if (fd < 0) {
        channel->trouble = errno;
        return ARES_SOCKET_BAD;
    }
    /* Both are only wishes: a smaller buffer or a slower TCP still works. */
    if (type == SOCK_STREAM)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    else
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return fd;
}

static int close_socket(ares_socket_t fd, void *arg)
{
    (void)arg;
    return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t length,
                          void *arg)
{
    struct dns_channel *channel = arg;
    int rc = connect(fd, address, length);

    if (rc == 0 || errno == EINPROGRESS)
        channel->trouble = 0;
    else if (errno != ECONNREFUSED)
        channel->trouble = errno;
    return rc;
}

static ares_ssize_t receive(ares_socket_t fd, void *data, size_t length, int flags,
                            struct sockaddr *from, ares_socklen_t *from_length, void *arg)
{
    (void)arg;
    return recvfrom(fd, data, length, flags, from, from_length);
}

static bool is_datagram(int fd)
{
    int type = 0;
    socklen_t length = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_DGRAM;
}

static ares_ssize_t send_vector(ares_socket_t fd, const struct iovec *vector, int n, void *arg)
{
    struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)n};
    ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);

    (void)arg;
    /*
     * c-ares takes a full send buffer for a dead server and gives the try up. To say that the
     * datagram went out and was lost is nearer to the truth: the next try sends it again.
     */
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS) && is_datagram(fd)) {
        sent = 0;
        for (int i = 0; i < n; i++)
            sent += (ssize_t)vector[i].iov_len;
    }
    return sent;
}

static const struct ares_socket_functions socket_functions = {
    .asocket = open_socket,
    .aclose = close_socket,
    .aconnect = connect_socket,
    .arecvfrom = receive,
    .asendv = send_vector,
};

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct dns_channel *channel = arg;

    ares_process_fd(channel->ares, (what & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
                    (what & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
}

static struct channel_socket *find_socket(struct dns_channel *channel, int fd)
{
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        if (channel->sockets[i].event && channel->sockets[i].fd == fd)
            return &channel->sockets[i];
    return NULL;
}

static struct channel_socket *free_socket(struct dns_channel *channel)
{
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        if (!channel->sockets[i].event)
            return &channel->sockets[i];
    return NULL;
}

/* c-ares says what it waits for at a socket; nothing at all when it is about to close it. */
static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct dns_channel *channel = arg;
    struct channel_socket *slot = find_socket(channel, fd);
    short what = (short)(EV_PERSIST | (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));

    if (slot) {
        event_free(slot->event);
        slot->event = NULL;
    } else {
        slot = free_socket(channel);
    }
    if ((!readable && !writable) || !slot)
        return;
    /* Without an event the question times out, and `trouble` says that it was our fault. */
    slot->fd = fd;
    slot->event = event_new(channel->base, fd, what, on_socket, channel);
    if (!slot->event || event_add(slot->event, NULL) != 0)
        channel->trouble = ENOMEM;
}

static bool set_server(ares_channel ares, const struct dns_server *server)
{
    struct ares_addr_port_node node = {.udp_port = server->port, .tcp_port = server->port};

    if (server->address.family == DNS_IPV4) {
        node.family = AF_INET;
        memcpy(&node.addr.addr4, server->address.bytes, sizeof node.addr.addr4);
    } else {
        node.family = AF_INET6;
        memcpy(&node.addr.addr6, server->address.bytes, sizeof node.addr.addr6);
    }
    return ares_set_servers_ports(ares, &node) == ARES_SUCCESS;
}

struct dns_channel *dns_channel_new(struct event_base *base,
                                    const struct dns_channel_options *options)
{
    struct dns_channel *channel = calloc(1, sizeof *channel);
    char no_file[] = "/dev/null"; /* the server and its options are given, not the system's */
    struct ares_options ares_options = {
        .flags = ARES_FLAG_NOCHECKRESP | (options->edns ? ARES_FLAG_EDNS : 0),
        .timeout = options->try_ms,
        .tries = options->tries,
        .ednspsz = DNS_UDP_PAYLOAD,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = channel,
        .resolvconf_path = no_file,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
               ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF;

    if (!channel)
        return NULL;
    channel->base = base;
    if (ares_init_options(&channel->ares, &ares_options, mask) != ARES_SUCCESS) {
        free(channel);
        errno = ENOMEM;
        return NULL;
    }
    ares_set_socket_functions(channel->ares, &socket_functions, channel);
    if (!set_server(channel->ares, &options->server)) {
        dns_channel_free(channel);
        errno = ENOMEM;
        return NULL;
    }
    return channel;
}

void dns_channel_free(struct dns_channel *channel)
{
    if (!channel)
        return;
    ares_destroy(channel->ares);
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        if (channel->sockets[i].event)
            event_free(channel->sockets[i].event);
    free(channel);
}

static int error_of(const struct dns_channel *channel, int status)
{
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
        return ECANCELED;
    if (status == ARES_ENOMEM)
        return ENOMEM;
    return channel->trouble != 0 ? channel->trouble : ETIMEDOUT;
}

static void on_response(void *arg, int status, int timeouts, unsigned char *wire, int length)
{
    struct dns_channel_query *query = arg;
    struct dns_channel *channel = query->channel;

    (void)timeouts;
    if (!wire || length <= 0) {
        query->done(query->arg, error_of(channel, status), NULL, 0);
        return;
    }
    channel->trouble = 0;
    query->done(query->arg, 0, wire, (size_t)length);
}

void dns_channel_send(struct dns_channel *channel, struct dns_channel_query *query,
                      const uint8_t *wire, size_t length)
{
    query->channel = channel;
    ares_send(channel->ares, wire, (int)length, on_response, query);
}

void dns_channel_tick(struct dns_channel *channel)
{
    ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

bool dns_channel_lost_edns(const struct dns_channel *channel)
{
    struct ares_options options;
    int mask = 0;
    bool lost;

    memset(&options, 0, sizeof options);
    if (ares_save_options(channel->ares, &options, &mask) != ARES_SUCCESS)
        return false;
    lost = (options.flags & ARES_FLAG_EDNS) == 0;
    ares_destroy_options(&options);
    return lost;
}

const char *dns_library_version(void)
{
    return ares_version(NULL);
}
