#include "session_player.h"

#include "case.h"

#include <errno.h>

enum { BEGAN_MS = 1000000, LINE_ROOM = 2048 };

struct play {
    const struct player *player;
    struct smtp_session session;
    struct smtp_facts *facts;
    int64_t now_ms;
};

static const char *name_of(const struct play *play)
{
    return play->player->name;
}

/* --- what the server does --- */

static size_t unescape(const char *text, char *out)
{
    size_t length = 0;

    while (*text) {
        char hex[3] = "";
        if (text[0] != '\\') {
            out[length++] = *text++;
        } else if (text[1] == 'x') {
            memcpy(hex, text + 2, 2);
            out[length++] = (char)strtol(hex, NULL, 16);
            text += 4;
        } else {
            out[length++] = text[1] == 'r' ? '\r' : text[1] == 'n' ? '\n' : '\0';
            text += 2;
        }
    }
    return length;
}

static void give(struct play *play, const char *bytes, size_t length)
{
    size_t step = play->player->byte_by_byte ? 1 : length;

    for (size_t at = 0; at < length; at += step) {
        uint8_t *piece = malloc(step); /* exact, so that a sanitizer sees reads behind it */
        assert_non_null(piece);
        memcpy(piece, bytes + at, step);
        smtp_session_bytes(&play->session, piece, step, play->now_ms);
        free(piece);
    }
}

static void end_stream(struct play *play, enum tls_stream_end end, int os_error,
                       struct tls_failure failure)
{
    struct tls_stream_ended ended = {.end = end, .os_error = os_error, .failure = failure};

    smtp_session_ended(&play->session, &ended, play->now_ms);
}

static void secure(struct play *play)
{
    STACK_OF(X509) *none = sk_X509_new_null();
    struct tls_facts *tls = tls_facts_from_chain(none);

    assert_non_null(tls);
    sk_X509_free(none);
    smtp_session_secured(&play->session, tls, play->now_ms);
}

static void connect_locally(struct play *play)
{
    const struct dns_address local = {.family = DNS_IPV4, .bytes = {192, 0, 2, 10}};

    smtp_session_connected(&play->session, &local, play->now_ms);
}

/* --- what the session must do --- */

/* Takes the next line that the session sends, which must be `line`. */
static void expect_sent(struct play *play, const char *line)
{
    struct smtp_session *session = &play->session;
    size_t length = strlen(line);
    bool same = session->output_length >= length + 2 &&
                memcmp(session->output, line, length) == 0 &&
                memcmp(session->output + length, "\r\n", 2) == 0;

    if (!same)
        fail_msg("%s: sent \"%.*s\", not \"%s\"", name_of(play), (int)session->output_length,
                 session->output, line);
    session->output_length -= length + 2;
    memmove(session->output, session->output + length + 2, session->output_length);
}

static void expect_want(struct play *play, enum smtp_want want)
{
    CASE_INT(name_of(play), play->session.want, want);
    if (want == SMTP_WANT_TLS)
        play->session.want = SMTP_WANT_WAIT; /* as the driver does */
}

/* Nothing is sent or wanted behind the back of the script. */
static void expect_quiet(struct play *play)
{
    if (play->session.output_length)
        fail_msg("%s: sent \"%.*s\" out of turn", name_of(play), (int)play->session.output_length,
                 play->session.output);
    CASE_INT(name_of(play), play->session.want, SMTP_WANT_WAIT);
}

/* --- the script --- */

static bool is_word(const char *line, const char *word)
{
    size_t length = strlen(word);

    return strncmp(line, word, length) == 0 && (line[length] == '\0' || line[length] == ' ');
}

static bool play_fault(struct play *play, const char *line)
{
    static const struct {
        const char *word;
        enum tls_stream_end end;
        int os_error;
        enum tls_failure_kind kind;
    } faults[] = {
        {"closed", TLS_STREAM_CLOSED, 0, TLS_FAILED_NOT},
        {"reset", TLS_STREAM_RESET, ECONNRESET, TLS_FAILED_NOT},
        {"refused", TLS_STREAM_CONNECT_FAILED, ECONNREFUSED, TLS_FAILED_NOT},
        {"unreachable", TLS_STREAM_CONNECT_FAILED, EHOSTUNREACH, TLS_FAILED_NOT},
        {"connect-timeout", TLS_STREAM_CONNECT_FAILED, ETIMEDOUT, TLS_FAILED_NOT},
        {"ours", TLS_STREAM_OURS, EMFILE, TLS_FAILED_NOT},
        {"ours-in-tls", TLS_STREAM_TLS_FAILED, ENOMEM, TLS_FAILED_OURS},
        {"closed-in-tls", TLS_STREAM_TLS_FAILED, 0, TLS_FAILED_CLOSED},
        {"alert", TLS_STREAM_TLS_FAILED, 0, TLS_FAILED_ALERT},
    };

    for (size_t i = 0; i < COUNT(faults); i++) {
        if (is_word(line, faults[i].word)) {
            struct tls_failure failure = {.kind = faults[i].kind, .alert = -1};
            if (failure.kind == TLS_FAILED_ALERT)
                failure.alert = atoi(line + strlen("alert "));
            end_stream(play, faults[i].end, faults[i].os_error, failure);
            return true;
        }
    }
    return false;
}

static bool play_event(struct play *play, const char *line)
{
    char bytes[LINE_ROOM];

    if (is_word(line, "<")) {
        int length = snprintf(bytes, sizeof bytes, "%s\r\n", line + 2);
        give(play, bytes, (size_t)length);
    } else if (is_word(line, "<<")) {
        give(play, bytes, unescape(line + 3, bytes));
    } else if (is_word(line, "connected")) {
        connect_locally(play);
    } else if (is_word(line, "secured")) {
        secure(play);
    } else if (is_word(line, "expired")) {
        const struct tls_failure none = {.alert = -1};
        smtp_session_expired(&play->session, &none, play->now_ms);
    } else if (is_word(line, "inject")) {
        play->session.inject = true;
    } else if (is_word(line, "cut") || is_word(line, "interrupt")) {
        bool out_of_time = is_word(line, "cut");
        smtp_session_cut(&play->session, out_of_time ? SMTP_DEADLINE : SMTP_INTERRUPTED,
                         play->now_ms);
    } else {
        return play_fault(play, line);
    }
    return true;
}

static void play_line(struct play *play, const char *line)
{
    if (line[0] == '+') {
        play->now_ms += strtol(line + 1, NULL, 10);
        line += strcspn(line, " ") + 1;
    }
    if (is_word(line, ">")) {
        expect_sent(play, line + 2);
    } else if (is_word(line, "tls")) {
        expect_want(play, SMTP_WANT_TLS);
    } else if (is_word(line, "end")) {
        expect_want(play, SMTP_WANT_END);
    } else if (is_word(line, "deadline")) {
        CASE_INT(name_of(play), play->session.deadline_ms - play->now_ms, atoi(line + 9));
    } else {
        expect_quiet(play);
        if (!play_event(play, line))
            fail_msg("%s: \"%s\" is no line of a script", name_of(play), line);
    }
}

static void play_part(struct play *play, const char *part)
{
    char line[LINE_ROOM];

    while (*part) {
        size_t length = strcspn(part, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, part);
        play_line(play, line);
        part += length + (part[length] == '\n');
    }
}

struct smtp_facts *player_play(const struct player *player, const char *const parts[])
{
    const struct dns_address address = {.family = DNS_IPV4, .bytes = {192, 0, 2, 1}};
    struct play play = {.player = player, .now_ms = BEGAN_MS};

    play.facts = smtp_facts_new(&address, 25);
    assert_non_null(play.facts);
    smtp_session_begin(&play.session, &player->options, play.facts, play.now_ms);
    for (size_t i = 0; parts[i]; i++)
        play_part(&play, parts[i]);
    CASE_INT(player->name, (long long)play.session.output_length, 0);
    CASE_INT(player->name, play.session.want, SMTP_WANT_END); /* every script leads to the end */
    smtp_session_clear(&play.session);
    return play.facts;
}
