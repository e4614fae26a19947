#include "output/diff_result.h"

#include <string.h>

static const char *const senders[DIFF_SENDERS] = {"opportunistic", "mta_sts", "dane"};

/* From the best to the worst: how exit statuses are ordered, and what becomes of the mail. */
static const char *const verdicts[] = {"ok", "warning", "unknown", "fail"};
static const char *const deliveries[] = {"tls", "unauthenticated-tls", "cleartext", "defer",
                                         "bounce"};

const char *diff_sender_text(enum diff_sender sender)
{
    return senders[sender];
}

const char *diff_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static int rank_of(const char *word, const char *const *words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        if (strcmp(word, words[i]) == 0)
            return (int)i;
    return -1;
}

static bool read_verdict(struct diff_result *out)
{
    out->started_at = diff_text(out->root, "started_at");
    out->verdict = diff_text(out->root, "verdict");
    out->verdict_rank =
        out->verdict ? rank_of(out->verdict, verdicts, sizeof verdicts / sizeof *verdicts) : -1;
    return out->verdict_rank >= 0;
}

static bool read_deliveries(struct diff_result *out)
{
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(out->root, "delivery");

    for (size_t i = 0; i < DIFF_SENDERS; i++) {
        const char *word = diff_text(object, senders[i]);
        if (!word)
            return false;
        int rank = rank_of(word, deliveries, sizeof deliveries / sizeof *deliveries);
        if (rank < 0 && strcmp(word, "unknown") != 0)
            return false;
        out->delivery[i] = word;
        out->delivery_rank[i] = rank;
    }
    return true;
}

/* An array of nothing but objects. */
static bool is_array_of_objects(const cJSON *array)
{
    const cJSON *item;

    if (!cJSON_IsArray(array))
        return false;
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsObject(item))
            return false;
    }
    return true;
}

static bool read_parts(struct diff_result *out)
{
    const cJSON *mx = cJSON_GetObjectItemCaseSensitive(out->root, "mx");
    const cJSON *mta_sts = cJSON_GetObjectItemCaseSensitive(out->root, "mta_sts");

    out->mx_status = diff_text(mx, "status");
    out->mx_records = cJSON_GetObjectItemCaseSensitive(mx, "records");
    out->sts_record = cJSON_GetObjectItemCaseSensitive(mta_sts, "record");
    out->sts_policy = cJSON_GetObjectItemCaseSensitive(mta_sts, "policy");
    out->tls_rpt = cJSON_GetObjectItemCaseSensitive(out->root, "tls_rpt");
    out->hosts = cJSON_GetObjectItemCaseSensitive(out->root, "hosts");
    out->findings = cJSON_GetObjectItemCaseSensitive(out->root, "findings");
    return out->mx_status && is_array_of_objects(out->mx_records) &&
           cJSON_IsObject(out->sts_record) && cJSON_IsObject(out->sts_policy) &&
           cJSON_IsObject(out->tls_rpt) && is_array_of_objects(out->hosts) &&
           is_array_of_objects(out->findings);
}

bool diff_result_read(const char *text, size_t length, struct diff_result *out)
{
    const char *end = NULL;

    *out = (struct diff_result){.root = cJSON_ParseWithLengthOpts(text, length, &end, 0)};
    bool whole = out->root && end && strspn(end, " \t\r") == (size_t)(text + length - end);
    if (whole && read_verdict(out) && read_deliveries(out) && read_parts(out))
        return true;
    diff_result_clear(out);
    return false;
}

void diff_result_clear(struct diff_result *result)
{
    cJSON_Delete(result->root);
    *result = (struct diff_result){0};
}
