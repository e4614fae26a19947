#include "probe/attempt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "probe/clock.h"
#include "probe/route.h"
#include "tls/stream.h"

struct attempt {
    const struct attempt_environment *environment;
    struct smtp_facts *facts;
    struct smtp_session session;
    struct tls_stream *stream;
    struct event *timer;  /* the phase's deadline */
    struct event *finish; /* ends the attempt from the loop, outside every callback */
    char *sni;
    struct attempt_offer offer;
    struct tls_hello_reader *reader; /* once a ClientHello made by hand is out: what comes is its
                                        answer, not SMTP */
    backend_session_fn *done;
    void *arg;
};

static void attempt_free(struct attempt *attempt)
{
    tls_stream_free(attempt->stream);
    if (attempt->timer)
        event_free(attempt->timer);
    if (attempt->finish)
        event_free(attempt->finish);
    smtp_session_clear(&attempt->session);
    smtp_facts_unref(attempt->facts);
    free(attempt->sni);
    free(attempt->reader);
    free(attempt);
}

/* The address to connect from, or NULL where the system chooses. */
static const struct dns_address *source_of(const struct attempt *attempt)
{
    const struct attempt_environment *environment = attempt->environment;

    return attempt->facts->address.family == DNS_IPV4 ? environment->source_ipv4
                                                      : environment->source_ipv6;
}

/*
 * A whole address family without a route is this machine's matter, not the host's (row 77a). Where
 * IPv6 is switched off there is no address to connect from, which else means: no port left.
 */
static void tell_family_apart(const struct attempt *attempt)
{
    struct smtp_facts *facts = attempt->facts;
    bool no_route = facts->problem == SMTP_UNREACHABLE &&
                    (facts->os_error == ENETUNREACH || facts->os_error == EAFNOSUPPORT);
    bool no_source = facts->problem == SMTP_OURS && facts->os_error == EADDRNOTAVAIL;

    if ((no_route || (no_source && !source_of(attempt))) && !route_exists(facts->address.family))
        facts->problem = SMTP_FAMILY_UNAVAILABLE;
}

/* Takes the facts out and frees the rest. */
static struct smtp_facts *attempt_close(struct attempt *attempt)
{
    struct smtp_facts *facts = smtp_facts_ref(attempt->facts);

    tell_family_apart(attempt);
    if (facts->tls) /* tickets come behind the handshake: only now it is known */
        facts->resumption = tls_stream_resumption(attempt->stream);
    attempt_free(attempt);
    return facts;
}

static void on_finish(evutil_socket_t fd, short what, void *arg)
{
    struct attempt *attempt = arg;
    backend_session_fn *done = attempt->done;
    void *done_arg = attempt->arg;

    (void)fd;
    (void)what;
    done(done_arg, attempt_close(attempt));
}

static void arm(struct attempt *attempt)
{
    struct timeval left = clock_duration(attempt->session.deadline_ms - clock_monotonic_ms());

    evtimer_add(attempt->timer, &left);
}

static void say_hello_by_hand(struct attempt *attempt)
{
    uint8_t entropy[TLS_HELLO_ENTROPY_LENGTH], hello[TLS_HELLO_MAX];
    size_t length = 0;

    attempt->reader = malloc(sizeof *attempt->reader);
    if (attempt->reader)
        tls_hello_reader_init(attempt->reader);
    if (attempt->reader && RAND_bytes(entropy, sizeof entropy) == 1)
        length = tls_hello_write(hello, &attempt->offer.hello, attempt->sni, entropy);
    if (!length || tls_stream_write(attempt->stream, hello, length) != 0) {
        smtp_session_cut(&attempt->session, SMTP_OURS, clock_monotonic_ms());
        return;
    }
    attempt->facts->hello_outcome = HELLO_UNANSWERED;
}

static void begin_tls(struct attempt *attempt)
{
    if (attempt->offer.context)
        tls_stream_secure(attempt->stream, attempt->offer.context, attempt->sni);
    else
        say_hello_by_hand(attempt);
}

/* Bytes of the answer to a ClientHello made by hand. */
static void hear_by_hand(struct attempt *attempt, const uint8_t *bytes, size_t length)
{
    struct smtp_facts *facts = attempt->facts;
    enum tls_hello_status status = tls_hello_reader_feed(attempt->reader, bytes, length);

    facts->hello = attempt->reader->hello;
    if (facts->hello.chosen)
        facts->hello_outcome = HELLO_CHOSEN;
    else if (status == TLS_HELLO_ALERT)
        facts->hello_outcome = HELLO_ALERT;
    else if (status == TLS_HELLO_BAD)
        facts->hello_outcome = HELLO_NOT_TLS;
    if (status != TLS_HELLO_MORE)
        smtp_session_cut(&attempt->session, SMTP_TLS_FAILED, clock_monotonic_ms());
}

/* After every step: does what the session wants. */
static void pump(struct attempt *attempt)
{
    struct smtp_session *session = &attempt->session;

    if (session->output_length) {
        if (tls_stream_write(attempt->stream, session->output, session->output_length) != 0)
            smtp_session_cut(session, SMTP_OURS, clock_monotonic_ms());
        session->output_length = 0;
    }
    if (session->want == SMTP_WANT_TLS) {
        session->want = SMTP_WANT_WAIT;
        begin_tls(attempt);
    }
    if (session->want == SMTP_WANT_END) {
        evtimer_del(attempt->timer);
        tls_stream_stop(attempt->stream);
        event_active(attempt->finish, EV_TIMEOUT, 0);
        return;
    }
    arm(attempt);
}

static void on_connected(void *arg)
{
    struct attempt *attempt = arg;
    struct smtp_facts *facts = attempt->facts;
    struct sockaddr_storage name;

    facts->source_known = tls_stream_local_address(attempt->stream, &name) &&
                          dns_address_from_sockaddr(&name, &facts->source);
    smtp_session_connected(&attempt->session, facts->source_known ? &facts->source : NULL,
                           clock_monotonic_ms());
    pump(attempt);
}

static void on_data(void *arg, const uint8_t *bytes, size_t length)
{
    struct attempt *attempt = arg;

    if (attempt->reader)
        hear_by_hand(attempt, bytes, length);
    else
        smtp_session_bytes(&attempt->session, bytes, length, clock_monotonic_ms());
    pump(attempt);
}

static void on_secured(void *arg, struct tls_facts *facts)
{
    struct attempt *attempt = arg;
    const struct attempt_environment *environment = attempt->environment;

    if (environment->secured && !attempt->offer.quiet)
        environment->secured(environment->secured_arg);
    smtp_session_secured(&attempt->session, facts, clock_monotonic_ms());
    pump(attempt);
}

static void on_ended(void *arg, const struct tls_stream_ended *ended)
{
    struct attempt *attempt = arg;
    struct smtp_facts *facts = attempt->facts;
    bool closed = ended->end == TLS_STREAM_CLOSED || ended->end == TLS_STREAM_RESET;

    if (closed && facts->hello_outcome == HELLO_UNANSWERED)
        facts->hello_outcome = HELLO_CLOSED;
    smtp_session_ended(&attempt->session, ended, clock_monotonic_ms());
    pump(attempt);
}

static const struct tls_stream_handler stream_handler = {on_connected, on_data, on_secured,
                                                         on_ended};

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct attempt *attempt = arg;
    struct tls_failure handshake;

    (void)fd;
    (void)what;
    tls_stream_handshake_state(attempt->stream, &handshake);
    smtp_session_expired(&attempt->session, &handshake, clock_monotonic_ms());
    pump(attempt);
}

static void connect_stream(struct attempt *attempt)
{
    const struct smtp_facts *facts = attempt->facts;
    const struct dns_address *source = source_of(attempt);
    struct sockaddr_storage to, from;
    socklen_t to_length = dns_address_to_sockaddr(&facts->address, facts->port, &to);
    socklen_t from_length = source ? dns_address_to_sockaddr(source, 0, &from) : 0;

    tls_stream_connect(attempt->stream, (struct sockaddr *)&to, to_length,
                       source ? (struct sockaddr *)&from : NULL, from_length);
}

struct attempt *attempt_start(const struct attempt_environment *environment,
                              const struct smtp_target *target, const struct attempt_offer *offer,
                              backend_session_fn *done, void *arg)
{
    struct attempt *attempt = calloc(1, sizeof *attempt);
    if (!attempt)
        return NULL;
    attempt->environment = environment;
    attempt->offer = *offer;
    attempt->done = done;
    attempt->arg = arg;
    attempt->facts = smtp_facts_new(&target->address, target->port);
    attempt->stream = tls_stream_new(environment->base, &stream_handler, attempt);
    attempt->timer = evtimer_new(environment->base, on_deadline, attempt);
    attempt->finish = evtimer_new(environment->base, on_finish, attempt);
    attempt->sni = target->sni ? strdup(target->sni) : NULL;
    if (!attempt->facts || !attempt->stream || !attempt->timer || !attempt->finish ||
        (target->sni && !attempt->sni)) {
        attempt_free(attempt);
        return NULL;
    }
    attempt->facts->observed_at_ms = clock_wall_ms();
    attempt->facts->connections = 1;
    smtp_session_begin(&attempt->session, &environment->session, attempt->facts,
                       clock_monotonic_ms());
    attempt->session.inject = offer->inject;
    connect_stream(attempt);
    arm(attempt);
    return attempt;
}

enum smtp_stage attempt_stage(const struct attempt *attempt)
{
    return attempt->facts->stage;
}

struct smtp_facts *attempt_cut(struct attempt *attempt, enum smtp_problem why)
{
    smtp_session_cut(&attempt->session, why, clock_monotonic_ms());
    return attempt_close(attempt);
}
