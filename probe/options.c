#include "probe/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/option_table.h"

static const struct {
    const char *word;
    enum command command;
    unsigned bit;
} commands[] = {{"check", COMMAND_CHECK, FOR_CHECK}, {"scan", COMMAND_SCAN, FOR_SCAN},
                {"lint", COMMAND_LINT, FOR_LINT},    {"report", COMMAND_REPORT, FOR_REPORT},
                {"diff", COMMAND_DIFF, FOR_DIFF},    {"suggest", COMMAND_SUGGEST, FOR_SUGGEST}};

/* What the loop over argv carries along. */
struct reading {
    int argc;
    char *const *argv;
    int at;
    struct settings *settings;
    struct failure *failure;
    const struct option **used; /* in the order given, for the question whether they fit */
    size_t n_used;
};

static const struct option *find_name(const char *name, size_t length)
{
    for (size_t i = 0; i < option_count; i++) {
        const char *candidate = option_table[i].name;
        if (candidate && strlen(candidate) == length && strncmp(candidate, name, length) == 0)
            return &option_table[i];
    }
    return NULL;
}

static const struct option *find_letter(char letter)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].letter == letter)
            return &option_table[i];
    return NULL;
}

static void apply(struct reading *reading, const struct option *option, const char *argument)
{
    const char *problem = option->set(reading->settings, argument);

    if (problem && option->name)
        failure_set(reading->failure, STATUS_USAGE, "--%s %s: %s", option->name,
                    argument ? argument : "", problem);
    else if (problem)
        failure_set(reading->failure, STATUS_USAGE, "-%c: %s", option->letter, problem);
    reading->used[reading->n_used++] = option;
}

/* Remembers a what-if option "as given, without the dashes", for the result. */
static void remember(struct reading *reading, const char *name, const char *argument)
{
    struct settings *settings = reading->settings;
    char *text = NULL;

    if (asprintf(&text, "%s=%s", name, argument) < 0)
        failure_set(reading->failure, STATUS_SOFTWARE, "out of memory");
    else
        settings->what_if_given[settings->n_what_if_given++] = text;
}

/* "--name", "--name=argument" or "--name" "argument". */
static void read_long(struct reading *reading, const char *word)
{
    const char *name = word + 2;
    size_t length = strcspn(name, "=");
    const struct option *option = find_name(name, length);
    const char *argument = name[length] ? name + length + 1 : NULL;

    if (!option) {
        failure_set(reading->failure, STATUS_USAGE, "there is no option %s; see mxprobe --help",
                    word);
        return;
    }
    if (!option->argument && argument) {
        failure_set(reading->failure, STATUS_USAGE, "--%s takes no argument", option->name);
        return;
    }
    if (option->argument && !argument && reading->at + 1 < reading->argc)
        argument = reading->argv[++reading->at];
    if (option->argument && !argument) {
        failure_set(reading->failure, STATUS_USAGE, "%s needs an argument, %s", word,
                    option->argument);
        return;
    }
    apply(reading, option, argument);
    if (option->group == OPTION_GROUP_WHAT_IF && !reading->failure->status)
        remember(reading, option->name, argument);
}

/* "-4", "-vv". */
static void read_letters(struct reading *reading, const char *word)
{
    for (const char *letter = word + 1; *letter && !reading->failure->status; letter++) {
        const struct option *option = find_letter(*letter);
        if (option)
            apply(reading, option, NULL);
        else
            failure_set(reading->failure, STATUS_USAGE,
                        "there is no option -%c; see mxprobe --help", *letter);
    }
}

static unsigned command_bit(enum command command)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].command == command)
            return commands[i].bit;
    return FOR_ALL;
}

static void read_operand(struct reading *reading, const char *word)
{
    struct settings *settings = reading->settings;

    if (settings->command != COMMAND_NONE) {
        settings->operands[settings->n_operands++] = word;
        return;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(word, commands[i].word) == 0)
            settings->command = commands[i].command;
    if (settings->command == COMMAND_NONE)
        failure_set(reading->failure, STATUS_USAGE,
                    "there is no command \"%s\"; the commands are check, scan, report, lint, "
                    "diff and suggest",
                    word);
}

/* The first option that the command does not have, or NULL. */
static const struct option *find_misplaced(const struct reading *reading)
{
    unsigned bit = command_bit(reading->settings->command);

    for (size_t i = 0; i < reading->n_used; i++)
        if (!(reading->used[i]->commands & bit))
            return reading->used[i];
    return NULL;
}

/* The defaults of scan that differ, and what does not go together. */
static void check_scan(struct settings *settings, struct failure *failure)
{
    const struct scan_settings *scan = &settings->scan;

    if (!settings->format_given)
        settings->format = FORMAT_JSON;
    if (!settings->allow_private_given)
        settings->job.allow_private = false;
    if (settings->n_operands > 1)
        failure_set(failure, STATUS_USAGE, "scan takes one list; join several with cat");
    else if (scan->resume && !scan->output)
        failure_set(failure, STATUS_USAGE, "--resume goes on with the file of --output");
    else if (scan->resume && settings->format != FORMAT_JSON)
        failure_set(failure, STATUS_USAGE, "--resume needs the format json");
}

static void check_report(struct settings *settings)
{
    if (!settings->allow_private_given)
        settings->job.allow_private = false;
}

static void check_whole(const struct reading *reading)
{
    struct settings *settings = reading->settings;
    struct failure *failure = reading->failure;
    const struct option *misplaced = find_misplaced(reading);

    if (settings->help || settings->version)
        return;
    if (settings->command == COMMAND_NONE)
        failure_set(failure, STATUS_USAGE,
                    "no command; try: mxprobe check example.com, or: mxprobe --help");
    else if (misplaced && misplaced->name)
        failure_set(failure, STATUS_USAGE, "--%s is not an option of this command",
                    misplaced->name);
    else if (misplaced)
        failure_set(failure, STATUS_USAGE, "-%c is not an option of this command",
                    misplaced->letter);
    else if (settings->command != COMMAND_CHECK && settings->format == FORMAT_NAGIOS)
        failure_set(failure, STATUS_USAGE, "the format nagios belongs to check");
    else if (settings->command != COMMAND_CHECK && settings->command != COMMAND_SCAN &&
             settings->format == FORMAT_TLSRPT)
        failure_set(failure, STATUS_USAGE, "the format tlsrpt belongs to check and scan");
    else if (settings->command == COMMAND_SCAN)
        check_scan(settings, failure);
    else if (settings->command == COMMAND_REPORT)
        check_report(settings);
    if (settings->only_ipv4 != settings->only_ipv6) {
        settings->job.ipv4 = settings->only_ipv4;
        settings->job.ipv6 = settings->only_ipv6;
    }
}

void options_read(int argc, char *const argv[], struct settings *settings, struct failure *failure)
{
    settings->argv = argv;
    struct reading reading = {.argc = argc, .argv = argv, .settings = settings, .failure = failure};
    bool ended = false;
    size_t room = 1;

    for (int i = 0; i < argc; i++)
        room += strlen(argv[i]) + 1; /* letters may be bundled: no more options than bytes */

    settings->operands = calloc(room, sizeof *settings->operands);
    settings->what_if_given = calloc(room, sizeof *settings->what_if_given);
    reading.used = calloc(room, sizeof(const struct option *));
    if (!settings->operands || !settings->what_if_given || !reading.used) {
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
        argc = 0;
    }
    for (reading.at = 1; reading.at < argc && !failure->status; reading.at++) {
        const char *word = argv[reading.at];
        if (!ended && strcmp(word, "--") == 0)
            ended = true;
        else if (!ended && word[0] == '-' && word[1] == '-')
            read_long(&reading, word);
        else if (!ended && word[0] == '-' && word[1])
            read_letters(&reading, word);
        else
            read_operand(&reading, word);
    }
    if (!failure->status)
        check_whole(&reading);
    free(reading.used);
}

bool options_want_nagios(int argc, char *const argv[])
{
    bool nagios = false;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            break;
        if (strncmp(argv[i], "--format=", 9) == 0)
            nagios = strcmp(argv[i] + 9, "nagios") == 0;
        else if (strcmp(argv[i], "--format") == 0 && i + 1 < argc)
            nagios = strcmp(argv[++i], "nagios") == 0;
    }
    return nagios;
}
