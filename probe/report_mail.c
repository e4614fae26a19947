#include "probe/report_mail.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <gmime/gmime.h>

const char *report_mail_version(void)
{
    static char version[32];

    snprintf(version, sizeof version, "%u.%u.%u", gmime_major_version, gmime_minor_version,
             gmime_micro_version);
    return version;
}

void report_mail_library_init(void)
{
    g_mime_init();
}

void report_mail_library_cleanup(void)
{
    g_mime_shutdown();
}

/*
 * GMime keeps something for every header and every part; what it would keep is bounded by what it
 * is given.
 */
static const char *find_excess(const uint8_t *bytes, size_t length)
{
    const uint8_t *end = bytes + length;
    size_t lines = 0, boundaries = 0;

    if (length > REPORT_MAIL_SIZE_MAX)
        return "it is larger than a mail with a report may be";
    for (const uint8_t *line = bytes; line < end; lines++) {
        const uint8_t *feed = memchr(line, '\n', (size_t)(end - line));
        boundaries += end - line >= 2 && line[0] == '-' && line[1] == '-';
        line = feed ? feed + 1 : end;
    }
    if (lines > REPORT_MAIL_LINES_MAX)
        return "it has more lines than a mail with a report may have";
    return boundaries > REPORT_MAIL_BOUNDARIES_MAX
               ? "it has more parts than a mail with a report may have"
               : NULL;
}

static bool ends(const char *text, const char *end)
{
    size_t length = text ? strlen(text) : 0;

    return length >= strlen(end) && strcasecmp(text + length - strlen(end), end) == 0;
}

/* RFC 8460 sections 6.3 and 6.4. */
static bool is_proper(GMimeContentType *type)
{
    return g_mime_content_type_is_type(type, "application", "tlsrpt+gzip") ||
           g_mime_content_type_is_type(type, "application", "tlsrpt+json");
}

/* Some senders, and relays on the way, know only what the file is. */
static bool is_likely(GMimeContentType *type, const char *name)
{
    static const char *const types[] = {"gzip", "x-gzip", "json"};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (g_mime_content_type_is_type(type, "application", types[i]))
            return true;
    return ends(name, ".json") || ends(name, ".json.gz");
}

static void give(GMimePart *part, GMimeContentType *type, report_mail_part_fn *take, void *arg)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    GMimeStream *decoded = content ? g_mime_stream_mem_new() : NULL;

    if (!decoded)
        return;
    if (g_mime_data_wrapper_write_to_stream(content, decoded) >= 0) {
        const GByteArray *array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(decoded));
        char *name = g_mime_content_type_get_mime_type(type);
        take(arg, array->data, array->len, name, is_proper(type));
        g_free(name);
    }
    g_object_unref(decoded);
}

static void walk(GMimeMessage *message, report_mail_part_fn *take, void *arg)
{
    GMimePartIter *iterator = g_mime_part_iter_new(GMIME_OBJECT(message));

    do {
        GMimeObject *object = g_mime_part_iter_get_current(iterator);
        if (!object || !GMIME_IS_PART(object))
            continue;
        GMimeContentType *type = g_mime_object_get_content_type(object);
        if (is_proper(type) || is_likely(type, g_mime_part_get_filename(GMIME_PART(object))))
            give(GMIME_PART(object), type, take, arg);
    } while (g_mime_part_iter_next(iterator));
    g_mime_part_iter_free(iterator);
}

const char *report_mail_read(const uint8_t *bytes, size_t length, report_mail_part_fn *part,
                             void *arg)
{
    const char *excess = find_excess(bytes, length);

    if (excess)
        return excess;
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)bytes, length);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(parser);
    g_object_unref(stream);
    if (message) {
        walk(message, part, arg);
        g_object_unref(message);
    }
    return message ? NULL : "it is no mail";
}
