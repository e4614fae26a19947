#include <stdlib.h>

#include "dns/name.h"
#include "output/json_parts.h"
#include "output/json_value.h"
#include "output/result.h"

static bool put_unicode(cJSON *root, const char *domain)
{
    char *unicode = dns_name_to_unicode(domain);
    bool ok = unicode && json_put_text(root, "domain_unicode", unicode);

    free(unicode);
    return ok;
}

static bool put_what_if(cJSON *root, const struct result *result)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(root, "what_if", array);

    for (size_t i = 0; ok && i < result->n_what_if; i++)
        ok = json_take_element(array, json_text(result->what_if[i]));
    return ok;
}

static cJSON *delivery(const struct verdict *verdict)
{
    cJSON *object = cJSON_CreateObject();

    if (object && json_put_word(object, "opportunistic", delivery_text(verdict->opportunistic)) &&
        json_put_word(object, "mta_sts", delivery_text(verdict->mta_sts)) &&
        json_put_word(object, "dane", delivery_text(verdict->dane)))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static cJSON *finding(const struct finding *finding)
{
    cJSON *object = cJSON_CreateObject();

    if (object && json_put_word(object, "severity", severity_text(finding->severity)) &&
        json_put_word(object, "row", finding->row) &&
        json_put_word(object, "result_type", result_type_text(finding->result_type)) &&
        json_put_word(object, "reason", reason_info(finding->reason)->code) &&
        json_put_word(object, "policy_type", policy_type_text(finding->policy_type)) &&
        json_put_word(object, "stage", finding_stage_text(finding->stage)) &&
        json_put_text(object, "mx", finding->mx) && json_put_text(object, "ip", finding->ip) &&
        json_put_text(object, "detail", finding->detail) &&
        json_put_text(object, "fix", finding->fix))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static bool put_findings(cJSON *root, const struct verdict *verdict)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(root, "findings", array);

    for (size_t i = 0; ok && i < verdict->n_findings; i++)
        ok = json_take_element(array, finding(&verdict->findings[i]));
    return ok;
}

/* The order of the keys is CONTRACT's: people read these lines too. */
static bool fill(cJSON *root, const struct result *result)
{
    const struct domain_facts *facts = result->facts;
    const struct verdict *verdict = result->verdict;

    return json_put_word(root, "schema", "mxprobe.result/1") &&
           json_put_text(root, "domain", facts->domain) && put_unicode(root, facts->domain) &&
           json_put_time_ms(root, "started_at", facts->started_at_ms) &&
           json_put_number(root, "elapsed_ms", facts->elapsed_ms) &&
           json_put_word(root, "verdict", verdict_word_text(verdict->word)) &&
           put_what_if(root, result) && json_take(root, "delivery", delivery(verdict)) &&
           json_take(root, "mx", json_mx(result)) &&
           json_take(root, "mta_sts", json_mta_sts(result)) &&
           json_take(root, "tls_rpt", json_tls_rpt(&verdict->tlsrpt)) &&
           json_take(root, "hosts", json_hosts(result)) && put_findings(root, verdict);
}

int result_print_json(FILE *out, const struct result *result)
{
    cJSON *root = cJSON_CreateObject();

    if (root && !fill(root, result)) {
        cJSON_Delete(root);
        root = NULL;
    }
    return json_print_line(out, root);
}
