/*
 * Unit tests of probe/smtp_session: every phase against everything that a server can do in it. The
 * expected facts are those of VOCABULARY's decision table, rows 6 to 27, and of RFC 5321 and 3207.
 */
#include "case.h"

#include <errno.h>

#include "session_player.h"

/* --- ways to each phase; the next line of a script says what happens there --- */

#define TO_BANNER "connected\n"
#define TO_EHLO \
    TO_BANNER   \
    "< 220 mx.example.test ESMTP\n> EHLO probe.example.test\n"
#define TO_HELO \
    TO_EHLO     \
    "< 502 5.5.1 not implemented\n> HELO probe.example.test\n"
#define TO_STARTTLS \
    TO_EHLO         \
    "< 250-mx.example.test\n< 250-SIZE 1000\n< 250 STARTTLS\n> STARTTLS\n"
#define TO_UNOFFERED \
    TO_EHLO          \
    "< 250-mx.example.test\n< 250 SIZE 1000\n> STARTTLS\n"
#define TO_HANDSHAKE \
    TO_STARTTLS      \
    "< 220 go ahead\ntls\n"
#define TO_UNOFFERED_HANDSHAKE \
    TO_UNOFFERED               \
    "< 220 go ahead\ntls\n"
#define TO_TLS_EHLO \
    TO_HANDSHAKE    \
    "secured\n> EHLO probe.example.test\n"
#define TO_UNOFFERED_TLS_EHLO \
    TO_UNOFFERED_HANDSHAKE    \
    "secured\n> EHLO probe.example.test\n"
#define TO_QUIT \
    TO_TLS_EHLO \
    "< 250 mx.example.test\n> QUIT\n"

#define GOODBYE "> QUIT\n< 221 bye\nend"

static const struct player player = {
    .options = {.ehlo = "probe.example.test",
                .connect_timeout_ms = 10000,
                .banner_timeout_ms = 60000,
                .timeout_ms = 30000},
};

static const struct session_case {
    const char *name;
    const char *script;
    enum smtp_stage stage;
    enum smtp_problem problem;
    enum smtp_starttls starttls;
    int reply_code;
    const char *reply_text; /* "*": whatever it is, there is one */
} cases[] = {
    {"healthy", TO_TLS_EHLO "< 250 mx.example.test\n" GOODBYE, SMTP_STAGE_DONE, SMTP_FINE,
     SMTP_STARTTLS_ACCEPTED, 0, NULL},

    /* Connect: row 6. */
    {"connect refused", "refused\nend", SMTP_STAGE_CONNECT, SMTP_CONNECTION_REFUSED, 0, 0, NULL},
    {"connect unreachable", "unreachable\nend", SMTP_STAGE_CONNECT, SMTP_UNREACHABLE, 0, 0, NULL},
    {"connect given up by the system", "connect-timeout\nend", SMTP_STAGE_CONNECT, SMTP_TIMED_OUT,
     0, 0, NULL},
    {"connect in vain", "+10000 expired\nend", SMTP_STAGE_CONNECT, SMTP_TIMED_OUT, 0, 0, NULL},
    {"connect without descriptors", "ours\nend", SMTP_STAGE_CONNECT, SMTP_OURS, 0, 0, NULL},

    /* The greeting: rows 7, 8, 8a. Nothing is sent before it is whole. */
    {"greeting of many lines",
     TO_BANNER "< 220-mx.example.test\n< 220-be patient\n< 220 go\n> EHLO "
               "probe.example.test\nclosed\nend",
     SMTP_STAGE_EHLO, SMTP_CLOSED, 0, 0, NULL},
    {"greeting of 220 alone", TO_BANNER "< 220\n> EHLO probe.example.test\nclosed\nend",
     SMTP_STAGE_EHLO, SMTP_CLOSED, 0, 0, NULL},
    {"greeting 354", TO_BANNER "< 354 go\n" GOODBYE, SMTP_STAGE_BANNER, SMTP_MALFORMED, 0, 354,
     "354 go"},
    {"greeting 450", TO_BANNER "< 450 later\n" GOODBYE, SMTP_STAGE_BANNER, SMTP_TEMPORARY_REPLY, 0,
     450, "450 later"},
    {"greeting 421", TO_BANNER "< 421 busy\nend", SMTP_STAGE_BANNER, SMTP_TEMPORARY_REPLY, 0, 421,
     "421 busy"},
    {"greeting 554", TO_BANNER "< 554-no\n< 554 mail here\n" GOODBYE, SMTP_STAGE_BANNER,
     SMTP_PERMANENT_REPLY, 0, 554, "554 no mail here"},
    {"greeting closed", TO_BANNER "closed\nend", SMTP_STAGE_BANNER, SMTP_CLOSED, 0, 0, NULL},
    {"greeting closed in the middle", TO_BANNER "<< 220-mx\\r\\n220 \nclosed\nend",
     SMTP_STAGE_BANNER, SMTP_CLOSED, 0, 0, NULL},
    {"greeting reset", TO_BANNER "reset\nend", SMTP_STAGE_BANNER, SMTP_CLOSED, 0, 0, NULL},
    {"greeting late", TO_BANNER "+60000 expired\nend", SMTP_STAGE_BANNER, SMTP_TIMED_OUT, 0, 0,
     NULL},
    {"greeting malformed", TO_BANNER "< HTTP/1.1 400 Bad Request\nend", SMTP_STAGE_BANNER,
     SMTP_MALFORMED, 0, 0, "*"},
    {"greeting of two codes", TO_BANNER "< 220-mx\n< 221 bye\nend", SMTP_STAGE_BANNER,
     SMTP_MALFORMED, 0, 0, "*"},
    {"greeting ours", TO_BANNER "ours\nend", SMTP_STAGE_BANNER, SMTP_OURS, 0, 0, NULL},

    /* EHLO: rows 7, 8a, and 8b where HELO is refused too. */
    {"EHLO 354", TO_EHLO "< 354 go\n" GOODBYE, SMTP_STAGE_EHLO, SMTP_MALFORMED, 0, 354, "354 go"},
    {"EHLO 450", TO_EHLO "< 450 later\n" GOODBYE, SMTP_STAGE_EHLO, SMTP_TEMPORARY_REPLY, 0, 450,
     "450 later"},
    {"EHLO 421", TO_EHLO "< 421 busy\nend", SMTP_STAGE_EHLO, SMTP_TEMPORARY_REPLY, 0, 421,
     "421 busy"},
    {"EHLO 521 is no reason for HELO", TO_EHLO "< 521 no mail\n" GOODBYE, SMTP_STAGE_EHLO,
     SMTP_PERMANENT_REPLY, 0, 521, "521 no mail"},
    {"EHLO 554 is no reason for HELO", TO_EHLO "< 554 go away\n" GOODBYE, SMTP_STAGE_EHLO,
     SMTP_PERMANENT_REPLY, 0, 554, "554 go away"},
    {"EHLO closed", TO_EHLO "closed\nend", SMTP_STAGE_EHLO, SMTP_CLOSED, 0, 0, NULL},
    {"EHLO reset", TO_EHLO "reset\nend", SMTP_STAGE_EHLO, SMTP_CLOSED, 0, 0, NULL},
    {"EHLO late", TO_EHLO "expired\nend", SMTP_STAGE_EHLO, SMTP_TIMED_OUT, 0, 0, NULL},
    {"EHLO malformed", TO_EHLO "< 250-mx\n< STARTTLS\nend", SMTP_STAGE_EHLO, SMTP_MALFORMED, 0, 0,
     "*"},

    /* HELO: row 9. */
    {"HELO accepted", TO_HELO "< 250 mx.example.test\n" GOODBYE, SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 502, "502 5.5.1 not implemented"},
    {"EHLO 500, HELO accepted",
     TO_EHLO "< 500 what?\n> HELO probe.example.test\n< 250 mx\n" GOODBYE, SMTP_STAGE_EHLO,
     SMTP_FINE, SMTP_STARTTLS_NOT_OFFERED, 500, "500 what?"},
    {"EHLO 550, HELO accepted", TO_EHLO "< 550 no\n> HELO probe.example.test\n< 250 mx\n" GOODBYE,
     SMTP_STAGE_EHLO, SMTP_FINE, SMTP_STARTTLS_NOT_OFFERED, 550, "550 no"},
    {"HELO refused", TO_HELO "< 503 no\n" GOODBYE, SMTP_STAGE_EHLO, SMTP_PERMANENT_REPLY, 0, 503,
     "503 no"},
    {"HELO 421", TO_HELO "< 421 busy\nend", SMTP_STAGE_EHLO, SMTP_TEMPORARY_REPLY, 0, 421,
     "421 busy"},
    {"HELO closed", TO_HELO "closed\nend", SMTP_STAGE_EHLO, SMTP_CLOSED, 0, 0, NULL},
    {"HELO reset", TO_HELO "reset\nend", SMTP_STAGE_EHLO, SMTP_CLOSED, 0, 0, NULL},
    {"HELO late", TO_HELO "expired\nend", SMTP_STAGE_EHLO, SMTP_TIMED_OUT, 0, 0, NULL},
    {"HELO malformed", TO_HELO "< 2x0\nend", SMTP_STAGE_EHLO, SMTP_MALFORMED, 0, 0,
     "a reply that does not begin with a three-digit code"},

    /* STARTTLS offered: rows 7, 11, 13. */
    {"STARTTLS 250", TO_STARTTLS "< 250 fine\n" GOODBYE, SMTP_STAGE_STARTTLS, SMTP_FINE,
     SMTP_STARTTLS_REFUSED, 250, "250 fine"},
    {"STARTTLS 354", TO_STARTTLS "< 354 go\n" GOODBYE, SMTP_STAGE_STARTTLS, SMTP_FINE,
     SMTP_STARTTLS_REFUSED, 354, "354 go"},
    {"STARTTLS 454", TO_STARTTLS "< 454 TLS not available\n" GOODBYE, SMTP_STAGE_STARTTLS,
     SMTP_FINE, SMTP_STARTTLS_REFUSED, 454, "454 TLS not available"},
    {"STARTTLS 554", TO_STARTTLS "< 554 no\n" GOODBYE, SMTP_STAGE_STARTTLS, SMTP_FINE,
     SMTP_STARTTLS_REFUSED, 554, "554 no"},
    {"STARTTLS 421", TO_STARTTLS "< 421 busy\nend", SMTP_STAGE_STARTTLS, SMTP_TEMPORARY_REPLY,
     SMTP_STARTTLS_NOT_TRIED, 421, "421 busy"},
    {"STARTTLS closed", TO_STARTTLS "closed\nend", SMTP_STAGE_STARTTLS, SMTP_STARTTLS_UNANSWERED,
     SMTP_STARTTLS_REFUSED, 0, NULL},
    {"STARTTLS reset", TO_STARTTLS "reset\nend", SMTP_STAGE_STARTTLS, SMTP_STARTTLS_UNANSWERED,
     SMTP_STARTTLS_REFUSED, 0, NULL},
    {"STARTTLS late", TO_STARTTLS "expired\nend", SMTP_STAGE_STARTTLS, SMTP_STARTTLS_UNANSWERED,
     SMTP_STARTTLS_REFUSED, 0, NULL},
    {"STARTTLS malformed", TO_STARTTLS "< what?\nend", SMTP_STAGE_STARTTLS,
     SMTP_STARTTLS_UNANSWERED, SMTP_STARTTLS_REFUSED, 0, "*"},
    {"STARTTLS ours", TO_STARTTLS "ours\nend", SMTP_STAGE_STARTTLS, SMTP_OURS,
     SMTP_STARTTLS_NOT_TRIED, 0, NULL},
    {"plaintext behind the 220", TO_STARTTLS "<< 220 go\\r\\n250 more\\r\\n\nend",
     SMTP_STAGE_HANDSHAKE, SMTP_PLAINTEXT_AFTER_220, SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"one byte behind the 220", TO_STARTTLS "<< 220 go\\r\\n\\x16\nend", SMTP_STAGE_HANDSHAKE,
     SMTP_PLAINTEXT_AFTER_220, SMTP_STARTTLS_ACCEPTED, 0, NULL},

    /* STARTTLS not offered: an experiment, and row 10 stands whatever comes of it. */
    {"unoffered, 502", TO_UNOFFERED "< 502 no\n" GOODBYE, SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, 454", TO_UNOFFERED "< 454 no\n" GOODBYE, SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, 250", TO_UNOFFERED "< 250 fine\n" GOODBYE, SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, 421", TO_UNOFFERED "< 421 enough\nend", SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, closed", TO_UNOFFERED "closed\nend", SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, malformed", TO_UNOFFERED "< what?\nend", SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, reset", TO_UNOFFERED "reset\nend", SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, late", TO_UNOFFERED "expired\nend", SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, plaintext behind the 220", TO_UNOFFERED "<< 220 go\\r\\nx\nend", SMTP_STAGE_EHLO,
     SMTP_FINE, SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, alert", TO_UNOFFERED_HANDSHAKE "alert 40\nend", SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, handshake late", TO_UNOFFERED_HANDSHAKE "expired\nend", SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, works", TO_UNOFFERED_TLS_EHLO "< 250 mx\n" GOODBYE, SMTP_STAGE_EHLO, SMTP_FINE,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, works, then closed", TO_UNOFFERED_TLS_EHLO "closed\nend", SMTP_STAGE_EHLO,
     SMTP_FINE, SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, works, then late", TO_UNOFFERED_TLS_EHLO "expired\nend", SMTP_STAGE_EHLO,
     SMTP_FINE, SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, works, then 550", TO_UNOFFERED_TLS_EHLO "< 550 no\n" GOODBYE, SMTP_STAGE_EHLO,
     SMTP_FINE, SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, works, then 421", TO_UNOFFERED_TLS_EHLO "< 421 enough\nend", SMTP_STAGE_EHLO,
     SMTP_FINE, SMTP_STARTTLS_NOT_OFFERED, 0, NULL},
    {"unoffered, ours", TO_UNOFFERED "ours\nend", SMTP_STAGE_EHLO, SMTP_OURS,
     SMTP_STARTTLS_NOT_OFFERED, 0, NULL},

    /* The handshake: rows 16 to 27. */
    {"handshake alert", TO_HANDSHAKE "alert 40\nend", SMTP_STAGE_HANDSHAKE, SMTP_TLS_FAILED,
     SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"handshake closed", TO_HANDSHAKE "closed-in-tls\nend", SMTP_STAGE_HANDSHAKE, SMTP_TLS_FAILED,
     SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"handshake late", TO_HANDSHAKE "expired\nend", SMTP_STAGE_HANDSHAKE, SMTP_TLS_FAILED,
     SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"handshake without memory", TO_HANDSHAKE "ours-in-tls\nend", SMTP_STAGE_HANDSHAKE, SMTP_OURS,
     SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"handshake ours", TO_HANDSHAKE "ours\nend", SMTP_STAGE_HANDSHAKE, SMTP_OURS,
     SMTP_STARTTLS_ACCEPTED, 0, NULL},

    /* EHLO inside TLS: row 8c; TLS 1.3 refuses a client without certificate only here (row 27). */
    {"EHLO in TLS 354", TO_TLS_EHLO "< 354 go\n" GOODBYE, SMTP_STAGE_TLS_EHLO, SMTP_PERMANENT_REPLY,
     SMTP_STARTTLS_ACCEPTED, 354, "354 go"},
    {"EHLO in TLS 450", TO_TLS_EHLO "< 450 later\n" GOODBYE, SMTP_STAGE_TLS_EHLO,
     SMTP_PERMANENT_REPLY, SMTP_STARTTLS_ACCEPTED, 450, "450 later"},
    {"EHLO in TLS 421", TO_TLS_EHLO "< 421 busy\nend", SMTP_STAGE_TLS_EHLO, SMTP_TEMPORARY_REPLY,
     SMTP_STARTTLS_ACCEPTED, 421, "421 busy"},
    {"EHLO in TLS 550", TO_TLS_EHLO "< 550 no\n" GOODBYE, SMTP_STAGE_TLS_EHLO, SMTP_PERMANENT_REPLY,
     SMTP_STARTTLS_ACCEPTED, 550, "550 no"},
    {"EHLO in TLS 502: no HELO there", TO_TLS_EHLO "< 502 no\n" GOODBYE, SMTP_STAGE_TLS_EHLO,
     SMTP_PERMANENT_REPLY, SMTP_STARTTLS_ACCEPTED, 502, "502 no"},
    {"EHLO in TLS closed", TO_TLS_EHLO "closed\nend", SMTP_STAGE_TLS_EHLO, SMTP_CLOSED,
     SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"EHLO in TLS reset", TO_TLS_EHLO "reset\nend", SMTP_STAGE_TLS_EHLO, SMTP_CLOSED,
     SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"EHLO in TLS late", TO_TLS_EHLO "expired\nend", SMTP_STAGE_TLS_EHLO, SMTP_TIMED_OUT,
     SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"EHLO in TLS malformed", TO_TLS_EHLO "< hello\nend", SMTP_STAGE_TLS_EHLO, SMTP_MALFORMED,
     SMTP_STARTTLS_ACCEPTED, 0, "*"},
    {"client certificate demanded", TO_TLS_EHLO "alert 116\nend", SMTP_STAGE_HANDSHAKE,
     SMTP_TLS_FAILED, SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"client certificate demanded, unoffered", TO_UNOFFERED_TLS_EHLO "alert 116\nend",
     SMTP_STAGE_EHLO, SMTP_FINE, SMTP_STARTTLS_NOT_OFFERED, 0, NULL},

    /* QUIT: the facts are whole, how the goodbye goes changes nothing. */
    {"QUIT 500", TO_QUIT "< 500 what?\nend", SMTP_STAGE_DONE, SMTP_FINE, SMTP_STARTTLS_ACCEPTED, 0,
     NULL},
    {"QUIT 421", TO_QUIT "< 421 bye\nend", SMTP_STAGE_DONE, SMTP_FINE, SMTP_STARTTLS_ACCEPTED, 0,
     NULL},
    {"QUIT closed", TO_QUIT "closed\nend", SMTP_STAGE_DONE, SMTP_FINE, SMTP_STARTTLS_ACCEPTED, 0,
     NULL},
    {"QUIT reset", TO_QUIT "reset\nend", SMTP_STAGE_DONE, SMTP_FINE, SMTP_STARTTLS_ACCEPTED, 0,
     NULL},
    {"QUIT late", TO_QUIT "expired\nend", SMTP_STAGE_DONE, SMTP_FINE, SMTP_STARTTLS_ACCEPTED, 0,
     NULL},
    {"QUIT malformed", TO_QUIT "< bye\nend", SMTP_STAGE_DONE, SMTP_FINE, SMTP_STARTTLS_ACCEPTED, 0,
     NULL},
    {"QUIT, TLS broken", TO_QUIT "alert 0\nend", SMTP_STAGE_DONE, SMTP_FINE, SMTP_STARTTLS_ACCEPTED,
     0, NULL},
    {"QUIT after a refusal, closed", TO_BANNER "< 554 no\n> QUIT\nclosed\nend", SMTP_STAGE_BANNER,
     SMTP_PERMANENT_REPLY, 0, 554, "554 no"},

    /* Told to stop: what is known stands, what is not is never the server's fault. */
    {"interrupted in the connect", "interrupt\nend", SMTP_STAGE_CONNECT, SMTP_INTERRUPTED, 0, 0,
     NULL},
    {"interrupted in the banner", TO_BANNER "interrupt\nend", SMTP_STAGE_BANNER, SMTP_INTERRUPTED,
     0, 0, NULL},
    {"interrupted in EHLO", TO_EHLO "interrupt\nend", SMTP_STAGE_EHLO, SMTP_INTERRUPTED, 0, 0,
     NULL},
    {"interrupted in HELO", TO_HELO "interrupt\nend", SMTP_STAGE_EHLO, SMTP_INTERRUPTED, 0, 0,
     NULL},
    {"interrupted in STARTTLS", TO_STARTTLS "interrupt\nend", SMTP_STAGE_STARTTLS, SMTP_INTERRUPTED,
     SMTP_STARTTLS_NOT_TRIED, 0, NULL},
    {"interrupted in the handshake", TO_HANDSHAKE "interrupt\nend", SMTP_STAGE_HANDSHAKE,
     SMTP_INTERRUPTED, SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"interrupted in EHLO in TLS", TO_TLS_EHLO "interrupt\nend", SMTP_STAGE_TLS_EHLO,
     SMTP_INTERRUPTED, SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"interrupted in QUIT", TO_QUIT "interrupt\nend", SMTP_STAGE_DONE, SMTP_FINE,
     SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"injected, thrown away",
     "inject\n" TO_STARTTLS "> NOOP\n< 220 go ahead\ntls\nsecured\n+3000 expired\n" GOODBYE,
     SMTP_STAGE_TLS_EHLO, SMTP_FINE, SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"injected, answered inside TLS",
     "inject\n" TO_STARTTLS "> NOOP\n< 220 go ahead\ntls\nsecured\n< 250 ok\n" GOODBYE,
     SMTP_STAGE_TLS_EHLO, SMTP_FINE, SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"injected, answered in the clear",
     "inject\n" TO_STARTTLS "> NOOP\n<< 220 go ahead\\r\\n250 ok\\r\\n\nend", SMTP_STAGE_HANDSHAKE,
     SMTP_PLAINTEXT_AFTER_220, SMTP_STARTTLS_ACCEPTED, 0, NULL},
    {"out of time in the connect", "cut\nend", SMTP_STAGE_CONNECT, SMTP_DEADLINE, 0, 0, NULL},
    {"out of time in the banner", TO_BANNER "cut\nend", SMTP_STAGE_BANNER, SMTP_DEADLINE, 0, 0,
     NULL},
    {"out of time in EHLO", TO_EHLO "cut\nend", SMTP_STAGE_EHLO, SMTP_DEADLINE, 0, 0, NULL},
    {"out of time in QUIT", TO_QUIT "cut\nend", SMTP_STAGE_DONE, SMTP_FINE, SMTP_STARTTLS_ACCEPTED,
     0, NULL},
};

static struct smtp_facts *play(const struct player *base, const char *name, const char *script,
                               bool byte_by_byte)
{
    const char *const parts[] = {script, NULL};
    struct player named = *base;

    named.name = name;
    named.byte_by_byte = byte_by_byte;
    return player_play(&named, parts);
}

static void check_facts(const struct session_case *given, const struct smtp_facts *facts)
{
    CASE_INT(given->name, facts->stage, given->stage);
    CASE_INT(given->name, facts->problem, given->problem);
    CASE_INT(given->name, facts->starttls, given->starttls);
    CASE_INT(given->name, facts->reply_code, given->reply_code);
    if (given->reply_text && strcmp(given->reply_text, "*") == 0)
        CASE_CHECK(given->name, facts->reply_text != NULL);
    else
        CASE_TEXT(given->name, facts->reply_text, given->reply_text);
}

static void test_dialogues(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smtp_facts *facts = play(&player, cases[i].name, cases[i].script, false);
        check_facts(&cases[i], facts);
        smtp_facts_unref(facts);
    }
}

static void test_dialogues_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smtp_facts *facts = play(&player, cases[i].name, cases[i].script, true);
        check_facts(&cases[i], facts);
        smtp_facts_unref(facts);
    }
}

/* More than a reply may have, in every phase that waits for one. */
static void test_flood(void **state)
{
    static const struct session_case floods[] = {
        {"banner", TO_BANNER, SMTP_STAGE_BANNER, SMTP_MALFORMED, 0, 0, "*"},
        {"EHLO", TO_EHLO, SMTP_STAGE_EHLO, SMTP_MALFORMED, 0, 0, "*"},
        {"HELO", TO_HELO, SMTP_STAGE_EHLO, SMTP_MALFORMED, 0, 0, "*"},
        {"STARTTLS", TO_STARTTLS, SMTP_STAGE_STARTTLS, SMTP_STARTTLS_UNANSWERED,
         SMTP_STARTTLS_REFUSED, 0, "*"},
        {"unoffered STARTTLS", TO_UNOFFERED, SMTP_STAGE_EHLO, SMTP_FINE, SMTP_STARTTLS_NOT_OFFERED,
         0, NULL},
        {"EHLO in TLS", TO_TLS_EHLO, SMTP_STAGE_TLS_EHLO, SMTP_MALFORMED, SMTP_STARTTLS_ACCEPTED, 0,
         "*"},
        {"QUIT", TO_QUIT, SMTP_STAGE_DONE, SMTP_FINE, SMTP_STARTTLS_ACCEPTED, 0, NULL},
    };
    /* 66 lines of a thousand bytes: more than 64 KiB. */
    static char flood[70000];
    size_t at = 0;

    (void)state;
    for (int i = 0; i < 66; i++)
        at += (size_t)snprintf(flood + at, sizeof flood - at, "< 250-%0990d\n", 0);
    snprintf(flood + at, sizeof flood - at, "end");
    for (size_t i = 0; i < COUNT(floods); i++) {
        const char *const parts[] = {floods[i].script, flood, NULL};
        struct player named = player;
        named.name = floods[i].name;
        struct smtp_facts *facts = player_play(&named, parts);
        check_facts(&floods[i], facts);
        smtp_facts_unref(facts);
    }
}

static void test_timings(void **state)
{
    static const struct {
        const char *name;
        const char *script;
        struct smtp_timings timings;
    } rows[] = {
        {"healthy",
         "+5 connected\n+7 < 220 mx\n> EHLO probe.example.test\n+3 < 250-mx\n+4 < 250 STARTTLS\n"
         "> STARTTLS\n+2 < 220 go\ntls\n+11 secured\n> EHLO probe.example.test\n+6 < 250 mx\n"
         "> QUIT\n+1 < 221 bye\nend",
         {5, 7, 7, 2, 11}},
        {"never connected", "+9 refused\nend", {-1, -1, -1, -1, -1}},
        {"silent", "+5 connected\n+60000 expired\nend", {5, -1, -1, -1, -1}},
        {"refused by the greeting",
         "+5 connected\n+7 < 554 no\n> QUIT\n+1 < 221 bye\nend",
         {5, 7, -1, -1, -1}},
        {"STARTTLS refused",
         "+1 connected\n+2 < 220 mx\n> EHLO probe.example.test\n+3 < 250-mx\n< 250 STARTTLS\n"
         "> STARTTLS\n+4 < 454 no\n> QUIT\n+1 < 221 bye\nend",
         {1, 2, 3, 4, -1}},
        {"handshake fails",
         "+1 connected\n+2 < 220 mx\n> EHLO probe.example.test\n+3 < 250-mx\n< 250 STARTTLS\n"
         "> STARTTLS\n+4 < 220 go\ntls\n+5 alert 40\nend",
         {1, 2, 3, 4, -1}},
        {"refused after the handshake",
         "+1 connected\n+2 < 220 mx\n> EHLO probe.example.test\n+3 < 250-mx\n< 250 STARTTLS\n"
         "> STARTTLS\n+4 < 220 go\ntls\n+5 secured\n> EHLO probe.example.test\n+6 alert 116\nend",
         {1, 2, 3, 4, -1}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct smtp_facts *facts = play(&player, rows[i].name, rows[i].script, false);
        CASE_INT(rows[i].name, facts->timings.connect, rows[i].timings.connect);
        CASE_INT(rows[i].name, facts->timings.banner, rows[i].timings.banner);
        CASE_INT(rows[i].name, facts->timings.ehlo, rows[i].timings.ehlo);
        CASE_INT(rows[i].name, facts->timings.starttls, rows[i].timings.starttls);
        CASE_INT(rows[i].name, facts->timings.handshake, rows[i].timings.handshake);
        smtp_facts_unref(facts);
    }
}

/* One absolute deadline a phase: bytes that come do not move it. */
static void test_deadlines(void **state)
{
    static const char script[] =
        "deadline 10000\n+5 connected\ndeadline 60000\n"
        "+1000 << 220-\n+1000 << mx\\r\\n\n+1000 << 2\ndeadline 57000\n<< 20 go\\r\\n\n"
        "> EHLO probe.example.test\ndeadline 30000\n+1000 < 250-mx\ndeadline 29000\n"
        "< 250 STARTTLS\n> STARTTLS\ndeadline 30000\n+1000 << 220 g\ndeadline 29000\n<< o\\r\\n\n"
        "tls\ndeadline 30000\n+20 secured\n> EHLO probe.example.test\ndeadline 30000\n"
        "+1000 < 250-mx\ndeadline 29000\n< 250 HELP\n> QUIT\ndeadline 3000\n< 221 bye\nend";
    static const char hasty[] =
        "deadline 10000\nconnected\ndeadline 60000\n< 554 no\n> QUIT\ndeadline 700\nclosed\nend";
    struct player impatient = player;

    (void)state;
    smtp_facts_unref(play(&player, "a deadline a phase", script, false));
    impatient.options.timeout_ms = 700;
    smtp_facts_unref(play(&impatient, "QUIT waits no longer than others", hasty, false));
}

static void test_names(void **state)
{
    static const struct dns_address six = {.family = DNS_IPV6,
                                           .bytes = {0x20, 1, 0xd, 0xb8, [15] = 1}};
    static const struct dns_address four = {.family = DNS_IPV4, .bytes = {192, 0, 2, 10}};
    /* RFC 5321 4.1.3 */
    static const struct {
        const char *name, *ehlo;
        const struct dns_address *local;
        const char *expected;
    } rows[] = {
        {"a name", "probe.example.test", &four, "EHLO probe.example.test\r\n"},
        {"an IPv4 literal", NULL, &four, "EHLO [192.0.2.10]\r\n"},
        {"an IPv6 literal", NULL, &six, "EHLO [IPv6:2001:db8::1]\r\n"},
        {"not known", NULL, NULL, "EHLO [127.0.0.1]\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct smtp_session_options options = player.options;
        struct smtp_facts *facts = smtp_facts_new(&four, 25);
        struct smtp_session session;
        options.ehlo = rows[i].ehlo;
        smtp_session_begin(&session, &options, facts, 0);
        smtp_session_connected(&session, rows[i].local, 0);
        smtp_session_bytes(&session, (const uint8_t *)BYTES("220 mx\r\n"), 0);
        CASE_INT(rows[i].name, (long long)session.output_length,
                 (long long)strlen(rows[i].expected));
        CASE_CHECK(rows[i].name,
                   memcmp(session.output, rows[i].expected, session.output_length) == 0);
        smtp_session_clear(&session);
        smtp_facts_unref(facts);
    }
}

/* A server that answers before it is asked: no more than fits is sent, nothing breaks. */
static void test_answers_ahead(void **state)
{
    static const char bytes[] = "220 mx\r\n502 no\r\n250 mx\r\n221 bye\r\n";
    char name[SMTP_EHLO_NAME_MAX + 1];
    const struct dns_address four = {.family = DNS_IPV4, .bytes = {192, 0, 2, 10}};
    struct smtp_session_options options = player.options;
    struct smtp_facts *facts = smtp_facts_new(&four, 25);
    struct smtp_session session;

    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    options.ehlo = name;
    smtp_session_begin(&session, &options, facts, 0);
    smtp_session_connected(&session, &four, 0);
    smtp_session_bytes(&session, (const uint8_t *)bytes, sizeof bytes - 1, 0);
    assert_int_equal(session.want, SMTP_WANT_END);
    assert_true(session.output_length <= sizeof session.output);
    assert_true(memcmp(session.output, "EHLO aaa", 8) == 0);
    smtp_session_clear(&session);
    smtp_facts_unref(facts);
}

static void test_evidence(void **state)
{
    struct smtp_facts *facts = play(
        &player, "healthy",
        TO_STARTTLS "< 220 go\ntls\nsecured\n> EHLO probe.example.test\n< 250-mx.example.test\n"
                    "< 250 STARTTLS\n" GOODBYE,
        false);

    (void)state;
    assert_string_equal(facts->banner, "220 mx.example.test ESMTP");
    assert_string_equal(facts->helo, "mx.example.test");
    assert_int_equal(facts->n_capabilities, 2);
    assert_string_equal(facts->capabilities[0], "SIZE 1000");
    assert_string_equal(facts->capabilities[1], "STARTTLS");
    assert_non_null(facts->tls);
    assert_true(facts->starttls_inside_tls);
    assert_false(facts->ehlo_refused);
    assert_int_equal(facts->n_dialogue, 0); /* not asked for */
    smtp_facts_unref(facts);

    facts = play(&player, "injected",
                 "inject\n" TO_STARTTLS "> NOOP\n< 220 go ahead\ntls\nsecured\n< 250 ok\n" GOODBYE,
                 false);
    assert_true(facts->injected);
    smtp_facts_unref(facts);

    facts = play(&player, "EHLO refused", TO_HELO "< 250 mx\n" GOODBYE, false);
    assert_true(facts->ehlo_refused);
    assert_null(facts->tls);
    smtp_facts_unref(facts);

    facts = play(&player, "behind the 220", TO_STARTTLS "<< 220 go\\r\\n250 \\x00x\nend", false);
    assert_int_equal(facts->after_220_length, 6);
    assert_memory_equal(facts->after_220, "250 \0x", 6);
    assert_null(facts->tls);
    smtp_facts_unref(facts);

    facts = play(&player, "handshake late", TO_HANDSHAKE "expired\nend", false);
    assert_int_equal(facts->tls_failure.kind, TLS_FAILED_TIMEOUT);
    smtp_facts_unref(facts);

    facts = play(&player, "client certificate demanded", TO_TLS_EHLO "alert 116\nend", false);
    assert_int_equal(facts->tls_failure.kind, TLS_FAILED_ALERT);
    assert_int_equal(facts->tls_failure.alert, 116);
    assert_null(facts->tls); /* no session came of it */
    smtp_facts_unref(facts);

    facts = play(&player, "reset", TO_BANNER "reset\nend", false);
    assert_int_equal(facts->os_error, ECONNRESET);
    smtp_facts_unref(facts);

    facts = play(&player, "bare line feeds",
                 TO_BANNER "<< 220 mx\\n\n> EHLO probe.example.test\n"
                           "closed\nend",
                 false);
    assert_non_null(facts->deviation);
    smtp_facts_unref(facts);
}

/* Of what came behind the 220 no more is kept than is shown. */
static void test_evidence_is_bounded(void **state)
{
    static const char script[] = TO_STARTTLS;
    static char flood[1200] = "<< 220 go\\r\\n";
    const char *const parts[] = {script, flood, "end", NULL};
    struct player named = player;

    (void)state;
    memset(flood + strlen(flood), 'x', 1000);
    named.name = "flood behind the 220";
    struct smtp_facts *facts = player_play(&named, parts);
    assert_int_equal(facts->after_220_length, TLS_FIRST_BYTES_MAX);
    smtp_facts_unref(facts);
}

/* The handshake's own evidence is not lost to the deadline: bytes that are no TLS stay (row 15). */
static void test_no_tls_then_silence(void **state)
{
    const struct dns_address four = {.family = DNS_IPV4, .bytes = {192, 0, 2, 1}};
    const struct tls_failure garbage = {
        .kind = TLS_FAILED_NOT_TLS, .alert = -1, .first = "250", .first_length = 3};
    static const char to_220[] = "220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n";
    struct smtp_facts *facts = smtp_facts_new(&four, 25);
    struct smtp_session session;

    (void)state;
    smtp_session_begin(&session, &player.options, facts, 0);
    smtp_session_connected(&session, &four, 0);
    smtp_session_bytes(&session, (const uint8_t *)to_220, sizeof to_220 - 1, 0);
    assert_int_equal(session.want, SMTP_WANT_TLS);
    smtp_session_expired(&session, &garbage, 30000);
    assert_int_equal(facts->problem, SMTP_TLS_FAILED);
    assert_int_equal(facts->tls_failure.kind, TLS_FAILED_NOT_TLS);
    assert_int_equal(facts->tls_failure.first_length, 3);
    smtp_session_clear(&session);
    smtp_facts_unref(facts);
}

static void test_dialogue_is_kept(void **state)
{
    static const struct {
        int at_ms;
        char direction;
        const char *text;
    } lines[] = {
        {5, '*', NULL},      {12, '<', "220 mx"},   {12, '>', "EHLO probe.example.test"},
        {15, '<', "250-mx"}, {15, '<', "250 HELP"}, {15, '>', "STARTTLS"},
        {15, '<', "502 no"}, {15, '>', "QUIT"},     {16, '<', "221 bye"},
    };
    struct player talkative = player;

    (void)state;
    talkative.options.keep_dialogue = true;
    struct smtp_facts *facts =
        play(&talkative, "dialogue",
             "+5 connected\n+7 < 220 mx\n> EHLO probe.example.test\n+3 << 250-mx\\r\\n250 "
             "HELP\\r\\n\n> STARTTLS\n< 502 no\n> QUIT\n+1 < 221 bye\nend",
             false);
    assert_int_equal(facts->n_dialogue, COUNT(lines));
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_int_equal(facts->dialogue[i].at_ms, lines[i].at_ms);
        assert_int_equal(facts->dialogue[i].direction, lines[i].direction);
        if (lines[i].text)
            assert_string_equal(facts->dialogue[i].text, lines[i].text);
    }
    smtp_facts_unref(facts);
}

/* An end that has been told is final: nothing that comes later changes the facts. */
static void test_nothing_after_the_end(void **state)
{
    const struct dns_address four = {.family = DNS_IPV4, .bytes = {192, 0, 2, 1}};
    const struct tls_stream_ended ended = {.end = TLS_STREAM_RESET, .os_error = ECONNRESET};
    struct smtp_facts *facts = smtp_facts_new(&four, 25);
    struct smtp_session session;

    (void)state;
    smtp_session_begin(&session, &player.options, facts, 0);
    smtp_session_connected(&session, &four, 1);
    smtp_session_bytes(&session, (const uint8_t *)BYTES("421 busy\r\n"), 2);
    assert_int_equal(session.want, SMTP_WANT_END);
    smtp_session_bytes(&session, (const uint8_t *)BYTES("220 mx\r\n"), 3);
    smtp_session_ended(&session, &ended, 4);
    smtp_session_expired(&session, NULL, 5);
    smtp_session_cut(&session, SMTP_INTERRUPTED, 6);
    smtp_session_cut(&session, SMTP_INTERRUPTED, 7);
    assert_int_equal(session.want, SMTP_WANT_END);
    assert_int_equal(session.output_length, 0);
    assert_int_equal(facts->problem, SMTP_TEMPORARY_REPLY);
    assert_int_equal(facts->reply_code, 421);
    assert_int_equal(facts->os_error, 0);
    smtp_session_clear(&session);
    smtp_facts_unref(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dialogues),
        cmocka_unit_test(test_dialogues_byte_by_byte),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_timings),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_answers_ahead),
        cmocka_unit_test(test_evidence),
        cmocka_unit_test(test_evidence_is_bounded),
        cmocka_unit_test(test_no_tls_then_silence),
        cmocka_unit_test(test_dialogue_is_kept),
        cmocka_unit_test(test_nothing_after_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
