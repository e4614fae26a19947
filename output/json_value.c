#include "output/json_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/escape.h"
#include "policy/timestamp.h"

enum { HEX_BYTES_MAX = 64, ROOM = 8192 };

bool json_take(cJSON *object, const char *key, cJSON *item)
{
    if (!item)
        return false;
    if (!cJSON_AddItemToObjectCS(object, key, item)) {
        cJSON_Delete(item);
        return false;
    }
    return true;
}

bool json_take_element(cJSON *array, cJSON *item)
{
    if (!item)
        return false;
    if (!cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        return false;
    }
    return true;
}

cJSON *json_text(const char *text)
{
    if (!text)
        return cJSON_CreateNull();
    char *escaped = escape_text(text);
    cJSON *item = escaped ? cJSON_CreateString(escaped) : NULL;

    free(escaped);
    return item;
}

bool json_put_text(cJSON *object, const char *key, const char *text)
{
    return json_take(object, key, json_text(text));
}

bool json_put_texts(cJSON *object, const char *key, char *const *texts, size_t n_texts)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, key, array);

    for (size_t i = 0; ok && i < n_texts; i++)
        ok = json_take_element(array, json_text(texts[i]));
    return ok;
}

bool json_put_word(cJSON *object, const char *key, const char *word)
{
    return json_take(object, key, word ? cJSON_CreateStringReference(word) : cJSON_CreateNull());
}

bool json_put_number(cJSON *object, const char *key, int64_t number)
{
    return json_take(object, key, cJSON_CreateNumber((double)number));
}

bool json_put_bool(cJSON *object, const char *key, bool value)
{
    return json_take(object, key, cJSON_CreateBool(value));
}

bool json_put_null(cJSON *object, const char *key)
{
    return json_take(object, key, cJSON_CreateNull());
}

bool json_put_time_s(cJSON *object, const char *key, int64_t at_s)
{
    char text[TIMESTAMP_TEXT_MAX];

    timestamp_format_s(at_s, text);
    return json_take(object, key, cJSON_CreateString(text));
}

bool json_put_time_ms(cJSON *object, const char *key, int64_t at_ms)
{
    char text[TIMESTAMP_TEXT_MAX];

    timestamp_format_ms(at_ms, text);
    return json_take(object, key, cJSON_CreateString(text));
}

bool json_put_hex(cJSON *object, const char *key, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * HEX_BYTES_MAX + 1];

    if (length > HEX_BYTES_MAX)
        return json_put_null(object, key);
    for (size_t i = 0; i < length; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * length] = '\0';
    return json_take(object, key, cJSON_CreateString(text));
}

/* Without the last `n_left_out` bytes. */
static int print(FILE *out, cJSON *root, size_t n_left_out)
{
    /* Room for a usual result at once: the printer would copy what it has at each doubling. */
    char *text = root ? cJSON_PrintBuffered(root, ROOM, 0) : NULL;

    cJSON_Delete(root);
    if (!text) {
        errno = ENOMEM;
        return -1;
    }
    text[strlen(text) - n_left_out] = '\0';
    int status = fputs(text, out) == EOF ? -1 : 0;
    int why = errno;
    cJSON_free(text);
    errno = why;
    return status;
}

int json_print(FILE *out, cJSON *root)
{
    return print(out, root, 0);
}

int json_print_open(FILE *out, cJSON *root)
{
    return print(out, root, 1);
}

int json_print_line(FILE *out, cJSON *root)
{
    return print(out, root, 0) == 0 && fputc('\n', out) != EOF ? 0 : -1;
}
