/*
 * One question on its way through the servers, until one gives an answer that settles it or all
 * had their turn. Private to dns.
 *
 *   answer (rcode 0 or 3)        settled
 *   FORMERR                      the same server again without EDNS, once
 *   SERVFAIL                     the same server again with CD: an answer then means bogus, settled
 *   anything else, or nothing    the next server
 *
 * When no server settles it the failure that says most counts.
 */
#ifndef DNS_LOOKUP_H
#define DNS_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/answer.h"
#include "dns/servers.h"
#include "dns/upstream.h"

/* The answer is in `best`. Runs once, from the loop; the lookup may be cleared from inside it. */
typedef void dns_lookup_done_fn(void *arg);

struct dns_lookup {
    struct dns_servers *servers;
    struct dns_answer *best; /* at first DNS_NOT_ASKED, then the best failure, at last the answer */
    struct dns_request *request;
    unsigned tried; /* bit i: servers->list[i] had its turn */
    size_t server;  /* whose turn it is */
    unsigned flags; /* enum dns_request_flags of the request under way */
    bool sent;      /* at least once */
    dns_lookup_done_fn *done;
    void *arg;
};

/* Returns 0, or -1 when out of memory. The servers are borrowed. */
int dns_lookup_init(struct dns_lookup *lookup, struct dns_servers *servers, const char *name,
                    uint16_t type, dns_lookup_done_fn *done, void *arg);

/* Sends the question. False when there was no memory for it: then `done` will not run. */
bool dns_lookup_start(struct dns_lookup *lookup);

/* Ends the lookup for want of time: `best` is what is known now and `done` will not run. */
void dns_lookup_expire(struct dns_lookup *lookup);

/* `done` will not run. */
void dns_lookup_clear(struct dns_lookup *lookup);

#endif
