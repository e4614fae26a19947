/*
 * The ClientHello as OpenSSL reads it, and the choices of OpenSSL servers in memory; then
 * ServerHellos made by hand, whole, split, cut and broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "support/mint.h"
#include "tls/hello.h"
#include "tls/suite.h"

static const uint8_t randomness[TLS_HELLO_RANDOM_LENGTH] = "0123456789abcdef0123456789abcde";

/* From a copy on the heap that is exactly as long, so that a read beyond the end is seen. */
static enum tls_hello_status read_exactly(const uint8_t *bytes, size_t length,
                                          struct tls_server_hello *out)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);
    enum tls_hello_status status;

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    status = tls_hello_read(copy, length, out);
    free(copy);
    return status;
}

/* ----- the ClientHello, and what servers choose ----- */

/* What OpenSSL's own reader found in the ClientHello. */
struct seen {
    bool called;
    unsigned version;
    uint8_t random[TLS_HELLO_RANDOM_LENGTH];
    uint8_t suites[TLS_HELLO_MAX];
    size_t suites_length;
    char sni[300];
};

static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
    struct seen *seen = arg;
    const uint8_t *bytes;
    size_t length;

    (void)alert;
    seen->called = true;
    seen->version = SSL_client_hello_get0_legacy_version(ssl);
    assert_int_equal(SSL_client_hello_get0_random(ssl, &bytes), sizeof seen->random);
    memcpy(seen->random, bytes, sizeof seen->random);
    seen->suites_length = SSL_client_hello_get0_ciphers(ssl, &bytes);
    assert_true(seen->suites_length <= sizeof seen->suites);
    memcpy(seen->suites, bytes, seen->suites_length);
    /* RFC 6066 3: list length, type 0, name length, name. */
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &length) == 1) {
        assert_in_range(length, 6, 5 + sizeof seen->sni - 1);
        assert_int_equal(bytes[0] << 8 | bytes[1], length - 2);
        assert_int_equal(bytes[2], 0);
        assert_int_equal(bytes[3] << 8 | bytes[4], length - 5);
        memcpy(seen->sni, bytes + 5, length - 5);
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

struct server {
    enum mint_key key;
    int min_version, max_version;
    const char *ciphers;
};

static SSL_CTX *server_context(const struct server *given, struct seen *seen)
{
    const struct mint_spec spec = {.subject = "mx", .key = given->key};
    struct mint identity = mint_certificate(&spec, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    assert_non_null(context);
    SSL_CTX_set_security_level(context, 0);
    assert_int_equal(SSL_CTX_set_min_proto_version(context, given->min_version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, given->max_version), 1);
    assert_int_equal(SSL_CTX_set_cipher_list(context, given->ciphers), 1);
    assert_int_equal(SSL_CTX_set_dh_auto(context, 1), 1);
    assert_int_equal(SSL_CTX_use_certificate(context, identity.x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, identity.key), 1);
    SSL_CTX_set_client_hello_cb(context, on_client_hello, seen);
    mint_clear(&identity);
    return context;
}

/* Lets a server in memory answer the ClientHello; returns how long the answer is. */
static size_t answer(const struct server *given, const char *sni, struct seen *seen,
                     uint8_t out[TLS_HELLO_ANSWER_MAX])
{
    SSL_CTX *context = server_context(given, seen);
    SSL *ssl = SSL_new(context);
    BIO *to = BIO_new(BIO_s_mem()), *from = BIO_new(BIO_s_mem());
    uint8_t hello[TLS_HELLO_MAX];
    const size_t length = tls_hello_write(hello, sni, randomness);
    int n;

    assert_true(ssl != NULL && to != NULL && from != NULL);
    assert_in_range(length, 1, sizeof hello);
    SSL_set_bio(ssl, to, from);
    assert_int_equal(BIO_write(to, hello, (int)length), length);
    assert_int_equal(SSL_accept(ssl), -1); /* it waits for more, or has refused */
    assert_int_equal(BIO_pending(to), 0);
    n = BIO_read(from, out, TLS_HELLO_ANSWER_MAX);
    SSL_free(ssl);
    SSL_CTX_free(context);
    assert_true(n > 0);
    return (size_t)n;
}

static const struct choice_case {
    const char *name;
    struct server server;
    enum tls_hello_status status;
    unsigned version, suite; /* TLS_HELLO_CHOSEN */
    int alert;
} choices[] = {
    {"TLS 1.2",
     {MINT_RSA_2048, 0, TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384"},
     TLS_HELLO_CHOSEN,
     0x0303,
     0xc030,
     -1},
    {"TLS 1.2, ECDSA",
     {MINT_EC_P256, 0, TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305"},
     TLS_HELLO_CHOSEN,
     0x0303,
     0xcca9,
     -1},
    {"a server of TLS 1.3 falls back",
     {MINT_RSA_2048, 0, 0, "ECDHE-RSA-AES128-GCM-SHA256"},
     TLS_HELLO_CHOSEN,
     0x0303,
     0xc02f,
     -1},
    {"DHE",
     {MINT_RSA_2048, 0, TLS1_2_VERSION, "DHE-RSA-AES128-SHA256"},
     TLS_HELLO_CHOSEN,
     0x0303,
     0x0067,
     -1},
    {"TLS 1.1",
     {MINT_RSA_2048, 0, TLS1_1_VERSION, "AES256-SHA"},
     TLS_HELLO_CHOSEN,
     0x0302,
     0x0035,
     -1},
    {"TLS 1.0",
     {MINT_RSA_2048, 0, TLS1_VERSION, "AES128-SHA"},
     TLS_HELLO_CHOSEN,
     0x0301,
     0x002f,
     -1},
    {"NULL", {MINT_RSA_2048, 0, TLS1_2_VERSION, "NULL-SHA"}, TLS_HELLO_CHOSEN, 0x0303, 0x0002, -1},
    {"NULL, ECDSA",
     {MINT_EC_P256, 0, TLS1_2_VERSION, "ECDHE-ECDSA-NULL-SHA"},
     TLS_HELLO_CHOSEN,
     0x0303,
     0xc006,
     -1},
    {"anonymous, DH",
     {MINT_RSA_2048, 0, TLS1_2_VERSION, "ADH-AES128-SHA"},
     TLS_HELLO_CHOSEN,
     0x0303,
     0x0034,
     -1},
    {"anonymous, ECDH",
     {MINT_RSA_2048, 0, TLS1_2_VERSION, "AECDH-AES256-SHA"},
     TLS_HELLO_CHOSEN,
     0x0303,
     0xc019,
     -1},
    {"no suite in common, alert 40",
     {MINT_RSA_2048, 0, TLS1_2_VERSION, "CAMELLIA256-SHA"},
     TLS_HELLO_ALERT,
     0,
     0,
     40},
    {"no version in common, alert 70",
     {MINT_RSA_2048, TLS1_3_VERSION, 0, "DEFAULT"},
     TLS_HELLO_ALERT,
     0,
     0,
     70},
};

static void reads_what_a_server_chooses(void **state)
{
    const struct choice_case *given = *state;
    struct tls_server_hello hello;
    struct seen seen = {.called = false};
    uint8_t bytes[TLS_HELLO_ANSWER_MAX];
    const size_t length = answer(&given->server, "mx.example.test", &seen, bytes);

    assert_int_equal(read_exactly(bytes, length, &hello), given->status);
    assert_int_equal(hello.version, given->version);
    assert_int_equal(hello.suite, given->suite);
    assert_int_equal(hello.alert, given->alert);
}

static const struct server any_server = {MINT_RSA_2048, 0, TLS1_2_VERSION, "DEFAULT"};

static size_t count_suite(const struct seen *seen, unsigned id)
{
    size_t n = 0;

    for (size_t i = 0; i + 1 < seen->suites_length; i += 2)
        n += (unsigned)(seen->suites[i] << 8 | seen->suites[i + 1]) == id;
    return n;
}

static void says_what_openssl_reads(void **state)
{
    struct seen seen = {.called = false};
    uint8_t bytes[TLS_HELLO_ANSWER_MAX];
    size_t n;
    const struct tls_suite *weak = tls_weak_suites(&n);

    (void)state;
    (void)answer(&any_server, "mx.example.test", &seen, bytes);
    assert_true(seen.called);
    assert_int_equal(seen.version, TLS1_2_VERSION);
    assert_memory_equal(seen.random, randomness, sizeof seen.random);
    assert_string_equal(seen.sni, "mx.example.test");
    assert_int_equal(seen.suites_length % 2, 0);
    for (size_t i = 0; i < seen.suites_length; i += 2) /* none is there twice */
        assert_int_equal(count_suite(&seen, (unsigned)(seen.suites[i] << 8 | seen.suites[i + 1])),
                         1);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(count_suite(&seen, weak[i].id), 1);
    assert_int_equal(count_suite(&seen, 0xc02f), 1);
    assert_int_equal(count_suite(&seen, 0x00ff), 1); /* RFC 5746 3.3 */
}

static void sends_the_name_or_none(void **state)
{
    struct seen seen = {.called = false};
    uint8_t bytes[TLS_HELLO_ANSWER_MAX], hello[TLS_HELLO_MAX];
    char name[257];

    (void)state;
    (void)answer(&any_server, NULL, &seen, bytes);
    assert_true(seen.called);
    assert_string_equal(seen.sni, "");
    memset(name, 'a', sizeof name);
    name[255] = '\0';
    (void)answer(&any_server, name, &seen, bytes);
    assert_string_equal(seen.sni, name);
    name[255] = 'a';
    name[256] = '\0';
    assert_int_equal(tls_hello_write(hello, name, randomness), 0);
}

/* ----- ServerHellos made by hand (RFC 5246 7.4.1.3) ----- */

enum { HEAD = 5, UP_TO_SUITE = 4 + 2 + 32 + 1 + 2 };

/* A handshake message: 0x0302, a session id of that length, RC4, no compression; its length. */
static size_t make_message(uint8_t *out, size_t session_length)
{
    const size_t length = UP_TO_SUITE + session_length + 1;

    memset(out, 0xaa, length);
    out[0] = 2;
    out[1] = out[2] = 0;
    out[3] = (uint8_t)(length - 4);
    out[4] = 3;
    out[5] = 2;
    out[38] = (uint8_t)session_length;
    out[39 + session_length] = 0;
    out[40 + session_length] = 5;
    out[41 + session_length] = 0;
    return length;
}

/* The message in records of at most `piece` bytes; the length of all. */
static size_t make_records(uint8_t *out, const uint8_t *message, size_t length, size_t piece)
{
    size_t at = 0;

    for (size_t done = 0; done < length; done += piece) {
        const size_t n = length - done < piece ? length - done : piece;
        const uint8_t head[] = {22, 3, 1, (uint8_t)(n >> 8), (uint8_t)n};
        memcpy(out + at, head, HEAD);
        memcpy(out + at + HEAD, message + done, n);
        at += HEAD + n;
    }
    return at;
}

static void reads_split_anywhere(void **state)
{
    uint8_t message[128], bytes[1024];
    struct tls_server_hello hello;

    (void)state;
    for (size_t session = 0; session <= 32; session++) {
        const size_t length = make_message(message, session);
        for (size_t piece = 1; piece <= length; piece++) {
            const size_t all = make_records(bytes, message, length, piece);
            const size_t payload = UP_TO_SUITE + session;
            const size_t enough = payload + HEAD * ((payload + piece - 1) / piece);
            for (size_t n = 0; n <= all; n++) {
                const enum tls_hello_status status = read_exactly(bytes, n, &hello);
                if (status != (n < enough ? TLS_HELLO_MORE : TLS_HELLO_CHOSEN))
                    fail_msg("session %zu, records of %zu, %zu bytes: %d", session, piece, n,
                             (int)status);
            }
            assert_int_equal(hello.version, 0x0302);
            assert_int_equal(hello.suite, 5);
            assert_int_equal(hello.alert, -1);
        }
    }
}

static void reads_an_alert_split_anywhere(void **state)
{
    static const uint8_t alert[] = {21, 3, 0, 0, 2, 2, 40, 99};
    struct tls_server_hello hello;

    (void)state;
    for (size_t n = 0; n < 7; n++) {
        assert_int_equal(read_exactly(alert, n, &hello), TLS_HELLO_MORE);
        assert_int_equal(hello.alert, -1);
    }
    for (size_t n = 7; n <= sizeof alert; n++) {
        assert_int_equal(read_exactly(alert, n, &hello), TLS_HELLO_ALERT);
        assert_int_equal(hello.alert, 40);
    }
}

#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

static void refuses_what_is_neither(void **state)
{
    static const struct {
        const char *name;
        const uint8_t *bytes;
        size_t length;
    } cases[] = {
        {"SMTP", BYTES("500 5.5.1 Command unrecognized\r\n")},
        {"HTTP", BYTES("HTTP/1.0 400 Bad Request\r\n")},
        {"SSLv2 ServerHello", BYTES("\x80\x1a\x04\x00\x01\x00\x02")},
        {"application data", BYTES("\x17\x03\x03\x00\x01x")},
        {"ChangeCipherSpec", BYTES("\x14\x03\x03\x00\x01\x01")},
        {"version of another protocol", BYTES("\x16\x02\x00\x00\x04\x02\x00\x00\x46")},
        {"empty record", BYTES("\x16\x03\x03\x00\x00")},
        {"record of 16385 bytes", BYTES("\x16\x03\x03\x40\x01\x02")},
        {"alert of one byte", BYTES("\x15\x03\x03\x00\x01\x02")},
        {"alert of three bytes", BYTES("\x15\x03\x03\x00\x03\x02\x28\x00")},
        {"HelloRequest", BYTES("\x16\x03\x03\x00\x04\x00\x00\x00\x00")},
        {"Certificate", BYTES("\x16\x03\x03\x00\x04\x0b\x00\x00\x03")},
        {"garbage behind half a ServerHello", BYTES("\x16\x03\x03\x00\x02\x02\x00garbage")},
    };
    struct tls_server_hello hello;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (read_exactly(cases[i].bytes, cases[i].length, &hello) != TLS_HELLO_BAD)
            fail_msg("%s", cases[i].name);
        assert_int_equal(hello.alert, -1);
    }
}

static void refuses_a_bad_head(void **state)
{
    uint8_t message[128], bytes[256];
    struct tls_server_hello hello;
    size_t length;

    (void)state;
    length = make_message(message, 33); /* RFC 5246: opaque SessionID<0..32> */
    length = make_records(bytes, message, length, length);
    assert_int_equal(read_exactly(bytes, length, &hello), TLS_HELLO_BAD);
    length = make_message(message, 0);
    message[4] = 4;
    length = make_records(bytes, message, length, length);
    assert_int_equal(read_exactly(bytes, length, &hello), TLS_HELLO_BAD);
}

static void bounds_the_record(void **state)
{
    static uint8_t message[16385], bytes[sizeof message + HEAD];
    struct tls_server_hello hello;
    size_t length;

    (void)state;
    (void)make_message(message, 32);
    message[2] = 0x3f; /* with extensions up to the end of the record, and beyond */
    length = make_records(bytes, message, 16384, 16384);
    assert_int_equal(length, TLS_HELLO_ANSWER_MAX);
    assert_int_equal(read_exactly(bytes, length, &hello), TLS_HELLO_CHOSEN);
    length = make_records(bytes, message, 16385, 16385);
    assert_int_equal(read_exactly(bytes, length, &hello), TLS_HELLO_BAD);
}

static void outlives_every_byte_changed(void **state)
{
    uint8_t message[128], bytes[256];
    struct tls_server_hello hello;
    const size_t length = make_records(bytes, message, make_message(message, 32), 20);

    (void)state;
    for (size_t at = 0; at < length; at++) {
        const uint8_t was = bytes[at];
        for (unsigned value = 0; value < 256; value++) {
            bytes[at] = (uint8_t)value;
            const enum tls_hello_status status = read_exactly(bytes, length, &hello);
            assert_int_equal(status == TLS_HELLO_ALERT, hello.alert >= 0);
            assert_true(status == TLS_HELLO_CHOSEN || (hello.version == 0 && hello.suite == 0));
        }
        bytes[at] = was;
    }
}

enum { CHOICES = sizeof choices / sizeof *choices };

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_openssl_reads), cmocka_unit_test(sends_the_name_or_none),
        cmocka_unit_test(reads_split_anywhere),    cmocka_unit_test(reads_an_alert_split_anywhere),
        cmocka_unit_test(refuses_what_is_neither), cmocka_unit_test(refuses_a_bad_head),
        cmocka_unit_test(bounds_the_record),       cmocka_unit_test(outlives_every_byte_changed),
    };
    struct CMUnitTest chosen[CHOICES];

    for (size_t i = 0; i < CHOICES; i++)
        chosen[i] = (struct CMUnitTest){choices[i].name, reads_what_a_server_chooses, NULL, NULL,
                                        (void *)&choices[i]};
    return cmocka_run_group_tests_name("choices", chosen, NULL, NULL) +
           cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
