#include "tls/hello.h"

#include <string.h>

#include "tls/registry.h"
#include "tls/suite.h"

enum {
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_LENGTH_MAX = 16384,
    ALERT_WARNING = 1,
    ALERT_CLOSE_NOTIFY = 0,
    MESSAGE_SERVER_HELLO = 2,
    MESSAGE_CERTIFICATE = 11,
    MESSAGE_SERVER_KEY_EXCHANGE = 12,
    MESSAGE_CERTIFICATE_STATUS = 22,
    MESSAGE_HEADER_LENGTH = 4, /* msg_type, length */
    SESSION_ID_MAX = 32,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_KEY_SHARE = 51,
    VERSION_TLS12 = 0x0303,
    VERSION_TLS13 = 0x0304,
    NAMED_CURVE = 3, /* RFC 8422 5.4: ECCurveType */
};

/* A ServerHello with this random is a HelloRetryRequest (RFC 8446 4.1.3). */
static const uint8_t retry_random[TLS_HELLO_RANDOM_LENGTH] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

/* A part of a message; every read is checked against its end. */
struct view {
    const uint8_t *bytes;
    size_t length;
};

/* Takes `length` bytes from the front. False, and nothing taken, when there are not so many. */
static bool take(struct view *view, size_t length, struct view *out)
{
    if (length > view->length)
        return false;
    *out = (struct view){view->bytes, length};
    view->bytes += length;
    view->length -= length;
    return true;
}

static bool take_number(struct view *view, size_t size, size_t *out)
{
    struct view bytes;

    if (!take(view, size, &bytes))
        return false;
    *out = 0;
    for (size_t i = 0; i < size; i++)
        *out = *out << 8 | bytes.bytes[i];
    return true;
}

/* A vector whose length stands before it in `size` bytes. */
static bool take_vector(struct view *view, size_t size, struct view *out)
{
    struct view copy = *view;
    size_t length;

    if (!take_number(&copy, size, &length) || !take(&copy, length, out))
        return false;
    *view = copy;
    return true;
}

/* --- ServerHello (RFC 8446 4.1.3) ------------------------------------------------------------- */

static void read_extension(struct tls_server_hello *hello, size_t type, struct view data)
{
    size_t number;

    if (type == EXTENSION_SUPPORTED_VERSIONS && data.length == 2 &&
        take_number(&data, 2, &number) && hello->version == VERSION_TLS12)
        hello->version = (uint16_t)number;
    else if (type == EXTENSION_KEY_SHARE && take_number(&data, 2, &number))
        hello->group = (uint16_t)number;
}

/* False when they are not as their lengths say. SSLv3 and many a TLS 1.0 server send none. */
static bool read_extensions(struct tls_server_hello *hello, struct view body)
{
    struct view extensions, data;
    size_t type;

    if (body.length == 0)
        return true;
    if (!take_vector(&body, 2, &extensions) || body.length)
        return false;
    while (extensions.length) {
        if (!take_number(&extensions, 2, &type) || !take_vector(&extensions, 2, &data))
            return false;
        read_extension(hello, type, data);
    }
    return true;
}

static bool read_server_hello(struct tls_server_hello *hello, struct view body)
{
    struct view random, session_id;
    size_t version, suite, compression;

    if (!take_number(&body, 2, &version) || version >> 8 != 3 ||
        !take(&body, TLS_HELLO_RANDOM_LENGTH, &random) || !take_vector(&body, 1, &session_id) ||
        session_id.length > SESSION_ID_MAX || !take_number(&body, 2, &suite) ||
        !take_number(&body, 1, &compression))
        return false;
    struct tls_server_hello said = {.chosen = true,
                                    .version = (uint16_t)version,
                                    .suite = (uint16_t)suite,
                                    .alert = hello->alert};
    if (!read_extensions(&said, body))
        return false;
    if (said.version == VERSION_TLS13)
        said.retry = memcmp(random.bytes, retry_random, sizeof retry_random) == 0;
    else
        said.group = 0; /* key_share is of no other version */
    *hello = said;
    return true;
}

/* Does the group come in a message of its own? */
static bool awaits_key_exchange(const struct tls_server_hello *hello)
{
    const struct tls_suite *suite = tls_suite_find(hello->suite);

    return suite && hello->version <= VERSION_TLS12 &&
           (suite->exchange == TLS_EXCHANGE_DHE || suite->exchange == TLS_EXCHANGE_ECDHE);
}

/* --- ServerKeyExchange (RFC 5246 7.4.3, RFC 8422 5.4) ----------------------------------------- */

static unsigned bits_of(const uint8_t *number, size_t length)
{
    unsigned bits = (unsigned)length * 8;

    for (unsigned mask = 0x80; length && mask && !(number[0] & mask); mask >>= 1)
        bits--;
    return bits;
}

static void read_key_exchange(struct tls_server_hello *hello, struct view body)
{
    const struct tls_suite *suite = tls_suite_find(hello->suite);
    struct view prime;
    size_t type, group;

    if (!suite)
        return;
    if (suite->exchange == TLS_EXCHANGE_ECDHE) {
        if (take_number(&body, 1, &type) && type == NAMED_CURVE && take_number(&body, 2, &group))
            hello->group = (uint16_t)group;
        return;
    }
    if (!take_vector(&body, 2, &prime))
        return;
    while (prime.length && !prime.bytes[0])
        (void)take_number(&prime, 1, &type);
    hello->prime_bits = bits_of(prime.bytes, prime.length);
    hello->group = tls_group_of_prime(prime.bytes, prime.length);
}

/* --- messages --------------------------------------------------------------------------------- */

static size_t message_whole(const struct tls_hello_reader *reader)
{
    const uint8_t *head = reader->message;

    return MESSAGE_HEADER_LENGTH + ((size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3]);
}

/* The message is whole; what is longer than the reader keeps can only be passed over. */
static enum tls_hello_status on_message(struct tls_hello_reader *reader)
{
    struct tls_server_hello *hello = &reader->hello;
    const struct view body = {reader->message + MESSAGE_HEADER_LENGTH,
                              reader->message_length - MESSAGE_HEADER_LENGTH};
    bool kept = reader->message_length <= sizeof reader->message;

    if (!hello->chosen) {
        if (!kept || !read_server_hello(hello, body))
            return TLS_HELLO_BAD;
        return awaits_key_exchange(hello) ? TLS_HELLO_MORE : TLS_HELLO_CHOSEN;
    }
    if (reader->message[0] == MESSAGE_SERVER_KEY_EXCHANGE && kept)
        read_key_exchange(hello, body);
    return TLS_HELLO_CHOSEN;
}

/* Which messages may come, known as soon as their first byte is. */
static bool is_due(const struct tls_hello_reader *reader)
{
    uint8_t type = reader->message[0];

    return reader->hello.chosen
               ? type == MESSAGE_CERTIFICATE || type == MESSAGE_CERTIFICATE_STATUS ||
                     type == MESSAGE_SERVER_KEY_EXCHANGE
               : type == MESSAGE_SERVER_HELLO;
}

/* Takes bytes of one message: to the end of its header, or from there to its own end. */
static size_t take_message(struct tls_hello_reader *reader, const uint8_t *bytes, size_t length)
{
    size_t have = reader->message_length;
    size_t end = have < MESSAGE_HEADER_LENGTH ? MESSAGE_HEADER_LENGTH : message_whole(reader);
    size_t n = length < end - have ? length : end - have;
    size_t room = have < sizeof reader->message ? sizeof reader->message - have : 0;

    memcpy(reader->message + (room ? have : 0), bytes, n < room ? n : room);
    reader->message_length += n;
    if (!is_due(reader)) {
        /* Behind the ServerHello another message only means that the group is not told. */
        reader->status = reader->hello.chosen ? TLS_HELLO_CHOSEN : TLS_HELLO_BAD;
        return n;
    }
    if (reader->message_length < MESSAGE_HEADER_LENGTH ||
        reader->message_length < message_whole(reader))
        return n;
    bool passed_over = reader->hello.chosen && reader->message[0] != MESSAGE_SERVER_KEY_EXCHANGE;
    if (!passed_over)
        reader->status = on_message(reader);
    reader->message_length = 0;
    return n;
}

/* --- records ---------------------------------------------------------------------------------- */

/* What came of a record's header, judged as early as it can be. */
static bool header_fits(const uint8_t *header, size_t length)
{
    bool alert = header[0] == RECORD_ALERT;

    if (header[0] != RECORD_HANDSHAKE && !alert)
        return false;
    if (length >= 2 && header[1] != 3)
        return false;
    if (length < 5)
        return true;
    size_t payload = (size_t)header[3] << 8 | header[4];
    return alert ? payload == 2 : payload > 0 && payload <= RECORD_LENGTH_MAX;
}

static size_t take_header(struct tls_hello_reader *reader, const uint8_t *bytes, size_t length)
{
    size_t missing = sizeof reader->header - reader->header_length;
    size_t n = length < missing ? length : missing;

    memcpy(reader->header + reader->header_length, bytes, n);
    reader->header_length += n;
    if (!header_fits(reader->header, reader->header_length))
        reader->status = TLS_HELLO_BAD;
    else if (reader->header_length == sizeof reader->header)
        reader->payload = (size_t)reader->header[3] << 8 | reader->header[4];
    return n;
}

static size_t take_alert(struct tls_hello_reader *reader, const uint8_t *bytes)
{
    reader->alert[2 - reader->payload] = bytes[0];
    if (reader->payload == 1 &&
        (reader->alert[0] != ALERT_WARNING || reader->alert[1] == ALERT_CLOSE_NOTIFY)) {
        reader->hello.alert = reader->alert[1];
        reader->status = TLS_HELLO_ALERT;
    }
    return 1;
}

static size_t take_payload(struct tls_hello_reader *reader, const uint8_t *bytes, size_t length)
{
    size_t most = length < reader->payload ? length : reader->payload;
    size_t n = reader->header[0] == RECORD_ALERT ? take_alert(reader, bytes)
                                                 : take_message(reader, bytes, most);

    reader->payload -= n;
    if (reader->payload == 0)
        reader->header_length = 0;
    return n;
}

void tls_hello_reader_init(struct tls_hello_reader *reader)
{
    *reader = (struct tls_hello_reader){.hello = {.alert = -1}, .status = TLS_HELLO_MORE};
}

enum tls_hello_status tls_hello_reader_feed(struct tls_hello_reader *reader, const uint8_t *bytes,
                                            size_t length)
{
    while (length && reader->status == TLS_HELLO_MORE) {
        size_t n = reader->payload == 0 ? take_header(reader, bytes, length)
                                        : take_payload(reader, bytes, length);
        bytes += n;
        length -= n;
        reader->seen += n;
        if (reader->seen >= TLS_HELLO_ANSWER_MAX && reader->status == TLS_HELLO_MORE)
            reader->status = TLS_HELLO_BAD;
    }
    return reader->status;
}
