#include "capture.h"

#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

void capture_begin(struct capture *capture)
{
    *capture = (struct capture){0};
    capture->out = open_memstream(&capture->text, &capture->length);
    if (!capture->out)
        abort();
}

void capture_end(struct capture *capture)
{
    if (fclose(capture->out) != 0)
        abort();
}

void capture_clear(struct capture *capture)
{
    free(capture->text);
}

static bool is_unsafe(uint32_t c)
{
    return (c < 0x20 && c != '\n') || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE0FFF) ||
           (c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF;
}

const char *first_unsafe(const char *text, size_t length)
{
    iconv_t decoder = iconv_open("UTF-32LE", "UTF-8");
    const char *found = NULL;
    size_t at = 0;

    while (!found && at < length) {
        uint32_t character = 0;
        char *in = (char *)(uintptr_t)(text + at), *out = (char *)&character;
        size_t in_left = length - at, out_left = sizeof character;

        /* One character fits; E2BIG for the rest is what is expected. */
        iconv(decoder, &in, &in_left, &out, &out_left);
        size_t used = length - at - in_left;
        if (out_left != 0 || used == 0 || is_unsafe(character))
            found = text + at;
        at += used;
    }
    iconv_close(decoder);
    return found;
}
