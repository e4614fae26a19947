/* How a survey is printed: as JSON whole, as text line by line; nothing where there was none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"
#include "output/result.h"
#include "sample.h"

/* An old Exim: three versions, no TLS 1.3, DHE with its own prime, RC4 and 3DES. */
static const struct tls_survey old = {
    .connections = 11,
    .order = SURVEY_ORDER_CLIENT,
    .versions = {{SURVEY_REFUSED, 0, 0, 0, 0},
                 {SURVEY_ACCEPTED, 0x0301, 0x0039, 0, 1024},
                 {SURVEY_ACCEPTED, 0x0302, 0x0035, 0, 0},
                 {SURVEY_ACCEPTED, 0x0303, 0xc030, 29, 0},
                 {SURVEY_REFUSED, 0, 0, 0, 0}},
    .weak = {[TLS_SUITE_ANONYMOUS] = {SURVEY_REFUSED, 0, 0, 0, 0},
             [TLS_SUITE_NULL] = {SURVEY_REFUSED, 0, 0, 0, 0},
             [TLS_SUITE_EXPORT] = {SURVEY_REFUSED, 0, 0, 0, 0},
             [TLS_SUITE_RC4] = {SURVEY_ACCEPTED, 0x0303, 0x0005, 0, 0},
             [TLS_SUITE_DES] = {SURVEY_ACCEPTED, 0x0303, 0x000a, 0, 0}},
};

/* Throttled at the second connection. */
static const struct tls_survey cut_short = {
    .connections = 2,
    .versions = {[4] = {SURVEY_ACCEPTED, 0x0304, 0x1302, 0x11ec, 0}},
};

static const struct tls_survey sound = {
    .connections = 12,
    .order = SURVEY_ORDER_SERVER,
    .versions = {{SURVEY_REFUSED, 0, 0, 0, 0},
                 {SURVEY_REFUSED, 0, 0, 0, 0},
                 {SURVEY_REFUSED, 0, 0, 0, 0},
                 {SURVEY_ACCEPTED, 0x0303, 0x009f, 256, 2048},
                 {SURVEY_ACCEPTED, 0x0304, 0x1301, 0x4242, 0}},
    .weak = {{SURVEY_REFUSED, 0, 0, 0, 0},
             {SURVEY_REFUSED, 0, 0, 0, 0},
             {SURVEY_REFUSED, 0, 0, 0, 0},
             {SURVEY_REFUSED, 0, 0, 0, 0},
             {SURVEY_REFUSED, 0, 0, 0, 0}},
};

static const struct {
    const char *name;
    const struct tls_survey *survey;
    const char *json, *text;
} cases[] = {
    {"old", &old,
     "\"survey\":{\"connections\":11,\"server_order\":false,\"versions\":["
     "{\"protocol\":\"SSLv3\",\"status\":\"refused\",\"cipher\":null,\"group\":null},"
     "{\"protocol\":\"TLSv1\",\"status\":\"accepted\",\"cipher\":\"DHE-RSA-AES256-SHA\","
     "\"group\":\"dh 1024\"},"
     "{\"protocol\":\"TLSv1.1\",\"status\":\"accepted\",\"cipher\":\"AES256-SHA\",\"group\":null},"
     "{\"protocol\":\"TLSv1.2\",\"status\":\"accepted\","
     "\"cipher\":\"ECDHE-RSA-AES256-GCM-SHA384\",\"group\":\"x25519\"},"
     "{\"protocol\":\"TLSv1.3\",\"status\":\"refused\",\"cipher\":null,\"group\":null}],"
     "\"weak\":["
     "{\"class\":\"anonymous\",\"status\":\"refused\",\"protocol\":null,\"cipher\":null},"
     "{\"class\":\"null\",\"status\":\"refused\",\"protocol\":null,\"cipher\":null},"
     "{\"class\":\"export\",\"status\":\"refused\",\"protocol\":null,\"cipher\":null},"
     "{\"class\":\"rc4\",\"status\":\"accepted\",\"protocol\":\"TLSv1.2\",\"cipher\":\"RC4-SHA\"},"
     "{\"class\":\"des\",\"status\":\"accepted\",\"protocol\":\"TLSv1.2\","
     "\"cipher\":\"DES-CBC3-SHA\"}]},",
     "    survey        TLSv1.2 with ECDHE-RSA-AES256-GCM-SHA384, x25519\n"
     "                  TLSv1.1 with AES256-SHA\n"
     "                  TLSv1 with DHE-RSA-AES256-SHA, dh 1024\n"
     "                  TLSv1.3, SSLv3 refused\n"
     "    weak suites   accepted: RC4 (RC4-SHA, TLSv1.2), DES and 3DES (DES-CBC3-SHA, TLSv1.2)\n"
     "                  refused: anonymous, NULL, EXPORT\n"
     "                  11 connections; the order of suites is the client's; whole lists of suites "
     "are the\n"
     "                  business of testssl.sh and sslscan\n"},
    {"cut short", &cut_short,
     "\"survey\":{\"connections\":2,\"server_order\":null,\"versions\":["
     "{\"protocol\":\"SSLv3\",\"status\":\"unknown\",\"cipher\":null,\"group\":null},"
     "{\"protocol\":\"TLSv1\",\"status\":\"unknown\",\"cipher\":null,\"group\":null},"
     "{\"protocol\":\"TLSv1.1\",\"status\":\"unknown\",\"cipher\":null,\"group\":null},"
     "{\"protocol\":\"TLSv1.2\",\"status\":\"unknown\",\"cipher\":null,\"group\":null},"
     "{\"protocol\":\"TLSv1.3\",\"status\":\"accepted\",\"cipher\":\"TLS_AES_256_GCM_SHA384\","
     "\"group\":\"X25519MLKEM768\"}],"
     "\"weak\":["
     "{\"class\":\"anonymous\",\"status\":\"unknown\",\"protocol\":null,\"cipher\":null},"
     "{\"class\":\"null\",\"status\":\"unknown\",\"protocol\":null,\"cipher\":null},"
     "{\"class\":\"export\",\"status\":\"unknown\",\"protocol\":null,\"cipher\":null},"
     "{\"class\":\"rc4\",\"status\":\"unknown\",\"protocol\":null,\"cipher\":null},"
     "{\"class\":\"des\",\"status\":\"unknown\",\"protocol\":null,\"cipher\":null}]},",
     "    survey        TLSv1.3 with TLS_AES_256_GCM_SHA384, X25519MLKEM768\n"
     "                  TLSv1.2, TLSv1.1, TLSv1, SSLv3 could not be told\n"
     "    weak suites   could not be told: anonymous, NULL, EXPORT, RC4, DES and 3DES\n"
     "                  2 connections; whole lists of suites are the business of testssl.sh and "
     "sslscan\n"},
    {"sound", &sound,
     "{\"protocol\":\"TLSv1.2\",\"status\":\"accepted\","
     "\"cipher\":\"DHE-RSA-AES256-GCM-SHA384\",\"group\":\"ffdhe2048\"},"
     "{\"protocol\":\"TLSv1.3\",\"status\":\"accepted\",\"cipher\":\"TLS_AES_128_GCM_SHA256\","
     "\"group\":\"0x4242\"}],",
     "    weak suites   refused: anonymous, NULL, EXPORT, RC4, DES and 3DES\n"
     "                  12 connections; the order of suites is the server's; whole lists of suites "
     "are the\n"},
};

static void print(const struct tls_survey *survey, bool json, struct capture *capture)
{
    const struct text_style style = {.color = false};
    struct sample sample;

    sample_make(&sample, SAMPLE_BROKEN);
    if (survey)
        sample.facts.hosts[1].endpoints[2]->survey = *survey; /* where no handshake succeeded */
    capture_begin(capture);
    assert_int_equal(json ? result_print_json(capture->out, &sample.result)
                          : result_print_text(capture->out, &sample.result, &style),
                     0);
    capture_end(capture);
    sample_clear(&sample);
}

static void is_printed_whole(void **state)
{
    struct capture capture;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int json = 0; json < 2; json++) {
            const char *wanted = json ? cases[i].json : cases[i].text;
            print(cases[i].survey, json, &capture);
            if (!strstr(capture.text, wanted))
                fail_msg("%s: wanted\n%s\nof\n%s", cases[i].name, wanted, capture.text);
            capture_clear(&capture);
        }
}

static void is_not_told_of_where_there_was_none(void **state)
{
    struct capture capture;

    (void)state;
    print(NULL, true, &capture);
    assert_non_null(strstr(capture.text, "\"survey\":null"));
    assert_null(strstr(capture.text, "\"survey\":{"));
    capture_clear(&capture);
    print(NULL, false, &capture);
    assert_null(strstr(capture.text, "survey"));
    assert_null(strstr(capture.text, "weak suites"));
    capture_clear(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_printed_whole),
        cmocka_unit_test(is_not_told_of_where_there_was_none),
    };
    return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
