/*
 * IP addresses as plain values, and the question whether one lies in special-use space.
 * Pure.
 */
#ifndef DNS_ADDRESS_H
#define DNS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

enum { DNS_ADDRESS_TEXT_MAX = 46 }; /* INET6_ADDRSTRLEN, NUL included */

enum dns_family { DNS_IPV4 = 4, DNS_IPV6 = 6 };

struct dns_address {
    enum dns_family family;
    uint8_t bytes[16]; /* network order; the first 4 for IPv4, the rest zero */
};

/* Reads an IPv4 or IPv6 address in text, IPv6 with or without brackets. False when it is none. */
bool dns_address_parse(const char *text, struct dns_address *out);

/* Writes the canonical text (RFC 5952), without brackets. */
void dns_address_format(const struct dns_address *address, char out[DNS_ADDRESS_TEXT_MAX]);

bool dns_address_equal(const struct dns_address *a, const struct dns_address *b);

/*
 * A hash (FNV-1a) of the address, or of its first `length` bytes where these are fewer: for tables
 * in which a collision costs little, since strangers can aim for one.
 */
uint32_t dns_address_hash(const struct dns_address *address, size_t length);

/* Fills `out` for connect(2) or bind(2) and returns its length in bytes. */
socklen_t dns_address_to_sockaddr(const struct dns_address *address, uint16_t port,
                                  struct sockaddr_storage *out);

/* The address of an AF_INET or AF_INET6 name; false for any other family. */
bool dns_address_from_sockaddr(const struct sockaddr_storage *name, struct dns_address *out);

/*
 * What kind of special-use space the address lies in, such as "loopback" or "private", or NULL for
 * an address that may be a mail server on the public Internet. IANA special-purpose registries
 * (RFC 6890 and its updates), multicast and reserved space; an IPv4 address inside IPv6 (mapped,
 * compatible, NAT64 64:ff9b::/96, 6to4, Teredo) is judged by itself too. Static string.
 */
const char *dns_address_special_use(const struct dns_address *address);

#endif
