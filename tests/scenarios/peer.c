#include "peer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 1, BYTES_MAX = 1 << 18 };

static void pump(struct peer *peer);

void peer_stray(struct peer *peer, const char *format, ...)
{
    size_t line = peer->at < peer->n_lines ? peer->at : peer->n_lines - 1;
    const struct place *place = &peer->lines[line].place;
    va_list arguments;

    peer->backend->failures++;
    peer->strayed = true;
    fprintf(stderr, "  %s:%u: near \"%s\": ", place->file, place->line, peer->lines[line].text);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* --- the script ------------------------------------------------------------------------------- */

static void add_lines(struct peer *peer, const struct statement *statement)
{
    static const char play[] = "play ";

    for (size_t i = 0; i < statement->n_body; i++) {
        const char *text = statement->body[i];
        if (strncmp(text, play, strlen(play)) == 0) {
            const struct block *dialogue = script_find(peer->backend->scene->script, BLOCK_DIALOGUE,
                                                       text + strlen(play), &statement->place);
            add_lines(peer, &dialogue->statements[0]);
            continue;
        }
        if (peer->n_lines == PEER_LINES_MAX)
            script_fail(&statement->place, "too many lines");
        struct place place = {statement->place.file, statement->place.line + (unsigned)i + 1};
        peer->lines[peer->n_lines++] = (struct peer_line){text, place};
    }
    if (!peer->n_lines)
        script_fail(&statement->place, "the dialogue is missing");
}

static bool line_is(const struct peer *peer, const char *word)
{
    const char *text = peer->at < peer->n_lines ? peer->lines[peer->at].text : "";
    size_t length = strlen(word);

    return strncmp(text, word, length) == 0 && (text[length] == '\0' || text[length] == ' ');
}

/* --- the end ---------------------------------------------------------------------------------- */

static struct smtp_facts *peer_close(struct peer *peer)
{
    struct smtp_facts *facts = peer->facts;
    struct loop *loop = &peer->backend->loop;

    loop_stop(loop, &peer->step);
    loop_stop(loop, &peer->deadline);
    smtp_session_clear(&peer->session);
    peer->backend->open--;
    free(peer->sni);
    free(peer);
    return facts;
}

static void on_finish(void *arg)
{
    struct peer *peer = arg;
    backend_session_fn *done = peer->done;
    void *done_arg = peer->arg;

    if (!peer->strayed && peer->at < peer->n_lines)
        peer_stray(peer, "the client is gone before this");
    else if (!peer->strayed && peer->said[0])
        peer_stray(peer, "the client has said \"%s\" behind the script's end", peer->said);
    done(done_arg, peer_close(peer));
}

struct smtp_facts *peer_cut(struct peer *peer, enum smtp_problem why)
{
    smtp_session_cut(&peer->session, why, peer->backend->loop.now_ms);
    return peer_close(peer);
}

/* --- one line --------------------------------------------------------------------------------- */

static void end_with(struct peer *peer, enum tls_stream_end end, int os_error)
{
    const struct tls_stream_ended ended = {
        .end = end, .os_error = os_error, .failure = {.alert = -1}};

    smtp_session_ended(&peer->session, &ended, peer->backend->loop.now_ms);
}

/* In place of a connection. False when the line is about something else. */
static bool play_refusal(struct peer *peer)
{
    if (line_is(peer, "refused"))
        end_with(peer, TLS_STREAM_CONNECT_FAILED, ECONNREFUSED);
    else if (line_is(peer, "unreachable"))
        end_with(peer, TLS_STREAM_CONNECT_FAILED, EHOSTUNREACH);
    else if (line_is(peer, "no-route"))
        end_with(peer, TLS_STREAM_CONNECT_FAILED, ENETUNREACH);
    else if (line_is(peer, "ours"))
        end_with(peer, TLS_STREAM_OURS, EMFILE);
    else
        return false;
    /* What the attempt finds out beside the session: no route for the whole family. */
    if (line_is(peer, "no-route"))
        peer->facts->problem = SMTP_FAMILY_UNAVAILABLE;
    peer->at++;
    return true;
}

static size_t add_text(char *bytes, size_t length, const char *text, bool line)
{
    size_t more = strlen(text);

    if (length + more + 2 > BYTES_MAX)
        return length;
    memcpy(bytes + length, text, more);
    length += more;
    if (line) {
        bytes[length++] = '\r';
        bytes[length++] = '\n';
    }
    return length;
}

/* The bytes of the line at hand, as long as it is one that sends. False when it is not. */
static bool add_bytes(const struct peer *peer, char *bytes, size_t *length)
{
    const struct peer_line *line = &peer->lines[peer->at];

    if (line_is(peer, "<")) {
        *length = add_text(bytes, *length, line->text + 2, true);
        return true;
    }
    bool raw = line_is(peer, "raw"), many = line_is(peer, "many");
    if (!raw && !many)
        return false;
    struct statement statement = statement_of(&line->place, line->text);
    struct words words = words_of(&statement);
    long times = many ? number_of(&line->place, words_next(&words, "how many")) : 1;
    const char *text = words_next(&words, "the text");
    words_end(&words);
    while (times-- > 0)
        *length = add_text(bytes, *length, text, many);
    statement_clear(&statement);
    return true;
}

static void play_bytes(struct peer *peer)
{
    char *bytes = must(malloc(BYTES_MAX));
    size_t length = 0;

    while (peer->at < peer->n_lines && add_bytes(peer, bytes, &length))
        peer->at++;
    smtp_session_bytes(&peer->session, (const uint8_t *)bytes, length, peer->backend->loop.now_ms);
    free(bytes);
}

static void play_words(struct peer *peer)
{
    const struct peer_line *line = &peer->lines[peer->at];
    struct statement statement = statement_of(&line->place, line->text);

    if (!line_is(peer, "tls") && !line_is(peer, "alert") && !line_is(peer, "close") &&
        !line_is(peer, "reset"))
        script_fail(&line->place, "\"%s\" is nothing that a server does", line->text);
    if (line_is(peer, "close"))
        end_with(peer, TLS_STREAM_CLOSED, 0);
    else if (line_is(peer, "reset"))
        end_with(peer, TLS_STREAM_RESET, ECONNRESET);
    else if (line_is(peer, "tls") && !peer->tls_begun)
        peer_stray(peer, "the client has not begun TLS");
    else
        peer_play_tls(peer, &statement);
    peer->at++;
    statement_clear(&statement);
}

static void on_step(void *arg)
{
    struct peer *peer = arg;

    if (!peer->connected && !play_refusal(peer)) {
        struct dns_address local = peer->facts->address;
        peer->connected = true;
        smtp_session_connected(&peer->session, &local, peer->backend->loop.now_ms);
    } else if (line_is(peer, "pause")) {
        peer->at++;
    } else if (line_is(peer, "<") || line_is(peer, "raw") || line_is(peer, "many")) {
        play_bytes(peer);
    } else if (peer->connected && peer->at < peer->n_lines) {
        play_words(peer);
    }
    pump(peer);
}

/* --- the driver, in the part of probe/attempt.c ----------------------------------------------- */

/* The script's next line is the client's: does it fit? False to wait for one. */
static bool hear(struct peer *peer)
{
    const struct peer_line *line = &peer->lines[peer->at];
    char *end = strstr(peer->said, "\r\n");
    const char *wanted = line->text + 2;

    if (!end)
        return false;
    *end = '\0';
    if (strncmp(peer->said, wanted, strlen(wanted)) != 0)
        peer_stray(peer, "the client says \"%s\"", peer->said);
    memmove(peer->said, end + 2, strlen(end + 2) + 1);
    peer->at++;
    return true;
}

static int64_t delay_of(const struct peer *peer)
{
    const struct peer_line *line = &peer->lines[peer->at];

    return line_is(peer, "pause") ? duration_of(&line->place, line->text + strlen("pause "))
                                  : STEP_MS;
}

static void advance(struct peer *peer)
{
    struct loop *loop = &peer->backend->loop;

    if (peer->step.set)
        return;
    if (!peer->connected && line_is(peer, "no-answer")) {
        peer->at = peer->n_lines;
        return;
    }
    while (peer->connected && peer->at < peer->n_lines && line_is(peer, ">"))
        if (!hear(peer))
            return;
    if (peer->connected && line_is(peer, "silence")) {
        peer->at++;
        peer->said[0] = '\0'; /* what is said to a peer that has fallen silent is not heard */
        if (peer->at < peer->n_lines)
            script_fail(&peer->lines[peer->at].place, "silence is the end");
        return;
    }
    if (!peer->connected)
        loop_set(loop, &peer->step, STEP_MS, on_step, peer);
    else if (peer->at < peer->n_lines)
        loop_set(loop, &peer->step, delay_of(peer), on_step, peer);
}

static void on_deadline(void *arg)
{
    struct peer *peer = arg;
    const struct tls_failure nothing = {.kind = TLS_FAILED_NOT, .alert = -1};

    smtp_session_expired(&peer->session, peer->tls_begun ? &nothing : NULL,
                         peer->backend->loop.now_ms);
    pump(peer);
}

static void pump(struct peer *peer)
{
    struct smtp_session *session = &peer->session;
    struct loop *loop = &peer->backend->loop;
    size_t length = strlen(peer->said);

    if (session->output_length && length + session->output_length < sizeof peer->said) {
        memcpy(peer->said + length, session->output, session->output_length);
        peer->said[length + session->output_length] = '\0';
    }
    session->output_length = 0;
    if (session->want == SMTP_WANT_TLS) {
        session->want = SMTP_WANT_WAIT;
        peer->tls_begun = true;
    }
    loop_stop(loop, &peer->deadline);
    if (session->want == SMTP_WANT_END) {
        loop_stop(loop, &peer->step);
        loop_set(loop, &peer->step, 0, on_finish, peer);
        return;
    }
    loop_set(loop, &peer->deadline, session->deadline_ms - loop->now_ms, on_deadline, peer);
    advance(peer);
}

struct peer *peer_start(struct scene_backend *backend, const struct smtp_target *target,
                        backend_session_fn *done, void *arg)
{
    struct scene *scene = backend->scene;
    struct scene_peer *host = NULL;
    char text[DNS_ADDRESS_TEXT_MAX];

    for (size_t i = 0; i < scene->n_peers; i++)
        if (dns_address_equal(&scene->peers[i].address, &target->address))
            host = &scene->peers[i];
    dns_address_format(&target->address, text);
    if (!host || target->port != scene->job.smtp_port) {
        fprintf(stderr, "  a connection to %s port %u, about which no smtp statement is\n", text,
                target->port);
        backend->failures++;
        return NULL;
    }
    host->used = true;
    struct peer *peer = must(calloc(1, sizeof *peer));
    *peer = (struct peer){.backend = backend, .done = done, .arg = arg};
    add_lines(peer, host->statement);
    if (line_is(peer, "cannot-start")) {
        free(peer);
        return NULL;
    }
    backend->open++;
    peer->facts = must(smtp_facts_new(&target->address, target->port));
    peer->sni = target->sni ? must(strdup(target->sni)) : NULL;
    peer->facts->observed_at_ms = scene->at_s * 1000 + backend->loop.now_ms;
    smtp_session_begin(&peer->session, &scene->session, peer->facts, backend->loop.now_ms);
    peer->session.inject = scene->inject;
    pump(peer);
    return peer;
}
