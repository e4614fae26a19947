#include "probe/smtp_session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/dialogue.h"
#include "probe/smtp_phases.h"

static void remark(struct smtp_session *session, char direction, const char *text, int64_t now_ms)
{
    if (session->options->keep_dialogue)
        dialogue_add(session->facts, (int)(now_ms - session->began_ms), direction, text);
}

/* Notes how long the phase that is being left took. */
static void note_time(struct smtp_session *session, enum smtp_phase next, int64_t now_ms)
{
    struct smtp_timings *timings = &session->facts->timings;
    int took_ms = (int)(now_ms - session->phase_began_ms);

    if (next == SMTP_PHASE_END)
        return;
    switch (session->phase) {
    case SMTP_PHASE_CONNECT:
        timings->connect = took_ms;
        break;
    case SMTP_PHASE_BANNER:
        timings->banner = took_ms;
        break;
    case SMTP_PHASE_EHLO:
    case SMTP_PHASE_HELO:
        timings->ehlo = took_ms;
        break;
    case SMTP_PHASE_STARTTLS:
        timings->starttls = took_ms;
        break;
    case SMTP_PHASE_HANDSHAKE:
        timings->handshake = took_ms;
        break;
    case SMTP_PHASE_INJECTED:
    case SMTP_PHASE_TLS_EHLO:
    case SMTP_PHASE_QUIT:
    case SMTP_PHASE_END:
        break;
    }
}

static void send_command(struct smtp_session *session, const char *verb, bool named, int64_t now_ms)
{
    char *at = session->output + session->output_length;
    size_t room = sizeof session->output - session->output_length;
    char line[SMTP_EHLO_NAME_MAX + 8];

    int length =
        snprintf(line, sizeof line, "%s%s%s", verb, named ? " " : "", named ? session->ehlo : "");
    remark(session, '>', line, now_ms);
    if (length > 0 && (size_t)length + 2 < room)
        session->output_length += (size_t)snprintf(at, room, "%s\r\n", line);
}

/* The one function that enters a phase. */
static void enter(struct smtp_session *session, enum smtp_phase next, int64_t now_ms)
{
    note_time(session, next, now_ms);
    session->phase = next;
    session->phase_began_ms = now_ms;
    smtp_reply_reset(&session->reply);
    if (next == SMTP_PHASE_END) {
        session->want = SMTP_WANT_END;
        return;
    }
    const struct smtp_phase_row *phase = &smtp_phases[next];
    session->deadline_ms = now_ms + phase->timeout_ms(session->options);
    /* An unoffered STARTTLS is our experiment: the session counts as having stood at EHLO. */
    bool experiment = session->facts->starttls == SMTP_STARTTLS_NOT_OFFERED;
    if (next != SMTP_PHASE_QUIT && !experiment)
        session->facts->stage = phase->stage;
    if (next == SMTP_PHASE_HANDSHAKE)
        session->want = SMTP_WANT_TLS;
    if (phase->verb)
        send_command(session, phase->verb, phase->named, now_ms);
    if (next == SMTP_PHASE_STARTTLS && session->inject)
        send_command(session, "NOOP", false, now_ms);
}

static void lose(struct smtp_session *session, enum smtp_problem problem, int64_t now_ms)
{
    if (session->phase != SMTP_PHASE_END)
        enter(session, smtp_phases[session->phase].lost(session, problem), now_ms);
}

void smtp_session_begin(struct smtp_session *session, const struct smtp_session_options *options,
                        struct smtp_facts *facts, int64_t now_ms)
{
    *session = (struct smtp_session){
        .options = options, .facts = facts, .phase = SMTP_PHASE_END, .began_ms = now_ms};
    smtp_reply_init(&session->reply);
    if (options->ehlo)
        snprintf(session->ehlo, sizeof session->ehlo, "%s", options->ehlo);
    enter(session, SMTP_PHASE_CONNECT, now_ms);
}

void smtp_session_clear(struct smtp_session *session)
{
    smtp_reply_clear(&session->reply);
}

void smtp_session_connected(struct smtp_session *session, const struct dns_address *local,
                            int64_t now_ms)
{
    char text[DNS_ADDRESS_TEXT_MAX] = "127.0.0.1";

    if (local)
        dns_address_format(local, text);
    if (!session->options->ehlo) {
        bool six = local && local->family == DNS_IPV6;
        snprintf(session->ehlo, sizeof session->ehlo, "[%s%s]", six ? "IPv6:" : "", text);
    }
    remark(session, '*', "connected", now_ms);
    enter(session, SMTP_PHASE_BANNER, now_ms);
}

/* Bytes behind the 220 to STARTTLS were sent before any TLS: kept as evidence (row 13). */
static void plaintext_after_220(struct smtp_session *session, const uint8_t *bytes, size_t length,
                                int64_t now_ms)
{
    struct smtp_facts *facts = session->facts;
    size_t kept = length < TLS_FIRST_BYTES_MAX ? length : TLS_FIRST_BYTES_MAX;

    facts->after_220 = malloc(kept);
    if (!facts->after_220) {
        enter(session, smtp_phase_ours(session, ENOMEM), now_ms);
        return;
    }
    memcpy(facts->after_220, bytes, kept);
    facts->after_220_length = kept;
    facts->problem = session->starttls_offered ? SMTP_PLAINTEXT_AFTER_220 : SMTP_FINE;
    session->want = SMTP_WANT_WAIT;
    enter(session, SMTP_PHASE_END, now_ms);
}

static void keep_reply(struct smtp_session *session, int64_t now_ms)
{
    const struct smtp_reply *reply = &session->reply;
    size_t n = reply->n_lines < DIALOGUE_LINES_MAX ? reply->n_lines : DIALOGUE_LINES_MAX;

    for (size_t i = 0; i < n; i++)
        dialogue_add_reply(session->facts, (int)(now_ms - session->began_ms), reply->code,
                           i + 1 < reply->n_lines, smtp_reply_line(reply, i));
}

/* A whole reply is in: to the dialogue, then to the phase's handler. */
static void take_reply(struct smtp_session *session, int64_t now_ms)
{
    const struct smtp_phase_row *phase = &smtp_phases[session->phase];

    if (session->options->keep_dialogue)
        keep_reply(session, now_ms);
    enter(session, phase->answer(session), now_ms);
}

static void bad_reply(struct smtp_session *session, int64_t now_ms)
{
    struct smtp_facts *facts = session->facts;
    const char *what = session->reply.problem;

    remark(session, '*', what, now_ms);
    lose(session, SMTP_MALFORMED, now_ms);
    if (facts->problem != SMTP_FINE && !facts->reply_text)
        facts->reply_text = strdup(what);
}

static void note_deviation(struct smtp_session *session)
{
    struct smtp_facts *facts = session->facts;

    if (facts->deviation || !session->reply.deviation)
        return;
    facts->deviation = session->reply.deviation;
    facts->deviation_stage = smtp_phases[session->phase].stage;
}

void smtp_session_bytes(struct smtp_session *session, const uint8_t *bytes, size_t length,
                        int64_t now_ms)
{
    while (length && session->phase != SMTP_PHASE_END) {
        if (session->phase == SMTP_PHASE_HANDSHAKE) {
            plaintext_after_220(session, bytes, length, now_ms);
            return;
        }
        if (!smtp_phases[session->phase].answer)
            return;
        size_t used = 0;
        enum smtp_reply_status status = smtp_reply_feed(&session->reply, bytes, length, &used);
        note_deviation(session);
        bytes += used;
        length -= used;
        if (status == SMTP_REPLY_DONE)
            take_reply(session, now_ms);
        else if (status == SMTP_REPLY_BAD)
            bad_reply(session, now_ms);
        else if (status == SMTP_REPLY_NO_MEMORY)
            enter(session, smtp_phase_ours(session, ENOMEM), now_ms);
    }
}

void smtp_session_secured(struct smtp_session *session, struct tls_facts *take_tls, int64_t now_ms)
{
    session->facts->tls = take_tls;
    remark(session, '*', "TLS is up", now_ms);
    if (session->phase == SMTP_PHASE_HANDSHAKE)
        enter(session, session->inject ? SMTP_PHASE_INJECTED : SMTP_PHASE_TLS_EHLO, now_ms);
}

/* A TLS 1.3 server that demands a certificate says so only after our side believes to be done. */
static void handshake_failed(struct smtp_session *session, const struct tls_stream_ended *ended,
                             int64_t now_ms)
{
    struct smtp_facts *facts = session->facts;

    facts->tls_failure = ended->failure;
    if (facts->tls) {
        tls_facts_unref(facts->tls);
        facts->tls = NULL;
        facts->timings.handshake = -1;
    }
    facts->stage =
        facts->starttls == SMTP_STARTTLS_NOT_OFFERED ? SMTP_STAGE_EHLO : SMTP_STAGE_HANDSHAKE;
    bool ours = ended->failure.kind == TLS_FAILED_OURS;
    session->phase = SMTP_PHASE_HANDSHAKE;
    lose(session, ours ? SMTP_OURS : SMTP_TLS_FAILED, now_ms);
}

static enum smtp_problem connect_problem(int os_error)
{
    switch (os_error) {
    case ECONNREFUSED:
    case ECONNRESET:
        return SMTP_CONNECTION_REFUSED;
    case ETIMEDOUT:
        return SMTP_TIMED_OUT;
    default:
        return SMTP_UNREACHABLE;
    }
}

void smtp_session_ended(struct smtp_session *session, const struct tls_stream_ended *ended,
                        int64_t now_ms)
{
    if (session->phase == SMTP_PHASE_END)
        return;
    session->facts->os_error = ended->os_error;
    switch (ended->end) {
    case TLS_STREAM_CONNECT_FAILED:
        lose(session, connect_problem(ended->os_error), now_ms);
        break;
    case TLS_STREAM_CLOSED:
    case TLS_STREAM_RESET:
        remark(session, '*', ended->end == TLS_STREAM_CLOSED ? "closed by the server" : "reset",
               now_ms);
        lose(session, SMTP_CLOSED, now_ms);
        break;
    case TLS_STREAM_TLS_FAILED:
        remark(session, '*', "the TLS handshake failed", now_ms);
        if (session->phase != SMTP_PHASE_QUIT)
            handshake_failed(session, ended, now_ms);
        else
            lose(session, SMTP_CLOSED, now_ms);
        break;
    case TLS_STREAM_OURS:
        lose(session, SMTP_OURS, now_ms);
        break;
    }
}

void smtp_session_expired(struct smtp_session *session, const struct tls_failure *handshake,
                          int64_t now_ms)
{
    if (handshake && session->phase == SMTP_PHASE_HANDSHAKE)
        session->facts->tls_failure = *handshake;
    remark(session, '*', "no answer in time", now_ms);
    lose(session, SMTP_TIMED_OUT, now_ms);
}

void smtp_session_cut(struct smtp_session *session, enum smtp_problem why, int64_t now_ms)
{
    lose(session, why, now_ms);
    session->want = SMTP_WANT_END;
}
