/*
 * The figures of the JSON object, one by one; that it fits its schema is validate.py's to say.
 */
#include "output/summary.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "capture.h"
#include "scratch_directory.h"
#include "summary_sample.h"

static cJSON *read_object(const struct summary *summary, const struct summary_run *run)
{
    struct capture capture;

    capture_begin(&capture);
    assert_int_equal(summary_print_json(capture.out, summary, run), 0);
    capture_end(&capture);
    assert_ptr_equal(strchr(capture.text, '\n'), capture.text + capture.length - 1);
    cJSON *root = cJSON_Parse(capture.text);
    assert_non_null(root);
    capture_clear(&capture);
    return root;
}

/* The value at "delivery/dane/tls" or "result_types/2/domains". */
static const cJSON *at(const cJSON *value, const char *path)
{
    char step[64];

    while (*path) {
        size_t length = strcspn(path, "/");
        assert_in_range(length, 1, sizeof step - 1);
        memcpy(step, path, length);
        step[length] = '\0';
        value = cJSON_IsArray(value) ? cJSON_GetArrayItem(value, (int)strtol(step, NULL, 10))
                                     : cJSON_GetObjectItemCaseSensitive(value, step);
        if (!value)
            fail_msg("no \"%s\"", step);
        path += length + (path[length] == '/');
    }
    return value;
}

struct figure {
    const char *path;
    double number;
};

struct word {
    const char *path, *text;
};

static void expect_figures(const cJSON *root, const struct figure *figures, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const cJSON *value = at(root, figures[i].path);
        if (!cJSON_IsNumber(value) || fabs(value->valuedouble - figures[i].number) > 1e-9)
            fail_msg("%s is not %g", figures[i].path, figures[i].number);
    }
}

static void expect_words(const cJSON *root, const struct word *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const cJSON *value = at(root, words[i].path);
        if (!cJSON_IsString(value) || strcmp(value->valuestring, words[i].text) != 0)
            fail_msg("%s is not \"%s\"", words[i].path, words[i].text);
    }
}

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void the_run(void **state)
{
    static const struct figure figures[] = {
        {"elapsed_ms", 12400},       {"threads", 2},          {"peak_memory_kib", 86016},
        {"input/lines", 10},         {"input/duplicates", 1}, {"input/malformed", 2},
        {"input/resumed", 3},        {"input/excluded", 4},   {"domains", 3},
        {"domains_per_second", 0.2}, {"retried", 5},          {"probes/made", 7},
        {"probes/shared", 20},       {"probes/repeated", 1},  {"dns/asked", 60},
        {"dns/cached", 15},          {"dns/joined", 5},       {"dns/sent", 43},
        {"dns/failed", 3},           {"connects/tried", 8},   {"connects/failed", 1},
        {"policy_fetches", 2},
    };
    static const struct word words[] = {
        {"schema", "mxprobe.summary/1"},
        {"started_at", "2026-11-24T08:00:00.123Z"},
        {"resume_command", "mxprobe scan --output out.jsonl --resume list"},
    };
    struct summary *summary = summary_of_samples();
    cJSON *root = read_object(summary, &summary_sample_run);

    (void)state;
    expect_figures(root, figures, LENGTH(figures));
    expect_words(root, words, LENGTH(words));
    assert_true(cJSON_IsTrue(at(root, "interrupted")));
    cJSON_Delete(root);
    summary_free(summary);
}

/* By hand from the results of sample.c. */
static const struct figure found_figures[] = {
    {"verdict/ok", 1},
    {"verdict/fail", 2},
    {"delivery/opportunistic/tls", 2},
    {"delivery/opportunistic/bounce", 1},
    {"delivery/mta_sts/tls", 1},
    {"delivery/mta_sts/defer", 1},
    {"delivery/mta_sts/bounce", 1},
    {"delivery/dane/tls", 2},
    {"mx/found", 2},
    {"mx/nxdomain", 1},
    {"mta_sts/record/valid", 2},
    {"mta_sts/record/absent", 1},
    {"mta_sts/policy/valid", 2},
    {"mta_sts/policy/not-fetched", 1},
    {"mta_sts/mode/enforce", 2},
    {"dane/domains_any_host", 1},
    {"dane/domains_every_host", 0},
    {"dane/hosts/usable", 1},
    {"dane/hosts/absent", 3},
    {"tls_rpt/valid", 2},
    {"tls_rpt/absent", 1},
    {"result_types/2/domains", 1},
    {"result_types/2/findings", 2},
    {"result_types/4/findings", 0},
    {"reasons/0/domains", 1},
    {"reasons/0/findings", 2},
    {"providers/0/domains", 2},
    {"providers/0/overcount", 0},
    {"endpoints/seen", 9},
    {"endpoints/with_tls", 5},
    {"endpoints/stage/handshake", 1},
    {"endpoints/stage/done", 5},
    {"endpoints/starttls/not-offered", 1},
    {"endpoints/protocols/0/endpoints", 5},
    {"endpoints/keys/0/endpoints", 5},
    {"endpoints/groups/0/endpoints", 5},
    {"certificates/distinct_ending_within_30_days", 1},
};
static const struct word found_words[] = {
    {"result_types/2/result_type", "certificate-expired"},
    {"reasons/0/severity", "fail"},
    {"reasons/0/reason", "certificate_expired"},
    {"reasons/1/reason", "dns_no_mail_host"},
    {"reasons/2/severity", "unknown"},
    {"reasons/2/reason", "connection_refused"},
    {"reasons/3/severity", "info"},
    {"reasons/3/reason", "tls_rpt_absent"},
    {"providers/0/name", "example.test"},
    {"endpoints/protocols/0/name", "TLSv1.3"},
    {"endpoints/keys/0/name", "EC 256"},
    {"endpoints/groups/0/name", "x25519"},
    {"certificates/soonest_end", "2026-12-17T09:00:00Z"},
    {"certificates/soonest_host", "mx1.example.test"},
};

static void what_was_found(void **state)
{
    struct summary *summary = summary_of_samples();
    cJSON *root = read_object(summary, &summary_sample_run);

    (void)state;
    expect_figures(root, found_figures, LENGTH(found_figures));
    expect_words(root, found_words, LENGTH(found_words));
    assert_true(cJSON_IsTrue(at(root, "certificates/all_counted")));
    assert_int_equal(cJSON_GetArraySize(at(root, "reasons")), 4);
    cJSON_Delete(root);
    summary_free(summary);
}

static void nothing_known_is_null(void **state)
{
    static const char *const nulls[] = {"resume_command", "peak_memory_kib",
                                        "certificates/soonest_end", "certificates/soonest_host"};
    static const struct summary_run run = {0};
    struct summary *summary = summary_new();
    cJSON *root = read_object(summary, &run);

    (void)state;
    for (size_t i = 0; i < LENGTH(nulls); i++)
        assert_true(cJSON_IsNull(at(root, nulls[i])));
    assert_true(cJSON_IsFalse(at(root, "interrupted")));
    cJSON_Delete(root);
    summary_free(summary);
}

/* Usable on one host of two is another thing than on both. */
static void dane_on_every_host(void **state)
{
    static const struct figure figures[] = {{"dane/domains_any_host", 2},
                                            {"dane/domains_every_host", 1}};
    struct summary *summary = summary_of_samples();
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.verdict.hosts[1].dane = DANE_USABLE;
    summary_add(summary, &sample.result);
    sample_clear(&sample);
    cJSON *root = read_object(summary, &summary_sample_run);
    expect_figures(root, figures, LENGTH(figures));
    cJSON_Delete(root);
    summary_free(summary);
}

static void an_address_in_place_of_a_host_is_no_provider(void **state)
{
    struct summary *summary = summary_new();
    struct sample sample;

    (void)state;
    sample_make(&sample, SAMPLE_HEALTHY);
    sample.facts.hosts[0].is_literal = sample.facts.hosts[1].is_literal = true;
    summary_add(summary, &sample.result);
    sample_clear(&sample);
    cJSON *root = read_object(summary, &summary_sample_run);
    assert_int_equal(cJSON_GetArraySize(at(root, "providers")), 0);
    cJSON_Delete(root);
    summary_free(summary);
}

static void the_file_is_the_object(void **state)
{
    char bytes[32768] = "";
    struct summary *summary = summary_of_samples();
    struct capture capture;

    (void)state;
    assert_int_equal(summary_write_file("file", summary, &summary_sample_run), 0);
    capture_begin(&capture);
    summary_print_json(capture.out, summary, &summary_sample_run);
    capture_end(&capture);
    FILE *file = fopen("file", "r");
    assert_true(fread(bytes, 1, sizeof bytes - 1, file) > 0);
    fclose(file);
    assert_string_equal(bytes, capture.text);
    assert_int_equal(summary_write_file("/no/such/file", summary, &summary_sample_run), -1);
    assert_int_equal(errno, ENOENT);
    capture_clear(&capture);
    summary_free(summary);
}

/* The limit of the file size stands in for a full disk. */
static void a_file_that_cannot_be_written_is_told(void **state)
{
    struct summary *summary = summary_of_samples();
    struct rlimit before, small;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 100, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int status = summary_write_file("file", summary, &summary_sample_run), why = errno;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, -1);
    assert_int_equal(why, EFBIG);
    assert_int_equal(count_files(), 0);
    summary_free(summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_run),
        cmocka_unit_test(what_was_found),
        cmocka_unit_test(nothing_known_is_null),
        cmocka_unit_test(dane_on_every_host),
        cmocka_unit_test(an_address_in_place_of_a_host_is_no_provider),
        cmocka_unit_test_setup_teardown(the_file_is_the_object, enter_directory, leave_directory),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_written_is_told, enter_directory,
                                        leave_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
