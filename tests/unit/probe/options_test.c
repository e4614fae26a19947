/* Unit tests of probe/options, probe/option_table and the defaults of probe/settings: CONTRACT.md.
 */
#include "case.h"

#include <time.h>

#include "probe/option_table.h"
#include "probe/options.h"

enum { WORDS_MAX = 16 };

/* A command line, read. */
struct line {
    struct settings settings;
    struct failure failure;
};

/* A command line as main gets it; the words stay where they are. */
static int as_argv(const char *const words[], char *argv[WORDS_MAX])
{
    static char program[] = "mxprobe";
    int argc = 1;

    argv[0] = program;
    for (; words[argc - 1]; argc++) {
        assert_true(argc < WORDS_MAX);
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    }
    return argc;
}

static void read_words(struct line *line, const char *const words[])
{
    char *argv[WORDS_MAX];
    int argc = as_argv(words, argv);

    line->failure = (struct failure){0};
    settings_init(&line->settings);
    options_read(argc, argv, &line->settings, &line->failure);
}

static void read_option(struct line *line, const char *option, const char *argument)
{
    const char *const words[] = {"check", option, argument, NULL};

    read_words(line, words);
}

static void line_clear(struct line *line)
{
    settings_clear(&line->settings);
}

static void test_defaults(void **state)
{
    struct settings settings;

    (void)state;
    settings_init(&settings);
    assert_int_equal(settings.job.smtp_port, 25);
    assert_int_equal(settings.job.sts_port, 443);
    assert_int_equal(settings.live.fetcher.port, 443);
    assert_int_equal(settings.live.session.connect_timeout_ms, 10000);
    assert_int_equal(settings.live.session.banner_timeout_ms, 60000);
    assert_int_equal(settings.live.session.timeout_ms, 30000);
    assert_int_equal(settings.live.fetcher.timeout_ms, 60000);
    assert_int_equal(settings.deadline_ms, 180000);
    assert_int_equal(settings.judge.expiry_warn_days, 21);
    assert_true(settings.judge.expiry_crit_days < 0); /* off */
    assert_true(settings.job.ipv4 && settings.job.ipv6);
    assert_true(settings.job.allow_private);
    assert_int_equal(settings.format, FORMAT_TEXT);
    assert_int_equal(settings.color, COLOR_AUTO);
    assert_int_equal(settings.verbosity, 0);
    assert_int_equal(settings.live.resolver.trust_ad, DNS_TRUST_LOOPBACK);
    assert_int_equal(settings.live.resolver.n_servers, 0);
    assert_null(settings.live.session.ehlo);
    settings_clear(&settings);
}

/* --- numbers ---------------------------------------------------------------------------------- */

static long long port(const struct settings *settings)
{
    return settings->job.smtp_port;
}

static long long sts_port(const struct settings *settings)
{
    return settings->job.sts_port == settings->live.fetcher.port ? settings->job.sts_port : -1;
}

static long long connect_timeout(const struct settings *settings)
{
    return settings->live.session.connect_timeout_ms;
}

/* "the option sets them all" */
static long long timeout(const struct settings *settings)
{
    int timeout_ms = settings->live.session.timeout_ms;
    bool same = settings->live.session.banner_timeout_ms == timeout_ms &&
                settings->live.fetcher.timeout_ms == timeout_ms &&
                settings->live.session.connect_timeout_ms == 10000;

    return same ? timeout_ms : -1;
}

static long long deadline(const struct settings *settings)
{
    return settings->deadline_ms;
}

static long long expiry_warn(const struct settings *settings)
{
    return settings->judge.expiry_warn_days;
}

static long long expiry_crit(const struct settings *settings)
{
    return settings->judge.expiry_crit_days;
}

static long long at(const struct settings *settings)
{
    return settings->at_given ? settings->judge.at_s : -1;
}

static long long format(const struct settings *settings)
{
    return settings->format;
}

static long long color(const struct settings *settings)
{
    return settings->color;
}

static long long sts_mode(const struct settings *settings)
{
    return settings->job.sts_mode_given ? (long long)settings->job.sts_mode : -1;
}

static void test_values(void **state)
{
    static const struct {
        const char *option, *argument;
        long long (*get)(const struct settings *settings);
        long long value;
    } cases[] = {
        {"--port", "1", port, 1},
        {"--port", "65535", port, 65535},
        {"--port", "025", port, 25},
        {"--sts-port", "8443", sts_port, 8443},
        {"--connect-timeout", "3", connect_timeout, 3000},
        {"--connect-timeout", "0.25", connect_timeout, 250},
        {"--timeout", "7.5", timeout, 7500},
        {"--timeout", ".5", timeout, 500},
        {"--deadline", "0.001", deadline, 1},
        {"--deadline", "86400", deadline, 86400000},
        {"--expiry-warn", "0", expiry_warn, 0},
        {"--expiry-warn", "14", expiry_warn, 14},
        {"--expiry-warn", "off", expiry_warn, -1},
        {"--expiry-crit", "7", expiry_crit, 7},
        {"--expiry-crit", "off", expiry_crit, -1},
        /* date -u -d 2026-11-24T08:00:00Z +%s */
        {"--at", "2026-11-24T08:00:00Z", at, 1795507200},
        {"--at", "2026-11-24T09:00:00+01:00", at, 1795507200},
        {"--format", "text", format, FORMAT_TEXT},
        {"--format", "json", format, FORMAT_JSON},
        {"--format", "nagios", format, FORMAT_NAGIOS},
        {"--format", "tlsrpt", format, FORMAT_TLSRPT},
        {"--color", "auto", color, COLOR_AUTO},
        {"--color", "always", color, COLOR_ALWAYS},
        {"--color", "never", color, COLOR_NEVER},
        {"--sts-mode", "enforce", sts_mode, STS_MODE_ENFORCE},
        {"--sts-mode", "testing", sts_mode, STS_MODE_TESTING},
        {"--sts-mode", "none", sts_mode, STS_MODE_NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct line line;
        char joined[64];
        read_option(&line, cases[i].option, cases[i].argument);
        CASE_TEXT(cases[i].option, line.failure.message, "");
        CASE_INT(cases[i].option, cases[i].get(&line.settings), cases[i].value);
        line_clear(&line);

        snprintf(joined, sizeof joined, "%s=%s", cases[i].option, cases[i].argument);
        read_option(&line, joined, NULL);
        CASE_INT(joined, line.failure.status, 0);
        CASE_INT(joined, cases[i].get(&line.settings), cases[i].value);
        line_clear(&line);
    }
}

static void test_at_from_now(void **state)
{
    struct line line;
    int64_t now_s = (int64_t)time(NULL);

    (void)state;
    read_option(&line, "--at", "+30d");
    assert_int_equal(line.failure.status, 0);
    assert_in_range(line.settings.judge.at_s - now_s, 30 * 86400, 30 * 86400 + 5);
    line_clear(&line);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void test_refused(void **state)
{
    static const struct {
        const char *option, *argument;
    } cases[] = {
        {"--port", "0"},
        {"--port", "65536"},
        {"--port", "99999999999999999999"},
        {"--port", "-25"},
        {"--port", "+25"},
        {"--port", " 25"},
        {"--port", "25 "},
        {"--port", "0x19"},
        {"--port", "smtp"},
        {"--port", ""},
        {"--sts-port", "0"},
        {"--connect-timeout", "0"},
        {"--connect-timeout", "-1"},
        {"--timeout", ""},
        {"--timeout", "."},
        {"--timeout", "1s"},
        {"--timeout", "1e3"},
        {"--timeout", "0x10"},
        {"--timeout", "nan"},
        {"--timeout", "inf"},
        {"--timeout", "1,5"},
        {"--deadline", "86401"},
        {"--deadline", "1e400"},
        {"--deadline", "999999999999999999999999"},
        {"--at", "yesterday"},
        {"--at", ""},
        {"--at", "2026-11-24"},
        {"--at", "2026-11-24T08:00:00"},
        {"--at", "2026-13-01T00:00:00Z"},
        {"--expiry-warn", "-1"},
        {"--expiry-warn", "soon"},
        {"--expiry-crit", "99999"},
        {"--format", "xml"},
        {"--format", "JSON"},
        {"--format", ""},
        {"--org", ""},
        {"--contact", ""},
        {"--contact", "example.com"},
        {"--contact", "@example.com"},
        {"--contact", "tls@"},
        {"--contact", ".tls@example.com"},
        {"--contact", "tls.@example.com"},
        {"--contact", "tls..rpt@example.com"},
        {"--contact", "tls rpt@example.com"},
        {"--contact", "mailto:tls@example.com"},
        {"--contact", "a@b@example.com"},
        {"--contact", "tls@192.0.2.1"},
        {"--color", "yes"},
        {"--sts-mode", "Enforce"},
        {"--sts-mode", ""},
        {"--ehlo", ""},
        {"--ehlo", "a b"},
        {"--ehlo", "probe.example\r\nMAIL FROM:<>"},
        {"--ehlo", "pr\xc3\xb6"
                   "be.example"},
        {"--source", "eth0"},
        {"--source", "192.0.2.1:25"},
        {"--resolver", ""},
        {"--resolver", "ns.example.com"},
        {"--resolver", "192.0.2.1:"},
        {"--resolver", "192.0.2.1:0"},
        {"--resolver", "192.0.2.1:65536"},
        {"--resolver", "192.0.2.1:53:53"},
        {"--resolver", "[2001:db8::1"},
        {"--resolver", "[2001:db8::1]53"},
        {"--resolver", "[2001:db8::1]:x"},
        {"--mx", ""},
        {"--resolve", "mx.example.com"},
        {"--tlsa", "mx.example.com"},
        {"--bogus", NULL},
        {"--por", "25"},
        {"--portx", "25"},
        {"--port", NULL},
        {"--trust-ad=yes", NULL},
        {"--help=yes", NULL},
        {"---port", "25"},
        {"-x", NULL},
        {"-4x", NULL},
        {"-v4h6q", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct line line;
        char name[128];
        snprintf(name, sizeof name, "%s %s", cases[i].option,
                 cases[i].argument ? cases[i].argument : "");
        read_option(&line, cases[i].option, cases[i].argument);
        CASE_INT(name, line.failure.status, STATUS_USAGE);
        CASE_CHECK(name, line.failure.message[0] != '\0');
        line_clear(&line);
    }
}

/* The option is named as it was written, and its argument once. */
static void test_complaint_names_the_option(void **state)
{
    struct line line;

    (void)state;
    read_option(&line, "--port=x25", NULL);
    const char *found = strstr(line.failure.message, "x25");
    assert_non_null(found);
    assert_null(strstr(found + 1, "x25"));
    assert_non_null(strstr(line.failure.message, "--port"));
    line_clear(&line);
}

/* An argument of any length is cut, not overrun. */
static void test_long_argument(void **state)
{
    struct line line;
    char *argument = malloc(100001);

    (void)state;
    assert_non_null(argument);
    memset(argument, 'x', 100000);
    argument[100000] = '\0';
    for (size_t i = 0; i < option_count; i++) {
        char name[64];
        if (!option_table[i].name || !option_table[i].argument)
            continue;
        snprintf(name, sizeof name, "--%s", option_table[i].name);
        read_option(&line, name, argument);
        line_clear(&line);
    }
    free(argument);
}

/* --- lists and flags -------------------------------------------------------------------------- */

static void test_resolvers(void **state)
{
    static const struct {
        const char *argument, *address;
        int port;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1", 53},
        {"192.0.2.1:5353", "192.0.2.1", 5353},
        {"2001:db8::1", "2001:db8::1", 53},
        {"[2001:db8::1]", "2001:db8::1", 53},
        {"[2001:db8::1]:5353", "2001:db8::1", 5353},
        {"::1", "::1", 53},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct line line;
        char text[DNS_ADDRESS_TEXT_MAX];
        read_option(&line, "--resolver", cases[i].argument);
        CASE_INT(cases[i].argument, line.failure.status, 0);
        CASE_INT(cases[i].argument, (long long)line.settings.live.resolver.n_servers, 1);
        dns_address_format(&line.settings.live.resolver.servers[0].address, text);
        CASE_TEXT(cases[i].argument, text, cases[i].address);
        CASE_INT(cases[i].argument, line.settings.live.resolver.servers[0].port, cases[i].port);
        line_clear(&line);
    }
}

static void test_too_many_resolvers(void **state)
{
    const char *words[DNS_SERVERS_MAX + 3] = {"check"};
    struct line line;

    (void)state;
    for (size_t i = 1; i <= DNS_SERVERS_MAX; i++)
        words[i] = "--resolver=192.0.2.1";
    read_words(&line, words);
    assert_int_equal(line.failure.status, 0);
    assert_int_equal(line.settings.live.resolver.n_servers, DNS_SERVERS_MAX);
    line_clear(&line);

    words[DNS_SERVERS_MAX + 1] = "--resolver=192.0.2.1";
    read_words(&line, words);
    assert_int_equal(line.failure.status, STATUS_USAGE);
    line_clear(&line);
}

static void test_sources(void **state)
{
    static const char *const both[] = {"check", "--source", "192.0.2.1", "--source=2001:db8::1",
                                       NULL};
    static const char *const twice[] = {"check", "--source", "192.0.2.1", "--source=192.0.2.2",
                                        NULL};
    static const char *const three[] = {
        "check", "--source", "192.0.2.1", "--source=2001:db8::1", "--source", "2001:db8::2", NULL};
    struct line line;

    (void)state;
    read_words(&line, both);
    assert_int_equal(line.failure.status, 0);
    assert_int_equal(line.settings.live.n_sources, 2);
    line_clear(&line);
    read_words(&line, twice);
    assert_int_equal(line.failure.status, STATUS_USAGE);
    line_clear(&line);
    read_words(&line, three);
    assert_int_equal(line.failure.status, STATUS_USAGE);
    line_clear(&line);
}

static void test_families(void **state)
{
    static const struct {
        const char *name;
        const char *words[4];
        bool ipv4, ipv6;
    } cases[] = {
        {"neither", {"check"}, true, true},
        {"-4", {"check", "-4"}, true, false},
        {"-6", {"check", "-6"}, false, true},
        {"both", {"check", "-4", "-6"}, true, true},
        {"both, bundled", {"check", "-46"}, true, true},
        {"-4 twice", {"check", "-4", "-4"}, true, false},
        {"before the command", {"-6", "check"}, false, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct line line;
        read_words(&line, cases[i].words);
        CASE_INT(cases[i].name, line.failure.status, 0);
        CASE_INT(cases[i].name, line.settings.job.ipv4, cases[i].ipv4);
        CASE_INT(cases[i].name, line.settings.job.ipv6, cases[i].ipv6);
        line_clear(&line);
    }
}

static void test_verbosity(void **state)
{
    static const struct {
        const char *name;
        const char *words[4];
        int verbosity;
    } cases[] = {
        {"none", {"check"}, 0},       {"-v", {"check", "-v"}, 1},
        {"-vv", {"check", "-vv"}, 2}, {"-v -v", {"check", "-v", "-v"}, 2},
        {"-4v", {"check", "-4v"}, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct line line;
        read_words(&line, cases[i].words);
        CASE_INT(cases[i].name, line.failure.status, 0);
        CASE_INT(cases[i].name, line.settings.verbosity, cases[i].verbosity);
        CASE_INT(cases[i].name, line.settings.live.session.keep_dialogue, cases[i].verbosity > 0);
        line_clear(&line);
    }
}

static void test_flags(void **state)
{
    struct line line;

    (void)state;
    read_option(&line, "--trust-ad", NULL);
    assert_int_equal(line.settings.live.resolver.trust_ad, DNS_TRUST_ALWAYS);
    line_clear(&line);
    read_option(&line, "--no-trust-ad", NULL);
    assert_int_equal(line.settings.live.resolver.trust_ad, DNS_TRUST_NEVER);
    line_clear(&line);
    read_option(&line, "--no-allow-private", NULL);
    assert_false(line.settings.job.allow_private);
    line_clear(&line);
    read_option(&line, "--no-allow-private", "--allow-private"); /* the last one counts */
    assert_true(line.settings.job.allow_private);
    line_clear(&line);
    read_option(&line, "--require-dane", NULL);
    assert_true(line.settings.judge.require_dane);
    assert_false(line.settings.live.both_keys);
    line_clear(&line);
    read_option(&line, "--both-keys", NULL);
    assert_true(line.settings.live.both_keys);
    line_clear(&line);
}

/* --- the line as a whole ---------------------------------------------------------------------- */

static void test_operands(void **state)
{
    static const struct {
        const char *name;
        const char *words[8];
        enum command command;
        size_t n_operands;
    } cases[] = {
        {"one", {"check", "example.com"}, COMMAND_CHECK, 1},
        {"options between",
         {"check", "a.com", "-4", "b.com", "--port=26", "c.com"},
         COMMAND_CHECK,
         3},
        {"options first", {"--port", "26", "check", "a.com"}, COMMAND_CHECK, 1},
        {"end of options", {"check", "--", "--port", "-4", "--"}, COMMAND_CHECK, 3},
        {"end of options before the command", {"--", "check", "a.com"}, COMMAND_CHECK, 1},
        {"a hyphen alone", {"lint", "tlsa", "-"}, COMMAND_LINT, 2},
        {"the command's name again", {"check", "check"}, COMMAND_CHECK, 1},
        {"empty", {"check", ""}, COMMAND_CHECK, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct line line;
        read_words(&line, cases[i].words);
        CASE_TEXT(cases[i].name, line.failure.message, "");
        CASE_INT(cases[i].name, line.settings.command, cases[i].command);
        CASE_INT(cases[i].name, (long long)line.settings.n_operands,
                 (long long)cases[i].n_operands);
        line_clear(&line);
    }
}

static void test_misplaced(void **state)
{
    static const struct {
        const char *name;
        const char *words[6];
        int status;
    } cases[] = {
        {"no command", {NULL}, STATUS_USAGE},
        {"unknown command", {"chek", "example.com"}, STATUS_USAGE},
        {"empty command", {""}, STATUS_USAGE},
        {"a domain for a command", {"example.com"}, STATUS_USAGE},
        {"a command in capitals", {"CHECK", "example.com"}, STATUS_USAGE},
        {"check's option at lint", {"lint", "--port=25", "tlsa", "-"}, STATUS_USAGE},
        {"check's option before lint", {"--port=25", "lint", "tlsa", "-"}, STATUS_USAGE},
        {"check's letter at lint", {"lint", "-v", "tlsa", "-"}, STATUS_USAGE},
        {"nagios at lint", {"lint", "--format=nagios", "tlsa", "-"}, STATUS_USAGE},
        {"TLS-RPT at lint", {"lint", "--format=tlsrpt", "tlsa", "-"}, STATUS_USAGE},
        {"TLS-RPT at scan", {"scan", "--format=tlsrpt", "-"}, 0},
        {"who reports at scan", {"scan", "--org=A", "--contact=a+b.c@example.com", "-"}, 0},
        {"who reports at lint", {"lint", "--org=A", "tlsa", "-"}, STATUS_USAGE},
        {"diff", {"diff", "a", "b"}, 0},
        {"JSON at diff", {"diff", "--format=json", "a", "b"}, 0},
        {"TLS-RPT at diff", {"diff", "--format=tlsrpt", "a", "b"}, STATUS_USAGE},
        {"report", {"report", "a", "b"}, 0},
        {"a replay", {"report", "--replay", "--source=192.0.2.1", "a"}, 0},
        {"a replay at check", {"check", "--replay", "a.test"}, STATUS_USAGE},
        {"TLS-RPT at report", {"report", "--format=tlsrpt", "a"}, STATUS_USAGE},
        {"what-if at report", {"report", "--replay", "--mx=a.test", "a"}, STATUS_USAGE},
        {"a resolver at diff", {"diff", "--resolver=127.0.0.1", "a", "b"}, STATUS_USAGE},
        {"JSON at lint", {"lint", "--format=json", "tlsa", "-"}, 0},
        {"colour at lint", {"lint", "--color=never", "tlsa", "-"}, 0},
        {"help at lint", {"lint", "--help"}, 0},
        {"help alone", {"--help"}, 0},
        {"help with a command that is missing its operands", {"check", "-h"}, 0},
        {"version alone", {"--version"}, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct line line;
        read_words(&line, cases[i].words);
        CASE_INT(cases[i].name, line.failure.status, cases[i].status);
        line_clear(&line);
    }
}

/* CONTRACT.md: `what_if` lists the options as given, without the dashes. */
static void test_what_if_given(void **state)
{
    static const char *const words[] = {"check",
                                        "--mx",
                                        "mx1.Example.com:10",
                                        "--resolve=mx1.example.com:192.0.2.1",
                                        "--sts-mode",
                                        "enforce",
                                        "--port=26",
                                        "-4",
                                        "--sts-record",
                                        "v=STSv1; id=1;",
                                        "example.com",
                                        NULL};
    static const char *const given[] = {"mx=mx1.Example.com:10",
                                        "resolve=mx1.example.com:192.0.2.1", "sts-mode=enforce",
                                        "sts-record=v=STSv1; id=1;"};
    struct line line;

    (void)state;
    read_words(&line, words);
    assert_int_equal(line.failure.status, 0);
    assert_int_equal(line.settings.n_what_if_given, COUNT(given));
    for (size_t i = 0; i < COUNT(given); i++)
        assert_string_equal(line.settings.what_if_given[i], given[i]);
    line_clear(&line);
}

static void test_want_nagios(void **state)
{
    static const struct {
        const char *name;
        const char *words[6];
        bool wanted;
    } cases[] = {
        {"not asked for", {"check", "example.com"}, false},
        {"joined", {"check", "--format=nagios"}, true},
        {"apart", {"check", "--format", "nagios"}, true},
        {"behind nonsense", {"check", "--bogus", "--format", "nagios"}, true},
        {"another format", {"check", "--format", "json"}, false},
        {"the last one counts", {"--format=nagios", "--format", "json"}, false},
        {"the last one counts, nagios", {"--format=json", "--format=nagios"}, true},
        {"behind the end of options", {"check", "--", "--format=nagios"}, false},
        {"no argument", {"check", "--format"}, false},
        {"a word", {"check", "nagios"}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *argv[WORDS_MAX];
        int argc = as_argv(cases[i].words, argv);
        CASE_INT(cases[i].name, options_want_nagios(argc, argv), cases[i].wanted);
    }
}

/* The table itself: no name twice, and something to say about every row. */
static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        assert_true(option->name || option->letter);
        assert_non_null(option->help);
        assert_non_null(option->set);
        assert_true(option->commands != 0);
        assert_true(option->group < OPTION_GROUP_COUNT);
        for (size_t j = 0; j < i; j++) {
            const struct option *other = &option_table[j];
            assert_false(option->letter && option->letter == other->letter);
            assert_false(option->name && other->name && strcmp(option->name, other->name) == 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_at_from_now),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_complaint_names_the_option),
        cmocka_unit_test(test_long_argument),
        cmocka_unit_test(test_resolvers),
        cmocka_unit_test(test_too_many_resolvers),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_verbosity),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_operands),
        cmocka_unit_test(test_misplaced),
        cmocka_unit_test(test_what_if_given),
        cmocka_unit_test(test_want_nagios),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
