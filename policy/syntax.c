#include "policy/syntax.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_NAME_MAX = 32 };

bool syntax_is_alnum(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z');
}

bool syntax_is_wsp(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

bool syntax_is_field_name(const uint8_t *bytes, size_t length)
{
    if (length == 0 || length > FIELD_NAME_MAX || !syntax_is_alnum(bytes[0]))
        return false;
    for (size_t i = 1; i < length; i++)
        if (!syntax_is_alnum(bytes[i]) && bytes[i] != '_' && bytes[i] != '-' && bytes[i] != '.')
            return false;
    return true;
}

bool syntax_is_record_value(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] < 0x21 || bytes[i] > 0x7e || bytes[i] == ';' || bytes[i] == '=')
            return false;
    return length > 0;
}

bool syntax_begins(const uint8_t *bytes, size_t length, const char *prefix)
{
    size_t prefix_length = strlen(prefix);
    return length >= prefix_length && memcmp(bytes, prefix, prefix_length) == 0;
}

bool syntax_equals(const uint8_t *bytes, size_t length, const char *text)
{
    return length == strlen(text) && syntax_begins(bytes, length, text);
}

void syntax_fields_init(struct syntax_fields *fields, const uint8_t *bytes, size_t length)
{
    *fields = (struct syntax_fields){.at = bytes, .end = bytes + length};
}

bool syntax_fields_next(struct syntax_fields *fields, struct syntax_field *out)
{
    if (fields->ended)
        return false;

    const uint8_t *begin = fields->at;
    const uint8_t *semicolon = memchr(begin, ';', (size_t)(fields->end - begin));
    const uint8_t *end = semicolon ? semicolon : fields->end;
    while (fields->delimited && begin < end && syntax_is_wsp(*begin))
        begin++;
    out->last = !semicolon;
    while (!out->last && end > begin && syntax_is_wsp(end[-1]))
        end--;
    out->bytes = begin;
    out->length = (size_t)(end - begin);

    fields->delimited = true;
    fields->ended = out->last;
    if (semicolon)
        fields->at = semicolon + 1;
    return true;
}

bool syntax_has_version(const uint8_t *bytes, size_t length, const char *version)
{
    if (!syntax_begins(bytes, length, version))
        return false;
    for (size_t i = strlen(version); i < length && bytes[i] != ';'; i++)
        if (!syntax_is_wsp(bytes[i]))
            return false;
    return true;
}

size_t syntax_count_begins(const struct dns_answer *answer, const char *prefix,
                           const struct dns_record **first)
{
    size_t count = 0;
    *first = NULL;
    for (size_t i = 0; i < answer->n_records; i++) {
        const struct dns_record *record = &answer->records[i];
        if (!syntax_begins(record->u.text.bytes, record->u.text.length, prefix))
            continue;
        if (count++ == 0)
            *first = record;
    }
    return count;
}

char *syntax_text(const uint8_t *bytes, size_t length)
{
    size_t nuls = 0;
    for (size_t i = 0; i < length; i++)
        nuls += bytes[i] == 0;

    char *text = malloc(length + nuls + 1);
    if (!text)
        return NULL;
    char *at = text;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i]) {
            *at++ = (char)bytes[i];
        } else {
            *at++ = '\\';
            *at++ = '0';
        }
    }
    *at = '\0';
    return text;
}

const char *syntax_quote(const void *bytes, size_t length, char out[SYNTAX_QUOTE_MAX])
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *in = bytes;
    size_t shown = 0, i = 0;
    char *at = out;

    *at++ = '"';
    for (; i < length; i++) {
        bool plain = in[i] >= 0x20 && in[i] <= 0x7e && in[i] != '\\';
        size_t width = plain ? 1 : 4;
        if (shown + width > SYNTAX_SHOWN_MAX)
            break;
        shown += width;
        if (plain) {
            *at++ = (char)in[i];
            continue;
        }
        *at++ = '\\';
        *at++ = 'x';
        *at++ = hex[in[i] >> 4];
        *at++ = hex[in[i] & 15];
    }
    *at++ = '"';
    snprintf(at, sizeof "...", "%s", i < length ? "..." : "");
    return out;
}

int syntax_problem(char **problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(problem, format, arguments);
    va_end(arguments);
    if (length >= 0)
        return 0;
    *problem = NULL;
    return -1;
}
