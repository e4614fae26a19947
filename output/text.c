/*
 * The result for a person: what it comes to, what each kind of sender does, then what was seen
 * and what to do about it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "output/result.h"
#include "output/text_parts.h"

struct word {
    const char *text;
    enum paint paint;
};

static struct word verdict_label(enum verdict_word word)
{
    switch (word) {
    case VERDICT_OK:
        return (struct word){"OK", PAINT_GOOD};
    case VERDICT_WARNING:
        return (struct word){"WARNING", PAINT_CAUTION};
    case VERDICT_FAIL:
        return (struct word){"FAIL", PAINT_BAD};
    case VERDICT_UNKNOWN:
        break;
    }
    return (struct word){"UNKNOWN", PAINT_CAUTION};
}

static struct word delivery_words(enum delivery delivery)
{
    switch (delivery) {
    case DELIVERY_TLS:
        return (struct word){"delivers over TLS", PAINT_GOOD};
    case DELIVERY_UNAUTHENTICATED_TLS:
        return (struct word){"delivers over TLS, without proof of who the server is",
                             PAINT_CAUTION};
    case DELIVERY_CLEARTEXT:
        return (struct word){"delivers in cleartext, readable on the way", PAINT_CAUTION};
    case DELIVERY_DEFER:
        return (struct word){"defers: the mail waits, and bounces if this lasts", PAINT_BAD};
    case DELIVERY_BOUNCE:
        return (struct word){"bounces: the mail goes back to its sender", PAINT_BAD};
    case DELIVERY_UNKNOWN:
        break;
    }
    return (struct word){"could not be determined", PAINT_CAUTION};
}

static bool sts_in_force(const struct verdict *verdict)
{
    return verdict->sts_status == STS_POLICY_VALID && verdict->policy.valid &&
           verdict->policy.mode != STS_MODE_NONE;
}

static bool dane_in_force(const struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->n_hosts; i++) {
        enum dane_status status = verdict->hosts[i].dane;
        if (status == DANE_USABLE || status == DANE_UNUSABLE || status == DANE_BOGUS ||
            status == DANE_ERROR)
            return true;
    }
    return false;
}

/* What is in force explains how a mail goes; that it does not go has its reason elsewhere. */
static bool delivers(enum delivery delivery)
{
    return delivery == DELIVERY_TLS || delivery == DELIVERY_UNAUTHENTICATED_TLS ||
           delivery == DELIVERY_CLEARTEXT;
}

static void delivery_row(struct page *page, const char *sender, enum delivery delivery,
                         const char *remark)
{
    enum { BODY = 37 };
    struct word words = delivery_words(delivery);

    page_row(page, TEXT_HOST_INDENT, PAINT_NONE, sender, BODY);
    page_paint(page, words.paint, words.text);
    page_say(page, delivers(delivery) ? remark : NULL);
}

static void delivery(struct page *page, const struct verdict *verdict)
{
    bool testing = sts_in_force(verdict) && verdict->policy.mode == STS_MODE_TESTING;

    page_blank(page);
    delivery_row(page, "A sender without MTA-STS or DANE", verdict->opportunistic, NULL);
    delivery_row(page, "A sender that honours MTA-STS", verdict->mta_sts,
                 testing                 ? " (the policy is in testing mode)"
                 : sts_in_force(verdict) ? NULL
                                         : " (no policy in force)");
    delivery_row(page, "A sender that honours DANE", verdict->dane,
                 dane_in_force(verdict) ? NULL : " (no DANE here)");
}

static void count(struct page *page, size_t n, const char *one, const char *many, bool *begun)
{
    if (n > 0) {
        page_sayf(page, "%s%zu %s", *begun ? ", " : "", n, n == 1 ? one : many);
        *begun = true;
    }
}

static void headline(struct page *page, const struct result *result,
                     const struct finding_groups *groups)
{
    const char *domain = result->facts->domain;
    struct word label = verdict_label(result->verdict->word);
    char *unicode = dns_name_to_unicode(domain);
    bool begun = false;

    page->failed |= !unicode;
    page_row(page, 0, PAINT_NONE, NULL, 0);
    page_paint(page, PAINT_STRONG, unicode);
    if (unicode && strcmp(unicode, domain) != 0)
        page_sayf(page, " (%s)", domain);
    free(unicode);
    page_say(page, ": ");
    page_paint(page, label.paint, label.text);
    page_say(page, " - ");
    count(page, groups->n_groups[SEVERITY_FAIL], "problem", "problems", &begun);
    count(page, groups->n_groups[SEVERITY_UNKNOWN], "unknown", "unknown", &begun);
    count(page, groups->n_groups[SEVERITY_WARNING], "warning", "warnings", &begun);
    if (!begun) {
        page_say(page, result->verdict->word != VERDICT_OK     ? "not enough could be learnt"
                       : result->verdict->mx_status == MX_NULL ? "the domain takes no mail"
                                                               : "nothing wrong found");
    }
}

static void remarks(struct page *page, const struct result *result)
{
    if (result->n_what_if > 0) {
        page_row(page, 0, PAINT_CAUTION, "What if", TEXT_DOMAIN_BODY);
        for (size_t i = 0; i < result->n_what_if; i++) {
            page_say(page, i > 0 ? ", " : "");
            page_say(page, result->what_if[i]);
        }
        page_say(page, " (supplied by options, not as published)");
    }
    if (result->facts->interrupted) {
        page_row(page, 0, PAINT_CAUTION, "Stopped", TEXT_DOMAIN_BODY);
        page_say(page, "interrupted before everything was known");
    }
    if (result->facts->trouble) {
        page_row(page, 0, PAINT_CAUTION, "Trouble", TEXT_DOMAIN_BODY);
        page_say(page, "on this machine, not the domain's: ");
        page_say(page, result->facts->trouble);
    }
}

int result_print_text(FILE *out, const struct result *result, const struct text_style *style)
{
    struct finding_groups groups;
    struct page page;

    if (finding_groups_init(&groups, result->verdict) != 0) {
        errno = ENOMEM;
        return -1;
    }
    page_init(&page, out, style->color);
    headline(&page, result, &groups);
    remarks(&page, result);
    delivery(&page, result->verdict);
    text_domain(&page, result);
    text_hosts(&page, result, style->verbosity);
    text_findings(&page, result->verdict, &groups);
    finding_groups_clear(&groups);
    return page_write(&page, out);
}
