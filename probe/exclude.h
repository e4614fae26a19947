/*
 * What a scan never touches (--exclude): names, each with everything below it, and networks.
 * Immutable once loaded: every thread may ask.
 */
#ifndef PROBE_EXCLUDE_H
#define PROBE_EXCLUDE_H

#include <stdbool.h>

#include "dns/address.h"
#include "dns/answer.h"
#include "probe/settings.h"

enum { EXCLUDE_ENTRIES_MAX = 1 << 24 };

struct exclude;

/*
 * Reads one entry a line; blank lines and comments (# at the start or after white space) are passed
 * over. An entry is a domain as `check` takes it, an address, or a block such as 192.0.2.0/24 or
 * 2001:db8::/32. Bits of a block behind its prefix are ignored: with a list of what not to touch
 * the wider reading is the safe one. A block inside of ::ffff:0:0/96 stands for its IPv4 block.
 * NULL with `failure` filled: STATUS_NO_INPUT where the file cannot be read, STATUS_BAD_DATA with
 * the number of the malformed line, STATUS_SOFTWARE without memory.
 */
struct exclude *exclude_load(const char *path, struct failure *failure);

/*
 * Whether `name`, a domain or MX host in presentation form (any case, with or without final dot),
 * is an entry or lies below one. NULL for `exclude` excludes nothing, here and below.
 */
bool exclude_has_name(const struct exclude *exclude, const char *name);

/*
 * Whether the address is an entry or in one. An IPv6 address that leads to an IPv4 one (mapped,
 * NAT64 64:ff9b::/96, 6to4) is also judged by that; ::/0 excludes no IPv4.
 */
bool exclude_has_address(const struct exclude *exclude, const struct dns_address *address);

/* The same of the names that an answer led through: the aliases, not the name asked for. */
bool exclude_has_alias(const struct exclude *exclude, const struct dns_answer *answer);

/* NULL is fine. */
void exclude_free(struct exclude *exclude);

#endif
