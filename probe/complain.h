/*
 * Errors of our own: one line on standard error that begins "mxprobe: ", with every foreign byte
 * escaped.
 */
#ifndef PROBE_COMPLAIN_H
#define PROBE_COMPLAIN_H

#include <stdbool.h>

#include "probe/settings.h"

/*
 * Tells the failure and returns the exit status: its own, or 3 with "MXPROBE UNKNOWN - …" on
 * standard output where the caller is a Nagios plugin's (CONTRACT.md).
 */
int complain(const struct failure *failure, bool nagios);

#endif
