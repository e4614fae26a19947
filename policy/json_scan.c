#include "policy/json_scan.h"

#include <string.h>

struct scan {
    const uint8_t *bytes;
    size_t length, at;
    size_t values_left;
    size_t depth;
    uint8_t open[JSON_SCAN_DEPTH_MAX]; /* '{' or '[' of each level */
    const char *problem;
};

static bool fail(struct scan *scan, const char *problem)
{
    scan->problem = scan->at < scan->length ? problem : "it ends too early";
    return false;
}

/* The next byte, or -1 at the end. */
static int peek(const struct scan *scan)
{
    return scan->at < scan->length ? scan->bytes[scan->at] : -1;
}

static int peek_past_space(struct scan *scan)
{
    int byte = peek(scan);

    while (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n') {
        scan->at++;
        byte = peek(scan);
    }
    return byte;
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

/* --- strings (section 7) --------------------------------------------------------------------- */

/* The four digits of "\uHHHH" behind the u, or -1. */
static int read_hex(struct scan *scan)
{
    int code = 0;

    for (int i = 0; i < 4; i++) {
        int byte = peek(scan);
        int lower = byte | 0x20;
        if (!is_digit(byte) && !(lower >= 'a' && lower <= 'f'))
            return -1;
        code = code * 16 + (is_digit(byte) ? byte - '0' : lower - 'a' + 10);
        scan->at++;
    }
    return code;
}

/* Behind the backslash. A surrogate must be followed by its other half. */
static bool read_escape(struct scan *scan)
{
    int byte = peek(scan);

    if (byte != 'u') {
        if (byte < 0 || !strchr("\"\\/bfnrt", byte) || byte == 0)
            return fail(scan, "an escape that JSON does not have");
        scan->at++;
        return true;
    }
    scan->at++;
    int code = read_hex(scan);
    if (code < 0)
        return fail(scan, "four hexadecimal digits are expected");
    if (code < 0xd800 || code > 0xdfff)
        return true;
    if (code > 0xdbff || scan->length - scan->at < 6 || scan->bytes[scan->at] != '\\' ||
        scan->bytes[scan->at + 1] != 'u')
        return fail(scan, "half of a surrogate pair");
    scan->at += 2;
    code = read_hex(scan);
    return (code >= 0xdc00 && code <= 0xdfff) || fail(scan, "half of a surrogate pair");
}

static bool read_string(struct scan *scan)
{
    scan->at++;
    for (int byte = peek(scan); byte != '"'; byte = peek(scan)) {
        if (byte < 0x20)
            return fail(scan, "a control character in a string");
        scan->at++;
        if (byte == '\\' && !read_escape(scan))
            return false;
    }
    scan->at++;
    return true;
}

/* --- numbers and words (sections 3 and 6) ---------------------------------------------------- */

static bool read_digits(struct scan *scan)
{
    if (!is_digit(peek(scan)))
        return fail(scan, "a digit is expected");
    while (is_digit(peek(scan)))
        scan->at++;
    return true;
}

static bool read_number(struct scan *scan)
{
    size_t start = scan->at;

    if (peek(scan) == '-')
        scan->at++;
    if (peek(scan) == '0')
        scan->at++;
    else if (!read_digits(scan))
        return false;
    if (peek(scan) == '.') {
        scan->at++;
        if (!read_digits(scan))
            return false;
    }
    if (peek(scan) == 'e' || peek(scan) == 'E') {
        scan->at++;
        if (peek(scan) == '+' || peek(scan) == '-')
            scan->at++;
        if (!read_digits(scan))
            return false;
    }
    if (scan->at - start <= JSON_SCAN_NUMBER_MAX)
        return true;
    scan->at = start;
    return fail(scan, "a number too long to be a count");
}

static bool read_word(struct scan *scan, const char *word)
{
    for (; *word; word++, scan->at++)
        if (peek(scan) != *word)
            return fail(scan, "a value is expected");
    return true;
}

static bool read_scalar(struct scan *scan, int byte)
{
    switch (byte) {
    case '"':
        return read_string(scan);
    case 't':
        return read_word(scan, "true");
    case 'f':
        return read_word(scan, "false");
    case 'n':
        return read_word(scan, "null");
    default:
        return byte == '-' || is_digit(byte) ? read_number(scan)
                                             : fail(scan, "a value is expected");
    }
}

/* --- objects and arrays (sections 4 and 5) ---------------------------------------------------- */

static bool read_key(struct scan *scan)
{
    if (peek_past_space(scan) != '"')
        return fail(scan, "a key in quotes is expected");
    if (!read_string(scan))
        return false;
    if (peek_past_space(scan) != ':')
        return fail(scan, "a colon is expected");
    scan->at++;
    return true;
}

static bool count_value(struct scan *scan)
{
    if (scan->values_left == 0)
        return fail(scan, "too many values");
    scan->values_left--;
    return true;
}

/* Goes down to the next value that holds no others, and over it. */
static bool read_down(struct scan *scan)
{
    for (;;) {
        int byte = peek_past_space(scan);
        if (!count_value(scan))
            return false;
        if (byte != '{' && byte != '[')
            return read_scalar(scan, byte);
        if (scan->depth == JSON_SCAN_DEPTH_MAX)
            return fail(scan, "nested too deep");
        scan->open[scan->depth++] = (uint8_t)byte;
        scan->at++;
        int first = peek_past_space(scan);
        if (first == (byte == '{' ? '}' : ']'))
            return true; /* read_up takes it */
        if (byte == '{' && !read_key(scan))
            return false;
    }
}

/* Behind a value: over what ends here. True when another value follows. */
static bool read_up(struct scan *scan)
{
    while (scan->depth > 0) {
        int byte = peek_past_space(scan);
        bool object = scan->open[scan->depth - 1] == '{';
        if (byte == ',') {
            scan->at++;
            return !object || read_key(scan);
        }
        if (byte != (object ? '}' : ']'))
            return fail(scan, object ? "a comma or a closing brace is expected"
                                     : "a comma or a closing bracket is expected");
        scan->at++;
        scan->depth--;
    }
    if (peek_past_space(scan) >= 0)
        fail(scan, "something follows the end of the text");
    return false;
}

bool json_scan(const uint8_t *bytes, size_t length, size_t values_max, size_t *offset,
               const char **problem)
{
    struct scan scan = {.bytes = bytes, .length = length, .values_left = values_max};

    while (read_down(&scan) && read_up(&scan))
        continue;
    *offset = scan.at;
    *problem = scan.problem;
    return !scan.problem;
}
