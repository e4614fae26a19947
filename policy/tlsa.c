#include "policy/tlsa.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/name.h"

/*
 * A word of a record, borrowed. White space and parentheses stand between words, and a comment
 * reaches from ";" to the end of the line (RFC 1035 5.1).
 */
struct word {
    const char *at;
    size_t length;
};

struct words {
    const char *at;
    int depth; /* of parentheses */
    bool unbalanced;
};

static bool next_word(struct words *words, struct word *out)
{
    for (; *words->at && strchr(" \t\r\n();", *words->at); words->at++) {
        words->depth += (*words->at == '(') - (*words->at == ')');
        if (words->depth < 0 || words->depth > 1)
            words->unbalanced = true;
        if (*words->at == ';')
            words->at += strcspn(words->at, "\n");
        if (!*words->at)
            break;
    }
    out->at = words->at;
    out->length = strcspn(words->at, " \t\r\n();");
    words->at += out->length;
    if (out->length > 0)
        return true;
    words->unbalanced |= words->depth != 0;
    return false;
}

static bool is_digits(const struct word *word)
{
    return word->length > 0 && strspn(word->at, "0123456789") >= word->length;
}

static bool is_word(const struct word *word, const char *text)
{
    return word->length == strlen(text) && strncasecmp(word->at, text, word->length) == 0;
}

/* One of the three leading octets, as decimal (RFC 6698 2.2). */
static bool read_octet(const struct word *word, uint8_t *out)
{
    unsigned value = 0;
    if (!is_digits(word) || word->length > 3)
        return false;
    for (size_t i = 0; i < word->length; i++)
        value = value * 10 + (unsigned)(word->at[i] - '0');
    *out = (uint8_t)value;
    return value <= UINT8_MAX;
}

static int hex_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at =
        digit ? strchr(digits, digit >= 'A' && digit <= 'F' ? digit + 32 : digit) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* The rest of the line is the association data. */
static int read_data(struct words *words, struct tlsa_text *out, const char **problem)
{
    struct word word;
    size_t digits = 0;
    out->data = calloc(1, strlen(words->at) / 2 + 1);
    if (!out->data)
        return -1;
    while (next_word(words, &word)) {
        for (size_t i = 0; i < word.length; i++, digits++) {
            int value = hex_value(word.at[i]);
            if (value < 0) {
                *problem = "the association data has a character that is no hexadecimal digit";
                return 0;
            }
            if (digits / 2 < TLSA_DATA_MAX)
                out->data[digits / 2] = (uint8_t)(out->data[digits / 2] << 4 | value);
        }
    }
    out->length = digits / 2;
    if (digits == 0)
        *problem = "the association data is missing";
    else if (digits % 2)
        *problem = "the association data has an odd number of hexadecimal digits";
    else if (out->length > TLSA_DATA_MAX)
        *problem = "the association data is longer than 8192 bytes";
    else if (words->unbalanced)
        *problem = "the parentheses do not match";
    return 0;
}

/* Behind "\#": how many octets there are, and all of them in hexadecimal (RFC 3597 5). */
static int read_generic(struct words *words, struct tlsa_text *out, const char **problem)
{
    enum { HEAD = 3, DIGITS_MAX = 5 };
    struct word word;
    if (!next_word(words, &word) || !is_digits(&word) || word.length > DIGITS_MAX) {
        *problem = "no length stands behind \"\\#\"";
        return 0;
    }
    if (read_data(words, out, problem))
        return -1;
    if (*problem)
        return 0;
    if (out->length != strtoul(word.at, NULL, 10)) {
        *problem = "the length behind \"\\#\" is not that of the data";
    } else if (out->length <= HEAD) {
        *problem = "the association data is missing";
    } else {
        out->usage = out->data[0];
        out->selector = out->data[1];
        out->matching = out->data[2];
        out->length -= HEAD;
        memmove(out->data, out->data + HEAD, out->length);
    }
    return 0;
}

/* Owner, TTL, class and type of a whole record, up to the type. `word` is its first word. */
static int read_owner(struct words *words, struct word *word, struct tlsa_text *out,
                      const char **problem)
{
    size_t length = word->length - (word->at[word->length - 1] == '.' ? 1 : 0);
    if (length == 0 || length > DNS_NAME_MAX) {
        *problem = "the owner name is empty or too long";
        return 0;
    }
    out->owner = strndup(word->at, length);
    if (!out->owner)
        return -1;

    bool ttl = false, class = false;
    while (next_word(words, word)) {
        if (is_word(word, "TLSA") || is_word(word, "TYPE52"))
            return 0;
        if (!ttl && is_digits(word))
            ttl = true;
        else if (!class && is_word(word, "IN"))
            class = true;
        else
            break;
    }
    *problem = "no \"TLSA\" stands behind the owner name: write \"_25._tcp.HOST. IN TLSA 3 1 1 "
               "HEX\", or \"3 1 1 HEX\" alone";
    return 0;
}

static int read_line(struct words *words, struct tlsa_text *out, const char **problem)
{
    struct word word;
    if (!next_word(words, &word)) {
        *problem = "the line is empty";
        return 0;
    }
    if (!is_digits(&word)) {
        if (read_owner(words, &word, out, problem))
            return -1;
        if (*problem)
            return 0;
        if (next_word(words, &word) && is_word(&word, "\\#"))
            return read_generic(words, out, problem);
    }
    if (!read_octet(&word, &out->usage))
        *problem = "the certificate usage is no number from 0 to 255";
    else if (!next_word(words, &word) || !read_octet(&word, &out->selector))
        *problem = "the selector is no number from 0 to 255";
    else if (!next_word(words, &word) || !read_octet(&word, &out->matching))
        *problem = "the matching type is no number from 0 to 255";
    else
        return read_data(words, out, problem);
    return 0;
}

int tlsa_text_read(const char *line, struct tlsa_text *out, const char **problem)
{
    struct words words = {.at = line};
    *out = (struct tlsa_text){.owner = NULL};
    *problem = NULL;
    int status = read_line(&words, out, problem);
    if (status || *problem)
        tlsa_text_clear(out);
    return status;
}

void tlsa_text_clear(struct tlsa_text *text)
{
    free(text->owner);
    free(text->data);
    *text = (struct tlsa_text){.owner = NULL};
}

char *tlsa_record_format(const struct dns_record *record)
{
    static const char hex[] = "0123456789abcdef";
    enum { PREFIX_MAX = sizeof "255 255 255 " };
    size_t length = record->u.tlsa.length;
    char *text = malloc(PREFIX_MAX + 2 * length);
    if (!text)
        return NULL;
    char *at = text + snprintf(text, PREFIX_MAX, "%u %u %u ", record->u.tlsa.usage,
                               record->u.tlsa.selector, record->u.tlsa.matching);
    for (size_t i = 0; i < length; i++) {
        *at++ = hex[record->u.tlsa.data[i] >> 4];
        *at++ = hex[record->u.tlsa.data[i] & 15];
    }
    *at = '\0';
    return text;
}
