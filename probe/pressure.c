#include "probe/pressure.h"

enum {
    /* A resolver counts as overloaded when more than so many percent of the domains, and at least
     * so many of them, wait for it in vain within one sample. */
    DNS_PERCENT = 20,
    DNS_LEAST = 10,
    MEMORY_PERCENT = 90, /* of the limit */
    SLOWER_PERCENT = 70,
};

void pressure_init(struct pressure *pressure, size_t most, uint64_t memory_bytes)
{
    *pressure = (struct pressure){.most = most, .now = most, .memory_bytes = memory_bytes};
}

static const char *reason_to_slow_down(const struct pressure *pressure,
                                       const struct pressure_sample *sample)
{
    uint64_t answered = sample->answered - pressure->answered;
    uint64_t timeouts = sample->dns_timeouts - pressure->dns_timeouts;

    if (timeouts >= DNS_LEAST && timeouts * 100 > answered * DNS_PERCENT)
        return "the resolver does not keep up";
    if (sample->troubles > pressure->troubles)
        return "short of descriptors, ports or memory";
    if (pressure->memory_bytes > 0 &&
        sample->memory_bytes / MEMORY_PERCENT > pressure->memory_bytes / 100)
        return "--max-memory is nearly reached";
    return NULL;
}

/* Quickly up to what went well before, slowly beyond: where the trouble was is near there. */
static size_t next_step(const struct pressure *pressure)
{
    size_t well = pressure->brink * SLOWER_PERCENT / 100;
    bool quickly = pressure->now < well;
    size_t more = pressure->now + pressure->now / (quickly ? 2 : 20) + 1;
    size_t most = quickly ? well : pressure->most;

    return more > most ? most : more;
}

bool pressure_feel(struct pressure *pressure, const struct pressure_sample *sample)
{
    const char *reason = reason_to_slow_down(pressure, sample);
    size_t before = pressure->now;
    size_t least = pressure->most < PRESSURE_LEAST ? pressure->most : PRESSURE_LEAST;

    pressure->answered = sample->answered;
    pressure->troubles = sample->troubles;
    pressure->dns_timeouts = sample->dns_timeouts;
    if (reason) {
        size_t fewer = pressure->now * SLOWER_PERCENT / 100;
        if (!pressure->in_trouble)
            pressure->brink = pressure->now;
        pressure->now = fewer < least ? least : fewer;
        pressure->remark = reason;
    } else if (pressure->now < pressure->most) {
        pressure->now = next_step(pressure);
        if (pressure->now == pressure->most)
            pressure->remark = NULL;
    }
    pressure->in_trouble = reason;
    return pressure->now != before;
}
