/*
 * The mail hosts and the sessions at their addresses.
 */
#include <stdlib.h>

#include "output/json_parts.h"
#include "output/json_value.h"
#include "policy/tlsa.h"

static bool put_tlsa_records(cJSON *object, const struct dns_answer *answer)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, "records", array);

    for (size_t i = 0; ok && answer && i < answer->n_records; i++) {
        char *text = tlsa_record_format(&answer->records[i]);
        ok = text && json_take_element(array, cJSON_CreateString(text));
        free(text);
    }
    return ok;
}

static cJSON *dane(const struct host_facts *host, const struct host_verdict *verdict)
{
    cJSON *object = cJSON_CreateObject();

    if (object && json_put_word(object, "status", dane_status_text(verdict->dane)) &&
        put_tlsa_records(object, host->tlsa))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static const char *both_keys_text(enum other_key_status status)
{
    switch (status) {
    case OTHER_KEY_NOT_LOOKED:
        break;
    case OTHER_KEY_NONE:
        return "one";
    case OTHER_KEY_SEEN:
        return "both";
    case OTHER_KEY_UNKNOWN:
        return "unknown";
    }
    return "not-looked";
}

static bool put_phase(cJSON *object, const char *key, int duration_ms)
{
    return duration_ms < 0 ? json_put_null(object, key) : json_put_number(object, key, duration_ms);
}

static cJSON *timings(const struct smtp_timings *timings)
{
    cJSON *object = cJSON_CreateObject();

    if (object && put_phase(object, "connect", timings->connect) &&
        put_phase(object, "banner", timings->banner) && put_phase(object, "ehlo", timings->ehlo) &&
        put_phase(object, "starttls", timings->starttls) &&
        put_phase(object, "handshake", timings->handshake))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static cJSON *endpoint(const struct smtp_facts *facts, const struct endpoint_verdict *verdict)
{
    cJSON *object = cJSON_CreateObject();
    char ip[DNS_ADDRESS_TEXT_MAX];

    dns_address_format(&facts->address, ip);
    if (object && json_put_text(object, "ip", ip) && json_put_number(object, "port", facts->port) &&
        json_put_word(object, "stage", smtp_stage_text(facts->stage)) &&
        json_put_text(object, "banner", facts->banner) &&
        json_put_text(object, "helo", facts->helo) &&
        json_put_texts(object, "capabilities", facts->capabilities, facts->n_capabilities) &&
        json_put_word(object, "starttls", smtp_starttls_text(facts->starttls)) &&
        json_take(object, "tls", json_tls(facts->tls, &verdict->chain, &facts->resumption)) &&
        json_put_word(object, "both_keys", both_keys_text(facts->other_key.status)) &&
        json_take(object, "other_tls",
                  json_tls(facts->other_key.tls, &verdict->other, &facts->other_key.resumption)) &&
        json_take(object, "survey", json_survey(&facts->survey)) &&
        json_put_time_ms(object, "observed_at", facts->observed_at_ms) &&
        json_take(object, "timings_ms", timings(&facts->timings)))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static bool put_endpoints(cJSON *object, const struct host_facts *host,
                          const struct host_verdict *verdict)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, "endpoints", array);

    for (size_t i = 0; ok && i < host->n_endpoints; i++)
        ok = json_take_element(array, endpoint(host->endpoints[i], &verdict->endpoints[i]));
    return ok;
}

cJSON *json_hosts(const struct result *result)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = array != NULL;

    for (size_t i = 0; ok && i < result->facts->n_hosts; i++) {
        const struct host_facts *host = &result->facts->hosts[i];
        const struct host_verdict *verdict = &result->verdict->hosts[i];
        cJSON *object = cJSON_CreateObject();

        ok = json_take_element(array, object) && json_put_text(object, "host", host->host) &&
             json_put_number(object, "preference", host->preference) &&
             json_put_text(object, "sts_match", verdict->sts_match) &&
             json_take(object, "dane", dane(host, verdict)) && put_endpoints(object, host, verdict);
    }
    if (!ok) {
        cJSON_Delete(array);
        array = NULL;
    }
    return array;
}
