#include "output/report_tally.h"

#include <stdlib.h>
#include <strings.h>

enum { SECONDS_A_DAY = 86400 };

static int compare_words(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcasecmp(a, b);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* --- sums ----------------------------------------------------------------------------------------
 */

static int compare_keys(const void *a, const void *b)
{
    const struct tally_row *left = a, *right = b;
    int order = (left->day > right->day) - (left->day < right->day);

    if (order == 0)
        order = compare_words(left->first, right->first);
    return order ? order : compare_words(left->second, right->second);
}

static int compare_failed(const void *a, const void *b)
{
    const struct tally_row *left = a, *right = b;
    int order = compare_numbers(right->failed, left->failed);

    if (order == 0)
        order = compare_numbers(right->tried, left->tried);
    return order ? order : compare_keys(a, b);
}

static struct tally_row policy_row(const struct tlsrpt_report *report,
                                   const struct tlsrpt_policy *policy, enum tally_by by)
{
    struct tally_row row = {.failed = policy->failed,
                            .tried = tlsrpt_count_add(policy->failed, policy->successful)};

    if (by == TALLY_DAY) {
        row.day = report->start_s / SECONDS_A_DAY;
    } else {
        row.first = policy->policy_domain;
        row.second = policy->policy_type;
    }
    return row;
}

static struct tally_row failure_row(const struct tlsrpt_report *report,
                                    const struct tlsrpt_failure *failure, enum tally_by by)
{
    if (by == TALLY_HOST)
        return (struct tally_row){
            .first = failure->mx, .second = failure->ip, .failed = failure->count};
    return (struct tally_row){
        .first = failure->result_type, .second = report->organization, .failed = failure->count};
}

static void add_report(struct tally *tally, const struct tlsrpt_report *report, enum tally_by by)
{
    if (by == TALLY_DAY && !report->start_known)
        return;
    for (size_t i = 0; i < report->n_policies; i++) {
        const struct tlsrpt_policy *policy = &report->policies[i];
        if (by == TALLY_POLICY || by == TALLY_DAY) {
            tally->rows[tally->n_rows++] = policy_row(report, policy, by);
            continue;
        }
        for (size_t j = 0; j < policy->n_failures; j++)
            tally->rows[tally->n_rows++] = failure_row(report, &policy->failures[j], by);
    }
}

/* Rows of the same key, which stand side by side, become one. */
static void merge(struct tally *tally)
{
    size_t kept = 0;

    for (size_t i = 1; i < tally->n_rows; i++) {
        struct tally_row *into = &tally->rows[kept];
        const struct tally_row *row = &tally->rows[i];
        if (compare_keys(into, row) == 0) {
            into->failed = tlsrpt_count_add(into->failed, row->failed);
            into->tried = tlsrpt_count_add(into->tried, row->tried);
        } else {
            tally->rows[++kept] = *row;
        }
    }
    if (tally->n_rows)
        tally->n_rows = kept + 1;
}

int tally_make(struct tally *tally, const struct report_result *results, size_t n_results,
               enum tally_by by)
{
    size_t room = 1;

    *tally = (struct tally){0};
    for (size_t i = 0; i < n_results; i++)
        room += results[i].report->n_policies + report_failures(results[i].report);
    tally->rows = calloc(room, sizeof *tally->rows);
    if (!tally->rows)
        return -1;
    for (size_t i = 0; i < n_results; i++)
        add_report(tally, results[i].report, by);
    qsort(tally->rows, tally->n_rows, sizeof *tally->rows, compare_keys);
    merge(tally);
    if (by != TALLY_DAY)
        qsort(tally->rows, tally->n_rows, sizeof *tally->rows, compare_failed);
    return 0;
}

void tally_clear(struct tally *tally)
{
    free(tally->rows);
    *tally = (struct tally){0};
}

/* --- kinds of failure ----------------------------------------------------------------------------
 */

static int compare_kind(const struct tally_failure *a, const struct tally_failure *b)
{
    int order = compare_words(a->failure->result_type, b->failure->result_type);

    if (order == 0)
        order = compare_words(a->failure->reason_code, b->failure->reason_code);
    if (order == 0)
        order = compare_words(a->policy->policy_type, b->policy->policy_type);
    return order ? order : (int)a->result->dialect - (int)b->result->dialect;
}

static int compare_failures(const void *a, const void *b)
{
    const struct tally_failure *left = a, *right = b;
    int order = compare_kind(left, right);

    return order ? order : compare_numbers(right->failure->count, left->failure->count);
}

static int compare_kinds(const void *a, const void *b)
{
    const struct tally_kind *left = a, *right = b;
    int order = compare_numbers(right->failed, left->failed);

    return order ? order : compare_kind(left->failures, right->failures);
}

static void list_failures(struct tally_kinds *kinds, const struct report_result *result)
{
    const struct tlsrpt_report *report = result->report;
    size_t index = 0;

    for (size_t i = 0; i < report->n_policies; i++)
        for (size_t j = 0; j < report->policies[i].n_failures; j++, index++)
            kinds->failures[kinds->n_failures++] =
                (struct tally_failure){.result = result,
                                       .policy = &report->policies[i],
                                       .failure = &report->policies[i].failures[j],
                                       .replay = result->replays ? &result->replays[index] : NULL};
}

/* Failures that stand side by side and are of one kind. */
static void divide(struct tally_kinds *kinds)
{
    for (size_t i = 0; i < kinds->n_failures; i++) {
        const struct tally_failure *failure = &kinds->failures[i];
        if (i == 0 || compare_kind(failure - 1, failure) != 0)
            kinds->kinds[kinds->n_kinds++] = (struct tally_kind){.failures = failure};
        struct tally_kind *kind = &kinds->kinds[kinds->n_kinds - 1];
        kind->n_failures++;
        kind->failed = tlsrpt_count_add(kind->failed, failure->failure->count);
    }
}

int tally_kinds_make(struct tally_kinds *kinds, const struct report_result *results,
                     size_t n_results)
{
    size_t room = 1;

    *kinds = (struct tally_kinds){0};
    for (size_t i = 0; i < n_results; i++)
        room += report_failures(results[i].report);
    kinds->failures = calloc(room, sizeof *kinds->failures);
    kinds->kinds = calloc(room, sizeof *kinds->kinds);
    if (!kinds->failures || !kinds->kinds) {
        tally_kinds_clear(kinds);
        return -1;
    }
    for (size_t i = 0; i < n_results; i++)
        list_failures(kinds, &results[i]);
    qsort(kinds->failures, kinds->n_failures, sizeof *kinds->failures, compare_failures);
    divide(kinds);
    qsort(kinds->kinds, kinds->n_kinds, sizeof *kinds->kinds, compare_kinds);
    return 0;
}

void tally_kinds_clear(struct tally_kinds *kinds)
{
    free(kinds->failures);
    free(kinds->kinds);
    *kinds = (struct tally_kinds){0};
}
