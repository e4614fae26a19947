/*
 * The DNS wire format (RFC 1035 4, RFC 6891, RFC 8914): from the bytes of one response to a
 * dns_answer. Pure; every byte is hostile.
 */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "dns/answer.h"

/*
 * Reads the response `wire` to the question that `answer` was made for and fills `answer`: rcode,
 * ad, aliases, records, ttl_s, EDE and status (DNS_FOUND, DNS_NODATA, DNS_NXDOMAIN, DNS_SERVFAIL,
 * DNS_REFUSED or DNS_MALFORMED). Security is left alone: who believes AD is the resolver's matter.
 * Records that do not belong to the CNAME chain of the question, are of another class, or of a
 * malformed RDATA make no record; a message that is cut short, has a compression loop, another
 * question, or a CNAME loop is DNS_MALFORMED. Returns 0, or -1 when out of memory.
 */
int dns_message_read(const uint8_t *wire, size_t length, struct dns_answer *answer);

#endif
