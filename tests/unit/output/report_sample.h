/*
 * Reports as their printers take them: two senders' on two days, one of them a stranger's bytes.
 */
#ifndef TESTS_UNIT_OUTPUT_REPORT_SAMPLE_H
#define TESTS_UNIT_OUTPUT_REPORT_SAMPLE_H

#include "output/report.h"

enum { REPORT_SAMPLES = 3, REPORT_SAMPLE_HOSTILE = 2 };

/* Static. The first has replays, the last one is hostile throughout. */
extern const struct report_result report_samples[REPORT_SAMPLES];

#endif
