/* Unit tests of dns/name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dns/name.h"

#define LABEL63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define NAME191 LABEL63 "." LABEL63 "." LABEL63
/* 191 + 1 + 61 bytes: the longest name there is (RFC 1035 2.3.4, less length bytes and root). */
#define NAME253 \
    NAME191 "." \
            "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"

static void test_from_user(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        enum dns_name_status status;
        const char *ascii;
    } cases[] = {
        {"plain", "example.com", DNS_NAME_OK, "example.com"},
        {"case", "EXAMPLE.Com", DNS_NAME_OK, "example.com"},
        {"final dot", "example.com.", DNS_NAME_OK, "example.com"},
        {"one label", "localhost", DNS_NAME_OK, "localhost"},
        {"underscore", "_mta-sts.Example.com", DNS_NAME_OK, "_mta-sts.example.com"},
        {"digits", "123.example", DNS_NAME_OK, "123.example"},
        {"hyphens where IDNA forbids", "r3---sn.example", DNS_NAME_OK, "r3---sn.example"},
        {"A-label", "XN--BCHER-KVA.example", DNS_NAME_OK, "xn--bcher-kva.example"},
        /* RFC 3492 and RFC 5891 examples, as idn2(1) converts them. */
        {"U-label",
         "b\xc3\xbc"
         "cher.example",
         DNS_NAME_OK, "xn--bcher-kva.example"},
        {"U-label, upper case",
         "B\xc3\x9c"
         "CHER.example",
         DNS_NAME_OK, "xn--bcher-kva.example"},
        {"U-label, decomposed",
         "bu\xcc\x88"
         "cher.example",
         DNS_NAME_OK, "xn--bcher-kva.example"},
        {"sharp s, non-transitional", "fa\xc3\x9f.de", DNS_NAME_OK, "xn--fa-hia.de"},
        {"U-label beside an underscore",
         "_x.b\xc3\xbc"
         "cher.example",
         DNS_NAME_OK, "_x.xn--bcher-kva.example"},
        {"ideographic full stop",
         "b\xc3\xbc"
         "cher\xe3\x80\x82"
         "example\xe3\x80\x82",
         DNS_NAME_OK, "xn--bcher-kva.example"},
        {"longest label", LABEL63 ".example", DNS_NAME_OK, LABEL63 ".example"},
        {"longest name", NAME253, DNS_NAME_OK, NAME253},
        {"longest name and dot", NAME253 ".", DNS_NAME_OK, NAME253},

        {"empty", "", DNS_NAME_EMPTY, ""},
        {"root", ".", DNS_NAME_EMPTY, ""},
        {"leading dot", ".example.com", DNS_NAME_EMPTY_LABEL, ""},
        {"two dots", "example..com", DNS_NAME_EMPTY_LABEL, ""},
        {"two final dots", "example.com..", DNS_NAME_EMPTY_LABEL, ""},
        {"label of 64", LABEL63 "x.example", DNS_NAME_LABEL_TOO_LONG, ""},
        {"name of 254", NAME253 "x", DNS_NAME_TOO_LONG, ""},
        {"U-label too long", LABEL63 "\xc3\xbc.example", DNS_NAME_LABEL_TOO_LONG, ""},
        {"space", "exam ple.com", DNS_NAME_BAD_CHARACTER, ""},
        {"address", "user@example.com", DNS_NAME_BAD_CHARACTER, ""},
        {"URL", "https://example.com/", DNS_NAME_BAD_CHARACTER, ""},
        {"port", "example.com:25", DNS_NAME_BAD_CHARACTER, ""},
        {"path", "example.com/x", DNS_NAME_BAD_CHARACTER, ""},
        {"newline", "example.com\n", DNS_NAME_BAD_CHARACTER, ""},
        {"escape", "example\x1b[0m.com", DNS_NAME_BAD_CHARACTER, ""},
        {"delete", "example\x7f.com", DNS_NAME_BAD_CHARACTER, ""},
        {"wildcard", "*.example.com", DNS_NAME_BAD_CHARACTER, ""},
        {"backslash", "exam\\.ple.com", DNS_NAME_BAD_CHARACTER, ""},
        /* U+FF20, which IDNA maps to '@'. */
        {"full-width at",
         "user\xef\xbc\xa0"
         "example.com",
         DNS_NAME_BAD_CHARACTER, ""},
        {"not UTF-8",
         "b\xfc"
         "cher.example",
         DNS_NAME_BAD_IDN, ""},
        {"overlong UTF-8", "a\xc0\xaf.example", DNS_NAME_BAD_IDN, ""},
        {"right-to-left override", "a\xe2\x80\xae.example", DNS_NAME_BAD_IDN, ""},
        {"IPv4", "192.0.2.1", DNS_NAME_ADDRESS, ""},
        {"IPv6", "2001:db8::1", DNS_NAME_ADDRESS, ""},
        {"IPv6 in brackets", "[2001:db8::1]", DNS_NAME_ADDRESS, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char ascii[DNS_NAME_MAX + 1];
        enum dns_name_status status = dns_name_from_user(cases[i].text, ascii);

        if (status != cases[i].status || strcmp(ascii, cases[i].ascii) != 0)
            fail_msg("%s: %s, \"%s\"", cases[i].name, dns_name_status_text(status), ascii);
    }
}

static void test_endless_input_is_refused(void **state)
{
    enum { LENGTH = 100000 };
    char *text = malloc(LENGTH + 1);
    char ascii[DNS_NAME_MAX + 1];

    (void)state;
    assert_non_null(text);
    memset(text, 'a', LENGTH);
    text[LENGTH] = '\0';
    assert_int_equal(dns_name_from_user(text, ascii), DNS_NAME_TOO_LONG);
    assert_string_equal(ascii, "");
    free(text);
}

static void test_every_status_has_its_own_text(void **state)
{
    (void)state;
    for (int a = DNS_NAME_OK; a <= DNS_NAME_ADDRESS; a++) {
        for (int b = a + 1; b <= DNS_NAME_ADDRESS; b++)
            assert_string_not_equal(dns_name_status_text((enum dns_name_status)a),
                                    dns_name_status_text((enum dns_name_status)b));
    }
}

static void test_to_unicode(void **state)
{
    static const struct {
        const char *ascii;
        const char *unicode;
    } cases[] = {
        {"example.com", "example.com"},
        {"xn--bcher-kva.example", "b\xc3\xbc"
                                  "cher.example"},
        {"_mta-sts.xn--bcher-kva.example", "_mta-sts.b\xc3\xbc"
                                           "cher.example"},
        {"xn--.example", "xn--.example"},
        {"xn--a.example", "xn--a.example"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *unicode = dns_name_to_unicode(cases[i].ascii);

        assert_non_null(unicode);
        assert_string_equal(unicode, cases[i].unicode);
        free(unicode);
    }
}

static void test_equal(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        bool equal;
    } cases[] = {
        {"example.com", "EXAMPLE.com", true},
        {"example.com.", "example.com", true},
        {"", ".", true},
        {"example.com", "example.org", false},
        {"example.com", "example.co", false},
        {"example.com..", "example.com", false},
        {"a\\.", "a", false},      /* the dot belongs to the label */
        {"a\\\\.", "a\\\\", true}, /* the backslash does, the dot is final */
        {"[", "{", false},         /* only letters have case */
        {"\xc3\x9c", "\xc3\xbc", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (dns_name_equal(cases[i].a, cases[i].b) != cases[i].equal ||
            dns_name_equal(cases[i].b, cases[i].a) != cases[i].equal)
            fail_msg("\"%s\" and \"%s\"", cases[i].a, cases[i].b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_user),
        cmocka_unit_test(test_endless_input_is_refused),
        cmocka_unit_test(test_every_status_has_its_own_text),
        cmocka_unit_test(test_to_unicode),
        cmocka_unit_test(test_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
