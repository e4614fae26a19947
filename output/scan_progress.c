#include "output/scan_progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "output/escape.h"

enum { ROOM = SCAN_PROGRESS_SAMPLES };
enum { LINE_MAX_BYTES = 1024, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

void scan_progress_init(struct scan_progress *progress, FILE *out, enum progress_when when,
                        int64_t now_ms)
{
    *progress = (struct scan_progress){.due_ms = now_ms};
    progress_init(&progress->line, out);
    progress->plain = when == PROGRESS_ALWAYS && !progress->line.on;
    if (when == PROGRESS_NEVER)
        progress->line.on = false;
    if (progress->plain)
        progress->due_ms += SCAN_PROGRESS_PLAIN_MS;
}

/* --- the rate ------------------------------------------------------------------------------ */

/* Remembers the count, at most once in SCAN_PROGRESS_SAMPLE_MS. */
static void sample(struct scan_progress *progress, uint64_t done, int64_t now_ms)
{
    if (progress->n_samples > 0) {
        if (now_ms - progress->samples[progress->newest].at_ms < SCAN_PROGRESS_SAMPLE_MS)
            return;
        progress->newest = (progress->newest + 1) % ROOM;
    }
    progress->samples[progress->newest] = (struct scan_progress_sample){now_ms, done};
    if (progress->n_samples < ROOM)
        progress->n_samples++;
}

/*
 * Since the sample that is SCAN_PROGRESS_WINDOW_MS old, or since the first one before that;
 * negative while there is too little to tell.
 */
static double rate_of(const struct scan_progress *progress, uint64_t done, int64_t now_ms)
{
    size_t at = (progress->newest + ROOM + 1 - progress->n_samples) % ROOM;

    while (at != progress->newest &&
           now_ms - progress->samples[(at + 1) % ROOM].at_ms >= SCAN_PROGRESS_WINDOW_MS)
        at = (at + 1) % ROOM;
    const struct scan_progress_sample *since = &progress->samples[at];
    int64_t span_ms = now_ms - since->at_ms;
    if (span_ms < SCAN_PROGRESS_SAMPLE_MS || done < since->done)
        return -1;
    return (double)(done - since->done) * 1000 / (double)span_ms;
}

/* --- the line ------------------------------------------------------------------------------ */

struct text {
    char *bytes;
    size_t length, size;
};

static void say(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct text *text, const char *format, ...)
{
    size_t room = text->size - text->length;
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text->bytes + text->length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->length += (size_t)length < room ? (size_t)length : room - 1;
}

/* How many there will be: known once the input was read to its end, guessed from its size before.
 */
static uint64_t total_of(const struct scan_progress_state *state)
{
    if (state->input_ended)
        return state->accepted;
    if (state->read == 0 || state->input_size <= state->read)
        return 0;
    double guess = (double)state->accepted * (double)state->input_size / (double)state->read;
    return (uint64_t)guess;
}

static void say_left(struct text *text, double left_s)
{
    if (left_s >= 1000.0 * DAY_S)
        return;
    int64_t s = (int64_t)(left_s + 0.5);

    if (s < (int64_t)2 * MINUTE_S)
        say(text, ", %" PRId64 " s left", s);
    else if (s < (int64_t)2 * HOUR_S)
        say(text, ", %" PRId64 " min left", s / MINUTE_S);
    else if (s < (int64_t)2 * DAY_S)
        say(text, ", %" PRId64 " h %" PRId64 " min left", s / HOUR_S, s % HOUR_S / MINUTE_S);
    else
        say(text, ", %" PRId64 " d %" PRId64 " h left", s / DAY_S, s % DAY_S / HOUR_S);
}

static void say_verdicts(struct text *text, const uint64_t verdicts[])
{
    static const enum verdict_word order[] = {VERDICT_OK, VERDICT_WARNING, VERDICT_FAIL,
                                              VERDICT_UNKNOWN};
    const char *separator = "; ";

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        uint64_t n = verdicts[order[i]];
        if (n == 0)
            continue;
        say(text, "%s%s %" PRIu64, separator, verdict_word_text(order[i]), n);
        separator = ", ";
    }
}

void scan_progress_compose(const struct scan_progress_state *state, double rate, char *line,
                           size_t size)
{
    struct text text = {.size = size};
    char *remark = escape_text(state->remark);
    uint64_t total = total_of(state);

    text.bytes = line;
    say(&text, "%" PRIu64, state->done);
    if (total > 0)
        say(&text, "/%s%" PRIu64, state->input_ended ? "" : "~", total);
    say(&text, (total > 0 ? total : state->done) == 1 ? " domain" : " domains");
    if (rate >= 0)
        say(&text, rate < 10 ? ", %.1f/s" : ", %.0f/s", rate);
    if (rate > 0 && total > state->done)
        say_left(&text, (double)(total - state->done) / rate);
    if (remark)
        say(&text, " (%s)", remark);
    say(&text, ", %" PRIu64 " in flight", state->in_flight);
    say_verdicts(&text, state->verdicts);
    free(remark);
}

void scan_progress_update(struct scan_progress *progress, const struct scan_progress_state *state,
                          int64_t now_ms)
{
    char line[LINE_MAX_BYTES];

    if (!progress->line.on && !progress->plain)
        return;
    sample(progress, state->done, now_ms);
    if (now_ms < progress->due_ms)
        return;
    scan_progress_compose(state, rate_of(progress, state->done, now_ms), line, sizeof line);
    if (progress->plain)
        fprintf(progress->line.out, "%s\n", line);
    else
        progress_show_line(&progress->line, line);
    progress->due_ms =
        now_ms + (progress->plain ? SCAN_PROGRESS_PLAIN_MS : SCAN_PROGRESS_REDRAW_MS);
}

void scan_progress_clear(struct scan_progress *progress)
{
    progress_clear(&progress->line);
}
