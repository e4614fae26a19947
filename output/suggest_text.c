#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "output/page.h"
#include "output/suggest.h"

enum { INDENT = 2, BODY = 11, TXT_STRING_MAX = 255 };

/* A line to be copied, in column 0. It is printed as it is, but for what no terminal should get. */
static void copy_line(struct page *page, const char *text)
{
    page_line(page, 0, text);
}

static void copy_linef(struct page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void copy_linef(struct page *page, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL;
        page->failed = true;
    }
    va_end(arguments);
    if (text)
        copy_line(page, text);
    free(text);
}

static void say(struct page *page, const char *text)
{
    page_row(page, 0, PAINT_NONE, NULL, 0);
    page_say(page, text);
}

static void heading(struct page *page, const char *text)
{
    page_blank(page);
    page_row(page, 0, PAINT_NONE, NULL, 0);
    page_paint(page, PAINT_STRONG, text);
    page_end(page);
}

/* --- warnings --------------------------------------------------------------------------------- */

static void label_of(enum severity severity, const char **text, enum paint *paint)
{
    switch (severity) {
    case SEVERITY_FAIL:
        *text = "BREAKS";
        *paint = PAINT_BAD;
        break;
    case SEVERITY_WARNING:
        *text = "WARNING";
        *paint = PAINT_CAUTION;
        break;
    case SEVERITY_UNKNOWN:
        *text = "UNKNOWN";
        *paint = PAINT_CAUTION;
        break;
    case SEVERITY_INFO:
        *text = "NOTE";
        *paint = PAINT_NONE;
        break;
    }
}

static void say_warning(struct page *page, const struct suggest_warning *warning)
{
    const char *label = "";
    enum paint paint = PAINT_NONE;

    label_of(warning->severity, &label, &paint);
    page_row(page, INDENT, paint, label, BODY);
    if (warning->mx)
        page_sayf(page, "%s%s%s%s: ", warning->mx, warning->ip ? " [" : "",
                  warning->ip ? warning->ip : "", warning->ip ? "]" : "");
    page_say(page, warning->text);
    if (warning->reason)
        page_sayf(page, " (%s)", warning->reason);
    if (warning->fix) {
        page_row(page, BODY, PAINT_FAINT, "Fix:", BODY);
        page_say(page, warning->fix);
    }
}

static void say_warnings(struct page *page, const struct suggestion *suggestion)
{
    static const enum severity order[] = {SEVERITY_FAIL, SEVERITY_UNKNOWN, SEVERITY_WARNING,
                                          SEVERITY_INFO};

    if (suggestion->n_warnings == 0)
        return;
    heading(page, suggestion->outcome == SUGGEST_MADE ? "If all of this were published now"
                                                      : "What was found");
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        for (size_t j = 0; j < suggestion->n_warnings; j++)
            if (suggestion->warnings[j].severity == order[i])
                say_warning(page, &suggestion->warnings[j]);
}

/* --- what to publish -------------------------------------------------------------------------- */

/* A TXT record of a zone file, its text in strings that DNS can carry (RFC 1035 3.3, 5.1). */
static void copy_txt(struct page *page, const char *prefix, const char *domain, const char *text)
{
    char *quoted = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&quoted, &length);

    if (!stream) {
        page->failed = true;
        return;
    }
    for (size_t at = 0; text[at]; at++) {
        if (at > 0 && at % TXT_STRING_MAX == 0)
            fputs("\" \"", stream);
        if (text[at] == '"' || text[at] == '\\')
            fputc('\\', stream);
        fputc(text[at], stream);
    }
    page->failed |= fclose(stream) != 0;
    if (quoted)
        copy_linef(page, "%s%s. IN TXT \"%s\"", prefix, domain, quoted);
    free(quoted);
}

static void copy_policy(struct page *page, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        copy_linef(page, "%.*s", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void say_sts(struct page *page, const struct domain_facts *facts,
                    const struct suggestion *suggestion)
{
    if (!suggestion->sts_policy)
        return;
    heading(page, "1. The MTA-STS policy");
    page_row(page, 0, PAINT_NONE, NULL, 0);
    page_sayf(page, "https://mta-sts.%s/.well-known/mta-sts.txt, with ", facts->domain);
    page_sayf(page, "%s.", suggestion->pattern_reason);
    page_blank(page);
    copy_policy(page, suggestion->sts_policy);
    heading(page, "2. The MTA-STS record, once the file is served");
    copy_txt(page, "_mta-sts.", facts->domain, suggestion->sts_record);
}

static void say_tlsrpt(struct page *page, const struct domain_facts *facts,
                       const struct suggestion *suggestion)
{
    heading(page, "3. The TLS-RPT record");
    if (suggestion->tlsrpt_published)
        say(page, "; published already");
    else
        say(page, "; for a mailbox that takes reports: change it to one that is there");
    copy_txt(page, "_smtp._tls.", facts->domain, suggestion->tlsrpt_record);
}

static void say_host(struct page *page, const struct suggest_host *host)
{
    for (size_t i = 0; i < host->n_keys; i++) {
        const struct suggest_key *key = &host->keys[i];
        char text[SUGGEST_TLSA_TEXT];
        suggestion_key_text(key, text);
        copy_linef(page, "; %s%s", key->next ? "the key that comes next" : "the key of today",
                   key->published ? ", published already" : "");
        copy_linef(page, "%s. IN TLSA %s", host->owner, text);
    }
}

static void say_tlsa(struct page *page, const struct suggestion *suggestion)
{
    size_t n_keys = 0;

    for (size_t i = 0; i < suggestion->n_hosts; i++)
        n_keys += suggestion->hosts[i].n_keys;
    if (n_keys == 0)
        return;
    heading(page, "4. TLSA records, for senders that honour DANE");
    say(page, "They bind the keys: a new key needs its record at least two TTLs before it is used "
              "(--next-cert FILE).");
    page_blank(page);
    for (size_t i = 0; i < suggestion->n_hosts; i++)
        say_host(page, &suggestion->hosts[i]);
}

/* --- before enforce --------------------------------------------------------------------------- */

static void say_conditions(struct page *page, const struct suggestion *suggestion)
{
    static const struct {
        const char *label;
        enum paint paint;
    } labels[] = {[SUGGEST_HOLDS] = {"holds", PAINT_GOOD},
                  [SUGGEST_FAILS] = {"not yet", PAINT_BAD},
                  [SUGGEST_OPEN] = {"see to it", PAINT_CAUTION}};

    heading(page, "Before the mode becomes enforce");
    for (size_t i = 0; i < suggestion->n_conditions; i++) {
        const struct suggest_condition *condition = &suggestion->conditions[i];
        page_row(page, INDENT, labels[condition->state].paint, labels[condition->state].label,
                 BODY + 1);
        page_say(page, condition->text);
    }
    page_end(page);
    say(page, "Then write \"mode: enforce\" in the file, and after that a new id in the record.");
}

static void say_headline(struct page *page, const struct domain_facts *facts,
                         const struct suggestion *suggestion)
{
    size_t breaks = 0;

    for (size_t i = 0; i < suggestion->n_warnings; i++)
        breaks += suggestion->warnings[i].severity == SEVERITY_FAIL;
    page_row(page, 0, PAINT_NONE, NULL, INDENT);
    page_paint(page, PAINT_STRONG, facts->domain);
    page_say(page, ": ");
    switch (suggestion->outcome) {
    case SUGGEST_MADE:
        if (suggestion->n_warnings == 0)
            page_paint(page, PAINT_GOOD, "ready: nothing would break");
        else
            page_sayf(page, "%zu warning%s, of which %zu would break something",
                      suggestion->n_warnings, suggestion->n_warnings == 1 ? "" : "s", breaks);
        break;
    case SUGGEST_NO_MAIL:
        page_say(page, "takes no mail, so there is nothing to publish");
        break;
    case SUGGEST_UNKNOWN:
        page_say(page, "the MX records could not be had, so nothing can be suggested");
        break;
    }
}

int suggestion_print_text(FILE *out, const struct domain_facts *facts,
                          const struct suggestion *suggestion, bool color)
{
    struct page page;

    page_init(&page, out, color);
    say_headline(&page, facts, suggestion);
    say_warnings(&page, suggestion);
    if (suggestion->outcome == SUGGEST_MADE) {
        say_sts(&page, facts, suggestion);
        say_tlsrpt(&page, facts, suggestion);
        say_tlsa(&page, suggestion);
        say_conditions(&page, suggestion);
    }
    return page_write(&page, out);
}
