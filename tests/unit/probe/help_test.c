/* Unit tests of probe/help: what the table has, the help tells, and it fits a terminal. */
#include "case.h"

#include "probe/help.h"
#include "probe/option_table.h"

static char *printed(void (*print)(FILE *out, enum command command), enum command command)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    assert_non_null(out);
    print(out, command);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void print_version(FILE *out, enum command command)
{
    (void)command;
    version_print(out);
}

/* Does a line of the help begin with this option? */
static bool tells(const char *help, const struct option *option)
{
    char head[96] = "\n  ";
    size_t at = 3;

    if (option->letter)
        at += (size_t)snprintf(head + at, sizeof head - at, "-%c%s", option->letter,
                               option->name ? ", " : "");
    if (option->name)
        at += (size_t)snprintf(head + at, sizeof head - at, "--%s", option->name);
    if (option->argument)
        snprintf(head + at, sizeof head - at, " %s", option->argument);
    return strstr(help, head) != NULL;
}

static void test_every_option_is_told(void **state)
{
    static const struct {
        enum command command;
        unsigned bit;
    } commands[] = {{COMMAND_CHECK, FOR_CHECK}, {COMMAND_LINT, FOR_LINT}};

    (void)state;
    for (size_t i = 0; i < COUNT(commands); i++) {
        char *help = printed(help_print, commands[i].command);
        for (size_t j = 0; j < option_count; j++) {
            const struct option *option = &option_table[j];
            bool belongs = (option->commands & commands[i].bit) != 0;
            CASE_INT(option->name ? option->name : option->help, tells(help, option), belongs);
        }
        free(help);
    }
}

static void test_whole_help(void **state)
{
    char *help = printed(help_print, COMMAND_NONE);

    (void)state;
    for (size_t i = 0; i < option_count; i++)
        CASE_CHECK(option_table[i].name ? option_table[i].name : option_table[i].help,
                   tells(help, &option_table[i]));
    assert_non_null(strstr(help, "check DOMAIN"));
    assert_non_null(strstr(help, "lint KIND"));
    free(help);
}

static void test_width(void **state)
{
    static const enum command commands[] = {COMMAND_NONE, COMMAND_CHECK, COMMAND_LINT};

    (void)state;
    for (size_t i = 0; i < COUNT(commands); i++) {
        char *help = printed(help_print, commands[i]);
        char *rest = NULL;
        assert_true(strlen(help) > 200 && help[strlen(help) - 1] == '\n');
        for (char *line = strtok_r(help, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
            CASE_CHECK(line, strlen(line) <= 100);
            CASE_CHECK(line, line[strlen(line) - 1] != ' ');
        }
        free(help);
    }
}

/* Everything that the contract's tables name for the commands that are there. */
static void test_contract(void **state)
{
    static const char *const promised[] = {
        "--format",
        "--resolver",
        "--trust-ad",
        "--no-trust-ad",
        "--port",
        "--sts-port",
        "--ca-file",
        "--crl-file",
        "--ehlo",
        "--source",
        "-4",
        "-6",
        "--connect-timeout",
        "--timeout",
        "--deadline",
        "--at",
        "--expiry-warn",
        "--expiry-crit",
        "--allow-private",
        "--no-allow-private",
        "--color",
        "-v",
        "--mx",
        "--resolve",
        "--sts-record",
        "--sts-policy",
        "--sts-mode",
        "--tlsa",
        "--tlsrpt-record",
        "--require-dane",
        "--help",
        "--version",
    };
    char *help = printed(help_print, COMMAND_CHECK);

    (void)state;
    for (size_t i = 0; i < COUNT(promised); i++)
        CASE_CHECK(promised[i], strstr(help, promised[i]) != NULL);
    free(help);
}

static void test_version(void **state)
{
    char *version = printed(print_version, COMMAND_NONE);

    (void)state;
    assert_true(strncmp(version, "mxprobe " MXPROBE_VERSION "\n",
                        strlen("mxprobe " MXPROBE_VERSION "\n")) == 0);
    assert_non_null(strstr(version, "OpenSSL 3."));
    assert_non_null(strstr(version, "c-ares 1."));
    assert_non_null(strstr(version, "libcurl "));
    assert_non_null(strstr(version, "libevent 2."));
    assert_int_equal(version[strlen(version) - 1], '\n');
    free(version);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_option_is_told),
        cmocka_unit_test(test_whole_help),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_contract),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
