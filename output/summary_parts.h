/*
 * The figures of a summary. Internal to the summary's files.
 */
#ifndef OUTPUT_SUMMARY_PARTS_H
#define OUTPUT_SUMMARY_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/heavy_hitters.h"
#include "output/summary.h"

/* What has few values, each with a word of CONTRACT.md. */
enum summary_group {
    SUMMARY_VERDICT,
    SUMMARY_OPPORTUNISTIC,
    SUMMARY_STS_SENDER,
    SUMMARY_DANE_SENDER,
    SUMMARY_MX,
    SUMMARY_STS_RECORD,
    SUMMARY_STS_POLICY,
    SUMMARY_STS_MODE, /* of valid policies */
    SUMMARY_DANE_HOST,
    SUMMARY_TLS_RPT,
    SUMMARY_STAGE,
    SUMMARY_STARTTLS,
    SUMMARY_GROUPS,
};

enum { SUMMARY_VALUES_MAX = 8, SUMMARY_SEVERITIES = SEVERITY_FAIL + 1 };
enum { SUMMARY_RESULT_TYPES = RESULT_DANE_REQUIRED + 1 };

/* Many different texts, of which the frequent ones count. */
enum summary_list {
    SUMMARY_PROTOCOLS,
    SUMMARY_KEYS, /* of leaf certificates */
    SUMMARY_KEY_EXCHANGES,
    SUMMARY_PROVIDERS,
    SUMMARY_LISTS,
};

/* Domains that have it, and how often in all. */
struct summary_tally {
    uint64_t domains, findings;
    uint64_t stamp; /* the number of the domain that was counted last */
};

/*
 * Different certificates, told apart by the first 64 bits of their SHA-256. When it is full,
 * further ones are not counted.
 */
enum { SUMMARY_FINGERPRINTS_MAX = 8192, SUMMARY_FINGERPRINT_SLOTS = 16384 };

struct summary_fingerprints {
    uint64_t slots[SUMMARY_FINGERPRINT_SLOTS]; /* 0: free */
    uint32_t n;
    bool full; /* there were more */
};

enum { SUMMARY_HOST_MAX = 256 };

struct summary {
    uint64_t domains;
    uint64_t values[SUMMARY_GROUPS][SUMMARY_VALUES_MAX];
    struct summary_tally result_types[SUMMARY_RESULT_TYPES];
    struct summary_tally reasons[SUMMARY_SEVERITIES][REASON_COUNT];
    uint64_t dane_any, dane_every; /* domains with usable TLSA on a host, on every host */
    uint64_t endpoints, endpoints_with_tls;
    struct heavy_hitters lists[SUMMARY_LISTS];
    struct summary_fingerprints ending;
    int64_t soonest_end_s; /* INT64_MAX: none */
    char soonest_host[SUMMARY_HOST_MAX];
};

size_t summary_group_size(enum summary_group group);
/* Static. */
const char *summary_value_text(enum summary_group group, size_t value);

/* Counts the certificate when it ends within SUMMARY_ENDING_DAYS of `now_s`. */
void summary_certificate(struct summary *summary, const struct tls_certificate *certificate,
                         const char *host, int64_t now_s);
void summary_merge_certificates(struct summary *into, const struct summary *from);

/* A row of the findings. */
struct summary_row {
    enum severity severity;
    enum reason reason;
    const struct summary_tally *tally;
};

/*
 * The reasons of one severity that were found, by domains, the most frequent first; returns how
 * many there are.
 */
size_t summary_rows(const struct summary *summary, enum severity severity,
                    struct summary_row rows[REASON_COUNT]);

/* Domains a second in this run. */
double summary_rate(const struct summary *summary, const struct summary_run *run);

#endif
