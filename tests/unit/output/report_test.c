/* What is printed of reports: the sums, what stands where, and no byte that steers a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "report_sample.h"
#include "text_lines.h"

static char *print(size_t first, size_t n, bool json)
{
    struct capture capture;

    capture_begin(&capture);
    int status = json ? reports_print_json(capture.out, &report_samples[first], n)
                      : reports_print_text(capture.out, &report_samples[first], n, false);
    assert_int_equal(status, 0);
    capture_end(&capture);
    return capture.text;
}

static void test_picture(void **state)
{
    static const char *const lines[] = {
        "2 reports, 2026-11-20 to 2026-11-21: failures, 12 of 32 sessions failed",
        "Domains and policies",
        "  example.net, sts                          12 of 30 failed",
        "  example.org, no-policy-found              0 of 2 failed",
        "Mail hosts with failures",
        "  mx1.example.net 192.0.2.11                8 failed",
        "  mx2.example.net 192.0.2.12                4 failed",
        "Result types and who reports them",
        "  validation-failure, example.org           7 failed",
        "  validation-failure, Google Inc.           4 failed",
        "  certificate-expired, Google Inc.          1 failed",
        "Days",
        "  2026-11-20                                5 of 22 failed",
        "  2026-11-21                                7 of 10 failed",
        ("  do        Enable TLS 1.2 and TLS 1.3 on MX1.example.net (RFC 8996 retired the older "
         "ones)."),
        "validation-failure, policy sts, in the words of Google: 4 sessions",
        "  where     mx2.example.net 192.0.2.12 for example.net: 4 sessions",
        "            reproduced: mx2.example.net is not in the policy.",
        "certificate-expired, policy sts, in the words of Google: 1 session",
        "            not-reproduced: Renewed since.",
        "Not as RFC 8460 has it",
        "  google.json: missing: policies[1].failure-details",
    };
    char *text = print(0, 2, false);

    (void)state;
    has_lines(text, lines, sizeof lines / sizeof *lines);
    free(text);
}

static void test_json(void **state)
{
    char *text = print(0, 2, true);
    cJSON *root = cJSON_Parse(text);
    const cJSON *reports = cJSON_GetObjectItem(root, "reports");
    const cJSON *google = cJSON_GetArrayItem(reports, 0);
    const cJSON *policy = cJSON_GetArrayItem(cJSON_GetObjectItem(google, "policies"), 0);
    const cJSON *failure = cJSON_GetArrayItem(cJSON_GetObjectItem(policy, "failures"), 1);
    const cJSON *replay = cJSON_GetObjectItem(failure, "replay");

    (void)state;
    assert_string_equal(cJSON_GetObjectItem(root, "schema")->valuestring, "mxprobe.report/1");
    assert_int_equal(cJSON_GetArraySize(reports), 2);
    assert_string_equal(cJSON_GetObjectItem(google, "start")->valuestring, "2026-11-20T00:00:00Z");
    assert_string_equal(cJSON_GetObjectItem(google, "end")->valuestring, "2026-11-20T23:59:59Z");
    assert_int_equal(cJSON_GetObjectItem(policy, "failed")->valueint, 5);
    assert_string_equal(cJSON_GetObjectItem(failure, "reason")->valuestring, "certificate_expired");
    assert_string_equal(cJSON_GetObjectItem(failure, "ip")->valuestring, "192.0.2.11");
    assert_int_equal(cJSON_GetObjectItem(failure, "count")->valueint, 1);
    assert_string_equal(cJSON_GetObjectItem(replay, "outcome")->valuestring, "not-reproduced");
    assert_string_equal(cJSON_GetObjectItem(replay, "detail")->valuestring, "Renewed since.");
    cJSON_Delete(root);
    free(text);
}

static void test_strangers_bytes(void **state)
{
    char *text = print(REPORT_SAMPLE_HOSTILE, 1, false);
    char *json = print(REPORT_SAMPLE_HOSTILE, 1, true);
    cJSON *root = cJSON_Parse(json);

    (void)state;
    assert_null(first_unsafe(text, strlen(text)));
    assert_null(first_unsafe(json, strlen(json)));
    assert_non_null(strstr(text, "9007199254740992 of 9007199254740992 sessions failed"));
    assert_non_null(strstr(text, "\\x1b[2J"));
    assert_non_null(strstr(text, "and 2 more")); /* deviations */
    assert_non_null(root);
    cJSON_Delete(root);
    free(text);
    free(json);
}

static void test_nothing_failed(void **state)
{
    static const struct tlsrpt_report empty = {.organization = NULL};
    static const struct report_result result = {.file = "empty.json", .report = &empty};
    struct capture capture;

    (void)state;
    capture_begin(&capture);
    assert_int_equal(reports_print_text(capture.out, &result, 1, false), 0);
    capture_end(&capture);
    assert_string_equal(capture.text, "1 report: no failures, 0 of 0 sessions failed\n");
    capture_clear(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_picture),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_strangers_bytes),
        cmocka_unit_test(test_nothing_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
