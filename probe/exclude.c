#include "probe/exclude.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "probe/exclude_index.h"
#include "probe/line_reader.h"

struct exclude {
    struct exclude_names names;
    struct exclude_ranges ipv4, ipv6;
};

enum { MAPPED_BITS = 96 };

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

bool exclude_has_name(const struct exclude *exclude, const char *name)
{
    return exclude && exclude_names_have(&exclude->names, name);
}

bool exclude_has_address(const struct exclude *exclude, const struct dns_address *address)
{
    const uint8_t *inner;

    if (!exclude)
        return false;
    if (address->family == DNS_IPV4)
        return exclude_ranges_have(&exclude->ipv4, address->bytes);
    inner = inner_ipv4(address->bytes);
    return exclude_ranges_have(&exclude->ipv6, address->bytes) ||
           (inner && exclude_ranges_have(&exclude->ipv4, inner));
}

/* --- the file -----------------------------------------------------------------------------------
 */

enum add_status { ADDED, NO_MEMORY, NO_ENTRY, BAD_PREFIX, BAD_ADDRESS };

static enum add_status add_block(struct exclude *exclude, const struct dns_address *address,
                                 unsigned bits)
{
    bool is_mapped = address->family == DNS_IPV6 && bits >= MAPPED_BITS &&
                     memcmp(address->bytes, mapped, sizeof mapped) == 0;
    bool added;

    if (is_mapped)
        added =
            exclude_ranges_add(&exclude->ipv4, address->bytes + sizeof mapped, bits - MAPPED_BITS);
    else if (address->family == DNS_IPV4)
        added = exclude_ranges_add(&exclude->ipv4, address->bytes, bits);
    else
        added = exclude_ranges_add(&exclude->ipv6, address->bytes, bits);
    return added ? ADDED : NO_MEMORY;
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
    if (is_no_name(ascii))
        return BAD_ADDRESS;
    return exclude_names_add(&exclude->names, ascii) ? ADDED : NO_MEMORY;
}

static bool add_line(struct exclude *exclude, const char *path, const struct line_reader_line *line,
                     struct failure *failure)
{
    enum dns_name_status name_status = DNS_NAME_BAD_CHARACTER;
    enum add_status status = NO_ENTRY;
    const char *reason = NULL;

    if (exclude->names.n + exclude->ipv4.n + exclude->ipv6.n >= EXCLUDE_ENTRIES_MAX)
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
    exclude_names_order(&exclude->names);
    exclude_ranges_order(&exclude->ipv4);
    exclude_ranges_order(&exclude->ipv6);
    return exclude;
}

bool exclude_has_alias(const struct exclude *exclude, const struct dns_answer *answer)
{
    for (size_t i = 0; answer && i < answer->n_aliases; i++)
        if (exclude_has_name(exclude, answer->aliases[i]))
            return true;
    return false;
}

void exclude_free(struct exclude *exclude)
{
    if (!exclude)
        return;
    exclude_names_clear(&exclude->names);
    exclude_ranges_clear(&exclude->ipv4);
    exclude_ranges_clear(&exclude->ipv6);
    free(exclude);
}
