#include "dns/record.h"

#include <stdlib.h>
#include <string.h>

static enum dns_read read_name(struct dns_cursor *rdata, char **out)
{
    char text[DNS_WIRE_TEXT_MAX];
    struct dns_wire_name name;

    if (!dns_cursor_name(rdata, &name))
        return DNS_READ_CORRUPT;
    if (dns_cursor_left(rdata) != 0)
        return DNS_READ_BAD_RDATA;
    dns_wire_name_format(&name, text);
    *out = strdup(text);
    return *out != NULL ? DNS_READ_OK : DNS_READ_NO_MEMORY;
}

/* The bytes that are left, copied, with a NUL behind them. */
static enum dns_read read_rest(struct dns_cursor *rdata, uint8_t **out, size_t *length)
{
    *length = dns_cursor_left(rdata);
    *out = malloc(*length + 1);
    if (*out == NULL)
        return DNS_READ_NO_MEMORY;
    memcpy(*out, rdata->message + rdata->at, *length);
    (*out)[*length] = '\0';
    return DNS_READ_OK;
}

static enum dns_read read_address(struct dns_cursor *rdata, struct dns_record *record)
{
    size_t length = record->type == DNS_TYPE_A ? 4 : 16;

    if (dns_cursor_left(rdata) != length)
        return DNS_READ_BAD_RDATA;
    record->u.address.family = record->type == DNS_TYPE_A ? DNS_IPV4 : DNS_IPV6;
    memcpy(record->u.address.bytes, rdata->message + rdata->at, length);
    return DNS_READ_OK;
}

static enum dns_read read_mx(struct dns_cursor *rdata, struct dns_record *record)
{
    if (!dns_cursor_u16(rdata, &record->u.mx.preference))
        return DNS_READ_BAD_RDATA;
    return read_name(rdata, &record->u.mx.host);
}

/* One or more character-strings (RFC 1035 3.3.14); joined they are never longer than the RDATA. */
static enum dns_read read_txt(struct dns_cursor *rdata, struct dns_record *record)
{
    uint8_t *bytes = malloc(dns_cursor_left(rdata) + 1);
    size_t length = 0;
    uint8_t n;

    if (!bytes)
        return DNS_READ_NO_MEMORY;
    do {
        const uint8_t *string = rdata->message + rdata->at + 1;

        if (!dns_cursor_u8(rdata, &n) || !dns_cursor_skip(rdata, n)) {
            free(bytes);
            return DNS_READ_BAD_RDATA;
        }
        memcpy(bytes + length, string, n);
        length += n;
    } while (dns_cursor_left(rdata) > 0);
    bytes[length] = '\0';
    record->u.text.bytes = bytes;
    record->u.text.length = length;
    return DNS_READ_OK;
}

static enum dns_read read_tlsa(struct dns_cursor *rdata, struct dns_record *record)
{
    if (!dns_cursor_u8(rdata, &record->u.tlsa.usage) ||
        !dns_cursor_u8(rdata, &record->u.tlsa.selector) ||
        !dns_cursor_u8(rdata, &record->u.tlsa.matching))
        return DNS_READ_BAD_RDATA;
    return read_rest(rdata, &record->u.tlsa.data, &record->u.tlsa.length);
}

static enum dns_read read_rdata(struct dns_cursor *rdata, struct dns_record *record)
{
    switch (record->type) {
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
        return read_address(rdata, record);
    case DNS_TYPE_MX:
        return read_mx(rdata, record);
    case DNS_TYPE_TXT:
        return read_txt(rdata, record);
    case DNS_TYPE_TLSA:
        return read_tlsa(rdata, record);
    case DNS_TYPE_CNAME:
        return read_name(rdata, &record->u.target);
    default:
        return DNS_READ_OK;
    }
}

enum dns_read dns_record_read(struct dns_cursor *rdata, uint32_t ttl_s, struct dns_answer *answer)
{
    struct dns_record record = {.type = answer->type, .ttl_s = ttl_s};
    struct dns_record *slot = dns_answer_add(answer);
    enum dns_read read;

    if (!slot)
        return DNS_READ_NO_MEMORY;
    read = read_rdata(rdata, &record);
    if (read == DNS_READ_OK)
        *slot = record;
    else
        answer->n_records--; /* nothing was put in; the slot is free again */
    return read;
}

bool dns_record_soa_minimum(struct dns_cursor *rdata, uint32_t *minimum)
{
    struct dns_wire_name mname, rname;

    return dns_cursor_name(rdata, &mname) && dns_cursor_name(rdata, &rname) &&
           dns_cursor_skip(rdata, 16) && dns_cursor_u32(rdata, minimum) &&
           dns_cursor_left(rdata) == 0;
}
