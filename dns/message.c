#include "dns/message.h"

#include <stdlib.h>
#include <string.h>

#include "dns/record.h"
#include "dns/wire.h"

enum {
    FLAG_QR = 0x8000,
    FLAG_AA = 0x0400,
    FLAG_TC = 0x0200,
    FLAG_RD = 0x0100,
    FLAG_RA = 0x0080,
    FLAG_AD = 0x0020,
    FLAG_CD = 0x0010,
    OPCODE_MASK = 0x7800,
    RCODE_MASK = 0x000f,
};

enum { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };

enum { CLASS_IN = 1, TYPE_NS = 2 };

enum { OPTION_EDE = 15 };

enum section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL, N_SECTIONS };

/* One response, its sections located and known to be whole. */
struct message {
    uint16_t flags;
    uint16_t count[N_SECTIONS];
    struct dns_cursor section[N_SECTIONS];
    struct dns_wire_name question;
};

/* One resource record (RFC 1035 4.1.3). */
struct rr {
    struct dns_wire_name owner;
    uint16_t type;
    uint16_t class;
    uint32_t ttl;
    struct dns_cursor rdata;
};

/* RFC 2181 8: a TTL with the top bit set is to be taken as 0. */
static uint32_t effective_ttl(uint32_t ttl)
{
    return ttl > INT32_MAX ? 0 : ttl;
}

static void lower_ttl(struct dns_answer *answer, uint32_t ttl)
{
    if (effective_ttl(ttl) < answer->ttl_s)
        answer->ttl_s = effective_ttl(ttl);
}

static bool read_rr(struct dns_cursor *cursor, struct rr *out)
{
    uint16_t rdlength;

    if (!dns_cursor_name(cursor, &out->owner) || !dns_cursor_u16(cursor, &out->type) ||
        !dns_cursor_u16(cursor, &out->class) || !dns_cursor_u32(cursor, &out->ttl) ||
        !dns_cursor_u16(cursor, &rdlength))
        return false;
    out->rdata = *cursor;
    if (!dns_cursor_skip(cursor, rdlength))
        return false;
    out->rdata.end = cursor->at;
    return true;
}

static bool read_question(struct dns_cursor *cursor, struct message *message,
                          const struct dns_answer *answer)
{
    struct dns_wire_name asked;
    uint16_t type;
    uint16_t class;

    return dns_cursor_name(cursor, &message->question) && dns_cursor_u16(cursor, &type) &&
           dns_cursor_u16(cursor, &class) && dns_wire_name_parse(answer->name, &asked) &&
           dns_wire_name_equal(&message->question, &asked) && type == answer->type &&
           class == CLASS_IN;
}

/* Reads header and question and walks every record once: a message that is cut short ends here. */
static bool open_message(struct message *message, const uint8_t *wire, size_t length,
                         const struct dns_answer *answer)
{
    struct dns_cursor cursor = {.message = wire, .at = 0, .end = length};
    uint16_t id;
    uint16_t questions;
    struct rr rr;

    if (!dns_cursor_u16(&cursor, &id) || !dns_cursor_u16(&cursor, &message->flags) ||
        !dns_cursor_u16(&cursor, &questions))
        return false;
    for (int i = 0; i < N_SECTIONS; i++)
        if (!dns_cursor_u16(&cursor, &message->count[i]))
            return false;
    if ((message->flags & FLAG_QR) == 0 || (message->flags & OPCODE_MASK) != 0 || questions != 1 ||
        !read_question(&cursor, message, answer))
        return false;
    for (int i = 0; i < N_SECTIONS; i++) {
        message->section[i] = cursor;
        for (unsigned n = 0; n < message->count[i]; n++)
            if (!read_rr(&cursor, &rr))
                return false;
    }
    return (message->flags & FLAG_TC) == 0;
}

/* Keeps one EDE option (RFC 8914 2). A later one replaces "Other Error", which says nothing. */
static bool keep_ede(struct dns_answer *answer, struct dns_cursor option)
{
    uint16_t code;
    char *text = NULL;

    if (!dns_cursor_u16(&option, &code) || (answer->ede_code > 0) ||
        (answer->ede_code == 0 && code == 0))
        return true;
    if (dns_cursor_left(&option) > 0 && option.message[option.at] != '\0') {
        text = strndup((const char *)option.message + option.at, dns_cursor_left(&option));
        if (!text)
            return false;
    }
    free(answer->ede_text);
    answer->ede_text = text;
    answer->ede_code = code;
    return true;
}

static bool read_options(struct dns_answer *answer, struct dns_cursor rdata)
{
    uint16_t code;
    uint16_t length;

    while (dns_cursor_u16(&rdata, &code) && dns_cursor_u16(&rdata, &length)) {
        struct dns_cursor option = rdata;

        if (!dns_cursor_skip(&rdata, length))
            break;
        option.end = rdata.at;
        if (code == OPTION_EDE && !keep_ede(answer, option))
            return false;
    }
    return true;
}

/* The OPT record (RFC 6891 6.1): upper bits of the rcode, options. Sets *rcode; false: memory. */
static bool read_opt(const struct message *message, struct dns_answer *answer, unsigned *rcode)
{
    struct dns_cursor cursor = message->section[SECTION_ADDITIONAL];
    struct rr rr;

    *rcode = message->flags & RCODE_MASK;
    for (unsigned n = 0; n < message->count[SECTION_ADDITIONAL] && read_rr(&cursor, &rr); n++) {
        if (rr.type != DNS_TYPE_OPT)
            continue;
        *rcode |= rr.ttl >> 24 << 4;
        return read_options(answer, rr.rdata);
    }
    return true;
}

/*
 * Looks for the CNAME at `owner`. Sets *found and `target`. False when the message is malformed:
 * a CNAME that does not decode, or two of them with different targets.
 */
static bool find_cname(const struct message *message, const struct dns_wire_name *owner,
                       bool *found, struct dns_wire_name *target, uint32_t *ttl)
{
    struct dns_cursor cursor = message->section[SECTION_ANSWER];
    struct dns_wire_name name;
    struct rr rr;

    *found = false;
    for (unsigned n = 0; n < message->count[SECTION_ANSWER] && read_rr(&cursor, &rr); n++) {
        if (rr.type != DNS_TYPE_CNAME || rr.class != CLASS_IN ||
            !dns_wire_name_equal(&rr.owner, owner))
            continue;
        if (!dns_cursor_name(&rr.rdata, &name) || dns_cursor_left(&rr.rdata) != 0 ||
            (*found && !dns_wire_name_equal(&name, target)))
            return false;
        *found = true;
        *target = name;
        *ttl = rr.ttl;
    }
    return true;
}

static bool is_known(const struct dns_wire_name *chain, size_t n, const struct dns_wire_name *name)
{
    for (size_t i = 0; i < n; i++)
        if (dns_wire_name_equal(&chain[i], name))
            return true;
    return false;
}

/*
 * Follows the CNAME chain from the question, wherever in the section its links stand (RFC 1034
 * 4.3.2), and leaves the canonical name in `owner`.
 */
static enum dns_read follow_chain(const struct message *message, struct dns_answer *answer,
                                  struct dns_wire_name *owner)
{
    struct dns_wire_name chain[DNS_ALIASES_MAX + 1];
    char text[DNS_WIRE_TEXT_MAX];
    size_t n = 1;
    bool found;
    uint32_t ttl;

    chain[0] = message->question;
    while (answer->type != DNS_TYPE_CNAME) {
        struct dns_wire_name target;

        if (!find_cname(message, &chain[n - 1], &found, &target, &ttl))
            return DNS_READ_CORRUPT;
        if (!found)
            break;
        if (n > DNS_ALIASES_MAX || is_known(chain, n, &target))
            return DNS_READ_CORRUPT;
        chain[n++] = target;
        dns_wire_name_format(&target, text);
        if (!dns_answer_add_alias(answer, text))
            return DNS_READ_NO_MEMORY;
        lower_ttl(answer, ttl);
    }
    *owner = chain[n - 1];
    return DNS_READ_OK;
}

/* Takes the records of the type asked for at `owner`. Sets *bad when an RDATA was malformed. */
static enum dns_read take_records(const struct message *message, struct dns_answer *answer,
                                  const struct dns_wire_name *owner, bool *bad)
{
    struct dns_cursor cursor = message->section[SECTION_ANSWER];
    struct rr rr;

    *bad = false;
    for (unsigned n = 0; n < message->count[SECTION_ANSWER] && read_rr(&cursor, &rr); n++) {
        enum dns_read read;

        if (rr.type != answer->type || rr.class != CLASS_IN ||
            !dns_wire_name_equal(&rr.owner, owner))
            continue;
        read = dns_record_read(&rr.rdata, effective_ttl(rr.ttl), answer);
        if (answer->cut)
            break;
        if (read == DNS_READ_CORRUPT || read == DNS_READ_NO_MEMORY)
            return read;
        if (read == DNS_READ_BAD_RDATA)
            *bad = true;
        else
            lower_ttl(answer, rr.ttl);
    }
    return DNS_READ_OK;
}

/*
 * What the authority section says about a missing answer: how long it holds (RFC 2308 5: the lesser
 * of the SOA's TTL and its MINIMUM; without a SOA it is not to be kept), and whether the message
 * is a referral from a server that does not recurse (RFC 2308 2.2) and so no answer at all.
 */
static bool read_authority(const struct message *message, struct dns_answer *answer)
{
    struct dns_cursor cursor = message->section[SECTION_AUTHORITY];
    bool referral = false;
    uint32_t minimum;
    struct rr rr;

    for (unsigned n = 0; n < message->count[SECTION_AUTHORITY] && read_rr(&cursor, &rr); n++) {
        if (rr.class != CLASS_IN)
            continue;
        if (rr.type == TYPE_NS)
            referral = true;
        if (rr.type == DNS_TYPE_SOA && dns_record_soa_minimum(&rr.rdata, &minimum)) {
            lower_ttl(answer, rr.ttl);
            lower_ttl(answer, minimum);
            return true;
        }
    }
    answer->ttl_s = 0;
    return !referral || (message->flags & (FLAG_AA | FLAG_RA)) != 0;
}

/* The answer and authority sections of a response with rcode 0 or 3. */
static enum dns_read read_answer(const struct message *message, struct dns_answer *answer,
                                 bool exists)
{
    struct dns_wire_name owner;
    bool bad = false;
    enum dns_read read;

    answer->ttl_s = UINT32_MAX;
    read = follow_chain(message, answer, &owner);
    if (read == DNS_READ_OK && exists)
        read = take_records(message, answer, &owner, &bad);
    if (read != DNS_READ_OK)
        return read;
    if (answer->n_records > 0) {
        answer->status = DNS_FOUND;
        return DNS_READ_OK;
    }
    answer->status = exists ? DNS_NODATA : DNS_NXDOMAIN;
    return bad || !read_authority(message, answer) ? DNS_READ_CORRUPT : DNS_READ_OK;
}

int dns_message_read(const uint8_t *wire, size_t length, struct dns_answer *answer)
{
    struct message message;
    unsigned rcode = 0;
    enum dns_read read = DNS_READ_OK;

    answer->status = DNS_MALFORMED;
    if (!open_message(&message, wire, length, answer))
        return 0;
    if (!read_opt(&message, answer, &rcode))
        return -1;
    answer->rcode = rcode > UINT8_MAX ? UINT8_MAX : (uint8_t)rcode;
    answer->ad = (message.flags & FLAG_AD) != 0;
    if (rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN)
        read = read_answer(&message, answer, rcode == RCODE_NOERROR);
    else
        answer->status = rcode == RCODE_REFUSED ? DNS_REFUSED : DNS_SERVFAIL;

    if (read == DNS_READ_CORRUPT) {
        answer->status = DNS_MALFORMED;
        answer->ttl_s = 0;
    }
    return read == DNS_READ_NO_MEMORY ? -1 : 0;
}

static uint8_t *put_u16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return out + 2;
}

size_t dns_message_write_query(const struct dns_message_query *query, uint8_t out[DNS_QUERY_MAX])
{
    unsigned flags = FLAG_RD | FLAG_AD | (query->checking_disabled ? (unsigned)FLAG_CD : 0U);
    struct dns_wire_name name;
    uint8_t *p = out;

    if (!dns_wire_name_parse(query->name, &name))
        return 0;
    p = put_u16(p, query->id);
    p = put_u16(p, flags);
    p = put_u16(p, 1);
    p = put_u16(p, 0);
    p = put_u16(p, 0);
    p = put_u16(p, query->edns ? 1 : 0);
    memcpy(p, name.bytes, name.length);
    p = put_u16(p + name.length, query->type);
    p = put_u16(p, CLASS_IN);
    if (query->edns) {
        *p++ = 0; /* the root owns the OPT record */
        p = put_u16(p, DNS_TYPE_OPT);
        p = put_u16(p, DNS_UDP_PAYLOAD);
        memset(p, 0, 6); /* extended rcode, version, flags, RDLENGTH */
        p += 6;
    }
    return (size_t)(p - out);
}
