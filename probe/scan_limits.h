/*
 * How much a scan takes on at a time, from what was asked for and what this machine has.
 */
#ifndef PROBE_SCAN_LIMITS_H
#define PROBE_SCAN_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/settings.h"
#include "probe/worker.h"

struct scan_limits {
    size_t threads;
    size_t concurrency;   /* domains in flight */
    size_t descriptors;   /* open files that this process may have */
    bool few_descriptors; /* they are what threads or concurrency are less than wanted for */
    struct worker_limits worker;
};

/*
 * Raises the limit of open files as far as the system lets us. The cores are those that this
 * process may run on.
 */
struct scan_limits scan_limits_choose(const struct scan_settings *settings);

/* The same from given figures: open files and cores. Pure. */
struct scan_limits scan_limits_of(const struct scan_settings *settings, size_t descriptors,
                                  size_t cores);

#endif
