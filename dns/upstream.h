/*
 * One DNS server: a question goes in, an answer comes out. Private to dns.
 *
 * An upstream keeps at most `max_in_flight` questions at its server and the rest in a queue. It
 * knows nothing about security, other servers or caching: those are the resolver's.
 */
#ifndef DNS_UPSTREAM_H
#define DNS_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "dns/answer.h"
#include "dns/resolver.h"

struct dns_upstream;
struct dns_request;

struct dns_upstream_options {
    struct dns_server server;
    int try_ms; /* wait for the first try; each further one waits twice as long */
    int tries;
    size_t max_in_flight;
};

/*
 * `answer` is the callee's to give back; its `security` is not judged yet. Status DNS_TIMEOUT when
 * no response came, DNS_NOT_ASKED with `ede_text` when our side could not ask. Runs once unless
 * cancelled, from the loop, never from inside dns_upstream_ask. The request is gone when it runs.
 */
typedef void dns_request_done_fn(void *arg, struct dns_answer *answer);

/* NULL with errno set. Borrows the base. */
struct dns_upstream *dns_upstream_new(struct event_base *base,
                                      const struct dns_upstream_options *options);

/* Drops every request without calling back. NULL is allowed. Not from inside a callback. */
void dns_upstream_free(struct dns_upstream *upstream);

enum dns_request_flags {
    DNS_REQUEST_CD = 1,    /* checking disabled: the answer as it is, valid or not */
    DNS_REQUEST_PLAIN = 2, /* without EDNS, for a server that answers it with FORMERR */
};

/* NULL when out of memory. `flags` is a set of dns_request_flags. */
struct dns_request *dns_upstream_ask(struct dns_upstream *upstream, const char *name, uint16_t type,
                                     unsigned flags, dns_request_done_fn *done, void *arg);

/* `done` will not run. The handle is gone. */
void dns_request_cancel(struct dns_request *request);

/* False while the question waits in the queue of this side. */
bool dns_request_sent(const struct dns_request *request);

#endif
