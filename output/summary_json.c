#include <errno.h>

#include "output/atomic_file.h"
#include "output/json_value.h"
#include "output/summary_parts.h"
#include "policy/timestamp.h"

enum { LIST_SHOWN = 100 };

static bool put_count(cJSON *object, const char *key, uint64_t n)
{
    return json_put_number(object, key, (int64_t)n);
}

static cJSON *group(const struct summary *summary, enum summary_group group)
{
    cJSON *object = cJSON_CreateObject();
    bool ok = object != NULL;

    for (size_t value = 0; ok && value < summary_group_size(group); value++)
        ok = put_count(object, summary_value_text(group, value), summary->values[group][value]);
    if (!ok) {
        cJSON_Delete(object);
        object = NULL;
    }
    return object;
}

static bool put_group(cJSON *object, const char *key, const struct summary *summary,
                      enum summary_group which)
{
    return json_take(object, key, group(summary, which));
}

static bool put_list(cJSON *object, const char *key, const struct summary *summary,
                     enum summary_list list, const char *unit)
{
    const struct heavy_hitter *top[LIST_SHOWN];
    size_t n = heavy_hitters_top(&summary->lists[list], top, LIST_SHOWN);
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, key, array);

    for (size_t i = 0; ok && i < n; i++) {
        cJSON *item = cJSON_CreateObject();
        ok = json_take_element(array, item) && json_put_text(item, "name", top[i]->text) &&
             put_count(item, unit, top[i]->count) &&
             put_count(item, "overcount", top[i]->overcount);
    }
    return ok;
}

static bool put_tally(cJSON *item, const struct summary_tally *tally)
{
    return put_count(item, "domains", tally->domains) &&
           put_count(item, "findings", tally->findings);
}

static bool put_result_types(cJSON *object, const struct summary *summary)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, "result_types", array);

    for (size_t type = RESULT_NONE + 1; ok && type < SUMMARY_RESULT_TYPES; type++) {
        cJSON *item = cJSON_CreateObject();
        ok = json_take_element(array, item) &&
             json_put_word(item, "result_type", result_type_text((enum result_type)type)) &&
             put_tally(item, &summary->result_types[type]);
    }
    return ok;
}

static bool put_reasons(cJSON *object, const struct summary *summary)
{
    static const enum severity order[] = {SEVERITY_FAIL, SEVERITY_UNKNOWN, SEVERITY_WARNING,
                                          SEVERITY_INFO};
    struct summary_row rows[REASON_COUNT];
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(object, "reasons", array);

    for (size_t i = 0; ok && i < sizeof order / sizeof *order; i++) {
        size_t n = summary_rows(summary, order[i], rows);
        for (size_t j = 0; ok && j < n; j++) {
            cJSON *item = cJSON_CreateObject();
            ok = json_take_element(array, item) &&
                 json_put_word(item, "severity", severity_text(rows[j].severity)) &&
                 json_put_word(item, "reason", reason_info(rows[j].reason)->code) &&
                 put_tally(item, rows[j].tally);
        }
    }
    return ok;
}

/* Each part fills an object that the root owns already. */
static cJSON *part(cJSON *root, const char *key)
{
    cJSON *object = cJSON_CreateObject();

    return json_take(root, key, object) ? object : NULL;
}

static bool put_input(cJSON *root, const struct summary_run *run)
{
    cJSON *input = part(root, "input");

    return input && put_count(input, "lines", run->lines) &&
           put_count(input, "duplicates", run->duplicates) &&
           put_count(input, "malformed", run->malformed) &&
           put_count(input, "excluded", run->excluded) && put_count(input, "resumed", run->resumed);
}

static bool put_delivery(cJSON *root, const struct summary *summary)
{
    cJSON *delivery = part(root, "delivery");

    return delivery && put_group(delivery, "opportunistic", summary, SUMMARY_OPPORTUNISTIC) &&
           put_group(delivery, "mta_sts", summary, SUMMARY_STS_SENDER) &&
           put_group(delivery, "dane", summary, SUMMARY_DANE_SENDER);
}

static bool put_policies(cJSON *root, const struct summary *summary)
{
    cJSON *mta_sts = part(root, "mta_sts");
    bool ok = mta_sts && put_group(mta_sts, "record", summary, SUMMARY_STS_RECORD) &&
              put_group(mta_sts, "policy", summary, SUMMARY_STS_POLICY) &&
              put_group(mta_sts, "mode", summary, SUMMARY_STS_MODE);
    cJSON *dane = ok ? part(root, "dane") : NULL;

    return dane && put_count(dane, "domains_any_host", summary->dane_any) &&
           put_count(dane, "domains_every_host", summary->dane_every) &&
           put_group(dane, "hosts", summary, SUMMARY_DANE_HOST) &&
           put_group(root, "tls_rpt", summary, SUMMARY_TLS_RPT);
}

static bool put_endpoints(cJSON *root, const struct summary *summary)
{
    cJSON *endpoints = part(root, "endpoints");

    return endpoints && put_count(endpoints, "seen", summary->endpoints) &&
           put_count(endpoints, "with_tls", summary->endpoints_with_tls) &&
           put_group(endpoints, "stage", summary, SUMMARY_STAGE) &&
           put_group(endpoints, "starttls", summary, SUMMARY_STARTTLS) &&
           put_list(endpoints, "protocols", summary, SUMMARY_PROTOCOLS, "endpoints") &&
           put_list(endpoints, "keys", summary, SUMMARY_KEYS, "endpoints") &&
           put_list(endpoints, "groups", summary, SUMMARY_KEY_EXCHANGES, "endpoints");
}

static bool put_certificates(cJSON *root, const struct summary *summary)
{
    cJSON *certificates = part(root, "certificates");
    bool any = summary->soonest_end_s != INT64_MAX;

    return certificates &&
           put_count(certificates, "distinct_ending_within_30_days", summary->ending.n) &&
           json_put_bool(certificates, "all_counted", !summary->ending.full) &&
           (any ? json_put_time_s(certificates, "soonest_end", summary->soonest_end_s)
                : json_put_null(certificates, "soonest_end")) &&
           json_put_text(certificates, "soonest_host", any ? summary->soonest_host : NULL);
}

static bool put_work(cJSON *root, const struct summary_run *run)
{
    cJSON *probes = part(root, "probes");
    bool ok = probes && put_count(probes, "made", run->probes) &&
              put_count(probes, "shared", run->probes_shared) &&
              put_count(probes, "repeated", run->probes_repeated);
    cJSON *dns = ok ? part(root, "dns") : NULL;
    ok = dns && put_count(dns, "asked", run->dns_asked) &&
         put_count(dns, "cached", run->dns_cached) && put_count(dns, "joined", run->dns_joined) &&
         put_count(dns, "sent", run->dns_sent) && put_count(dns, "failed", run->dns_failed);
    cJSON *connects = ok ? part(root, "connects") : NULL;

    return connects && put_count(connects, "tried", run->connects) &&
           put_count(connects, "failed", run->connects_failed) &&
           put_count(root, "policy_fetches", run->policy_fetches);
}

/* To a tenth: cJSON would print sixteen digits. */
static bool put_rate(cJSON *root, const struct summary *summary, const struct summary_run *run)
{
    int64_t tenths = (int64_t)(summary_rate(summary, run) * 10 + 0.5);

    return json_take(root, "domains_per_second", cJSON_CreateNumber((double)tenths / 10));
}

static bool put_run(cJSON *root, const struct summary *summary, const struct summary_run *run)
{
    return json_put_time_ms(root, "started_at", run->started_at_ms) &&
           json_put_number(root, "elapsed_ms", run->elapsed_ms) &&
           json_put_bool(root, "interrupted", run->interrupted) &&
           json_put_text(root, "resume_command", run->resume_command) &&
           put_count(root, "threads", run->threads) &&
           (run->peak_memory_kib > 0 ? put_count(root, "peak_memory_kib", run->peak_memory_kib)
                                     : json_put_null(root, "peak_memory_kib")) &&
           put_input(root, run) && put_count(root, "domains", summary->domains) &&
           put_rate(root, summary, run) && put_count(root, "retried", run->retried);
}

int summary_print_json(FILE *out, const struct summary *summary, const struct summary_run *run)
{
    cJSON *root = cJSON_CreateObject();

    if (root &&
        !(json_put_word(root, "schema", "mxprobe.summary/1") && put_run(root, summary, run) &&
          put_group(root, "verdict", summary, SUMMARY_VERDICT) && put_delivery(root, summary) &&
          put_result_types(root, summary) && put_reasons(root, summary) &&
          put_group(root, "mx", summary, SUMMARY_MX) &&
          put_list(root, "providers", summary, SUMMARY_PROVIDERS, "domains") &&
          put_policies(root, summary) && put_endpoints(root, summary) &&
          put_certificates(root, summary) && put_work(root, run))) {
        cJSON_Delete(root);
        root = NULL;
    }
    return json_print_line(out, root);
}

int summary_write_file(const char *path, const struct summary *summary,
                       const struct summary_run *run)
{
    struct atomic_file file;

    if (atomic_file_begin(&file, path) != 0)
        return -1;
    if (summary_print_json(file.out, summary, run) == 0)
        return atomic_file_end(&file, true);
    int why = errno;
    atomic_file_end(&file, false);
    errno = why;
    return -1;
}
