/*
 * --help and --version.
 */
#ifndef PROBE_HELP_H
#define PROBE_HELP_H

#include <stdio.h>

#include "probe/settings.h"

/* The whole help, or that of one command. */
void help_print(FILE *out, enum command command);

/* "mxprobe 0.1.0" and the libraries it runs with. */
void version_print(FILE *out);

#endif
