/*
 * The two clocks of the live backend.
 */
#ifndef PROBE_CLOCK_H
#define PROBE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void);      /* since 1970 */
int64_t clock_monotonic_ms(void); /* since some fixed point, never going back */

#endif
