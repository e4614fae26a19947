#include "probe/scan_input.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sys/stat.h>

#include "output/escape.h"
#include "probe/line_reader.h"

/* Escaped, a byte is four at most ("\x1b"), and a character of 3 bytes eight ("\u{202e}"). */
enum { EXCERPT_BYTES = 60 };

struct scan_input {
    struct line_reader *reader;
    uint64_t size; /* of the file; 0 where it is none */
};

/* One field of a row, without quotes and white space around. */
struct field {
    const char *text;
    size_t length;
};

struct scan_input *scan_input_open(const char *path, int stop_fd)
{
    struct scan_input *input = calloc(1, sizeof *input);
    struct stat stat;

    if (!input)
        return NULL;
    input->reader = line_reader_open(path, stop_fd);
    if (!input->reader) {
        int saved = errno;
        free(input);
        errno = saved;
        return NULL;
    }
    if (fstat(line_reader_fd(input->reader), &stat) == 0 && S_ISREG(stat.st_mode))
        input->size = (uint64_t)stat.st_size;
    return input;
}

void scan_input_close(struct scan_input *input)
{
    if (!input)
        return;
    line_reader_close(input->reader);
    free(input);
}

int scan_input_fd(const struct scan_input *input)
{
    return line_reader_fd(input->reader);
}

uint64_t scan_input_bytes_done(const struct scan_input *input)
{
    return line_reader_bytes(input->reader);
}

uint64_t scan_input_bytes_total(const struct scan_input *input)
{
    return input->size;
}

/* --- rows of the public top lists ---------------------------------------------------------------
 */

static struct field trimmed(const char *begin, const char *end)
{
    while (begin < end && (*begin == ' ' || *begin == '\t'))
        begin++;
    while (begin < end && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (end - begin >= 2 && *begin == '"' && end[-1] == '"') {
        begin++;
        end--;
    }
    return (struct field){begin, (size_t)(end - begin)};
}

/*
 * The field at `*rest`, which is moved behind its comma, or to NULL behind the last field. Quotes
 * do not shield a comma: neither a rank nor a domain has one, and what stands behind them is
 * nobody's business here.
 */
static struct field next_field(const char **rest)
{
    const char *begin = *rest;
    const char *end = strchrnul(begin, ',');

    *rest = *end == ',' ? end + 1 : NULL;
    return trimmed(begin, end);
}

static bool is_number(struct field field)
{
    for (size_t i = 0; i < field.length; i++)
        if (field.text[i] < '0' || field.text[i] > '9')
            return false;
    return field.length > 0;
}

static bool ends_in(struct field field, const char *word)
{
    size_t length = strlen(word);

    return field.length >= length &&
           strncasecmp(field.text + field.length - length, word, length) == 0;
}

static bool is_heading(const char *row)
{
    struct field field = next_field(&row);

    if (!row || !ends_in(field, "rank"))
        return false;
    while (row) {
        field = next_field(&row);
        if (field.length == strlen("domain") && ends_in(field, "domain"))
            return true;
    }
    return false;
}

/* Finds the domain of a row; returns what is wrong with it, or NULL. */
static const char *find_domain(const char *row, struct field *domain)
{
    *domain = next_field(&row);
    if (!row) /* one field: the line is the domain */
        return NULL;
    if (!is_number(*domain))
        return "several fields, and the first is no rank";
    while (row && is_number(*domain))
        *domain = next_field(&row);
    return is_number(*domain) ? "a row without a domain" : NULL;
}

/* --- lines --------------------------------------------------------------------------------------
 */

static bool has_control(const struct line_reader_line *line)
{
    for (size_t i = 0; i < line->length; i++)
        if (((unsigned char)line->text[i] < 0x20 && line->text[i] != '\t') || line->text[i] == 0x7f)
            return true;
    return false;
}

/* Says what people put into such lists in place of a domain. */
static const char *reason_for(const char *text, enum dns_name_status status)
{
    if (status == DNS_NAME_BAD_CHARACTER && strstr(text, "://"))
        return "a URL, not a domain name";
    if (status == DNS_NAME_BAD_CHARACTER && strchr(text, '@'))
        return "a mail address, not a domain name";
    return dns_name_status_text(status);
}

static const char *read_field(struct field field, char domain[DNS_NAME_MAX + 1])
{
    char text[LINE_READER_LINE_MAX + 1];
    enum dns_name_status status;

    memcpy(text, field.text, field.length);
    text[field.length] = '\0';
    status = dns_name_from_user(text, domain);
    return status == DNS_NAME_OK ? NULL : reason_for(text, status);
}

/* Fills `domain` and returns NULL, or what is wrong with the line. */
static const char *read_line(const struct line_reader_line *line, char domain[DNS_NAME_MAX + 1])
{
    struct field field;
    const char *reason;

    if (line->too_long)
        return "a line of more than 4096 bytes";
    if (has_control(line))
        return "a control character";
    reason = find_domain(line->text, &field);
    return reason ? reason : read_field(field, domain);
}

/* Cut between characters where it is UTF-8; empty when there is no memory to escape it. */
static void put_excerpt(const struct line_reader_line *line, char out[SCAN_EXCERPT_MAX + 1])
{
    size_t length = line->length;
    char *escaped;
    size_t n;

    if (length > EXCERPT_BYTES) {
        length = EXCERPT_BYTES;
        for (size_t i = 0; i < 3 && ((unsigned char)line->text[length] & 0xc0) == 0x80; i++)
            length--;
    }
    escaped = escape_bytes(line->text, length);
    n = escaped ? strlen(escaped) : 0;
    if (n > SCAN_EXCERPT_MAX)
        n = 0;
    memcpy(out, escaped ? escaped : "", n);
    out[n] = '\0';
    free(escaped);
}

static enum scan_line_kind final_kind(enum line_reader_status status)
{
    switch (status) {
    case LINE_READER_END:
        return SCAN_END;
    case LINE_READER_STOPPED:
        return SCAN_STOPPED;
    case LINE_READER_LINE:
    case LINE_READER_FAILED:
        break;
    }
    return SCAN_FAILED;
}

void scan_input_next(struct scan_input *input, struct scan_line *out)
{
    struct line_reader_line line;
    enum line_reader_status status;

    *out = (struct scan_line){0};
    do
        status = line_reader_next(input->reader, &line);
    while (status == LINE_READER_LINE && !line.too_long && is_heading(line.text));
    out->number = line_reader_lines(input->reader);
    if (status != LINE_READER_LINE) {
        out->kind = final_kind(status);
        out->error = out->kind == SCAN_FAILED ? errno : 0;
        return;
    }
    out->reason = read_line(&line, out->domain);
    out->kind = out->reason ? SCAN_MALFORMED : SCAN_DOMAIN;
    if (out->reason)
        put_excerpt(&line, out->excerpt);
}
