/*
 * What TLS-RPT counts (RFC 8460 4.2), on verdicts made by hand: one host with one endpoint, which
 * had TLS or not.
 */
#include "case.h"

#include "policy/tlsrpt_session.h"

enum { FINDINGS_MAX = 4 };

#define MX "mx.example.test"
#define IP "192.0.2.1"

static char mx[] = MX, other_mx[] = "mx2.example.test", ip[] = IP, other_ip[] = "192.0.2.2";

#define FINDING(row_, type_, reason_, policy_, mx_, ip_)                                           \
    {                                                                                              \
        .row = (row_), .severity = SEVERITY_FAIL, .result_type = RESULT_##type_,                   \
        .reason = REASON_##reason_, .policy_type = POLICY_TYPE_##policy_, .mx = (mx_), .ip = (ip_) \
    }

#define EXPIRED(policy, at_mx, at_ip) \
    FINDING("41", CERTIFICATE_EXPIRED, CERTIFICATE_EXPIRED, policy, at_mx, at_ip)

struct session_case {
    const char *name;
    struct finding findings[FINDINGS_MAX];
    size_t n_findings;
    enum policy_type policy;
    bool tls;
    enum tlsrpt_outcome outcome;
    const char *row; /* of the failure */
};

static const struct session_case cases[] = {
    {"TLS and nothing found", {{0}}, 0, POLICY_TYPE_STS, true, TLSRPT_SUCCEEDED, NULL},
    {"nobody reached", {{0}}, 0, POLICY_TYPE_STS, false, TLSRPT_NOT_COUNTED, NULL},
    {"of the endpoint", {EXPIRED(STS, mx, ip)}, 1, POLICY_TYPE_STS, true, TLSRPT_FAILED, "41"},
    {"of its other address",
     {EXPIRED(STS, mx, other_ip)},
     1,
     POLICY_TYPE_STS,
     true,
     TLSRPT_SUCCEEDED,
     NULL},
    {"of another host",
     {EXPIRED(STS, other_mx, ip)},
     1,
     POLICY_TYPE_STS,
     true,
     TLSRPT_SUCCEEDED,
     NULL},
    {"of another policy",
     {EXPIRED(TLSA, mx, ip)},
     1,
     POLICY_TYPE_STS,
     true,
     TLSRPT_SUCCEEDED,
     NULL},
    {"of the host",
     {FINDING("66", VALIDATION_FAILURE, MTA_STS_INVALID_HOSTNAME, STS, mx, NULL)},
     1,
     POLICY_TYPE_STS,
     false,
     TLSRPT_FAILED,
     "66"},
    {"of the domain",
     {FINDING("58", STS_POLICY_FETCH_ERROR, MTA_STS_POLICY_FETCH_ERROR, STS, NULL, NULL)},
     1,
     POLICY_TYPE_STS,
     true,
     TLSRPT_FAILED,
     "58"},
    {"the first in the order of the table",
     {FINDING("66", VALIDATION_FAILURE, MTA_STS_INVALID_HOSTNAME, STS, mx, NULL),
      FINDING("52", CERTIFICATE_HOST_MISMATCH, HOSTNAME_MISMATCH, STS, mx, ip),
      FINDING("9", STARTTLS_NOT_SUPPORTED, MTA_STS_POLICY_UPGRADE, STS, mx, ip)},
     3,
     POLICY_TYPE_STS,
     true,
     TLSRPT_FAILED,
     "9"},
    {"rows of our own come last",
     {FINDING("B7", CERTIFICATE_NOT_TRUSTED, UNTRUSTED_CERTIFICATE, TLSA, mx, ip),
      FINDING("71", CERTIFICATE_HOST_MISMATCH, HOSTNAME_MISMATCH, TLSA, mx, ip)},
     2,
     POLICY_TYPE_TLSA,
     true,
     TLSRPT_FAILED,
     "71"},
    {"of one row the first that was found",
     {FINDING("73", STARTTLS_NOT_SUPPORTED, STARTTLS_NOT_OFFERED, TLSA, mx, ip),
      FINDING("73", STARTTLS_NOT_SUPPORTED, STARTTLS_STRIPPED, TLSA, mx, ip)},
     2,
     POLICY_TYPE_TLSA,
     false,
     TLSRPT_FAILED,
     "73"},
    {"without a result type",
     {FINDING("79", NONE, MUST_STAPLE_MISSING, NONE, mx, ip)},
     1,
     POLICY_TYPE_NO_POLICY,
     true,
     TLSRPT_SUCCEEDED,
     NULL},
    {"what only sums up",
     {FINDING("B1", VALIDATION_FAILURE, MTA_STS_CONNECTION_FAILURE, STS, NULL, NULL)},
     1,
     POLICY_TYPE_STS,
     false,
     TLSRPT_NOT_COUNTED,
     NULL},
};

/* A domain of one host with one endpoint. */
struct domain {
    struct tls_certificate certificate;
    struct tls_facts tls;
    struct smtp_facts endpoint;
    struct host_facts host;
    struct domain_facts facts;
    struct host_verdict host_verdict;
    struct verdict verdict;
};

static void domain_init(struct domain *domain, bool tls)
{
    memset(domain, 0, sizeof *domain);
    domain->tls.chain = &domain->certificate;
    domain->tls.n_chain = 1;
    domain->endpoint.address = (struct dns_address){DNS_IPV4, {192, 0, 2, 1}};
    domain->endpoint.starttls = tls ? SMTP_STARTTLS_ACCEPTED : SMTP_STARTTLS_NOT_TRIED;
    domain->endpoint.tls = tls ? &domain->tls : NULL;
    domain->host.host = mx;
    domain->facts.hosts = &domain->host;
    domain->facts.n_hosts = 1;
    domain->host_verdict.dane = DANE_ABSENT;
    domain->verdict.hosts = &domain->host_verdict;
    domain->verdict.n_hosts = 1;
    domain->verdict.sts_status = STS_POLICY_NOT_FETCHED;
}

static void find(struct domain *domain, const struct finding *findings, size_t n)
{
    domain->verdict.findings = (struct finding *)findings; /* only read */
    domain->verdict.n_findings = n;
}

static void sessions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct session_case *one = &cases[i];
        const struct finding *failure = NULL;
        struct domain domain;

        domain_init(&domain, one->tls);
        find(&domain, one->findings, one->n_findings);
        const struct tlsrpt_place place = {&domain.host, &domain.endpoint};
        CASE_CHECK(one->name,
                   tlsrpt_session(&domain.verdict, one->policy, &place, &failure) == one->outcome);
        CASE_CHECK(one->name, !failure == !one->row);
        CASE_CHECK(one->name, !failure || strcmp(failure->row, one->row) == 0);
    }
}

static void the_first_finding_of_a_row_is_the_failure(void **state)
{
    static const struct finding twins[] = {
        FINDING("73", STARTTLS_NOT_SUPPORTED, STARTTLS_NOT_OFFERED, TLSA, mx, ip),
        FINDING("73", STARTTLS_NOT_SUPPORTED, STARTTLS_STRIPPED, TLSA, mx, ip)};
    const struct finding *failure = NULL;
    struct domain domain;

    (void)state;
    domain_init(&domain, false);
    find(&domain, twins, 2);
    const struct tlsrpt_place place = {&domain.host, &domain.endpoint};
    tlsrpt_session(&domain.verdict, POLICY_TYPE_TLSA, &place, &failure);
    assert_ptr_equal(failure, &twins[0]);
}

static void a_place_without_an_address_is_an_attempt(void **state)
{
    static const struct finding bogus =
        FINDING("5", DNSSEC_INVALID, DNSSEC_BOGUS, TLSA, NULL, NULL);
    const struct tlsrpt_place nowhere = {NULL, NULL};
    const struct finding *failure = NULL;
    struct domain domain;

    (void)state;
    domain_init(&domain, false);
    assert_int_equal(tlsrpt_session(&domain.verdict, POLICY_TYPE_TLSA, &nowhere, &failure),
                     TLSRPT_NOT_COUNTED);
    find(&domain, &bogus, 1);
    assert_int_equal(tlsrpt_session(&domain.verdict, POLICY_TYPE_TLSA, &nowhere, &failure),
                     TLSRPT_FAILED);
    assert_ptr_equal(failure, &bogus);
}

/* --- which policies were evaluated ------------------------------------------------------------ */

struct policy_case {
    const char *name;
    enum sts_policy_status sts;
    enum sts_mode mode;
    enum dane_status dane;
    struct finding finding;
    bool has_sts, has_tlsa, has_none;
};

static const struct policy_case policy_cases[] = {
    {"none", STS_POLICY_NOT_FETCHED, STS_MODE_NONE, DANE_ABSENT, {0}, false, false, true},
    {"mode none", STS_POLICY_VALID, STS_MODE_NONE, DANE_ABSENT, {0}, false, false, true},
    {"mode testing", STS_POLICY_VALID, STS_MODE_TESTING, DANE_ABSENT, {0}, true, false, false},
    {"mode enforce", STS_POLICY_VALID, STS_MODE_ENFORCE, DANE_ABSENT, {0}, true, false, false},
    {"DANE", STS_POLICY_NOT_FETCHED, STS_MODE_NONE, DANE_USABLE, {0}, false, true, false},
    {"both", STS_POLICY_VALID, STS_MODE_ENFORCE, DANE_USABLE, {0}, true, true, false},
    {"a policy that cannot be had", STS_POLICY_FETCH_ERROR, STS_MODE_NONE, DANE_ABSENT,
     FINDING("58", STS_POLICY_FETCH_ERROR, MTA_STS_POLICY_FETCH_ERROR, STS, NULL, NULL), true,
     false, true},
    {"records that cannot be used", STS_POLICY_NOT_FETCHED, STS_MODE_NONE, DANE_UNUSABLE,
     FINDING("68", TLSA_INVALID, TLSA_UNUSABLE, TLSA, mx, NULL), false, true, true},
    {"records of another host", STS_POLICY_NOT_FETCHED, STS_MODE_NONE, DANE_ABSENT,
     FINDING("68", TLSA_INVALID, TLSA_UNUSABLE, TLSA, other_mx, NULL), false, false, true},
    {"a record that is none", STS_POLICY_NOT_FETCHED, STS_MODE_NONE, DANE_ABSENT,
     FINDING("55", NONE, MTA_STS_POLICY_INVALID, NONE, NULL, NULL), false, false, true},
};

static void policies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(policy_cases); i++) {
        const struct policy_case *one = &policy_cases[i];
        const struct verdict *verdict;
        struct domain domain;

        domain_init(&domain, true);
        find(&domain, &one->finding, one->finding.row ? 1 : 0);
        domain.verdict.sts_status = one->sts;
        domain.verdict.policy.mode = one->mode;
        domain.host_verdict.dane = one->dane;
        verdict = &domain.verdict;
        CASE_CHECK(one->name, tlsrpt_has_sts(verdict) == one->has_sts);
        CASE_CHECK(one->name,
                   tlsrpt_has_tlsa(&domain.facts, verdict, &domain.host) == one->has_tlsa);
        CASE_CHECK(one->name,
                   tlsrpt_has_no_policy(&domain.facts, verdict, &domain.host) == one->has_none);
        CASE_CHECK(one->name, !tlsrpt_has_tlsa(&domain.facts, verdict, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions),
        cmocka_unit_test(the_first_finding_of_a_row_is_the_failure),
        cmocka_unit_test(a_place_without_an_address_is_an_attempt),
        cmocka_unit_test(policies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
