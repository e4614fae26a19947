#include "output/lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"

static char bad_mode[] = "mode must be one of enforce, testing and none";
static char short_age[] = "max_age is under a day";
static char hint[] = "no final newline";
static char attack[] = "unknown key \x1b[2J\xff\n";

static struct lint_message several[] = {
    {LINT_ERROR, 2, bad_mode}, {LINT_WARNING, 4, short_age}, {LINT_INFO, 0, hint}};
static struct lint_message one_warning[] = {{LINT_WARNING, 4, short_age}};
static struct lint_message hostile[] = {{LINT_ERROR, 1, attack}};

static const struct {
    const char *label, *file;
    struct lint_result result;
    bool color;
    const char *text, *json;
} cases[] = {
    {"valid",
     "-",
     {LINT_STS_RECORD, LINT_VALID, NULL, 0},
     false,
     "-: sts-record: valid\n",
     "{\"schema\":\"mxprobe.lint/1\",\"kind\":\"sts-record\",\"file\":\"-\","
     "\"outcome\":\"valid\",\"messages\":[]}\n"},
    {"invalid",
     "policy.txt",
     {LINT_STS_POLICY, LINT_INVALID, several, 3},
     false,
     "policy.txt: sts-policy: invalid\n"
     "policy.txt:2: error: mode must be one of enforce, testing and none\n"
     "policy.txt:4: warning: max_age is under a day\n"
     "policy.txt: note: no final newline\n",
     "{\"schema\":\"mxprobe.lint/1\",\"kind\":\"sts-policy\",\"file\":\"policy.txt\","
     "\"outcome\":\"invalid\",\"messages\":["
     "{\"severity\":\"error\",\"line\":2,"
     "\"text\":\"mode must be one of enforce, testing and none\"},"
     "{\"severity\":\"warning\",\"line\":4,\"text\":\"max_age is under a day\"},"
     "{\"severity\":\"info\",\"line\":null,\"text\":\"no final newline\"}]}\n"},
    {"warnings in colour",
     "p",
     {LINT_TLSA, LINT_WARNED, one_warning, 1},
     true,
     "p: tlsa: \x1b[33mvalid with warnings\x1b[0m\n"
     "p:4: \x1b[33mwarning\x1b[0m: max_age is under a day\n",
     "{\"schema\":\"mxprobe.lint/1\",\"kind\":\"tlsa\",\"file\":\"p\",\"outcome\":\"warning\","
     "\"messages\":[{\"severity\":\"warning\",\"line\":4,"
     "\"text\":\"max_age is under a day\"}]}\n"},
    {"hostile file and name",
     "\x1b]0;x\a",
     {LINT_TLSRPT_RECORD, LINT_INVALID, hostile, 1},
     false,
     "\\x1b]0;x\\x07: tlsrpt-record: invalid\n"
     "\\x1b]0;x\\x07:1: error: unknown key \\x1b[2J\\xff\\x0a\n",
     "{\"schema\":\"mxprobe.lint/1\",\"kind\":\"tlsrpt-record\","
     "\"file\":\"\\\\x1b]0;x\\\\x07\",\"outcome\":\"invalid\",\"messages\":["
     "{\"severity\":\"error\",\"line\":1,\"text\":\"unknown key \\\\x1b[2J\\\\xff\\\\x0a\"}]}\n"},
};

static void text_of_every_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct capture capture;
        capture_begin(&capture);
        assert_int_equal(
            lint_print_text(capture.out, cases[i].file, &cases[i].result, cases[i].color), 0);
        capture_end(&capture);
        if (strcmp(capture.text, cases[i].text) != 0)
            fail_msg("%s: %s", cases[i].label, capture.text);
        capture_clear(&capture);
    }
}

static void json_of_every_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct capture capture;
        capture_begin(&capture);
        assert_int_equal(lint_print_json(capture.out, cases[i].file, &cases[i].result), 0);
        capture_end(&capture);
        if (strcmp(capture.text, cases[i].json) != 0)
            fail_msg("%s: %s", cases[i].label, capture.text);
        capture_clear(&capture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_every_outcome),
        cmocka_unit_test(json_of_every_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
