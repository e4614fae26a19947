/* Which TLSA records an SMTP client can use (RFC 7672 3.1, RFC 6698 2.1, RFC 7218). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/mint.h"
#include "tls/dane.h"

enum payload {
    ZEROS,
    CERTIFICATE,
    KEY,
    CERTIFICATE_CUT,
    CERTIFICATE_AND_MORE,
    KEY_CUT,
    KEY_AND_MORE
};

static const struct tlsa_case {
    const char *name;
    uint8_t usage, selector, matching;
    enum payload payload;
    size_t length; /* of ZEROS */
    bool usable;
} cases[] = {
    {"3 1 1", 3, 1, 1, ZEROS, 32, true},
    {"3 0 1", 3, 0, 1, ZEROS, 32, true},
    {"3 1 2", 3, 1, 2, ZEROS, 64, true},
    {"2 0 1", 2, 0, 1, ZEROS, 32, true},
    {"2 1 2", 2, 1, 2, ZEROS, 64, true},
    {"PKIX-TA(0)", 0, 0, 1, ZEROS, 32, false},
    {"PKIX-EE(1)", 1, 1, 1, ZEROS, 32, false},
    {"unknown usage", 4, 1, 1, ZEROS, 32, false},
    {"PrivCert(255)", 255, 1, 1, ZEROS, 32, false},
    {"unknown selector", 3, 2, 1, ZEROS, 32, false},
    {"unknown matching type", 3, 1, 3, ZEROS, 32, false},
    {"SHA-256 of 31 bytes", 3, 1, 1, ZEROS, 31, false},
    {"SHA-256 of 64 bytes", 3, 1, 1, ZEROS, 64, false},
    {"SHA-512 of 32 bytes", 3, 1, 2, ZEROS, 32, false},
    {"no data", 3, 1, 1, ZEROS, 0, false},
    {"full, no data", 3, 0, 0, ZEROS, 0, false},
    {"3 0 0", 3, 0, 0, CERTIFICATE, 0, true},
    {"2 0 0", 2, 0, 0, CERTIFICATE, 0, true},
    {"3 1 0", 3, 1, 0, KEY, 0, true},
    {"2 1 0", 2, 1, 0, KEY, 0, true},
    {"a certificate where a key belongs", 3, 1, 0, CERTIFICATE, 0, false},
    {"a key where a certificate belongs", 3, 0, 0, KEY, 0, false},
    {"a certificate cut short", 2, 0, 0, CERTIFICATE_CUT, 0, false},
    {"3 0 2", 3, 0, 2, ZEROS, 64, true},
    {"2 0 2", 2, 0, 2, ZEROS, 64, true},
    {"2 1 1", 2, 1, 1, ZEROS, 32, true},
    {"the last unassigned usage", 254, 1, 1, ZEROS, 32, false},
    {"PrivSel(255)", 3, 255, 1, ZEROS, 32, false},
    {"PrivMatch(255)", 3, 1, 255, ZEROS, 32, false},
    {"PKIX-EE(1), full", 1, 0, 0, CERTIFICATE, 0, false},
    {"SHA-256 of 33 bytes", 2, 0, 1, ZEROS, 33, false},
    {"SHA-512 of 63 bytes", 2, 0, 2, ZEROS, 63, false},
    {"SHA-512 of 65 bytes", 3, 1, 2, ZEROS, 65, false},
    {"SHA-256 of 1 byte", 3, 1, 1, ZEROS, 1, false},
    {"SHA-256 in hexadecimal digits", 3, 1, 1, ZEROS, 64, false},
    {"SHA-512 of no bytes", 2, 1, 2, ZEROS, 0, false},
    {"a digest for a whole certificate", 3, 0, 0, ZEROS, 32, false},
    {"a digest for a whole key", 3, 1, 0, ZEROS, 32, false},
    {"bare key, no data", 2, 1, 0, ZEROS, 0, false},
    {"a key cut short", 2, 1, 0, KEY_CUT, 0, false},
    {"bytes behind the key", 3, 1, 0, KEY_AND_MORE, 0, false},
    {"a certificate cut short, DANE-EE", 3, 0, 0, CERTIFICATE_CUT, 0, false},
    {"a whole certificate for a digest", 3, 0, 1, CERTIFICATE, 0, false},
    {"bytes behind the certificate", 2, 0, 0, CERTIFICATE_AND_MORE, 0, false},
};

static void judges_the_record(void **state)
{
    const struct tlsa_case *given = *state;
    const struct mint_spec spec = {.subject = "mx"};
    struct mint minted = mint_certificate(&spec, NULL);
    uint8_t bytes[4096] = {0};
    uint8_t *end = bytes;
    struct tls_tlsa record = {given->usage, given->selector, given->matching, bytes, given->length};
    const char *why = NULL;

    assert_in_range(i2d_X509(minted.x509, NULL), 1, sizeof bytes / 2);
    if (given->payload == KEY || given->payload == KEY_CUT || given->payload == KEY_AND_MORE)
        record.length = (size_t)i2d_PUBKEY(minted.key, &end);
    else if (given->payload != ZEROS)
        record.length = (size_t)i2d_X509(minted.x509, &end);
    record.length += given->payload == CERTIFICATE_AND_MORE || given->payload == KEY_AND_MORE;
    record.length -= given->payload == CERTIFICATE_CUT || given->payload == KEY_CUT;

    assert_int_equal(tls_tlsa_usable(&record, NULL), given->usable);
    assert_int_equal(tls_tlsa_usable(&record, &why), given->usable);
    assert_int_equal(why == NULL, given->usable);
    mint_clear(&minted);
}

enum { CASES = sizeof cases / sizeof *cases };

int main(void)
{
    struct CMUnitTest tests[CASES];

    for (size_t i = 0; i < CASES; i++) {
        void *given = (void *)&cases[i];
        tests[i] = (struct CMUnitTest){cases[i].name, judges_the_record, NULL, NULL, given};
    }
    return cmocka_run_group_tests_name("tlsa", tests, NULL, NULL);
}
