#include "probe/clock.h"

#include "dns/clock.h"

int64_t clock_wall_ms(void)
{
    return dns_clock_wall_ms();
}

int64_t clock_monotonic_ms(void)
{
    return dns_clock_monotonic_ms();
}

struct timeval clock_duration(int64_t duration_ms)
{
    if (duration_ms < 0)
        duration_ms = 0;
    return (struct timeval){.tv_sec = duration_ms / 1000, .tv_usec = duration_ms % 1000 * 1000};
}
