#include "tls/stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "tls/session.h"
#include "tls/socket.h"

/* Bytes a read takes, and reads a turn of the loop: a peer that floods must not starve others. */
enum { READ_SIZE = 16384, READS_A_TURN = 4 };

enum state {
    STATE_IDLE,
    STATE_CONNECTING,
    STATE_CLEAR,
    STATE_HANDSHAKE,
    STATE_SECURE,
    STATE_ENDING, /* `ended` is known and has to be told */
    STATE_OVER,
};

struct tls_stream {
    struct event_base *base;
    const struct tls_stream_handler *handler;
    void *arg;
    enum state state;
    int fd;
    struct event *event;
    short armed;      /* EV_READ and EV_WRITE as the event waits for them */
    bool again;       /* there is work that no readiness of the socket will announce */
    bool running;     /* inside the event's callback */
    bool wants_write; /* TLS itself has to send before it can go on */
    uint8_t *queue;   /* to be sent: `queue_sent` of `queue_length` are out */
    size_t queue_sent, queue_length, queue_size;
    int send_error; /* errno of a write that failed, 0 before */
    struct tls_session session;
    struct tls_stream_ended ended;
};

static void on_event(evutil_socket_t fd, short what, void *arg);

struct tls_stream *tls_stream_new(struct event_base *base, const struct tls_stream_handler *handler,
                                  void *arg)
{
    struct tls_stream *stream = calloc(1, sizeof *stream);

    if (!stream)
        return NULL;
    stream->base = base;
    stream->handler = handler;
    stream->arg = arg;
    stream->fd = -1;
    stream->session.evidence.alert = -1;
    stream->event = event_new(base, -1, 0, on_event, stream);
    if (!stream->event) {
        free(stream);
        return NULL;
    }
    return stream;
}

void tls_stream_free(struct tls_stream *stream)
{
    if (!stream)
        return;
    event_free(stream->event);
    tls_session_clear(&stream->session);
    if (stream->fd >= 0)
        (void)close(stream->fd);
    free(stream->queue);
    free(stream);
}

static bool has_queue(const struct tls_stream *stream)
{
    return stream->queue_sent < stream->queue_length;
}

static short wanted(const struct tls_stream *stream)
{
    switch (stream->state) {
    case STATE_CONNECTING:
        return EV_WRITE;
    case STATE_CLEAR:
    case STATE_SECURE:
        return has_queue(stream) || stream->wants_write ? EV_READ | EV_WRITE : EV_READ;
    case STATE_HANDSHAKE:
        return stream->wants_write ? EV_WRITE : EV_READ;
    case STATE_IDLE:
    case STATE_ENDING:
    case STATE_OVER:
    default:
        return 0;
    }
}

static void end(struct tls_stream *stream, enum tls_stream_end how, int os_error)
{
    stream->state = STATE_ENDING;
    stream->ended.end = how;
    stream->ended.os_error = os_error;
    stream->ended.failure = stream->session.evidence;
}

/* Waits for what the state wants, and asks for a turn where there is work already. */
static void rearm(struct tls_stream *stream)
{
    const short now = wanted(stream);

    if (stream->running)
        return;
    if (now != stream->armed) {
        (void)event_del(stream->event);
        stream->armed = 0;
        if (now != 0 && (event_assign(stream->event, stream->base, stream->fd,
                                      (short)(now | EV_PERSIST), on_event, stream) != 0 ||
                         event_add(stream->event, NULL) != 0))
            end(stream, TLS_STREAM_OURS, ENOMEM);
        else
            stream->armed = now;
    }
    if (stream->again || stream->state == STATE_ENDING)
        event_active(stream->event, EV_TIMEOUT, 0);
}

void tls_stream_connect(struct tls_stream *stream, const struct sockaddr *peer, socklen_t length,
                        const struct sockaddr *source, socklen_t source_length)
{
    struct tls_socket_failure failure;

    stream->fd = tls_socket_open(peer, length, source, source_length, &failure);
    if (stream->fd >= 0)
        stream->state = STATE_CONNECTING;
    else
        end(stream, failure.end, failure.os_error);
    rearm(stream);
}

static void finish_connect(struct tls_stream *stream)
{
    const struct tls_socket_failure failure = tls_socket_connected(stream->fd);

    if (failure.os_error != 0 && failure.end != TLS_STREAM_RESET) {
        end(stream, failure.end, failure.os_error);
        return;
    }
    stream->state = STATE_CLEAR;
    stream->handler->connected(stream->arg);
    /* Accepted and reset at once, before we looked: the socket's error is told only this time. */
    if (failure.os_error != 0 && stream->state != STATE_OVER)
        end(stream, failure.end, failure.os_error);
}

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* A write that failed took the socket's error with it: what follows looks like an end in order. */
static void end_of_file(struct tls_stream *stream)
{
    end(stream, stream->send_error != 0 ? TLS_STREAM_RESET : TLS_STREAM_CLOSED, stream->send_error);
}

static void end_session(struct tls_stream *stream, enum tls_step step)
{
    const struct tls_failure *evidence = &stream->session.evidence;

    if (step == TLS_STEP_ENDED)
        end_of_file(stream);
    else if (stream->state == STATE_SECURE && evidence->kind == TLS_FAILED_RESET)
        end(stream, TLS_STREAM_RESET, evidence->os_error);
    else if (evidence->kind == TLS_FAILED_OURS)
        end(stream, TLS_STREAM_OURS, ENOMEM);
    else
        end(stream, TLS_STREAM_TLS_FAILED, evidence->os_error);
}

static enum tls_step send_some(struct tls_stream *stream, size_t *sent)
{
    const uint8_t *bytes = stream->queue + stream->queue_sent;
    const size_t length = stream->queue_length - stream->queue_sent;
    enum tls_step step;
    ssize_t result;

    *sent = 0;
    if (stream->state == STATE_SECURE) {
        step = tls_session_write(&stream->session, bytes, length, sent);
        if (step == TLS_STEP_FAILED && stream->session.evidence.kind == TLS_FAILED_RESET)
            stream->send_error = stream->session.io_error;
        return step;
    }
    result = send(stream->fd, bytes, length, MSG_NOSIGNAL);
    if (result < 0) {
        stream->send_error = would_block(errno) ? 0 : errno;
        return would_block(errno) ? TLS_STEP_WANTS_WRITE : TLS_STEP_FAILED;
    }
    *sent = (size_t)result;
    return TLS_STEP_DONE;
}

/*
 * Sends what the socket takes. A failure is kept for the next read to tell, behind the last words
 * that the peer may have sent: an alert, or a 421.
 */
static void flush(struct tls_stream *stream)
{
    enum tls_step step = TLS_STEP_DONE;
    size_t sent;

    while (has_queue(stream) && step == TLS_STEP_DONE && stream->send_error == 0) {
        step = send_some(stream, &sent);
        stream->queue_sent += sent;
        if (stream->state == STATE_SECURE && sent != 0)
            tls_socket_acknowledge(stream->fd);
    }
    if (step == TLS_STEP_FAILED && stream->send_error == 0)
        end_session(stream, step);
    if (!has_queue(stream) || stream->send_error != 0)
        stream->queue_sent = stream->queue_length = 0;
}

static void read_clear(struct tls_stream *stream)
{
    uint8_t bytes[READ_SIZE];
    const ssize_t length = recv(stream->fd, bytes, sizeof bytes, 0);

    if (length > 0)
        stream->handler->data(stream->arg, bytes, (size_t)length);
    else if (length == 0)
        end_of_file(stream);
    else if (!would_block(errno))
        end(stream, TLS_STREAM_RESET, errno);
}

/* Reads until OpenSSL holds nothing back: what it has read no readiness will announce again. */
static void read_secure(struct tls_stream *stream)
{
    uint8_t bytes[READ_SIZE];
    size_t length;
    int reads = 0;

    do {
        const enum tls_step step = tls_session_read(&stream->session, bytes, sizeof bytes, &length);
        stream->wants_write = step == TLS_STEP_WANTS_WRITE;
        if (step == TLS_STEP_WANTS_READ || step == TLS_STEP_WANTS_WRITE)
            return;
        if (step != TLS_STEP_DONE) {
            end_session(stream, step);
            return;
        }
        stream->handler->data(stream->arg, bytes, length);
        if (stream->state != STATE_SECURE || SSL_has_pending(stream->session.ssl) == 0)
            return;
    } while (++reads < READS_A_TURN);
    stream->again = true;
}

static void handshake(struct tls_stream *stream)
{
    const enum tls_step step = tls_session_handshake(&stream->session);
    struct tls_facts *facts;

    stream->wants_write = step == TLS_STEP_WANTS_WRITE;
    if (step == TLS_STEP_WANTS_READ || step == TLS_STEP_WANTS_WRITE)
        return;
    if (step != TLS_STEP_DONE) {
        end_session(stream, step);
        return;
    }
    facts = tls_facts_capture(stream->session.ssl);
    if (!facts) {
        stream->session.evidence.kind = TLS_FAILED_OURS;
        end(stream, TLS_STREAM_OURS, ENOMEM);
        return;
    }
    stream->state = STATE_SECURE;
    /* Records may have come in the same read as the last flight. */
    stream->again = SSL_has_pending(stream->session.ssl) == 1;
    stream->handler->secured(stream->arg, facts);
}

static void advance(struct tls_stream *stream, short what)
{
    switch (stream->state) {
    case STATE_CONNECTING:
        finish_connect(stream);
        break;
    case STATE_HANDSHAKE:
        handshake(stream);
        break;
    case STATE_CLEAR:
        if ((what & EV_READ) != 0)
            read_clear(stream);
        if (stream->state == STATE_CLEAR)
            flush(stream);
        break;
    case STATE_SECURE:
        read_secure(stream);
        if (stream->state == STATE_SECURE)
            flush(stream);
        break;
    case STATE_ENDING:
        stream->state = STATE_OVER;
        stream->handler->ended(stream->arg, &stream->ended);
        break;
    case STATE_IDLE:
    case STATE_OVER:
    default:
        break;
    }
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct tls_stream *stream = arg;
    enum state before;

    (void)fd;
    stream->running = true;
    /* A new state begins its work in the same turn, but waits for bytes of its own. */
    do {
        before = stream->state;
        stream->again = false;
        advance(stream, what);
        what = 0;
    } while (stream->state != before && stream->state != STATE_CLEAR &&
             stream->state != STATE_SECURE);
    stream->running = false;
    rearm(stream);
}

static int queue_bytes(struct tls_stream *stream, const void *bytes, size_t length)
{
    const size_t needed = stream->queue_length + length;

    if (needed > stream->queue_size) {
        uint8_t *queue = realloc(stream->queue, needed);
        if (!queue)
            return -1;
        stream->queue = queue;
        stream->queue_size = needed;
    }
    memcpy(stream->queue + stream->queue_length, bytes, length);
    stream->queue_length = needed;
    return 0;
}

int tls_stream_write(struct tls_stream *stream, const void *bytes, size_t length)
{
    if (stream->state != STATE_CLEAR && stream->state != STATE_SECURE)
        return 0;
    if (queue_bytes(stream, bytes, length) != 0)
        return -1;
    /* Tried at once: the socket nearly always takes it, and a turn of the loop is saved. */
    flush(stream);
    rearm(stream);
    return 0;
}

void tls_stream_secure(struct tls_stream *stream, SSL_CTX *context, const char *sni)
{
    if (stream->state != STATE_CLEAR)
        return;
    if (tls_session_init(&stream->session, context, stream->fd, sni) != 0) {
        end(stream, TLS_STREAM_OURS, ENOMEM);
    } else {
        stream->state = STATE_HANDSHAKE;
        stream->again = true;
    }
    rearm(stream);
}

void tls_stream_stop(struct tls_stream *stream)
{
    const bool secure = stream->state == STATE_SECURE;

    if (secure || stream->state == STATE_CLEAR)
        flush(stream);
    /* After a failed write OpenSSL allows no more calls, and there is no one left to tell. */
    if (secure && stream->state == STATE_SECURE && stream->send_error == 0) {
        (void)SSL_shutdown(stream->session.ssl);
        ERR_clear_error();
    }
    stream->state = STATE_OVER;
    stream->again = false;
    rearm(stream);
}

void tls_stream_handshake_state(const struct tls_stream *stream, struct tls_failure *out)
{
    *out = stream->session.evidence;
    if (!tls_looks_like_record(out->first, out->first_length))
        out->kind = TLS_FAILED_NOT_TLS;
}

struct tls_resumption tls_stream_resumption(const struct tls_stream *stream)
{
    const SSL *ssl = stream->session.ssl;
    const SSL_SESSION *session = ssl && SSL_is_init_finished(ssl) ? SSL_get0_session(ssl) : NULL;

    if (!session)
        return (struct tls_resumption){.offer = TLS_RESUMPTION_UNKNOWN, .lifetime_s = -1};
    return tls_resumption_capture(session, stream->session.heard);
}

bool tls_stream_local_address(const struct tls_stream *stream, struct sockaddr_storage *out)
{
    socklen_t length = sizeof *out;

    memset(out, 0, sizeof *out);
    return stream->fd >= 0 && getsockname(stream->fd, (struct sockaddr *)out, &length) == 0 &&
           out->ss_family != AF_UNSPEC;
}
