#include "probe/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 64 * 1024 };

struct line_reader {
    int fd;
    int stop_fd;
    bool is_standard_input;
    bool at_eof;
    bool skipping;                 /* behind the part of a line that was too long */
    enum line_reader_status final; /* LINE_READER_LINE while there may be more */
    int error;
    uint64_t lines;
    uint64_t bytes;
    size_t begin, end;            /* what of `buffer` was read and not yet taken */
    char buffer[BUFFER_SIZE + 1]; /* one more for the NUL behind a line without line feed */
};

struct line_reader *line_reader_open(const char *path, int stop_fd)
{
    struct line_reader *reader = calloc(1, sizeof *reader);
    struct stat stat;

    if (!reader)
        return NULL;
    reader->stop_fd = stop_fd;
    reader->is_standard_input = strcmp(path, "-") == 0;
    /* O_NONBLOCK: a named pipe is opened at once, and waited for where stop_fd is heard. */
    reader->fd = reader->is_standard_input
                     ? STDIN_FILENO
                     : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (reader->fd >= 0 && fstat(reader->fd, &stat) == 0) {
        if (!S_ISDIR(stat.st_mode))
            return reader;
        errno = EISDIR;
    }
    int saved = errno;
    line_reader_close(reader);
    errno = saved;
    return NULL;
}

void line_reader_close(struct line_reader *reader)
{
    if (!reader)
        return;
    if (!reader->is_standard_input && reader->fd >= 0)
        close(reader->fd);
    free(reader);
}

int line_reader_fd(const struct line_reader *reader)
{
    return reader->fd;
}

uint64_t line_reader_lines(const struct line_reader *reader)
{
    return reader->lines;
}

uint64_t line_reader_bytes(const struct line_reader *reader)
{
    return reader->bytes;
}

static void finish(struct line_reader *reader, enum line_reader_status status, int error)
{
    reader->final = status;
    reader->error = error;
}

/* Waits for input or for the stop. False when there is none to come. */
static bool wait_for_input(struct line_reader *reader)
{
    struct pollfd fds[2] = {{.fd = reader->fd, .events = POLLIN},
                            {.fd = reader->stop_fd, .events = POLLIN}};

    while (poll(fds, 2, -1) < 0) {
        if (errno == EINTR)
            continue;
        finish(reader, LINE_READER_FAILED, errno);
        return false;
    }
    if (fds[1].revents != 0)
        finish(reader, LINE_READER_STOPPED, 0);
    else if (fds[0].revents & POLLNVAL)
        finish(reader, LINE_READER_FAILED, EBADF);
    return reader->final == LINE_READER_LINE;
}

/* Reads more behind what is there. False at a final status; the end of the input is none yet. */
static bool read_more(struct line_reader *reader)
{
    memmove(reader->buffer, reader->buffer + reader->begin, reader->end - reader->begin);
    reader->end -= reader->begin;
    reader->begin = 0;
    while (wait_for_input(reader)) {
        ssize_t n = read(reader->fd, reader->buffer + reader->end, BUFFER_SIZE - reader->end);
        if (n >= 0) {
            reader->at_eof = n == 0;
            reader->end += (size_t)n;
            return true;
        }
        if (errno != EINTR && errno != EAGAIN) {
            finish(reader, LINE_READER_FAILED, errno);
            return false;
        }
    }
    return false;
}

static void take(struct line_reader *reader, size_t length)
{
    reader->begin += length;
    reader->bytes += length;
}

/* Passes over the rest of a line that was too long, so that its length costs no memory. */
static void skip_rest(struct line_reader *reader)
{
    size_t length = reader->end - reader->begin;
    char *feed = memchr(reader->buffer + reader->begin, '\n', length);

    if (feed)
        length = (size_t)(feed - (reader->buffer + reader->begin)) + 1;
    reader->skipping = !feed;
    take(reader, length);
}

/* Takes the next raw line, line feed left off, where there is a whole one or the begin of a long
 * one. */
static bool take_line(struct line_reader *reader, struct line_reader_line *out)
{
    char *text = reader->buffer + reader->begin;
    size_t length = reader->end - reader->begin;
    char *feed = memchr(text, '\n', length);

    if (feed)
        length = (size_t)(feed - text);
    else if (length <= LINE_READER_LINE_MAX && (!reader->at_eof || length == 0))
        return false;
    out->too_long = length > LINE_READER_LINE_MAX;
    out->text = text;
    out->length = out->too_long ? LINE_READER_LINE_MAX : length;
    out->number = ++reader->lines;
    reader->skipping = out->too_long && !feed;
    take(reader, length + (feed != NULL));
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Takes the mark, the comment and the white space off. False when nothing is left. */
static bool strip(struct line_reader_line *line)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *text = line->text;
    const char *end = text + line->length;

    if (line->length >= 3 && memcmp(text, mark, 3) == 0)
        text += 3; /* in any line: lists are joined with cat */
    for (const char *at = text; (at = memchr(at, '#', (size_t)(end - at))) != NULL; at++) {
        if (at > text && !is_space(at[-1]))
            continue;
        end = at;
        line->too_long = false; /* only the comment was */
        break;
    }
    while (text < end && is_space(*text))
        text++;
    while (text < end && is_space(end[-1]))
        end--;
    line->text = text;
    line->length = (size_t)(end - text);
    return line->length > 0 || line->too_long;
}

enum line_reader_status line_reader_next(struct line_reader *reader, struct line_reader_line *out)
{
    while (reader->final == LINE_READER_LINE) {
        if (reader->skipping)
            skip_rest(reader);
        if (!reader->skipping && take_line(reader, out)) {
            if (!strip(out))
                continue;
            reader->buffer[out->text + out->length - reader->buffer] = '\0';
            return LINE_READER_LINE;
        }
        if (reader->at_eof)
            finish(reader, LINE_READER_END, 0);
        else
            read_more(reader);
    }
    if (reader->final == LINE_READER_FAILED)
        errno = reader->error;
    return reader->final;
}
