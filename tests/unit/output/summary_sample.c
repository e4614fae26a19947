#include "summary_sample.h"

#include <stdlib.h>

/* 2026-11-24T08:00:00.123Z, from date(1). */
const struct summary_run summary_sample_run = {
    .started_at_ms = INT64_C(1795507200123),
    .elapsed_ms = 12400,
    .threads = 2,
    .peak_memory_kib = 86016,
    .interrupted = true,
    .resume_command = "mxprobe scan --output out.jsonl --resume list",
    .lines = 10,
    .duplicates = 1,
    .malformed = 2,
    .resumed = 3,
    .excluded = 4,
    .retried = 5,
    .probes = 7,
    .probes_shared = 20,
    .probes_repeated = 1,
    .dns_asked = 60,
    .dns_cached = 15,
    .dns_joined = 5,
    .dns_sent = 43,
    .dns_failed = 3,
    .connects = 8,
    .connects_failed = 1,
    .policy_fetches = 2,
};

void summary_add_sample(struct summary *summary, enum sample_kind kind)
{
    struct sample sample;

    sample_make(&sample, kind);
    summary_add(summary, &sample.result);
    sample_clear(&sample);
}

struct summary *summary_of_samples(void)
{
    struct summary *summary = summary_new();

    if (!summary)
        abort();
    summary_add_sample(summary, SAMPLE_HEALTHY);
    summary_add_sample(summary, SAMPLE_BROKEN);
    summary_add_sample(summary, SAMPLE_EMPTY);
    return summary;
}
