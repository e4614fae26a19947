#include "dns/wire.h"

#include <string.h>

enum {
    LABEL_MAX = 63,
    LABEL_TYPE_MASK = 0xc0,
    LABEL_TYPE_POINTER = 0xc0,
    /* A name has 127 labels at most; honest encoders put no more than one pointer before each. */
    POINTERS_MAX = 127,
};

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

bool dns_cursor_u8(struct dns_cursor *cursor, uint8_t *out)
{
    if (dns_cursor_left(cursor) < 1)
        return false;
    *out = cursor->message[cursor->at++];
    return true;
}

bool dns_cursor_u16(struct dns_cursor *cursor, uint16_t *out)
{
    const uint8_t *p = cursor->message + cursor->at;

    if (dns_cursor_left(cursor) < 2)
        return false;
    *out = (uint16_t)(p[0] << 8 | p[1]);
    cursor->at += 2;
    return true;
}

bool dns_cursor_u32(struct dns_cursor *cursor, uint32_t *out)
{
    const uint8_t *p = cursor->message + cursor->at;

    if (dns_cursor_left(cursor) < 4)
        return false;
    *out = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    cursor->at += 4;
    return true;
}

bool dns_cursor_skip(struct dns_cursor *cursor, size_t n)
{
    if (dns_cursor_left(cursor) < n)
        return false;
    cursor->at += n;
    return true;
}

static bool append_label(struct dns_wire_name *name, const uint8_t *bytes, uint8_t length)
{
    if (name->length + 1U + length > DNS_WIRE_NAME_MAX)
        return false;
    name->bytes[name->length++] = length;
    for (uint8_t i = 0; i < length; i++)
        name->bytes[name->length++] = lower(bytes[i]);
    return true;
}

bool dns_cursor_name(struct dns_cursor *cursor, struct dns_wire_name *out)
{
    struct dns_cursor walk = *cursor;
    size_t resume = 0; /* where reading goes on after the name: behind the first pointer */
    unsigned pointers = 0;
    uint8_t length;
    uint8_t low;

    out->length = 0;
    for (;;) {
        size_t start = walk.at;

        if (!dns_cursor_u8(&walk, &length))
            return false;
        if ((length & LABEL_TYPE_MASK) == LABEL_TYPE_POINTER) {
            size_t target = (size_t)(length & 0x3f) << 8;
            if (!dns_cursor_u8(&walk, &low) || ++pointers > POINTERS_MAX)
                return false;
            target |= low;
            if (target >= start)
                return false;
            if (resume == 0)
                resume = walk.at;
            walk.at = target;
            continue;
        }
        if (length > LABEL_MAX || dns_cursor_left(&walk) < length ||
            !append_label(out, walk.message + walk.at, length))
            return false;
        walk.at += length;
        if (length == 0)
            break;
    }
    cursor->at = resume != 0 ? resume : walk.at;
    return true;
}

bool dns_wire_name_equal(const struct dns_wire_name *a, const struct dns_wire_name *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads what stands behind a backslash, at *text: "DDD" or one character as it is. */
static bool parse_escape(const char **text, uint8_t *out)
{
    const char *p = *text;

    if (is_digit(p[0])) {
        if (!is_digit(p[1]) || !is_digit(p[2]))
            return false;
        int value = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
        if (value > UINT8_MAX)
            return false;
        *out = (uint8_t)value;
        *text = p + 3;
        return true;
    }
    if (p[0] == '\0')
        return false;
    *out = (uint8_t)p[0];
    *text = p + 1;
    return true;
}

/* Reads one label up to its dot or the end of the text. */
static bool parse_label(const char **text, uint8_t label[LABEL_MAX], uint8_t *length)
{
    *length = 0;
    while (**text != '\0' && **text != '.') {
        uint8_t byte = (uint8_t) * (*text)++;

        if (byte == '\\' && !parse_escape(text, &byte))
            return false;
        if (*length == LABEL_MAX)
            return false;
        label[(*length)++] = byte;
    }
    return *length > 0;
}

bool dns_wire_name_parse(const char *text, struct dns_wire_name *out)
{
    uint8_t label[LABEL_MAX];
    uint8_t length;

    out->length = 0;
    if (strcmp(text, ".") == 0)
        text++;
    while (*text != '\0') {
        if (!parse_label(&text, label, &length) || !append_label(out, label, length))
            return false;
        if (*text == '.')
            text++;
    }
    return append_label(out, NULL, 0);
}

static size_t format_byte(uint8_t byte, char *out)
{
    size_t n = 0;

    if (byte == '.' || byte == '\\') {
        out[n++] = '\\';
        out[n++] = (char)byte;
    } else if (byte > 0x20 && byte < 0x7f) {
        out[n++] = (char)byte;
    } else {
        out[n++] = '\\';
        out[n++] = (char)('0' + byte / 100);
        out[n++] = (char)('0' + byte / 10 % 10);
        out[n++] = (char)('0' + byte % 10);
    }
    return n;
}

void dns_wire_name_format(const struct dns_wire_name *name, char out[DNS_WIRE_TEXT_MAX])
{
    size_t at = 0;
    size_t n = 0;

    while (at < name->length && name->bytes[at] != 0) {
        size_t label_end = at + 1 + name->bytes[at];

        if (n > 0)
            out[n++] = '.';
        for (at++; at < label_end; at++)
            n += format_byte(name->bytes[at], out + n);
    }
    out[n] = '\0';
}
