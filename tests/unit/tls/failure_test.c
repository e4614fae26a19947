#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "tls/facts.h"

/* RFC 8446 5.1: type, 0x03, minor version, length. */
static void tells_records_from_text(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool record;
    } cases[] = {
        {"\x16\x03\x03\x00\x7a", 5, true},  /* handshake */
        {"\x15\x03\x01\x00\x02", 5, true},  /* alert */
        {"\x14\x03\x03\x00\x01", 5, true},  /* change_cipher_spec */
        {"\x17\x03\x03\x00\x01", 5, true},  /* application_data */
        {"\x18\x03\x03\x00\x01", 5, true},  /* heartbeat */
        {"\x13\x03\x03\x00\x01", 5, false}, /* below the types */
        {"\x19\x03\x03\x00\x01", 5, false}, /* above them */
        {"\x16\x02\x00\x00\x01", 5, false}, /* SSLv2's version */
        {"\x16\xfe\xff\x00\x01", 5, false}, /* DTLS */
        {"\x80\x2e\x01\x00\x02", 5, false}, /* an SSLv2 hello */
        {"220 mx ESMTP", 12, false},
        {"500 5.5.1 unknown", 17, false},
        {"HTTP/1.0 400", 12, false},
        {"\x16", 1, true},
        {"2", 1, false},
        {"", 0, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(tls_looks_like_record((const uint8_t *)cases[i].bytes, cases[i].length),
                         cases[i].record);
    }
}

/* RFC 8446 6 and RFC 5246 7.2: the AlertDescription enumerations. */
static void names_alerts(void **state)
{
    static const struct {
        int alert;
        const char *name;
    } cases[] = {
        {0, "close_notify"},
        {10, "unexpected_message"},
        {20, "bad_record_mac"},
        {22, "record_overflow"},
        {40, "handshake_failure"},
        {42, "bad_certificate"},
        {44, "certificate_revoked"},
        {47, "illegal_parameter"},
        {48, "unknown_ca"},
        {50, "decode_error"},
        {51, "decrypt_error"},
        {70, "protocol_version"},
        {71, "insufficient_security"},
        {80, "internal_error"},
        {86, "inappropriate_fallback"},
        {90, "user_canceled"},
        {100, "no_renegotiation"},
        {109, "missing_extension"},
        {112, "unrecognized_name"},
        {116, "certificate_required"},
        {120, "no_application_protocol"},
        {1, "unknown"},
        {-1, "unknown"},
        {255, "unknown"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(tls_alert_name(cases[i].alert), cases[i].name);
}

static void words_errors(void **state)
{
    (void)state;
    assert_string_equal(tls_error_text(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_UNSUPPORTED_PROTOCOL)),
                        "unsupported protocol");
    assert_string_equal(tls_error_text(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_DH_KEY_TOO_SMALL)),
                        "dh key too small");
    assert_string_equal(tls_error_text(ERR_SYSTEM_FLAG | (unsigned long)ECONNRESET),
                        strerror(ECONNRESET));
    assert_string_equal(tls_error_text(0), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_records_from_text),
        cmocka_unit_test(names_alerts),
        cmocka_unit_test(words_errors),
    };

    return cmocka_run_group_tests_name("failure", tests, NULL, NULL);
}
