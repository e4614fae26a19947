#include "output/page.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "output/escape.h"
#include "output/terminal.h"

static const char reset[] = "\x1b[0m";

static void append(struct page *page, struct page_buffer *buffer, const char *bytes, size_t length)
{
    if (page->failed || length == 0)
        return;
    if (length > buffer->room - buffer->length) {
        if (length > SIZE_MAX / 4 - buffer->length) {
            page->failed = true;
            return;
        }
        size_t room = 2 * (buffer->length + length) + 256;
        char *grown = realloc(buffer->bytes, room);
        if (!grown) {
            page->failed = true;
            return;
        }
        buffer->bytes = grown;
        buffer->room = room;
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

static void append_spaces(struct page *page, struct page_buffer *buffer, size_t n_spaces)
{
    static const char spaces[] = "                ";

    while (n_spaces > 0) {
        size_t part = n_spaces < sizeof spaces - 1 ? n_spaces : sizeof spaces - 1;
        append(page, buffer, spaces, part);
        n_spaces -= part;
    }
}

static void append_escaped(struct page *page, struct page_buffer *buffer, const char *text)
{
    char *escaped = escape_text(text);

    if (escaped)
        append(page, buffer, escaped, strlen(escaped));
    else if (text)
        page->failed = true;
    free(escaped);
}

static void append_painted(struct page *page, struct page_buffer *buffer, enum paint paint,
                           const char *text)
{
    static const char *const sequences[] = {
        [PAINT_NONE] = "",        [PAINT_GOOD] = "\x1b[32m",  [PAINT_CAUTION] = "\x1b[33m",
        [PAINT_BAD] = "\x1b[31m", [PAINT_STRONG] = "\x1b[1m", [PAINT_FAINT] = "\x1b[2m",
    };
    bool painted = page->color && paint != PAINT_NONE && text && *text;

    if (painted)
        append(page, buffer, sequences[paint], strlen(sequences[paint]));
    append_escaped(page, buffer, text);
    if (painted)
        append(page, buffer, reset, sizeof reset - 1);
}

void page_init(struct page *page, FILE *out, bool color)
{
    size_t width = terminal_width(out);

    *page = (struct page){.color = color, .width = PAGE_WIDTH};
    if (width > 0 && width < PAGE_WIDTH)
        page->width = width < PAGE_WIDTH_MIN ? PAGE_WIDTH_MIN : width;
}

int page_write(struct page *page, FILE *out)
{
    page_end(page);
    int status = 0, why = 0;

    if (page->failed) {
        status = -1;
        why = ENOMEM;
    } else if (page->done.length > 0 &&
               fwrite(page->done.bytes, 1, page->done.length, out) != page->done.length) {
        status = -1;
        why = errno;
    }
    free(page->done.bytes);
    free(page->row.bytes);
    *page = (struct page){.color = page->color, .width = page->width};
    if (status != 0)
        errno = why;
    return status;
}

void page_row(struct page *page, size_t indent, enum paint paint, const char *label, size_t body)
{
    page_end(page);
    append_spaces(page, &page->done, indent);
    page->in_row = true;
    page->column = indent;
    page->body = body;
    if (!label)
        return;
    size_t before = page->done.length;
    append_painted(page, &page->done, paint, label);
    page->column += terminal_columns(page->done.bytes + before, page->done.length - before);
    /* A label that reaches into the body pushes it to the right, on this line alone. */
    size_t gap = page->column < body ? body - page->column : 1;
    append_spaces(page, &page->done, gap);
    page->column += gap;
}

void page_say(struct page *page, const char *text)
{
    append_escaped(page, &page->row, text);
}

void page_sayf(struct page *page, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        page->failed = true;
        return;
    }
    page_say(page, text);
    free(text);
}

void page_paint(struct page *page, enum paint paint, const char *text)
{
    append_painted(page, &page->row, paint, text);
}

/* Length of the word at `text`: up to the next space. */
static size_t word_length(const char *text, size_t length)
{
    const char *space = memchr(text, ' ', length);
    return space ? (size_t)(space - text) : length;
}

static size_t space_length(const char *text, size_t length)
{
    size_t n_spaces = 0;

    while (n_spaces < length && text[n_spaces] == ' ')
        n_spaces++;
    return n_spaces;
}

/* A word longer than a line is left whole: names and digests are there to be copied. */
static void wrap(struct page *page, const char *text, size_t length)
{
    bool begun = false;

    for (size_t at = 0; at < length;) {
        size_t spaces = space_length(text + at, length - at);
        at += spaces;
        size_t size = word_length(text + at, length - at);
        size_t columns = terminal_columns(text + at, size);

        if (size == 0)
            break;
        if (begun && page->column + spaces + columns > page->width) {
            append(page, &page->done, "\n", 1);
            append_spaces(page, &page->done, page->body);
            page->column = page->body;
        } else {
            append_spaces(page, &page->done, spaces);
            page->column += spaces;
        }
        append(page, &page->done, text + at, size);
        page->column += columns;
        begun = true;
        at += size;
    }
}

/* Padding that no body followed would only be seen when it is copied. */
static void trim(struct page_buffer *buffer)
{
    while (buffer->length > 0 && buffer->bytes[buffer->length - 1] == ' ')
        buffer->length--;
}

void page_end(struct page *page)
{
    if (!page->in_row)
        return;
    if (page->row.length > 0)
        wrap(page, page->row.bytes, page->row.length);
    trim(&page->done);
    append(page, &page->done, "\n", 1);
    page->row.length = 0;
    page->in_row = false;
}

void page_line(struct page *page, size_t indent, const char *text)
{
    page_end(page);
    append_spaces(page, &page->done, indent);
    append_escaped(page, &page->done, text);
    append(page, &page->done, "\n", 1);
}

void page_blank(struct page *page)
{
    page_end(page);
    append(page, &page->done, "\n", 1);
}
