#include "tls/registry.h"

#include <string.h>

const char *tls_version_name(uint16_t version)
{
    static const char *const names[] = {"SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
    const size_t index = (size_t)version - 0x0300;

    return index < sizeof names / sizeof names[0] ? names[index] : NULL;
}

const char *tls_group_name(uint16_t group)
{
    static const struct {
        uint16_t id;
        const char *name;
    } groups[] = {
        {29, "x25519"},
        {23, "secp256r1"},
        {24, "secp384r1"},
        {25, "secp521r1"},
        {30, "x448"},
        {0x11ec, "X25519MLKEM768"},
        {0x11eb, "SecP256r1MLKEM768"},
        {0x11ed, "SecP384r1MLKEM1024"},
        {256, "ffdhe2048"},
        {257, "ffdhe3072"},
        {258, "ffdhe4096"},
        {259, "ffdhe6144"},
        {260, "ffdhe8192"},
        {26, "brainpoolP256r1"},
        {27, "brainpoolP384r1"},
        {28, "brainpoolP512r1"},
        {31, "brainpoolP256r1tls13"},
        {32, "brainpoolP384r1tls13"},
        {33, "brainpoolP512r1tls13"},
        {22, "secp256k1"},
        {21, "secp224r1"},
        {20, "secp224k1"},
        {19, "secp192r1"},
        {18, "secp192k1"},
    };

    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (groups[i].id == group)
            return groups[i].name;
    return NULL;
}

/*
 * The primes of RFC 7919 A: all begin with the same bits, those of e, and end with 64 set bits;
 * what differs are the length and the bytes before the end. The middle is not compared: no prime
 * that anybody uses agrees in all this by accident, and whoever wants to lie can.
 */
uint16_t tls_group_of_prime(const uint8_t *prime, size_t length)
{
    static const uint8_t head[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xad, 0xf8, 0x54, 0x58, 0xa2, 0xbb, 0x4a, 0x9a,
                                   0xaf, 0xdc, 0x56, 0x20, 0x27, 0x3d, 0x3c, 0xf1};
    static const uint8_t end[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const struct {
        uint16_t group;
        size_t length;
        uint8_t before_end[8];
    } primes[] = {
        {256, 256, {0x88, 0x6b, 0x42, 0x38, 0x61, 0x28, 0x5c, 0x97}},
        {257, 384, {0x25, 0xe4, 0x1d, 0x2b, 0x66, 0xc6, 0x2e, 0x37}},
        {258, 512, {0xc6, 0x8a, 0x00, 0x7e, 0x5e, 0x65, 0x5f, 0x6a}},
        {259, 768, {0xa4, 0x0e, 0x32, 0x9c, 0xd0, 0xe4, 0x0e, 0x65}},
        {260, 1024, {0xd6, 0x8c, 0x8b, 0xb7, 0xc5, 0xc6, 0x42, 0x4c}},
    };

    for (size_t i = 0; i < sizeof primes / sizeof primes[0]; i++) {
        if (length != primes[i].length)
            continue;
        const uint8_t *tail = prime + length - sizeof end;
        if (memcmp(prime, head, sizeof head) == 0 && memcmp(tail, end, sizeof end) == 0 &&
            memcmp(tail - sizeof end, primes[i].before_end, sizeof end) == 0)
            return primes[i].group;
    }
    return 0;
}
