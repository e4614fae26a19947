/*
 * How many domains a scan keeps in flight: fewer when this machine or its resolver cannot cope,
 * more again when they can. Pure: fed once a second.
 */
#ifndef PROBE_PRESSURE_H
#define PROBE_PRESSURE_H

#include <stdbool.h>

#include <stddef.h>
#include <stdint.h>

enum { PRESSURE_LEAST = 8 }; /* domains in flight, whatever happens; or the limit, if less */

struct pressure {
    size_t most;                               /* as wanted */
    size_t now;                                /* as it is */
    size_t brink;                              /* as it was when the last trouble began */
    bool in_trouble;                           /* the last sample told of one */
    uint64_t memory_bytes;                     /* what the program may use; 0: no limit */
    uint64_t answered, troubles, dns_timeouts; /* as last told */
    const char *remark;                        /* why `now` is less than `most`; static, or NULL */
};

/* What the counters of the run say; they only grow. */
struct pressure_sample {
    uint64_t answered;     /* domains */
    uint64_t troubles;     /* of them: met a shortage of descriptors, memory or ports of ours */
    uint64_t dns_timeouts; /* of them: waited for the resolver in vain */
    uint64_t memory_bytes; /* resident at present */
};

void pressure_init(struct pressure *pressure, size_t most, uint64_t memory_bytes);

/* Takes a sample and sets `now` and `remark`. True when `now` has changed. */
bool pressure_feel(struct pressure *pressure, const struct pressure_sample *sample);

#endif
