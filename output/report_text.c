#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "output/page.h"
#include "output/report.h"
#include "output/report_tally.h"
#include "policy/timestamp.h"

/* Rows of one list; what is beyond is counted. */
enum { ROWS_MAX = 20, PLACES_MAX = 10, DEVIATIONS_MAX = 20 };
enum { LIST_INDENT = 2, LIST_FURTHER = 4, LIST_BODY = 44, KIND_BODY = 12, SECONDS_A_DAY = 86400 };

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static void say_day(struct page *page, int64_t at_s)
{
    char text[TIMESTAMP_TEXT_MAX];

    timestamp_format_s(at_s, text);
    text[strcspn(text, "T")] = '\0';
    page_say(page, text);
}

static void say_further(struct page *page, size_t n_further)
{
    if (n_further == 0)
        return;
    page_row(page, LIST_INDENT, PAINT_NONE, NULL, LIST_INDENT);
    page_sayf(page, "and %zu more", n_further);
}

/* --- the picture ---------------------------------------------------------------------------------
 */

static void headline(struct page *page, const struct report_result *results, size_t n_results)
{
    uint64_t failed = 0, tried = 0;
    int64_t first = INT64_MAX, last = INT64_MIN;

    for (size_t i = 0; i < n_results; i++) {
        const struct tlsrpt_report *report = results[i].report;
        for (size_t j = 0; j < report->n_policies; j++) {
            failed = tlsrpt_count_add(failed, report->policies[j].failed);
            tried = tlsrpt_count_add(tried, tlsrpt_count_add(report->policies[j].failed,
                                                             report->policies[j].successful));
        }
        if (report->start_known && report->start_s < first)
            first = report->start_s;
        if (report->end_known && report->end_s > last)
            last = report->end_s;
    }
    page_row(page, 0, PAINT_NONE, NULL, 0);
    page_sayf(page, "%zu report%s", n_results, n_results == 1 ? "" : "s");
    if (first <= last) {
        page_say(page, ", ");
        say_day(page, first);
        page_say(page, " to ");
        say_day(page, last > first ? last - 1 : last); /* a midnight ends the day before it */
    }
    page_say(page, ": ");
    page_paint(page, failed ? PAINT_BAD : PAINT_GOOD, failed ? "failures" : "no failures");
    page_sayf(page, ", %" PRIu64 " of %" PRIu64 " sessions failed", failed, tried);
}

static void say_row_label(struct page *page, const struct tally_row *row, enum tally_by by)
{
    char day[TIMESTAMP_TEXT_MAX];
    char *label = NULL;

    if (by == TALLY_DAY) {
        timestamp_format_s(row->day * SECONDS_A_DAY, day);
        day[strcspn(day, "T")] = '\0';
        page_row(page, LIST_INDENT, PAINT_NONE, day, LIST_BODY);
        return;
    }
    if (asprintf(&label, "%s%s%s", or_dash(row->first), by == TALLY_HOST ? " " : ", ",
                 or_dash(row->second)) < 0) {
        page->failed = true;
        return;
    }
    page_row(page, LIST_INDENT, PAINT_NONE, label, LIST_BODY);
    free(label);
}

static void list(struct page *page, const char *title, const struct tally *tally, enum tally_by by)
{
    size_t shown = tally->n_rows < ROWS_MAX ? tally->n_rows : ROWS_MAX;
    size_t first = by == TALLY_DAY ? tally->n_rows - shown : 0; /* the latest days */

    if (tally->n_rows == 0)
        return;
    page_blank(page);
    page_row(page, 0, PAINT_STRONG, title, 0);
    for (size_t i = first; i < first + shown; i++) {
        const struct tally_row *row = &tally->rows[i];
        say_row_label(page, row, by);
        page_sayf(page, "%" PRIu64, row->failed);
        if (by == TALLY_POLICY || by == TALLY_DAY)
            page_sayf(page, " of %" PRIu64, row->tried);
        page_say(page, " failed");
    }
    say_further(page, tally->n_rows - shown);
}

static int lists(struct page *page, const struct report_result *results, size_t n_results)
{
    static const char *const titles[] = {
        [TALLY_POLICY] = "Domains and policies",
        [TALLY_HOST] = "Mail hosts with failures",
        [TALLY_RESULT] = "Result types and who reports them",
        [TALLY_DAY] = "Days",
    };

    for (int by = TALLY_POLICY; by <= TALLY_DAY; by++) {
        struct tally tally;
        if (tally_make(&tally, results, n_results, (enum tally_by)by) != 0)
            return -1;
        list(page, titles[by], &tally, (enum tally_by)by);
        tally_clear(&tally);
    }
    return 0;
}

/* --- the kinds of failure ------------------------------------------------------------------------
 */

static bool same(const char *a, const char *b)
{
    return a && b ? strcasecmp(a, b) == 0 : a == b;
}

/* The first failure of a kind, without the names in which the others differ from it. */
static void common_names(const struct tally_kind *kind, struct tlsrpt_failure *failure,
                         struct tlsrpt_policy *policy)
{
    *failure = *kind->failures[0].failure;
    *policy = *kind->failures[0].policy;
    for (size_t i = 1; i < kind->n_failures; i++) {
        if (!same(failure->mx, kind->failures[i].failure->mx))
            failure->mx = NULL;
        if (!same(failure->ip, kind->failures[i].failure->ip))
            failure->ip = NULL;
        if (!same(policy->policy_domain, kind->failures[i].policy->policy_domain))
            policy->policy_domain = NULL;
    }
}

static enum paint outcome_paint(enum replay_outcome outcome)
{
    switch (outcome) {
    case REPLAY_REPRODUCED:
    case REPLAY_DIFFERENT:
        return PAINT_BAD;
    case REPLAY_UNTESTABLE:
        return PAINT_CAUTION;
    case REPLAY_NOT_REPRODUCED:
        break;
    }
    return PAINT_GOOD;
}

static void say_place(struct page *page, const struct tally_failure *place, const char *label)
{
    const struct tlsrpt_failure *failure = place->failure;

    page_row(page, LIST_INDENT, PAINT_FAINT, label, KIND_BODY);
    page_sayf(page, "%s%s%s for %s: %" PRIu64, failure->mx ? failure->mx : "no host named",
              failure->ip ? " " : "", failure->ip ? failure->ip : "",
              or_dash(place->policy->policy_domain), failure->count);
    page_sayf(page, " session%s", failure->count == 1 ? "" : "s");
    if (failure->sending_ip)
        page_sayf(page, " from %s", failure->sending_ip);
    if (failure->additional_information)
        page_sayf(page, " (%s)", failure->additional_information);
    if (!place->replay)
        return;
    page_row(page, KIND_BODY, PAINT_NONE, NULL, KIND_BODY);
    page_paint(page, outcome_paint(place->replay->outcome),
               replay_outcome_text(place->replay->outcome));
    page_say(page, ": ");
    page_say(page, place->replay->detail);
}

static int say_meaning(struct page *page, const struct tally_kind *kind)
{
    struct tlsrpt_failure failure;
    struct tlsrpt_policy policy;
    char *explanation = NULL, *fix = NULL;

    common_names(kind, &failure, &policy);
    if (dialect_explain(kind->failures[0].result->dialect, &policy, &failure, &explanation, &fix))
        return -1;
    page_row(page, LIST_INDENT, PAINT_FAINT, "means", KIND_BODY);
    page_say(page, explanation);
    page_row(page, LIST_INDENT, PAINT_FAINT, "do", KIND_BODY);
    page_say(page, fix);
    free(explanation);
    free(fix);
    return 0;
}

static int say_kind(struct page *page, const struct tally_kind *kind)
{
    const struct tally_failure *first = &kind->failures[0];
    const char *dialect = dialect_name(first->result->dialect);
    /* With a replay each place has its answer, which is what was asked for. */
    size_t most = first->replay ? kind->n_failures : PLACES_MAX;
    size_t shown = kind->n_failures < most ? kind->n_failures : most;

    page_blank(page);
    page_row(page, 0, PAINT_NONE, NULL, LIST_INDENT);
    page_paint(page, PAINT_BAD, or_dash(first->failure->result_type));
    if (first->failure->reason_code)
        page_sayf(page, " (%s)", first->failure->reason_code);
    page_sayf(page, ", policy %s, in the words of %s: %" PRIu64 " session%s",
              or_dash(first->policy->policy_type), dialect ? dialect : "an unknown sender",
              kind->failed, kind->failed == 1 ? "" : "s");
    if (say_meaning(page, kind) != 0)
        return -1;
    for (size_t i = 0; i < shown; i++)
        say_place(page, &kind->failures[i], i == 0 ? "where" : NULL);
    say_further(page, kind->n_failures - shown);
    return 0;
}

static int kinds_of_failure(struct page *page, const struct report_result *results,
                            size_t n_results)
{
    struct tally_kinds kinds;
    int status = 0;

    if (tally_kinds_make(&kinds, results, n_results) != 0)
        return -1;
    for (size_t i = 0; status == 0 && i < kinds.n_kinds; i++)
        status = say_kind(page, &kinds.kinds[i]);
    tally_kinds_clear(&kinds);
    return status;
}

/* --- what is odd ---------------------------------------------------------------------------------
 */

static void deviations(struct page *page, const struct report_result *results, size_t n_results)
{
    size_t seen = 0, shown = 0;

    for (size_t i = 0; i < n_results; i++) {
        const struct tlsrpt_report *report = results[i].report;
        if (seen == 0 && report->deviations_seen > 0) {
            page_blank(page);
            page_row(page, 0, PAINT_STRONG, "Not as RFC 8460 has it", 0);
        }
        seen += report->deviations_seen;
        for (size_t j = 0; j < report->n_deviations && shown < DEVIATIONS_MAX; j++, shown++) {
            page_row(page, LIST_INDENT, PAINT_NONE, NULL, LIST_FURTHER);
            page_sayf(page, "%s: %s: %s", results[i].file,
                      tlsrpt_deviation_text(report->deviations[j].kind),
                      report->deviations[j].place);
        }
    }
    say_further(page, seen - shown);
}

int reports_print_text(FILE *out, const struct report_result *results, size_t n_results, bool color)
{
    struct page page;

    page_init(&page, out, color);
    headline(&page, results, n_results);
    if (lists(&page, results, n_results) != 0 || kinds_of_failure(&page, results, n_results) != 0)
        page.failed = true;
    deviations(&page, results, n_results);
    return page_write(&page, out);
}
