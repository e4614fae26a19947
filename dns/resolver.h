/*
 * Asks the DNS: one stub resolver on one event loop. Questions that are already in flight are
 * joined, answers are kept for their TTL (bounded), servers are tried in order, a SERVFAIL is asked
 * again with CD set to tell bogus from broken. The one file that knows c-ares is dns/channel.c.
 */
#ifndef DNS_RESOLVER_H
#define DNS_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "dns/address.h"
#include "dns/answer.h"

enum { DNS_SERVERS_MAX = 8 };

enum dns_trust_ad { DNS_TRUST_LOOPBACK, DNS_TRUST_ALWAYS, DNS_TRUST_NEVER };

struct dns_server {
    struct dns_address address;
    uint16_t port;
};

struct dns_resolver_options {
    struct dns_server servers[DNS_SERVERS_MAX]; /* none: those of /etc/resolv.conf */
    size_t n_servers;
    enum dns_trust_ad trust_ad; /* whose AD bit is believed */
    int timeout_ms;             /* for one question, all tries and servers together; 0: 15000 */
    size_t max_in_flight;       /* questions at one server at a time; 0: 500 */
    size_t cache_entries;       /* answers kept; 0: 4096 */
    bool keep_hosts_only;       /* MX and TXT answers are not kept: a scan asks for each once, and
                                   they would push out the addresses that it asks for again */
};

struct dns_resolver;
struct dns_query;

/*
 * `answer` is borrowed: take a reference to keep it. Runs exactly once unless cancelled, from the
 * loop, never from inside dns_resolver_ask. Never NULL: our own trouble is DNS_NOT_ASKED.
 */
typedef void dns_done_fn(void *arg, struct dns_answer *answer);

/* NULL with errno set when out of memory or descriptors. Copies the options, borrows the base. */
struct dns_resolver *dns_resolver_new(struct event_base *base,
                                      const struct dns_resolver_options *options);

/* Cancels what is in flight without calling anyone back, then frees. NULL is allowed. */
void dns_resolver_free(struct dns_resolver *resolver);

/*
 * Asks for (name, type), AD wanted. `name` is in presentation form, without final dot, and copied.
 * NULL only when out of memory (then `done` does not run). The handle is good until `done` runs.
 */
struct dns_query *dns_resolver_ask(struct dns_resolver *resolver, const char *name, uint16_t type,
                                   dns_done_fn *done, void *arg);

/* `done` will not run. The question itself goes on and its answer is kept. */
void dns_query_cancel(struct dns_query *query);

/*
 * The once-a-run self-test: does the resolver set AD on the root's SOA? It is asked when the first
 * question is; any AD seen on any answer counts as "validates" too. It explains why answers lack
 * AD and never overrules one that has it.
 */
enum dns_validation dns_resolver_validation(const struct dns_resolver *resolver);

/* True when the AD bit of at least one configured server is believed. */
bool dns_resolver_believes_ad(const struct dns_resolver *resolver);

/* The version of c-ares at run time, as "1.18.1". Static. */
const char *dns_library_version(void);

struct dns_resolver_stats {
    uint64_t asked;      /* dns_resolver_ask calls */
    uint64_t from_cache; /* answered from the cache */
    uint64_t joined;     /* joined a question in flight */
    uint64_t sent;       /* sent to a server, repeats with CD and fail-over included */
    uint64_t failed;     /* ended DNS_SERVFAIL, DNS_REFUSED, DNS_TIMEOUT or DNS_MALFORMED */
};
void dns_resolver_stats(const struct dns_resolver *resolver, struct dns_resolver_stats *out);

#endif
