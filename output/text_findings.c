/*
 * What is wrong, where, and how to mend it.
 */
#include <stdlib.h>
#include <string.h>

#include "output/text_parts.h"

enum { FINDING_INDENT = 2, FINDING_BODY = 11 };

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/*
 * Only the place and the policy may differ. An identical finding for a second policy in force
 * tells a person nothing new; the line names both policies.
 */
static bool same_message(const struct finding *a, const struct finding *b)
{
    return a->reason == b->reason && a->severity == b->severity &&
           a->result_type == b->result_type && a->stage == b->stage &&
           same_text(a->detail, b->detail) && same_text(a->fix, b->fix);
}

static bool same_place(const struct finding *a, const struct finding *b)
{
    return same_text(a->mx, b->mx) && same_text(a->ip, b->ip);
}

int finding_groups_init(struct finding_groups *groups, const struct verdict *verdict)
{
    size_t n = verdict->n_findings;

    *groups = (struct finding_groups){.leader = calloc(n > 0 ? n : 1, sizeof *groups->leader)};
    if (!groups->leader)
        return -1;
    for (size_t i = 0; i < n; i++) {
        size_t j = 0;
        while (j < i && !(groups->leader[j] == j &&
                          same_message(&verdict->findings[i], &verdict->findings[j])))
            j++;
        groups->leader[i] = j;
        if (j == i)
            groups->n_groups[verdict->findings[i].severity]++;
    }
    return 0;
}

void finding_groups_clear(struct finding_groups *groups)
{
    free(groups->leader);
    *groups = (struct finding_groups){0};
}

/* Has the place of finding `at` been named already, by an earlier member of its group? */
static bool place_named(const struct verdict *verdict, const struct finding_groups *groups,
                        size_t at)
{
    for (size_t i = groups->leader[at]; i < at; i++)
        if (groups->leader[i] == groups->leader[at] &&
            same_place(&verdict->findings[i], &verdict->findings[at]))
            return true;
    return false;
}

/* "mx1.example.test [192.0.2.1], [2001:db8::1], mx2.example.test [192.0.2.2]" */
static void places(struct page *page, const struct verdict *verdict,
                   const struct finding_groups *groups, size_t leader)
{
    const struct finding *previous = NULL;

    for (size_t i = leader; i < verdict->n_findings; i++) {
        const struct finding *finding = &verdict->findings[i];
        if (groups->leader[i] != leader || (!finding->mx && !finding->ip) ||
            place_named(verdict, groups, i))
            continue;
        if (!previous) {
            page_row(page, FINDING_BODY, PAINT_NONE, NULL, FINDING_BODY + 3);
            page_say(page, "at ");
        } else {
            page_say(page, ", ");
        }
        bool name = finding->mx && !(previous && same_text(previous->mx, finding->mx));
        page_say(page, name ? finding->mx : NULL);
        if (finding->ip)
            page_sayf(page, "%s[%s]", name ? " " : "", finding->ip);
        previous = finding;
    }
}

/* "(TLS-RPT certificate-expired, policy sts and tlsa)": the words of a report about it. */
static void report_words(struct page *page, const struct verdict *verdict,
                         const struct finding_groups *groups, size_t leader)
{
    const char *type = result_type_text(verdict->findings[leader].result_type);
    bool seen[POLICY_TYPE_TLSA + 1] = {false};
    const char *join = ", policy ";

    if (!type)
        return;
    page_sayf(page, " (TLS-RPT %s", type);
    for (size_t i = leader; i < verdict->n_findings; i++) {
        enum policy_type policy = verdict->findings[i].policy_type;
        const char *word = policy_type_text(policy);
        if (groups->leader[i] == leader && word && !seen[policy]) {
            seen[policy] = true;
            page_sayf(page, "%s%s", join, word);
            join = " and ";
        }
    }
    page_say(page, ")");
}

static void label(enum severity severity, const char **text, enum paint *paint)
{
    switch (severity) {
    case SEVERITY_FAIL:
        *text = "FAIL";
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
        *text = "INFO";
        *paint = PAINT_FAINT;
        break;
    }
}

static void group(struct page *page, const struct verdict *verdict,
                  const struct finding_groups *groups, size_t leader)
{
    const struct finding *finding = &verdict->findings[leader];
    const char *text = NULL;
    enum paint paint = PAINT_NONE;

    label(finding->severity, &text, &paint);
    page_row(page, FINDING_INDENT, paint, text, FINDING_BODY);
    page_paint(page, PAINT_STRONG, reason_info(finding->reason)->code);
    report_words(page, verdict, groups, leader);
    places(page, verdict, groups, leader);
    if (finding->detail) {
        page_row(page, FINDING_BODY, PAINT_NONE, NULL, FINDING_BODY);
        page_say(page, finding->detail);
    }
    if (finding->fix) {
        page_row(page, FINDING_BODY, PAINT_FAINT, "Fix:", FINDING_BODY);
        page_say(page, finding->fix);
    }
}

void text_findings(struct page *page, const struct verdict *verdict,
                   const struct finding_groups *groups)
{
    static const enum severity order[] = {SEVERITY_FAIL, SEVERITY_UNKNOWN, SEVERITY_WARNING,
                                          SEVERITY_INFO};

    if (verdict->n_findings == 0)
        return;
    page_blank(page);
    page_row(page, 0, PAINT_STRONG, "Findings", 0);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        for (size_t j = 0; j < verdict->n_findings; j++)
            if (groups->leader[j] == j && verdict->findings[j].severity == order[i])
                group(page, verdict, groups, j);
    }
}
