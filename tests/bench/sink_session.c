/* One connection of the sink. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "bench/farm.h"
#include "bench/sink.h"

enum { INPUT_MAX = 1024, REPLY_MAX = 512 };

enum phase {
    READING,
    REPLYING, /* a reply waits for its time */
    HANDSHAKE,
    MUTE, /* nothing more, until the peer goes */
    END,
};

struct sink_session {
    struct sink_source source; /* first: the loop knows a session by it */
    TAILQ_ENTRY(sink_session) link;
    int64_t began_ns, due_ns;
    enum phase phase;
    enum phase after_reply;
    bool input_waits; /* an event came while a reply was waiting */
    bool ours_to_end; /* QUIT was said, or 421 */
    SSL *tls;
    size_t length;
    char input[INPUT_MAX];
    char reply[REPLY_MAX];
};

static void count(atomic_ulong *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* A line is written at once, so those of several processes do not run into one another. */
static void log_end(const struct sink_farm *farm, const struct sink_session *session)
{
    char line[80];

    if (farm->log_fd < 0 || session->source.policy)
        return;
    const int length = snprintf(line, sizeof line, "%u %" PRId64 " %" PRId64 "\n",
                                session->source.host, session->began_ns, sink_now_ns());
    if (write(farm->log_fd, line, (size_t)length) != length)
        perror("sink: log");
}

static void end(struct sink_server *server, struct sink_session *session)
{
    if (session->phase == REPLYING)
        TAILQ_REMOVE(&server->waiting, session, link);
    if (!session->ours_to_end && !session->source.policy)
        count(&server->farm->counts->cut);
    log_end(server->farm, session);
    SSL_free(session->tls);
    close(session->source.fd);
    free(session);
    ERR_clear_error();
}

/* --- replies -------------------------------------------------------------------------------- */

/* A reply is smaller than any socket buffer: where it does not go at once the peer is gone. */
static bool transmit(struct sink_session *session)
{
    const size_t length = strlen(session->reply);

    if (session->tls)
        return SSL_write(session->tls, session->reply, (int)length) == (int)length;
    return send(session->source.fd, session->reply, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static bool start_tls(struct sink_server *server, struct sink_session *session)
{
    const struct sink_farm *farm = server->farm;
    const uint32_t host = session->source.host;
    const enum chain_kind kind = sink_kind_of(&farm->options, host);

    session->length = 0; /* nothing that came in clear counts inside TLS (CVE-2011-0411) */
    session->tls = SSL_new(session->source.policy ? farm->policy_context : farm->contexts[kind]);
    if (!session->tls || SSL_set_fd(session->tls, session->source.fd) != 1)
        return false;
    SSL_set_accept_state(session->tls);
    if (session->source.policy)
        return true; /* its certificate is chosen by SNI */
    return SSL_use_cert_and_key(session->tls, farm->leaves[host], chains_key(farm->chains, kind),
                                chains_behind(farm->chains, kind), 1) == 1;
}

/* Sends the reply. False when the session is over. */
static bool answer(struct sink_server *server, struct sink_session *session)
{
    session->phase = session->after_reply;
    if (!transmit(session) || (session->phase == HANDSHAKE && !start_tls(server, session)))
        return false;
    if (session->phase == END && session->tls)
        (void)SSL_shutdown(session->tls);
    return session->phase != END;
}

static bool schedule(struct sink_server *server, struct sink_session *session, enum phase after)
{
    const uint32_t delay_ms = session->source.policy ? 0 : server->farm->options.delay_ms;

    session->after_reply = after;
    if (!delay_ms)
        return answer(server, session);
    session->phase = REPLYING;
    session->due_ns = sink_now_ns() + INT64_C(1000000) * delay_ms;
    TAILQ_INSERT_TAIL(&server->waiting, session, link);
    return true;
}

/* --- commands ------------------------------------------------------------------------------- */

static bool is_command(const char *line, const char *verb)
{
    const size_t length = strlen(verb);

    return strncasecmp(line, verb, length) == 0 && strchr(" \r\n", line[length]);
}

static bool run_command(struct sink_server *server, struct sink_session *session, const char *line)
{
    char name[FARM_NAME_MAX];
    enum phase after = READING;

    farm_mail_host(session->source.host, name);
    if (is_command(line, "EHLO")) {
        (void)snprintf(session->reply, REPLY_MAX,
                       "250-%s\r\n250-SIZE 10240000\r\n250-8BITMIME\r\n%s", name,
                       session->tls ? "250 SMTPUTF8\r\n" : "250 STARTTLS\r\n");
    } else if (is_command(line, "STARTTLS") && !session->tls) {
        (void)snprintf(session->reply, REPLY_MAX, "220 2.0.0 Ready to start TLS\r\n");
        after = sink_role_of(&server->farm->options, session->source.host) == SINK_STALLING
                    ? MUTE
                    : HANDSHAKE;
    } else if (is_command(line, "QUIT")) {
        (void)snprintf(session->reply, REPLY_MAX, "221 2.0.0 Bye\r\n");
        after = END;
        session->ours_to_end = true;
        count(&server->farm->counts->quits);
    } else {
        (void)snprintf(session->reply, REPLY_MAX, "502 5.5.2 Not here\r\n");
    }
    return schedule(server, session, after);
}

static bool send_policy(struct sink_server *server, struct sink_session *session)
{
    const char *sni = SSL_get_servername(session->tls, TLSEXT_NAMETYPE_host_name);
    char mail_host[FARM_NAME_MAX], body[200];
    uint32_t domain = 0;

    if (!sni || !farm_domain_of_policy_host(sni, &domain))
        return false;
    farm_mail_host(domain % server->farm->options.hosts, mail_host);
    const int length =
        snprintf(body, sizeof body,
                 "version: STSv1\r\nmode: enforce\r\nmx: %s\r\nmax_age: 604800\r\n", mail_host);
    (void)snprintf(session->reply, REPLY_MAX,
                   "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
                   "Connection: close\r\n\r\n%s",
                   length, body);
    count(&server->farm->counts->policies);
    return schedule(server, session, END);
}

/* --- input ---------------------------------------------------------------------------------- */

/* One command or request out of the input, if it is there whole. False when the session is over. */
static bool consume(struct sink_server *server, struct sink_session *session)
{
    char *const input = session->input;

    input[session->length] = '\0';
    if (session->source.policy)
        return strstr(input, "\r\n\r\n") ? send_policy(server, session) : true;
    char *const newline = strchr(input, '\n');
    if (!newline)
        return true;
    char line[INPUT_MAX];
    const size_t used = (size_t)(newline - input) + 1;
    memcpy(line, input, used);
    line[used] = '\0';
    session->length -= used;
    memmove(input, input + used, session->length);
    return run_command(server, session, line);
}

/* 1: something came; 0: nothing now; -1: the peer has gone, or said too much. */
static int receive(struct sink_session *session)
{
    char *const at = session->input + session->length;
    const size_t room = INPUT_MAX - 1 - session->length;

    if (!room)
        return -1;
    if (session->tls) {
        const int n = SSL_read(session->tls, at, (int)room);
        if (n > 0)
            session->length += (size_t)n;
        else if (SSL_get_error(session->tls, n) == SSL_ERROR_WANT_READ)
            return 0;
        return n > 0 ? 1 : -1;
    }
    const ssize_t n = recv(session->source.fd, at, room, 0);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0)
        return -1;
    session->length += (size_t)n;
    return 1;
}

/* Nothing is wanted of the peer any more; it only has to go. */
static int drain(const struct sink_session *session)
{
    char nowhere[INPUT_MAX];
    const ssize_t n = recv(session->source.fd, nowhere, sizeof nowhere, 0);

    if (n < 0)
        return errno == EAGAIN ? 0 : -1;
    return n ? 1 : -1;
}

static int shake_hands(struct sink_server *server, struct sink_session *session)
{
    const int n = SSL_do_handshake(session->tls);

    if (n != 1)
        return SSL_get_error(session->tls, n) == SSL_ERROR_WANT_READ ? 0 : -1;
    if (!session->source.policy)
        count(&server->farm->counts->handshakes);
    session->phase = READING;
    return 1;
}

/* Goes on until nothing more can be done now. False when the session is over. */
static bool advance(struct sink_server *server, struct sink_session *session)
{
    while (session->phase != REPLYING) {
        int progress = 0;
        if (session->phase == MUTE)
            progress = drain(session);
        else if (session->phase == HANDSHAKE)
            progress = shake_hands(server, session);
        else
            progress = receive(session);
        if (progress <= 0)
            return progress == 0;
        if (session->phase == READING && !consume(server, session))
            return false;
    }
    return true;
}

void sink_session_input(struct sink_server *server, struct sink_source *source)
{
    struct sink_session *session = (struct sink_session *)source;

    if (session->phase == REPLYING)
        session->input_waits = true;
    else if (!advance(server, session))
        end(server, session);
}

/* The reply's time has come. What came meanwhile may hold the next command. */
static bool reply_now(struct sink_server *server, struct sink_session *session)
{
    const bool input_waits = session->input_waits;

    session->input_waits = false;
    TAILQ_REMOVE(&server->waiting, session, link);
    if (!answer(server, session) || (session->phase == READING && !consume(server, session)))
        return false;
    return !input_waits || advance(server, session);
}

int64_t sink_session_due_ns(struct sink_server *server, int64_t now_ns)
{
    struct sink_session *session = NULL;

    while ((session = TAILQ_FIRST(&server->waiting))) {
        if (session->due_ns > now_ns)
            return session->due_ns;
        if (!reply_now(server, session))
            end(server, session);
    }
    return -1;
}

/* Greets, or does not. False when the session is over. */
static bool greet(struct sink_server *server, struct sink_session *session)
{
    struct sink_counts *counts = server->farm->counts;
    const uint32_t host = session->source.host;
    const enum sink_role role = sink_role_of(&server->farm->options, host);
    const bool first = atomic_fetch_add(&counts->of_host[host], 1) == 0;
    char name[FARM_NAME_MAX];

    count(&counts->connections);
    farm_mail_host(host, name);
    session->phase = MUTE;
    if (role == SINK_SILENT)
        return true;
    session->ours_to_end = role == SINK_BUSY || (role == SINK_BUSY_ONCE && first);
    if (session->ours_to_end) {
        count(&counts->put_off);
        (void)snprintf(session->reply, REPLY_MAX, "421 4.3.2 %s is busy\r\n", name);
        return schedule(server, session, END);
    }
    (void)snprintf(session->reply, REPLY_MAX, "220 %s ESMTP\r\n", name);
    return schedule(server, session, READING);
}

void sink_session_start(struct sink_server *server, const struct sink_source *listener, int fd)
{
    struct sink_session *session = malloc(sizeof *session);

    if (!session) {
        close(fd);
        return;
    }
    memset(session, 0, offsetof(struct sink_session, input));
    session->source =
        (struct sink_source){.policy = listener->policy, .fd = fd, .host = listener->host};
    session->began_ns = sink_now_ns();
    bool goes_on = true;
    if (listener->policy) {
        session->phase = HANDSHAKE;
        goes_on = start_tls(server, session);
    } else {
        goes_on = greet(server, session);
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                                .data.ptr = &session->source};
    if (!goes_on || epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        end(server, session);
}
