#include "output/diff.h"
#include "output/json_value.h"

#define SCHEMA "mxprobe.diff/1"

static cJSON *side(const struct diff_result *result, bool there)
{
    if (!there)
        return cJSON_CreateNull();
    cJSON *object = cJSON_CreateObject();

    if (object && json_put_text(object, "started_at", result->started_at) &&
        json_put_text(object, "verdict", result->verdict))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static bool put_deliveries(cJSON *root, const struct diff *diff)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(root, "delivery", array);

    for (size_t i = 0; ok && diff->has_before && diff->has_after && i < DIFF_SENDERS; i++) {
        if (diff->before.delivery_rank[i] == diff->after.delivery_rank[i])
            continue;
        cJSON *object = cJSON_CreateObject();
        ok = json_take_element(array, object) &&
             json_put_word(object, "sender", diff_sender_text((enum diff_sender)i)) &&
             json_put_text(object, "old", diff->before.delivery[i]) &&
             json_put_text(object, "new", diff->after.delivery[i]);
    }
    return ok;
}

static bool put_list_of_findings(cJSON *object, const char *key,
                                 const struct diff_finding *findings, size_t n)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, key, array);

    for (size_t i = 0; ok && i < n; i++) {
        const struct diff_finding *finding = &findings[i];
        cJSON *item = cJSON_CreateObject();
        ok = json_take_element(array, item) &&
             json_put_text(item, "severity", finding->severity_text) &&
             json_put_text(item, "result_type", finding->result_type) &&
             json_put_text(item, "reason", finding->reason) &&
             json_put_text(item, "policy_type", finding->policy_type) &&
             json_put_text(item, "mx", finding->mx) && json_put_text(item, "ip", finding->ip) &&
             json_put_text(item, "detail", finding->detail);
    }
    return ok;
}

static bool put_findings(cJSON *root, const struct diff *diff)
{
    cJSON *object = cJSON_CreateObject();

    return json_take(root, "findings", object) &&
           put_list_of_findings(object, "gone", diff->gone, diff->n_gone) &&
           put_list_of_findings(object, "new", diff->fresh, diff->n_fresh);
}

static bool put_mx_records(cJSON *object, const char *key, const struct diff_mx *mx, size_t n)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, key, array);

    for (size_t i = 0; ok && i < n; i++) {
        cJSON *item = cJSON_CreateObject();
        ok = json_take_element(array, item) && json_put_text(item, "host", mx[i].host) &&
             json_put_number(item, "preference", mx[i].preference);
    }
    return ok;
}

static bool put_mx(cJSON *root, const struct diff *diff)
{
    cJSON *object = cJSON_CreateObject();

    return json_take(root, "mx", object) &&
           json_put_text(object, "old_status", diff->before.mx_status) &&
           json_put_text(object, "new_status", diff->after.mx_status) &&
           put_mx_records(object, "gone", diff->mx_gone, diff->n_mx_gone) &&
           put_mx_records(object, "new", diff->mx_fresh, diff->n_mx_fresh);
}

static bool put_certificates(cJSON *object, const char *key,
                             const struct diff_certificate *certificates, size_t n)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, key, array);

    for (size_t i = 0; ok && i < n; i++) {
        cJSON *item = cJSON_CreateObject();
        ok = json_take_element(array, item) &&
             json_put_text(item, "sha256", certificates[i].sha256) &&
             json_put_text(item, "spki_sha256", certificates[i].spki_sha256) &&
             json_put_text(item, "not_after", certificates[i].not_after);
    }
    return ok;
}

static bool put_renewals(cJSON *root, const struct diff *diff)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(root, "certificates", array);

    for (size_t i = 0; ok && i < diff->n_renewals; i++) {
        const struct diff_renewal *renewal = &diff->renewals[i];
        cJSON *object = cJSON_CreateObject();
        ok = json_take_element(array, object) && json_put_text(object, "host", renewal->host) &&
             put_certificates(object, "old", renewal->gone, renewal->n_gone) &&
             put_certificates(object, "new", renewal->fresh, renewal->n_fresh);
    }
    return ok;
}

/* As our objects have it: null, a number, a text or a list of texts. */
static cJSON *value(const cJSON *item)
{
    if (cJSON_IsString(item))
        return json_text(item->valuestring);
    if (cJSON_IsNumber(item))
        return cJSON_CreateNumber(item->valuedouble);
    if (!cJSON_IsArray(item))
        return cJSON_CreateNull();
    cJSON *array = cJSON_CreateArray();
    const cJSON *element;
    bool ok = array != NULL;

    cJSON_ArrayForEach(element, item)
    {
        ok = ok && json_take_element(array, json_text(cJSON_GetStringValue(element)));
    }
    if (ok)
        return array;
    cJSON_Delete(array);
    return NULL;
}

static bool put_settings(cJSON *root, const struct diff *diff)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(root, "policies", array);

    for (size_t i = 0; ok && i < diff->n_settings; i++) {
        const struct diff_setting *setting = &diff->settings[i];
        cJSON *object = cJSON_CreateObject();
        ok = json_take_element(array, object) && json_put_word(object, "policy", setting->policy) &&
             json_put_word(object, "field", setting->field) &&
             json_put_text(object, "mx", setting->mx) &&
             json_take(object, "old", value(setting->before)) &&
             json_take(object, "new", value(setting->after));
    }
    return ok;
}

int diff_print_json(FILE *out, const struct diff *diff)
{
    if (diff->change == DIFF_UNCHANGED)
        return 0;
    cJSON *root = cJSON_CreateObject();

    if (root &&
        !(json_put_word(root, "schema", SCHEMA) && json_put_text(root, "domain", diff->domain) &&
          json_put_word(root, "change", diff_change_text(diff->change)) &&
          json_take(root, "old", side(&diff->before, diff->has_before)) &&
          json_take(root, "new", side(&diff->after, diff->has_after)) &&
          put_deliveries(root, diff) && put_findings(root, diff) && put_mx(root, diff) &&
          put_renewals(root, diff) && put_settings(root, diff))) {
        cJSON_Delete(root);
        root = NULL;
    }
    return json_print_line(out, root);
}

static cJSON *totals(const struct diff_summary *summary)
{
    cJSON *object = cJSON_CreateObject();
    bool ok = object && json_put_text(object, "old", summary->before) &&
              json_put_text(object, "new", summary->after);

    for (enum diff_change change = DIFF_UNCHANGED; ok && change < DIFF_CHANGES; change++)
        ok = json_put_number(object, diff_change_text(change), (int64_t)summary->n[change]);
    if (ok)
        return object;
    cJSON_Delete(object);
    return NULL;
}

int diff_summary_print_json(FILE *out, const struct diff_summary *summary)
{
    cJSON *root = cJSON_CreateObject();

    if (root &&
        !(json_put_word(root, "schema", SCHEMA) && json_take(root, "summary", totals(summary)))) {
        cJSON_Delete(root);
        root = NULL;
    }
    return json_print_line(out, root);
}
