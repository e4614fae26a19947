#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "output/json_value.h"
#include "output/suggest.h"

void suggestion_key_text(const struct suggest_key *key, char out[SUGGEST_TLSA_TEXT])
{
    static const char digits[] = "0123456789abcdef", head[] = "3 1 1 ";
    char *at = out + sizeof head - 1;

    memcpy(out, head, sizeof head);
    for (size_t i = 0; i < TLS_SHA256_LENGTH; i++) {
        *at++ = digits[key->spki_sha256[i] >> 4];
        *at++ = digits[key->spki_sha256[i] & 15];
    }
    *at = '\0';
}

static bool put_prefixed(cJSON *object, const char *key, const char *prefix, const char *domain,
                         const char *suffix)
{
    char text[2 * DNS_NAME_MAX];

    snprintf(text, sizeof text, "%s%s%s", prefix, domain, suffix);
    return json_put_text(object, key, text);
}

static bool put_unicode(cJSON *root, const char *domain)
{
    char *unicode = dns_name_to_unicode(domain);
    bool ok = unicode && json_put_text(root, "domain_unicode", unicode);

    free(unicode);
    return ok;
}

/* --- MTA-STS and TLS-RPT ---------------------------------------------------------------------- */

static bool put_patterns(cJSON *object, const struct suggestion *suggestion)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, "mx", array);

    for (size_t i = 0; ok && i < suggestion->n_patterns; i++)
        ok = json_take_element(array, json_text(suggestion->patterns[i].text));
    return ok;
}

static cJSON *policy(const struct domain_facts *facts, const struct suggestion *suggestion)
{
    cJSON *object = cJSON_CreateObject();

    if (object &&
        put_prefixed(object, "url", "https://mta-sts.", facts->domain,
                     "/.well-known/mta-sts.txt") &&
        json_put_word(object, "mode", "testing") &&
        json_put_number(object, "max_age", SUGGEST_MAX_AGE_S) && put_patterns(object, suggestion) &&
        json_put_text(object, "reason", suggestion->pattern_reason) &&
        json_take(object, "text", cJSON_CreateString(suggestion->sts_policy)))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static cJSON *record(const char *prefix, const char *domain, const char *text)
{
    cJSON *object = cJSON_CreateObject();

    if (object && put_prefixed(object, "name", prefix, domain, "") &&
        json_put_text(object, "text", text))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static cJSON *mta_sts(const struct domain_facts *facts, const struct suggestion *suggestion)
{
    if (!suggestion->sts_policy)
        return cJSON_CreateNull();
    cJSON *object = cJSON_CreateObject();

    if (object &&
        json_take(object, "record", record("_mta-sts.", facts->domain, suggestion->sts_record)) &&
        json_take(object, "policy", policy(facts, suggestion)))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static cJSON *tls_rpt(const struct domain_facts *facts, const struct suggestion *suggestion)
{
    if (!suggestion->tlsrpt_record)
        return cJSON_CreateNull();
    cJSON *object = cJSON_CreateObject();

    if (object &&
        json_take(object, "record",
                  record("_smtp._tls.", facts->domain, suggestion->tlsrpt_record)) &&
        json_put_bool(object, "published", suggestion->tlsrpt_published))
        return object;
    cJSON_Delete(object);
    return NULL;
}

/* --- TLSA ------------------------------------------------------------------------------------- */

static bool put_keys(cJSON *object, const struct suggest_host *host)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, "records", array);

    for (size_t i = 0; ok && i < host->n_keys; i++) {
        char text[SUGGEST_TLSA_TEXT];
        cJSON *item = cJSON_CreateObject();
        suggestion_key_text(&host->keys[i], text);
        ok = json_take_element(array, item) && json_put_text(item, "text", text) &&
             json_put_word(item, "key", host->keys[i].next ? "next" : "live") &&
             json_put_bool(item, "published", host->keys[i].published);
    }
    return ok;
}

static bool put_hosts(cJSON *root, const struct suggestion *suggestion)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(root, "tlsa", array);

    for (size_t i = 0; ok && i < suggestion->n_hosts; i++) {
        cJSON *item = cJSON_CreateObject();
        ok = json_take_element(array, item) &&
             json_put_text(item, "host", suggestion->hosts[i].host) &&
             json_put_text(item, "name", suggestion->hosts[i].owner) &&
             put_keys(item, &suggestion->hosts[i]);
    }
    return ok;
}

/* --- the rest --------------------------------------------------------------------------------- */

static bool put_warnings(cJSON *root, const struct suggestion *suggestion)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(root, "warnings", array);

    for (size_t i = 0; ok && i < suggestion->n_warnings; i++) {
        const struct suggest_warning *warning = &suggestion->warnings[i];
        cJSON *item = cJSON_CreateObject();
        ok = json_take_element(array, item) &&
             json_put_word(item, "severity", severity_text(warning->severity)) &&
             json_put_word(item, "about", suggest_about_text(warning->about)) &&
             json_put_word(item, "reason", warning->reason) &&
             json_put_text(item, "mx", warning->mx) && json_put_text(item, "ip", warning->ip) &&
             json_put_text(item, "text", warning->text) && json_put_text(item, "fix", warning->fix);
    }
    return ok;
}

static bool put_conditions(cJSON *root, const struct suggestion *suggestion)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(root, "before_enforce", array);

    for (size_t i = 0; ok && i < suggestion->n_conditions; i++) {
        const struct suggest_condition *condition = &suggestion->conditions[i];
        cJSON *item = cJSON_CreateObject();
        ok = json_take_element(array, item) &&
             json_put_word(item, "state", suggest_state_text(condition->state)) &&
             json_put_text(item, "text", condition->text);
    }
    return ok;
}

static cJSON *enforced(const struct suggestion *suggestion)
{
    if (suggestion->outcome != SUGGEST_MADE)
        return cJSON_CreateNull();
    cJSON *object = cJSON_CreateObject(), *delivery = cJSON_CreateObject();

    if (object && json_put_word(object, "verdict", verdict_word_text(suggestion->enforced_word)) &&
        json_take(object, "delivery", delivery) &&
        json_put_word(delivery, "opportunistic",
                      delivery_text(suggestion->enforced_opportunistic)) &&
        json_put_word(delivery, "mta_sts", delivery_text(suggestion->enforced_mta_sts)) &&
        json_put_word(delivery, "dane", delivery_text(suggestion->enforced_dane)))
        return object;
    if (!object)
        cJSON_Delete(delivery);
    cJSON_Delete(object);
    return NULL;
}

int suggestion_print_json(FILE *out, const struct domain_facts *facts,
                          const struct suggestion *suggestion)
{
    cJSON *root = cJSON_CreateObject();

    if (root &&
        !(json_put_word(root, "schema", "mxprobe.suggest/1") &&
          json_put_text(root, "domain", facts->domain) && put_unicode(root, facts->domain) &&
          json_put_time_ms(root, "started_at", facts->started_at_ms) &&
          json_put_word(root, "outcome", suggest_outcome_text(suggestion->outcome)) &&
          json_take(root, "mta_sts", mta_sts(facts, suggestion)) &&
          json_take(root, "tls_rpt", tls_rpt(facts, suggestion)) && put_hosts(root, suggestion) &&
          put_warnings(root, suggestion) && put_conditions(root, suggestion) &&
          json_take(root, "enforced_now", enforced(suggestion)))) {
        cJSON_Delete(root);
        root = NULL;
    }
    return json_print_line(out, root);
}
