#include "probe/exclude.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "probe/line_reader.h"

/*
 * Names are kept from the right end to the left, a byte below all others between the labels, and
 * in order: then the only entry that a name can lie below is the last one that is not behind it,
 * for whatever stands between the two lies below that entry as well and was dropped. Networks are
 * ranges of addresses in order, joined where they touch. Both are found by one binary search.
 */
enum {
    SEPARATOR = 1,
    NAME_TEXT_MAX = 1024, /* a name of 255 bytes with every byte as "\123" */
    FIRST_ROOM = 64,
};

struct range {
    uint8_t first[16], last[16];
};

/* The addresses of one family, in the first `size` bytes of a range. */
struct ranges {
    struct range *items;
    size_t n, room, size;
};

struct exclude {
    char *text; /* the names, each with its NUL */
    size_t text_length, text_room;
    size_t *names; /* where each begins in `text` */
    size_t n_names, names_room;
    struct ranges ipv4, ipv6;
};

/* --- names --------------------------------------------------------------------------------------
 */

/* Turns a name round. False when it is longer than any name. */
static bool turn_round(const char *name, char out[NAME_TEXT_MAX + 1])
{
    size_t length = strlen(name);
    bool escaped = false; /* by a backslash: a dot inside of a label */

    if (length > NAME_TEXT_MAX)
        return false;
    out[length] = '\0';
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        bool separates = c == '.' && !escaped;
        escaped = c == '\\' && !escaped;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        out[length - 1 - i] = separates ? SEPARATOR : c;
    }
    if (out[0] == SEPARATOR) /* the final dot */
        memmove(out, out + 1, length);
    return true;
}

static int compare_names(const void *a, const void *b, void *text)
{
    return strcmp((char *)text + *(const size_t *)a, (char *)text + *(const size_t *)b);
}

/* `name` is `ancestor` or below it; both turned round. */
static bool lies_below(const char *name, const char *ancestor)
{
    size_t length = strlen(ancestor);

    return strncmp(name, ancestor, length) == 0 &&
           (name[length] == '\0' || name[length] == SEPARATOR);
}

static void order_names(struct exclude *exclude)
{
    size_t kept = 0;

    if (exclude->n_names)
        qsort_r(exclude->names, exclude->n_names, sizeof *exclude->names, compare_names,
                exclude->text);
    for (size_t i = 0; i < exclude->n_names; i++) {
        const char *name = exclude->text + exclude->names[i];
        if (kept == 0 || !lies_below(name, exclude->text + exclude->names[kept - 1]))
            exclude->names[kept++] = exclude->names[i];
    }
    exclude->n_names = kept;
}

bool exclude_has_name(const struct exclude *exclude, const char *name)
{
    char turned[NAME_TEXT_MAX + 1];
    size_t low = 0;
    size_t high = exclude ? exclude->n_names : 0;

    if (high == 0 || !turn_round(name, turned))
        return false;
    while (low < high) { /* before `low`: not behind the name */
        size_t middle = low + (high - low) / 2;
        if (strcmp(exclude->text + exclude->names[middle], turned) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && lies_below(turned, exclude->text + exclude->names[low - 1]);
}

/* --- networks -----------------------------------------------------------------------------------
 */

static int compare_ranges(const void *a, const void *b)
{
    return memcmp(((const struct range *)a)->first, ((const struct range *)b)->first, 16);
}

static void order_ranges(struct ranges *ranges)
{
    size_t kept = 0;

    if (ranges->n)
        qsort(ranges->items, ranges->n, sizeof *ranges->items, compare_ranges);
    for (size_t i = 0; i < ranges->n; i++) {
        struct range *last = kept ? &ranges->items[kept - 1] : NULL;
        const struct range *item = &ranges->items[i];
        if (!last || memcmp(item->first, last->last, 16) > 0)
            ranges->items[kept++] = *item;
        else if (memcmp(item->last, last->last, 16) > 0)
            memcpy(last->last, item->last, 16);
    }
    ranges->n = kept;
}

static bool in_ranges(const struct ranges *ranges, const uint8_t *address)
{
    size_t low = 0;
    size_t high = ranges->n;

    while (low < high) { /* before `low`: beginning not behind the address */
        size_t middle = low + (high - low) / 2;
        if (memcmp(ranges->items[middle].first, address, ranges->size) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && memcmp(address, ranges->items[low - 1].last, ranges->size) <= 0;
}

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291 2.5.5.2 */
static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};    /* RFC 6052 2.1 */
static const uint8_t sixtofour[2] = {0x20, 0x02};             /* RFC 3056 2 */

/* The four bytes of the IPv4 address that packets to this one reach; NULL when there is none. */
static const uint8_t *inner_ipv4(const uint8_t bytes[16])
{
    if (memcmp(bytes, mapped, sizeof mapped) == 0 || memcmp(bytes, nat64, sizeof nat64) == 0)
        return bytes + 12;
    if (memcmp(bytes, sixtofour, sizeof sixtofour) == 0)
        return bytes + 2;
    return NULL;
}

bool exclude_has_address(const struct exclude *exclude, const struct dns_address *address)
{
    const uint8_t *inner;

    if (!exclude)
        return false;
    if (address->family == DNS_IPV4)
        return in_ranges(&exclude->ipv4, address->bytes);
    inner = inner_ipv4(address->bytes);
    return in_ranges(&exclude->ipv6, address->bytes) || (inner && in_ranges(&exclude->ipv4, inner));
}

/* --- the file -----------------------------------------------------------------------------------
 */

enum add_status { ADDED, NO_MEMORY, NO_ENTRY, BAD_PREFIX, BAD_ADDRESS };

/* Room for `n` more of `size` bytes behind `used`; the new array, or NULL and the old one stays. */
static void *with_room(void *array, size_t used, size_t *room, size_t n, size_t size)
{
    size_t wanted = *room ? *room : FIRST_ROOM;

    if (array && *room - used >= n)
        return array;
    while (wanted - used < n)
        wanted *= 2;
    array = reallocarray(array, wanted, size);
    if (array)
        *room = wanted;
    return array;
}

static enum add_status add_name(struct exclude *exclude, const char *name)
{
    char turned[NAME_TEXT_MAX + 1];
    size_t length = strlen(name) + 1;
    char *text = with_room(exclude->text, exclude->text_length, &exclude->text_room, length, 1);

    if (text)
        exclude->text = text;
    size_t *names = with_room(exclude->names, exclude->n_names, &exclude->names_room, 1,
                              sizeof *exclude->names);
    if (names)
        exclude->names = names;
    if (!text || !names || !turn_round(name, turned))
        return NO_MEMORY;
    memcpy(text + exclude->text_length, turned, length);
    names[exclude->n_names++] = exclude->text_length;
    exclude->text_length += length;
    return ADDED;
}

static enum add_status add_block(struct exclude *exclude, const struct dns_address *address,
                                 unsigned bits)
{
    bool inside = address->family == DNS_IPV6 && bits >= 8 * sizeof mapped &&
                  memcmp(address->bytes, mapped, sizeof mapped) == 0;
    const uint8_t *bytes = inside ? address->bytes + sizeof mapped : address->bytes;
    bool is_ipv4 = inside || address->family == DNS_IPV4;
    struct ranges *ranges = is_ipv4 ? &exclude->ipv4 : &exclude->ipv6;
    struct range *items =
        with_room(ranges->items, ranges->n, &ranges->room, 1, sizeof *ranges->items);

    if (!items)
        return NO_MEMORY;
    ranges->items = items;
    if (inside)
        bits -= (unsigned)(8 * sizeof mapped);
    struct range range = {{0}, {0}};
    for (size_t i = 0; i < ranges->size; i++) {
        unsigned kept = bits >= 8 * (i + 1) ? 8 : bits <= 8 * i ? 0 : bits - (unsigned)(8 * i);
        uint8_t mask = (uint8_t)(0xff00u >> kept);
        range.first[i] = bytes[i] & mask;
        range.last[i] = bytes[i] | (uint8_t)~mask;
    }
    items[ranges->n++] = range;
    return ADDED;
}

/* 0 to `most`, in digits alone. */
static bool read_bits(const char *text, unsigned most, unsigned *bits)
{
    size_t length = strspn(text, "0123456789");

    if (length == 0 || length > 3 || text[length] != '\0')
        return false;
    *bits = (unsigned)strtoul(text, NULL, 10);
    return *bits <= most;
}

/*
 * No top-level domain is without a letter (RFC 1123 2.1, RFC 3696 2): "10.0.0" and "192.0.2.1-9"
 * were meant as addresses, and taken for names they would protect nobody.
 */
static bool is_no_name(const char *ascii)
{
    const char *dot = strrchr(ascii, '.');
    const char *last = dot ? dot + 1 : ascii;

    return last[strspn(last, "0123456789-_")] == '\0';
}

static enum add_status add_entry(struct exclude *exclude, const char *text,
                                 enum dns_name_status *status)
{
    char ascii[DNS_NAME_MAX + 1];
    char before[DNS_ADDRESS_TEXT_MAX + 2]; /* with brackets */
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    struct dns_address address;

    if (length < sizeof before) {
        memcpy(before, text, length);
        before[length] = '\0';
        if (dns_address_parse(before, &address)) {
            unsigned most = address.family == DNS_IPV4 ? 32 : 128;
            unsigned bits = most;
            if (slash && !read_bits(slash + 1, most, &bits))
                return BAD_PREFIX;
            return add_block(exclude, &address, bits);
        }
    }
    *status = dns_name_from_user(text, ascii);
    if (*status != DNS_NAME_OK)
        return NO_ENTRY;
    return is_no_name(ascii) ? BAD_ADDRESS : add_name(exclude, ascii);
}

static bool add_line(struct exclude *exclude, const char *path, const struct line_reader_line *line,
                     struct failure *failure)
{
    enum dns_name_status name_status = DNS_NAME_BAD_CHARACTER;
    enum add_status status = NO_ENTRY;
    const char *reason = NULL;

    if (exclude->n_names + exclude->ipv4.n + exclude->ipv6.n >= EXCLUDE_ENTRIES_MAX)
        reason = "more entries than can be kept";
    else if (line->too_long)
        reason = "a line of more than 4096 bytes";
    else if (strlen(line->text) == line->length)
        status = add_entry(exclude, line->text, &name_status);
    if (status == ADDED)
        return true;
    if (status == BAD_PREFIX)
        reason = "not a prefix length";
    if (status == BAD_ADDRESS)
        reason = "neither a domain nor an address or block";
    if (status == NO_MEMORY)
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
    else
        failure_set(failure, STATUS_BAD_DATA, "%s, line %llu: \"%.60s\" cannot be excluded: %s",
                    path, (unsigned long long)line->number, line->text,
                    reason ? reason : dns_name_status_text(name_status));
    return false;
}

static bool read_all(struct exclude *exclude, struct line_reader *reader, const char *path,
                     struct failure *failure)
{
    struct line_reader_line line;
    enum line_reader_status status;

    while ((status = line_reader_next(reader, &line)) == LINE_READER_LINE)
        if (!add_line(exclude, path, &line, failure))
            return false;
    if (status != LINE_READER_END)
        failure_set(failure, STATUS_NO_INPUT, "cannot read %s: %s", path, strerror(errno));
    return status == LINE_READER_END;
}

struct exclude *exclude_load(const char *path, struct failure *failure)
{
    struct exclude *exclude = calloc(1, sizeof *exclude);
    struct line_reader *reader = exclude ? line_reader_open(path, -1) : NULL;
    bool ok = false;

    if (!exclude)
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
    else if (!reader)
        failure_set(failure, STATUS_NO_INPUT, "cannot open %s: %s", path, strerror(errno));
    else {
        exclude->ipv4.size = 4;
        exclude->ipv6.size = 16;
        ok = read_all(exclude, reader, path, failure);
    }
    line_reader_close(reader);
    if (!ok) {
        exclude_free(exclude);
        return NULL;
    }
    order_names(exclude);
    order_ranges(&exclude->ipv4);
    order_ranges(&exclude->ipv6);
    return exclude;
}

void exclude_free(struct exclude *exclude)
{
    if (!exclude)
        return;
    free(exclude->text);
    free(exclude->names);
    free(exclude->ipv4.items);
    free(exclude->ipv6.items);
    free(exclude);
}
