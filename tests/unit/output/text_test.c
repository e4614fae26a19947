#include "output/result.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"
#include "sample.h"
#include "text_lines.h"

/* Lines too long to stand in a table below. */
#define FAILED_HANDSHAKE \
    "  192.0.2.5 port 25: no TLS: the handshake failed: the server did not answer in TLS but with"
#define MANY_NAMES                                                                              \
    "    names         a.test, a.test, a.test, a.test, a.test, a.test, a.test, a.test and 242 " \
    "more"
#define MANY_PATTERNS                                                                              \
    "MTA-STS   enforce for 7 days, mx p, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p and 1 more, " \
    "id"
#define LONG_RECORD                                                                               \
    "            3 1 0 abababababababababababababababababababababababababababababababab... (100 " \
    "bytes)"
#define NOT_YET_VALID                                                                            \
    "    valid         from 2026-11-27T08:00:00Z (in 3 days) until 2026-12-17T09:00:00Z (in 23 " \
    "days)"

static void a_healthy_domain(void **state)
{
    static const char *const lines[] = {
        "m\xc3\xbcnchen.test (xn--mnchen-3ya.test): OK - nothing wrong found",
        "",
        "  A sender without MTA-STS or DANE   delivers over TLS",
        "  A sender that honours MTA-STS      delivers over TLS",
        "  A sender that honours DANE         delivers over TLS",
        "",
        "MX        10 mx1.example.test, 20 mx2.example.test",
        "DNSSEC    MX and addresses secure",
        "MTA-STS   enforce for 7 days, mx *.example.test, id 20261101",
        "TLS-RPT   reports go to mailto:tls@example.test",
        "",
        "mx1.example.test (preference 10)",
        "  MTA-STS   allowed by *.example.test",
        "  DANE      usable",
        "            3 1 1 abababababababababababababababababababababababababababababababab",
        "  192.0.2.1 port 25: TLSv1.3, TLS_AES_256_GCM_SHA384, x25519",
        "    certificate   CN=mx1.example.test",
        "    names         mx1.example.test, mail.example.test",
        "    issuer        CN=Intermediate\\, 2",
        "    valid         until 2026-12-17T09:00:00Z (in 23 days)",
        "    judged        trusted; names the host; matches TLSA 3 1 1 abababababababab...",
        "  2001:db8::1 port 25: TLSv1.3, TLS_AES_256_GCM_SHA384, x25519",
        "    certificate   the same as at 192.0.2.1",
        "",
        "mx2.example.test (preference 20)",
        "  DANE      none",
    };
    struct sample sample;
    struct capture capture;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    EXPECT(&sample.result, 0, lines);
    print_text(&capture, &sample.result, false, 0);
    assert_null(strstr(capture.text, "Findings"));
    assert_null(strstr(capture.text, "EHLO"));
    capture_clear(&capture);
    sample_clear(&sample);
}

static void a_broken_domain(void **state)
{
    static const char *const lines[] = {
        "example.test: FAIL - 1 problem, 1 unknown",
        "What if   sts-mode=enforce (supplied by options, not as published)",
        "  A sender without MTA-STS or DANE   delivers over TLS",
        "  A sender that honours MTA-STS      defers: the mail waits, and bounces if this lasts",
        "  A sender that honours DANE         delivers over TLS (no DANE here)",
        "    valid         until 2026-11-01T08:00:00Z (23 days ago)",
        "    judged        not trusted (certificate has expired); does not name the host",
        "  MTA-STS   matches no mx of the policy",
        "  192.0.2.3 port 25: no TLS: STARTTLS is not offered",
        "  192.0.2.4 port 25: connection refused",
        FAILED_HANDSHAKE,
        "    \"HTTP/1.1 400 Bad Request\\x0d\\x0a\"",
        "  192.0.2.6 port 25: turned away for now: 421 4.7.0 Try again later (at banner)",
        "",
        "Findings",
        "  FAIL     certificate_expired (TLS-RPT certificate-expired, policy sts)",
        "           at mx1.example.test [192.0.2.1], [2001:db8::1]",
        "           certificate ended 2026-11-01T08:00:00Z (23 days ago)",
        "           Fix: Renew the certificate on mx1.example.test and reload the mail server.",
        "  UNKNOWN  connection_refused",
        "           at mx2.example.test [192.0.2.3]",
        "           connection refused",
        "           Fix: Start the mail server.",
        "  INFO     tls_rpt_absent",
        "           no TLS-RPT record",
        "           Fix: Publish one.",
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_BROKEN);
    EXPECT(&sample.result, 0, lines);
    sample_clear(&sample);
}

static void a_domain_that_does_not_exist(void **state)
{
    static const char *const lines[] = {
        "no.example.test: FAIL - 1 problem",
        "  A sender without MTA-STS or DANE   bounces: the mail goes back to its sender",
        "MX        the domain does not exist",
        "DNSSEC    MX insecure",
        "MTA-STS   no record",
        "TLS-RPT   no record",
        "  FAIL     dns_no_mail_host",
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_EMPTY);
    EXPECT(&sample.result, 0, lines);
    sample_clear(&sample);
}

static void the_dialogue_follows_its_address(void **state)
{
    static const char *const lines[] = {
        "  2001:db8::1 port 25: TLSv1.3, TLS_AES_256_GCM_SHA384, x25519",
        "    certificate   the same as at 192.0.2.1",
        "         2 ms < 220 mx1.example.test ESMTP",
        "         2 ms > EHLO probe.example",
        "         5 ms < 220 2.0.0 Ready",
        "mx2.example.test (preference 20)",
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    EXPECT(&sample.result, 1, lines);
    sample_clear(&sample);
}

static void the_handshake_too(void **state)
{
    static const char *const lines[] = {
        "    banner        220 mx1.example.test ESMTP",
        "    named itself  mx1.example.test",
        "    offers        STARTTLS, SIZE 10240000",
        "    took          connect 1 ms, banner 2 ms, EHLO 1 ms, STARTTLS 1 ms, handshake 5 ms",
        "    server name   mx1.example.test",
        "    staple        none",
        "    errors        depth 0: X509_V_ERR_CERT_HAS_EXPIRED (10)",
        "    chain         0: CN=mx1.example.test",
        "      issuer      CN=Intermediate\\, 2",
        "      valid       from 2026-08-03T08:00:00Z until 2026-11-01T08:00:00Z (23 days ago)",
        "      key         EC 256, signed with ecdsa-with-SHA256",
        "      sha256      5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
        "      spki sha256 abababababababababababababababababababababababababababababababab",
        "    chain         1: CN=Intermediate\\, 2",
        "         2 ms < 220 mx1.example.test ESMTP",
        "  192.0.2.4 port 25: connection refused",
        FAILED_HANDSHAKE,
    };
    static const char *const dropped[] = {
        "    chain         1: CN=Intermediate\\, 2",
        "    chain         and 40 more that were dropped",
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_BROKEN);
    EXPECT(&sample.result, 2, lines);
    sample.facts.hosts[0].endpoints[0]->tls->chain_seen = 42;
    EXPECT(&sample.result, 2, dropped);
    sample_clear(&sample);
}

/* One finding for each policy in force is one thing to mend. */
static void two_policies_are_named_together(void **state)
{
    static const char *const lines[] = {
        "example.test: FAIL - 2 problems",
        "  FAIL     certificate_expired (TLS-RPT certificate-expired, policy sts and tlsa)",
        "           at mx1.example.test [192.0.2.1], mx2.example.test [192.0.2.3]",
        "  FAIL     certificate_expired (TLS-RPT certificate-expired, policy tlsa)",
        "           at mx1.example.test [192.0.2.1]",
        "           another certificate",
    };
    static char mx1[] = "mx1.example.test", mx2[] = "mx2.example.test", ip1[] = "192.0.2.1",
                ip3[] = "192.0.2.3", detail[] = "a certificate", other[] = "another certificate";
    struct finding sts = {.severity = SEVERITY_FAIL,
                          .result_type = RESULT_CERTIFICATE_EXPIRED,
                          .reason = REASON_CERTIFICATE_EXPIRED,
                          .policy_type = POLICY_TYPE_STS,
                          .stage = STAGE_CERTIFICATE,
                          .mx = mx1,
                          .ip = ip1,
                          .detail = detail};
    struct finding findings[] = {sts, sts, sts, sts};
    struct sample sample;

    (void)state;
    findings[1].policy_type = findings[3].policy_type = POLICY_TYPE_TLSA;
    findings[2].mx = mx2;
    findings[2].ip = ip3;
    findings[3].detail = other;
    sample_make(&sample, SAMPLE_BROKEN);
    sample.verdict.findings = findings;
    sample.verdict.n_findings = 4;
    EXPECT(&sample.result, 0, lines);
    sample_clear(&sample);
}

static void the_gravest_come_first(void **state)
{
    static const char *const lines[] = {
        "example.test: FAIL - 1 problem, 1 unknown, 1 warning",
        "Findings",
        "  FAIL     dns_no_mail_host",
        "  UNKNOWN  probe_error",
        "  WARNING  tls_rpt_invalid",
        "  INFO     null_mx",
    };
    struct finding findings[] = {
        {.severity = SEVERITY_INFO, .reason = REASON_NULL_MX},
        {.severity = SEVERITY_UNKNOWN, .reason = REASON_PROBE_ERROR},
        {.severity = SEVERITY_WARNING, .reason = REASON_TLS_RPT_INVALID},
        {.severity = SEVERITY_FAIL, .reason = REASON_DNS_NO_MAIL_HOST},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_BROKEN);
    sample.verdict.findings = findings;
    sample.verdict.n_findings = 4;
    EXPECT(&sample.result, 0, lines);
    sample_clear(&sample);
}

static void our_own_trouble_is_ours(void **state)
{
    static char trouble[] = "too many open files";
    static const char *const lines[] = {
        "example.test: UNKNOWN - not enough could be learnt",
        "Stopped   interrupted before everything was known",
        "Trouble   on this machine, not the domain's: too many open files"};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_BROKEN);
    sample.verdict.word = VERDICT_UNKNOWN;
    sample.verdict.n_findings = 0;
    sample.facts.interrupted = true;
    sample.facts.trouble = trouble;
    EXPECT(&sample.result, 0, lines);
    sample_clear(&sample);
}

static void null_mx_is_no_fault(void **state)
{
    static const char *const lines[] = {"no.example.test: OK - the domain takes no mail"};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_EMPTY);
    sample.verdict.word = VERDICT_OK;
    sample.verdict.mx_status = MX_NULL;
    sample.verdict.n_findings = 0;
    EXPECT(&sample.result, 0, lines);
    sample_clear(&sample);
}

/* Lists that a stranger can make long are cut, and say so. */
static void long_lists_are_cut(void **state)
{
    enum { N_NAMES = 20, N_RECORDS = 6 };
    static const char *const lines[] = {
        "MX        10 mx1.example.test, 20 mx2.example.test and 3 more that were not looked at",
        MANY_PATTERNS,
        "          20261101",
        LONG_RECORD,
        "            and 2 more",
        MANY_NAMES,
        "            and 4 more addresses that were not looked at",
    };
    static char name[] = "DNS:a.test", pattern[] = "p";
    static uint8_t data[100];
    char *patterns[17];
    char *names[N_NAMES];
    struct dns_record records[N_RECORDS];
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    for (size_t i = 0; i < N_NAMES; i++)
        names[i] = name;
    for (size_t i = 0; i < N_RECORDS; i++)
        records[i] = sample.facts.hosts[0].tlsa->records[0];
    memset(data, 0xAB, sizeof data);
    records[2].u.tlsa.matching = 0;
    records[2].u.tlsa.data = data;
    records[2].u.tlsa.length = sizeof data;
    for (size_t i = 0; i < 17; i++)
        patterns[i] = pattern;
    sample.verdict.policy.mx = patterns;
    sample.verdict.policy.n_mx = 17;
    struct tls_certificate *leaf = &sample.facts.hosts[0].endpoints[0]->tls->chain[0];
    leaf->sans = names;
    leaf->n_sans = N_NAMES;
    leaf->sans_seen = 250;
    sample.facts.hosts_seen = 5;
    sample.facts.hosts[0].tlsa->records = records;
    sample.facts.hosts[0].tlsa->n_records = N_RECORDS;
    sample.facts.hosts[0].addresses_seen = 6;
    EXPECT(&sample.result, 0, lines);
    sample_clear(&sample);
}

static void what_is_missing_is_said(void **state)
{
    static char empty[] = "", base[] = "mail.example.net", ip_name[] = "IP Address:192.0.2.1";
    static const char *const lines[] = {
        "  DANE      usable, found at mail.example.net",
        "    certificate   (empty)",
        "    names         none: a certificate is matched by its subjectAltName alone",
        NOT_YET_VALID,
        "    certificate   none was shown",
        "    then          no answer in time (at tls-ehlo)",
        "mx2.example.test (preference 20)",
        "    names         IP Address:192.0.2.1",
    };
    static const char *const no_address[] = {"mx2.example.test (preference 20)", "  no address"};
    char *names[] = {ip_name};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.facts.hosts[0].tlsa_base = base;
    struct tls_certificate *leaf = &sample.facts.hosts[0].endpoints[0]->tls->chain[0];
    leaf->subject = empty;
    leaf->n_sans = leaf->sans_seen = 0;
    leaf->not_before_s = sample.result.now_s + 3 * 86400;
    sample.facts.hosts[0].endpoints[1]->tls->n_chain = 0;
    sample.facts.hosts[0].endpoints[1]->problem = SMTP_TIMED_OUT;
    sample.facts.hosts[0].endpoints[1]->stage = SMTP_STAGE_TLS_EHLO;
    leaf = &sample.facts.hosts[1].endpoints[0]->tls->chain[0];
    leaf->sans = names;
    leaf->n_sans = leaf->sans_seen = 1;
    EXPECT(&sample.result, 0, lines);
    sample.facts.hosts[1].n_endpoints = sample.facts.hosts[1].addresses_seen = 0;
    EXPECT(&sample.result, 0, no_address);
    sample_clear(&sample);
}

static void tells_a_time_that_cannot_be_read(void **state)
{
    static const char *const lines[] = {"    valid         until a time that cannot be read"};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.facts.hosts[0].endpoints[0]->tls->chain[0].not_after_unreadable = true;
    EXPECT(&sample.result, 0, lines);
    sample_clear(&sample);
}

/* Takes our own colour sequences out, so that any other escape is found. */
static void strip_colour(char *text)
{
    static const char *const sequences[] = {"\x1b[0m",  "\x1b[1m",  "\x1b[2m",
                                            "\x1b[31m", "\x1b[32m", "\x1b[33m"};

    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        for (char *at = strstr(text, sequences[i]); at; at = strstr(at, sequences[i])) {
            char *rest = at + strlen(sequences[i]);
            memmove(at, rest, strlen(rest) + 1);
        }
    }
}

static void nothing_steers_the_terminal(void **state)
{
    (void)state;
    for (int verbosity = 0; verbosity <= 2; verbosity++) {
        for (int color = 0; color <= 1; color++) {
            struct sample sample;
            struct capture capture;
            sample_make(&sample, SAMPLE_HOSTILE);
            print_text(&capture, &sample.result, color == 1, verbosity);
            assert_int_equal(strlen(capture.text), capture.length);
            if (color == 1)
                strip_colour(capture.text);
            const char *unsafe = first_unsafe(capture.text, strlen(capture.text));
            if (unsafe)
                fail_msg("verbosity %d: %.60s", verbosity, unsafe);
            assert_non_null(strstr(capture.text, "\\x1b]0;owned"));
            capture_clear(&capture);
            sample_clear(&sample);
        }
    }
}

static void dialogues_alone(void **state)
{
    static const char *const lines[] = {
        "example.test: mx1.example.test [192.0.2.1] port 25: TLSv1.3, TLS_AES_256_GCM_SHA384",
        "       2 ms < 220 mx1.example.test ESMTP",
        "       2 ms > EHLO probe.example",
        "    chain         1: CN=Intermediate\\, 2",
        "example.test: mx2.example.test [192.0.2.4] port 25: connection refused",
    };
    struct sample sample;
    struct capture capture;

    (void)state;
    sample_make(&sample, SAMPLE_BROKEN);
    capture_begin(&capture);
    assert_int_equal(result_print_dialogue(capture.out, &sample.result, 2), 0);
    capture_end(&capture);
    has_lines(capture.text, lines, sizeof lines / sizeof *lines);
    capture_clear(&capture);
    capture_begin(&capture);
    assert_int_equal(result_print_dialogue(capture.out, &sample.result, 0), 0);
    capture_end(&capture);
    assert_int_equal(capture.length, 0);
    capture_clear(&capture);
    sample_clear(&sample);
    sample_make(&sample, SAMPLE_HOSTILE);
    capture_begin(&capture);
    assert_int_equal(result_print_dialogue(capture.out, &sample.result, 2), 0);
    capture_end(&capture);
    assert_null(first_unsafe(capture.text, capture.length));
    capture_clear(&capture);
    sample_clear(&sample);
}

static void a_full_disk_is_told(void **state)
{
    FILE *full = fopen("/dev/full", "w");
    const struct text_style style = {0};
    struct sample sample;

    (void)state;
    if (!full)
        skip();
    setvbuf(full, NULL, _IONBF, 0);
    sample_make(&sample, SAMPLE_EMPTY);
    errno = 0;
    assert_int_equal(result_print_text(full, &sample.result, &style), -1);
    assert_int_equal(errno, ENOSPC);
    sample_clear(&sample);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_a_time_that_cannot_be_read),
        cmocka_unit_test(a_healthy_domain),
        cmocka_unit_test(a_broken_domain),
        cmocka_unit_test(a_domain_that_does_not_exist),
        cmocka_unit_test(the_dialogue_follows_its_address),
        cmocka_unit_test(the_handshake_too),
        cmocka_unit_test(two_policies_are_named_together),
        cmocka_unit_test(the_gravest_come_first),
        cmocka_unit_test(our_own_trouble_is_ours),
        cmocka_unit_test(null_mx_is_no_fault),
        cmocka_unit_test(long_lists_are_cut),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(nothing_steers_the_terminal),
        cmocka_unit_test(dialogues_alone),
        cmocka_unit_test(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
