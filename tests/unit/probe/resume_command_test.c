/* Unit tests of probe/resume_command: what a shell makes of it. */
#include "case.h"

#include "probe/resume_command.h"

static void test_commands(void **state)
{
    static const struct {
        const char *const argv[8];
        const char *text;
    } cases[] = {
        {{"mxprobe", "scan", "--output", "out.jsonl", "list", NULL},
         "mxprobe scan --resume --output out.jsonl list"},
        {{"mxprobe", "scan", "--output", "out.jsonl", "--resume", "list", NULL},
         "mxprobe scan --output out.jsonl --resume list"},
        {{"./build/mxprobe", "-4", "scan", "--output=a b", "--", "it's", NULL},
         "./build/mxprobe -4 scan --resume '--output=a b' -- 'it'\\''s'"},
        {{"mxprobe", "scan", "--output", "", NULL}, "mxprobe scan --resume --output ''"},
        {{"mxprobe", "scan", "$(x)", "scan", NULL}, "mxprobe scan --resume '$(x)' scan"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = resume_command_make((char *const *)cases[i].argv);
        assert_non_null(text);
        assert_string_equal(text, cases[i].text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands)};

    return cmocka_run_group_tests_name("resume_command", tests, NULL, NULL);
}
