/*
 * The summary of the hand-made results of sample.h, and a run around it.
 */
#ifndef TESTS_UNIT_OUTPUT_SUMMARY_SAMPLE_H
#define TESTS_UNIT_OUTPUT_SUMMARY_SAMPLE_H

#include "output/summary.h"
#include "sample.h"

/* Adds a result that is gone when this returns. Aborts the test when out of memory. */
void summary_add_sample(struct summary *summary, enum sample_kind kind);

/* The healthy, the broken and the empty one. The caller frees. */
struct summary *summary_of_samples(void);

extern const struct summary_run summary_sample_run;

#endif
