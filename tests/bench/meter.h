/*
 * Runs so many of one operation, so many at once, and prints an object with what it took. For the
 * programs that measure one part alone: the resolver, the policy fetch, and the libraries beneath.
 */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdbool.h>
#include <stdint.h>

struct meter {
    uint32_t wanted, in_flight; /* -n, -c */
    uint32_t names;             /* -D: names are taken in turn from so many domains */
    const char *server;         /* -s: the DNS server's address */
    uint32_t port;              /* -p: of the server */
    const char *ca_path;        /* -C: trust anchors, PEM */
    uint32_t started, done, failed;
    double began_s;
};

/* Reads the options, and notes the time. False, with a message, when one of them is wrong. */
bool meter_begin(struct meter *meter, int argc, char *argv[]);

/* Is one more to be started now? Counts it, and says the number of its domain. */
bool meter_next(struct meter *meter, uint32_t *domain);

void meter_ended(struct meter *meter, bool good);
bool meter_is_over(const struct meter *meter);

/* Prints the object. The exit status: 0, or 1 when an operation failed. */
int meter_end(const struct meter *meter);

#endif
