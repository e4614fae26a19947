/*
 * How the end of every kind of session reads.
 */
#include "output/text_parts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "capture.h"

static char slow_down[] = "4.7.0 slow down", no_service[] = "no service here";
static char not_smtp[] = "a reply of 70000 bytes";
static uint8_t injected[] = "250 ok\r\n";
static uint8_t long_injected[80];

static const struct {
    struct smtp_facts facts;
    const char *expected;
} cases[] = {
    {{.problem = SMTP_CONNECTION_REFUSED, .os_error = ECONNREFUSED}, "connection refused"},
    {{.problem = SMTP_UNREACHABLE, .os_error = EHOSTUNREACH},
     "cannot be reached (No route to host)"},
    {{.problem = SMTP_FAMILY_UNAVAILABLE},
     "not tried: this machine has no route for the address family"},
    {{.problem = SMTP_TIMED_OUT}, "no answer in time"},
    {{.problem = SMTP_TIMED_OUT, .stage = SMTP_STAGE_BANNER}, "no answer in time (at banner)"},
    {{.problem = SMTP_CLOSED, .stage = SMTP_STAGE_EHLO},
     "the server closed the connection (at ehlo)"},
    {{.problem = SMTP_MALFORMED, .stage = SMTP_STAGE_BANNER, .reply_text = not_smtp},
     "the answer is no SMTP: a reply of 70000 bytes (at banner)"},
    {{.problem = SMTP_TEMPORARY_REPLY,
      .stage = SMTP_STAGE_BANNER,
      .reply_code = 421,
      .reply_text = slow_down},
     "turned away for now: 421 4.7.0 slow down (at banner)"},
    {{.problem = SMTP_PERMANENT_REPLY,
      .stage = SMTP_STAGE_BANNER,
      .reply_code = 554,
      .reply_text = no_service},
     "turned away: 554 no service here (at banner)"},
    {{.problem = SMTP_PERMANENT_REPLY, .stage = SMTP_STAGE_EHLO, .reply_code = 502},
     "turned away: 502 (at ehlo)"},
    {{.problem = SMTP_STARTTLS_UNANSWERED, .stage = SMTP_STAGE_STARTTLS},
     "no TLS: STARTTLS is not answered as it must be (at starttls)"},
    {{.problem = SMTP_PLAINTEXT_AFTER_220,
      .stage = SMTP_STAGE_STARTTLS,
      .after_220 = injected,
      .after_220_length = 8},
     "no TLS: plaintext came after the 220 to STARTTLS: \"250 ok\\x0d\\x0a\" (at starttls)"},
    {{.problem = SMTP_PLAINTEXT_AFTER_220,
      .stage = SMTP_STAGE_STARTTLS,
      .after_220 = long_injected,
      .after_220_length = 65},
     "no TLS: plaintext came after the 220 to STARTTLS: \""
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\" (at starttls)"},
    {{.problem = SMTP_TARGET_REFUSED}, "not tried: special-use address (see --allow-private)"},
    {{.problem = SMTP_TARGET_EXCLUDED}, "not tried: on the exclude list"},
    {{.problem = SMTP_INTERRUPTED}, "interrupted"},
    {{.problem = SMTP_OURS, .os_error = EMFILE}, "trouble on this machine (Too many open files)"},
    {{.stage = SMTP_STAGE_EHLO, .starttls = SMTP_STARTTLS_NOT_OFFERED},
     "no TLS: STARTTLS is not offered"},
    {{.stage = SMTP_STAGE_EHLO, .starttls = SMTP_STARTTLS_NOT_OFFERED, .ehlo_refused = true},
     "no TLS: EHLO is refused, HELO accepted"},
    {{.stage = SMTP_STAGE_EHLO, .ehlo_refused = true}, "no TLS: EHLO is refused, HELO accepted"},
    {{.stage = SMTP_STAGE_STARTTLS,
      .starttls = SMTP_STARTTLS_REFUSED,
      .reply_code = 454,
      .reply_text = slow_down},
     "no TLS: STARTTLS is refused: 454 4.7.0 slow down"},
    {{.starttls = SMTP_STARTTLS_ACCEPTED}, "no TLS"},
    {{.starttls = SMTP_STARTTLS_NOT_TRIED}, "no TLS"},
    {{.problem = SMTP_TLS_FAILED,
      .stage = SMTP_STAGE_HANDSHAKE,
      .tls_failure = {.kind = TLS_FAILED_ALERT, .alert = 40}},
     "no TLS: the handshake failed: the server sent alert 40, handshake_failure"},
    {{.problem = SMTP_TLS_FAILED,
      .stage = SMTP_STAGE_HANDSHAKE,
      .tls_failure = {.kind = TLS_FAILED_ALERT, .alert = 40, .certificate_requested = true}},
     "no TLS: the handshake failed: the server sent alert 40, handshake_failure, after it asked "
     "for a client certificate"},
    {{.problem = SMTP_TLS_FAILED,
      .stage = SMTP_STAGE_HANDSHAKE,
      .tls_failure = {.kind = TLS_FAILED_LOCAL,
                      .error = ERR_PACK(ERR_LIB_SSL, 0, SSL_R_UNSUPPORTED_PROTOCOL)}},
     "no TLS: the handshake failed: unsupported protocol"},
    {{.problem = SMTP_TLS_FAILED,
      .stage = SMTP_STAGE_HANDSHAKE,
      .tls_failure = {.kind = TLS_FAILED_NOT_TLS, .first = "HTTP/1.1\r\n", .first_length = 10}},
     "no TLS: the handshake failed: the server did not answer in TLS but with "
     "\"HTTP/1.1\\x0d\\x0a\""},
    {{.problem = SMTP_TLS_FAILED, .tls_failure = {.kind = TLS_FAILED_CLOSED}},
     "no TLS: the handshake failed: the server closed the connection"},
    {{.problem = SMTP_TLS_FAILED,
      .tls_failure = {.kind = TLS_FAILED_RESET, .os_error = ECONNRESET}},
     "no TLS: the handshake failed: the connection broke (Connection reset by peer)"},
    {{.problem = SMTP_TLS_FAILED, .tls_failure = {.kind = TLS_FAILED_TIMEOUT}},
     "no TLS: the handshake failed: no answer in time"},
    {{.problem = SMTP_TLS_FAILED, .tls_failure = {.kind = TLS_FAILED_OURS, .os_error = ENOMEM}},
     "no TLS: the handshake failed: trouble on this machine (Cannot allocate memory)"},
};

static void every_end_is_said_in_words(void **state)
{
    (void)state;
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL); /* as SSL_CTX_new does */
    memset(long_injected, 'a', sizeof long_injected);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct capture capture;
        struct page page;
        capture_begin(&capture);
        page_init(&page, capture.out, false);
        page.width = 1000;
        page_row(&page, 0, PAINT_NONE, NULL, 0);
        text_session_end(&page, &cases[i].facts);
        assert_int_equal(page_write(&page, capture.out), 0);
        capture_end(&capture);
        capture.text[capture.length - 1] = '\0';
        assert_string_equal(capture.text, cases[i].expected);
        capture_clear(&capture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_end_is_said_in_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
