#include "policy/tlsrpt.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/address.h"
#include "policy/syntax.h"

#define VERSION "v=TLSRPTv1"

static bool is_hex(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'F') ||
           (byte >= 'a' && byte <= 'f');
}

/* Characters of a URI (RFC 3986 2) less those that RFC 8460 wants encoded; NULL when all fit. */
static const char *character_fault(const uint8_t *uri, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (uri[i] == '!')
            return "has a \"!\": write %21";
        if (uri[i] == '%' && (i + 2 >= length || !is_hex(uri[i + 1]) || !is_hex(uri[i + 2])))
            return "has a \"%\" without two hexadecimal digits";
        if (uri[i] == 0 || (!syntax_is_alnum(uri[i]) && !strchr("-._~:/?#[]@$&'()*+=%", uri[i])))
            return "has a character that a URI cannot hold: percent-encode it";
    }
    return NULL;
}

/* `text` up to the first character of `stops`. */
static size_t span(const uint8_t *bytes, size_t length, const char *stops)
{
    size_t i = 0;
    while (i < length && !strchr(stops, bytes[i]))
        i++;
    return i;
}

/* An address-literal of RFC 5321 4.1.3: in a URI its brackets are encoded (RFC 6068 2). */
static bool is_encoded_literal(const uint8_t *domain, size_t length)
{
    static const char open[] = "%5B", close[] = "%5D";
    const size_t bracket = sizeof open - 1;
    const char *text = (const char *)domain;

    return length > 2 * bracket && strncasecmp(text, open, bracket) == 0 &&
           strncasecmp(text + length - bracket, close, bracket) == 0;
}

/* dot-atom-text, less the specials that no mail domain has. */
static bool is_mail_domain(const uint8_t *domain, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool edge = i == 0 || i + 1 == length || domain[i - 1] == '.';
        if (domain[i] == '.' ? edge : !syntax_is_alnum(domain[i]) && !strchr("-_%", domain[i]))
            return false;
    }
    return length > 0;
}

/* What stands behind "mailto:" (RFC 6068 2): one address, for there is no bare comma. */
static const char *mailto_fault(const uint8_t *rest, size_t length)
{
    size_t address = span(rest, length, "?#");
    size_t local = span(rest, address, "@");
    if (local == 0 || local + 1 >= address)
        return "has no mail address: write mailto:user@domain";
    if (span(rest, length, "[]") < length)
        return "has a bracket: write %5B or %5D";
    const uint8_t *domain = rest + local + 1;
    size_t domain_length = address - local - 1;
    if (!is_encoded_literal(domain, domain_length) && !is_mail_domain(domain, domain_length))
        return "has a malformed mail domain";
    return NULL;
}

static bool all_digits(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] < '0' || bytes[i] > '9')
            return false;
    return true;
}

/* IP-literal without its brackets (RFC 3986 3.2.2). No IPvFuture is defined yet. */
static bool is_ip_literal(const uint8_t *bytes, size_t length)
{
    char text[DNS_ADDRESS_TEXT_MAX];
    struct dns_address address;
    if (length >= sizeof text)
        return false;
    memcpy(text, bytes, length);
    text[length] = '\0';
    return dns_address_parse(text, &address) && address.family == DNS_IPV6;
}

/* What stands behind "https:" (RFC 3986 3, RFC 9110 4.2.2): "//" host [":" port] and the rest. */
static const char *https_fault(const uint8_t *rest, size_t length)
{
    if (!syntax_begins(rest, length, "//"))
        return "has no \"//\" behind https:";
    rest += 2;
    length -= 2;
    size_t authority = span(rest, length, "/?#");
    if (span(rest, authority, "@") < authority)
        return "has user information before the host: leave it out";

    size_t host = span(rest, authority, ":");
    if (authority > 0 && rest[0] == '[') {
        host = span(rest, authority, "]");
        if (host == authority || !is_ip_literal(rest + 1, host - 1))
            return "has a malformed IPv6 address";
        host++;
    } else if (span(rest, authority, "[]") < authority) {
        return "has a bracket that does not enclose an address";
    }
    if (host == 0)
        return "has no host";
    if (host < authority &&
        (rest[host] != ':' || !all_digits(rest + host + 1, authority - host - 1)))
        return "has a malformed port";
    if (span(rest + authority, length - authority, "[]") < length - authority)
        return "has a bracket outside the host: percent-encode it";
    return NULL;
}

/* What is wrong with a tlsrpt-uri, or NULL. */
static const char *uri_fault(const uint8_t *uri, size_t length)
{
    static const char mailto[] = "mailto:", https[] = "https:";
    const size_t mailto_length = sizeof mailto - 1, https_length = sizeof https - 1;
    const char *text = (const char *)uri;

    if (length == 0)
        return "is empty: remove the comma, or write a mailto: or https: URI";
    const char *fault = character_fault(uri, length);
    if (fault)
        return fault;
    size_t fragment = span(uri, length, "#");
    if (fragment < length &&
        span(uri + fragment + 1, length - fragment - 1, "#") < length - fragment - 1)
        return "has more than one \"#\"";
    if (length >= mailto_length && strncasecmp(text, mailto, mailto_length) == 0)
        return mailto_fault(uri + mailto_length, length - mailto_length);
    if (length >= https_length && strncasecmp(text, https, https_length) == 0)
        return https_fault(uri + https_length, length - https_length);
    return "is neither a mailto: nor an https: URI (a comma inside a URI is written %2C)";
}

static int add_rua(struct tlsrpt_record *out, const uint8_t *uri, size_t length)
{
    char **grown = realloc(out->rua, (out->n_rua + 1) * sizeof *grown);
    if (!grown)
        return -1;
    out->rua = grown;
    grown[out->n_rua] = strndup((const char *)uri, length);
    if (!grown[out->n_rua])
        return -1;
    out->n_rua++;
    return 0;
}

/* tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri), without the "rua=". */
static int read_rua(const uint8_t *at, size_t length, struct tlsrpt_record *out)
{
    char quote[SYNTAX_QUOTE_MAX];
    const uint8_t *end = at + length;
    for (bool behind_comma = false;; behind_comma = true) {
        const uint8_t *comma = memchr(at, ',', (size_t)(end - at));
        const uint8_t *stop = comma ? comma : end;
        while (behind_comma && at < stop && syntax_is_wsp(*at))
            at++;
        while (comma && stop > at && syntax_is_wsp(stop[-1]))
            stop--;
        const char *fault = uri_fault(at, (size_t)(stop - at));
        if (fault)
            return syntax_problem(&out->problem, "the rua %s %s",
                                  syntax_quote(at, (size_t)(stop - at), quote), fault);
        if (add_rua(out, at, (size_t)(stop - at)))
            return -1;
        if (!comma)
            return 0;
        at = comma + 1;
    }
}

static int read_field(const struct syntax_field *field, struct tlsrpt_record *out)
{
    char quote[SYNTAX_QUOTE_MAX];
    syntax_quote(field->bytes, field->length, quote);
    if (field->length == 0)
        return syntax_problem(&out->problem, "there is an empty field: remove the second \";\"");
    if (field->last && syntax_is_wsp(field->bytes[field->length - 1]))
        return syntax_problem(&out->problem,
                              "white space ends the record: remove it, or put a \";\" before it");
    if (syntax_begins(field->bytes, field->length, "rua="))
        return read_rua(field->bytes + 4, field->length - 4, out);

    const uint8_t *equals = memchr(field->bytes, '=', field->length);
    if (!equals)
        return syntax_problem(&out->problem, "the field %s has no \"=\"", quote);
    size_t name_length = (size_t)(equals - field->bytes);
    if (!syntax_is_field_name(field->bytes, name_length))
        return syntax_problem(&out->problem, "the field %s has a malformed name", quote);
    if (!syntax_is_record_value(equals + 1, field->length - name_length - 1))
        return syntax_problem(&out->problem,
                              "the field %s has a malformed value: visible ASCII without \"=\"",
                              quote);
    return 0;
}

static int read_fields(const uint8_t *bytes, size_t length, struct tlsrpt_record *out)
{
    struct syntax_fields fields;
    struct syntax_field field;
    if (!syntax_begins(bytes, length, VERSION ";") && memchr(bytes, ';', length))
        return syntax_problem(&out->problem, "white space stands before the first \";\": senders "
                                             "look for records that begin \"" VERSION ";\"");
    syntax_fields_init(&fields, bytes, length);
    syntax_fields_next(&fields, &field); /* the version, known to be there */
    while (!out->problem && syntax_fields_next(&fields, &field)) {
        if (field.last && field.length == 0)
            break;
        if (read_field(&field, out))
            return -1;
    }
    if (!out->problem && out->n_rua == 0)
        return syntax_problem(&out->problem,
                              "there is no rua: write \"" VERSION "; rua=mailto:user@domain\"");
    return 0;
}

static void free_rua(struct tlsrpt_record *record)
{
    for (size_t i = 0; i < record->n_rua; i++)
        free(record->rua[i]);
    free(record->rua);
    record->rua = NULL;
    record->n_rua = 0;
}

int tlsrpt_record_read(const uint8_t *bytes, size_t length, struct tlsrpt_record *out)
{
    *out = (struct tlsrpt_record){.status = TLSRPT_ABSENT};
    if (!syntax_has_version(bytes, length, VERSION))
        return 0;

    out->text = syntax_text(bytes, length);
    if (!out->text || read_fields(bytes, length, out)) {
        tlsrpt_record_clear(out);
        return -1;
    }
    out->status = out->problem ? TLSRPT_INVALID : TLSRPT_VALID;
    if (out->problem)
        free_rua(out); /* nobody is told of an address in a record that does not count */
    return 0;
}

/* No record begins as senders want it: the first that was meant to be one is worth telling. */
static int read_malformed(const struct dns_answer *answer, struct tlsrpt_record *out)
{
    for (size_t i = 0; i < answer->n_records; i++) {
        const struct dns_record *record = &answer->records[i];
        if (tlsrpt_record_read(record->u.text.bytes, record->u.text.length, out))
            return -1;
        if (out->status != TLSRPT_ABSENT)
            return 0;
    }
    return 0;
}

int tlsrpt_record_from_answer(const struct dns_answer *answer, struct tlsrpt_record *out)
{
    *out = (struct tlsrpt_record){.status = TLSRPT_ABSENT};
    if (answer->status == DNS_NODATA || answer->status == DNS_NXDOMAIN)
        return 0;
    if (answer->status != DNS_FOUND) {
        out->status = TLSRPT_ERROR;
        return 0;
    }

    const struct dns_record *first;
    size_t count = syntax_count_begins(answer, VERSION ";", &first);
    if (count == 0)
        return read_malformed(answer, out);
    if (count == 1)
        return tlsrpt_record_read(first->u.text.bytes, first->u.text.length, out);
    out->status = TLSRPT_MULTIPLE;
    out->text = syntax_text(first->u.text.bytes, first->u.text.length);
    return out->text ? 0 : -1;
}

void tlsrpt_record_clear(struct tlsrpt_record *record)
{
    free_rua(record);
    free(record->text);
    free(record->problem);
    *record = (struct tlsrpt_record){.status = TLSRPT_ABSENT};
}
