/*
 * One c-ares channel to one server, on libevent: wire in, wire out, with retries and the change to
 * TCP after a truncated response. Private to dns; channel.c is the one file that knows c-ares.
 *
 * A channel cannot be mended once it has fallen back from EDNS, nor change its port, nor take one
 * question back: dns/upstream.c replaces it when it must.
 */
#ifndef DNS_CHANNEL_H
#define DNS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "dns/resolver.h"

struct dns_channel;

struct dns_channel_options {
    struct dns_server server;
    int try_ms; /* wait for the first try; each further one waits twice as long */
    int tries;
    bool edns; /* the queries to be sent carry OPT */
};

/*
 * `error` is 0 with the response in `wire` (borrowed), ETIMEDOUT when the server did not answer,
 * ECANCELED when the channel is being freed, else the errno of our own trouble. It may run from
 * inside dns_channel_send and dns_channel_free.
 */
typedef void dns_channel_done_fn(void *arg, int error, const uint8_t *wire, size_t length);

/* What the asker lends for the time that one query is under way. */
struct dns_channel_query {
    dns_channel_done_fn *done;
    void *arg;
    struct dns_channel *channel; /* set by dns_channel_send */
};

/* NULL with errno set. Borrows the base. */
struct dns_channel *dns_channel_new(struct event_base *base,
                                    const struct dns_channel_options *options);

/* Ends every query with ECANCELED. Not from inside `done`. NULL is allowed. */
void dns_channel_free(struct dns_channel *channel);

void dns_channel_send(struct dns_channel *channel, struct dns_channel_query *query,
                      const uint8_t *wire, size_t length);

/* Notices time-outs. To be called every so often while queries are under way. */
void dns_channel_tick(struct dns_channel *channel);

/* True once the server answered a query with FORMERR: this channel sends no more EDNS. */
bool dns_channel_lost_edns(const struct dns_channel *channel);

#endif
