/*
 * How a session without TLS ended, and what was said in it.
 */
#include <stdlib.h>
#include <string.h>

#include "output/escape.h"
#include "output/text_parts.h"

enum { EVIDENCE_MAX = 64 }; /* bytes */

static void quote(struct page *page, const uint8_t *bytes, size_t length)
{
    char *text = escape_bytes(bytes, length < EVIDENCE_MAX ? length : EVIDENCE_MAX);

    page->failed |= !text;
    if (text)
        page_sayf(page, "\"%s%s\"", text, length > EVIDENCE_MAX ? "..." : "");
    free(text);
}

static void os_error(struct page *page, int code)
{
    char buffer[128];

    if (code != 0)
        page_sayf(page, " (%s)", strerror_r(code, buffer, sizeof buffer));
}

static void reply(struct page *page, const struct smtp_facts *facts)
{
    if (facts->reply_code > 0)
        page_sayf(page, ": %d", facts->reply_code);
    if (facts->reply_text) {
        page_say(page, facts->reply_code > 0 ? " " : ": ");
        page_say(page, facts->reply_text);
    }
}

static void tls_failure(struct page *page, const struct tls_failure *failure)
{
    switch (failure->kind) {
    case TLS_FAILED_NOT:
        break;
    case TLS_FAILED_ALERT:
        page_sayf(page, ": the server sent alert %d, %s", failure->alert,
                  tls_alert_name(failure->alert));
        break;
    case TLS_FAILED_LOCAL:
        page_sayf(page, ": %s", tls_error_text(failure->error));
        break;
    case TLS_FAILED_NOT_TLS:
        page_say(page, ": the server did not answer in TLS but with ");
        quote(page, failure->first, failure->first_length);
        break;
    case TLS_FAILED_CLOSED:
        page_say(page, ": the server closed the connection");
        break;
    case TLS_FAILED_RESET:
        page_say(page, ": the connection broke");
        os_error(page, failure->os_error);
        break;
    case TLS_FAILED_TIMEOUT:
        page_say(page, ": no answer in time");
        break;
    case TLS_FAILED_OURS:
        page_say(page, ": trouble on this machine");
        os_error(page, failure->os_error);
        break;
    }
    if (failure->certificate_requested)
        page_say(page, ", after it asked for a client certificate");
}

static void without_problem(struct page *page, const struct smtp_facts *facts)
{
    switch (facts->starttls) {
    case SMTP_STARTTLS_NOT_TRIED:
        page_say(page, facts->ehlo_refused ? "no TLS: EHLO is refused, HELO accepted" : "no TLS");
        break;
    case SMTP_STARTTLS_NOT_OFFERED:
        page_say(page, facts->ehlo_refused ? "no TLS: EHLO is refused, HELO accepted"
                                           : "no TLS: STARTTLS is not offered");
        break;
    case SMTP_STARTTLS_REFUSED:
        page_say(page, "no TLS: STARTTLS is refused");
        reply(page, facts);
        break;
    case SMTP_STARTTLS_ACCEPTED:
        page_say(page, "no TLS");
        break;
    }
}

static const char *problem_words(enum smtp_problem problem)
{
    switch (problem) {
    case SMTP_FINE:
        return NULL;
    case SMTP_CONNECTION_REFUSED:
        return "connection refused";
    case SMTP_UNREACHABLE:
        return "cannot be reached";
    case SMTP_FAMILY_UNAVAILABLE:
        return "not tried: this machine has no route for the address family";
    case SMTP_TIMED_OUT:
        return "no answer in time";
    case SMTP_DEADLINE:
        return "the deadline of the whole check passed";
    case SMTP_CLOSED:
        return "the server closed the connection";
    case SMTP_MALFORMED:
        return "the answer is no SMTP";
    case SMTP_TEMPORARY_REPLY:
        return "turned away for now";
    case SMTP_PERMANENT_REPLY:
        return "turned away";
    case SMTP_STARTTLS_UNANSWERED:
        return "no TLS: STARTTLS is not answered as it must be";
    case SMTP_PLAINTEXT_AFTER_220:
        return "no TLS: plaintext came after the 220 to STARTTLS: ";
    case SMTP_TLS_FAILED:
        return "no TLS: the handshake failed";
    case SMTP_TARGET_REFUSED:
        return "not tried: special-use address (see --allow-private)";
    case SMTP_TARGET_EXCLUDED:
        return "not tried: on the exclude list";
    case SMTP_INTERRUPTED:
        return "interrupted";
    case SMTP_OURS:
        return "trouble on this machine";
    }
    return NULL;
}

static bool was_tried(enum smtp_problem problem)
{
    return problem != SMTP_FAMILY_UNAVAILABLE && problem != SMTP_TARGET_REFUSED &&
           problem != SMTP_TARGET_EXCLUDED;
}

void text_session_end(struct page *page, const struct smtp_facts *facts)
{
    const char *words = problem_words(facts->problem);

    if (!words) {
        without_problem(page, facts);
        return;
    }
    page_paint(page, PAINT_CAUTION, words);
    if (facts->problem == SMTP_PLAINTEXT_AFTER_220) {
        quote(page, facts->after_220, facts->after_220_length);
    } else if (facts->problem == SMTP_TLS_FAILED) {
        tls_failure(page, &facts->tls_failure);
    } else {
        /* The system's own words for a refused connection add nothing. */
        os_error(page, facts->problem != SMTP_CONNECTION_REFUSED ? facts->os_error : 0);
        reply(page, facts);
    }
    if (was_tried(facts->problem) && facts->problem != SMTP_TLS_FAILED &&
        facts->stage != SMTP_STAGE_CONNECT)
        page_sayf(page, " (at %s)", smtp_stage_text(facts->stage));
}

void text_dialogue(struct page *page, size_t indent, const struct smtp_facts *facts)
{
    for (size_t i = 0; i < facts->n_dialogue; i++) {
        const struct smtp_line *line = &facts->dialogue[i];
        char *text = NULL;

        if (asprintf(&text, "%6d ms %c %s", line->at_ms, line->direction,
                     line->text ? line->text : "") < 0) {
            page->failed = true;
            return;
        }
        page_line(page, indent, text);
        free(text);
    }
}
