/*
 * What standard output is.
 */
#ifndef PROBE_TERMINAL_H
#define PROBE_TERMINAL_H

#include <stdbool.h>

#include "probe/settings.h"

/* Colour on standard output: as asked for, else on a terminal unless NO_COLOR is set. */
bool terminal_color(enum color_when when);

#endif
