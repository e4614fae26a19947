/*
 * The two clocks of the live backend.
 */
#ifndef PROBE_CLOCK_H
#define PROBE_CLOCK_H

#include <stdint.h>

#include <sys/time.h>

int64_t clock_wall_ms(void);      /* since 1970 */
int64_t clock_monotonic_ms(void); /* since some fixed point, never going back */

/* As libevent takes a duration; a negative one is 0. */
struct timeval clock_duration(int64_t duration_ms);

#endif
