/*
 * Writes DNS messages byte by byte for the tests of dns: an encoder of its own that shares no code
 * with the decoder under test.
 */
#ifndef TESTS_DNS_WIRE_BUILDER_H
#define TESTS_DNS_WIRE_BUILDER_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wire {
    size_t length;
    uint8_t bytes[65535];
};

enum wire_flags {
    WIRE_QR = 0x8000,
    WIRE_AA = 0x0400,
    WIRE_TC = 0x0200,
    WIRE_RD = 0x0100,
    WIRE_RA = 0x0080,
    WIRE_AD = 0x0020,
    WIRE_CD = 0x0010,
    WIRE_RESPONSE = WIRE_QR | WIRE_RD | WIRE_RA,
};

enum { WIRE_NAME_AT = 12 }; /* where the question's name stands: the usual pointer */

static inline void wire_u8(struct wire *wire, unsigned value)
{
    assert(wire->length < sizeof wire->bytes);
    wire->bytes[wire->length++] = (uint8_t)value;
}

static inline void wire_u16(struct wire *wire, unsigned value)
{
    wire_u8(wire, value >> 8);
    wire_u8(wire, value & 0xff);
}

static inline void wire_u32(struct wire *wire, uint32_t value)
{
    wire_u16(wire, value >> 16);
    wire_u16(wire, value & 0xffff);
}

static inline void wire_bytes(struct wire *wire, const void *bytes, size_t n)
{
    assert(n <= sizeof wire->bytes - wire->length);
    memcpy(wire->bytes + wire->length, bytes, n);
    wire->length += n;
}

/* Labels of plain text, without compression; "" is the root. */
static inline void wire_name(struct wire *wire, const char *name)
{
    while (*name != '\0') {
        size_t n = strcspn(name, ".");

        wire_u8(wire, (unsigned)n);
        wire_bytes(wire, name, n);
        name += n + (name[n] == '.');
    }
    wire_u8(wire, 0);
}

static inline void wire_pointer(struct wire *wire, size_t target)
{
    wire_u16(wire, 0xc000 | (unsigned)target);
}

static inline void wire_set_u16(struct wire *wire, size_t at, unsigned value)
{
    wire->bytes[at] = (uint8_t)(value >> 8);
    wire->bytes[at + 1] = (uint8_t)value;
}

/* Header with one question; the other counts are raised by wire_rr. */
static inline void wire_start(struct wire *wire, unsigned flags, const char *name, unsigned type)
{
    wire->length = 0;
    wire_u16(wire, 0x1234);
    wire_u16(wire, flags);
    wire_u16(wire, 1);
    wire_u16(wire, 0);
    wire_u16(wire, 0);
    wire_u16(wire, 0);
    wire_name(wire, name);
    wire_u16(wire, type);
    wire_u16(wire, 1);
}

enum wire_section { WIRE_ANSWER = 6, WIRE_AUTHORITY = 8, WIRE_ADDITIONAL = 10 };

/* Owner, type, class IN, TTL; returns where RDLENGTH is, for wire_rr_end. NULL: the question. */
static inline size_t wire_rr(struct wire *wire, enum wire_section section, const char *owner,
                             unsigned type, uint32_t ttl)
{
    size_t at = (size_t)section;

    wire_set_u16(wire, at, (unsigned)(wire->bytes[at] << 8 | wire->bytes[at + 1]) + 1);
    if (owner != NULL)
        wire_name(wire, owner);
    else
        wire_pointer(wire, WIRE_NAME_AT);
    wire_u16(wire, type);
    wire_u16(wire, 1);
    wire_u32(wire, ttl);
    wire_u16(wire, 0);
    return wire->length - 2;
}

static inline void wire_rr_end(struct wire *wire, size_t rdlength_at)
{
    wire_set_u16(wire, rdlength_at, (unsigned)(wire->length - rdlength_at - 2));
}

static inline void wire_rr_bytes(struct wire *wire, enum wire_section section, const char *owner,
                                 unsigned type, uint32_t ttl, const void *bytes, size_t n)
{
    size_t at = wire_rr(wire, section, owner, type, ttl);

    wire_bytes(wire, bytes, n);
    wire_rr_end(wire, at);
}

static inline void wire_cname(struct wire *wire, const char *owner, uint32_t ttl,
                              const char *target)
{
    size_t at = wire_rr(wire, WIRE_ANSWER, owner, 5, ttl);

    wire_name(wire, target);
    wire_rr_end(wire, at);
}

static inline void wire_mx(struct wire *wire, const char *owner, uint32_t ttl, unsigned preference,
                           const char *host)
{
    size_t at = wire_rr(wire, WIRE_ANSWER, owner, 15, ttl);

    wire_u16(wire, preference);
    wire_name(wire, host);
    wire_rr_end(wire, at);
}

static inline void wire_a(struct wire *wire, const char *owner, uint32_t ttl, uint32_t address)
{
    size_t at = wire_rr(wire, WIRE_ANSWER, owner, 1, ttl);

    wire_u32(wire, address);
    wire_rr_end(wire, at);
}

static inline void wire_soa(struct wire *wire, const char *owner, uint32_t ttl, uint32_t minimum)
{
    size_t at = wire_rr(wire, WIRE_AUTHORITY, owner, 6, ttl);

    wire_name(wire, "ns.example");
    wire_name(wire, "hostmaster.example");
    wire_u32(wire, 1);
    wire_u32(wire, 3600);
    wire_u32(wire, 600);
    wire_u32(wire, 86400);
    wire_u32(wire, minimum);
    wire_rr_end(wire, at);
}

/* An OPT record with the upper bits of the rcode and, when code >= 0, one EDE option. */
static inline void wire_opt(struct wire *wire, unsigned extended_rcode, int code, const char *text)
{
    size_t at = wire_rr(wire, WIRE_ADDITIONAL, "", 41, (uint32_t)extended_rcode << 24);

    if (code >= 0) {
        wire_u16(wire, 15);
        wire_u16(wire, (unsigned)(2 + strlen(text)));
        wire_u16(wire, (unsigned)code);
        wire_bytes(wire, text, strlen(text));
    }
    wire_rr_end(wire, at);
}

#endif
