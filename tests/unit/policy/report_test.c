/* Reports in the shapes of RFC 8460 section 4.4 and of the senders (tests/reports). */
#include "case.h"

#include <stdio.h>

#include "policy/report.h"
#include "report_file.h"

/* What a sample holds, from the file by eye: "word: place" of each deviation, in order. */
static const struct {
    const char *file;
    const char *organization, *report_id;
    int64_t start_s, end_s; /* -1: not known */
    size_t n_policies, n_failures;
    uint64_t successful, failed;
    const char *deviations;
} samples[] = {
    {"rfc8460.json", "Company-X", "5065427c-23d3-47ca-b6e0-946ea0e8c4be", 1795132800, 1795219199, 1,
     3, 5326, 303, ""},
    {"google.json", "Google Inc.", "2026-11-20T00:00:00Z_example.net", 1795132800, 1795219199, 2, 2,
     44, 6,
     "bad_address: policies[0].failure-details[0].sending-mta-ip\n"
     "missing: policies[1].failure-details\n"},
    {"microsoft.json", "Microsoft Corporation", "134085024000000000+example.net", 1795132800,
     1795219199, 2, 2, 14, 3,
     "time_without_zone: date-range.start-datetime\n"
     "time_without_zone: date-range.end-datetime\n"
     "json_in_string: policies[0].policy.policy-string\n"},
    {"postfix.json", "mail.example.org", "2026-11-20T00:00:00Z_idx1_example.net", 1795132800,
     1795219199, 3, 3, 10, 5, "missing: policies[2].policy.policy-domain\n"},
    {"exim.json", "relay.example.com", "2026-11-20T00:00:00Z_idx4_example.net", 1795132800,
     1795219199, 1, 2, 0, 5, ""},
    {"mail-ru.json", "Mail.ru", "0b1c6dd2-6f4e-4b57-9a0e-2f6d1f6a8c11@mail.ru", 1795132800,
     1795219200, 1, 2, 0, 1,
     "missing: policies[0].policy.policy-string\n"
     "counts_differ: policies[0].failure-details\n"},
    {"mox.json", "example.org", "20261121.example.net@mail.example.org", 1795132800, 1795219200, 2,
     4, 12, 5,
     "bad_address: policies[0].failure-details[0].sending-mta-ip\n"
     "bad_address: policies[0].failure-details[0].receiving-ip\n"
     "null: policies[1].policy.mx-host\n"},
    {"stalwart.json", "mail.example.com", "12884901889_1795161600", 1795161600, 1795248000, 2, 3, 2,
     4,
     "missing: policies[1].policy.policy-string\n"
     "unknown_result_type: policies[1].failure-details[0].result-type\n"},
    {"drafts.json", "Old Software", "old-1", -1, 1795219199, 1, 1, 17, 2,
     "duplicate_key: report-id\n"
     "bad_time: date-range.start-datetime\n"
     "null: contact-info\n"
     "unknown_policy_type: policies[0].policy.policy-type\n"
     "bare_string: policies[0].policy.policy-string\n"
     "lines_in_string: policies[0].policy.policy-string\n"
     "other_key: policies[0].policy.mx-host-pattern\n"
     "bare_string: policies[0].policy.mx-host\n"
     "wrong_type: policies[0].failure-details\n"
     "other_key: policies[0].failure-details[0].receiving-mx-host-name\n"
     "other_key: policies[0].failure-details[0].additional-info-uri\n"
     "bad_address: policies[0].failure-details[0].sending-mta-ip\n"
     "bad_count: policies[0].failure-details[0].failed-session-count\n"
     "bad_count: policies[0].summary.total-successful-session-count\n"
     "bad_count: policies[0].summary.total-failure-session-count\n"},
};

/* The deviations, a line each and in any order, against `expected`. */
static void check_deviations(const char *name, const struct tlsrpt_report *report,
                             const char *expected)
{
    size_t lines = 0;

    for (const char *at = expected; *at; at++)
        lines += *at == '\n';
    for (size_t i = 0; i < report->n_deviations; i++) {
        char line[256];
        snprintf(line, sizeof line, "%s: %s\n", tlsrpt_deviation_text(report->deviations[i].kind),
                 report->deviations[i].place);
        if (!strstr(expected, line))
            fail_msg("%s: not expected: %s", name, line);
    }
    CASE_CHECK(name, report->n_deviations == lines);
}

static void test_samples(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        const char *name = samples[i].file;
        struct tlsrpt_report report;
        uint64_t successful = 0, failed = 0;
        size_t n_failures = 0;

        read_report_file(name, &report);
        for (size_t j = 0; j < report.n_policies; j++) {
            successful += report.policies[j].successful;
            failed += report.policies[j].failed;
            n_failures += report.policies[j].n_failures;
        }
        assert_string_equal(report.organization, samples[i].organization);
        assert_string_equal(report.report_id, samples[i].report_id);
        CASE_CHECK(name, (report.start_known ? report.start_s : -1) == samples[i].start_s);
        CASE_CHECK(name, (report.end_known ? report.end_s : -1) == samples[i].end_s);
        CASE_CHECK(name, report.n_policies == samples[i].n_policies);
        CASE_CHECK(name, n_failures == samples[i].n_failures);
        CASE_CHECK(name, successful == samples[i].successful);
        CASE_CHECK(name, failed == samples[i].failed);
        check_deviations(name, &report, samples[i].deviations);
        tlsrpt_report_clear(&report);
    }
}

static void test_facts_of_a_failure(void **state)
{
    struct tlsrpt_report report;

    (void)state;
    read_report_file("rfc8460.json", &report);
    const struct tlsrpt_policy *policy = &report.policies[0];
    const struct tlsrpt_failure *failure = &policy->failures[2];
    assert_int_equal(policy->type, POLICY_TYPE_STS);
    assert_string_equal(policy->policy_domain, "company-y.example");
    assert_int_equal(policy->n_policy_strings, 4);
    assert_string_equal(policy->policy_strings[2], "mx: *.mail.company-y.example");
    assert_int_equal(policy->n_mx_hosts, 1);
    assert_int_equal(failure->type, RESULT_VALIDATION_FAILURE);
    assert_string_equal(failure->sending_ip, "198.51.100.62");
    assert_string_equal(failure->ip, "203.0.113.58");
    assert_string_equal(failure->mx, "mx-backup.mail.company-y.example");
    assert_string_equal(failure->mx_helo, "backup.company-y.example");
    assert_string_equal(failure->reason_code, "X509_V_ERR_PATH_LENGTH_EXCEEDED");
    assert_int_equal(failure->count, 3);
    assert_null(failure->additional_information);
    tlsrpt_report_clear(&report);
}

static void test_tlsa_inside_a_string(void **state)
{
    struct tlsrpt_report report;

    (void)state;
    read_report_file("microsoft.json", &report);
    assert_int_equal(report.policies[0].n_policy_strings, 2);
    assert_memory_equal(report.policies[0].policy_strings[1], "3 1 1 CEC87FB3", 14);
    tlsrpt_report_clear(&report);
}

#define RANGE                                                      \
    "\"date-range\":{\"start-datetime\":\"2026-11-20T00:00:00Z\"," \
    "\"end-datetime\":\"2026-11-20T23:59:59Z\"}"
#define HEAD "{\"organization-name\":\"x\",\"contact-info\":\"c\",\"report-id\":\"1\"," RANGE ","
#define POLICY "\"policy\":{\"policy-type\":\"no-policy-found\",\"policy-domain\":\"a.example\"}"
#define FAILURE "{\"result-type\":\"certificate-expired\",\"failed-session-count\":"

/* What is no report, and where it stops being one. */
static const struct {
    const char *name, *text, *refusal;
} refused[] = {
    {"nothing", "", "byte 0: "},
    {"a web page", "<html>", "byte 0: "},
    {"cut", HEAD "\"policies\":[", "byte 165: "},
    {"a list", "[]", "byte 0: "},
    {"an object of another kind", "{\"name\":1}", "\"policies\""},
    {"policies of something else", "{\"policies\":[]}", "neither whose it is"},
    {"policies that are no list", HEAD "\"policies\":{}}", "policies: "},
    {"a policy that is no object", HEAD "\"policies\":[{}, 7]}", "policies[1]: "},
    {"a policy of a text", HEAD "\"policies\":[{\"policy\":\"sts\"}]}", "policies[0].policy: "},
    {"a summary of a number", HEAD "\"policies\":[{" POLICY ",\"summary\":3}]}",
     "policies[0].summary: "},
    {"failures of a text", HEAD "\"policies\":[{" POLICY ",\"failure-details\":\"x\"}]}",
     "policies[0].failure-details: "},
    {"a failure of null", HEAD "\"policies\":[{" POLICY ",\"failure-details\":[null]}]}",
     "policies[0].failure-details[0]: "},
    {"a range of a text", "{\"organization-name\":\"x\",\"date-range\":\"today\",\"policies\":[]}",
     "date-range: "},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct tlsrpt_report report;
        char refusal[TLSRPT_REFUSAL_MAX] = "";
        int read = tlsrpt_report_read((const uint8_t *)refused[i].text, strlen(refused[i].text),
                                      &report, refusal);
        CASE_CHECK(refused[i].name, read == 1);
        if (!strstr(refusal, refused[i].refusal))
            fail_msg("%s: \"%s\" lacks \"%s\"", refused[i].name, refusal, refused[i].refusal);
    }
}

/* Counts as written, in a failure and so, without a summary, in the policy. */
static const struct {
    const char *name, *count;
    uint64_t read;
    bool deviates;
} counts[] = {
    {"none", "0", 0, false},
    {"some", "17", 17, false},
    {"in the form of a real number", "17.0", 17, false},
    {"by an exponent", "1e3", 1000, false},
    {"the largest", "9007199254740992", TLSRPT_COUNT_MAX, false},
    {"larger", "18446744073709551616", TLSRPT_COUNT_MAX, true},
    {"much larger", "1e308", TLSRPT_COUNT_MAX, true},
    {"beyond every double", "1e999", TLSRPT_COUNT_MAX, true},
    {"negative", "-5", 0, true},
    {"a fraction", "2.5", 2, true},
    {"in quotes", "\"12\"", 12, true},
    {"a word", "\"many\"", 0, true},
    {"null", "null", 0, true},
    {"true", "true", 0, true},
    {"a list", "[1]", 0, true},
};

static void test_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct tlsrpt_report report;
        char text[1024], refusal[TLSRPT_REFUSAL_MAX];
        snprintf(text, sizeof text,
                 HEAD "\"policies\":[{" POLICY ",\"failure-details\":[" FAILURE "%s}]}]}",
                 counts[i].count);
        CASE_CHECK(counts[i].name,
                   tlsrpt_report_read((const uint8_t *)text, strlen(text), &report, refusal) == 0);
        CASE_CHECK(counts[i].name, report.policies[0].failures[0].count == counts[i].read);
        CASE_CHECK(counts[i].name, report.policies[0].failed == counts[i].read);
        /* that there is no summary is the other one */
        CASE_CHECK(counts[i].name, report.n_deviations == 1U + counts[i].deviates);
        tlsrpt_report_clear(&report);
    }
}

static void test_sums_do_not_overflow(void **state)
{
    (void)state;
    assert_true(tlsrpt_count_add(1, 2) == 3);
    assert_true(tlsrpt_count_add(TLSRPT_COUNT_MAX, TLSRPT_COUNT_MAX) == TLSRPT_COUNT_MAX);
    assert_true(tlsrpt_count_add(UINT64_MAX, 1) == TLSRPT_COUNT_MAX);
}

/* Every beginning of a report but the whole is refused, where it ends. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        size_t length = 0;
        char *text = read_whole(samples[i].file, &length);
        while (length > 0 && text[length - 1] == '\n')
            length--;
        for (size_t cut = 0; cut < length; cut++) {
            struct tlsrpt_report report;
            char refusal[TLSRPT_REFUSAL_MAX] = "", expected[32];
            int read = tlsrpt_report_read((const uint8_t *)text, cut, &report, refusal);
            snprintf(expected, sizeof expected, "byte %zu: ", cut);
            if (read != 1 || strncmp(refusal, expected, strlen(expected)) != 0)
                fail_msg("%s cut at %zu: %s", samples[i].file, cut, refusal);
        }
        free(text);
    }
}

/* Whatever a byte becomes, it is read or refused with a reason. */
static void test_broken_anywhere(void **state)
{
    static const char bytes[] = {'\0', '"', '{', ']', ',', '\\', '-', 'x', '\x80', '\xff'};

    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        size_t length = 0;
        char *text = read_whole(samples[i].file, &length);
        for (size_t at = 0; at < length * COUNT(bytes); at++) {
            struct tlsrpt_report report;
            char refusal[TLSRPT_REFUSAL_MAX] = "";
            char kept = text[at / COUNT(bytes)];
            text[at / COUNT(bytes)] = bytes[at % COUNT(bytes)];
            int read = tlsrpt_report_read((const uint8_t *)text, length, &report, refusal);
            CASE_CHECK(samples[i].file, read == (refusal[0] ? 1 : 0));
            tlsrpt_report_clear(&report);
            text[at / COUNT(bytes)] = kept;
        }
        free(text);
    }
}

/* A report whose every policy deviates keeps the first notes and counts the others. */
static void test_deviations_are_bounded(void **state)
{
    enum { POLICIES = 1000 };
    size_t room = sizeof HEAD + POLICIES * 4 + 64;
    char *text = malloc(room), *end = text;
    struct tlsrpt_report report;
    char refusal[TLSRPT_REFUSAL_MAX];

    (void)state;
    assert_non_null(text);
    end = stpcpy(end, HEAD "\"policies\":[{}");
    for (int i = 1; i < POLICIES; i++)
        end = stpcpy(end, ",{}");
    stpcpy(end, "]}");
    assert_int_equal(tlsrpt_report_read((const uint8_t *)text, strlen(text), &report, refusal), 0);
    assert_int_equal(report.n_policies, POLICIES);
    assert_int_equal(report.n_deviations, TLSRPT_DEVIATIONS_MAX);
    assert_int_equal(report.deviations_seen, 3 * POLICIES); /* policy, summary, failure-details */
    tlsrpt_report_clear(&report);
    free(text);
}

static void test_size_is_bounded(void **state)
{
    size_t length = TLSRPT_REPORT_SIZE_MAX + 1;
    uint8_t *spaces = malloc(length);
    struct tlsrpt_report report;
    char refusal[TLSRPT_REFUSAL_MAX] = "";

    (void)state;
    assert_non_null(spaces);
    memset(spaces, ' ', length);
    assert_int_equal(tlsrpt_report_read(spaces, length, &report, refusal), 1);
    assert_non_null(strstr(refusal, "byte 4194304: "));
    free(spaces);
}

static void test_long_texts_are_cut(void **state)
{
    static char text[2 * TLSRPT_TEXT_MAX], name[TLSRPT_TEXT_MAX + 2];
    struct tlsrpt_report report;
    char refusal[TLSRPT_REFUSAL_MAX];

    (void)state;
    memset(name, 'n', sizeof name - 1);
    snprintf(text, sizeof text,
             "{\"organization-name\":\"%s\",\"contact-info\":\"c\",\"report-id\":\"1\"," RANGE
             ",\"policies\":[]}",
             name);
    assert_int_equal(tlsrpt_report_read((const uint8_t *)text, strlen(text), &report, refusal), 0);
    assert_int_equal(strlen(report.organization), TLSRPT_TEXT_MAX);
    check_deviations("long", &report, "text_cut: organization-name\n");
    tlsrpt_report_clear(&report);
}

static void test_byte_order_mark(void **state)
{
    static const char text[] = "\xef\xbb\xbf" HEAD "\"policies\":[]}";
    struct tlsrpt_report report;
    char refusal[TLSRPT_REFUSAL_MAX];

    (void)state;
    assert_int_equal(tlsrpt_report_read(BYTES(text), &report, refusal), 0);
    check_deviations("mark", &report, "byte_order_mark: byte 0\n");
    tlsrpt_report_clear(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_facts_of_a_failure),
        cmocka_unit_test(test_tlsa_inside_a_string),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_sums_do_not_overflow),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_broken_anywhere),
        cmocka_unit_test(test_deviations_are_bounded),
        cmocka_unit_test(test_size_is_bounded),
        cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_byte_order_mark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
