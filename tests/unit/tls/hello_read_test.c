/*
 * What is read of the answers of OpenSSL servers in memory, whole, split, cut and broken; then of
 * answers made by hand.
 */
#include "hello_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "tls/suite.h"

enum {
    HEAD = 5, /* of a record */
    ALL = TLS_SUITES_ALL,
    STRONG = 1 << TLS_SUITE_STRONG,
};

/* Feeds a copy on the heap that is exactly as long, so that a read beyond the end is seen. */
static enum tls_hello_status feed(struct tls_hello_reader *reader, const uint8_t *bytes,
                                  size_t length)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);
    enum tls_hello_status status;

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    status = tls_hello_reader_feed(reader, copy, length);
    free(copy);
    return status;
}

static struct tls_hello_reader reader; /* 4 KiB */

static enum tls_hello_status read_whole(const uint8_t *bytes, size_t length)
{
    tls_hello_reader_init(&reader);
    return feed(&reader, bytes, length);
}

static void same(const struct tls_server_hello *got, const struct tls_server_hello *wanted)
{
    assert_int_equal(got->chosen, wanted->chosen);
    assert_int_equal(got->version, wanted->version);
    assert_int_equal(got->suite, wanted->suite);
    assert_int_equal(got->group, wanted->group);
    assert_int_equal(got->prime_bits, wanted->prime_bits);
    assert_int_equal(got->retry, wanted->retry);
    assert_int_equal(got->alert, wanted->alert);
}

/* ----- what OpenSSL's servers choose ----- */

#define SSL3 0x0300
#define TLS10 0x0301
#define TLS11 0x0302
#define TLS12 0x0303
#define TLS13 0x0304
#define RSA MINT_RSA_2048
#define EC MINT_EC_P256
/* version, suite, group, size of the prime */
#define CHOSEN(version, suite, group, bits)          \
    TLS_HELLO_CHOSEN,                                \
    {                                                \
        true, version, suite, group, bits, false, -1 \
    }
#define RETRY(suite, group)                    \
    TLS_HELLO_CHOSEN,                          \
    {                                          \
        true, TLS13, suite, group, 0, true, -1 \
    }
#define ALERT(alert)                    \
    TLS_HELLO_ALERT,                    \
    {                                   \
        false, 0, 0, 0, 0, false, alert \
    }

/* Numbers: IANA "TLS Cipher Suites", "TLS Supported Groups"; alerts: RFC 8446 6. */
static const struct choice_case {
    const char *name;
    struct hello_server server;
    struct tls_hello_offer offer;
    enum tls_hello_status status;
    struct tls_server_hello hello;
} choices[] = {
    /* clang-format off */
    {"TLS 1.3", {.key = EC}, {TLS13, ALL, false, 0}, CHOSEN(TLS13, 0x1302, 29, 0)},
    {"TLS 1.3, RSA", {.key = RSA}, {TLS13, STRONG, false, 0}, CHOSEN(TLS13, 0x1302, 29, 0)},
    {"TLS 1.3, another group", {.groups = "P-384"}, {TLS13, ALL, false, 0}, RETRY(0x1302, 24)},
    {"TLS 1.3, finite field", {.groups = "ffdhe3072"}, {TLS13, ALL, false, 0}, RETRY(0x1302, 257)},
    {"TLS 1.3, no such group", {.groups = "ffdhe8192"}, {TLS13, ALL, false, 0}, ALERT(40)},
    {"TLS 1.3 to a server of 1.2", {.max_version = TLS1_2_VERSION}, {TLS13, ALL, false, 0}, ALERT(70)},
    {"TLS 1.2, RSA", {.key = RSA}, {TLS12, ALL, false, 0}, CHOSEN(TLS12, 0xc030, 29, 0)},
    {"TLS 1.2, ECDSA", {.key = EC}, {TLS12, STRONG, false, 0}, CHOSEN(TLS12, 0xc02c, 29, 0)},
    {"TLS 1.2, P-521", {.groups = "P-521"}, {TLS12, ALL, false, 0}, CHOSEN(TLS12, 0xc02c, 25, 0)},
    {"TLS 1.2, brainpool", {.groups = "brainpoolP384r1"}, {TLS12, ALL, false, 0},
     CHOSEN(TLS12, 0xc02c, 27, 0)},
    {"TLS 1.2, DHE", {.key = RSA, .ciphers = "DHE-RSA-AES128-SHA256"}, {TLS12, ALL, false, 0},
     CHOSEN(TLS12, 0x0067, 0, 2048)},
    {"TLS 1.2, DHE, ffdhe2048", {.key = RSA, .ciphers = "kDHE", .dh = "ffdhe2048"},
     {TLS12, ALL, false, 0}, CHOSEN(TLS12, 0x009f, 256, 2048)},
    {"TLS 1.2, DHE, ffdhe8192", {.key = RSA, .ciphers = "kDHE", .dh = "ffdhe8192"},
     {TLS12, ALL, false, 0}, CHOSEN(TLS12, 0x009f, 260, 8192)},
    {"TLS 1.2, DHE, RFC 3526", {.key = RSA, .ciphers = "kDHE", .dh = "modp_4096"},
     {TLS12, ALL, false, 0}, CHOSEN(TLS12, 0x009f, 0, 4096)},
    {"TLS 1.2, static RSA", {.key = RSA, .ciphers = "AES256-GCM-SHA384"}, {TLS12, ALL, false, 0},
     CHOSEN(TLS12, 0x009d, 0, 0)},
    {"TLS 1.2, Camellia", {.key = RSA, .ciphers = "CAMELLIA256-SHA"}, {TLS12, ALL, false, 0},
     CHOSEN(TLS12, 0x0084, 0, 0)},
    {"TLS 1.2 to a server of 1.3", {.min_version = TLS1_3_VERSION}, {TLS12, ALL, false, 0}, ALERT(70)},
    {"TLS 1.1, ECDHE", {.key = RSA}, {TLS11, ALL, false, 0}, CHOSEN(TLS11, 0xc014, 29, 0)},
    {"TLS 1.1, DHE", {.key = RSA, .ciphers = "DHE-RSA-AES256-SHA", .dh = "ffdhe4096"},
     {TLS11, ALL, false, 0}, CHOSEN(TLS11, 0x0039, 258, 4096)},
    {"TLS 1.1 to a server of 1.0", {.key = RSA, .max_version = TLS1_VERSION}, {TLS11, ALL, false, 0},
     CHOSEN(TLS10, 0xc014, 29, 0)},
    {"TLS 1.1 to a server of 1.2", {.min_version = TLS1_2_VERSION}, {TLS11, ALL, false, 0}, ALERT(70)},
    {"TLS 1.0, ECDSA", {.key = EC}, {TLS10, ALL, false, 0}, CHOSEN(TLS10, 0xc00a, 29, 0)},
    {"TLS 1.0, static RSA", {.key = RSA, .ciphers = "AES128-SHA"}, {TLS10, ALL, false, 0},
     CHOSEN(TLS10, 0x002f, 0, 0)},
    /* RFC 6101 5.4.2: SSLv3 has no protocol_version */
    {"SSLv3 is no more", {.key = RSA}, {SSL3, ALL, false, 0}, ALERT(40)},
    {"NULL alone", {.key = RSA, .ciphers = "ALL:eNULL"}, {TLS12, 1 << TLS_SUITE_NULL, false, 0},
     CHOSEN(TLS12, 0xc010, 29, 0)},
    {"NULL is not there", {.key = RSA}, {TLS12, 1 << TLS_SUITE_NULL, false, 0}, ALERT(40)},
    {"anonymous, ECDH", {.ciphers = "AECDH-AES256-SHA"}, {TLS12, ALL, false, 0},
     CHOSEN(TLS12, 0xc019, 29, 0)},
    {"anonymous, DH", {.ciphers = "ALL", .dh = "ffdhe2048"},
     {TLS12, 1 << TLS_SUITE_ANONYMOUS, false, 0}, CHOSEN(TLS12, 0x00a7, 256, 2048)},
    {"RC4 alone", {.key = RSA, .ciphers = "ALL"}, {TLS12, 1 << TLS_SUITE_RC4, false, 0}, ALERT(40)},
    {"3DES alone", {.key = RSA, .ciphers = "ALL"}, {TLS12, 1 << TLS_SUITE_DES, false, 0}, ALERT(40)},
    {"EXPORT alone", {.key = RSA, .ciphers = "ALL"}, {TLS12, 1 << TLS_SUITE_EXPORT, false, 0},
     ALERT(40)},
    {"the client's order, reversed", {.key = RSA, .ciphers = "AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384"},
     {TLS12, ALL, true, 0}, CHOSEN(TLS12, 0x002f, 0, 0)},
    {"the server's order, reversed",
     {.key = RSA, .ciphers = "ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA", .own_order = true},
     {TLS12, ALL, true, 0}, CHOSEN(TLS12, 0xc030, 29, 0)},
    {"one suite, left out", {.key = RSA, .ciphers = "AES128-SHA"}, {TLS12, ALL, false, 0x002f},
     ALERT(40)},
    /* clang-format on */
};

enum { CHOICES = sizeof choices / sizeof *choices, FLIGHT_MAX = 8192 };

/* Asked for once: to mint RSA keys takes its time. The bytes may be changed, if changed back. */
static size_t answer(const struct choice_case *given, uint8_t **out)
{
    static uint8_t flights[CHOICES][FLIGHT_MAX], bytes[TLS_HELLO_ANSWER_MAX];
    static size_t lengths[CHOICES];
    const size_t index = (size_t)(given - choices);

    if (!lengths[index]) {
        lengths[index] =
            hello_answer(&given->server, &given->offer, "mx.example.test", NULL, bytes);
        assert_in_range(lengths[index], 1, FLIGHT_MAX);
        memcpy(flights[index], bytes, lengths[index]);
    }
    *out = flights[index];
    return lengths[index];
}

static void reads_what_a_server_chooses(void **state)
{
    const struct choice_case *given = *state;
    uint8_t *bytes;
    const size_t length = answer(given, &bytes);

    assert_int_equal(read_whole(bytes, length), given->status);
    same(&reader.hello, &given->hello);
    /* In two parts, and byte by byte. */
    for (size_t at = 0; at <= length; at++) {
        tls_hello_reader_init(&reader);
        (void)feed(&reader, bytes, at);
        assert_int_equal(feed(&reader, bytes + at, length - at), given->status);
        same(&reader.hello, &given->hello);
    }
    tls_hello_reader_init(&reader);
    for (size_t at = 0; at < length; at++)
        (void)feed(&reader, bytes + at, 1);
    assert_int_equal(reader.status, given->status);
    same(&reader.hello, &given->hello);
}

/* The handshake messages of records, put into records of at most `piece` bytes; the length. */
static size_t record_anew(uint8_t *out, const uint8_t *bytes, size_t length, size_t piece)
{
    static uint8_t joined[TLS_HELLO_ANSWER_MAX];
    size_t n = 0, end = 0;

    for (size_t at = 0; at + HEAD <= length && bytes[at] == 22;) {
        const size_t payload = (size_t)bytes[at + 3] << 8 | bytes[at + 4];
        memcpy(joined + n, bytes + at + HEAD, payload);
        n += payload;
        at += HEAD + payload;
    }
    for (size_t done = 0; done < n; done += piece) {
        const size_t part = n - done < piece ? n - done : piece;
        const uint8_t head[] = {22, 3, 1, (uint8_t)(part >> 8), (uint8_t)part};
        memcpy(out + end, head, HEAD);
        memcpy(out + end + HEAD, joined + done, part);
        end += HEAD + part;
    }
    return end;
}

/* RFC 5246 6.2.1: messages may be cut into records anywhere, and share them. */
static void reads_messages_cut_into_any_records(void **state)
{
    static uint8_t anew[TLS_HELLO_ANSWER_MAX];
    uint8_t *bytes;

    (void)state;
    for (size_t i = 0; i < CHOICES; i++) {
        if (choices[i].status != TLS_HELLO_CHOSEN || choices[i].hello.version == TLS13)
            continue;
        const size_t length = answer(&choices[i], &bytes);
        for (size_t piece = 1; piece < 3000; piece = piece < 64 ? piece + 1 : piece * 2) {
            const size_t n = record_anew(anew, bytes, length, piece);
            assert_in_range(n, 1, sizeof anew);
            assert_int_equal(read_whole(anew, n), TLS_HELLO_CHOSEN);
            same(&reader.hello, &choices[i].hello);
        }
    }
}

/* Cut anywhere: never more than was there, and the choice as soon as it was. */
static void a_cut_answer_tells_what_came(void **state)
{
    uint8_t *bytes;

    (void)state;
    for (size_t i = 0; i < CHOICES; i++) {
        const size_t length = answer(&choices[i], &bytes);
        const size_t first = HEAD + ((size_t)bytes[3] << 8 | bytes[4]);
        for (size_t at = 0; at < length; at++) {
            const enum tls_hello_status status = read_whole(bytes, at);
            assert_true(status == TLS_HELLO_MORE || status == choices[i].status);
            assert_int_equal(reader.hello.chosen, choices[i].hello.chosen && at >= first);
            if (reader.hello.chosen)
                assert_int_equal(reader.hello.suite, choices[i].hello.suite);
            if (status == TLS_HELLO_MORE)
                assert_int_equal(reader.hello.group, 0);
        }
    }
}

static void outlives_every_byte_changed(void **state)
{
    static const uint8_t values[] = {0x00, 0x01, 0x0b, 0x0c, 0x15, 0x40, 0xff};
    enum { NEAR = 160, STRIDE = 13 }; /* every byte of the ServerHello, then some of the rest */
    uint8_t *bytes;

    (void)state;
    for (size_t i = 0; i < CHOICES; i++) {
        const size_t length = answer(&choices[i], &bytes);
        for (size_t at = 0; at < length; at += at < NEAR ? 1 : STRIDE) {
            const uint8_t was = bytes[at];
            for (size_t j = 0; j < sizeof values; j++) {
                bytes[at] = values[j];
                const enum tls_hello_status status = read_whole(bytes, length);
                assert_int_equal(status == TLS_HELLO_ALERT, reader.hello.alert >= 0);
                assert_true(reader.hello.chosen || status != TLS_HELLO_CHOSEN);
                assert_true(reader.hello.chosen ||
                            (!reader.hello.version && !reader.hello.suite && !reader.hello.group));
            }
            bytes[at] = was;
        }
    }
}

/* ----- answers made by hand (RFC 5246 7.4, RFC 6101 5.6) ----- */

struct made {
    uint8_t bytes[2 * TLS_HELLO_ANSWER_MAX];
    size_t length;
};

static struct made made;

static void add(const void *bytes, size_t length)
{
    assert_in_range(length, 0, sizeof made.bytes - made.length);
    if (length)
        memcpy(made.bytes + made.length, bytes, length);
    made.length += length;
}

#define ADD(literal) add(literal, sizeof(literal) - 1)

/* A record of one handshake message, of a body that is `length` long as its header has it. */
static void begin_message(uint8_t type, size_t length)
{
    const uint8_t head[] = {22,
                            3,
                            3,
                            (uint8_t)((length + 4) >> 8),
                            (uint8_t)(length + 4),
                            type,
                            0,
                            (uint8_t)(length >> 8),
                            (uint8_t)length};
    add(head, sizeof head);
}

/* A ServerHello with those bytes behind the compression method. */
static void begin_hello(unsigned version, unsigned suite, const void *rest, size_t rest_length)
{
    static const uint8_t zeros[33]; /* the random, and no session id */
    const uint8_t head[] = {(uint8_t)(version >> 8), (uint8_t)version};
    const uint8_t tail[] = {(uint8_t)(suite >> 8), (uint8_t)suite, 0};

    made.length = 0;
    begin_message(2, 2 + 33 + 3 + rest_length);
    add(head, 2);
    add(zeros, 33);
    add(tail, 3);
    add(rest, rest_length);
}

static enum tls_hello_status read_made(void)
{
    return read_whole(made.bytes, made.length);
}

/* SSLv3 with RC4, from a server of the nineties: no extensions, a session id. */
static void reads_sslv3(void **state)
{
    static const uint8_t bytes[] = "\x16\x03\x00\x00\x4a\x02\x00\x00\x46\x03\x00"
                                   "0123456789abcdef0123456789abcdef"
                                   "\x20"
                                   "fedcba9876543210fedcba9876543210"
                                   "\x00\x04\x00";
    const struct tls_server_hello wanted = {true, SSL3, 0x0004, 0, 0, false, -1};

    (void)state;
    assert_int_equal(read_whole(bytes, sizeof bytes - 1), TLS_HELLO_CHOSEN);
    same(&reader.hello, &wanted);
}

static void passes_over_warnings(void **state)
{
    static const uint8_t unrecognized_name[] = {21, 3, 3, 0, 2, 1, 112}; /* RFC 6066 3 */
    static const uint8_t close_notify[] = {21, 3, 3, 0, 2, 1, 0};

    (void)state;
    begin_hello(TLS12, 0x002f, NULL, 0);
    memmove(made.bytes + sizeof unrecognized_name, made.bytes, made.length);
    memcpy(made.bytes, unrecognized_name, sizeof unrecognized_name);
    made.length += sizeof unrecognized_name;
    assert_int_equal(read_made(), TLS_HELLO_CHOSEN);
    assert_int_equal(reader.hello.suite, 0x002f);
    assert_int_equal(read_whole(close_notify, sizeof close_notify), TLS_HELLO_ALERT);
    assert_int_equal(reader.hello.alert, 0);
}

static void refuses_what_is_neither(void **state)
{
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1
    static const struct {
        const char *name;
        const uint8_t *bytes;
        size_t length;
    } cases[] = {
        {"SMTP", BYTES("500 5.5.1 Command unrecognized\r\n")},
        {"one byte", BYTES("5")},
        {"HTTP", BYTES("HTTP/1.0 400 Bad Request\r\n")},
        {"SSLv2 ServerHello", BYTES("\x80\x1a\x04\x00\x01\x00\x02")},
        {"application data", BYTES("\x17\x03\x03\x00\x01x")},
        {"ChangeCipherSpec", BYTES("\x14\x03\x03\x00\x01\x01")},
        {"version of another protocol", BYTES("\x16\x02")},
        {"empty record", BYTES("\x16\x03\x03\x00\x00")},
        {"record of 16385 bytes", BYTES("\x16\x03\x03\x40\x01\x02")},
        {"alert of one byte", BYTES("\x15\x03\x03\x00\x01\x02")},
        {"alert of three bytes", BYTES("\x15\x03\x03\x00\x03\x02\x28\x00")},
        {"HelloRequest", BYTES("\x16\x03\x03\x00\x04\x00\x00\x00\x00")},
        {"Certificate", BYTES("\x16\x03\x03\x00\x04\x0b\x00\x00\x03")},
        {"garbage behind half a ServerHello", BYTES("\x16\x03\x03\x00\x02\x02\x00garbage")},
        {"an empty ServerHello", BYTES("\x16\x03\x03\x00\x04\x02\x00\x00\x00")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (read_whole(cases[i].bytes, cases[i].length) != TLS_HELLO_BAD)
            fail_msg("%s", cases[i].name);
        assert_int_equal(reader.hello.alert, -1);
        assert_false(reader.hello.chosen);
    }
}

/* Lengths inside a ServerHello that do not fit the message (RFC 8446 4.1.3). */
static void refuses_lengths_that_lie(void **state)
{
    static const struct {
        const char *name;
        const uint8_t *rest;
        size_t length;
        enum tls_hello_status status;
    } cases[] = {
        {"no extensions", BYTES(""), TLS_HELLO_CHOSEN},
        {"an empty list", BYTES("\x00\x00"), TLS_HELLO_CHOSEN},
        {"half a length", BYTES("\x00"), TLS_HELLO_BAD},
        {"a list that is too long", BYTES("\x00\x05\x00\x17\x00\x00"), TLS_HELLO_BAD},
        {"a list that is too short", BYTES("\x00\x03\x00\x17\x00\x00"), TLS_HELLO_BAD},
        {"an extension that is too long", BYTES("\x00\x04\x00\x17\x00\x01"), TLS_HELLO_BAD},
        {"half an extension", BYTES("\x00\x03\x00\x17\x00"), TLS_HELLO_BAD},
        {"bytes behind the list", BYTES("\x00\x00\x00"), TLS_HELLO_BAD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin_hello(TLS12, 0x002f, cases[i].rest, cases[i].length);
        if (read_made() != cases[i].status)
            fail_msg("%s", cases[i].name);
    }
    begin_hello(TLS12, 0x002f, NULL, 0);
    made.bytes[HEAD + 4 + 2 + 32] = 33; /* RFC 5246: opaque SessionID<0..32> */
    assert_int_equal(read_made(), TLS_HELLO_BAD);
    begin_hello(0x0403, 0x002f, NULL, 0);
    assert_int_equal(read_made(), TLS_HELLO_BAD);
    for (size_t length = 0; length < 38; length++) { /* it ends too early */
        begin_hello(TLS12, 0x002f, NULL, 0);
        made.bytes[4] = (uint8_t)(length + 4);
        made.bytes[8] = (uint8_t)length;
        made.length = HEAD + 4 + length;
        assert_int_equal(read_made(), TLS_HELLO_BAD);
    }
}

static void reads_tls13_extensions(void **state)
{
    const struct tls_server_hello wanted = {true, TLS13, 0x1301, 0x11ec, 0, false, -1};
    const struct tls_server_hello draft = {true, 0x7f1c, 0x1301, 0, 0, false, -1};
    const struct tls_server_hello old = {true, TLS11, 0x002f, 0, 0, false, -1};

    (void)state;
    /* key_share before supported_versions: the order is the server's */
    begin_hello(TLS12, 0x1301, "\x00\x10\x00\x33\x00\x06\x11\xec\x00\x02xy\x00\x2b\x00\x02\x03\x04",
                18);
    assert_int_equal(read_made(), TLS_HELLO_CHOSEN);
    same(&reader.hello, &wanted);
    begin_hello(TLS12, 0x1301, "\x00\x06\x00\x2b\x00\x02\x7f\x1c", 8);
    assert_int_equal(read_made(), TLS_HELLO_CHOSEN);
    same(&reader.hello, &draft);
    /* A version below TLS 1.2 cannot be TLS 1.3 in disguise. */
    begin_hello(TLS11, 0x002f, "\x00\x06\x00\x2b\x00\x02\x03\x04", 8);
    assert_int_equal(read_made(), TLS_HELLO_CHOSEN);
    same(&reader.hello, &old);
}

/* ECDHE_RSA_WITH_AES_128_GCM_SHA256, then what a server may or may not send behind it. */
static void reads_key_exchanges(void **state)
{
    static const struct {
        const char *name;
        unsigned suite;
        const uint8_t *body;
        size_t length;
        unsigned group, bits;
    } cases[] = {
        {"named curve", 0xc02f, BYTES("\x03\x00\x17\x01x"), 23, 0},
        {"explicit prime", 0xc02f, BYTES("\x01\x00\x17\x01x"), 0, 0},
        {"empty, ECDHE", 0xc02f, BYTES(""), 0, 0},
        {"half a curve", 0xc02f, BYTES("\x03\x00"), 0, 0},
        {"a prime of 10 bits", 0x009e, BYTES("\x00\x02\x03\xff\x00\x01\x02"), 0, 10},
        {"with leading zeros", 0x009e, BYTES("\x00\x04\x00\x00\x03\xff\x00\x01\x02"), 0, 10},
        {"zero", 0x009e, BYTES("\x00\x02\x00\x00\x00\x01\x02"), 0, 0},
        {"no bytes", 0x009e, BYTES("\x00\x00\x00\x01\x02"), 0, 0},
        {"longer than the message", 0x009e, BYTES("\xff\xff\x03\xff"), 0, 0},
        {"empty, DHE", 0x009e, BYTES(""), 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct tls_server_hello wanted = {
            true,  TLS12, (uint16_t)cases[i].suite, (uint16_t)cases[i].group, cases[i].bits,
            false, -1};
        begin_hello(TLS12, cases[i].suite, NULL, 0);
        begin_message(11, 3);
        ADD("\x00\x00\x00");
        begin_message(22, 5); /* CertificateStatus (RFC 6066 8) */
        ADD("\x01\x00\x00\x01x");
        begin_message(12, cases[i].length);
        assert_int_equal(read_made(), cases[i].length ? TLS_HELLO_MORE : TLS_HELLO_CHOSEN);
        add(cases[i].body, cases[i].length);
        if (read_made() != TLS_HELLO_CHOSEN)
            fail_msg("%s", cases[i].name);
        same(&reader.hello, &wanted);
    }
}

/* Where the key exchange does not come, the choice stands without a group. */
static void ends_where_no_key_exchange_comes(void **state)
{
    static const uint8_t types[] = {0, 2, 4, 13, 14, 16, 20, 99};
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 80};
    const struct tls_server_hello wanted = {true, TLS12, 0xc02f, 0, 0, false, -1};

    (void)state;
    for (size_t i = 0; i < sizeof types; i++) {
        begin_hello(TLS12, 0xc02f, NULL, 0);
        assert_int_equal(read_made(), TLS_HELLO_MORE);
        begin_message(types[i], 0);
        made.length -= 3; /* its first byte tells */
        assert_int_equal(read_made(), TLS_HELLO_CHOSEN);
        same(&reader.hello, &wanted);
    }
    begin_hello(TLS12, 0xc02f, NULL, 0);
    ADD("500 what?\r\n");
    assert_int_equal(read_made(), TLS_HELLO_BAD);
    same(&reader.hello, &wanted);
    begin_hello(TLS12, 0xc02f, NULL, 0);
    add(alert, sizeof alert);
    assert_int_equal(read_made(), TLS_HELLO_ALERT);
    assert_true(reader.hello.chosen);
    assert_int_equal(reader.hello.alert, 80);
}

/* Certificates without end: an end is made, and the choice stands. */
static void bounds_the_answer(void **state)
{
    static uint8_t filler[16380];
    const struct tls_server_hello wanted = {true, TLS12, 0xc02f, 0, 0, false, -1};
    size_t fed;

    (void)state;
    begin_hello(TLS12, 0xc02f, NULL, 0);
    while (made.length < TLS_HELLO_ANSWER_MAX) {
        begin_message(11, sizeof filler);
        add(filler, sizeof filler);
    }
    assert_int_equal(read_made(), TLS_HELLO_BAD);
    same(&reader.hello, &wanted);
    tls_hello_reader_init(&reader);
    for (fed = 0; reader.status == TLS_HELLO_MORE; fed++)
        (void)feed(&reader, made.bytes + fed, 1);
    assert_int_equal(fed, TLS_HELLO_ANSWER_MAX);
    /* One message of 16 MB, as its header has it. */
    begin_hello(TLS12, 0xc02f, NULL, 0);
    ADD("\x16\x03\x03\x40\x00\x0b\xff\xff\xff");
    assert_int_equal(read_made(), TLS_HELLO_MORE);
    /* Warnings for ever, and a ServerHello that is longer than any is. */
    made.length = 0;
    while (made.length < TLS_HELLO_ANSWER_MAX)
        ADD("\x15\x03\x03\x00\x02\x01\x70");
    assert_int_equal(read_made(), TLS_HELLO_BAD);
    assert_false(reader.hello.chosen);
    made.length = 0;
    begin_message(2, TLS_HELLO_MESSAGE_MAX);
    add(filler, TLS_HELLO_MESSAGE_MAX);
    assert_int_equal(read_made(), TLS_HELLO_BAD);
    assert_false(reader.hello.chosen);
}

static void reads_no_more_once_it_knows(void **state)
{
    (void)state;
    begin_hello(TLS12, 0x002f, NULL, 0);
    assert_int_equal(read_made(), TLS_HELLO_CHOSEN);
    assert_int_equal(feed(&reader, (const uint8_t *)"garbage", 7), TLS_HELLO_CHOSEN);
    assert_int_equal(reader.hello.suite, 0x002f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_messages_cut_into_any_records),
        cmocka_unit_test(a_cut_answer_tells_what_came),
        cmocka_unit_test(outlives_every_byte_changed),
        cmocka_unit_test(reads_sslv3),
        cmocka_unit_test(passes_over_warnings),
        cmocka_unit_test(refuses_what_is_neither),
        cmocka_unit_test(refuses_lengths_that_lie),
        cmocka_unit_test(reads_tls13_extensions),
        cmocka_unit_test(reads_key_exchanges),
        cmocka_unit_test(ends_where_no_key_exchange_comes),
        cmocka_unit_test(bounds_the_answer),
        cmocka_unit_test(reads_no_more_once_it_knows),
    };
    struct CMUnitTest chosen[CHOICES];

    for (size_t i = 0; i < CHOICES; i++)
        chosen[i] = (struct CMUnitTest){choices[i].name, reads_what_a_server_chooses, NULL, NULL,
                                        (void *)&choices[i]};
    return cmocka_run_group_tests_name("choices", chosen, NULL, NULL) +
           cmocka_run_group_tests_name("hello_read", tests, NULL, NULL);
}
