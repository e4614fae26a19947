/*
 * The one word and the words of the contract, on facts built by hand. What the findings are, row by
 * row, is the business of tests/scenarios.
 */
#include "case.h"

#include "policy/verdict.h"

/* --- facts ------------------------------------------------------------------------------------ */

enum host { HOST_NONE, HOST_CLEARTEXT, HOST_UNREACHED, HOST_THROTTLED };

struct word_case {
    const char *name;
    enum dns_status mx;
    enum host hosts[3];
    enum dns_status sts; /* of the lookup of the record: absent, or failed */
    const char *trouble;
    bool no_tlsrpt; /* that lookup failed */
    enum verdict_word word;
};

static struct dns_answer *answer(const char *name, uint16_t type, enum dns_status status)
{
    struct dns_answer *made = dns_answer_new(name, type);

    assert_non_null(made);
    made->status = status;
    made->security = DNS_INSECURE;
    return made;
}

static void add_host(struct domain_facts *facts, enum host kind)
{
    struct host_facts *host = &facts->hosts[facts->n_hosts++];
    struct dns_address address = {.family = DNS_IPV4, .bytes = {192, 0, 2, 1}};
    struct smtp_facts *session = smtp_facts_new(&address, 25);

    assert_non_null(session);
    host->host = strdup("mx.example.test");
    host->a = answer("mx.example.test", DNS_TYPE_A, DNS_FOUND);
    assert_non_null(dns_answer_add(host->a));
    host->endpoints = calloc(1, sizeof(struct smtp_facts *));
    assert_non_null(host->endpoints);
    host->endpoints[host->n_endpoints++] = session;
    if (kind == HOST_CLEARTEXT) {
        session->problem = SMTP_FINE;
        session->stage = SMTP_STAGE_EHLO;
        session->starttls = SMTP_STARTTLS_NOT_OFFERED;
    } else if (kind == HOST_UNREACHED) {
        session->problem = SMTP_CONNECTION_REFUSED;
    } else {
        session->problem = SMTP_TEMPORARY_REPLY;
        session->stage = SMTP_STAGE_BANNER;
    }
}

static struct domain_facts *facts_of(const struct word_case *one)
{
    struct domain_facts *facts = domain_facts_new("example.test");

    assert_non_null(facts);
    facts->ad_believed = true;
    facts->validation = DNS_VALIDATES;
    facts->mx = answer("example.test", DNS_TYPE_MX, one->mx);
    facts->hosts = calloc(COUNT(one->hosts), sizeof *facts->hosts);
    assert_non_null(facts->hosts);
    for (size_t i = 0; i < COUNT(one->hosts) && one->hosts[i] != HOST_NONE; i++) {
        struct dns_record *record = dns_answer_add(facts->mx);
        assert_non_null(record);
        record->u.mx.host = strdup("mx.example.test");
        add_host(facts, one->hosts[i]);
    }
    if (!facts->n_hosts && one->mx == DNS_FOUND) { /* a null MX */
        struct dns_record *record = dns_answer_add(facts->mx);
        assert_non_null(record);
        record->u.mx.host = strdup("");
    }
    facts->hosts_seen = facts->n_hosts;
    facts->sts_txt = answer("_mta-sts.example.test", DNS_TYPE_TXT, one->sts);
    facts->tlsrpt_txt = answer("_smtp._tls.example.test", DNS_TYPE_TXT,
                               one->no_tlsrpt ? DNS_SERVFAIL : DNS_NXDOMAIN);
    facts->trouble = one->trouble;
    return facts;
}

/* --- the word --------------------------------------------------------------------------------- */

static const struct word_case word_cases[] = {
    {"null MX", DNS_FOUND, {HOST_NONE}, DNS_NXDOMAIN, NULL, false, VERDICT_OK},
    {"null MX, no TLS-RPT lookup", DNS_FOUND, {HOST_NONE}, DNS_NXDOMAIN, NULL, true, VERDICT_OK},
    {"no such domain", DNS_NXDOMAIN, {HOST_NONE}, DNS_NXDOMAIN, NULL, false, VERDICT_FAIL},
    {"MX lookup failed", DNS_SERVFAIL, {HOST_NONE}, DNS_NXDOMAIN, NULL, false, VERDICT_UNKNOWN},
    {"MX lookup timed out", DNS_TIMEOUT, {HOST_NONE}, DNS_NXDOMAIN, NULL, false, VERDICT_UNKNOWN},
    {"MX bogus", DNS_BOGUS, {HOST_NONE}, DNS_NXDOMAIN, NULL, false, VERDICT_FAIL},
    {"a host in the clear",
     DNS_FOUND,
     {HOST_CLEARTEXT},
     DNS_NXDOMAIN,
     NULL,
     false,
     VERDICT_WARNING},
    {"no host judged", DNS_FOUND, {HOST_UNREACHED}, DNS_NXDOMAIN, NULL, false, VERDICT_UNKNOWN},
    {"throttled", DNS_FOUND, {HOST_THROTTLED}, DNS_NXDOMAIN, NULL, false, VERDICT_UNKNOWN},
    {"one judged, one not",
     DNS_FOUND,
     {HOST_CLEARTEXT, HOST_UNREACHED},
     DNS_NXDOMAIN,
     NULL,
     false,
     VERDICT_WARNING},
    {"the record could not be looked up",
     DNS_FOUND,
     {HOST_CLEARTEXT},
     DNS_SERVFAIL,
     NULL,
     false,
     VERDICT_UNKNOWN},
    {"our own trouble",
     DNS_FOUND,
     {HOST_CLEARTEXT},
     DNS_NXDOMAIN,
     "out of memory",
     false,
     VERDICT_UNKNOWN},
    {"a failure before our own trouble",
     DNS_NXDOMAIN,
     {HOST_NONE},
     DNS_NXDOMAIN,
     "out of memory",
     false,
     VERDICT_FAIL},
    {"a failure before a failed lookup",
     DNS_NXDOMAIN,
     {HOST_NONE},
     DNS_SERVFAIL,
     NULL,
     false,
     VERDICT_FAIL},
};

static void test_word(void **state)
{
    const struct judge_options options = {.expiry_warn_days = 21, .expiry_crit_days = -1};

    (void)state;
    for (size_t i = 0; i < COUNT(word_cases); i++) {
        struct domain_facts *facts = facts_of(&word_cases[i]);
        struct verdict verdict;

        CASE_CHECK(word_cases[i].name, verdict_judge(facts, &options, &verdict) == 0);
        CASE_CHECK(word_cases[i].name, verdict.word == word_cases[i].word);
        CASE_CHECK(word_cases[i].name, verdict.n_hosts == facts->n_hosts);
        verdict_clear(&verdict);
        assert_null(verdict.findings);
        domain_facts_free(facts);
    }
}

/* The domain's findings stand before those of the hosts, the hosts in their order. */
static void test_order(void **state)
{
    static const struct word_case one = {
        "",    DNS_FOUND,      {HOST_CLEARTEXT, HOST_UNREACHED}, DNS_NXDOMAIN, NULL,
        false, VERDICT_WARNING};
    const struct judge_options options = {.expiry_warn_days = 21, .expiry_crit_days = -1};
    struct domain_facts *facts = facts_of(&one);
    struct verdict verdict;
    size_t clear = SIZE_MAX, refused = SIZE_MAX;

    (void)state;
    assert_int_equal(verdict_judge(facts, &options, &verdict), 0);
    for (size_t i = 0; i < verdict.n_findings; i++)
        if (verdict.findings[i].reason == REASON_STARTTLS_NOT_OFFERED)
            clear = i;
        else if (verdict.findings[i].reason == REASON_CONNECTION_REFUSED)
            refused = i;
    assert_true(clear < refused && refused < verdict.n_findings);
    assert_int_equal(verdict.findings[0].reason, REASON_MTA_STS_POLICY_NOT_FOUND);
    assert_null(verdict.findings[0].mx);
    verdict_clear(&verdict);
    domain_facts_free(facts);
}

/* Nothing was gathered: no answers at all. */
static void test_bare(void **state)
{
    const struct judge_options options = {.expiry_warn_days = 21, .expiry_crit_days = -1};
    struct domain_facts *facts = domain_facts_new("example.test");
    struct verdict verdict;

    (void)state;
    assert_non_null(facts);
    assert_int_equal(verdict_judge(facts, &options, &verdict), 0);
    assert_int_equal(verdict.word, VERDICT_UNKNOWN);
    assert_int_equal(verdict.mx_status, MX_TIMEOUT);
    assert_int_equal(verdict.opportunistic, DELIVERY_UNKNOWN);
    assert_int_equal(verdict.mta_sts, DELIVERY_UNKNOWN);
    assert_int_equal(verdict.dane, DELIVERY_UNKNOWN);
    verdict_clear(&verdict);
    domain_facts_free(facts);
}

/* --- words (CONTRACT.md) ---------------------------------------------------------------------- */

static void test_words(void **state)
{
    (void)state;
    assert_string_equal(mx_status_text(MX_FOUND), "found");
    assert_string_equal(mx_status_text(MX_IMPLICIT), "implicit");
    assert_string_equal(mx_status_text(MX_NULL), "null");
    assert_string_equal(mx_status_text(MX_NONE), "none");
    assert_string_equal(mx_status_text(MX_NXDOMAIN), "nxdomain");
    assert_string_equal(mx_status_text(MX_SERVFAIL), "servfail");
    assert_string_equal(mx_status_text(MX_TIMEOUT), "timeout");
    assert_string_equal(mx_status_text(MX_BOGUS), "bogus");
    assert_string_equal(dane_status_text(DANE_USABLE), "usable");
    assert_string_equal(dane_status_text(DANE_UNUSABLE), "unusable");
    assert_string_equal(dane_status_text(DANE_ABSENT), "absent");
    assert_string_equal(dane_status_text(DANE_INSECURE), "insecure");
    assert_string_equal(dane_status_text(DANE_BOGUS), "bogus");
    assert_string_equal(dane_status_text(DANE_ERROR), "error");
    assert_string_equal(dane_status_text(DANE_UNKNOWN), "unknown");
    assert_string_equal(delivery_text(DELIVERY_TLS), "tls");
    assert_string_equal(delivery_text(DELIVERY_UNAUTHENTICATED_TLS), "unauthenticated-tls");
    assert_string_equal(delivery_text(DELIVERY_CLEARTEXT), "cleartext");
    assert_string_equal(delivery_text(DELIVERY_DEFER), "defer");
    assert_string_equal(delivery_text(DELIVERY_BOUNCE), "bounce");
    assert_string_equal(delivery_text(DELIVERY_UNKNOWN), "unknown");
}

static void test_policy_words(void **state)
{
    (void)state;
    assert_string_equal(sts_policy_status_text(STS_POLICY_VALID), "valid");
    assert_string_equal(sts_policy_status_text(STS_POLICY_NOT_FETCHED), "not-fetched");
    assert_string_equal(sts_policy_status_text(STS_POLICY_FETCH_ERROR), "fetch-error");
    assert_string_equal(sts_policy_status_text(STS_POLICY_WEBPKI_INVALID), "webpki-invalid");
    assert_string_equal(sts_policy_status_text(STS_POLICY_INVALID), "invalid");
    assert_string_equal(sts_record_status_text(STS_RECORD_VALID), "valid");
    assert_string_equal(sts_record_status_text(STS_RECORD_ABSENT), "absent");
    assert_string_equal(sts_record_status_text(STS_RECORD_INVALID), "invalid");
    assert_string_equal(sts_record_status_text(STS_RECORD_MULTIPLE), "multiple");
    assert_string_equal(sts_record_status_text(STS_RECORD_ERROR), "error");
    assert_string_equal(tlsrpt_status_text(TLSRPT_VALID), "valid");
    assert_string_equal(tlsrpt_status_text(TLSRPT_ABSENT), "absent");
    assert_string_equal(tlsrpt_status_text(TLSRPT_INVALID), "invalid");
    assert_string_equal(tlsrpt_status_text(TLSRPT_MULTIPLE), "multiple");
    assert_string_equal(tlsrpt_status_text(TLSRPT_ERROR), "error");
}

static void test_exit_status(void **state)
{
    (void)state;
    assert_int_equal(verdict_exit_status(VERDICT_OK), 0);
    assert_int_equal(verdict_exit_status(VERDICT_WARNING), 1);
    assert_int_equal(verdict_exit_status(VERDICT_FAIL), 2);
    assert_int_equal(verdict_exit_status(VERDICT_UNKNOWN), 3);
    assert_string_equal(verdict_word_text(VERDICT_OK), "ok");
    assert_string_equal(verdict_word_text(VERDICT_WARNING), "warning");
    assert_string_equal(verdict_word_text(VERDICT_FAIL), "fail");
    assert_string_equal(verdict_word_text(VERDICT_UNKNOWN), "unknown");
    /* The worst of several domains decides, in the order 2, 3, 1, 0. */
    assert_true(VERDICT_FAIL > VERDICT_UNKNOWN);
    assert_true(VERDICT_UNKNOWN > VERDICT_WARNING);
    assert_true(VERDICT_WARNING > VERDICT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_word),         cmocka_unit_test(test_order),
        cmocka_unit_test(test_bare),         cmocka_unit_test(test_words),
        cmocka_unit_test(test_policy_words), cmocka_unit_test(test_exit_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
