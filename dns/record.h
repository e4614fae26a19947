/*
 * RDATA of the record types that matter to mail (RFC 1035 3.3, RFC 3596, RFC 6698 2.1). Private to
 * dns. Pure; every byte is hostile.
 */
#ifndef DNS_RECORD_H
#define DNS_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/answer.h"
#include "dns/wire.h"

enum dns_read {
    DNS_READ_OK,
    DNS_READ_BAD_RDATA, /* the RDATA does not have the form of its type; the message goes on */
    DNS_READ_CORRUPT,   /* a name in it does not decode: the message is not to be trusted */
    DNS_READ_NO_MEMORY,
};

/*
 * Decodes one RDATA of the answer's type and appends the record. `rdata` spans exactly RDLENGTH
 * bytes. A full answer sets `cut` and is DNS_READ_NO_MEMORY. The RDATA of a type that has no place
 * in struct dns_record is not looked at.
 */
enum dns_read dns_record_read(struct dns_cursor *rdata, uint32_t ttl_s, struct dns_answer *answer);

/* The MINIMUM field of a SOA's RDATA (RFC 1035 3.3.13). False when it is malformed. */
bool dns_record_soa_minimum(struct dns_cursor *rdata, uint32_t *minimum);

#endif
