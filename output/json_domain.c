/*
 * What the DNS and the policy host said about the domain itself.
 */
#include <stdlib.h>

#include "output/escape.h"
#include "output/json_parts.h"
#include "output/json_value.h"

static bool put_mx_records(cJSON *object, const struct dns_answer *answer)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, "records", array);

    for (size_t i = 0; ok && answer && i < answer->n_records; i++) {
        const struct dns_record *record = &answer->records[i];
        cJSON *item = cJSON_CreateObject();
        ok = json_take_element(array, item) && json_put_text(item, "host", record->u.mx.host) &&
             json_put_number(item, "preference", record->u.mx.preference);
    }
    return ok;
}

cJSON *json_mx(const struct result *result)
{
    const struct dns_answer *answer = result->facts->mx;
    enum dns_security security = answer ? answer->security : DNS_SECURITY_UNKNOWN;
    cJSON *object = cJSON_CreateObject();

    if (object && json_put_word(object, "status", mx_status_text(result->verdict->mx_status)) &&
        json_put_word(object, "dnssec", dns_security_text(security)) &&
        put_mx_records(object, answer))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static cJSON *sts_record(const struct sts_record *record)
{
    cJSON *object = cJSON_CreateObject();

    if (object && json_put_word(object, "status", sts_record_status_text(record->status)) &&
        json_put_text(object, "text", record->text) &&
        json_put_text(object, "id", record->id[0] ? record->id : NULL))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static bool put_http_status(cJSON *object, const struct sts_fetch_facts *fetch)
{
    return fetch && fetch->http_status > 0
               ? json_put_number(object, "http_status", fetch->http_status)
               : json_put_null(object, "http_status");
}

static bool put_policy_fields(cJSON *object, const struct sts_policy *policy)
{
    if (!policy->valid) {
        return json_put_null(object, "mode") && json_put_null(object, "max_age") &&
               json_put_texts(object, "mx", NULL, 0);
    }
    return json_put_word(object, "mode", sts_mode_text(policy->mode)) &&
           json_put_number(object, "max_age", policy->max_age_s) &&
           json_put_texts(object, "mx", policy->mx, policy->n_mx);
}

static bool put_policy_body(cJSON *object, const struct sts_fetch_facts *fetch)
{
    if (!fetch || !fetch->body)
        return json_put_null(object, "text");
    char *text = escape_lines(fetch->body, fetch->length);
    bool ok = text && json_take(object, "text", cJSON_CreateString(text));

    free(text);
    return ok;
}

static cJSON *sts_policy(const struct result *result)
{
    const struct sts_fetch_facts *fetch = result->facts->sts_fetch;
    const struct verdict *verdict = result->verdict;
    cJSON *object = cJSON_CreateObject();

    if (object && json_put_word(object, "status", sts_policy_status_text(verdict->sts_status)) &&
        json_put_text(object, "url", fetch ? fetch->url : NULL) && put_http_status(object, fetch) &&
        put_policy_fields(object, &verdict->policy) && put_policy_body(object, fetch))
        return object;
    cJSON_Delete(object);
    return NULL;
}

cJSON *json_mta_sts(const struct result *result)
{
    cJSON *object = cJSON_CreateObject();

    if (object && json_take(object, "record", sts_record(&result->verdict->sts_record)) &&
        json_take(object, "policy", sts_policy(result)))
        return object;
    cJSON_Delete(object);
    return NULL;
}

cJSON *json_tls_rpt(const struct tlsrpt_record *record)
{
    cJSON *object = cJSON_CreateObject();

    if (object && json_put_word(object, "status", tlsrpt_status_text(record->status)) &&
        json_put_text(object, "text", record->text) &&
        json_put_texts(object, "rua", record->rua, record->n_rua))
        return object;
    cJSON_Delete(object);
    return NULL;
}
