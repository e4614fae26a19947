/*
 * TLSA records in text (RFC 6698 2.2), as options and `lint tlsa` take them. Pure.
 */
#ifndef POLICY_TLSA_H
#define POLICY_TLSA_H

#include <stddef.h>
#include <stdint.h>

#include "dns/answer.h"

enum { TLSA_DATA_MAX = 8192 };

struct tlsa_text {
    char *owner; /* of a whole resource record, without final dot; NULL for "3 1 1 HEX" */
    uint8_t usage, selector, matching;
    uint8_t *data;
    size_t length;
};

/*
 * Reads "U S M HEX" or "_25._tcp.host. [TTL] [IN] TLSA U S M HEX"; the hex digits may be broken by
 * white space and be enclosed in parentheses, which may reach over several lines with comments; a
 * whole record may be in the generic form, "TYPE52 \# LENGTH HEX" (RFC 3597 5). On success
 * `*problem` is NULL. A malformed line sets
 * `*problem` to what is wrong (static). Returns 0, or -1 when out of memory.
 */
int tlsa_text_read(const char *line, struct tlsa_text *out, const char **problem);
void tlsa_text_clear(struct tlsa_text *text);

/* "3 1 1 0123…" in lower-case hex, from a decoded DNS record. The caller frees; NULL: no memory. */
char *tlsa_record_format(const struct dns_record *record);

#endif
