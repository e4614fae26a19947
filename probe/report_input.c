#include "probe/report_input.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#define ZLIB_CONST /* what is unpacked is not written to */
#include <zlib.h>

#include "policy/report.h"
#include "probe/report_mail.h"

enum {
    FILE_SIZE_MAX = REPORT_MAIL_SIZE_MAX,
    /* As much as a report may have, and a byte that tells that there is more. */
    UNPACKED_MAX = TLSRPT_REPORT_SIZE_MAX + 1,
    ROOM_FIRST = 1 << 16,
    GZIP_WINDOW = 16 + MAX_WBITS, /* zlib: a gzip header, not its own */
};

/* A file being taken apart. */
struct unpacking {
    const char *file;
    const struct report_sink *sink;
    bool packed, mailed; /* inside of gzip, of a mail: not once more */
    size_t found;        /* reports, in a mail */
};

static void unpack(const struct unpacking *outer, const uint8_t *bytes, size_t length,
                   const char *part);

static void complain(const struct unpacking *unpacking, int status, const char *problem)
{
    struct failure failure;

    failure_set(&failure, status, "%s: %s", unpacking->file, problem);
    unpacking->sink->complain(unpacking->sink->arg, &failure);
}

/* --- gzip (RFC 1952)
 * ------------------------------------------------------------------------------ */

static bool is_gzip(const uint8_t *bytes, size_t length)
{
    return length >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* Room for more, up to UNPACKED_MAX. False: there is none. */
static bool make_room(uint8_t **out, size_t *room)
{
    size_t bigger = *room ? 2 * *room : ROOM_FIRST;

    if (*room == UNPACKED_MAX)
        return false;
    if (bigger > UNPACKED_MAX)
        bigger = UNPACKED_MAX;
    uint8_t *grown = realloc(*out, bigger);
    if (!grown)
        return false;
    *out = grown;
    *room = bigger;
    return true;
}

/* Z_STREAM_END when all members are unpacked; Z_OK when the limit is reached; else what is wrong.
 */
static int inflate_all(z_stream *stream, uint8_t **out, size_t *length)
{
    size_t room = 0;
    int status = Z_OK;

    while (status == Z_OK) {
        if (*length == room && !make_room(out, &room))
            return room == UNPACKED_MAX ? Z_OK : Z_MEM_ERROR;
        stream->next_out = *out + *length;
        stream->avail_out = (uInt)(room - *length);
        status = inflate(stream, Z_NO_FLUSH);
        *length = room - stream->avail_out;
        if (status == Z_STREAM_END && is_gzip(stream->next_in, stream->avail_in))
            status = inflateReset(stream);
    }
    return status;
}

static void unpack_gzip(const struct unpacking *outer, const uint8_t *bytes, size_t length,
                        const char *part)
{
    struct unpacking inner = *outer;
    z_stream stream = {.next_in = bytes, .avail_in = (uInt)length};
    uint8_t *unpacked = NULL;
    size_t n = 0;
    char problem[80];

    int status = inflateInit2(&stream, GZIP_WINDOW);
    if (status == Z_OK)
        status = inflate_all(&stream, &unpacked, &n);
    snprintf(problem, sizeof problem, "byte %zu: the gzip data %s", length - stream.avail_in,
             status == Z_BUF_ERROR ? "ends too early" : "is damaged");
    inflateEnd(&stream);
    inner.packed = true;
    if (status == Z_STREAM_END)
        unpack(&inner, unpacked, n, part);
    else if (status == Z_OK)
        complain(outer, STATUS_BAD_DATA, "unpacked it is larger than a report may be (4 MiB)");
    else if (status == Z_MEM_ERROR)
        complain(outer, STATUS_SOFTWARE, "out of memory");
    else
        complain(outer, STATUS_BAD_DATA, problem);
    free(unpacked);
}

/* --- mail ----------------------------------------------------------------------------------------
 */

/* Does it begin with a header field (RFC 5322 2.2), or with the "From " of an mbox? */
static bool is_mail(const uint8_t *bytes, size_t length)
{
    size_t i = 0;

    if (length >= 5 && memcmp(bytes, "From ", 5) == 0)
        return true;
    while (i < length && bytes[i] > ' ' && bytes[i] < 0x7f && bytes[i] != ':' && bytes[i] != '{')
        i++;
    return i > 0 && i < length && bytes[i] == ':';
}

static void on_part(void *arg, const uint8_t *bytes, size_t length, const char *type, bool proper)
{
    struct unpacking *mail = arg;

    mail->found++;
    unpack(mail, bytes, length, proper ? NULL : type);
}

static void unpack_mail(const struct unpacking *outer, const uint8_t *bytes, size_t length)
{
    struct unpacking inner = *outer;
    const uint8_t *body = bytes;

    if (length >= 5 && memcmp(bytes, "From ", 5) == 0) {
        const uint8_t *feed = memchr(bytes, '\n', length);
        body = feed ? feed + 1 : bytes + length;
    }
    inner.mailed = true;
    const char *problem = report_mail_read(body, length - (size_t)(body - bytes), on_part, &inner);
    if (problem)
        complain(outer, STATUS_BAD_DATA, problem);
    else if (inner.found == 0)
        complain(outer, STATUS_BAD_DATA, "a mail without a TLS-RPT report");
}

/* --- files ---------------------------------------------------------------------------------------
 */

static void unpack(const struct unpacking *outer, const uint8_t *bytes, size_t length,
                   const char *part)
{
    if (is_gzip(bytes, length) && !outer->packed)
        unpack_gzip(outer, bytes, length, part);
    else if (is_mail(bytes, length) && !outer->mailed)
        unpack_mail(outer, bytes, length);
    else
        outer->sink->take(outer->sink->arg, outer->file, bytes, length, part);
}

void report_input_unpack(const char *file, const uint8_t *bytes, size_t length,
                         const struct report_sink *sink)
{
    unpack(&(struct unpacking){.file = file, .sink = sink}, bytes, length, NULL);
}

static void read_stream(const char *name, FILE *in, const struct report_sink *sink)
{
    const struct unpacking whole = {.file = name, .sink = sink};
    size_t length = 0, room = ROOM_FIRST;
    uint8_t *bytes = malloc(room);

    while (bytes && length < FILE_SIZE_MAX + 1) {
        length += fread(bytes + length, 1, room - length, in);
        if (length < room)
            break;
        room = 2 * room < FILE_SIZE_MAX + 1 ? 2 * room : FILE_SIZE_MAX + 1;
        uint8_t *grown = room > length ? realloc(bytes, room) : bytes;
        if (!grown)
            free(bytes);
        bytes = grown;
    }
    if (!bytes)
        complain(&whole, STATUS_SOFTWARE, "out of memory");
    else if (ferror(in))
        complain(&whole, STATUS_NO_INPUT, strerror(errno));
    else if (length > FILE_SIZE_MAX)
        complain(&whole, STATUS_BAD_DATA, "it is larger than a report may be (6 MiB)");
    else
        report_input_unpack(name, bytes, length, sink);
    free(bytes);
}

static void read_file(const char *name, const struct report_sink *sink)
{
    FILE *in = fopen(name, "rb");

    if (!in) {
        complain(&(struct unpacking){.file = name, .sink = sink}, STATUS_NO_INPUT, strerror(errno));
        return;
    }
    read_stream(name, in, sink);
    fclose(in);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void read_folder(const char *name, const struct report_sink *sink)
{
    const struct unpacking whole = {.file = name, .sink = sink};
    struct dirent **entries = NULL;
    int n = scandir(name, &entries, is_visible, alphasort);

    if (n < 0)
        complain(&whole, STATUS_NO_INPUT, strerror(errno));
    for (int i = 0; i < n; i++) {
        struct stat facts;
        char *path = NULL;
        if (asprintf(&path, "%s/%s", name, entries[i]->d_name) < 0) {
            path = NULL;
            complain(&whole, STATUS_SOFTWARE, "out of memory");
        } else if (stat(path, &facts) == 0 && S_ISREG(facts.st_mode)) {
            read_file(path, sink);
        }
        free(path);
        free(entries[i]);
    }
    free(entries);
}

void report_input_read(const char *name, const struct report_sink *sink)
{
    struct stat facts;

    if (strcmp(name, "-") == 0)
        read_stream("-", stdin, sink);
    else if (stat(name, &facts) == 0 && S_ISDIR(facts.st_mode))
        read_folder(name, sink);
    else
        read_file(name, sink);
}
