/*
 * The TLS-RPT report as text: what RFC 8460 4.4 and 4.5 say of its parts.
 */
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

static const struct tlsrpt_reporter reporter = {
    .organization = "Example\x1b[2J Inc.",
    .contact = "tls@example.com",
    .id = {0, 1, 2, 3, 4, 5, 0xf6, 7, 0xf8, 9, 10, 11, 12, 13, 14, 15},
};

static cJSON *print_and_parse(const struct result *result)
{
    struct capture capture;

    capture_begin(&capture);
    assert_int_equal(result_print_tlsrpt(capture.out, result, &reporter), 0);
    capture_end(&capture);
    assert_ptr_equal(strchr(capture.text, '\n'), capture.text + capture.length - 1);
    assert_null(first_unsafe(capture.text, capture.length));
    cJSON *root = cJSON_ParseWithOpts(capture.text, NULL, true);
    assert_non_null(root);
    capture_clear(&capture);
    return root;
}

static void check_text(const cJSON *object, const char *key, const char *wanted)
{
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key)),
                        wanted);
}

static void every_sample_is_safe_for_a_terminal(void **state)
{
    (void)state;
    for (enum sample_kind kind = SAMPLE_HEALTHY; kind <= SAMPLE_EMPTY; kind++) {
        struct sample sample;

        sample_make(&sample, kind);
        cJSON *root = print_and_parse(&sample.result);
        if (kind != SAMPLE_HOSTILE) /* whose what-if option is an attack too */
            check_text(root, "organization-name",
                       sample.result.n_what_if ? "Example\\x1b[2J Inc. (what if: sts-mode=enforce)"
                                               : "Example\\x1b[2J Inc.");
        check_text(root, "contact-info", "tls@example.com");
        cJSON_Delete(root);
        sample_clear(&sample);
    }
}

/* Version 4 and the variant of RFC 9562 5.4, whatever the bytes. */
static void the_id_is_a_random_uuid(void **state)
{
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    cJSON *root = print_and_parse(&sample.result);
    check_text(root, "report-id", "00010203-0405-4607-b809-0a0b0c0d0e0f");
    cJSON_Delete(root);
    sample_clear(&sample);
}

static void the_range_is_in_whole_seconds_around_the_probe(void **state)
{
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY); /* from 08:00:00.123 on, for 412 ms */
    cJSON *root = print_and_parse(&sample.result);
    const cJSON *range = cJSON_GetObjectItemCaseSensitive(root, "date-range");
    check_text(range, "start-datetime", "2026-11-24T08:00:00Z");
    check_text(range, "end-datetime", "2026-11-24T08:00:01Z");
    cJSON_Delete(root);

    /* A session that was shared from a domain before. */
    sample.facts.hosts[0].endpoints[0]->observed_at_ms -= 90000;
    root = print_and_parse(&sample.result);
    range = cJSON_GetObjectItemCaseSensitive(root, "date-range");
    check_text(range, "start-datetime", "2026-11-24T07:58:30Z");
    cJSON_Delete(root);
    sample_clear(&sample);
}

static void a_policy_is_told_line_by_line(void **state)
{
    static const struct {
        const char *body, *lines;
    } cases[] = {
        {"version: STSv1\nmode: testing\n", "[\"version: STSv1\",\"mode: testing\"]"},
        {"version: STSv1\r\nmode: testing\r\n", "[\"version: STSv1\",\"mode: testing\"]"},
        {"version: STSv1\nmode: testing", "[\"version: STSv1\",\"mode: testing\"]"},
        {"version: STSv1\n\nmode: \x1btesting\n",
         "[\"version: STSv1\",\"\",\"mode: \\\\x1btesting\"]"},
        {"mode: a\rb\n", "[\"mode: a\\\\x0db\"]"},
        {"\n", "[\"\"]"},
        {"", "[]"},
    };
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sts_fetch_facts *fetch = sample.facts.sts_fetch;
        fetch->body = (uint8_t *)cases[i].body;
        fetch->length = strlen(cases[i].body);
        cJSON *root = print_and_parse(&sample.result);
        const cJSON *policies = cJSON_GetObjectItemCaseSensitive(root, "policies");
        const cJSON *policy =
            cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(policies, 0), "policy");
        check_text(policy, "policy-type", "sts");
        char *text =
            cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(policy, "policy-string"));
        assert_string_equal(text, cases[i].lines);
        cJSON_free(text);
        cJSON_Delete(root);
    }
    sample_clear(&sample);
}

/* What was said without a certificate that counts, or with another status, is no policy. */
static void what_was_not_fetched_soundly_is_not_told(void **state)
{
    struct finding finding = {.row = "64",
                              .severity = SEVERITY_FAIL,
                              .result_type = RESULT_STS_WEBPKI_INVALID,
                              .reason = REASON_CERTIFICATE_EXPIRED,
                              .policy_type = POLICY_TYPE_STS};
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.verdict.sts_status = STS_POLICY_WEBPKI_INVALID;
    sample.verdict.findings = &finding;
    sample.verdict.n_findings = 1;
    cJSON *root = print_and_parse(&sample.result);
    const cJSON *policies = cJSON_GetObjectItemCaseSensitive(root, "policies");
    const cJSON *part = cJSON_GetArrayItem(policies, 0);
    const cJSON *policy = cJSON_GetObjectItemCaseSensitive(part, "policy");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(policy, "policy-string")),
                     0);
    /* Two hosts with three addresses: each of the sessions would have had that policy. */
    const cJSON *summary = cJSON_GetObjectItemCaseSensitive(part, "summary");
    assert_int_equal(
        cJSON_GetObjectItemCaseSensitive(summary, "total-failure-session-count")->valueint, 3);
    cJSON_Delete(root);
    sample_clear(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_is_safe_for_a_terminal),
        cmocka_unit_test(the_id_is_a_random_uuid),
        cmocka_unit_test(the_range_is_in_whole_seconds_around_the_probe),
        cmocka_unit_test(a_policy_is_told_line_by_line),
        cmocka_unit_test(what_was_not_fetched_soundly_is_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
