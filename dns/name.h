/*
 * Domain names as people and records write them: validation, IDNA and comparison.
 * Pure: text in, text out.
 */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Longest name in presentation form without the final dot (RFC 1035 2.3.4). */
enum { DNS_NAME_MAX = 253, DNS_LABEL_MAX = 63 };

enum dns_name_status {
    DNS_NAME_OK,
    DNS_NAME_EMPTY,
    DNS_NAME_EMPTY_LABEL,
    DNS_NAME_LABEL_TOO_LONG,
    DNS_NAME_TOO_LONG,
    DNS_NAME_BAD_CHARACTER, /* a byte that no host or mail domain has: space, control, '@', … */
    DNS_NAME_BAD_IDN,       /* not UTF-8, or refused by IDNA 2008 */
    DNS_NAME_ADDRESS,       /* an IP address in place of a name */
};

/*
 * Reads a mail domain as a user typed it: A-labels or U-labels, any case, with or without a final
 * dot. On DNS_NAME_OK `ascii` holds it in lower-case A-labels without the final dot; else it is
 * the empty string. Letters, digits, hyphens and underscores are accepted (RFC 5321 2.3.5, RFC
 * 5890 2.3); an address, a URL or a single "." is not a name.
 */
enum dns_name_status dns_name_from_user(const char *text, char ascii[DNS_NAME_MAX + 1]);

/* One plain sentence part that says what is wrong, as in "empty label". Never NULL. */
const char *dns_name_status_text(enum dns_name_status status);

/*
 * The U-label form of `ascii` in UTF-8, or a copy of it where it has no A-labels or they do not
 * decode. The caller frees; NULL when out of memory.
 */
char *dns_name_to_unicode(const char *ascii);

/* Equal as DNS compares names: ASCII case and one final dot do not count (RFC 4343). */
bool dns_name_equal(const char *a, const char *b);

#endif
