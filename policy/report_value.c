#include "policy/report_value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/address.h"
#include "policy/json_scan.h"
#include "policy/timestamp.h"

void report_object_note(struct report_object *object, enum tlsrpt_deviation_kind kind,
                        const char *name)
{
    char place[2 * REPORT_PLACE_MAX];

    snprintf(place, sizeof place, "%s%s", object->place, name);
    if (tlsrpt_report_note(object->reader->report, kind, place) != 0)
        object->reader->no_memory = true;
}

void report_refuse(struct report_reader *reader, const char *format, ...)
{
    va_list arguments;

    if (reader->refused)
        return;
    reader->refused = true;
    va_start(arguments, format);
    vsnprintf(reader->refusal, TLSRPT_REFUSAL_MAX, format, arguments);
    va_end(arguments);
}

/* --- objects ---------------------------------------------------------------------------------- */

static bool is_field(const struct report_field *field, const char *key)
{
    return strcmp(key, field->name) == 0 ||
           (field->other_name && strcmp(key, field->other_name) == 0);
}

/* One pass over the members, whatever their number: the first of each name counts. */
void report_collect(struct report_object *object, const cJSON *json,
                    const struct report_field fields[], size_t n)
{
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, json)
    {
        size_t i = 0;
        while (i < n && !is_field(&fields[i], member->string))
            i++;
        if (i == n)
            continue;
        if (object->found[i]) {
            report_object_note(object, TLSRPT_DUPLICATE_KEY, fields[i].name);
            continue;
        }
        object->found[i] = member;
        if (strcmp(member->string, fields[i].name) != 0)
            report_object_note(object, TLSRPT_OTHER_KEY, member->string);
    }
}

/* True when there is a value; notes where one is missing that must be there. */
bool report_has(struct report_object *object, const cJSON *value, const char *name, bool needed)
{
    if (value && !cJSON_IsNull(value))
        return true;
    if (value)
        report_object_note(object, TLSRPT_NULL, name);
    else if (needed)
        report_object_note(object, TLSRPT_MISSING, name);
    return false;
}

/* --- values ------------------------------------------------------------------------------------
 */

static char *keep_text(struct report_object *object, const char *text, const char *name)
{
    size_t length = strlen(text);

    if (length == 0)
        return NULL;
    if (length > TLSRPT_TEXT_MAX) {
        report_object_note(object, TLSRPT_TEXT_CUT, name);
        length = TLSRPT_TEXT_MAX;
    }
    char *copy = strndup(text, length);
    if (!copy)
        object->reader->no_memory = true;
    return copy;
}

/* NULL where there is none. */
char *report_text(struct report_object *object, const cJSON *value, const char *name, bool needed)
{
    if (!report_has(object, value, name, needed))
        return NULL;
    if (cJSON_IsString(value))
        return keep_text(object, value->valuestring, name);
    report_object_note(object, TLSRPT_WRONG_TYPE, name);
    return NULL;
}

char *report_address(struct report_object *object, const cJSON *value, const char *name)
{
    struct dns_address address;
    char *text = report_text(object, value, name, false);

    if (cJSON_IsString(value) && (!text || !dns_address_parse(text, &address)))
        report_object_note(object, TLSRPT_BAD_ADDRESS, name);
    return text;
}

/* Digits alone, as some write a number in quotes; -1 where it is not that. */
static double digits(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length > 20 || strspn(text, "0123456789") != length)
        return -1;
    return strtod(text, NULL);
}

uint64_t report_count(struct report_object *object, const cJSON *value, const char *name)
{
    if (!report_has(object, value, name, true))
        return 0;
    double number = cJSON_IsNumber(value)   ? value->valuedouble
                    : cJSON_IsString(value) ? digits(value->valuestring)
                                            : -1;
    bool whole =
        number >= 0 && number <= (double)TLSRPT_COUNT_MAX && number == (double)(uint64_t)number;
    if (!whole || !cJSON_IsNumber(value))
        report_object_note(object, TLSRPT_BAD_COUNT, name);
    if (!(number > 0))
        return 0;
    return number > (double)TLSRPT_COUNT_MAX ? TLSRPT_COUNT_MAX : (uint64_t)number;
}

bool report_time(struct report_object *object, const cJSON *value, const char *name, int64_t *out_s)
{
    char zoned[TIMESTAMP_TEXT_MAX];

    if (!report_has(object, value, name, true))
        return false;
    const char *text = cJSON_IsString(value) ? value->valuestring : "";
    if (*text >= '0' && *text <= '9' && timestamp_parse(text, 0, out_s) == 0)
        return true;
    int length = snprintf(zoned, sizeof zoned, "%sZ", text);
    if (*text >= '0' && *text <= '9' && length < (int)sizeof zoned &&
        timestamp_parse(zoned, 0, out_s) == 0) {
        report_object_note(object, TLSRPT_TIME_WITHOUT_ZONE, name);
        return true;
    }
    report_object_note(object, TLSRPT_BAD_TIME, name);
    return false;
}

/* --- lists of texts ----------------------------------------------------------------------------
 */

static void add_text(struct report_object *object, struct report_texts *texts, const char *text,
                     const char *name)
{
    if (*texts->n == texts->room) {
        size_t room = texts->room ? 2 * texts->room : 8;
        char **grown = realloc(*texts->items, room * sizeof *grown);
        if (!grown) {
            object->reader->no_memory = true;
            return;
        }
        *texts->items = grown;
        texts->room = room;
    }
    char *copy = keep_text(object, text, name);
    if (copy)
        (*texts->items)[(*texts->n)++] = copy;
}

/* "[\"3 1 1 0123…\"]" inside a string: Microsoft writes TLSA so. False where it is not that. */
static bool add_json(struct report_object *object, struct report_texts *texts, const char *text,
                     const char *name)
{
    size_t offset = 0;
    const char *problem = NULL;
    const cJSON *item = NULL;

    if (*text != '[' ||
        !json_scan((const uint8_t *)text, strlen(text), TLSRPT_VALUES_MAX / 100, &offset, &problem))
        return false;
    cJSON *list = cJSON_Parse(text);
    if (!list) {
        object->reader->no_memory = true;
        return true;
    }
    report_object_note(object, TLSRPT_JSON_IN_STRING, name);
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item))
            add_text(object, texts, item->valuestring, name);
        else
            report_object_note(object, TLSRPT_WRONG_TYPE, name);
    }
    cJSON_Delete(list);
    return true;
}

/* A policy file in one string, line by line. */
static void add_lines(struct report_object *object, struct report_texts *texts, char *text,
                      const char *name)
{
    char *rest = NULL;

    report_object_note(object, TLSRPT_LINES_IN_STRING, name);
    for (char *line = strtok_r(text, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest))
        add_text(object, texts, line, name);
}

static void add_string(struct report_object *object, struct report_texts *texts,
                       const cJSON *string, const char *name)
{
    char *text = string->valuestring;
    size_t body = strcspn(text, "\r\n");

    if (add_json(object, texts, text, name))
        return;
    if (strspn(text + body, "\r\n") == strlen(text + body)) {
        text[body] = '\0';
        add_text(object, texts, text, name);
    } else {
        add_lines(object, texts, text, name);
    }
}

void report_texts(struct report_object *object, const cJSON *value, const char *name, bool needed,
                  struct report_texts *texts)
{
    const cJSON *item = NULL;

    if (!report_has(object, value, name, needed))
        return;
    if (cJSON_IsString(value)) {
        report_object_note(object, TLSRPT_BARE_STRING, name);
        add_string(object, texts, value, name);
        return;
    }
    if (!cJSON_IsArray(value)) {
        report_object_note(object, TLSRPT_WRONG_TYPE, name);
        return;
    }
    cJSON_ArrayForEach(item, value)
    {
        if (cJSON_IsString(item))
            add_string(object, texts, item, name);
        else
            report_object_note(object, TLSRPT_WRONG_TYPE, name);
    }
}
