/* Unit tests of dns/resolver and the layers below it: what one question comes to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "resolver_fixture.h"

static void reply_nodata(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE, query->name, query->type);
    wire_soa(out, "test", 60, 60);
}

static void reply_nxdomain_ad(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE | WIRE_AD | 3, query->name, query->type);
    wire_soa(out, "test", 60, 60);
}

static void reply_refused(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE | 5, query->name, query->type);
}

static void reply_servfail(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE | WIRE_AD | 2, query->name, query->type);
}

/* A validating resolver and a zone whose signatures do not hold. */
static void reply_bogus(const struct fake_query *query, struct wire *out)
{
    if (query->checking_disabled) {
        reply_found(query, out);
        return;
    }
    wire_start(out, WIRE_RESPONSE | 2, query->name, query->type);
    wire_opt(out, 0, 7, "signature expired");
}

static void reply_bogus_nxdomain(const struct fake_query *query, struct wire *out)
{
    if (query->checking_disabled)
        reply_nxdomain_ad(query, out);
    else
        reply_servfail(query, out);
}

static void reply_servfail_then_refused(const struct fake_query *query, struct wire *out)
{
    if (query->checking_disabled)
        reply_refused(query, out);
    else
        reply_servfail(query, out);
}

static void reply_malformed(const struct fake_query *query, struct wire *out)
{
    reply_found(query, out);
    out->length -= 2;
}

static void reply_truncated(const struct fake_query *query, struct wire *out)
{
    if (query->tcp) {
        reply_found(query, out);
        return;
    }
    wire_start(out, WIRE_RESPONSE | WIRE_TC, query->name, query->type);
}

/* A TXT of 40 KB: only TCP carries it. */
static void reply_large(const struct fake_query *query, struct wire *out)
{
    uint8_t string[256];
    size_t at;

    wire_start(out, WIRE_RESPONSE | (query->tcp ? 0U : WIRE_TC), query->name, query->type);
    if (!query->tcp)
        return;
    memset(string, 'x', sizeof string);
    string[0] = 255;
    at = wire_rr(out, WIRE_ANSWER, NULL, query->type, 60);
    for (int i = 0; i < 160; i++)
        wire_bytes(out, string, sizeof string);
    wire_rr_end(out, at);
}

/* RFC 6891 7: a server that knows no EDNS answers FORMERR, without OPT. */
static void reply_no_edns(const struct fake_query *query, struct wire *out)
{
    if (query->edns)
        wire_start(out, WIRE_RESPONSE | 1, query->name, query->type);
    else
        reply_found(query, out);
}

/* The same, but it does send OPT back, so that c-ares does not fall back by itself. */
static void reply_no_edns_with_opt(const struct fake_query *query, struct wire *out)
{
    if (!query->edns) {
        reply_found(query, out);
        return;
    }
    wire_start(out, WIRE_RESPONSE | 1, query->name, query->type);
    wire_opt(out, 0, -1, "");
}

static void reply_formerr(const struct fake_query *query, struct wire *out)
{
    wire_start(out, WIRE_RESPONSE | 1, query->name, query->type);
}

static void reply_second_time(const struct fake_query *query, struct wire *out)
{
    if (query->number > 1)
        reply_found(query, out);
}

static void test_status_and_security(void **state)
{
    static const struct {
        const char *name;
        fake_reply_fn *first;
        fake_reply_fn *second;
        enum dns_trust_ad trust;
        enum dns_status status;
        enum dns_security security;
    } cases[] = {
        {"AD from loopback", reply_found_ad, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND, DNS_SECURE},
        {"AD always believed", reply_found_ad, NULL, DNS_TRUST_ALWAYS, DNS_FOUND, DNS_SECURE},
        {"AD never believed", reply_found_ad, NULL, DNS_TRUST_NEVER, DNS_FOUND,
         DNS_SECURITY_UNKNOWN},
        {"no AD", reply_found, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND, DNS_INSECURE},
        {"no AD, never believed", reply_found, NULL, DNS_TRUST_NEVER, DNS_FOUND,
         DNS_SECURITY_UNKNOWN},
        {"no data", reply_nodata, NULL, DNS_TRUST_LOOPBACK, DNS_NODATA, DNS_INSECURE},
        {"secure denial", reply_nxdomain_ad, NULL, DNS_TRUST_LOOPBACK, DNS_NXDOMAIN, DNS_SECURE},
        {"AD on SERVFAIL means nothing", reply_servfail, NULL, DNS_TRUST_ALWAYS, DNS_SERVFAIL,
         DNS_SECURITY_UNKNOWN},
        {"bogus", reply_bogus, NULL, DNS_TRUST_NEVER, DNS_BOGUS, DNS_SECURITY_BOGUS},
        {"bogus denial", reply_bogus_nxdomain, NULL, DNS_TRUST_LOOPBACK, DNS_BOGUS,
         DNS_SECURITY_BOGUS},
        {"bogus is final", reply_bogus, reply_found, DNS_TRUST_LOOPBACK, DNS_BOGUS,
         DNS_SECURITY_BOGUS},
        {"SERVFAIL, refused with CD", reply_servfail_then_refused, NULL, DNS_TRUST_LOOPBACK,
         DNS_SERVFAIL, DNS_SECURITY_UNKNOWN},
        {"SERVFAIL, next server answers", reply_servfail, reply_found, DNS_TRUST_LOOPBACK,
         DNS_FOUND, DNS_INSECURE},
        {"refused", reply_refused, NULL, DNS_TRUST_LOOPBACK, DNS_REFUSED, DNS_SECURITY_UNKNOWN},
        {"refused, next server answers", reply_refused, reply_found_ad, DNS_TRUST_LOOPBACK,
         DNS_FOUND, DNS_SECURE},
        {"refused twice", reply_refused, reply_refused, DNS_TRUST_LOOPBACK, DNS_REFUSED,
         DNS_SECURITY_UNKNOWN},
        {"SERVFAIL, then refused", reply_servfail, reply_refused, DNS_TRUST_LOOPBACK, DNS_SERVFAIL,
         DNS_SECURITY_UNKNOWN},
        {"malformed", reply_malformed, NULL, DNS_TRUST_LOOPBACK, DNS_MALFORMED,
         DNS_SECURITY_UNKNOWN},
        {"malformed, next server answers", reply_malformed, reply_nodata, DNS_TRUST_LOOPBACK,
         DNS_NODATA, DNS_INSECURE},
        {"silence", reply_silence, NULL, DNS_TRUST_LOOPBACK, DNS_TIMEOUT, DNS_SECURITY_UNKNOWN},
        {"silence, next server answers", reply_silence, reply_found, DNS_TRUST_LOOPBACK, DNS_FOUND,
         DNS_INSECURE},
        {"silence, then refused", reply_silence, reply_refused, DNS_TRUST_LOOPBACK, DNS_REFUSED,
         DNS_SECURITY_UNKNOWN},
        {"refused, then silence", reply_refused, reply_silence, DNS_TRUST_LOOPBACK, DNS_REFUSED,
         DNS_SECURITY_UNKNOWN},
        {"the first try is lost", reply_second_time, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND,
         DNS_INSECURE},
        {"no EDNS", reply_no_edns, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND, DNS_INSECURE},
        {"no EDNS, OPT sent back", reply_no_edns_with_opt, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND,
         DNS_INSECURE},
        {"FORMERR always", reply_formerr, NULL, DNS_TRUST_LOOPBACK, DNS_SERVFAIL,
         DNS_SECURITY_UNKNOWN},
        {"truncated", reply_truncated, NULL, DNS_TRUST_LOOPBACK, DNS_FOUND, DNS_INSECURE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(cases[i].first, cases[i].second);
        resolver_start(
            (struct dns_resolver_options){.trust_ad = cases[i].trust, .timeout_ms = 700});
        ask("a.test", DNS_TYPE_A);
        run();
        if (t.answers[0]->status != cases[i].status || t.answers[0]->security != cases[i].security)
            fail_msg("%s: %s, %s", cases[i].name, dns_status_text(t.answers[0]->status),
                     dns_security_text(t.answers[0]->security));
        stop();
    }
}

static void test_bogus_keeps_the_first_error(void **state)
{
    (void)state;
    start(reply_bogus, NULL);
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->rcode, 2);
    assert_int_equal(t.answers[0]->ede_code, 7);
    assert_string_equal(t.answers[0]->ede_text, "signature expired");
    assert_int_equal(t.answers[0]->n_records, 0);
    assert_int_equal(t.servers[0].with_cd, 1);
    assert_int_equal(stats().failed, 0); /* bogus is a finding, not a failure to find */
    stop();
}

static void test_truncated_goes_to_tcp(void **state)
{
    (void)state;
    start(reply_large, NULL);
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_TXT);
    run();
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    assert_int_equal(t.answers[0]->records[0].u.text.length, 160 * 255);
    assert_int_equal(t.servers[0].over_tcp, 1);
    stop();
}

static void test_wrong_id_is_ignored(void **state)
{
    (void)state;
    start(reply_found, NULL);
    t.servers[0].wrong_id_first = true;
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    stop();
}

static void test_edns_comes_back_after_a_formerr(void **state)
{
    (void)state;
    start(reply_no_edns, NULL);
    resolver_start((struct dns_resolver_options){0});
    ask("a.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    t.servers[0].with_edns = 0;
    t.servers[0].reply = reply_found;
    ask("b.test", DNS_TYPE_A);
    run();
    assert_int_equal(t.answers[1]->status, DNS_FOUND);
    assert_int_equal(t.servers[0].with_edns, 1);
    stop();
}

static void test_names_that_cannot_be_asked(void **state)
{
    char name[300];

    (void)state;
    start(reply_found, NULL);
    resolver_start((struct dns_resolver_options){0});
    memset(name, 'a', sizeof name);
    name[64] = '\0';
    ask(name, DNS_TYPE_A);
    ask("a..test", DNS_TYPE_A);
    run();
    assert_int_equal(t.servers[0].questions, 0);
    assert_int_equal(t.answers[0]->status, DNS_NXDOMAIN);
    assert_int_equal(t.answers[0]->security, DNS_SECURITY_UNKNOWN);
    assert_int_equal(t.answers[1]->status, DNS_NXDOMAIN);
    assert_int_equal(stats().sent, 0);
    stop();
}

static void test_the_root(void **state)
{
    (void)state;
    start(reply_found, NULL);
    t.servers[0].root_ad = true;
    resolver_start((struct dns_resolver_options){0});
    ask(".", DNS_TYPE_SOA);
    run();
    assert_int_equal(t.answers[0]->status, DNS_FOUND);
    assert_int_equal(t.answers[0]->security, DNS_SECURE);
    assert_int_equal(t.servers[0].self_tests, 1); /* the question is the self-test */
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_and_security),
        cmocka_unit_test(test_bogus_keeps_the_first_error),
        cmocka_unit_test(test_truncated_goes_to_tcp),
        cmocka_unit_test(test_wrong_id_is_ignored),
        cmocka_unit_test(test_edns_comes_back_after_a_formerr),
        cmocka_unit_test(test_names_that_cannot_be_asked),
        cmocka_unit_test(test_the_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
