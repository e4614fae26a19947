#include "output/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"
#include "sample.h"

static void expect(const struct result *results, size_t n_results, const char *expected)
{
    struct capture capture;

    capture_begin(&capture);
    assert_int_equal(results_print_nagios(capture.out, results, n_results), 0);
    capture_end(&capture);
    assert_string_equal(capture.text, expected);
    capture_clear(&capture);
}

static void a_healthy_domain(void **state)
{
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    expect(&sample.result, 1,
           "MXPROBE OK - xn--mnchen-3ya.test: nothing wrong found | time=0.412s;;;0 "
           "domains=1;;;0 failures=0;;;0 warnings=0;;;0 certificate_days=23\n");
    sample_clear(&sample);
}

static void a_broken_domain_names_its_gravest_finding(void **state)
{
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_BROKEN);
    expect(&sample.result, 1,
           "MXPROBE CRITICAL - example.test: certificate_expired at mx1.example.test [192.0.2.1]: "
           "certificate ended 2026-11-01T08:00:00Z (23 days ago) (what if: sts-mode=enforce) "
           "| time=0.412s;;;0 domains=1;;;0 failures=2;;;0 warnings=0;;;0 certificate_days=-23\n");
    sample_clear(&sample);
}

static void without_a_certificate_there_are_no_days(void **state)
{
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_EMPTY);
    expect(&sample.result, 1,
           "MXPROBE CRITICAL - no.example.test: dns_no_mail_host: the domain does not exist "
           "| time=0.412s;;;0 domains=1;;;0 failures=1;;;0 warnings=0;;;0\n");
    sample_clear(&sample);
}

/* A certificate that has ended must not read as one with 0 days left. */
static void days_are_whole_and_rounded_down(void **state)
{
    static const struct {
        int64_t seconds;
        const char *perfdata;
    } cases[] = {
        {86400, " certificate_days=1\n"},   {86399, " certificate_days=0\n"},
        {0, " certificate_days=0\n"},       {-1, " certificate_days=-1\n"},
        {-86400, " certificate_days=-1\n"}, {-86401, " certificate_days=-2\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample sample;
        struct capture capture;
        sample_make(&sample, SAMPLE_HEALTHY);
        sample.facts.hosts[1].endpoints[0]->tls->chain[0].not_after_s =
            sample.result.now_s + cases[i].seconds;
        capture_begin(&capture);
        assert_int_equal(results_print_nagios(capture.out, &sample.result, 1), 0);
        capture_end(&capture);
        assert_non_null(strstr(capture.text, cases[i].perfdata));
        capture_clear(&capture);
        sample_clear(&sample);
    }
}

/* CONTRACT: "the worst domain decides, in the order 2, 3, 1, 0". */
static const struct {
    enum verdict_word words[3];
    const char *begins;
} orders[] = {
    {{VERDICT_OK, VERDICT_OK, VERDICT_OK}, "MXPROBE OK - 3 domains: 3 ok; "},
    {{VERDICT_OK, VERDICT_WARNING, VERDICT_OK}, "MXPROBE WARNING - 3 domains: 1 warning, 2 ok; "},
    {{VERDICT_WARNING, VERDICT_UNKNOWN, VERDICT_OK},
     "MXPROBE UNKNOWN - 3 domains: 1 unknown, 1 warning, 1 ok; "},
    {{VERDICT_UNKNOWN, VERDICT_FAIL, VERDICT_WARNING},
     "MXPROBE CRITICAL - 3 domains: 1 fail, 1 unknown, 1 warning; "},
};

static void the_worst_domain_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct sample samples[3];
        struct result results[3];
        struct capture capture;
        for (size_t j = 0; j < 3; j++) {
            sample_make(&samples[j], SAMPLE_HEALTHY);
            samples[j].verdict.word = orders[i].words[j];
            results[j] = samples[j].result;
        }
        capture_begin(&capture);
        assert_int_equal(results_print_nagios(capture.out, results, 3), 0);
        capture_end(&capture);
        if (strncmp(capture.text, orders[i].begins, strlen(orders[i].begins)) != 0)
            fail_msg("%s", capture.text);
        assert_ptr_equal(strchr(capture.text, '\n'), capture.text + capture.length - 1);
        capture_clear(&capture);
        for (size_t j = 0; j < 3; j++)
            sample_clear(&samples[j]);
    }
}

static void others_in_the_same_state_are_named_up_to_a_limit(void **state)
{
    enum { N = 8 };
    static struct sample samples[N];
    struct result results[N];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        sample_make(&samples[i], i == 0 ? SAMPLE_HEALTHY : SAMPLE_EMPTY);
        samples[i].facts.started_at_ms += (int64_t)(1000 * i);
        results[i] = samples[i].result;
    }
    expect(results, N,
           "MXPROBE CRITICAL - 8 domains: 7 fail, 1 ok; no.example.test: dns_no_mail_host: the "
           "domain does not exist; also no.example.test, no.example.test, no.example.test, "
           "no.example.test, no.example.test and 1 more | time=7.412s;;;0 domains=8;;;0 "
           "failures=7;;;0 warnings=0;;;0 certificate_days=23\n");
    for (size_t i = 0; i < N; i++)
        sample_clear(&samples[i]);
}

/* One line, one bar, nothing that a terminal or a page could be steered with, and not endless. */
static void attacks_are_escaped(void **state)
{
    struct capture capture;
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HOSTILE);
    capture_begin(&capture);
    assert_int_equal(results_print_nagios(capture.out, &sample.result, 1), 0);
    capture_end(&capture);
    assert_null(first_unsafe(capture.text, capture.length));
    assert_ptr_equal(strchr(capture.text, '\n'), capture.text + capture.length - 1);
    assert_ptr_equal(strchr(capture.text, '|'), strstr(capture.text, "| time="));
    assert_ptr_equal(strchr(capture.text, '|'), strrchr(capture.text, '|'));
    assert_non_null(strstr(capture.text, "\\x7c"));
    capture_clear(&capture);
    sample_clear(&sample);
}

static void long_details_are_cut(void **state)
{
    static const struct {
        char fill;
        const char *end;
    } cases[] = {{'d', "ddd... | time="}, {'\x80', "\\x80... | time="}, {'|', "\\x7c... | time="}};
    static char detail[4096];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct capture capture;
        struct sample sample;
        memset(detail, cases[i].fill, sizeof detail - 1);
        sample_make(&sample, SAMPLE_EMPTY);
        sample.verdict.findings[0].detail = detail;
        capture_begin(&capture);
        assert_int_equal(results_print_nagios(capture.out, &sample.result, 1), 0);
        capture_end(&capture);
        assert_non_null(strstr(capture.text, cases[i].end));
        assert_true(capture.length < 900);
        capture_clear(&capture);
        sample_clear(&sample);
    }
}

/* In an unknown state the line names what is unknown, not a warning beside it. */
static void the_finding_that_decided_is_named(void **state)
{
    static char none[] = "", unknown[] = "no answer";
    struct finding findings[] = {
        {.severity = SEVERITY_INFO, .reason = REASON_TLS_RPT_ABSENT, .detail = none},
        {.severity = SEVERITY_WARNING, .reason = REASON_TLS_RPT_INVALID, .detail = none},
        {.severity = SEVERITY_UNKNOWN, .reason = REASON_DNS_TEMPORARY_FAILURE, .detail = unknown},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_EMPTY);
    sample.verdict.word = VERDICT_UNKNOWN;
    sample.verdict.findings = findings;
    sample.verdict.n_findings = 3;
    expect(&sample.result, 1,
           "MXPROBE UNKNOWN - no.example.test: dns_temporary_failure: no answer | time=0.412s;;;0 "
           "domains=1;;;0 failures=0;;;0 warnings=1;;;0\n");
    sample_clear(&sample);
}

static void an_error_of_our_own(void **state)
{
    static const struct {
        const char *message, *line;
    } cases[] = {
        {"bad usage: no such option", "MXPROBE UNKNOWN - bad usage: no such option\n"},
        {"a|b\nc\x1b", "MXPROBE UNKNOWN - a\\x7cb\\x0ac\\x1b\n"},
        {"ends in a bar|", "MXPROBE UNKNOWN - ends in a bar\\x7c\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct capture capture;
        capture_begin(&capture);
        assert_int_equal(nagios_print_error(capture.out, cases[i].message), 0);
        capture_end(&capture);
        assert_string_equal(capture.text, cases[i].line);
        capture_clear(&capture);
    }
}

static void no_domain_at_all_is_unknown(void **state)
{
    (void)state;
    expect(NULL, 0, "MXPROBE UNKNOWN - no domain was judged\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_domain),
        cmocka_unit_test(a_broken_domain_names_its_gravest_finding),
        cmocka_unit_test(without_a_certificate_there_are_no_days),
        cmocka_unit_test(days_are_whole_and_rounded_down),
        cmocka_unit_test(the_worst_domain_decides),
        cmocka_unit_test(others_in_the_same_state_are_named_up_to_a_limit),
        cmocka_unit_test(attacks_are_escaped),
        cmocka_unit_test(long_details_are_cut),
        cmocka_unit_test(the_finding_that_decided_is_named),
        cmocka_unit_test(an_error_of_our_own),
        cmocka_unit_test(no_domain_at_all_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
