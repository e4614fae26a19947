#include "output/diff_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

enum { ROOM_AT_FIRST = 256 * 1024 };

#define SCHEMA "mxprobe.result/1"

/* How our printer begins a line: the domain of nearly every line is told by this alone. */
static const char prefix[] = "{\"schema\":\"" SCHEMA "\",\"domain\":\"";

/* A line that is kept. */
struct line {
    char *text; /* owned */
    size_t length;
    uint64_t number;
    char domain[DNS_NAME_MAX + 1];
};

struct diff_source {
    int fd;
    bool at_eof;
    char *buffer; /* what was read and not taken: from `begin` to `end` */
    size_t room, begin, end;
    uint64_t number;   /* of the line taken last */
    struct line *kept; /* read ahead, from `n_taken` on */
    size_t n_kept, n_taken;
    struct line current, next; /* the one handed out, and the one behind it */
    bool has_next;
    uint64_t disorder;
    enum diff_source_status final; /* DIFF_SOURCE_ENTRY while there is none */
    int error;
};

static void line_clear(struct line *line)
{
    free(line->text);
    *line = (struct line){0};
}

static void move_line(struct line *to, struct line *from)
{
    line_clear(to);
    *to = *from;
    *from = (struct line){0};
}

/* --- bytes ------------------------------------------------------------------------------------ */

static enum diff_source_status fail(struct diff_source *source, int error)
{
    source->error = error;
    return error == ENOMEM ? DIFF_SOURCE_NO_MEMORY : DIFF_SOURCE_UNREADABLE;
}

/* Room behind what is there. False when out of memory. */
static bool make_room(struct diff_source *source)
{
    size_t left = source->end - source->begin;

    if (source->begin > 0) {
        memmove(source->buffer, source->buffer + source->begin, left);
        source->begin = 0;
        source->end = left;
    }
    if (source->end < source->room)
        return true;
    size_t room = source->room ? 2 * source->room : ROOM_AT_FIRST;
    char *grown = realloc(source->buffer, room);
    if (!grown)
        return false;
    source->buffer = grown;
    source->room = room;
    return true;
}

/* Reads more. DIFF_SOURCE_ENTRY when it did, or when there is no more to come. */
static enum diff_source_status read_more(struct diff_source *source)
{
    ssize_t n;

    if (!make_room(source))
        return fail(source, ENOMEM);
    do
        n = read(source->fd, source->buffer + source->end, source->room - source->end);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return fail(source, errno);
    source->at_eof = n == 0;
    source->end += (size_t)n;
    return DIFF_SOURCE_ENTRY;
}

/* The next line in the buffer, line feed left off. */
static enum diff_source_status raw_line(struct diff_source *source, const char **text,
                                        size_t *length)
{
    size_t searched = 0;

    for (;;) {
        const char *begin = source->buffer + source->begin;
        size_t there = source->end - source->begin;
        const char *feed =
            there > searched ? memchr(begin + searched, '\n', there - searched) : NULL;

        if (!feed && source->at_eof && there == 0)
            return DIFF_SOURCE_END;
        if (feed || source->at_eof) {
            *text = begin;
            *length = feed ? (size_t)(feed - begin) : there;
            source->begin += *length + (feed != NULL);
            source->number++;
            return *length > DIFF_SOURCE_LINE_MAX ? DIFF_SOURCE_MALFORMED : DIFF_SOURCE_ENTRY;
        }
        if (there > DIFF_SOURCE_LINE_MAX) {
            source->number++;
            return DIFF_SOURCE_MALFORMED;
        }
        searched = there;
        enum diff_source_status status = read_more(source);
        if (status != DIFF_SOURCE_ENTRY)
            return status;
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

static bool quick_domain(const char *text, size_t length, char domain[DNS_NAME_MAX + 1])
{
    enum { PREFIX = sizeof prefix - 1 };

    if (length < PREFIX || memcmp(text, prefix, PREFIX) != 0)
        return false;
    const char *name = text + PREFIX;
    size_t left = length - PREFIX < DNS_NAME_MAX + 1 ? length - PREFIX : DNS_NAME_MAX + 1;
    const char *quote = memchr(name, '"', left);
    if (!quote || quote == name || memchr(name, '\\', (size_t)(quote - name)))
        return false;
    memcpy(domain, name, (size_t)(quote - name));
    domain[quote - name] = '\0';
    return true;
}

/* The same by cJSON: for lines that another program wrote. */
static bool parsed_domain(const char *text, size_t length, char domain[DNS_NAME_MAX + 1])
{
    cJSON *root = cJSON_ParseWithLength(text, length);
    const char *schema = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "schema"));
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "domain"));
    size_t size = name ? strlen(name) : 0;
    bool ok = schema && strcmp(schema, SCHEMA) == 0 && size > 0 && size <= DNS_NAME_MAX;

    if (ok)
        memcpy(domain, name, size + 1);
    cJSON_Delete(root);
    return ok;
}

static bool is_blank(const char *text, size_t length)
{
    while (length > 0 && strchr(" \t\r", text[length - 1]) && text[length - 1])
        length--;
    return length == 0;
}

/* A copy of the next line that has something on it. */
static enum diff_source_status read_line(struct diff_source *source, struct line *out)
{
    const char *text = NULL;
    size_t length = 0;
    enum diff_source_status status;

    do
        status = raw_line(source, &text, &length);
    while (status == DIFF_SOURCE_ENTRY && is_blank(text, length));
    if (status != DIFF_SOURCE_ENTRY)
        return status;
    errno = 0;
    if (memchr(text, '\0', length) ||
        !(quick_domain(text, length, out->domain) || parsed_domain(text, length, out->domain)))
        return errno == ENOMEM ? fail(source, ENOMEM) : DIFF_SOURCE_MALFORMED;
    out->text = malloc(length + 1);
    if (!out->text)
        return fail(source, ENOMEM);
    memcpy(out->text, text, length);
    out->text[length] = '\0';
    out->length = length;
    out->number = source->number;
    return DIFF_SOURCE_ENTRY;
}

/* --- order ------------------------------------------------------------------------------------ */

static int compare_lines(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    int order = strcmp(a->domain, b->domain);

    return order ? order : (a->number > b->number) - (a->number < b->number);
}

/* Told before anything is made of the first line: most files that are in no order show it here. */
static void look_for_disorder(struct diff_source *source)
{
    for (size_t i = 1; i < source->n_kept && !source->disorder; i++)
        if (strcmp(source->kept[i].domain, source->kept[i - 1].domain) < 0)
            source->disorder = source->kept[i].number;
}

/* Reads ahead as much as may be kept; what ends there is sorted. */
static void read_ahead(struct diff_source *source)
{
    size_t bytes = 0;
    enum diff_source_status status = DIFF_SOURCE_ENTRY;

    source->kept = calloc(DIFF_SOURCE_LINES_MAX, sizeof *source->kept);
    if (!source->kept || !make_room(source)) {
        source->final = fail(source, ENOMEM);
        return;
    }
    while (source->n_kept < DIFF_SOURCE_LINES_MAX && bytes < DIFF_SOURCE_BYTES_MAX) {
        status = read_line(source, &source->kept[source->n_kept]);
        if (status != DIFF_SOURCE_ENTRY)
            break;
        bytes += source->kept[source->n_kept++].length;
    }
    if (status == DIFF_SOURCE_END)
        qsort(source->kept, source->n_kept, sizeof *source->kept, compare_lines);
    else if (status == DIFF_SOURCE_ENTRY)
        look_for_disorder(source);
    else
        source->final = status;
}

/* The next line, from what was kept or from the file. */
static enum diff_source_status take_line(struct diff_source *source, struct line *out)
{
    if (source->n_taken < source->n_kept) {
        move_line(out, &source->kept[source->n_taken++]);
        return DIFF_SOURCE_ENTRY;
    }
    free(source->kept);
    source->kept = NULL;
    return read_line(source, out);
}

enum diff_source_status diff_source_next(struct diff_source *source, struct diff_entry *out)
{
    enum diff_source_status status = source->final;

    if (status == DIFF_SOURCE_ENTRY && !source->has_next)
        status = take_line(source, &source->next);
    if (status == DIFF_SOURCE_ENTRY) {
        do {
            move_line(&source->current, &source->next);
            status = take_line(source, &source->next);
        } while (status == DIFF_SOURCE_ENTRY &&
                 strcmp(source->next.domain, source->current.domain) == 0);
        source->has_next = status == DIFF_SOURCE_ENTRY;
        if (source->has_next && !source->disorder &&
            strcmp(source->next.domain, source->current.domain) < 0)
            source->disorder = source->next.number;
        /* What is behind the end is told by the call after this one. */
        *out = (struct diff_entry){.text = source->current.text,
                                   .length = source->current.length,
                                   .number = source->current.number};
        memcpy(out->domain, source->current.domain, sizeof out->domain);
        source->final = status;
        return DIFF_SOURCE_ENTRY;
    }
    source->final = status;
    if (status == DIFF_SOURCE_UNREADABLE)
        errno = source->error;
    return status;
}

uint64_t diff_source_line(const struct diff_source *source)
{
    return source->number;
}

uint64_t diff_source_disorder(const struct diff_source *source)
{
    return source->disorder;
}

/* --- open and close --------------------------------------------------------------------------- */

struct diff_source *diff_source_open(const char *path)
{
    struct diff_source *source = calloc(1, sizeof *source);

    if (!source)
        return NULL;
    source->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd >= 0)
        read_ahead(source);
    else
        source->final = fail(source, errno);
    if (source->final == DIFF_SOURCE_UNREADABLE || source->final == DIFF_SOURCE_NO_MEMORY) {
        int error = source->error;
        diff_source_close(source);
        errno = error;
        return NULL;
    }
    return source;
}

void diff_source_close(struct diff_source *source)
{
    if (!source)
        return;
    if (source->fd > STDIN_FILENO)
        close(source->fd);
    for (size_t i = source->n_taken; source->kept && i < source->n_kept; i++)
        line_clear(&source->kept[i]);
    free(source->kept);
    line_clear(&source->current);
    line_clear(&source->next);
    free(source->buffer);
    free(source);
}
