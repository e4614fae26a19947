#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "capture.h"
#include "output/result.h"
#include "sample.h"

static cJSON *print_and_parse(const struct result *result)
{
    struct capture capture;

    capture_begin(&capture);
    assert_int_equal(result_print_json(capture.out, result), 0);
    capture_end(&capture);
    char *newline = strchr(capture.text, '\n');
    assert_ptr_equal(newline, capture.text + capture.length - 1);
    assert_null(first_unsafe(capture.text, capture.length));
    cJSON *root = cJSON_ParseWithOpts(capture.text, NULL, true);
    assert_non_null(root);
    capture_clear(&capture);
    return root;
}

static cJSON *print_sample(enum sample_kind kind)
{
    struct sample sample;

    sample_make(&sample, kind);
    cJSON *root = print_and_parse(&sample.result);
    sample_clear(&sample);
    return root;
}

/* "hosts.0.endpoints.1.tls" from the root on; NULL when it is not there. */
static const cJSON *find(const cJSON *item, const char *path)
{
    char copy[128];
    char *rest = NULL;

    snprintf(copy, sizeof copy, "%s", path);
    for (char *step = strtok_r(copy, ".", &rest); step && item; step = strtok_r(NULL, ".", &rest)) {
        item = cJSON_IsArray(item) ? cJSON_GetArrayItem(item, atoi(step))
                                   : cJSON_GetObjectItemCaseSensitive(item, step);
    }
    return item;
}

struct expectation {
    const char *path;
    const char *json; /* the value as JSON text */
};

static void check(const cJSON *root, const struct expectation *expectations, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const cJSON *item = find(root, expectations[i].path);
        if (!item)
            fail_msg("%s is missing", expectations[i].path);
        char *text = cJSON_PrintUnformatted(item);
        if (strcmp(text, expectations[i].json) != 0)
            fail_msg("%s is %s", expectations[i].path, text);
        cJSON_free(text);
    }
}

#define HEX_5A "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
#define HEX_AB "abababababababababababababababababababababababababababababababab"

static void a_healthy_domain(void **state)
{
    static const struct expectation expected[] = {
        {"schema", "\"mxprobe.result/1\""},
        {"domain", "\"xn--mnchen-3ya.test\""},
        {"domain_unicode", "\"m\xc3\xbcnchen.test\""},
        {"started_at", "\"2026-11-24T08:00:00.123Z\""},
        {"elapsed_ms", "412"},
        {"verdict", "\"ok\""},
        {"what_if", "[]"},
        {"delivery", "{\"opportunistic\":\"tls\",\"mta_sts\":\"tls\",\"dane\":\"tls\"}"},
        {"mx", "{\"status\":\"found\",\"dnssec\":\"secure\",\"records\":["
               "{\"host\":\"mx1.example.test\",\"preference\":10},"
               "{\"host\":\"mx2.example.test\",\"preference\":20}]}"},
        {"mta_sts.record",
         "{\"status\":\"valid\",\"text\":\"v=STSv1; id=20261101;\",\"id\":\"20261101\"}"},
        {"mta_sts.policy",
         "{\"status\":\"valid\",\"url\":\"https://mta-sts.example.test/.well-known/mta-sts.txt\","
         "\"http_status\":200,\"mode\":\"enforce\",\"max_age\":604800,\"mx\":[\"*.example.test\"],"
         "\"text\":\"version: STSv1\\nmode: enforce\\nmx: *.example.test\\nmax_age: 604800\\n\"}"},
        {"tls_rpt", "{\"status\":\"valid\",\"text\":\"v=TLSRPTv1; rua=mailto:tls@example.test\","
                    "\"rua\":[\"mailto:tls@example.test\"]}"},
        {"hosts.0.host", "\"mx1.example.test\""},
        {"hosts.0.preference", "10"},
        {"hosts.0.sts_match", "\"*.example.test\""},
        {"hosts.0.dane", "{\"status\":\"usable\",\"records\":[\"3 1 1 " HEX_AB "\"]}"},
        {"hosts.1.dane", "{\"status\":\"absent\",\"records\":[]}"},
        {"hosts.0.endpoints.0.ip", "\"192.0.2.1\""},
        {"hosts.0.endpoints.1.ip", "\"2001:db8::1\""},
        {"hosts.0.endpoints.0.port", "25"},
        {"hosts.0.endpoints.0.stage", "\"done\""},
        {"hosts.0.endpoints.0.banner", "\"220 mx1.example.test ESMTP\""},
        {"hosts.0.endpoints.0.helo", "\"mx1.example.test\""},
        {"hosts.0.endpoints.0.capabilities", "[\"STARTTLS\",\"SIZE 10240000\"]"},
        {"hosts.0.endpoints.0.starttls", "\"accepted\""},
        {"hosts.0.endpoints.0.tls.protocol", "\"TLSv1.3\""},
        {"hosts.0.endpoints.0.tls.cipher", "\"TLS_AES_256_GCM_SHA384\""},
        {"hosts.0.endpoints.0.tls.group", "\"x25519\""},
        {"hosts.0.endpoints.0.tls.sni", "\"mx1.example.test\""},
        {"hosts.0.endpoints.0.tls.trusted", "true"},
        {"hosts.0.endpoints.0.tls.host_match", "true"},
        {"hosts.0.endpoints.0.tls.verify_errors", "[]"},
        {"hosts.0.endpoints.0.tls.chain.0",
         "{\"subject\":\"CN=mx1.example.test\",\"issuer\":\"CN=Intermediate\\\\, 2\","
         "\"sans\":[\"DNS:mx1.example.test\",\"DNS:mail.example.test\"],"
         "\"not_before\":\"2026-09-18T09:00:00Z\",\"not_after\":\"2026-12-17T09:00:00Z\","
         "\"key\":\"EC 256\",\"signature\":\"ecdsa-with-SHA256\",\"sha256\":\"" HEX_5A
         "\",\"spki_sha256\":\"" HEX_AB "\"}"},
        {"hosts.0.endpoints.0.observed_at", "\"2026-11-24T08:00:00.200Z\""},
        {"hosts.0.endpoints.0.timings_ms",
         "{\"connect\":1,\"banner\":2,\"ehlo\":1,\"starttls\":1,\"handshake\":5}"},
        {"findings", "[]"},
    };
    cJSON *root = print_sample(SAMPLE_HEALTHY);

    (void)state;
    check(root, expected, sizeof expected / sizeof *expected);
    assert_int_equal(cJSON_GetArraySize(find(root, "hosts.0.endpoints.0.tls.chain")), 2);
    cJSON_Delete(root);
}

static void a_broken_domain(void **state)
{
    static const struct expectation expected[] = {
        {"verdict", "\"fail\""},
        {"what_if", "[\"sts-mode=enforce\"]"},
        {"delivery", "{\"opportunistic\":\"tls\",\"mta_sts\":\"defer\",\"dane\":\"tls\"}"},
        {"hosts.0.endpoints.0.tls.trusted", "false"},
        {"hosts.0.endpoints.0.tls.host_match", "false"},
        {"hosts.0.endpoints.0.tls.verify_errors",
         "[{\"code\":10,\"name\":\"X509_V_ERR_CERT_HAS_EXPIRED\",\"depth\":0},"
         "{\"code\":62,\"name\":\"X509_V_ERR_HOSTNAME_MISMATCH\",\"depth\":0}]"},
        {"hosts.1.sts_match", "null"},
        {"hosts.1.endpoints.0.starttls", "\"not-offered\""},
        {"hosts.1.endpoints.0.stage", "\"ehlo\""},
        {"hosts.1.endpoints.0.tls", "null"},
        {"hosts.1.endpoints.1.stage", "\"connect\""},
        {"hosts.1.endpoints.1.starttls", "\"not-tried\""},
        {"hosts.1.endpoints.1.banner", "null"},
        {"hosts.1.endpoints.1.helo", "null"},
        {"hosts.1.endpoints.1.capabilities", "[]"},
        {"hosts.1.endpoints.1.timings_ms",
         "{\"connect\":null,\"banner\":null,\"ehlo\":null,\"starttls\":null,\"handshake\":null}"},
        {"hosts.1.endpoints.2.stage", "\"handshake\""},
        {"hosts.1.endpoints.3.stage", "\"banner\""},
        {"findings.0",
         "{\"severity\":\"info\",\"row\":\"75\",\"result_type\":null,\"reason\":\"tls_rpt_absent\","
         "\"policy_type\":null,\"stage\":\"record\",\"mx\":null,\"ip\":null,"
         "\"detail\":\"no TLS-RPT record\",\"fix\":\"Publish one.\"}"},
        {"findings.2",
         "{\"severity\":\"fail\",\"row\":\"41\",\"result_type\":\"certificate-expired\","
         "\"reason\":\"certificate_expired\",\"policy_type\":\"sts\",\"stage\":\"certificate\","
         "\"mx\":\"mx1.example.test\",\"ip\":\"192.0.2.1\","
         "\"detail\":\"certificate ended 2026-11-01T08:00:00Z (23 days ago)\","
         "\"fix\":\"Renew the certificate on mx1.example.test and reload the mail server.\"}"},
    };
    cJSON *root = print_sample(SAMPLE_BROKEN);

    (void)state;
    check(root, expected, sizeof expected / sizeof *expected);
    assert_int_equal(cJSON_GetArraySize(find(root, "findings")), 4);
    cJSON_Delete(root);
}

static void a_domain_of_which_nothing_is_known(void **state)
{
    static const struct expectation expected[] = {
        {"mx", "{\"status\":\"nxdomain\",\"dnssec\":\"insecure\",\"records\":[]}"},
        {"mta_sts", "{\"record\":{\"status\":\"absent\",\"text\":null,\"id\":null},"
                    "\"policy\":{\"status\":\"not-fetched\",\"url\":null,\"http_status\":null,"
                    "\"mode\":null,\"max_age\":null,\"mx\":[],\"text\":null}}"},
        {"tls_rpt", "{\"status\":\"absent\",\"text\":null,\"rua\":[]}"},
        {"hosts", "[]"},
    };
    cJSON *root = print_sample(SAMPLE_EMPTY);

    (void)state;
    check(root, expected, sizeof expected / sizeof *expected);
    cJSON_Delete(root);
}

static void without_an_mx_answer_its_security_is_unknown(void **state)
{
    static const struct expectation expected[] = {{"mx.dnssec", "\"unknown\""},
                                                  {"mx.records", "[]"}};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_EMPTY);
    sample.facts.mx = NULL;
    cJSON *root = print_and_parse(&sample.result);
    check(root, expected, sizeof expected / sizeof *expected);
    cJSON_Delete(root);
    sample_clear(&sample);
}

static void an_anonymous_session_has_no_chain_and_no_group(void **state)
{
    static const struct expectation expected[] = {
        {"hosts.0.endpoints.0.tls.group", "null"},
        {"hosts.0.endpoints.0.tls.sni", "null"},
        {"hosts.0.endpoints.0.tls.verify_errors", "[]"},
        {"hosts.0.endpoints.0.tls.chain", "[]"},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    struct tls_facts *tls = sample.facts.hosts[0].endpoints[0]->tls;
    tls->group = NULL;
    tls->sni = NULL;
    tls->n_chain = tls->chain_seen = 0;
    sample.verdict.hosts[0].endpoints[0] = (struct endpoint_verdict){0};
    cJSON *root = print_and_parse(&sample.result);
    check(root, expected, sizeof expected / sizeof *expected);
    cJSON_Delete(root);
    sample_clear(&sample);
}

static void a_policy_that_breaks_the_grammar_keeps_its_text(void **state)
{
    static const struct expectation expected[] = {
        {"mta_sts.policy.status", "\"invalid\""},
        {"mta_sts.policy.mode", "null"},
        {"mta_sts.policy.max_age", "null"},
        {"mta_sts.policy.mx", "[]"},
        {"mta_sts.policy.http_status", "200"},
        {"mta_sts.policy.text",
         "\"version: STSv1\\nmode: enforce\\nmx: *.example.test\\nmax_age: 604800\\n\""},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.verdict.sts_status = STS_POLICY_INVALID;
    sample.verdict.policy.valid = false;
    cJSON *root = print_and_parse(&sample.result);
    check(root, expected, sizeof expected / sizeof *expected);
    cJSON_Delete(root);
    sample_clear(&sample);
}

static void a_refused_starttls(void **state)
{
    static const struct expectation expected[] = {{"hosts.1.endpoints.0.starttls", "\"refused\""},
                                                  {"hosts.1.endpoints.0.tls", "null"}};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_BROKEN);
    sample.facts.hosts[1].endpoints[0]->starttls = SMTP_STARTTLS_REFUSED;
    cJSON *root = print_and_parse(&sample.result);
    check(root, expected, sizeof expected / sizeof *expected);
    cJSON_Delete(root);
    sample_clear(&sample);
}

static void the_largest_numbers_are_exact(void **state)
{
    static const struct expectation expected[] = {
        {"mta_sts.policy.max_age", "9999999999"},
        {"hosts.0.preference", "65535"},
        {"hosts.0.endpoints.0.tls.chain.0.not_after", "\"9999-12-31T23:59:59Z\""},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.verdict.policy.max_age_s = INT64_C(9999999999);
    sample.facts.hosts[0].preference = 65535;
    sample.facts.hosts[0].endpoints[0]->tls->chain[0].not_after_s = INT64_C(253402300799);
    cJSON *root = print_and_parse(&sample.result);
    check(root, expected, sizeof expected / sizeof *expected);
    cJSON_Delete(root);
    sample_clear(&sample);
}

/* The contract: what is not known is null, and 1970 is a time like any other. */
static void a_time_that_cannot_be_read_is_null(void **state)
{
    static const struct expectation expected[] = {
        {"hosts.0.endpoints.0.tls.chain.0.not_before", "\"1970-01-01T00:00:00Z\""},
        {"hosts.0.endpoints.0.tls.chain.0.not_after", "null"},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    struct tls_certificate *leaf = &sample.facts.hosts[0].endpoints[0]->tls->chain[0];
    leaf->not_before_s = 0;
    leaf->not_after_s = 0;
    leaf->not_after_unreadable = true;
    cJSON *root = print_and_parse(&sample.result);
    check(root, expected, sizeof expected / sizeof *expected);
    cJSON_Delete(root);
    sample_clear(&sample);
}

/* The keys of one object, in order. */
static void keys_are(const cJSON *object, const char *const *keys, size_t n)
{
    const cJSON *item = object->child;

    for (size_t i = 0; i < n; i++, item = item->next) {
        assert_non_null(item);
        assert_string_equal(item->string, keys[i]);
    }
    assert_null(item);
}

static void keys_come_in_the_order_of_the_contract(void **state)
{
    static const char *const root_keys[] = {
        "schema",   "domain", "domain_unicode", "started_at", "elapsed_ms", "verdict", "what_if",
        "delivery", "mx",     "mta_sts",        "tls_rpt",    "hosts",      "findings"};
    static const char *const endpoint_keys[] = {
        "ip",  "port",      "stage",     "banner", "helo",        "capabilities", "starttls",
        "tls", "both_keys", "other_tls", "survey", "observed_at", "timings_ms"};
    static const char *const tls_keys[] = {"protocol",      "cipher",  "group",
                                           "sni",           "trusted", "host_match",
                                           "verify_errors", "chain",   "resumption"};
    static const char *const finding_keys[] = {"severity",    "row",   "result_type", "reason",
                                               "policy_type", "stage", "mx",          "ip",
                                               "detail",      "fix"};
    cJSON *root = print_sample(SAMPLE_BROKEN);

    (void)state;
    keys_are(root, root_keys, sizeof root_keys / sizeof *root_keys);
    keys_are(find(root, "hosts.0.endpoints.0"), endpoint_keys,
             sizeof endpoint_keys / sizeof *endpoint_keys);
    keys_are(find(root, "hosts.0.endpoints.0.tls"), tls_keys, sizeof tls_keys / sizeof *tls_keys);
    keys_are(find(root, "findings.0"), finding_keys, sizeof finding_keys / sizeof *finding_keys);
    cJSON_Delete(root);
}

/* Every text of a stranger comes out escaped, and the policy keeps its line feed alone. */
static void attacks_are_escaped(void **state)
{
#define ATTACK                                                                                   \
    "\"\\\\x1b]0;owned\\\\x07\\\\x1b[2J\\\\x9b1m\\\\xc2\\\\x9b\\\\u{202e}\\\\u{2066}\\\\u{feff}" \
    "\\\\xff\\\\xc0\\\\x80\\\\xed\\\\xa0\\\\x80\\\\xf4\\\\x90\\\\x80\\\\x80"
#define TAIL "\\\\x09\\\\x08\\\\x7f|'\\\""
    static const struct expectation expected[] = {
        {"hosts.0.endpoints.0.banner", ATTACK "\\\\x0d\\\\x0a" TAIL "220 mx1.example.test ESMTP\""},
        {"hosts.0.endpoints.0.tls.chain.0.subject",
         ATTACK "\\\\x0d\\\\x0a" TAIL "CN=mx1.example.test\""},
        {"findings.2.mx", ATTACK "\\\\x0d\\\\x0a" TAIL "mx1.example.test\""},
        {"mta_sts.policy.text",
         ATTACK "\\n" TAIL "version: STSv1\\nmode: testing\\nmx: *.example.test\\n"
                "max_age: 604800\\n\\\\x00\""},
    };
    cJSON *root = print_sample(SAMPLE_HOSTILE);

    (void)state;
    check(root, expected, sizeof expected / sizeof *expected);
    cJSON_Delete(root);
}

static void a_full_disk_is_told(void **state)
{
    FILE *full = fopen("/dev/full", "w");
    struct sample sample;

    (void)state;
    if (!full)
        skip();
    setvbuf(full, NULL, _IONBF, 0);
    sample_make(&sample, SAMPLE_EMPTY);
    errno = 0;
    assert_int_equal(result_print_json(full, &sample.result), -1);
    assert_int_equal(errno, ENOSPC);
    sample_clear(&sample);
    fclose(full);
}

/* cJSON's hooks make each allocation of the tree fail in turn. */
static size_t allocations_left;

static void *failing_malloc(size_t size)
{
    return allocations_left-- > 0 ? malloc(size) : NULL;
}

static void want_of_memory_is_told_at_every_allocation(void **state)
{
    cJSON_Hooks hooks = {failing_malloc, free};
    struct capture capture;
    struct sample sample;
    size_t budget = 0;
    int status = -1;

    (void)state;
    sample_make(&sample, SAMPLE_BROKEN);
    sample.facts.hosts[0].endpoints[0]->survey =
        (struct tls_survey){.connections = 1,
                            .versions = {[3] = {SURVEY_ACCEPTED, 0x0303, 0xc030, 29, 0}},
                            .weak = {[TLS_SUITE_RC4] = {SURVEY_ACCEPTED, 0x0303, 0x0005, 0, 0}}};
    cJSON_InitHooks(&hooks);
    for (; status != 0 && budget < 10000; budget++) {
        allocations_left = budget;
        errno = 0;
        capture_begin(&capture);
        status = result_print_json(capture.out, &sample.result);
        int why = errno;
        capture_end(&capture);
        assert_true(status == 0 || (why == ENOMEM && capture.length == 0));
        capture_clear(&capture);
    }
    cJSON_InitHooks(NULL);
    assert_int_equal(status, 0);
    assert_true(budget > 100);
    sample_clear(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_domain),
        cmocka_unit_test(a_broken_domain),
        cmocka_unit_test(a_domain_of_which_nothing_is_known),
        cmocka_unit_test(without_an_mx_answer_its_security_is_unknown),
        cmocka_unit_test(an_anonymous_session_has_no_chain_and_no_group),
        cmocka_unit_test(a_policy_that_breaks_the_grammar_keeps_its_text),
        cmocka_unit_test(a_refused_starttls),
        cmocka_unit_test(the_largest_numbers_are_exact),
        cmocka_unit_test(a_time_that_cannot_be_read_is_null),
        cmocka_unit_test(keys_come_in_the_order_of_the_contract),
        cmocka_unit_test(attacks_are_escaped),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(want_of_memory_is_told_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
