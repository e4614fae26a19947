/*
 * One DNS server: a question goes in, an answer comes out. Private to dns; channel.c is the one
 * file that knows c-ares.
 *
 * A channel asks one server as often as its options say, over UDP and, when the response was
 * truncated, over TCP. It keeps at most `max_in_flight` questions at the server and the rest in a
 * queue. It knows nothing about security, other servers or caching: that is the resolver's.
 */
#ifndef DNS_CHANNEL_H
#define DNS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "dns/answer.h"
#include "dns/resolver.h"

struct dns_channel;
struct dns_request;

struct dns_channel_options {
    struct dns_server server;
    int try_ms; /* wait for the first try; each further one waits twice as long */
    int tries;
    size_t max_in_flight;
};

/*
 * `answer` is the callee's to give back; `security` is not judged yet. Status DNS_TIMEOUT when no
 * response came, DNS_NOT_ASKED with `ede_text` when our side could not ask. Runs once unless
 * cancelled, from the loop, never from inside dns_channel_ask. The request is gone when it runs.
 */
typedef void dns_request_done_fn(void *arg, struct dns_answer *answer);

/* NULL with errno set. Borrows the base. */
struct dns_channel *dns_channel_new(struct event_base *base,
                                    const struct dns_channel_options *options);

/* Drops every request without calling back. NULL is allowed. Not from inside a callback. */
void dns_channel_free(struct dns_channel *channel);

enum dns_request_flags {
    DNS_REQUEST_CD = 1,    /* checking disabled: the answer as it is, valid or not */
    DNS_REQUEST_PLAIN = 2, /* without EDNS, for a server that answers it with FORMERR */
};

/* NULL when out of memory. `flags` is a set of dns_request_flags. */
struct dns_request *dns_channel_ask(struct dns_channel *channel, const char *name, uint16_t type,
                                    unsigned flags, dns_request_done_fn *done, void *arg);

/* `done` will not run. The handle is gone. */
void dns_request_cancel(struct dns_request *request);

/* False while the question waits in the queue of this side. */
bool dns_request_sent(const struct dns_request *request);

/* Questions handed to the server since the channel was made. */
uint64_t dns_channel_sent(const struct dns_channel *channel);

#endif
