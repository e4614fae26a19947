/*
 * The bricks of the DNS wire format: a bounded cursor over one message, and domain names in wire
 * form (RFC 1035 3.1 and 4.1.4). Private to dns. Pure; every byte is hostile.
 */
#ifndef DNS_WIRE_H
#define DNS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads `message` from `at` up to `end`. Compression pointers may lead anywhere before the place
 * where they stand, so a cursor over one RDATA has its own `at` and `end` in the same message.
 */
struct dns_cursor {
    const uint8_t *message;
    size_t at;
    size_t end;
};

/* Each reads and moves on, or returns false and leaves the cursor where it was. */
bool dns_cursor_u8(struct dns_cursor *cursor, uint8_t *out);
bool dns_cursor_u16(struct dns_cursor *cursor, uint16_t *out);
bool dns_cursor_u32(struct dns_cursor *cursor, uint32_t *out);
bool dns_cursor_skip(struct dns_cursor *cursor, size_t n);

static inline size_t dns_cursor_left(const struct dns_cursor *cursor)
{
    return cursor->end - cursor->at;
}

/* A name without compression, ASCII letters in lower case (RFC 4343), the root label included. */
enum { DNS_WIRE_NAME_MAX = 255 };
struct dns_wire_name {
    size_t length;
    uint8_t bytes[DNS_WIRE_NAME_MAX];
};

/*
 * Reads a name that may be compressed. False when it is cut short, longer than 255 bytes, of an
 * unknown label type, or when a pointer does not lead backwards: no loop can be built from
 * pointers that only lead backwards.
 */
bool dns_cursor_name(struct dns_cursor *cursor, struct dns_wire_name *out);

bool dns_wire_name_equal(const struct dns_wire_name *a, const struct dns_wire_name *b);

/*
 * From and to presentation form (RFC 1035 5.1), without the final dot; "" is the root. A dot or a
 * backslash inside a label is written "\." or "\\", any byte that is not printable ASCII "\DDD".
 * Parsing takes a final dot too and returns false for what is no name.
 */
enum { DNS_WIRE_TEXT_MAX = 4 * DNS_WIRE_NAME_MAX };
bool dns_wire_name_parse(const char *text, struct dns_wire_name *out);
void dns_wire_name_format(const struct dns_wire_name *name, char out[DNS_WIRE_TEXT_MAX]);

#endif
