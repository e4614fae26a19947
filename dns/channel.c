#include "dns/channel.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <ares.h>

#include "dns/message.h"

enum {
    TICK_US = 50 * 1000, /* how late c-ares may notice a time-out */
    /*
     * c-ares keeps one UDP port for the life of its channel. A new one every so often leaves
     * less time to guess port and id (RFC 5452 9.2).
     */
    QUERIES_PER_LINK = 2000,
    RECEIVE_BUFFER = 1024 * 1024, /* a burst of responses to all that is in flight */
};

/* A c-ares channel has one UDP and one TCP socket to a server; a dying one may linger beside. */
enum { SOCKETS_MAX = 4 };

struct link_socket {
    int fd;
    struct event *event; /* NULL: the slot is free */
};

/*
 * One c-ares channel. It cannot be mended once it has fallen back from EDNS, nor change its port,
 * so it is replaced: the old link takes no new question and goes when its last one has ended.
 */
struct link {
    TAILQ_ENTRY(link) links;
    struct dns_channel *owner;
    ares_channel ares;
    struct link_socket sockets[SOCKETS_MAX];
    size_t in_flight;
    unsigned sent;
    bool plain; /* for questions without EDNS */
};

TAILQ_HEAD(link_list, link);
TAILQ_HEAD(request_list, dns_request);

enum request_state { REQUEST_WAITING, REQUEST_SENT, REQUEST_FINISHED };

struct dns_request {
    TAILQ_ENTRY(dns_request) requests; /* while waiting or finished; c-ares holds the sent ones */
    struct dns_channel *channel;
    struct link *link; /* while sent */
    enum request_state state;
    unsigned flags;
    struct dns_answer *answer;
    dns_request_done_fn *done; /* NULL: cancelled while sent */
    void *arg;
};

struct dns_channel {
    struct event_base *base;
    struct dns_channel_options options;
    struct event *turn;      /* hands out what has finished, sends what waits, buries old links */
    struct event *tick;      /* pending only while something is in flight */
    struct link *current[2]; /* with EDNS, and plain */
    struct link_list links;  /* all of them, the old ones too */
    struct request_list waiting;
    struct request_list finished;
    size_t in_flight;
    uint64_t sent;
    int trouble; /* errno of our own last failure to open or connect a socket; 0 after a success */
    bool closing;
};

/* ---- sockets ---- */

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
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)vector, .msg_iovlen = (size_t)n};
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

/* ---- c-ares on libevent ---- */

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct link *link = arg;

    ares_process_fd(link->ares, (what & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
                    (what & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
}

static struct link_socket *find_socket(struct link *link, int fd)
{
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        if (link->sockets[i].event != NULL && link->sockets[i].fd == fd)
            return &link->sockets[i];
    }
    return NULL;
}

static struct link_socket *free_socket(struct link *link)
{
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        if (link->sockets[i].event == NULL)
            return &link->sockets[i];
    }
    return NULL;
}

/* c-ares says what it waits for at a socket; nothing at all when it is about to close it. */
static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct link *link = arg;
    struct link_socket *slot = find_socket(link, fd);
    short what = (short)(EV_PERSIST | (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));

    if (slot != NULL) {
        event_free(slot->event);
        slot->event = NULL;
    } else {
        slot = free_socket(link);
    }
    if ((!readable && !writable) || slot == NULL)
        return;
    /* Without an event the question times out, and `trouble` says that it was our fault. */
    slot->fd = fd;
    slot->event = event_new(link->owner->base, fd, what, on_socket, link);
    if (slot->event == NULL || event_add(slot->event, NULL) != 0)
        link->owner->trouble = ENOMEM;
}

static void tick_start(struct dns_channel *channel)
{
    const struct timeval interval = {.tv_sec = 0, .tv_usec = TICK_US};

    if (!event_pending(channel->tick, EV_TIMEOUT, NULL))
        event_add(channel->tick, &interval);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct dns_channel *channel = arg;
    struct link *link;

    (void)fd;
    (void)what;
    TAILQ_FOREACH(link, &channel->links, links)
    ares_process_fd(link->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    if (channel->in_flight > 0)
        tick_start(channel);
}

/* ---- links ---- */

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

static struct link *link_new(struct dns_channel *channel, bool plain)
{
    struct link *link = calloc(1, sizeof *link);
    char no_file[] = "/dev/null"; /* the server and its options are given, not the system's */
    struct ares_options options = {
        .flags = ARES_FLAG_NOCHECKRESP | (plain ? 0 : ARES_FLAG_EDNS),
        .timeout = channel->options.try_ms,
        .tries = channel->options.tries,
        .ednspsz = DNS_UDP_PAYLOAD,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = link,
        .resolvconf_path = no_file,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
               ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF;

    if (link == NULL)
        return NULL;
    link->owner = channel;
    link->plain = plain;
    if (ares_init_options(&link->ares, &options, mask) != ARES_SUCCESS) {
        free(link);
        return NULL;
    }
    ares_set_socket_functions(link->ares, &socket_functions, channel);
    if (!set_server(link->ares, &channel->options.server)) {
        ares_destroy(link->ares);
        free(link);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&channel->links, link, links);
    return link;
}

/* Not from inside a c-ares callback. Requests that are still in flight end with EDESTRUCTION. */
static void link_free(struct link *link)
{
    struct dns_channel *channel = link->owner;

    TAILQ_REMOVE(&channel->links, link, links);
    ares_destroy(link->ares);
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        if (link->sockets[i].event != NULL)
            event_free(link->sockets[i].event);
    }
    free(link);
}

static void link_retire(struct link *link)
{
    struct link **current = &link->owner->current[link->plain];

    if (*current == link)
        *current = NULL;
    event_active(link->owner->turn, EV_TIMEOUT, 1);
}

/* One FORMERR without OPT and c-ares sends no more EDNS on this channel, to any question. */
static bool has_lost_edns(const struct link *link)
{
    struct ares_options options;
    int mask = 0;
    bool lost;

    memset(&options, 0, sizeof options);
    if (ares_save_options(link->ares, &options, &mask) != ARES_SUCCESS)
        return false;
    lost = (options.flags & ARES_FLAG_EDNS) == 0;
    ares_destroy_options(&options);
    return lost;
}

/* ---- requests ---- */

static void request_free(struct dns_request *request)
{
    dns_answer_unref(request->answer);
    free(request);
}

static void request_finish(struct dns_request *request)
{
    request->state = REQUEST_FINISHED;
    request->link = NULL;
    TAILQ_INSERT_TAIL(&request->channel->finished, request, requests);
    event_active(request->channel->turn, EV_TIMEOUT, 1);
}

static void set_own_trouble(struct dns_answer *answer, const char *what)
{
    answer->status = DNS_NOT_ASKED;
    free(answer->ede_text);
    answer->ede_text = strdup(what); /* without memory the status must do */
}

/* Makes the answer for a question that got no response. */
static void set_failure(struct dns_channel *channel, struct dns_answer *answer, int status)
{
    if (status == ARES_ENOMEM)
        set_own_trouble(answer, strerror(ENOMEM));
    else if (channel->trouble != 0)
        set_own_trouble(answer, strerror(channel->trouble));
    else
        answer->status = DNS_TIMEOUT;
}

static int64_t wall_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads the response. When memory runs out halfway the answer is half filled: make a new one. */
static void take_response(struct dns_request *request, const uint8_t *wire, size_t length)
{
    struct dns_answer *fresh;

    if (dns_message_read(wire, length, request->answer) == 0)
        return;
    fresh = dns_answer_new(request->answer->name, request->answer->type);
    if (fresh == NULL) {
        set_own_trouble(request->answer, strerror(ENOMEM));
        return;
    }
    set_own_trouble(fresh, strerror(ENOMEM));
    dns_answer_unref(request->answer);
    request->answer = fresh;
}

/* May run from inside ares_send; so nobody is called from here. */
static void on_response(void *arg, int status, int timeouts, unsigned char *wire, int length)
{
    struct dns_request *request = arg;
    struct dns_channel *channel = request->channel;
    struct link *link = request->link;

    (void)timeouts;
    link->in_flight--;
    channel->in_flight--;
    if (!channel->closing)
        event_active(channel->turn, EV_TIMEOUT, 1);
    if (request->done == NULL || channel->closing) {
        request_free(request);
        return;
    }
    request->answer->taken_at_ms = wall_clock_ms();
    if (wire != NULL && length > 0) {
        channel->trouble = 0;
        take_response(request, wire, (size_t)length);
        /* ARCOUNT 0: no OPT came back. The costly question is only asked then. */
        if (!link->plain && length >= 12 && wire[10] == 0 && wire[11] == 0 && has_lost_edns(link))
            link_retire(link);
    } else {
        set_failure(channel, request->answer, status);
    }
    request_finish(request);
}

static struct link *link_for(struct dns_channel *channel, bool plain)
{
    if (channel->current[plain] == NULL)
        channel->current[plain] = link_new(channel, plain);
    return channel->current[plain];
}

static void request_send(struct dns_request *request)
{
    struct dns_channel *channel = request->channel;
    struct link *link = link_for(channel, (request->flags & DNS_REQUEST_PLAIN) != 0);
    uint8_t wire[DNS_QUERY_MAX];
    size_t length;
    struct dns_message_query query = {
        .name = request->answer->name,
        .type = request->answer->type,
        .checking_disabled = (request->flags & DNS_REQUEST_CD) != 0,
        .edns = (request->flags & DNS_REQUEST_PLAIN) == 0,
    };

    if (link == NULL || getrandom(&query.id, sizeof query.id, 0) != sizeof query.id) {
        set_own_trouble(request->answer, link == NULL ? strerror(ENOMEM) : "no random numbers");
        request_finish(request);
        return;
    }
    length = dns_message_write_query(&query, wire);
    if (length == 0) {
        set_own_trouble(request->answer, "not a name that the DNS can carry");
        request_finish(request);
        return;
    }
    request->state = REQUEST_SENT;
    request->link = link;
    link->in_flight++;
    channel->in_flight++;
    channel->sent++;
    if (++link->sent >= QUERIES_PER_LINK)
        link_retire(link);
    tick_start(channel);
    ares_send(link->ares, wire, (int)length, on_response, request);
}

static void send_waiting(struct dns_channel *channel)
{
    struct dns_request *request;

    while (channel->in_flight < channel->options.max_in_flight &&
           (request = TAILQ_FIRST(&channel->waiting)) != NULL) {
        TAILQ_REMOVE(&channel->waiting, request, requests);
        request_send(request);
    }
}

static void bury_links(struct dns_channel *channel)
{
    struct link *link = TAILQ_FIRST(&channel->links);

    while (link != NULL) {
        struct link *next = TAILQ_NEXT(link, links);

        if (link->in_flight == 0 && link != channel->current[link->plain])
            link_free(link);
        link = next;
    }
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct dns_channel *channel = arg;
    struct dns_request *request;

    (void)fd;
    (void)what;
    while ((request = TAILQ_FIRST(&channel->finished)) != NULL) {
        dns_request_done_fn *done = request->done;
        void *done_arg = request->arg;
        struct dns_answer *answer = request->answer;

        TAILQ_REMOVE(&channel->finished, request, requests);
        free(request);
        done(done_arg, answer);
    }
    bury_links(channel);
    send_waiting(channel);
}

struct dns_request *dns_channel_ask(struct dns_channel *channel, const char *name, uint16_t type,
                                    unsigned flags, dns_request_done_fn *done, void *arg)
{
    struct dns_request *request = calloc(1, sizeof *request);

    if (request == NULL)
        return NULL;
    request->answer = dns_answer_new(name, type);
    if (request->answer == NULL) {
        free(request);
        return NULL;
    }
    request->channel = channel;
    request->flags = flags;
    request->done = done;
    request->arg = arg;
    request->state = REQUEST_WAITING;
    TAILQ_INSERT_TAIL(&channel->waiting, request, requests);
    send_waiting(channel);
    return request;
}

void dns_request_cancel(struct dns_request *request)
{
    switch (request->state) {
    case REQUEST_WAITING:
        TAILQ_REMOVE(&request->channel->waiting, request, requests);
        request_free(request);
        return;
    case REQUEST_SENT:
        request->done = NULL; /* c-ares has no way to take one question back */
        return;
    case REQUEST_FINISHED:
        TAILQ_REMOVE(&request->channel->finished, request, requests);
        request_free(request);
        return;
    }
}

bool dns_request_sent(const struct dns_request *request)
{
    return request->state != REQUEST_WAITING;
}

uint64_t dns_channel_sent(const struct dns_channel *channel)
{
    return channel->sent;
}

struct dns_channel *dns_channel_new(struct event_base *base,
                                    const struct dns_channel_options *options)
{
    struct dns_channel *channel = calloc(1, sizeof *channel);

    if (channel == NULL)
        return NULL;
    channel->base = base;
    channel->options = *options;
    TAILQ_INIT(&channel->links);
    TAILQ_INIT(&channel->waiting);
    TAILQ_INIT(&channel->finished);
    channel->turn = event_new(base, -1, 0, on_turn, channel);
    channel->tick = event_new(base, -1, 0, on_tick, channel);
    if (channel->turn == NULL || channel->tick == NULL) {
        dns_channel_free(channel);
        errno = ENOMEM;
        return NULL;
    }
    return channel;
}

static void free_requests(struct request_list *list)
{
    struct dns_request *request;

    while ((request = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, request, requests);
        request_free(request);
    }
}

void dns_channel_free(struct dns_channel *channel)
{
    if (channel == NULL)
        return;
    channel->closing = true;
    while (!TAILQ_EMPTY(&channel->links))
        link_free(TAILQ_FIRST(&channel->links));
    free_requests(&channel->waiting);
    free_requests(&channel->finished);
    if (channel->turn != NULL)
        event_free(channel->turn);
    if (channel->tick != NULL)
        event_free(channel->tick);
    free(channel);
}
