/* Lint of TLSA records for SMTP (RFC 6698 2.2, RFC 7672 3.1, RFC 7671 5). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/lint_parts.h"
#include "policy/syntax.h"
#include "policy/tlsa.h"
#include "tls/dane.h"

/* What is known of the records of one owner, once all lines are read. */
struct owner {
    char *name; /* "" for records without one */
    bool usable;
};

struct owners {
    struct owner *list;
    size_t count, room;
};

static int add_owner(struct owners *owners, const char *name, bool usable)
{
    if (owners->count == owners->room) {
        size_t room = owners->room ? owners->room * 2 : 16;
        struct owner *grown = reallocarray(owners->list, room, sizeof *grown);
        if (!grown)
            return -1;
        owners->list = grown;
        owners->room = room;
    }
    struct owner *owner = &owners->list[owners->count];
    *owner = (struct owner){.name = strdup(name ? name : ""), .usable = usable};
    if (!owner->name)
        return -1;
    owners->count++;
    return 0;
}

static void clear_owners(struct owners *owners)
{
    for (size_t i = 0; i < owners->count; i++)
        free(owners->list[i].name);
    free(owners->list);
}

static int compare_owners(const void *a, const void *b)
{
    const struct owner *one = a, *other = b;
    return strcasecmp(one->name, other->name);
}

/* Records of which a sender can use none still demand TLS, without saying whose (RFC 7672 2.2). */
static int judge_owners(struct owners *owners, struct lint_result *out)
{
    char quote[SYNTAX_QUOTE_MAX];
    if (owners->count > 1)
        qsort(owners->list, owners->count, sizeof *owners->list, compare_owners);
    for (size_t i = 0, end; i < owners->count; i = end) {
        bool usable = false;
        for (end = i;
             end < owners->count && compare_owners(&owners->list[end], &owners->list[i]) == 0;
             end++)
            usable |= owners->list[end].usable;
        const char *name = owners->list[i].name;
        if (!usable &&
            lint_add(out, LINT_ERROR, 0,
                     "no record%s%s is usable for SMTP: publish a \"3 1 1\" record",
                     name[0] ? " of " : "", name[0] ? syntax_quote(name, strlen(name), quote) : ""))
            return -1;
    }
    return 0;
}

/* _PORT._tcp.HOST (RFC 6698 3). NULL, or what is wrong. `*port` is 0 unless it is read. */
static const char *owner_fault(const char *owner, unsigned *port)
{
    char *end;
    *port = 0;
    if (owner[0] != '_' || owner[1] < '1' || owner[1] > '9')
        return "begins with no port: write _25._tcp.HOST.";
    unsigned long number = strtoul(owner + 1, &end, 10);
    if (*end != '.' || number > UINT16_MAX)
        return "begins with no port: write _25._tcp.HOST.";
    if (strncasecmp(end, "._tcp.", 6) != 0 || !end[6])
        return "does not name TCP and a host behind the port: write _25._tcp.HOST.";
    *port = (unsigned)number;
    return NULL;
}

static int judge_owner(const char *owner, size_t line, struct lint_result *out)
{
    unsigned port;
    char quote[SYNTAX_QUOTE_MAX];
    const char *fault = owner_fault(owner, &port);
    if (fault)
        return lint_add(out, LINT_ERROR, line, "the owner name %s %s",
                        syntax_quote(owner, strlen(owner), quote), fault);
    if (port != 25)
        return lint_add(out, LINT_WARNING, line,
                        "port %u: mail servers look for records at _25._tcp only", port);
    return 0;
}

/* What is unwise about a record that can be used. */
static int judge_usable(const struct tls_tlsa *record, size_t line, struct lint_result *out)
{
    if (record->matching == 0)
        return lint_add(out, LINT_WARNING, line,
                        "matching type 0 puts the whole %s into the DNS, which makes answers too "
                        "large for UDP: publish its SHA-256 digest (matching type 1)",
                        record->selector ? "key" : "certificate");
    if (record->usage == 3 && record->selector == 0)
        return lint_add(out, LINT_INFO, line,
                        "selector 0: every renewal of the certificate needs a new record; with "
                        "\"3 1 1\" only a new key does");
    if (record->matching == 2)
        return lint_add(out, LINT_INFO, line,
                        "matching type 2: every sender supports SHA-256 (matching type 1), not "
                        "every one SHA-512");
    return 0;
}

static int judge_record(const struct tlsa_text *text, size_t line, struct owners *owners,
                        struct lint_result *out)
{
    const char *why = NULL;
    struct tls_tlsa record = {.usage = text->usage,
                              .selector = text->selector,
                              .matching = text->matching,
                              .data = text->data,
                              .length = text->length};
    bool usable = tls_tlsa_usable(&record, &why);
    if (add_owner(owners, text->owner, usable))
        return -1;
    if (text->owner && judge_owner(text->owner, line, out))
        return -1;
    if (usable)
        return judge_usable(&record, line, out);
    return lint_add(out, LINT_WARNING, line, "no SMTP sender uses the record: %s", why);
}

/* `line` is a C string; blank ones and comments say nothing. */
static int judge_line(const char *line, size_t number, struct owners *owners,
                      struct lint_result *out)
{
    struct tlsa_text text;
    const char *problem;
    line += strspn(line, " \t\r");
    if (!*line || *line == '#' || *line == ';')
        return 0;
    if (tlsa_text_read(line, &text, &problem))
        return -1;
    if (problem)
        return lint_add(out, LINT_ERROR, number, "%s", problem);
    int status = judge_record(&text, number, owners, out);
    tlsa_text_clear(&text);
    return status;
}

/*
 * How far the record reaches that begins here: to the end of the line, or of the line where its
 * parentheses are closed (RFC 1035 5.1). Those that never are concern their own line alone.
 */
static size_t record_length(const uint8_t *bytes, size_t length)
{
    enum { LINES_MAX = 512 }; /* or else a file of nothing but "(" would take forever */
    size_t lines = 0, first = 0, at = 0;
    int depth = 0;
    while (at < length && syntax_is_wsp(bytes[at]))
        at++;
    bool comment = at < length && bytes[at] == '#';
    for (; at < length; at++) {
        comment |= bytes[at] == ';';
        if (!comment)
            depth += (bytes[at] == '(') - (bytes[at] == ')');
        if (bytes[at] != '\n')
            continue;
        if (depth <= 0)
            return at;
        if (lines++ == 0)
            first = at;
        if (lines == LINES_MAX)
            return first;
        comment = false;
    }
    return depth > 0 && lines > 0 ? first : length;
}

static size_t count_feeds(const uint8_t *bytes, size_t length)
{
    size_t feeds = 0;
    for (size_t i = 0; i < length; i++)
        feeds += bytes[i] == '\n';
    return feeds;
}

static int judge_lines(const uint8_t *bytes, size_t length, struct owners *owners,
                       struct lint_result *out)
{
    for (size_t number = 1, taken; length > 0; bytes += taken, length -= taken) {
        taken = record_length(bytes, length);
        /* A NUL would hide what stands behind it: let it show as a malformed character. */
        char *line = syntax_text(bytes, taken);
        int status = line ? judge_line(line, number, owners, out) : -1;
        free(line);
        if (status)
            return -1;
        taken += taken < length; /* the line feed */
        number += count_feeds(bytes, taken);
    }
    return 0;
}

int lint_tlsa(const uint8_t *bytes, size_t length, struct lint_result *out)
{
    struct owners owners = {.list = NULL};
    int status = judge_lines(bytes, length, &owners, out);
    if (status == 0)
        status = judge_owners(&owners, out);
    if (status == 0 && owners.count == 0 && out->outcome != LINT_INVALID)
        status = lint_add(out, LINT_ERROR, 0, "there is no TLSA record in the input");
    clear_owners(&owners);
    return status;
}
