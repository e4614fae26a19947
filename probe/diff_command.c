/*
 * The diff command: two files of results, compared domain by domain.
 */
#include "probe/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/diff.h"
#include "output/diff_join.h"
#include "probe/shell_word.h"
#include "probe/terminal.h"

enum { STATUS_WORSE = 2 };

struct comparison {
    const struct settings *settings;
    struct failure *failure;
    bool color;
    const char *paths[DIFF_SIDES];
    struct diff_source *sources[DIFF_SIDES];
    struct diff_summary summary;
};

static void cannot_read(struct comparison *comparison, enum diff_side side)
{
    if (errno == ENOMEM)
        failure_set(comparison->failure, STATUS_SOFTWARE, "out of memory");
    else
        failure_set(comparison->failure, STATUS_NO_INPUT, "cannot read %s: %s",
                    comparison->paths[side], strerror(errno));
}

static void is_malformed(struct comparison *comparison, enum diff_side side, uint64_t line)
{
    failure_set(comparison->failure, STATUS_BAD_DATA,
                "%s: line %llu is no result of mxprobe check or scan (mxprobe.result/1)",
                comparison->paths[side], (unsigned long long)line);
}

/* Names the command that puts the file in order. */
static void is_disordered(struct comparison *comparison, enum diff_side side, uint64_t line)
{
    const char *path = comparison->paths[side];
    bool standard = strcmp(path, "-") == 0;
    char *word = shell_word(path);

    if (!word)
        failure_set(comparison->failure, STATUS_SOFTWARE, "out of memory");
    else if (standard)
        failure_set(comparison->failure, STATUS_BAD_DATA,
                    "standard input is not sorted by domain at line %llu, and too long to be "
                    "sorted here; put this in front: LC_ALL=C sort |",
                    (unsigned long long)line);
    else
        failure_set(comparison->failure, STATUS_BAD_DATA,
                    "%s is not sorted by domain at line %llu, and too long to be sorted here; "
                    "run: LC_ALL=C sort -o %s %s",
                    path, (unsigned long long)line, word, word);
    free(word);
}

static void note_printed(struct comparison *comparison, int printed)
{
    if (printed == 0)
        return;
    if (errno == ENOMEM)
        failure_set(comparison->failure, STATUS_SOFTWARE, "out of memory");
    else
        failure_set(comparison->failure, STATUS_OUTPUT, "cannot write the output: %s",
                    strerror(errno));
}

static void compare(struct comparison *comparison, const struct diff_entry *entries[DIFF_SIDES])
{
    const struct diff_entry *before = entries[DIFF_BEFORE], *after = entries[DIFF_AFTER];
    struct diff diff;

    switch (diff_make(before ? before->domain : after->domain, before ? before->text : NULL,
                      before ? before->length : 0, after ? after->text : NULL,
                      after ? after->length : 0, &diff)) {
    case DIFF_OK:
        comparison->summary.n[diff.change]++;
        errno = 0;
        note_printed(comparison, comparison->settings->format == FORMAT_JSON
                                     ? diff_print_json(stdout, &diff)
                                     : diff_print_text(stdout, &diff, comparison->color));
        diff_clear(&diff);
        break;
    case DIFF_MALFORMED_BEFORE:
        is_malformed(comparison, DIFF_BEFORE, before ? before->number : 0);
        break;
    case DIFF_MALFORMED_AFTER:
        is_malformed(comparison, DIFF_AFTER, after ? after->number : 0);
        break;
    case DIFF_NO_MEMORY:
        failure_set(comparison->failure, STATUS_SOFTWARE, "out of memory");
        break;
    }
}

static void compare_all(struct comparison *comparison)
{
    enum diff_join_status status = DIFF_JOIN_STEP;
    struct diff_join join;

    diff_join_init(&join, comparison->sources[DIFF_BEFORE], comparison->sources[DIFF_AFTER]);
    while (status == DIFF_JOIN_STEP && !comparison->failure->status) {
        const struct diff_entry *entries[DIFF_SIDES];
        status = diff_join_next(&join, entries);
        if (status == DIFF_JOIN_STEP)
            compare(comparison, entries);
    }
    if (status == DIFF_JOIN_UNREADABLE)
        cannot_read(comparison, join.failed);
    else if (status == DIFF_JOIN_MALFORMED)
        is_malformed(comparison, join.failed, join.line);
    else if (status == DIFF_JOIN_DISORDER)
        is_disordered(comparison, join.failed, join.line);
    else if (status == DIFF_JOIN_NO_MEMORY)
        failure_set(comparison->failure, STATUS_SOFTWARE, "out of memory");
}

static bool open_both(struct comparison *comparison)
{
    for (enum diff_side side = DIFF_BEFORE; side < DIFF_SIDES; side++) {
        comparison->sources[side] = diff_source_open(comparison->paths[side]);
        if (!comparison->sources[side]) {
            cannot_read(comparison, side);
            return false;
        }
    }
    return true;
}

static void end_output(struct comparison *comparison)
{
    errno = 0;
    if (!comparison->failure->status)
        note_printed(comparison, comparison->settings->format == FORMAT_JSON
                                     ? diff_summary_print_json(stdout, &comparison->summary)
                                     : diff_summary_print_text(stdout, &comparison->summary,
                                                               comparison->color));
    if (fflush(stdout) != 0 && !comparison->failure->status)
        note_printed(comparison, -1);
}

int diff_command(const struct settings *settings, struct failure *failure)
{
    struct comparison comparison = {
        .settings = settings, .failure = failure, .color = terminal_color(settings->color)};

    if (settings->n_operands != DIFF_SIDES) {
        failure_set(failure, STATUS_USAGE, "diff takes two files of results, OLD and NEW");
        return 0;
    }
    if (strcmp(settings->operands[0], "-") == 0 && strcmp(settings->operands[1], "-") == 0) {
        failure_set(failure, STATUS_USAGE, "only one of the two can be standard input");
        return 0;
    }
    for (size_t i = 0; i < DIFF_SIDES; i++)
        comparison.paths[i] = settings->operands[i];
    comparison.summary.before = comparison.paths[DIFF_BEFORE];
    comparison.summary.after = comparison.paths[DIFF_AFTER];
    if (open_both(&comparison)) {
        compare_all(&comparison);
        end_output(&comparison);
    }
    for (size_t i = 0; i < DIFF_SIDES; i++)
        diff_source_close(comparison.sources[i]);
    return comparison.summary.n[DIFF_WORSE] > 0 ? STATUS_WORSE : STATUS_OK;
}
