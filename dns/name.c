#include "dns/name.h"

#include <stdlib.h>
#include <string.h>

#include <idn2.h>

#include "dns/address.h"

/* No name that fits into DNS_NAME_MAX needs more than 4 bytes of UTF-8 a character and a dot. */
enum { INPUT_MAX = 4 * (DNS_NAME_MAX + 1) };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_ascii(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

/* Checks a whole name in lower-case A-labels, without the final dot. */
static enum dns_name_status check(const char *name, size_t length)
{
    size_t label = 0;

    for (size_t i = 0; i < length; i++) {
        if (name[i] == '.') {
            if (label == 0)
                return DNS_NAME_EMPTY_LABEL;
            label = 0;
            continue;
        }
        if (!is_name_character(name[i]))
            return DNS_NAME_BAD_CHARACTER;
        if (++label > DNS_LABEL_MAX)
            return DNS_NAME_LABEL_TOO_LONG;
    }
    if (label == 0)
        return length == 0 ? DNS_NAME_EMPTY : DNS_NAME_EMPTY_LABEL;
    return length > DNS_NAME_MAX ? DNS_NAME_TOO_LONG : DNS_NAME_OK;
}

static enum dns_name_status from_idn2(int rc)
{
    switch (rc) {
    case IDN2_OK:
        return DNS_NAME_OK;
    case IDN2_TOO_BIG_LABEL:
    case IDN2_PUNYCODE_BIG_OUTPUT:
        return DNS_NAME_LABEL_TOO_LONG;
    case IDN2_TOO_BIG_DOMAIN:
        return DNS_NAME_TOO_LONG;
    default:
        return DNS_NAME_BAD_IDN;
    }
}

/*
 * Appends one label to out[*at]. Only labels with non-ASCII bytes are IDNA's business: it would
 * refuse "_dmarc" and "r3---sn" although the DNS has them.
 */
static enum dns_name_status append_label(const char *label, size_t length, char *out, size_t *at)
{
    char copy[INPUT_MAX + 1];
    uint8_t *converted = NULL;
    enum dns_name_status status = DNS_NAME_OK;
    size_t n;

    for (size_t i = 0; i < length; i++)
        copy[i] = lower(label[i]);
    copy[length] = '\0';
    if (!is_ascii(copy, length)) {
        status = from_idn2(idn2_lookup_u8((const uint8_t *)copy, &converted,
                                          IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL));
        if (status != DNS_NAME_OK)
            return status;
    }
    n = converted ? strlen((const char *)converted) : length;
    if (*at + n > INPUT_MAX)
        status = DNS_NAME_TOO_LONG;
    else
        memcpy(out + *at, converted ? (const char *)converted : copy, n);
    *at += n;
    idn2_free(converted);
    return status;
}

static enum dns_name_status convert(const char *text, size_t length, char *out, size_t *at)
{
    size_t start = 0;

    for (size_t i = 0; i <= length; i++) {
        if (i < length && text[i] != '.')
            continue;
        enum dns_name_status status = append_label(text + start, i - start, out, at);
        if (status != DNS_NAME_OK)
            return status;
        start = i + 1;
        if (i < length) {
            if (*at >= INPUT_MAX)
                return DNS_NAME_TOO_LONG;
            out[(*at)++] = '.';
        }
    }
    return DNS_NAME_OK;
}

enum dns_name_status dns_name_from_user(const char *text, char ascii[DNS_NAME_MAX + 1])
{
    char name[INPUT_MAX + 1];
    struct dns_address address;
    size_t length = strlen(text);
    size_t at = 0;
    enum dns_name_status status;

    ascii[0] = '\0';
    if (length > 0 && text[length - 1] == '.')
        length--;
    if (length == 0)
        return DNS_NAME_EMPTY;
    if (length > INPUT_MAX)
        return DNS_NAME_TOO_LONG;
    if (dns_address_parse(text, &address))
        return DNS_NAME_ADDRESS;
    status = convert(text, length, name, &at);
    if (status != DNS_NAME_OK)
        return status;
    /* IDNA maps other full stops (U+3002) to dots, one of which may be the final one. */
    if (text[length] == '\0' && at > 0 && name[at - 1] == '.')
        at--;
    status = check(name, at);
    if (status == DNS_NAME_OK) {
        memcpy(ascii, name, at);
        ascii[at] = '\0';
    }
    return status;
}

const char *dns_name_status_text(enum dns_name_status status)
{
    switch (status) {
    case DNS_NAME_OK:
        return "a valid name";
    case DNS_NAME_EMPTY:
        return "empty name";
    case DNS_NAME_EMPTY_LABEL:
        return "empty label";
    case DNS_NAME_LABEL_TOO_LONG:
        return "a label longer than 63 bytes";
    case DNS_NAME_TOO_LONG:
        return "longer than 253 bytes";
    case DNS_NAME_BAD_CHARACTER:
        return "a character that no domain name has";
    case DNS_NAME_BAD_IDN:
        return "not a valid internationalised name";
    case DNS_NAME_ADDRESS:
        return "an IP address, not a domain name";
    }
    return "not a valid name";
}

/*
 * RFC 5891 5.4: an A-label is one only when what it decodes to leads back to it. Without this test
 * "xn--a" would decode to a control character.
 */
static bool leads_back(const char *unicode, const char *ascii)
{
    char again[DNS_NAME_MAX + 1];

    return dns_name_from_user(unicode, again) == DNS_NAME_OK && dns_name_equal(again, ascii);
}

char *dns_name_to_unicode(const char *ascii)
{
    char *decoded = NULL;
    char *copy;

    if (idn2_to_unicode_8z8z(ascii, &decoded, 0) != IDN2_OK)
        return strdup(ascii);
    /* The caller frees with free(3), not with idn2_free. */
    copy = strdup(leads_back(decoded, ascii) ? decoded : ascii);
    idn2_free(decoded);
    return copy;
}

/* The length without one final dot; a dot behind an odd run of backslashes belongs to a label. */
static size_t length_without_dot(const char *name)
{
    size_t length = strlen(name);
    size_t slashes = 0;

    if (length == 0 || name[length - 1] != '.')
        return length;
    while (slashes + 1 < length && name[length - 2 - slashes] == '\\')
        slashes++;
    return slashes % 2 == 0 ? length - 1 : length;
}

bool dns_name_equal(const char *a, const char *b)
{
    size_t length = length_without_dot(a);

    if (length != length_without_dot(b))
        return false;
    for (size_t i = 0; i < length; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}
