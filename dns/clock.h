/*
 * The clocks, in milliseconds, for the shells; what is pure takes the time as an argument.
 */
#ifndef DNS_CLOCK_H
#define DNS_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t dns_clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* For deadlines and time to live: never set back. */
static inline int64_t dns_clock_monotonic_ms(void)
{
    return dns_clock_ms(CLOCK_MONOTONIC);
}

/* Since 1970. */
static inline int64_t dns_clock_wall_ms(void)
{
    return dns_clock_ms(CLOCK_REALTIME);
}

#endif
