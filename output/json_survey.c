/*
 * What the TLS survey told.
 */
#include "output/json_parts.h"
#include "output/json_value.h"
#include "tls/registry.h"

static bool put_version(cJSON *array, uint16_t version, const struct survey_answer *answer)
{
    cJSON *object = cJSON_CreateObject();
    bool accepted = answer->status == SURVEY_ACCEPTED;
    char group[SURVEY_GROUP_MAX];

    return json_take_element(array, object) &&
           json_put_word(object, "protocol", tls_version_name(version)) &&
           json_put_word(object, "status", survey_status_text(answer->status)) &&
           json_put_text(object, "cipher", accepted ? survey_cipher(answer) : NULL) &&
           json_put_text(object, "group", accepted ? survey_group(answer, group) : NULL);
}

static bool put_class(cJSON *array, enum tls_suite_class class, const struct survey_answer *answer)
{
    cJSON *object = cJSON_CreateObject();
    bool accepted = answer->status == SURVEY_ACCEPTED;

    return json_take_element(array, object) &&
           json_put_word(object, "class", survey_class_text(class)) &&
           json_put_word(object, "status", survey_status_text(answer->status)) &&
           json_put_text(object, "protocol", accepted ? tls_version_name(answer->version) : NULL) &&
           json_put_text(object, "cipher", accepted ? survey_cipher(answer) : NULL);
}

static bool put_order(cJSON *object, enum survey_order order)
{
    return order == SURVEY_ORDER_UNKNOWN
               ? json_put_null(object, "server_order")
               : json_put_bool(object, "server_order", order == SURVEY_ORDER_SERVER);
}

cJSON *json_survey(const struct tls_survey *survey)
{
    if (!survey->connections)
        return cJSON_CreateNull();
    cJSON *object = cJSON_CreateObject();
    cJSON *versions = cJSON_CreateArray(), *weak = cJSON_CreateArray();
    bool ok = object && json_put_number(object, "connections", survey->connections) &&
              put_order(object, survey->order);

    ok = json_take(object, "versions", versions) && ok;
    ok = json_take(object, "weak", weak) && ok;
    for (uint16_t i = 0; ok && i < SURVEY_VERSIONS; i++)
        ok = put_version(versions, 0x0300 + i, &survey->versions[i]);
    for (unsigned i = 0; ok && i < SURVEY_CLASSES; i++)
        ok = put_class(weak, i, &survey->weak[i]);
    if (ok)
        return object;
    cJSON_Delete(object);
    return NULL;
}
