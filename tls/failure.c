#include <string.h>

#include <openssl/err.h>

#include "tls/facts.h"

bool tls_looks_like_record(const uint8_t *bytes, size_t length)
{
    /* change_cipher_spec, alert, handshake, application_data, heartbeat (RFC 8446 5.1, 6520). */
    const bool type = length < 1 || (bytes[0] >= 20 && bytes[0] <= 24);
    const bool version = length < 2 || bytes[1] == 3;

    return type && version;
}

const char *tls_alert_name(int alert)
{
    static const struct {
        int alert;
        const char *name;
    } names[] = {
        {0, "close_notify"},
        {10, "unexpected_message"},
        {20, "bad_record_mac"},
        {21, "decryption_failed"},
        {22, "record_overflow"},
        {30, "decompression_failure"},
        {40, "handshake_failure"},
        {41, "no_certificate"},
        {42, "bad_certificate"},
        {43, "unsupported_certificate"},
        {44, "certificate_revoked"},
        {45, "certificate_expired"},
        {46, "certificate_unknown"},
        {47, "illegal_parameter"},
        {48, "unknown_ca"},
        {49, "access_denied"},
        {50, "decode_error"},
        {51, "decrypt_error"},
        {60, "export_restriction"},
        {70, "protocol_version"},
        {71, "insufficient_security"},
        {80, "internal_error"},
        {86, "inappropriate_fallback"},
        {90, "user_canceled"},
        {100, "no_renegotiation"},
        {109, "missing_extension"},
        {110, "unsupported_extension"},
        {111, "certificate_unobtainable"},
        {112, "unrecognized_name"},
        {113, "bad_certificate_status_response"},
        {114, "bad_certificate_hash_value"},
        {115, "unknown_psk_identity"},
        {116, "certificate_required"},
        {120, "no_application_protocol"},
        {121, "ech_required"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].alert == alert)
            return names[i].name;
    return "unknown";
}

const char *tls_error_text(unsigned long error)
{
    const char *text;

    if (ERR_SYSTEM_ERROR(error))
        return strerror(ERR_GET_REASON(error));
    /* The words of libssl are there only once something of it was used. */
    (void)OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    text = ERR_reason_error_string(error);
    return text ? text : "unknown error";
}
