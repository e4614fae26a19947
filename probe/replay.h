/*
 * Probes what reports say that failed, and has it judged (policy/replay.h): the DNS and the policy
 * of each reported domain, and one session with each reported (MX host, address), never more.
 */
#ifndef PROBE_REPLAY_H
#define PROBE_REPLAY_H

#include "output/report.h"
#include "probe/settings.h"

/*
 * Fills `replays` of every result, which the caller frees with replay_free. False: `failure` says
 * why nothing could be probed. `*interrupted_by` becomes the signal that ended it early, or 0: what
 * was not looked at by then is untestable.
 */
bool replay_reports(struct settings *settings, struct report_result *results, size_t n_results,
                    int *interrupted_by, struct failure *failure);

void replay_free(struct report_result *result);

#endif
