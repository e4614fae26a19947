#include "output/terminal.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

size_t terminal_width(FILE *out)
{
    struct winsize size;
    int fd = fileno(out);

    if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

/* Length of a colour sequence at `text`, 0 when there is none. */
static size_t sequence_length(const char *text, size_t length)
{
    if (length < 2 || text[0] != '\x1b')
        return 0;
    const char *end = memchr(text, 'm', length);
    return end ? (size_t)(end - text) + 1 : 0;
}

/*
 * Columns of the character that begins with `lead`. From U+1100 on (lead byte 0xE1) some are two
 * columns wide; taking all of them so errs on the side of a shorter line.
 */
static size_t lead_columns(unsigned char lead)
{
    if ((lead & 0xC0) == 0x80)
        return 0;
    return lead >= 0xE1 ? 2 : 1;
}

size_t terminal_columns(const char *text, size_t length)
{
    size_t columns = 0;

    for (size_t at = 0; at < length;) {
        size_t skip = sequence_length(text + at, length - at);
        if (skip == 0) {
            columns += lead_columns((unsigned char)text[at]);
            skip = 1;
        }
        at += skip;
    }
    return columns;
}

size_t terminal_fit(const char *text, size_t columns)
{
    size_t at = 0, used = 0;

    while (text[at]) {
        used += lead_columns((unsigned char)text[at]);
        if (used > columns)
            break;
        at++;
    }
    return at;
}
