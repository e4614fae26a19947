/*
 * What the DNS said about one question: records, status and security, in one immutable object
 * that is shared by counting references. Building blocks for it live here; dns/message.h reads it
 * from the wire, dns/resolver.h obtains it.
 */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/address.h"

enum dns_type {
    DNS_TYPE_A = 1,
    DNS_TYPE_CNAME = 5,
    DNS_TYPE_SOA = 6,
    DNS_TYPE_MX = 15,
    DNS_TYPE_TXT = 16,
    DNS_TYPE_AAAA = 28,
    DNS_TYPE_OPT = 41,
    DNS_TYPE_TLSA = 52,
};

enum dns_status {
    DNS_FOUND,     /* at least one record of the type asked for */
    DNS_NODATA,    /* the name exists, the type does not */
    DNS_NXDOMAIN,  /* the name does not exist */
    DNS_SERVFAIL,  /* the resolver failed, and fails with CD set too (or any odd rcode) */
    DNS_REFUSED,   /* rcode 5 from every resolver */
    DNS_TIMEOUT,   /* no resolver answered in time */
    DNS_BOGUS,     /* SERVFAIL that turns into an answer when CD is set: validation failed */
    DNS_MALFORMED, /* bytes that are no valid DNS answer to this question, or a CNAME loop */
    DNS_NOT_ASKED, /* our own trouble: no resolver, no memory, no descriptor; `ede_text` says what
                    */
};

enum dns_security {
    DNS_SECURE,   /* AD from a resolver that is believed */
    DNS_INSECURE, /* a believed resolver answered without AD */
    DNS_SECURITY_BOGUS,
    DNS_SECURITY_UNKNOWN, /* AD is not believed, or there was no answer */
};

/* Does the resolver validate? See dns_resolver_validation. */
enum dns_validation { DNS_VALIDATION_UNKNOWN, DNS_VALIDATES, DNS_DOES_NOT_VALIDATE };

/* One record of the type asked for, decoded (RFC 1035 3.3, RFC 3596, RFC 6698 2.1). */
struct dns_record {
    uint16_t type;
    uint32_t ttl_s;
    union {
        struct {
            uint16_t preference;
            char *host; /* presentation form, lower case, no final dot; "" is the root */
        } mx;
        struct dns_address address; /* A and AAAA */
        struct {
            uint8_t *bytes; /* the character-strings joined without space; NUL after the last */
            size_t length;
        } text;
        struct {
            uint8_t usage, selector, matching;
            uint8_t *data;
            size_t length;
        } tlsa;
        char *target; /* CNAME */
    } u;
};

struct dns_answer {
    unsigned references;
    char *name; /* as asked */
    uint16_t type;
    enum dns_status status;
    enum dns_security security;
    uint8_t rcode;
    bool ad;          /* the AD bit as it came, believed or not */
    bool supplied;    /* a what-if option said it, not the network */
    bool had_no_turn; /* DNS_NOT_ASKED since too many others waited for the server all the time */
    bool cut;         /* more records than are kept: the rest were dropped */
    char **aliases;   /* CNAME chain in order, the name asked for not included; last is canonical */
    size_t n_aliases;
    struct dns_record *records; /* of `type` only, in the order received */
    size_t n_records;
    uint32_t ttl_s;      /* least TTL of the chain and the records; negative: SOA minimum; else 0 */
    int ede_code;        /* Extended DNS Error INFO-CODE (RFC 8914), -1 when none */
    char *ede_text;      /* EXTRA-TEXT as received, unsanitised, or NULL */
    int64_t taken_at_ms; /* wall clock, milliseconds since 1970, when the answer arrived */
};

/*
 * Records that are kept of an answer. Of MX as many as a message can hold: they come in any order,
 * and those of lowest preference may be the last.
 */
enum { DNS_RECORDS_MAX = 256, DNS_MX_RECORDS_MAX = 4400, DNS_ALIASES_MAX = 16 };

/*
 * A new answer with one reference, status DNS_NOT_ASKED, security unknown and no records.
 * NULL when out of memory.
 */
struct dns_answer *dns_answer_new(const char *name, uint16_t type);

struct dns_answer *dns_answer_ref(struct dns_answer *answer);

/* Gives one reference back; the last one frees. NULL is allowed. Not thread safe. */
void dns_answer_unref(struct dns_answer *answer);

/*
 * Appends a zeroed record of the answer's type and returns it to be filled, or NULL when out of
 * memory or when DNS_RECORDS_MAX (DNS_MX_RECORDS_MAX) is reached: then `cut` is set. The answer
 * owns what the caller puts in.
 */
struct dns_record *dns_answer_add(struct dns_answer *answer);

/* The bytes of its records, of what hangs on them, and of its error text. */
size_t dns_answer_size(const struct dns_answer *answer);

/* Appends a copy of `target` to the CNAME chain. False when out of memory or the chain is full. */
bool dns_answer_add_alias(struct dns_answer *answer, const char *target);

/* The name that the records belong to: the last alias, else the name asked for. Borrowed. */
const char *dns_answer_canonical(const struct dns_answer *answer);

/* The field's words: "NOERROR", "SERVFAIL", …, "timeout", "bogus"; "secure", …. Static. */
const char *dns_status_text(enum dns_status status);
const char *dns_security_text(enum dns_security security);
const char *dns_type_text(uint16_t type);

/* The registered name of an Extended DNS Error, as "DNSSEC Bogus" (RFC 8914 4), or NULL. */
const char *dns_ede_name(int code);

#endif
