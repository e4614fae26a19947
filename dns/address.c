#include "dns/address.h"

#include <stddef.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

/* "[", the longest address, "]" and NUL. */
enum { PARSE_MAX = DNS_ADDRESS_TEXT_MAX + 2 };

struct block {
    uint8_t prefix[16];
    unsigned bits;
    const char *what;
};

/* IANA IPv4 Special-Purpose Address Registry, then RFC 5771 and RFC 1112. First match counts. */
static const struct block ipv4_blocks[] = {
    {{0}, 8, "this network"},                           /* RFC 791 3.2 */
    {{10}, 8, "private"},                               /* RFC 1918 */
    {{100, 64}, 10, "shared address space"},            /* RFC 6598 */
    {{127}, 8, "loopback"},                             /* RFC 1122 3.2.1.3 */
    {{169, 254}, 16, "link-local"},                     /* RFC 3927 */
    {{172, 16}, 12, "private"},                         /* RFC 1918 */
    {{192, 0, 0}, 24, "IETF protocol assignment"},      /* RFC 6890 2.1 */
    {{192, 0, 2}, 24, "documentation"},                 /* RFC 5737 */
    {{192, 31, 196}, 24, "AS112"},                      /* RFC 7535 */
    {{192, 52, 193}, 24, "automatic multicast tunnel"}, /* RFC 7450 */
    {{192, 88, 99}, 24, "6to4 relay anycast"},          /* RFC 7526 */
    {{192, 168}, 16, "private"},                        /* RFC 1918 */
    {{192, 175, 48}, 24, "AS112"},                      /* RFC 7534 */
    {{198, 18}, 15, "benchmarking"},                    /* RFC 2544 */
    {{198, 51, 100}, 24, "documentation"},              /* RFC 5737 */
    {{203, 0, 113}, 24, "documentation"},               /* RFC 5737 */
    {{224}, 4, "multicast"},                            /* RFC 5771 */
    {{255, 255, 255, 255}, 32, "limited broadcast"},    /* RFC 919 */
    {{240}, 4, "reserved"},                             /* RFC 1112 4 */
};

/*
 * IANA IPv6 Special-Purpose Address Registry. The blocks that carry an IPv4 address are apart, see
 * below. What lies outside of 2000::/3 and is not named is reserved (RFC 4291 2.4).
 */
static const struct block ipv6_blocks[] = {
    {{[15] = 1}, 128, "loopback"},                                 /* RFC 4291 2.5.3 */
    {{0}, 128, "unspecified"},                                     /* RFC 4291 2.5.2 */
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, "local-use NAT64"}, /* RFC 8215 */
    {{0x01, 0x00}, 64, "discard-only"},                            /* RFC 6666 */
    {{0x01, 0x00, [7] = 0x01}, 64, "dummy prefix"},                /* RFC 9780 */
    {{0x20, 0x01, 0x00, 0x02}, 48, "benchmarking"},                /* RFC 5180 */
    {{0x20, 0x01, 0x00, 0x03}, 32, "automatic multicast tunnel"},  /* RFC 7450 */
    {{0x20, 0x01, 0x00, 0x04, 0x01, 0x12}, 48, "AS112"},           /* RFC 7535 */
    {{0x20, 0x01, 0x00, 0x10}, 28, "ORCHID"},                      /* RFC 4843 */
    {{0x20, 0x01, 0x00, 0x20}, 28, "ORCHID"},                      /* RFC 7343 */
    {{0x20, 0x01, 0x00, 0x30}, 28, "drone remote identification"}, /* RFC 9374 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "documentation"},               /* RFC 3849 */
    {{0x20, 0x01}, 23, "IETF protocol assignment"},                /* RFC 2928 */
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48, "AS112"},           /* RFC 7534 */
    {{0x3f, 0xff}, 20, "documentation"},                           /* RFC 9637 */
    {{0x5f, 0x00}, 16, "segment routing"},                         /* RFC 9602 */
    {{0xfc}, 7, "unique local"},                                   /* RFC 4193 */
    {{0xfe, 0x80}, 10, "link-local"},                              /* RFC 4291 2.5.6 */
    {{0xfe, 0xc0}, 10, "site-local"},                              /* RFC 3879 */
    {{0xff}, 8, "multicast"},                                      /* RFC 4291 2.7 */
};

static const struct block global_unicast = {{0x20}, 3, "global unicast"};
static const struct block nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96, "NAT64"};   /* RFC 6052 */
static const struct block sixtofour = {{0x20, 0x02}, 16, "6to4"};            /* RFC 3056 */
static const struct block teredo = {{0x20, 0x01, 0x00, 0x00}, 32, "Teredo"}; /* RFC 4380 */
static const struct block mapped = {{[10] = 0xff, 0xff}, 96, "IPv4-mapped"}; /* RFC 4291 */
static const struct block compatible = {{0}, 96, "IPv4-compatible"};         /* RFC 4291 */

static bool in_block(const uint8_t *bytes, const struct block *block)
{
    unsigned whole = block->bits / 8;
    unsigned rest = block->bits % 8;

    if (memcmp(bytes, block->prefix, whole) != 0)
        return false;
    return rest == 0 || ((bytes[whole] ^ block->prefix[whole]) >> (8 - rest)) == 0;
}

static const char *find_block(const uint8_t *bytes, const struct block *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (in_block(bytes, &blocks[i]))
            return blocks[i].what;
    return NULL;
}

static const char *ipv4_special_use(const uint8_t *bytes)
{
    return find_block(bytes, ipv4_blocks, sizeof ipv4_blocks / sizeof ipv4_blocks[0]);
}

/* RFC 4380 4: bytes 4 to 7 are the server, the last four the client, every bit inverted. */
static const char *teredo_special_use(const uint8_t *bytes)
{
    uint8_t client[4];
    const char *what = ipv4_special_use(bytes + 4);

    for (size_t i = 0; i < sizeof client; i++)
        client[i] = bytes[12 + i] ^ 0xff;
    return what ? what : ipv4_special_use(client);
}

static const char *ipv6_special_use(const uint8_t *bytes)
{
    const char *what = NULL;

    if (in_block(bytes, &teredo))
        return teredo_special_use(bytes);
    if (in_block(bytes, &nat64))
        return ipv4_special_use(bytes + 12);
    if (in_block(bytes, &sixtofour))
        return ipv4_special_use(bytes + 2);

    what = find_block(bytes, ipv6_blocks, sizeof ipv6_blocks / sizeof ipv6_blocks[0]);
    if (!what && (in_block(bytes, &mapped) || in_block(bytes, &compatible))) {
        /* Never seen on the Internet, whatever is inside; but what is inside says more. */
        what = ipv4_special_use(bytes + 12);
        return what ? what : "IPv4 inside IPv6";
    }
    if (!what && !in_block(bytes, &global_unicast))
        what = "reserved";
    return what;
}

bool dns_address_parse(const char *text, struct dns_address *out)
{
    char inner[PARSE_MAX];
    size_t length = strlen(text);
    bool brackets = length >= 2 && text[0] == '[' && text[length - 1] == ']';

    memset(out, 0, sizeof *out);
    if (length >= PARSE_MAX)
        return false;
    if (brackets)
        length -= 2;
    memcpy(inner, brackets ? text + 1 : text, length);
    inner[length] = '\0';

    if (!brackets && inet_pton(AF_INET, inner, out->bytes) == 1) {
        out->family = DNS_IPV4;
        return true;
    }
    if (inet_pton(AF_INET6, inner, out->bytes) == 1) {
        out->family = DNS_IPV6;
        return true;
    }
    memset(out, 0, sizeof *out);
    return false;
}

void dns_address_format(const struct dns_address *address, char out[DNS_ADDRESS_TEXT_MAX])
{
    int family = address->family == DNS_IPV4 ? AF_INET : AF_INET6;

    if (inet_ntop(family, address->bytes, out, DNS_ADDRESS_TEXT_MAX) == NULL)
        out[0] = '\0';
}

bool dns_address_equal(const struct dns_address *a, const struct dns_address *b)
{
    size_t length = a->family == DNS_IPV4 ? 4 : 16;

    return a->family == b->family && memcmp(a->bytes, b->bytes, length) == 0;
}

uint32_t dns_address_hash(const struct dns_address *address, size_t length)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < sizeof address->bytes && i < length; i++)
        hash = (hash ^ address->bytes[i]) * 16777619U;
    hash ^= hash >> 15;
    hash *= 2246822519U;
    return hash ^ hash >> 13;
}

socklen_t dns_address_to_sockaddr(const struct dns_address *address, uint16_t port,
                                  struct sockaddr_storage *out)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

    memset(out, 0, sizeof *out);
    if (address->family == DNS_IPV4) {
        memcpy(&ipv4.sin_addr, address->bytes, sizeof ipv4.sin_addr);
        memcpy(out, &ipv4, sizeof ipv4);
        return sizeof ipv4;
    }
    memcpy(&ipv6.sin6_addr, address->bytes, sizeof ipv6.sin6_addr);
    memcpy(out, &ipv6, sizeof ipv6);
    return sizeof ipv6;
}

bool dns_address_from_sockaddr(const struct sockaddr_storage *name, struct dns_address *out)
{
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;

    *out = (struct dns_address){0};
    if (name->ss_family == AF_INET) {
        memcpy(&ipv4, name, sizeof ipv4);
        out->family = DNS_IPV4;
        memcpy(out->bytes, &ipv4.sin_addr, sizeof ipv4.sin_addr);
        return true;
    }
    if (name->ss_family != AF_INET6)
        return false;
    memcpy(&ipv6, name, sizeof ipv6);
    out->family = DNS_IPV6;
    memcpy(out->bytes, &ipv6.sin6_addr, sizeof ipv6.sin6_addr);
    return true;
}

const char *dns_address_special_use(const struct dns_address *address)
{
    if (address->family == DNS_IPV4)
        return ipv4_special_use(address->bytes);
    return ipv6_special_use(address->bytes);
}
