/*
 * The parts of the comparison that are about what is published and shown: policies, and host by
 * host TLSA records and certificates. Private to the comparison.
 */
#ifndef OUTPUT_DIFF_HOSTS_H
#define OUTPUT_DIFF_HOSTS_H

#include <stdbool.h>

#include "output/diff.h"

/* MTA-STS and TLS-RPT, into `settings`. False when out of memory. */
bool diff_settings(struct diff *diff);

/* Hosts that both have: TLSA into `settings`, certificates into `renewals`. False: no memory. */
bool diff_hosts(struct diff *diff);

#endif
