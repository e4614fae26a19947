#include "dns/upstream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/queue.h>
#include <sys/random.h>

#include "dns/channel.h"
#include "dns/clock.h"
#include "dns/message.h"

enum {
    TICK_US = 50 * 1000, /* how late a time-out may be noticed */
    /*
     * c-ares keeps one UDP port for the life of its channel. A new one every so often leaves
     * less time to guess port and id (RFC 5452 9.2).
     */
    QUERIES_PER_CHANNEL = 2000,
};

/* A channel in use, or an old one that takes no new question and goes with its last one. */
struct link {
    TAILQ_ENTRY(link) links;
    struct dns_channel *channel;
    size_t in_flight;
    unsigned sent;
    bool plain; /* for questions without EDNS */
};

TAILQ_HEAD(link_list, link);
TAILQ_HEAD(request_list, dns_request);

enum request_state { REQUEST_WAITING, REQUEST_SENT, REQUEST_FINISHED };

struct dns_request {
    TAILQ_ENTRY(dns_request) requests; /* while waiting or finished; the channel has the sent */
    struct dns_upstream *upstream;
    struct link *link; /* while sent */
    enum request_state state;
    unsigned flags;
    struct dns_answer *answer;
    struct dns_channel_query query;
    dns_request_done_fn *done; /* NULL: cancelled while sent */
    void *arg;
};

struct dns_upstream {
    struct event_base *base;
    struct dns_upstream_options options;
    struct event *turn;      /* hands out what has finished, sends what waits, buries old links */
    struct event *tick;      /* pending only while something is in flight */
    struct link *current[2]; /* with EDNS, and plain */
    struct link_list links;  /* all of them, the old ones too */
    struct request_list waiting;
    struct request_list finished;
    size_t in_flight;
    bool closing;
};

static void turn_soon(struct dns_upstream *upstream)
{
    event_active(upstream->turn, EV_TIMEOUT, 1);
}

static void tick_start(struct dns_upstream *upstream)
{
    const struct timeval interval = {.tv_sec = 0, .tv_usec = TICK_US};

    if (!event_pending(upstream->tick, EV_TIMEOUT, NULL))
        event_add(upstream->tick, &interval);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct dns_upstream *upstream = arg;

    (void)fd;
    (void)what;
    for (struct link *link = TAILQ_FIRST(&upstream->links); link; link = TAILQ_NEXT(link, links))
        dns_channel_tick(link->channel);
    if (upstream->in_flight > 0)
        tick_start(upstream);
}

static struct link *link_new(struct dns_upstream *upstream, bool plain)
{
    struct link *link = calloc(1, sizeof *link);
    const struct dns_channel_options options = {
        .server = upstream->options.server,
        .try_ms = upstream->options.try_ms,
        .tries = upstream->options.tries,
        .edns = !plain,
    };

    if (!link)
        return NULL;
    link->plain = plain;
    link->channel = dns_channel_new(upstream->base, &options);
    if (!link->channel) {
        free(link);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&upstream->links, link, links);
    return link;
}

/* Not from inside a callback of the channel. */
static void link_free(struct dns_upstream *upstream, struct link *link)
{
    dns_channel_free(link->channel);
    TAILQ_REMOVE(&upstream->links, link, links);
    free(link);
}

static struct link *link_for(struct dns_upstream *upstream, bool plain)
{
    if (!upstream->current[plain])
        upstream->current[plain] = link_new(upstream, plain);
    return upstream->current[plain];
}

/* The next question gets a new channel; on_turn frees this one when it is idle. */
static void link_retire(struct dns_upstream *upstream, const struct link *link)
{
    if (upstream->current[link->plain] == link)
        upstream->current[link->plain] = NULL;
    turn_soon(upstream);
}

static void bury_links(struct dns_upstream *upstream)
{
    struct link *link = TAILQ_FIRST(&upstream->links);

    while (link) {
        struct link *next = TAILQ_NEXT(link, links);

        if (link->in_flight == 0 && link != upstream->current[link->plain])
            link_free(upstream, link);
        link = next;
    }
}

static void request_free(struct dns_request *request)
{
    dns_answer_unref(request->answer);
    free(request);
}

static void request_finish(struct dns_request *request)
{
    request->state = REQUEST_FINISHED;
    request->link = NULL;
    TAILQ_INSERT_TAIL(&request->upstream->finished, request, requests);
    turn_soon(request->upstream);
}

static void set_own_trouble(struct dns_answer *answer, const char *what)
{
    answer->status = DNS_NOT_ASKED;
    free(answer->ede_text);
    answer->ede_text = strdup(what); /* without memory the status must do */
}

/* Reads the response. When memory runs out halfway the answer is half filled: make a new one. */
static void take_response(struct dns_request *request, const uint8_t *wire, size_t length)
{
    struct dns_answer *fresh;

    if (dns_message_read(wire, length, request->answer) == 0)
        return;
    fresh = dns_answer_new(request->answer->name, request->answer->type);
    if (!fresh) {
        set_own_trouble(request->answer, strerror(ENOMEM));
        return;
    }
    set_own_trouble(fresh, strerror(ENOMEM));
    dns_answer_unref(request->answer);
    request->answer = fresh;
}

static void set_failure(struct dns_answer *answer, int error)
{
    if (error == ETIMEDOUT)
        answer->status = DNS_TIMEOUT;
    else
        set_own_trouble(answer, strerror(error));
}

/* ARCOUNT 0: no OPT came back. Only then is it worth asking whether the channel gave EDNS up. */
static bool may_have_lost_edns(const uint8_t *wire, size_t length)
{
    return length >= 12 && wire[10] == 0 && wire[11] == 0;
}

/* May run from inside dns_channel_send, so nobody is called from here. */
static void on_response(void *arg, int error, const uint8_t *wire, size_t length)
{
    struct dns_request *request = arg;
    struct dns_upstream *upstream = request->upstream;
    struct link *link = request->link;

    link->in_flight--;
    if (--upstream->in_flight == 0)
        event_del(upstream->tick); /* an idle upstream keeps no loop alive */
    if (upstream->closing || !request->done) {
        request_free(request);
        if (!upstream->closing)
            turn_soon(upstream); /* there is room for another */
        return;
    }
    request->answer->taken_at_ms = dns_clock_wall_ms();
    if (error == 0)
        take_response(request, wire, length);
    else
        set_failure(request->answer, error);
    if (error == 0 && !link->plain && may_have_lost_edns(wire, length) &&
        dns_channel_lost_edns(link->channel))
        link_retire(upstream, link);
    request_finish(request);
}

/* Writes the query. Returns its length, or 0 with the reason in *why. */
static size_t write_query(const struct dns_request *request, uint8_t out[DNS_QUERY_MAX],
                          const char **why)
{
    struct dns_message_query query = {
        .name = request->answer->name,
        .type = request->answer->type,
        .checking_disabled = (request->flags & DNS_REQUEST_CD) != 0,
        .edns = (request->flags & DNS_REQUEST_PLAIN) == 0,
    };

    /* RFC 5452 9.2: an id that nobody can guess. */
    if (getrandom(&query.id, sizeof query.id, 0) != sizeof query.id) {
        *why = strerror(errno);
        return 0;
    }
    *why = "not a name that the DNS can carry";
    return dns_message_write_query(&query, out);
}

static void request_send(struct dns_request *request)
{
    struct dns_upstream *upstream = request->upstream;
    struct link *link = link_for(upstream, (request->flags & DNS_REQUEST_PLAIN) != 0);
    uint8_t wire[DNS_QUERY_MAX];
    const char *why = strerror(ENOMEM);
    size_t length = link ? write_query(request, wire, &why) : 0;

    if (length == 0) {
        set_own_trouble(request->answer, why);
        request_finish(request);
        return;
    }
    request->state = REQUEST_SENT;
    request->link = link;
    link->in_flight++;
    upstream->in_flight++;
    if (++link->sent >= QUERIES_PER_CHANNEL)
        link_retire(upstream, link);
    tick_start(upstream);
    dns_channel_send(link->channel, &request->query, wire, length);
}

static void send_waiting(struct dns_upstream *upstream)
{
    struct dns_request *request;

    while (upstream->in_flight < upstream->options.max_in_flight &&
           (request = TAILQ_FIRST(&upstream->waiting)) != NULL) {
        TAILQ_REMOVE(&upstream->waiting, request, requests);
        request_send(request);
    }
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct dns_upstream *upstream = arg;
    struct dns_request *request;

    (void)fd;
    (void)what;
    while ((request = TAILQ_FIRST(&upstream->finished)) != NULL) {
        dns_request_done_fn *done = request->done;
        void *done_arg = request->arg;
        struct dns_answer *answer = request->answer;

        TAILQ_REMOVE(&upstream->finished, request, requests);
        free(request);
        done(done_arg, answer);
    }
    bury_links(upstream);
    send_waiting(upstream);
}

struct dns_request *dns_upstream_ask(struct dns_upstream *upstream, const char *name, uint16_t type,
                                     unsigned flags, dns_request_done_fn *done, void *arg)
{
    struct dns_request *request = calloc(1, sizeof *request);

    if (!request)
        return NULL;
    request->answer = dns_answer_new(name, type);
    if (!request->answer) {
        free(request);
        return NULL;
    }
    request->upstream = upstream;
    request->flags = flags;
    request->done = done;
    request->arg = arg;
    request->query.done = on_response;
    request->query.arg = request;
    request->state = REQUEST_WAITING;
    TAILQ_INSERT_TAIL(&upstream->waiting, request, requests);
    send_waiting(upstream);
    return request;
}

void dns_request_cancel(struct dns_request *request)
{
    switch (request->state) {
    case REQUEST_WAITING:
        TAILQ_REMOVE(&request->upstream->waiting, request, requests);
        request_free(request);
        return;
    case REQUEST_SENT:
        request->done = NULL; /* a channel has no way to take one question back */
        return;
    case REQUEST_FINISHED:
        TAILQ_REMOVE(&request->upstream->finished, request, requests);
        request_free(request);
        return;
    }
}

bool dns_request_sent(const struct dns_request *request)
{
    return request->state != REQUEST_WAITING;
}

struct dns_upstream *dns_upstream_new(struct event_base *base,
                                      const struct dns_upstream_options *options)
{
    struct dns_upstream *upstream = calloc(1, sizeof *upstream);

    if (!upstream)
        return NULL;
    upstream->base = base;
    upstream->options = *options;
    TAILQ_INIT(&upstream->links);
    TAILQ_INIT(&upstream->waiting);
    TAILQ_INIT(&upstream->finished);
    upstream->turn = event_new(base, -1, 0, on_turn, upstream);
    upstream->tick = event_new(base, -1, 0, on_tick, upstream);
    if (!upstream->turn || !upstream->tick) {
        dns_upstream_free(upstream);
        errno = ENOMEM;
        return NULL;
    }
    return upstream;
}

static void free_requests(struct request_list *list)
{
    struct dns_request *request;

    while ((request = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, request, requests);
        request_free(request);
    }
}

void dns_upstream_free(struct dns_upstream *upstream)
{
    if (!upstream)
        return;
    upstream->closing = true;
    while (!TAILQ_EMPTY(&upstream->links))
        link_free(upstream, TAILQ_FIRST(&upstream->links));
    free_requests(&upstream->waiting);
    free_requests(&upstream->finished);
    if (upstream->turn)
        event_free(upstream->turn);
    if (upstream->tick)
        event_free(upstream->tick);
    free(upstream);
}
