#include "tls/hello.h"

#include <string.h>

#include "tls/suite.h"

enum {
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_HEADER_LENGTH = 5,
    RECORD_LENGTH_MAX = 16384,
    MESSAGE_CLIENT_HELLO = 1,
    MESSAGE_SERVER_HELLO = 2,
    SNI_MAX = 255,
    /* msg_type, length, server_version, random, session id length */
    SERVER_HELLO_HEAD_LENGTH = 1 + 3 + 2 + TLS_HELLO_RANDOM_LENGTH + 1,
    SESSION_ID_MAX = 32,
};

/* --- writing ---------------------------------------------------------------------------------- */

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

static void put_list16(struct writer *writer, const uint16_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put16(writer, values[i]);
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

/* The usual strong suites, so that a server that has one would take it. */
static const uint16_t strong_suites[] = {
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, /* ECDHE, AES-GCM and ChaCha20 */
    0xc023, 0xc027, 0xc024, 0xc028, 0xc009, 0xc013, 0xc00a, 0xc014, /* ECDHE, AES-CBC */
    0x009e, 0x009f, 0x0067, 0x006b, 0x0033, 0x0039,                 /* DHE-RSA, AES */
    0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035,                 /* RSA, AES */
};

static void put_suites(struct writer *writer)
{
    size_t n;
    const struct tls_suite *weak = tls_weak_suites(&n);
    size_t begin = open_length(writer);

    put_list16(writer, strong_suites, sizeof strong_suites / sizeof strong_suites[0]);
    for (size_t i = 0; i < n; i++)
        put16(writer, weak[i].id);
    put16(writer, 0x00ff); /* TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 3.3) */
    close_length(writer, begin);
}

static void put_sni(struct writer *writer, const char *sni)
{
    put16(writer, 0); /* server_name (RFC 6066 3) */
    size_t extension = open_length(writer);
    size_t list = open_length(writer);
    put8(writer, 0); /* host_name */
    size_t name = open_length(writer);
    memcpy(writer->bytes + writer->length, sni, strlen(sni));
    writer->length += strlen(sni);
    close_length(writer, name);
    close_length(writer, list);
    close_length(writer, extension);
}

static void put_extensions(struct writer *writer, const char *sni)
{
    /* x25519, secp256r1, secp384r1, secp521r1, secp224r1, secp192r1 */
    static const uint16_t groups[] = {29, 23, 24, 25, 21, 19};
    /* ECDSA, RSA-PSS and RSA with SHA-2, then SHA-1, then RSA with MD5 */
    static const uint16_t signatures[] = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401,
                                          0x0501, 0x0601, 0x0203, 0x0201, 0x0202, 0x0101};
    size_t begin = open_length(writer);

    if (sni)
        put_sni(writer, sni);
    put16(writer, 10); /* supported_groups */
    size_t extension = open_length(writer);
    size_t list = open_length(writer);
    put_list16(writer, groups, sizeof groups / sizeof groups[0]);
    close_length(writer, list);
    close_length(writer, extension);
    put16(writer, 11); /* ec_point_formats: uncompressed */
    put16(writer, 2);
    put8(writer, 1);
    put8(writer, 0);
    put16(writer, 13); /* signature_algorithms */
    extension = open_length(writer);
    list = open_length(writer);
    put_list16(writer, signatures, sizeof signatures / sizeof signatures[0]);
    close_length(writer, list);
    close_length(writer, extension);
    close_length(writer, begin);
}

size_t tls_hello_write(uint8_t out[TLS_HELLO_MAX], const char *sni,
                       const uint8_t random[TLS_HELLO_RANDOM_LENGTH])
{
    struct writer writer = {out, 0};

    if (sni && strlen(sni) > SNI_MAX)
        return 0;
    put8(&writer, RECORD_HANDSHAKE);
    put16(&writer, 0x0300); /* the record's version is not negotiated; old servers like it low */
    size_t record = open_length(&writer);
    put8(&writer, MESSAGE_CLIENT_HELLO);
    put8(&writer, 0); /* the length has 24 bits */
    size_t message = open_length(&writer);
    put16(&writer, 0x0303);
    memcpy(out + writer.length, random, TLS_HELLO_RANDOM_LENGTH);
    writer.length += TLS_HELLO_RANDOM_LENGTH;
    put8(&writer, 0); /* no session */
    put_suites(&writer);
    put8(&writer, 1); /* compression: none */
    put8(&writer, 0);
    put_extensions(&writer, sni);
    close_length(&writer, message);
    close_length(&writer, record);
    return writer.length;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Joins the payloads of handshake records until the head of a ServerHello is there. */
struct joined {
    uint8_t bytes[SERVER_HELLO_HEAD_LENGTH + SESSION_ID_MAX + 2];
    size_t length;
};

static void join(struct joined *joined, const uint8_t *bytes, size_t length)
{
    size_t room = sizeof joined->bytes - joined->length;
    size_t n = length < room ? length : room;

    memcpy(joined->bytes + joined->length, bytes, n);
    joined->length += n;
}

static enum tls_hello_status read_server_hello(const struct joined *joined,
                                               struct tls_server_hello *out)
{
    const uint8_t *bytes = joined->bytes;

    if (joined->length && bytes[0] != MESSAGE_SERVER_HELLO)
        return TLS_HELLO_BAD;
    if (joined->length < SERVER_HELLO_HEAD_LENGTH)
        return TLS_HELLO_MORE;
    size_t session = bytes[SERVER_HELLO_HEAD_LENGTH - 1];
    if (session > SESSION_ID_MAX || bytes[4] != 3)
        return TLS_HELLO_BAD;
    size_t suite = SERVER_HELLO_HEAD_LENGTH + session;
    if (joined->length < suite + 2)
        return TLS_HELLO_MORE;
    out->version = (uint16_t)(bytes[4] << 8 | bytes[5]);
    out->suite = (uint16_t)(bytes[suite] << 8 | bytes[suite + 1]);
    return TLS_HELLO_CHOSEN;
}

enum tls_hello_status tls_hello_read(const uint8_t *bytes, size_t length,
                                     struct tls_server_hello *out)
{
    struct joined joined = {.length = 0};
    enum tls_hello_status status = TLS_HELLO_MORE;
    size_t at = 0;

    *out = (struct tls_server_hello){.alert = -1};
    while (status == TLS_HELLO_MORE && length - at >= RECORD_HEADER_LENGTH) {
        const uint8_t *record = bytes + at;
        size_t payload = (size_t)(record[3] << 8 | record[4]);
        size_t there = length - at - RECORD_HEADER_LENGTH;
        bool alert = record[0] == RECORD_ALERT;
        if ((record[0] != RECORD_HANDSHAKE && !alert) || record[1] != 3 || payload == 0 ||
            payload > RECORD_LENGTH_MAX || (alert && payload != 2))
            return TLS_HELLO_BAD;
        if (alert && there < 2)
            break;
        if (alert) {
            out->alert = record[RECORD_HEADER_LENGTH + 1];
            return TLS_HELLO_ALERT;
        }
        join(&joined, record + RECORD_HEADER_LENGTH, there < payload ? there : payload);
        status = read_server_hello(&joined, out);
        if (there < payload)
            break;
        at += RECORD_HEADER_LENGTH + payload;
    }
    if (status == TLS_HELLO_MORE && length > TLS_HELLO_ANSWER_MAX)
        return TLS_HELLO_BAD;
    return status;
}
