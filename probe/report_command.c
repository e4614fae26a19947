/*
 * The report command: every file read, whatever another is like; then, where it is asked for, each
 * failure probed; then one picture of all.
 */
#include "probe/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/report.h"
#include "probe/complain.h"
#include "probe/replay.h"
#include "probe/report_input.h"
#include "probe/report_mail.h"
#include "probe/terminal.h"

enum { STATUS_FAILURES = 2 };

struct reports {
    struct report_result *results;
    size_t n_results, room;
    struct failure first; /* of what could not be read, for the exit status */
};

static void on_failure(void *arg, const struct failure *failure)
{
    struct reports *reports = arg;

    if (!reports->first.status)
        reports->first = *failure;
    complain(failure, false);
}

/* Comes to own the report, or frees it. */
static bool keep(struct reports *reports, const char *file, struct tlsrpt_report *take_report)
{
    if (reports->n_results == reports->room) {
        size_t room = reports->room ? 2 * reports->room : 16;
        struct report_result *grown = realloc(reports->results, room * sizeof *grown);
        if (!grown)
            return false;
        reports->results = grown;
        reports->room = room;
    }
    struct tlsrpt_report *report = malloc(sizeof *report);
    char *name = strdup(file);
    if (!report || !name) {
        free(report);
        free(name);
        return false;
    }
    *report = *take_report;
    reports->results[reports->n_results++] =
        (struct report_result){.file = name, .report = report, .dialect = dialect_of(report)};
    return true;
}

static void on_report(void *arg, const char *file, const uint8_t *bytes, size_t length,
                      const char *part)
{
    struct reports *reports = arg;
    struct tlsrpt_report report;
    char refusal[TLSRPT_REFUSAL_MAX];
    struct failure failure = {0};
    int read = tlsrpt_report_read(bytes, length, &report, refusal);

    if (read > 0)
        failure_set(&failure, STATUS_BAD_DATA, "%s: %s", file, refusal);
    else if (read < 0 || (part && tlsrpt_report_note(&report, TLSRPT_MEDIA_TYPE, part) != 0) ||
             !keep(reports, file, &report))
        failure_set(&failure, STATUS_SOFTWARE, "%s: out of memory", file);
    if (!failure.status)
        return;
    if (read == 0)
        tlsrpt_report_clear(&report);
    on_failure(reports, &failure);
}

static void clear(struct reports *reports)
{
    for (size_t i = 0; i < reports->n_results; i++) {
        struct report_result *result = &reports->results[i];
        replay_free(result);
        tlsrpt_report_clear((struct tlsrpt_report *)result->report);
        free((struct tlsrpt_report *)result->report);
        free((char *)result->file);
    }
    free(reports->results);
}

static bool any_failed(const struct tlsrpt_report *report)
{
    for (size_t i = 0; i < report->n_policies; i++) {
        const struct tlsrpt_policy *policy = &report->policies[i];
        if (policy->failed > 0)
            return true;
        for (size_t j = 0; j < policy->n_failures; j++)
            if (policy->failures[j].count > 0)
                return true;
    }
    return false;
}

/* 2 when anything is still wrong, else 3 when anything could not be looked at. */
static int replay_status(const struct reports *reports)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < reports->n_results; i++) {
        const struct report_result *result = &reports->results[i];
        for (size_t j = 0; j < report_failures(result->report); j++) {
            enum replay_outcome outcome = result->replays[j].outcome;
            if (outcome == REPLAY_REPRODUCED || outcome == REPLAY_DIFFERENT)
                return STATUS_FAILURES;
            if (outcome == REPLAY_UNTESTABLE)
                status = STATUS_UNKNOWN;
        }
    }
    return status;
}

static int exit_status(const struct reports *reports, bool replayed)
{
    if (replayed)
        return replay_status(reports);
    for (size_t i = 0; i < reports->n_results; i++)
        if (any_failed(reports->results[i].report))
            return STATUS_FAILURES;
    return STATUS_OK;
}

static void print(const struct reports *reports, const struct settings *settings,
                  struct failure *failure)
{
    errno = 0;
    int printed = settings->format == FORMAT_JSON
                      ? reports_print_json(stdout, reports->results, reports->n_results)
                      : reports_print_text(stdout, reports->results, reports->n_results,
                                           terminal_color(settings->color));
    if (printed != 0 || fflush(stdout) != 0)
        failure_set(failure, errno == ENOMEM ? STATUS_SOFTWARE : STATUS_OUTPUT,
                    "cannot write the output: %s", strerror(errno ? errno : EIO));
}

int report_command(struct settings *settings, struct failure *failure)
{
    struct reports reports = {0};
    struct report_sink sink = {.take = on_report, .complain = on_failure, .arg = &reports};
    int interrupted_by = 0, status = STATUS_OK;

    if (settings->n_operands == 0) {
        failure_set(failure, STATUS_USAGE, "report takes the files of reports (or -)");
        return STATUS_USAGE;
    }
    report_mail_library_init();
    for (size_t i = 0; i < settings->n_operands; i++)
        report_input_read(settings->operands[i], &sink);
    report_mail_library_cleanup();
    bool any = reports.n_results > 0;
    if (any && settings->replay)
        any =
            replay_reports(settings, reports.results, reports.n_results, &interrupted_by, failure);
    if (any) {
        status = exit_status(&reports, settings->replay);
        print(&reports, settings, failure);
    }
    if (reports.first.status)
        status = reports.first.status;
    clear(&reports);
    if (interrupted_by) { /* the output is whole: die of the signal, as a shell expects */
        signal(interrupted_by, SIG_DFL);
        raise(interrupted_by);
    }
    return status;
}
