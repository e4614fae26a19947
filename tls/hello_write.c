#include "tls/hello.h"

#include <string.h>

#include "tls/suite.h"

enum {
    RECORD_HANDSHAKE = 22,
    MESSAGE_CLIENT_HELLO = 1,
    VERSION_SSL3 = 0x0300,
    VERSION_TLS1 = 0x0301,
    VERSION_TLS12 = 0x0303,
    VERSION_TLS13 = 0x0304,
    SESSION_ID_LENGTH = 32,
    KEY_LENGTH = 32,
    SNI_MAX = 255,
};

enum extension {
    EXTENSION_SERVER_NAME = 0,             /* RFC 6066 3 */
    EXTENSION_SUPPORTED_GROUPS = 10,       /* RFC 8422 5.1.1, RFC 8446 4.2.7 */
    EXTENSION_EC_POINT_FORMATS = 11,       /* RFC 8422 5.1.2 */
    EXTENSION_SIGNATURE_ALGORITHMS = 13,   /* RFC 8446 4.2.3 */
    EXTENSION_EXTENDED_MASTER_SECRET = 23, /* RFC 7627 5.1: some servers insist on it */
    EXTENSION_SUPPORTED_VERSIONS = 43,     /* RFC 8446 4.2.1 */
    EXTENSION_KEY_SHARE = 51,              /* RFC 8446 4.2.8 */
    GROUP_X25519 = 29,
};

struct writer {
    uint8_t *bytes;
    size_t length;
};

static void put8(struct writer *writer, unsigned value)
{
    writer->bytes[writer->length++] = (uint8_t)value;
}

static void put16(struct writer *writer, unsigned value)
{
    put8(writer, value >> 8);
    put8(writer, value & 0xff);
}

static void put_bytes(struct writer *writer, const void *bytes, size_t length)
{
    memcpy(writer->bytes + writer->length, bytes, length);
    writer->length += length;
}

/* Leaves room for a 16-bit length and returns where; close_length fills it in. */
static size_t open_length(struct writer *writer)
{
    put16(writer, 0);
    return writer->length;
}

static void close_length(struct writer *writer, size_t begin)
{
    size_t length = writer->length - begin;

    writer->bytes[begin - 2] = (uint8_t)(length >> 8);
    writer->bytes[begin - 1] = (uint8_t)length;
}

static size_t open_extension(struct writer *writer, enum extension type)
{
    put16(writer, type);
    return open_length(writer);
}

static void put_list_extension(struct writer *writer, enum extension type, const uint16_t *values,
                               size_t n)
{
    size_t extension = open_extension(writer, type);
    size_t list = open_length(writer);

    for (size_t i = 0; i < n; i++)
        put16(writer, values[i]);
    close_length(writer, list);
    close_length(writer, extension);
}

/* --- suites ----------------------------------------------------------------------------------- */

/* TLS 1.3 has suites of its own; a suite older than a version lives on in it up to TLS 1.2. */
static bool offers(const struct tls_hello_offer *offer, const struct tls_suite *suite)
{
    bool fits = offer->version == VERSION_TLS13 ? suite->least_version == VERSION_TLS13
                                                : suite->least_version <= offer->version;

    return fits && (offer->classes & suite->classes) && suite->id != offer->without;
}

bool tls_hello_offers(const struct tls_hello_offer *offer, uint16_t suite)
{
    const struct tls_suite *found = tls_suite_find(suite);

    return found && offers(offer, found);
}

static void put_suites(struct writer *writer, const struct tls_hello_offer *offer)
{
    size_t n;
    const struct tls_suite *suites = tls_suites(&n);
    size_t begin = open_length(writer);

    for (size_t i = 0; i < n; i++) {
        const struct tls_suite *suite = &suites[offer->reversed ? n - 1 - i : i];
        if (offers(offer, suite))
            put16(writer, suite->id);
    }
    if (offer->version != VERSION_TLS13)
        put16(writer, 0x00ff); /* TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 3.3) */
    close_length(writer, begin);
}

/* --- extensions ------------------------------------------------------------------------------- */

static void put_sni(struct writer *writer, const char *sni)
{
    size_t extension = open_extension(writer, EXTENSION_SERVER_NAME);
    size_t list = open_length(writer);

    put8(writer, 0); /* host_name */
    size_t name = open_length(writer);
    put_bytes(writer, sni, strlen(sni));
    close_length(writer, name);
    close_length(writer, list);
    close_length(writer, extension);
}

/*
 * In OpenSSL's order. The finite field groups are for TLS 1.3 alone: below, a server that knows
 * RFC 7919 would show them in place of the parameters that others get from it.
 */
static void put_groups(struct writer *writer, bool tls13)
{
    /* X25519MLKEM768, x25519, secp256r1, x448, secp521r1, secp384r1, ffdhe2048, 3072, 4096 */
    static const uint16_t groups13[] = {0x11ec, 29, 23, 30, 25, 24, 256, 257, 258};
    /* x25519, secp256r1, x448, secp521r1, secp384r1, brainpoolP512r1, P384r1, P256r1, secp256k1,
       secp224r1, secp192r1 */
    static const uint16_t groups12[] = {29, 23, 30, 25, 24, 28, 27, 26, 22, 21, 19};

    put_list_extension(writer, EXTENSION_SUPPORTED_GROUPS, tls13 ? groups13 : groups12,
                       tls13 ? sizeof groups13 / sizeof groups13[0]
                             : sizeof groups12 / sizeof groups12[0]);
}

static void put_signature_algorithms(struct writer *writer)
{
    /* ECDSA, EdDSA, RSA-PSS and RSA with SHA-2, DSA with SHA-2, then SHA-1, then RSA with MD5 */
    static const uint16_t algorithms[] = {0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805,
                                          0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
                                          0x0402, 0x0203, 0x0201, 0x0202, 0x0101};

    put_list_extension(writer, EXTENSION_SIGNATURE_ALGORITHMS, algorithms,
                       sizeof algorithms / sizeof algorithms[0]);
}

static void put_tls12_extensions(struct writer *writer)
{
    size_t extension = open_extension(writer, EXTENSION_EC_POINT_FORMATS);

    put8(writer, 1);
    put8(writer, 0); /* uncompressed */
    close_length(writer, extension);
    (void)open_extension(writer, EXTENSION_EXTENDED_MASTER_SECRET); /* empty */
}

/* Any 32 bytes are a key of x25519 (RFC 7748 5); the secret behind it is never needed. */
static void put_tls13_extensions(struct writer *writer, const uint8_t key[KEY_LENGTH])
{
    size_t extension = open_extension(writer, EXTENSION_SUPPORTED_VERSIONS);

    put8(writer, 2); /* bytes */
    put16(writer, VERSION_TLS13);
    close_length(writer, extension);
    extension = open_extension(writer, EXTENSION_KEY_SHARE);
    size_t shares = open_length(writer);
    put16(writer, GROUP_X25519);
    size_t share = open_length(writer);
    put_bytes(writer, key, KEY_LENGTH);
    close_length(writer, share);
    close_length(writer, shares);
    close_length(writer, extension);
}

static void put_extensions(struct writer *writer, uint16_t version, const char *sni,
                           const uint8_t key[KEY_LENGTH])
{
    size_t begin = open_length(writer);

    if (sni)
        put_sni(writer, sni);
    put_groups(writer, version == VERSION_TLS13);
    if (version >= VERSION_TLS12) /* RFC 5246 7.4.1.4.1: not where older versions are all */
        put_signature_algorithms(writer);
    if (version == VERSION_TLS13)
        put_tls13_extensions(writer, key);
    else
        put_tls12_extensions(writer);
    close_length(writer, begin);
}

/* --- the message ------------------------------------------------------------------------------ */

size_t tls_hello_write(uint8_t out[TLS_HELLO_MAX], const struct tls_hello_offer *offer,
                       const char *sni, const uint8_t entropy[TLS_HELLO_ENTROPY_LENGTH])
{
    const uint8_t *session_id = entropy + TLS_HELLO_RANDOM_LENGTH;
    const uint8_t *key = session_id + SESSION_ID_LENGTH;
    bool tls13 = offer->version == VERSION_TLS13;
    struct writer writer = {out, 1};

    if (sni && strlen(sni) > SNI_MAX)
        return 0;
    out[0] = RECORD_HANDSHAKE;
    /* The record's version is not negotiated; old servers like it low (RFC 8446 5.1). */
    put16(&writer, offer->version == VERSION_SSL3 ? VERSION_SSL3 : VERSION_TLS1);
    size_t record = open_length(&writer);
    put8(&writer, MESSAGE_CLIENT_HELLO);
    put8(&writer, 0); /* the length has 24 bits */
    size_t message = open_length(&writer);
    put16(&writer, tls13 ? VERSION_TLS12 : offer->version);
    put_bytes(&writer, entropy, TLS_HELLO_RANDOM_LENGTH);
    /* Middleboxes want TLS 1.3 to look like a resumption (RFC 8446 D.4). */
    put8(&writer, tls13 ? SESSION_ID_LENGTH : 0);
    put_bytes(&writer, session_id, tls13 ? SESSION_ID_LENGTH : 0);
    put_suites(&writer, offer);
    put8(&writer, 1); /* compression: none */
    put8(&writer, 0);
    if (offer->version != VERSION_SSL3)
        put_extensions(&writer, offer->version, sni, key);
    close_length(&writer, message);
    close_length(&writer, record);
    return writer.length;
}
