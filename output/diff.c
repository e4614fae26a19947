#include "output/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/diff_hosts.h"
#include "output/diff_pair.h"

static const char *const severities[] = {"fail", "warning", "unknown", "info"};

enum { GRAVE = 2 }; /* severities before it make a domain worse */

const char *diff_change_text(enum diff_change change)
{
    static const char *const words[DIFF_CHANGES] = {
        [DIFF_UNCHANGED] = "unchanged", [DIFF_CHANGED] = "changed", [DIFF_BETTER] = "better",
        [DIFF_WORSE] = "worse",         [DIFF_ADDED] = "added",     [DIFF_REMOVED] = "removed",
    };
    return words[change];
}

/* --- findings --------------------------------------------------------------------------------- */

static int severity_rank(const char *word)
{
    int n = (int)(sizeof severities / sizeof *severities);

    for (int i = 0; word && i < n; i++)
        if (strcmp(word, severities[i]) == 0)
            return i;
    return n; /* a word of another version: the least grave */
}

static int compare_findings(const void *left, const void *right)
{
    const struct diff_finding *a = left, *b = right;
    const char *const pairs[][2] = {{a->severity_text, b->severity_text},
                                    {a->reason, b->reason},
                                    {a->mx, b->mx},
                                    {a->ip, b->ip},
                                    {a->policy_type, b->policy_type},
                                    {a->result_type, b->result_type}};

    if (a->severity != b->severity)
        return a->severity - b->severity;
    return diff_pair_compare(pairs, sizeof pairs / sizeof pairs[0]);
}

static int compare_details(const void *left, const void *right)
{
    const struct diff_finding *a = left, *b = right;
    const char *const pair[][2] = {{a->detail, b->detail}};
    int order = compare_findings(a, b);

    return order ? order : diff_pair_compare(pair, 1);
}

/* False when out of memory. */
static bool list_findings(const cJSON *findings, struct diff_finding **out, size_t *n)
{
    const cJSON *item;

    *n = 0;
    *out = calloc((size_t)cJSON_GetArraySize(findings) + 1, sizeof **out);
    if (!*out)
        return false;
    cJSON_ArrayForEach(item, findings)
    {
        struct diff_finding *finding = &(*out)[(*n)++];
        finding->severity_text = diff_text(item, "severity");
        finding->severity = severity_rank(finding->severity_text);
        finding->reason = diff_text(item, "reason");
        finding->result_type = diff_text(item, "result_type");
        finding->policy_type = diff_text(item, "policy_type");
        finding->mx = diff_text(item, "mx");
        finding->ip = diff_text(item, "ip");
        finding->detail = diff_text(item, "detail");
    }
    return true;
}

/* First those that are alike in all pair off, then those that differ in their detail. */
static bool compare_all_findings(struct diff *diff)
{
    if (!list_findings(diff->before.findings, &diff->gone, &diff->n_gone) ||
        !list_findings(diff->after.findings, &diff->fresh, &diff->n_fresh))
        return false;
    struct diff_pair pair = {.before = diff->gone,
                             .after = diff->fresh,
                             .n_before = diff->n_gone,
                             .n_after = diff->n_fresh,
                             .size = sizeof *diff->gone};
    diff_pair_off(&pair, compare_details);
    diff_pair_off(&pair, compare_findings);
    diff->n_gone = pair.n_before;
    diff->n_fresh = pair.n_after;
    return true;
}

/* --- MX records ------------------------------------------------------------------------------- */

static int compare_mx(const void *left, const void *right)
{
    const struct diff_mx *a = left, *b = right;
    const char *const pair[][2] = {{a->host, b->host}};
    int order = (a->preference > b->preference) - (a->preference < b->preference);

    return order ? order : diff_pair_compare(pair, 1);
}

static bool list_mx(const cJSON *records, struct diff_mx **out, size_t *n)
{
    const cJSON *item;

    *n = 0;
    *out = calloc((size_t)cJSON_GetArraySize(records) + 1, sizeof **out);
    if (!*out)
        return false;
    cJSON_ArrayForEach(item, records)
    {
        const cJSON *preference = cJSON_GetObjectItemCaseSensitive(item, "preference");
        struct diff_mx *mx = &(*out)[(*n)++];
        mx->host = diff_text(item, "host");
        mx->preference = preference ? preference->valueint : 0;
    }
    return true;
}

static bool compare_all_mx(struct diff *diff)
{
    if (!list_mx(diff->before.mx_records, &diff->mx_gone, &diff->n_mx_gone) ||
        !list_mx(diff->after.mx_records, &diff->mx_fresh, &diff->n_mx_fresh))
        return false;
    struct diff_pair pair = {.before = diff->mx_gone,
                             .after = diff->mx_fresh,
                             .n_before = diff->n_mx_gone,
                             .n_after = diff->n_mx_fresh,
                             .size = sizeof *diff->mx_gone};
    diff_pair_off(&pair, compare_mx);
    diff->n_mx_gone = pair.n_before;
    diff->n_mx_fresh = pair.n_after;
    return true;
}

/* --- the change ------------------------------------------------------------------------------- */

/* Is one of the findings grave? They stand by their severity. */
static bool any_grave(const struct diff_finding *findings, size_t n)
{
    return n > 0 && findings[0].severity < GRAVE;
}

/* How a step of the mail differs: -1 up, 1 down, 0 where nothing can be said. */
static int delivery_steps(const struct diff *diff)
{
    bool down = false, up = false;

    for (size_t i = 0; i < DIFF_SENDERS; i++) {
        int before = diff->before.delivery_rank[i], after = diff->after.delivery_rank[i];
        down |= before >= 0 && after > before;
        up |= after >= 0 && before > after;
    }
    return down ? 1 : up ? -1 : 0;
}

static bool deliveries_differ(const struct diff *diff)
{
    for (size_t i = 0; i < DIFF_SENDERS; i++)
        if (diff->before.delivery_rank[i] != diff->after.delivery_rank[i])
            return true;
    return false;
}

static enum diff_change judge(const struct diff *diff)
{
    int verdict = diff->after.verdict_rank - diff->before.verdict_rank;
    int steps = delivery_steps(diff);

    if (verdict > 0 || steps > 0 || any_grave(diff->fresh, diff->n_fresh))
        return DIFF_WORSE;
    if (verdict < 0 || steps < 0 || any_grave(diff->gone, diff->n_gone))
        return DIFF_BETTER;
    bool status = strcmp(diff->before.mx_status, diff->after.mx_status) != 0;
    bool changed = diff->n_gone || diff->n_fresh || diff->n_mx_gone || diff->n_mx_fresh ||
                   diff->n_renewals || diff->n_settings || status || deliveries_differ(diff);
    return changed ? DIFF_CHANGED : DIFF_UNCHANGED;
}

enum diff_status diff_make(const char *domain, const char *before, size_t before_length,
                           const char *after, size_t after_length, struct diff *out)
{
    enum diff_status status = DIFF_OK;

    *out = (struct diff){
        .has_before = before != NULL, .has_after = after != NULL, .domain = strdup(domain)};
    errno = 0; /* cJSON does not tell memory that is short from JSON that is none; malloc does */
    if (before && !diff_result_read(before, before_length, &out->before))
        status = DIFF_MALFORMED_BEFORE;
    else if (after && !diff_result_read(after, after_length, &out->after))
        status = DIFF_MALFORMED_AFTER;
    else if (!out->domain)
        status = DIFF_NO_MEMORY;
    if (status != DIFF_OK && errno == ENOMEM)
        status = DIFF_NO_MEMORY;
    if (status == DIFF_OK && before && after) {
        bool ok = compare_all_findings(out) && compare_all_mx(out) && diff_settings(out) &&
                  diff_hosts(out);
        status = ok ? DIFF_OK : DIFF_NO_MEMORY;
    }
    if (status != DIFF_OK) {
        diff_clear(out);
        return status;
    }
    out->change = !before ? DIFF_ADDED : !after ? DIFF_REMOVED : judge(out);
    return DIFF_OK;
}

void diff_clear(struct diff *diff)
{
    diff_result_clear(&diff->before);
    diff_result_clear(&diff->after);
    for (size_t i = 0; i < diff->n_renewals; i++) {
        free(diff->renewals[i].gone);
        free(diff->renewals[i].fresh);
    }
    free(diff->domain);
    free(diff->gone);
    free(diff->fresh);
    free(diff->mx_gone);
    free(diff->mx_fresh);
    free(diff->renewals);
    free(diff->settings);
    *diff = (struct diff){0};
}
