#include <errno.h>
#include <stdlib.h>

#include "output/json_value.h"
#include "output/report.h"

size_t report_failures(const struct tlsrpt_report *report)
{
    size_t n = 0;

    for (size_t i = 0; i < report->n_policies; i++)
        n += report->policies[i].n_failures;
    return n;
}

static bool put_replay(cJSON *object, const struct replay_judgement *replay)
{
    if (!replay)
        return json_put_null(object, "replay");
    cJSON *made = cJSON_CreateObject();
    return json_take(object, "replay", made) &&
           json_put_word(made, "outcome", replay_outcome_text(replay->outcome)) &&
           json_put_text(made, "detail", replay->detail);
}

/* What it means, in the sender's dialect. */
static bool put_meaning(cJSON *object, const struct report_result *result,
                        const struct tlsrpt_policy *policy, const struct tlsrpt_failure *failure)
{
    struct dialect_cause causes[DIALECT_CAUSES_MAX];
    size_t n = dialect_causes(result->dialect, policy->type, failure, causes);
    char *explanation = NULL, *fix = NULL;
    bool ok = json_put_word(object, "reason", n ? reason_info(causes[0].reason)->code : NULL) &&
              dialect_explain(result->dialect, policy, failure, &explanation, &fix) == 0 &&
              json_put_text(object, "explanation", explanation) &&
              json_put_text(object, "fix", fix);

    free(explanation);
    free(fix);
    return ok;
}

static cJSON *json_failure(const struct report_result *result, const struct tlsrpt_policy *policy,
                           const struct tlsrpt_failure *failure,
                           const struct replay_judgement *replay)
{
    cJSON *object = cJSON_CreateObject();
    bool ok = object && json_put_text(object, "result_type", failure->result_type) &&
              json_put_text(object, "failure_reason_code", failure->reason_code) &&
              json_put_text(object, "mx", failure->mx) &&
              json_put_text(object, "mx_helo", failure->mx_helo) &&
              json_put_text(object, "ip", failure->ip) &&
              json_put_text(object, "sending_ip", failure->sending_ip) &&
              json_put_number(object, "count", (int64_t)failure->count) &&
              json_put_text(object, "additional_information", failure->additional_information) &&
              put_meaning(object, result, policy, failure) && put_replay(object, replay);

    if (ok)
        return object;
    cJSON_Delete(object);
    return NULL;
}

/* All but its failures. */
static cJSON *json_policy(const struct tlsrpt_policy *policy)
{
    cJSON *object = cJSON_CreateObject();
    bool ok =
        object && json_put_text(object, "policy_type", policy->policy_type) &&
        json_put_text(object, "policy_domain", policy->policy_domain) &&
        json_put_texts(object, "policy_string", policy->policy_strings, policy->n_policy_strings) &&
        json_put_texts(object, "mx_host", policy->mx_hosts, policy->n_mx_hosts) &&
        json_put_number(object, "successful", (int64_t)policy->successful) &&
        json_put_number(object, "failed", (int64_t)policy->failed);

    if (ok)
        return object;
    cJSON_Delete(object);
    return NULL;
}

/* `*next` is the index of the policy's first failure among all, and then of the next policy's. */
static int print_policy(FILE *out, const struct report_result *result,
                        const struct tlsrpt_policy *policy, size_t *next)
{
    if (json_print_open(out, json_policy(policy)) != 0 || fputs(",\"failures\":[", out) == EOF)
        return -1;
    for (size_t i = 0; i < policy->n_failures; i++, ++*next) {
        const struct replay_judgement *replay = result->replays ? &result->replays[*next] : NULL;
        if (i > 0 && fputc(',', out) == EOF)
            return -1;
        if (json_print(out, json_failure(result, policy, &policy->failures[i], replay)) != 0)
            return -1;
    }
    return fputs("]}", out) == EOF ? -1 : 0;
}

/* "bare_string: policies[0].policy.mx-host" */
static cJSON *json_deviation(const struct tlsrpt_deviation *deviation)
{
    char *text = NULL;

    if (asprintf(&text, "%s: %s", tlsrpt_deviation_text(deviation->kind), deviation->place) < 0)
        return NULL;
    cJSON *item = json_text(text);
    free(text);
    return item;
}

static bool put_deviations(cJSON *object, const struct tlsrpt_report *report)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, "deviations", array);

    for (size_t i = 0; ok && i < report->n_deviations; i++)
        ok = json_take_element(array, json_deviation(&report->deviations[i]));
    return ok && json_put_number(object, "deviations_seen", (int64_t)report->deviations_seen);
}

static bool put_time(cJSON *object, const char *key, bool known, int64_t at_s)
{
    return known ? json_put_time_s(object, key, at_s) : json_put_null(object, key);
}

/* All but its policies. */
static cJSON *json_report(const struct report_result *result)
{
    const struct tlsrpt_report *report = result->report;
    cJSON *object = cJSON_CreateObject();
    bool ok = object && json_put_text(object, "file", result->file) &&
              put_deviations(object, report) &&
              json_put_word(object, "dialect", dialect_name(result->dialect)) &&
              json_put_text(object, "organization", report->organization) &&
              json_put_text(object, "contact", report->contact) &&
              json_put_text(object, "report_id", report->report_id) &&
              put_time(object, "start", report->start_known, report->start_s) &&
              put_time(object, "end", report->end_known, report->end_s);

    if (ok)
        return object;
    cJSON_Delete(object);
    return NULL;
}

static int print_report(FILE *out, const struct report_result *result)
{
    const struct tlsrpt_report *report = result->report;
    size_t next = 0;

    if (json_print_open(out, json_report(result)) != 0 || fputs(",\"policies\":[", out) == EOF)
        return -1;
    for (size_t i = 0; i < report->n_policies; i++)
        if ((i > 0 && fputc(',', out) == EOF) ||
            print_policy(out, result, &report->policies[i], &next) != 0)
            return -1;
    return fputs("]}", out) == EOF ? -1 : 0;
}

/* Piece by piece: a large report in three forms at once would take ten times its size. */
int reports_print_json(FILE *out, const struct report_result *results, size_t n_results)
{
    if (fputs("{\"schema\":\"mxprobe.report/1\",\"reports\":[", out) == EOF)
        return -1;
    for (size_t i = 0; i < n_results; i++)
        if ((i > 0 && fputc(',', out) == EOF) || print_report(out, &results[i]) != 0)
            return -1;
    return fputs("]}\n", out) == EOF ? -1 : 0;
}
