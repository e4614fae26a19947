#include "output/scan_resume.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cjson/cJSON.h>

#include "dns/name.h"

enum {
    CHUNK = 256 * 1024,
    PARSED_MAX = 16 << 20, /* a line longer than that is not given to cJSON */
};

#define SCHEMA "mxprobe.result/1"

/* How our printer begins a line: nearly every line of a file is told by this alone. */
static const char prefix[] = "{\"schema\":\"" SCHEMA "\",\"domain\":\"";

enum { PREFIX = sizeof prefix - 1, HEAD_MAX = PREFIX + DNS_NAME_MAX + 1 };

/*
 * A line as far as it was read. It is not parsed, only followed: brackets are counted outside of
 * strings, and outside of strings nothing stands that JSON does not have there. That tells a whole
 * object from a torn one and from two that run into one another.
 */
struct line {
    uint64_t begin; /* in the file */
    uint64_t length;
    char head[HEAD_MAX]; /* how it begins */
    uint64_t depth;
    bool in_string, escaped;
    bool closed; /* the outermost bracket was */
    bool broken; /* no object, or something behind it */
    bool has_nul;
};

struct reader {
    int fd;
    bool (*on_domain)(void *arg, const char *domain);
    void *arg;
    struct scan_resume *out;
    struct line line;
};

enum line_kind {
    LINE_RESULT,
    LINE_OBJECT, /* whole, but something else */
    LINE_BROKEN,
    LINE_NO_MEMORY,
};

static void add_to_string(struct line *line, char c)
{
    if (c == '"' && !line->escaped)
        line->in_string = false;
    else if ((unsigned char)c < 0x20)
        line->broken = true;
    line->escaped = c == '\\' && !line->escaped;
}

/* What JSON has between strings and brackets: numbers, true, false, null, and what parts them. */
static bool is_plain(char c)
{
    return c != '\0' && strchr(":,-+.0123456789Etruefalsn", c);
}

static void add_to_object(struct line *line, char c)
{
    if (c == '{' || c == '[') {
        line->broken = line->broken || (line->depth == 0 && (line->closed || c == '['));
        line->depth++;
    } else if (line->depth > 0 && (c == '}' || c == ']')) {
        line->closed = --line->depth == 0;
    } else if (line->depth > 0 && c == '"') {
        line->in_string = true;
    } else if (line->depth == 0 || !is_plain(c)) {
        line->broken = true;
    }
}

static void add_byte(struct line *line, char c)
{
    if (line->length < HEAD_MAX)
        line->head[line->length] = c;
    line->length++;
    line->has_nul = line->has_nul || c == '\0';
    if (line->in_string)
        add_to_string(line, c);
    else if (c != ' ' && c != '\t' && c != '\r') /* CR: carried through Windows */
        add_to_object(line, c);
}

static bool is_whole_object(const struct line *line)
{
    return line->closed && !line->broken && !line->has_nul;
}

/* Whether the line, which may be cut short, begins as ours do. */
static bool begins_like_ours(const struct line *line)
{
    size_t length = line->length < PREFIX ? (size_t)line->length : PREFIX;

    return length > 0 && memcmp(line->head, prefix, length) == 0;
}

/* The domain of a line of our printer. False where it needs a parser. */
static bool quick_domain(const struct line *line, char domain[DNS_NAME_MAX + 1])
{
    size_t length = line->length < HEAD_MAX ? (size_t)line->length : HEAD_MAX;
    const char *text = line->head + PREFIX;
    const char *quote;

    if (length < PREFIX || !begins_like_ours(line))
        return false;
    quote = memchr(text, '"', length - PREFIX);
    if (!quote || quote == text || memchr(text, '\\', (size_t)(quote - text)))
        return false;
    memcpy(domain, text, (size_t)(quote - text));
    domain[quote - text] = '\0';
    return true;
}

/* Reads all of [begin, begin + length) again. NULL with errno. */
static char *read_again(int fd, uint64_t begin, size_t length)
{
    char *text = malloc(length);
    size_t at = 0;

    while (text && at < length) {
        ssize_t n = pread(fd, text + at, length - at, (off_t)(begin + at));
        if (n > 0) {
            at += (size_t)n;
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* it was there a moment ago */
        free(text);
        text = NULL;
    }
    return text;
}

static bool parsed_domain(const cJSON *root, char domain[DNS_NAME_MAX + 1])
{
    const char *schema = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "schema"));
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "domain"));
    size_t length = name ? strlen(name) : 0;

    if (!schema || strcmp(schema, SCHEMA) != 0 || length == 0 || length > DNS_NAME_MAX)
        return false;
    memcpy(domain, name, length + 1);
    return true;
}

/* The same by cJSON: for lines that another program printed, and for the last one, to be sure. */
static enum line_kind parse(const struct reader *reader, char domain[DNS_NAME_MAX + 1])
{
    const struct line *line = &reader->line;
    enum line_kind kind = LINE_BROKEN;
    char *text;
    cJSON *root;

    if (line->length > PARSED_MAX)
        return LINE_OBJECT;
    text = read_again(reader->fd, line->begin, (size_t)line->length);
    if (!text)
        return LINE_NO_MEMORY;
    root = cJSON_ParseWithLength(text, (size_t)line->length);
    if (root)
        kind = parsed_domain(root, domain) ? LINE_RESULT : LINE_OBJECT;
    cJSON_Delete(root);
    free(text);
    return kind;
}

static enum line_kind classify(const struct reader *reader, bool last,
                               char domain[DNS_NAME_MAX + 1])
{
    bool quick;

    if (!is_whole_object(&reader->line))
        return LINE_BROKEN;
    quick = quick_domain(&reader->line, domain);
    if (quick && (!last || reader->line.length > PARSED_MAX))
        return LINE_RESULT;
    return parse(reader, domain);
}

/* Takes the line that ended. `*done` where nothing behind it counts. */
static enum scan_resume_status end_line(struct reader *reader, bool has_feed, bool last, bool *done)
{
    struct scan_resume *out = reader->out;
    const struct line *line = &reader->line;
    char domain[DNS_NAME_MAX + 1];
    enum line_kind kind = classify(reader, last, domain);

    if (kind == LINE_NO_MEMORY)
        return SCAN_RESUME_ERROR;
    if (kind == LINE_RESULT && has_feed) {
        if (reader->on_domain && !reader->on_domain(reader->arg, domain))
            return SCAN_RESUME_REFUSED;
        out->n_lines++;
        out->length = line->begin + line->length + 1;
        return SCAN_RESUME_OK;
    }
    *done = true;
    if (kind == LINE_RESULT) /* whole, without its line feed */
        return SCAN_RESUME_OK;
    bool torn = kind == LINE_BROKEN && (last || line->has_nul) &&
                (out->n_lines > 0 || begins_like_ours(line));
    return torn ? SCAN_RESUME_OK : SCAN_RESUME_FOREIGN;
}

/* Takes a chunk that begins at `offset`; `at_end` where it is the last. */
static enum scan_resume_status take_chunk(struct reader *reader, const char *chunk, size_t length,
                                          uint64_t offset, bool at_end, bool *done)
{
    enum scan_resume_status status = SCAN_RESUME_OK;

    for (size_t i = 0; i < length && !*done && status == SCAN_RESUME_OK; i++) {
        if (chunk[i] != '\n') {
            add_byte(&reader->line, chunk[i]);
            continue;
        }
        status = end_line(reader, true, at_end && i + 1 == length, done);
        reader->line = (struct line){.begin = offset + i + 1};
    }
    return status;
}

/* A chunk as long as there is; 0 at the end, -1 with errno. */
static ssize_t read_chunk(int fd, char *chunk, uint64_t offset)
{
    ssize_t n;

    do
        n = pread(fd, chunk, CHUNK, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n;
}

enum scan_resume_status scan_resume_read(int fd, bool (*on_domain)(void *arg, const char *domain),
                                         void *arg, struct scan_resume *out)
{
    struct reader reader = {.fd = fd, .on_domain = on_domain, .arg = arg, .out = out};
    enum scan_resume_status status = SCAN_RESUME_OK;
    off_t size = lseek(fd, 0, SEEK_END);
    char *chunk = size < 0 ? NULL : malloc(CHUNK);
    uint64_t offset = 0;
    bool done = false;

    *out = (struct scan_resume){0};
    if (!chunk)
        return SCAN_RESUME_ERROR;
    while (!done && status == SCAN_RESUME_OK && offset < (uint64_t)size) {
        ssize_t n = read_chunk(fd, chunk, offset);
        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            status = SCAN_RESUME_ERROR;
            break;
        }
        bool at_end = offset + (uint64_t)n >= (uint64_t)size;
        status = take_chunk(&reader, chunk, (size_t)n, offset, at_end, &done);
        offset += (uint64_t)n;
    }
    if (status == SCAN_RESUME_OK && !done && reader.line.length > 0)
        status = end_line(&reader, false, true, &done);
    free(chunk);
    return status;
}
