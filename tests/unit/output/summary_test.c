/*
 * What is counted, and the last screen.
 */
#include "output/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"
#include "summary_sample.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* The caller frees. */
static char *text_of(const struct summary *summary, const struct summary_run *run, bool color)
{
    struct capture capture;

    capture_begin(&capture);
    assert_int_equal(summary_print_text(capture.out, summary, run, color), 0);
    capture_end(&capture);
    return capture.text;
}

static char *json_of(const struct summary *summary)
{
    struct capture capture;

    capture_begin(&capture);
    assert_int_equal(summary_print_json(capture.out, summary, &summary_sample_run), 0);
    capture_end(&capture);
    return capture.text;
}

/* --- the last screen ----------------------------------------------------------------------- */

static void the_last_screen(void **state)
{
    static const char expected[] =
        "3 domains in 12.4 s (0.2 a second): 1 ok, 2 fail\n"
        "Input         10 lines, 1 duplicate, 2 malformed, 4 excluded, 3 answered before, 5 tried "
        "again later\n"
        "Delivery      what senders of each kind would do now:\n"
        "  plain       2 tls, 1 bounce\n"
        "  MTA-STS     1 tls, 1 defer, 1 bounce\n"
        "  DANE        2 tls, 1 bounce\n"
        "MX            2 found, 1 nxdomain\n"
        "MTA-STS       2 valid, 1 absent\n"
        "  policy      2 valid\n"
        "  mode        2 enforce\n"
        "DANE          1 domain with usable TLSA on a host\n"
        "  hosts       1 usable, 3 absent\n"
        "TLS-RPT       2 valid, 1 absent\n"
        "Endpoints     9 seen (an address counts once for each domain that it serves), 5 with TLS "
        "(55.6 %)\n"
        "  reached     1 connect, 1 banner, 1 ehlo, 1 handshake, 5 done\n"
        "  STARTTLS    2 not-tried, 1 not-offered, 6 accepted\n"
        "  protocol    5 TLSv1.3\n"
        "  key         5 EC 256\n"
        "  group       5 x25519\n"
        "Certificates  1 ends within 30 days, on 2026-12-17T09:00:00Z at mx1.example.test\n"
        "Result types  1 certificate-expired\n"
        "Failures                                      domains   findings\n"
        "  certificate_expired                               1          2\n"
        "  dns_no_mail_host                                  1          1\n"
        "Unknown                                       domains   findings\n"
        "  connection_refused                                1          1\n"
        "For information                               domains   findings\n"
        "  tls_rpt_absent                                    1          1\n"
        "Mail providers, by MX host name               domains\n"
        "  example.test                                      2\n"
        "Probes        7 made, 20 saved by sharing, 1 made again\n"
        "DNS           60 questions, 15 from the cache, 5 joined, 43 queries sent, 3 lookups "
        "failed "
        "(7.5 %)\n"
        "Connects      8 tried, 1 failed (12.5 %), 2 policies fetched\n"
        "Machine       2 threads, 84 MiB of memory at the most\n"
        "Interrupted   to go on:\n"
        "  mxprobe scan --output out.jsonl --resume list\n";
    struct summary *summary = summary_of_samples();
    char *text = text_of(summary, &summary_sample_run, false);

    (void)state;
    assert_string_equal(text, expected);
    free(text);
    summary_free(summary);
}

/* A run that did nothing has nothing to say about it. */
static void no_line_of_zeros(void **state)
{
    static const struct summary_run run = {0};
    struct summary *summary = summary_new();
    char *text = text_of(summary, &run, false);

    (void)state;
    assert_string_equal(text, "0 domains in 0.0 s (0.0 a second)\n");
    free(text);
    summary_free(summary);
}

static void an_interruption_without_a_way_on(void **state)
{
    static const struct summary_run run = {.interrupted = true};
    struct summary *summary = summary_new();
    char *text = text_of(summary, &run, false);

    (void)state;
    assert_non_null(strstr(text, "\nInterrupted   before every domain was answered\n"));
    free(text);
    summary_free(summary);
}

static void no_share_beyond_the_whole(void **state)
{
    static const struct {
        struct summary_run run;
        const char *line;
    } cases[] = {
        {{.dns_asked = 12, .dns_failed = 14}, "12 questions, 14 lookups failed (100.0 %)\n"},
        {{.dns_asked = 4, .dns_cached = 3, .dns_joined = 2, .dns_failed = 1}, "failed (100.0 %)\n"},
        {{.dns_asked = 10, .dns_cached = 4, .dns_joined = 1, .dns_failed = 2}, "failed (40.0 %)\n"},
        {{.connects = 3, .connects_failed = 3}, "3 tried, 3 failed (100.0 %)\n"},
    };
    struct summary *summary = summary_new();

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char *text = text_of(summary, &cases[i].run, false);
        assert_non_null(strstr(text, cases[i].line));
        free(text);
    }
    summary_free(summary);
}

/* A domain with every reason at every severity, far more than a screen holds. */
static void add_every_reason(struct summary *summary)
{
    static struct finding findings[4 * REASON_COUNT];
    struct domain_facts facts = {0};
    struct verdict verdict = {.findings = findings, .n_findings = LENGTH(findings)};
    const struct result result = {.facts = &facts, .verdict = &verdict};

    for (size_t i = 0; i < verdict.n_findings; i++)
        findings[i] = (struct finding){.severity = (enum severity)(i % 4),
                                       .reason = (enum reason)(i / 4),
                                       .result_type = (enum result_type)(i / 4 % 12)};
    summary_add(summary, &result);
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void it_stays_one_screen(void **state)
{
    struct summary *summary = summary_of_samples();
    char title[64];

    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        struct sample sample;
        char host[32], key[32];
        sample_make(&sample, SAMPLE_HEALTHY);
        snprintf(host, sizeof host, "mx.provider%u.test", i);
        snprintf(key, sizeof key, "RSA %u", 1024 + i);
        sample.facts.hosts[0].host = host;
        sample.facts.hosts[0].endpoints[0]->tls->chain[0].key = key;
        sample.facts.hosts[0].endpoints[0]->tls->group = key;
        summary_add(summary, &sample.result);
        sample_clear(&sample);
    }
    add_every_reason(summary);
    char *text = text_of(summary, &summary_sample_run, false);
    assert_in_range(count_lines(text), 50, 62);
    snprintf(title, sizeof title, "\nFailures, the first 6 of %d  ", REASON_COUNT);
    assert_non_null(strstr(text, title));
    free(text);
    summary_free(summary);
}

/* A domain with one MX host about which nothing else is known. */
static void add_host(struct summary *summary, char *name)
{
    struct host_facts host = {0};
    struct host_verdict host_verdict = {.dane = DANE_ABSENT};
    struct domain_facts facts = {.hosts = &host, .n_hosts = 1};
    struct verdict verdict = {.hosts = &host_verdict, .n_hosts = 1};
    const struct result result = {.facts = &facts, .verdict = &verdict};

    host.host = name;
    summary_add(summary, &result);
}

static void strangers_cannot_steer_the_terminal(void **state)
{
    struct summary *summary = summary_new();

    (void)state;
    summary_add_sample(summary, SAMPLE_HOSTILE);
    char *text = text_of(summary, &summary_sample_run, false);
    char *json = json_of(summary);
    assert_null(first_unsafe(text, strlen(text)));
    assert_null(first_unsafe(json, strlen(json)));
    assert_non_null(strstr(json, "\\\\x1b]0;owned"));
    free(text);
    free(json);
    summary_free(summary);
}

static void a_long_name_does_not_shift_the_figures(void **state)
{
    char host[] = "mx.a-label-of-sixty-three-octets-is-the-longest-that-the-dns-can-hold-xyz.test";
    struct summary *summary = summary_new();
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.facts.hosts[0].host = sample.facts.hosts[1].host = host;
    summary_add(summary, &sample.result);
    sample_clear(&sample);
    char *text = text_of(summary, &summary_sample_run, false);
    assert_non_null(strstr(text, "\n  a-label-of-sixty-three-octets-is-the..            1\n"));
    free(text);
    summary_free(summary);
}

/* Many names that come once each leave the frequent ones, and no line of guesses. */
static void a_flood_of_providers(void **state)
{
    struct summary *summary = summary_new();
    char host[32];

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(host, sizeof host, "mx.flood%u.test", i);
        add_host(summary, host);
        if (i % 10 == 0)
            add_host(summary, (char[]){"mx.frequent.test"});
    }
    char *text = text_of(summary, &summary_sample_run, false);
    assert_non_null(strstr(text, "\n  frequent.test  "));
    assert_null(strstr(text, "flood"));
    free(text);
    summary_free(summary);
}

static void verdicts_have_their_colours(void **state)
{
    static const struct summary_run run = {.elapsed_ms = 1000};
    struct summary *summary = summary_of_samples();
    char *text = text_of(summary, &run, true);

    (void)state;
    assert_ptr_equal(strstr(text, "3 domains in 1.0 s (3.0 a second): 1 \x1b[32mok\x1b[0m, "
                                  "2 \x1b[31mfail\x1b[0m\n"),
                     text);
    free(text);
    summary_free(summary);
}

/* --- counting ------------------------------------------------------------------------------ */

static void verdicts_can_be_asked_for(void **state)
{
    struct summary *summary = summary_of_samples();

    (void)state;
    assert_int_equal(summary_domains(summary), 3);
    assert_int_equal(summary_verdicts(summary, VERDICT_OK), 1);
    assert_int_equal(summary_verdicts(summary, VERDICT_FAIL), 2);
    assert_int_equal(summary_verdicts(summary, VERDICT_WARNING), 0);
    assert_int_equal(summary_verdicts(summary, VERDICT_UNKNOWN), 0);
    summary_free(summary);
}

/* However the domains were shared out among the threads, the figures are those of one. */
static void parts_add_up_to_the_whole(void **state)
{
    struct summary *whole = summary_of_samples(), *parts[3];

    (void)state;
    summary_add_sample(whole, SAMPLE_HEALTHY);
    for (size_t i = 0; i < 3; i++)
        parts[i] = summary_new();
    summary_add_sample(parts[0], SAMPLE_EMPTY);
    summary_add_sample(parts[2], SAMPLE_HEALTHY);
    summary_add_sample(parts[2], SAMPLE_BROKEN);
    summary_merge(parts[0], parts[1]);
    summary_merge(parts[0], parts[2]);
    summary_add_sample(parts[0], SAMPLE_HEALTHY); /* adding goes on where merging ended */
    char *expected = json_of(whole), *merged = json_of(parts[0]);
    assert_string_equal(merged, expected);
    free(expected);
    free(merged);
    for (size_t i = 0; i < 3; i++)
        summary_free(parts[i]);
    summary_free(whole);
}

/* --- certificates -------------------------------------------------------------------------- */

enum { DAY_S = 86400 };

/* A domain whose one certificate has the fingerprint `n` and ends in `left_s`. */
static void add_certificate(struct summary *summary, unsigned n, int64_t left_s, char *host_name)
{
    static char key[] = "EC 256", protocol[] = "TLSv1.3";
    struct tls_certificate certificate = {.key = key, .not_after_s = 1000000000 + left_s};
    struct tls_facts tls = {.protocol = protocol, .chain = &certificate, .n_chain = 1};
    struct smtp_facts endpoint = {.tls = &tls};
    struct smtp_facts *endpoints[] = {&endpoint};
    struct host_facts host = {.endpoints = endpoints, .n_endpoints = 1};
    struct domain_facts facts = {.hosts = &host, .n_hosts = 1};
    struct host_verdict host_verdict = {.dane = DANE_ABSENT};
    struct verdict verdict = {.hosts = &host_verdict, .n_hosts = 1};
    const struct result result = {.facts = &facts, .verdict = &verdict, .now_s = 1000000000};

    host.host = host_name;
    memcpy(certificate.sha256, &n, sizeof n);
    summary_add(summary, &result);
}

static void expect_in_text(const struct summary *summary, const char *line)
{
    static const struct summary_run run = {0};
    char *text = text_of(summary, &run, false);

    if (!strstr(text, line))
        fail_msg("\"%s\" is not in:\n%s", line, text);
    free(text);
}

static void certificates_count_once_and_within_thirty_days(void **state)
{
    static char a[] = "a.test", b[] = "b.test";
    struct summary *summary = summary_new(), *other = summary_new();

    (void)state;
    add_certificate(summary, 11, (int64_t)30 * DAY_S, b);
    add_certificate(summary, 11, (int64_t)30 * DAY_S, a);
    add_certificate(summary, 11, (int64_t)30 * DAY_S, b);
    add_certificate(summary, 2, (int64_t)30 * DAY_S + 1, a); /* later */
    add_certificate(summary, 3, -1, a);                      /* over */
    /* 2001-10-09T01:46:40Z, from date(1) -d @1002592000. */
    expect_in_text(summary, "\nCertificates  1 ends within 30 days, on 2001-10-09T01:46:40Z at "
                            "a.test\n");
    add_certificate(other, 11, (int64_t)30 * DAY_S, b);
    add_certificate(other, 4, 0, b);
    add_certificate(other, 0, 10, a); /* a fingerprint of nothing but zeros is one too */
    summary_merge(summary, other);
    expect_in_text(summary, "\nCertificates  3 end within 30 days, the first on "
                            "2001-09-09T01:46:40Z at b.test\n");
    summary_free(other);
    summary_free(summary);
}

static void more_certificates_than_can_be_told_apart(void **state)
{
    static char a[] = "a.test";
    struct summary *summary = summary_new(), *merged = summary_new();

    (void)state;
    for (unsigned i = 1; i <= 8192; i++)
        add_certificate(summary, i, 1, a);
    expect_in_text(summary, "\nCertificates  8192 end within 30 days");
    add_certificate(summary, 8192, 1, a);
    expect_in_text(summary, "\nCertificates  8192 end within 30 days");
    add_certificate(summary, 8193, 1, a);
    expect_in_text(summary, "\nCertificates  more than 8192 end within 30 days");
    summary_merge(merged, summary);
    expect_in_text(merged, "\nCertificates  more than 8192 end within 30 days");
    summary_free(merged);
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_screen),
        cmocka_unit_test(no_line_of_zeros),
        cmocka_unit_test(an_interruption_without_a_way_on),
        cmocka_unit_test(no_share_beyond_the_whole),
        cmocka_unit_test(it_stays_one_screen),
        cmocka_unit_test(strangers_cannot_steer_the_terminal),
        cmocka_unit_test(a_long_name_does_not_shift_the_figures),
        cmocka_unit_test(a_flood_of_providers),
        cmocka_unit_test(verdicts_have_their_colours),
        cmocka_unit_test(verdicts_can_be_asked_for),
        cmocka_unit_test(parts_add_up_to_the_whole),
        cmocka_unit_test(certificates_count_once_and_within_thirty_days),
        cmocka_unit_test(more_certificates_than_can_be_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
