/*
 * How each value of what was found reads.
 */
#include "output/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample.h"
#include "text_lines.h"

struct word_case {
    int value;
    const char *line;
};

static void every_mx_status_has_its_words(void **state)
{
    static const struct word_case cases[] = {
        {MX_IMPLICIT, "MX        none: the domain's own address takes the mail"},
        {MX_NULL, "MX        null MX: the domain takes no mail"},
        {MX_NONE, "MX        none, and no address either: mail cannot be delivered"},
        {MX_NXDOMAIN, "MX        the domain does not exist"},
        {MX_SERVFAIL, "MX        the DNS lookup failed"},
        {MX_TIMEOUT, "MX        the DNS did not answer in time"},
        {MX_BOGUS, "MX        the answer fails DNSSEC validation"},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_EMPTY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample.verdict.mx_status = (enum mx_status)cases[i].value;
        expect_lines(&sample.result, 0, &cases[i].line, 1);
    }
    sample_clear(&sample);
}

static void every_delivery_has_its_words(void **state)
{
    static const struct word_case cases[] = {
        {DELIVERY_TLS, "  A sender that honours DANE         delivers over TLS"},
        {DELIVERY_UNAUTHENTICATED_TLS,
         "  A sender that honours DANE         delivers over TLS, without proof of who the server "
         "is"},
        {DELIVERY_CLEARTEXT,
         "  A sender that honours DANE         delivers in cleartext, readable on the way"},
        {DELIVERY_DEFER,
         "  A sender that honours DANE         defers: the mail waits, and bounces if this lasts"},
        {DELIVERY_BOUNCE,
         "  A sender that honours DANE         bounces: the mail goes back to its sender"},
        {DELIVERY_UNKNOWN, "  A sender that honours DANE         could not be determined"},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample.verdict.dane = (enum delivery)cases[i].value;
        expect_lines(&sample.result, 0, &cases[i].line, 1);
    }
    sample_clear(&sample);
}

static void every_dane_status_has_its_words(void **state)
{
    static const struct word_case cases[] = {
        {DANE_USABLE, "  DANE      usable"},
        {DANE_UNUSABLE,
         "  DANE      no record is usable: senders require TLS, authenticate nobody"},
        {DANE_ABSENT, "  DANE      none"},
        {DANE_INSECURE, "  DANE      not looked up: the addresses are not secured by DNSSEC"},
        {DANE_BOGUS, "  DANE      the answer fails DNSSEC validation: senders defer"},
        {DANE_ERROR, "  DANE      the lookup failed: senders defer"},
        {DANE_UNKNOWN, "  DANE      not known"},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample.verdict.hosts[0].dane = (enum dane_status)cases[i].value;
        expect_lines(&sample.result, 0, &cases[i].line, 1);
    }
    sample_clear(&sample);
}

static void every_dane_outcome_has_its_words(void **state)
{
    static const struct word_case cases[] = {
        {TLS_DANE_UNUSABLE, "    judged        trusted; names the host; no usable TLSA record"},
        {TLS_DANE_NO_MATCH, "    judged        trusted; names the host; matches no TLSA record"},
        {TLS_DANE_NAME_MISMATCH, "    judged        trusted; names the host; matches TLSA 3 1 1 "
                                 "abababababababab..., but not by name"},
        {TLS_DANE_EXPIRED, "    judged        trusted; names the host; matches TLSA 3 1 1 "
                           "abababababababab..., but outside its"},
        {TLS_DANE_UNTRUSTED, "    judged        trusted; names the host; matches TLSA 3 1 1 "
                             "abababababababab..., but by a faulty"},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample.verdict.hosts[0].endpoints[0].chain.dane.outcome =
            (enum tls_dane_outcome)cases[i].value;
        expect_lines(&sample.result, 0, &cases[i].line, 1);
    }
    sample_clear(&sample);
}

static void every_staple_has_its_words(void **state)
{
    static const struct word_case cases[] = {
        {TLS_STAPLE_NONE, "    staple        none"},
        {TLS_STAPLE_GOOD, "    staple        good"},
        {TLS_STAPLE_REVOKED, "    staple        revoked"},
        {TLS_STAPLE_UNKNOWN, "    staple        the responder does not know the certificate"},
        {TLS_STAPLE_EXPIRED, "    staple        out of date"},
        {TLS_STAPLE_INVALID, "    staple        invalid"},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample.verdict.hosts[0].endpoints[0].chain.webpki.staple = (enum tls_staple)cases[i].value;
        expect_lines(&sample.result, 2, &cases[i].line, 1);
    }
    sample_clear(&sample);
}

static char problem[] = "no id";

static void every_sts_state_has_its_words(void **state)
{
    static const struct {
        enum sts_record_status record;
        enum sts_policy_status policy;
        const char *line;
    } cases[] = {
        {STS_RECORD_ABSENT, STS_POLICY_NOT_FETCHED, "MTA-STS   no record"},
        {STS_RECORD_INVALID, STS_POLICY_NOT_FETCHED, "MTA-STS   record invalid: no id"},
        {STS_RECORD_INVALID, STS_POLICY_NOT_FETCHED, "          \"v=STSv1; id=20261101;\""},
        {STS_RECORD_MULTIPLE, STS_POLICY_NOT_FETCHED,
         "MTA-STS   more than one record: senders see none"},
        {STS_RECORD_ERROR, STS_POLICY_NOT_FETCHED, "MTA-STS   the record could not be looked up"},
        {STS_RECORD_VALID, STS_POLICY_NOT_FETCHED, "MTA-STS   policy not fetched (id 20261101)"},
        {STS_RECORD_VALID, STS_POLICY_FETCH_ERROR,
         "MTA-STS   policy cannot be fetched: HTTP status 200: no id (id 20261101)"},
        {STS_RECORD_VALID, STS_POLICY_WEBPKI_INVALID,
         "MTA-STS   policy not believed: the certificate of its host is not good (id 20261101)"},
        {STS_RECORD_VALID, STS_POLICY_INVALID, "MTA-STS   policy invalid: no id (id 20261101)"},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.verdict.sts_record.problem = sample.verdict.policy.problem = problem;
    sample.facts.sts_fetch->error = problem;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample.verdict.sts_record.status = cases[i].record;
        sample.verdict.sts_status = cases[i].policy;
        expect_lines(&sample.result, 0, &cases[i].line, 1);
    }
    sample_clear(&sample);
}

static void a_policy_in_testing_and_none(void **state)
{
    static const char *const testing[] = {
        "  A sender that honours MTA-STS      delivers over TLS (the policy is in testing mode)",
        "MTA-STS   testing for 1 day, mx *.example.test, id 20261101"};
    static const char *const none[] = {
        "  A sender that honours MTA-STS      delivers over TLS (no policy in force)",
        "MTA-STS   none for 2 hours, mx none, id 20261101"};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.verdict.policy.mode = STS_MODE_TESTING;
    sample.verdict.policy.max_age_s = 86400;
    EXPECT(&sample.result, 0, testing);
    sample.verdict.policy.mode = STS_MODE_NONE;
    sample.verdict.policy.max_age_s = 7200;
    sample.verdict.policy.n_mx = 0;
    EXPECT(&sample.result, 0, none);
    sample_clear(&sample);
}

/* What is in force explains nothing where the mail does not go, or nobody knows. */
static void only_a_mail_that_goes_has_a_remark(void **state)
{
    static const char *const known[] = {
        "  A sender that honours MTA-STS      delivers over TLS (no "
        "policy in force)"};
    static const char *const unknown[] = {
        "  A sender that honours MTA-STS      could not be determined"};
    static const char *const deferred[] = {
        "  A sender that honours MTA-STS      defers: the mail waits, and bounces if this lasts"};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.verdict.sts_status = STS_POLICY_FETCH_ERROR;
    EXPECT(&sample.result, 0, known);
    sample.verdict.mta_sts = DELIVERY_UNKNOWN;
    EXPECT(&sample.result, 0, unknown);
    sample.verdict.mta_sts = DELIVERY_DEFER;
    EXPECT(&sample.result, 0, deferred);
    sample_clear(&sample);
}

static void every_tls_rpt_status_has_its_words(void **state)
{
    static const struct word_case cases[] = {
        {TLSRPT_ABSENT, "TLS-RPT   no record"},
        {TLSRPT_INVALID, "TLS-RPT   record invalid: no id"},
        {TLSRPT_MULTIPLE, "TLS-RPT   more than one record: no reports are sent"},
        {TLSRPT_ERROR, "TLS-RPT   the record could not be looked up"},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.verdict.tlsrpt.problem = problem;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample.verdict.tlsrpt.status = (enum tlsrpt_status)cases[i].value;
        expect_lines(&sample.result, 0, &cases[i].line, 1);
    }
    sample_clear(&sample);
}

static void what_dnssec_is_worth(void **state)
{
    static const char *const mixed[] = {
        "DNSSEC    MX secure; addresses of mx1.example.test secure, mx2.example.test insecure"};
    static const char *const not_believed[] = {
        "DNSSEC    MX unknown (not checked: the resolver is not trusted to validate; see "
        "--trust-ad)"};
    static const char *const not_validating[] = {
        "DNSSEC    MX insecure (the resolver does not validate)"};
    static const char *const supplied[] = {"DNSSEC    MX secure; addresses of mx1.example.test "
                                           "secure, mx2.example.test insecure (what "
                                           "the",
                                           "          options supply counts as secure)"};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.facts.hosts[1].a->security = DNS_INSECURE;
    EXPECT(&sample.result, 0, mixed);
    sample.facts.hosts[0].a->supplied = true;
    EXPECT(&sample.result, 0, supplied);
    sample_clear(&sample);
    sample_make(&sample, SAMPLE_EMPTY);
    sample.facts.validation = DNS_DOES_NOT_VALIDATE;
    EXPECT(&sample.result, 0, not_validating);
    sample.facts.ad_believed = false;
    sample.facts.mx = NULL;
    EXPECT(&sample.result, 0, not_believed);
    sample_clear(&sample);
}

static void starttls_that_works_without_being_offered(void **state)
{
    static const char *const lines[] = {"  192.0.2.1 port 25: STARTTLS is not offered, but works: "
                                        "TLSv1.3, TLS_AES_256_GCM_SHA384, x25519"};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.facts.hosts[0].endpoints[0]->starttls = SMTP_STARTTLS_NOT_OFFERED;
    EXPECT(&sample.result, 0, lines);
    sample_clear(&sample);
}

static void the_resolver_may_explain(void **state)
{
    static const char *const lines[] = {
        "MX        the answer fails DNSSEC validation (the resolver says: DNSSEC Bogus, error 6)"};
    static const char *const unregistered[] = {"MX        the answer fails DNSSEC validation (the "
                                               "resolver says: error 60000: no id)"};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_EMPTY);
    sample.verdict.mx_status = MX_BOGUS;
    sample.facts.mx->ede_code = 6;
    EXPECT(&sample.result, 0, lines);
    sample.facts.mx->ede_code = 60000;
    sample.facts.mx->ede_text = problem;
    EXPECT(&sample.result, 0, unregistered);
    sample_clear(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mx_status_has_its_words),
        cmocka_unit_test(every_delivery_has_its_words),
        cmocka_unit_test(every_dane_status_has_its_words),
        cmocka_unit_test(every_dane_outcome_has_its_words),
        cmocka_unit_test(every_staple_has_its_words),
        cmocka_unit_test(every_sts_state_has_its_words),
        cmocka_unit_test(a_policy_in_testing_and_none),
        cmocka_unit_test(only_a_mail_that_goes_has_a_remark),
        cmocka_unit_test(every_tls_rpt_status_has_its_words),
        cmocka_unit_test(what_dnssec_is_worth),
        cmocka_unit_test(starttls_that_works_without_being_offered),
        cmocka_unit_test(the_resolver_may_explain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
