#include "output/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No byte grows to more than "\xHH", and no character to more than that for each of its bytes. */
enum { ESCAPED_BYTE = 4 };

struct range {
    uint32_t first, last;
};

/* Characters that are not seen and change how others are: bidirectional controls, joiners, tags. */
static const struct range invisible[] = {
    {0x00AD, 0x00AD}, /* soft hyphen */
    {0x034F, 0x034F}, /* combining grapheme joiner */
    {0x061C, 0x061C}, /* Arabic letter mark */
    {0x115F, 0x1160}, /* Hangul fillers */
    {0x180B, 0x180F}, /* Mongolian selectors and vowel separator */
    {0x200B, 0x200F}, /* zero width space and joiners, LRM, RLM */
    {0x2028, 0x202E}, /* line and paragraph separators, embeddings and overrides */
    {0x2060, 0x206F}, /* word joiner, invisible operators, isolates */
    {0x3164, 0x3164}, /* Hangul filler */
    {0xFE00, 0xFE0F}, /* variation selectors */
    {0xFEFF, 0xFEFF}, /* byte order mark */
    {0xFFA0, 0xFFA0}, /* half-width Hangul filler */
    {0xFFF9, 0xFFFB}, /* interlinear annotation */
    {0xE0000, 0xE0FFF},
};

static bool is_invisible(uint32_t character)
{
    if (character < invisible[0].first)
        return false; /* nearly all that is ever seen */
    for (size_t i = 0; i < sizeof invisible / sizeof *invisible; i++)
        if (character >= invisible[i].first && character <= invisible[i].last)
            return true;
    return false;
}

/*
 * Reads the character at `bytes` (RFC 3629 4): its length, or 0 where there is none, be it for a
 * stray or a missing continuation, an overlong form, a surrogate or a value beyond U+10FFFF.
 */
static size_t read_character(const uint8_t *bytes, size_t length, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t lead = bytes[0];
    size_t size = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

    if (size == 0 || size > length || lead > 0xF4)
        return 0;
    uint32_t value = size == 1 ? lead : lead & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3Fu);
    }
    if (value < least[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *character = value;
    return size;
}

static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

static char *put_byte(char *out, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";

    *out++ = '\\';
    *out++ = 'x';
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
    return out;
}

static char *escape(const uint8_t *bytes, size_t length, bool keep_lines)
{
    if (length > (SIZE_MAX - 1) / ESCAPED_BYTE)
        return NULL;
    char *text = malloc(length * ESCAPED_BYTE + 1);
    char *out = text;

    for (size_t at = 0; text && at < length;) {
        bool line_end = keep_lines && at + 1 < length && bytes[at] == '\r' && bytes[at + 1] == '\n';
        if (line_end) { /* CRLF is one line end, shown as LF */
            at++;
            continue;
        }
        uint32_t character = 0;
        size_t size = read_character(bytes + at, length - at, &character);

        if (size == 0 || (is_control(character) && !(keep_lines && character == '\n'))) {
            out = put_byte(out, bytes[at]);
            at++;
            continue;
        }
        if (is_invisible(character)) {
            out += sprintf(out, "\\u{%x}", (unsigned)character);
        } else {
            memcpy(out, bytes + at, size);
            out += size;
        }
        at += size;
    }
    if (text)
        *out = '\0';
    return text;
}

char *escape_bytes(const void *bytes, size_t length)
{
    return escape(bytes, length, false);
}

char *escape_text(const char *text)
{
    return text ? escape((const uint8_t *)text, strlen(text), false) : NULL;
}

char *escape_lines(const void *bytes, size_t length)
{
    return escape(bytes, length, true);
}
