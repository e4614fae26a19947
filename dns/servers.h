/*
 * The servers that one resolver asks, and what it learnt about them. Private to dns.
 */
#ifndef DNS_SERVERS_H
#define DNS_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "dns/resolver.h"
#include "dns/upstream.h"

struct dns_server_state {
    struct dns_upstream *upstream;
    bool believed;           /* its AD bit */
    unsigned unanswered;     /* questions in a row */
    int64_t silent_until_ms; /* monotonic; till then it is asked after the others */
};

struct dns_servers {
    struct dns_server_state list[DNS_SERVERS_MAX];
    size_t n;
    enum dns_validation validation;
    uint64_t sent; /* questions sent to any of them */
};

/*
 * Opens an upstream for each server of the options, or for the system's where they name none; there
 * may be none at all. `timeout_ms` is shared among servers and tries. `servers` is zeroed before.
 * Returns 0, or -1 when out of memory; dns_servers_clear is due in both cases.
 */
int dns_servers_init(struct dns_servers *servers, struct event_base *base,
                     const struct dns_resolver_options *options, int timeout_ms);

/* Drops what is under way without calling back. */
void dns_servers_clear(struct dns_servers *servers);

/* True when the AD bit of at least one is believed. */
bool dns_servers_believe_ad(const struct dns_servers *servers);

/*
 * The next server in order that is not in `tried` (bit i stands for list[i]), the silent ones last.
 * Returns its index, or `servers->n` when all had their turn.
 */
size_t dns_servers_pick(const struct dns_servers *servers, unsigned tried, int64_t now_ms);

/* Keeps account of which servers answer. */
void dns_servers_note(struct dns_servers *servers, size_t server, enum dns_status status,
                      int64_t now_ms);

#endif
