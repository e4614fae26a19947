#include <inttypes.h>
#include <string.h>

#include "output/diff.h"
#include "output/page.h"

enum { INDENT = 2, BODY = 15, DIGEST_SHOWN = 16 };

static enum paint paint_of(enum diff_change change)
{
    switch (change) {
    case DIFF_WORSE:
        return PAINT_BAD;
    case DIFF_BETTER:
        return PAINT_GOOD;
    case DIFF_CHANGED:
    case DIFF_ADDED:
    case DIFF_REMOVED:
        return PAINT_CAUTION;
    case DIFF_UNCHANGED:
    case DIFF_CHANGES:
        break;
    }
    return PAINT_NONE;
}

static void say_headline(struct page *page, const struct diff *diff)
{
    page_row(page, 0, PAINT_NONE, NULL, INDENT);
    page_paint(page, PAINT_STRONG, diff->domain);
    page_say(page, ": ");
    page_paint(page, paint_of(diff->change), diff_change_text(diff->change));
    if (!diff->has_before)
        page_sayf(page, " (%s)", diff->after.verdict);
    else if (!diff->has_after)
        page_sayf(page, " (was %s)", diff->before.verdict);
    else if (diff->before.verdict_rank != diff->after.verdict_rank)
        page_sayf(page, " (%s -> %s)", diff->before.verdict, diff->after.verdict);
    else
        page_sayf(page, " (%s as before)", diff->after.verdict);
}

static void say_deliveries(struct page *page, const struct diff *diff)
{
    static const char *const labels[DIFF_SENDERS] = {"opportunistic", "MTA-STS", "DANE"};

    for (size_t i = 0; diff->has_before && diff->has_after && i < DIFF_SENDERS; i++) {
        if (diff->before.delivery_rank[i] == diff->after.delivery_rank[i])
            continue;
        page_row(page, INDENT, PAINT_NONE, "delivery", BODY);
        page_sayf(page, "%s: %s -> %s", labels[i], diff->before.delivery[i],
                  diff->after.delivery[i]);
    }
}

static void say_findings(struct page *page, const char *label, enum paint paint,
                         const struct diff_finding *findings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct diff_finding *finding = &findings[i];
        page_row(page, INDENT, paint, label, BODY);
        page_sayf(page, "%s %s", finding->severity_text ? finding->severity_text : "?",
                  finding->reason ? finding->reason : "?");
        if (finding->policy_type)
            page_sayf(page, " (policy %s)", finding->policy_type);
        if (finding->mx)
            page_sayf(page, " at %s", finding->mx);
        if (finding->ip)
            page_sayf(page, " [%s]", finding->ip);
        if (finding->detail)
            page_sayf(page, ": %s", finding->detail);
    }
}

static void say_mx(struct page *page, const char *label, const struct diff_mx *mx, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        page_row(page, INDENT, PAINT_NONE, label, BODY);
        page_sayf(page, "%d %s", mx[i].preference, mx[i].host && mx[i].host[0] ? mx[i].host : ".");
    }
}

static void say_mx_status(struct page *page, const struct diff *diff)
{
    const char *before = diff->before.mx_status, *after = diff->after.mx_status;

    if (!diff->has_before || !diff->has_after || strcmp(before, after) == 0)
        return;
    page_row(page, INDENT, PAINT_NONE, "MX", BODY);
    page_sayf(page, "%s -> %s", before, after);
}

static void say_certificate(struct page *page, const struct diff_certificate *certificate)
{
    page_sayf(page, "%.*s… until %s", DIGEST_SHOWN, certificate->sha256,
              certificate->not_after ? certificate->not_after : "?");
}

/* Is a key of the new certificates one of the old? Each host has few of them. */
static bool keeps_key(const struct diff_renewal *renewal)
{
    const char *before = renewal->gone[0].spki_sha256, *after = renewal->fresh[0].spki_sha256;

    return renewal->n_gone == 1 && renewal->n_fresh == 1 && before && after &&
           strcmp(before, after) == 0;
}

static void say_renewals(struct page *page, const struct diff *diff)
{
    for (size_t i = 0; i < diff->n_renewals; i++) {
        const struct diff_renewal *renewal = &diff->renewals[i];
        page_row(page, INDENT, PAINT_NONE, "certificate", BODY);
        page_sayf(page, "%s: ", renewal->host);
        for (size_t j = 0; j < renewal->n_gone; j++) {
            page_say(page, j > 0 ? ", " : NULL);
            say_certificate(page, &renewal->gone[j]);
        }
        for (size_t j = 0; j < renewal->n_fresh; j++) {
            page_say(page, j > 0 ? ", " : " -> ");
            say_certificate(page, &renewal->fresh[j]);
        }
        page_say(page, keeps_key(renewal) ? "; the key is the same" : NULL);
    }
}

static void say_value(struct page *page, const cJSON *value)
{
    const cJSON *element;
    const char *join = "";

    if (cJSON_IsString(value)) {
        page_sayf(page, "\"%s\"", value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        page_sayf(page, "%.0f", value->valuedouble);
    } else if (cJSON_IsArray(value) && value->child) {
        cJSON_ArrayForEach(element, value)
        {
            const char *text = cJSON_GetStringValue(element);
            page_sayf(page, "%s%s", join, text ? text : "?");
            join = ", ";
        }
    } else {
        page_say(page, "none");
    }
}

static void say_settings(struct page *page, const struct diff *diff)
{
    for (size_t i = 0; i < diff->n_settings; i++) {
        const struct diff_setting *setting = &diff->settings[i];
        page_row(page, INDENT, PAINT_NONE, "policy", BODY);
        page_sayf(page, "%s %s", setting->policy, setting->field);
        if (setting->mx)
            page_sayf(page, " of %s", setting->mx);
        page_say(page, ": ");
        say_value(page, setting->before);
        page_say(page, " -> ");
        say_value(page, setting->after);
    }
}

int diff_print_text(FILE *out, const struct diff *diff, bool color)
{
    struct page page;

    if (diff->change == DIFF_UNCHANGED)
        return 0;
    page_init(&page, out, color);
    say_headline(&page, diff);
    say_deliveries(&page, diff);
    say_findings(&page, "new", PAINT_BAD, diff->fresh, diff->n_fresh);
    say_findings(&page, "gone", PAINT_GOOD, diff->gone, diff->n_gone);
    say_mx_status(&page, diff);
    say_mx(&page, "MX gone", diff->mx_gone, diff->n_mx_gone);
    say_mx(&page, "MX new", diff->mx_fresh, diff->n_mx_fresh);
    say_renewals(&page, diff);
    say_settings(&page, diff);
    return page_write(&page, out);
}

int diff_summary_print_text(FILE *out, const struct diff_summary *summary, bool color)
{
    static const enum diff_change order[] = {DIFF_WORSE,     DIFF_BETTER, DIFF_CHANGED,
                                             DIFF_UNCHANGED, DIFF_ADDED,  DIFF_REMOVED};
    const char *join = "";
    struct page page;

    page_init(&page, out, color);
    page_row(&page, 0, PAINT_NONE, NULL, INDENT);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        uint64_t n = summary->n[order[i]];
        page_say(&page, join);
        if (n > 0)
            page_paint(&page, order[i] == DIFF_UNCHANGED ? PAINT_NONE : paint_of(order[i]),
                       diff_change_text(order[i]));
        else
            page_say(&page, diff_change_text(order[i]));
        page_sayf(&page, " %" PRIu64, n);
        join = ", ";
    }
    page_sayf(&page, " (%s -> %s)", summary->before, summary->after);
    return page_write(&page, out);
}
