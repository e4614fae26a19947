#include "bench/meter.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "bench/farm.h"

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool read_option(struct meter *meter, int letter, const char *argument)
{
    switch (letter) {
    case 'n':
        return farm_read_number(argument, 1, 100000000, &meter->wanted);
    case 'c':
        return farm_read_number(argument, 1, 100000, &meter->in_flight);
    case 'D':
        return farm_read_number(argument, 1, FARM_DOMAINS_MAX, &meter->names);
    case 'p':
        return farm_read_number(argument, 1, 65535, &meter->port);
    case 's':
        meter->server = argument;
        return true;
    case 'C':
        meter->ca_path = argument;
        return true;
    default:
        return false;
    }
}

bool meter_begin(struct meter *meter, int argc, char *argv[])
{
    int letter = 0;
    bool good = true;

    *meter = (struct meter){.wanted = 1000, .in_flight = 100, .names = 1000, .port = 53};
    while (good && (letter = getopt(argc, argv, "n:c:D:s:p:C:")) != -1)
        good = read_option(meter, letter, optarg);
    if (!good || optind != argc) {
        (void)fprintf(stderr,
                      "usage: %s [-n WANTED] [-c IN-FLIGHT] [-D DOMAINS] [-s SERVER] [-p PORT]"
                      " [-C CA-FILE]\n",
                      argv[0]);
        return false;
    }
    meter->began_s = now_s();
    return true;
}

bool meter_next(struct meter *meter, uint32_t *domain)
{
    if (meter->started == meter->wanted ||
        meter->started - meter->done - meter->failed >= meter->in_flight)
        return false;
    *domain = meter->started++ % meter->names;
    return true;
}

void meter_ended(struct meter *meter, bool good)
{
    if (good)
        meter->done++;
    else
        meter->failed++;
}

bool meter_is_over(const struct meter *meter)
{
    return meter->done + meter->failed == meter->wanted;
}

int meter_end(const struct meter *meter)
{
    (void)printf("{\"done\": %u, \"failed\": %u, \"wall_s\": %.3f}\n", meter->done, meter->failed,
                 now_s() - meter->began_s);
    return meter->failed ? 1 : 0;
}
