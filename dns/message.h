/*
 * The DNS wire format (RFC 1035 4, RFC 6891, RFC 8914): a question to bytes, and the bytes of one
 * response to a dns_answer. Pure; every byte is hostile.
 */
#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/answer.h"

enum {
    DNS_QUERY_MAX = 12 + 255 + 4 + 11, /* header, name, type and class, OPT */
    DNS_UDP_PAYLOAD = 1232,            /* what we say we take (DNS flag day 2020) */
};

struct dns_message_query {
    const char *name; /* presentation form, "\DDD" and "\." understood; "" or "." is the root */
    uint16_t type;
    uint16_t id;
    bool checking_disabled; /* the CD bit (RFC 4035 3.2.2) */
    bool edns;              /* with an OPT record of DNS_UDP_PAYLOAD */
};

/*
 * Writes the query: class IN, RD and AD set (RFC 6840 5.7: AD asks for AD without the signatures
 * that DO would bring). Returns its length, or 0 when the name is none that the DNS can carry.
 */
size_t dns_message_write_query(const struct dns_message_query *query, uint8_t out[DNS_QUERY_MAX]);

/*
 * Reads the response `wire` to the question that `answer` was made for and fills `answer`, which
 * must be fresh from dns_answer_new: rcode, ad, aliases, records, ttl_s, EDE and status (DNS_FOUND,
 * DNS_NODATA, DNS_NXDOMAIN, DNS_SERVFAIL, DNS_REFUSED or DNS_MALFORMED). Security is left alone:
 * who believes AD is the resolver's matter.
 *
 * Records that do not belong to the CNAME chain of the question, are of another class, or of a
 * malformed RDATA make no record; but where a malformed RDATA leaves none at all the answer is
 * DNS_MALFORMED, so that a broken TLSA never passes for an absent one. A message that is cut short
 * (TC included), has a compression loop, another question, two CNAMEs at one name, a CNAME loop or
 * more than DNS_ALIASES_MAX CNAMEs, or that is a referral, is DNS_MALFORMED. A CNAME asked for by
 * its type is a record and not followed. An rcode above 255 is given as 255.
 *
 * Returns 0, or -1 when out of memory; then the answer is only good to be given back.
 */
int dns_message_read(const uint8_t *wire, size_t length, struct dns_answer *answer);

#endif
