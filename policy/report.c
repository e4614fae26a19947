#include "policy/report.h"

#include <stdlib.h>
#include <string.h>

static const char *const deviation_words[TLSRPT_DEVIATION_KINDS] = {
    [TLSRPT_BARE_STRING] = "bare_string",
    [TLSRPT_LINES_IN_STRING] = "lines_in_string",
    [TLSRPT_JSON_IN_STRING] = "json_in_string",
    [TLSRPT_OTHER_KEY] = "other_key",
    [TLSRPT_MISSING] = "missing",
    [TLSRPT_NULL] = "null",
    [TLSRPT_WRONG_TYPE] = "wrong_type",
    [TLSRPT_DUPLICATE_KEY] = "duplicate_key",
    [TLSRPT_TIME_WITHOUT_ZONE] = "time_without_zone",
    [TLSRPT_BAD_TIME] = "bad_time",
    [TLSRPT_BAD_COUNT] = "bad_count",
    [TLSRPT_BAD_ADDRESS] = "bad_address",
    [TLSRPT_COUNTS_DIFFER] = "counts_differ",
    [TLSRPT_UNKNOWN_RESULT_TYPE] = "unknown_result_type",
    [TLSRPT_UNKNOWN_POLICY_TYPE] = "unknown_policy_type",
    [TLSRPT_BYTE_ORDER_MARK] = "byte_order_mark",
    [TLSRPT_TEXT_CUT] = "text_cut",
    [TLSRPT_MEDIA_TYPE] = "media_type",
};

const char *tlsrpt_deviation_text(enum tlsrpt_deviation_kind kind)
{
    return deviation_words[kind];
}

int tlsrpt_report_note(struct tlsrpt_report *report, enum tlsrpt_deviation_kind kind,
                       const char *place)
{
    report->deviations_seen++;
    if (report->n_deviations == TLSRPT_DEVIATIONS_MAX)
        return 0;
    if (!report->deviations)
        report->deviations = calloc(TLSRPT_DEVIATIONS_MAX, sizeof *report->deviations);
    char *copy = report->deviations ? strdup(place) : NULL;
    if (!copy)
        return -1;
    report->deviations[report->n_deviations++] = (struct tlsrpt_deviation){kind, copy};
    return 0;
}

uint64_t tlsrpt_count_add(uint64_t a, uint64_t b)
{
    return a > TLSRPT_COUNT_MAX || b > TLSRPT_COUNT_MAX - a ? TLSRPT_COUNT_MAX : a + b;
}

static void clear_texts(char **texts, size_t n_texts)
{
    for (size_t i = 0; i < n_texts; i++)
        free(texts[i]);
    free(texts);
}

static void clear_failure(struct tlsrpt_failure *failure)
{
    free(failure->result_type);
    free(failure->sending_ip);
    free(failure->mx);
    free(failure->mx_helo);
    free(failure->ip);
    free(failure->additional_information);
    free(failure->reason_code);
}

static void clear_policy(struct tlsrpt_policy *policy)
{
    free(policy->policy_type);
    free(policy->policy_domain);
    clear_texts(policy->policy_strings, policy->n_policy_strings);
    clear_texts(policy->mx_hosts, policy->n_mx_hosts);
    for (size_t i = 0; i < policy->n_failures; i++)
        clear_failure(&policy->failures[i]);
    free(policy->failures);
}

void tlsrpt_report_clear(struct tlsrpt_report *report)
{
    free(report->organization);
    free(report->contact);
    free(report->report_id);
    for (size_t i = 0; i < report->n_policies; i++)
        clear_policy(&report->policies[i]);
    free(report->policies);
    for (size_t i = 0; i < report->n_deviations; i++)
        free(report->deviations[i].place);
    free(report->deviations);
    *report = (struct tlsrpt_report){0};
}
