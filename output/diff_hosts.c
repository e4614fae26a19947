#include "output/diff_hosts.h"

#include <stdlib.h>
#include <string.h>

#include "output/diff_pair.h"

/* --- settings --------------------------------------------------------------------------------- */

static bool add_setting(struct diff *diff, const struct diff_setting *setting)
{
    struct diff_setting *grown =
        realloc(diff->settings, (diff->n_settings + 1) * sizeof *diff->settings);

    if (!grown)
        return false;
    diff->settings = grown;
    diff->settings[diff->n_settings++] = *setting;
    return true;
}

/*
 * Of what our objects have there: null (as which a missing member counts), a number, a text, or a
 * list of texts. Anything else is not the same as anything, which bounds the work.
 */
static bool same_scalar(const cJSON *before, const cJSON *after)
{
    bool none_before = !before || cJSON_IsNull(before), none_after = !after || cJSON_IsNull(after);

    if (none_before || none_after)
        return none_before == none_after;
    return !cJSON_IsObject(before) && !cJSON_IsArray(before) && cJSON_Compare(before, after, true);
}

static bool same(const cJSON *before, const cJSON *after)
{
    if (!cJSON_IsArray(before) || !cJSON_IsArray(after))
        return same_scalar(before, after);
    const cJSON *left = before->child, *right = after->child;

    while (left && right && same_scalar(left, right)) {
        left = left->next;
        right = right->next;
    }
    return !left && !right;
}

static bool compare_member(struct diff *diff, const char *policy, const char *field,
                           const cJSON *before, const cJSON *after, const char *key)
{
    const struct diff_setting setting = {policy, field, NULL,
                                         cJSON_GetObjectItemCaseSensitive(before, key),
                                         cJSON_GetObjectItemCaseSensitive(after, key)};

    return same(setting.before, setting.after) || add_setting(diff, &setting);
}

bool diff_settings(struct diff *diff)
{
    const struct diff_result *before = &diff->before, *after = &diff->after;
    const struct {
        const char *policy, *field, *key;
        const cJSON *before, *after;
    } members[] = {
        {"mta_sts", "record.status", "status", before->sts_record, after->sts_record},
        {"mta_sts", "record.text", "text", before->sts_record, after->sts_record},
        {"mta_sts", "policy.status", "status", before->sts_policy, after->sts_policy},
        {"mta_sts", "policy.mode", "mode", before->sts_policy, after->sts_policy},
        {"mta_sts", "policy.max_age", "max_age", before->sts_policy, after->sts_policy},
        {"mta_sts", "policy.mx", "mx", before->sts_policy, after->sts_policy},
        {"tls_rpt", "status", "status", before->tls_rpt, after->tls_rpt},
        {"tls_rpt", "text", "text", before->tls_rpt, after->tls_rpt},
    };

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (!compare_member(diff, members[i].policy, members[i].field, members[i].before,
                            members[i].after, members[i].key))
            return false;
    return true;
}

/* --- TLSA records, whose order says nothing --------------------------------------------------- */

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The texts of an array, borrowed. False when out of memory. */
static bool list_texts(const cJSON *array, const char ***out, size_t *n)
{
    const cJSON *item;

    *n = 0;
    *out = calloc((size_t)cJSON_GetArraySize(array) + 1, sizeof **out);
    if (!*out)
        return false;
    cJSON_ArrayForEach(item, array)
    {
        if (cJSON_IsString(item))
            (*out)[(*n)++] = item->valuestring;
    }
    return true;
}

static bool same_texts(const cJSON *before, const cJSON *after, bool *out)
{
    const char **left = NULL, **right = NULL;
    struct diff_pair pair = {.size = sizeof *left};
    bool ok = list_texts(before, &left, &pair.n_before) && list_texts(after, &right, &pair.n_after);

    pair.before = left;
    pair.after = right;
    if (ok)
        diff_pair_off(&pair, compare_texts);
    *out = pair.n_before == 0 && pair.n_after == 0;
    free(left);
    free(right);
    return ok;
}

static bool compare_tlsa(struct diff *diff, const char *host, const cJSON *before,
                         const cJSON *after)
{
    struct diff_setting status = {"dane", "status", host,
                                  cJSON_GetObjectItemCaseSensitive(before, "status"),
                                  cJSON_GetObjectItemCaseSensitive(after, "status")};
    struct diff_setting records = {"dane", "records", host,
                                   cJSON_GetObjectItemCaseSensitive(before, "records"),
                                   cJSON_GetObjectItemCaseSensitive(after, "records")};
    bool equal = false;

    if (!same_texts(records.before, records.after, &equal))
        return false;
    return (same(status.before, status.after) || add_setting(diff, &status)) &&
           (equal || add_setting(diff, &records));
}

/* --- certificates ----------------------------------------------------------------------------- */

static int compare_certificates(const void *left, const void *right)
{
    const struct diff_certificate *a = left, *b = right;

    return strcmp(a->sha256, b->sha256);
}

static void add_leaf(const cJSON *tls, struct diff_certificate *out, size_t *n)
{
    const cJSON *chain = cJSON_GetObjectItemCaseSensitive(tls, "chain");
    const cJSON *leaf = cJSON_IsArray(chain) ? chain->child : NULL;
    const char *sha256 = diff_text(leaf, "sha256");

    if (sha256)
        out[(*n)++] = (struct diff_certificate){sha256, diff_text(leaf, "spki_sha256"),
                                                diff_text(leaf, "not_after")};
}

/* What the addresses of a host show, each certificate once. False when out of memory. */
static bool list_certificates(const cJSON *host, struct diff_certificate **out, size_t *n)
{
    const cJSON *endpoints = cJSON_GetObjectItemCaseSensitive(host, "endpoints");
    const cJSON *endpoint;
    size_t seen = 0;

    *n = 0;
    *out = calloc(2 * (size_t)cJSON_GetArraySize(endpoints) + 1, sizeof **out);
    if (!*out)
        return false;
    cJSON_ArrayForEach(endpoint, endpoints)
    {
        add_leaf(cJSON_GetObjectItemCaseSensitive(endpoint, "tls"), *out, &seen);
        add_leaf(cJSON_GetObjectItemCaseSensitive(endpoint, "other_tls"), *out, &seen);
    }
    if (seen > 1)
        qsort(*out, seen, sizeof **out, compare_certificates);
    for (size_t i = 0; i < seen; i++)
        if (*n == 0 || compare_certificates(&(*out)[*n - 1], &(*out)[i]) != 0)
            (*out)[(*n)++] = (*out)[i];
    return true;
}

static bool add_renewal(struct diff *diff, const struct diff_renewal *renewal)
{
    struct diff_renewal *grown =
        realloc(diff->renewals, (diff->n_renewals + 1) * sizeof *diff->renewals);

    if (!grown)
        return false;
    diff->renewals = grown;
    diff->renewals[diff->n_renewals++] = *renewal;
    return true;
}

static bool compare_host_certificates(struct diff *diff, const char *host, const cJSON *before,
                                      const cJSON *after)
{
    struct diff_renewal renewal = {.host = host};
    bool ok = list_certificates(before, &renewal.gone, &renewal.n_gone) &&
              list_certificates(after, &renewal.fresh, &renewal.n_fresh);

    if (ok) {
        struct diff_pair pair = {renewal.gone, renewal.fresh, renewal.n_gone, renewal.n_fresh,
                                 sizeof *renewal.gone};
        diff_pair_off(&pair, compare_certificates);
        renewal.n_gone = pair.n_before;
        renewal.n_fresh = pair.n_after;
        /* What is only gone, or only new, is an address that one of the probes did not reach. */
        if (renewal.n_gone > 0 && renewal.n_fresh > 0) {
            ok = add_renewal(diff, &renewal);
            if (ok)
                return true;
        }
    }
    free(renewal.gone);
    free(renewal.fresh);
    return ok;
}

/* --- host by host ----------------------------------------------------------------------------- */

struct named {
    const char *name;
    const cJSON *host;
};

static int compare_named(const void *left, const void *right)
{
    const struct named *a = left, *b = right;

    return strcmp(a->name, b->name);
}

static bool list_hosts(const cJSON *hosts, struct named **out, size_t *n)
{
    const cJSON *item;

    *n = 0;
    *out = calloc((size_t)cJSON_GetArraySize(hosts) + 1, sizeof **out);
    if (!*out)
        return false;
    cJSON_ArrayForEach(item, hosts)
    {
        const char *name = diff_text(item, "host");
        if (name)
            (*out)[(*n)++] = (struct named){name, item};
    }
    if (*n > 1)
        qsort(*out, *n, sizeof **out, compare_named);
    return true;
}

static bool compare_host(struct diff *diff, const struct named *before, const struct named *after)
{
    return compare_tlsa(diff, after->name, cJSON_GetObjectItemCaseSensitive(before->host, "dane"),
                        cJSON_GetObjectItemCaseSensitive(after->host, "dane")) &&
           compare_host_certificates(diff, after->name, before->host, after->host);
}

bool diff_hosts(struct diff *diff)
{
    struct named *before = NULL, *after = NULL;
    size_t n_before = 0, n_after = 0;
    bool ok = list_hosts(diff->before.hosts, &before, &n_before) &&
              list_hosts(diff->after.hosts, &after, &n_after);

    for (size_t i = 0, j = 0; ok && i < n_before && j < n_after;) {
        int order = compare_named(&before[i], &after[j]);
        if (order == 0)
            ok = compare_host(diff, &before[i], &after[j]);
        i += order <= 0;
        j += order >= 0;
    }
    free(before);
    free(after);
    return ok;
}
