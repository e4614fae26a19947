/*
 * A DNS server on loopback in the event loop of the test: what it answers to a query is a function
 * that the test gives. UDP and TCP on the same port.
 */
#ifndef TESTS_DNS_FAKE_SERVER_H
#define TESTS_DNS_FAKE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "dns/resolver.h"
#include "wire_builder.h"

struct fake_query {
    char name[256]; /* plain labels, as asked */
    uint16_t type;
    bool checking_disabled;
    bool ad;
    bool edns;
    bool tcp;
    unsigned number; /* of its name and type: 1 for the first */
};

/* Writes the response from wire_start on; the id is filled in. Length 0: silence. */
typedef void fake_reply_fn(const struct fake_query *query, struct wire *out);

struct fake_server {
    struct event_base *base;
    struct dns_server address; /* where it listens */
    fake_reply_fn *reply;
    int delay_ms;        /* before each UDP response */
    bool wrong_id_first; /* a response with another id goes ahead of each */
    bool root_ad;        /* AD on the root's SOA */

    unsigned questions; /* received, the self-test and TCP included */
    unsigned self_tests;
    unsigned with_cd;
    unsigned with_edns;
    unsigned over_tcp;
    unsigned port_changes; /* of the client, over UDP */
    uint16_t last_port;
    unsigned waiting; /* received and not answered yet */
    unsigned waiting_most;
    char seen[64][256]; /* names, for `number` */

    int udp;
    int tcp;
    struct event *udp_event;
    struct event *tcp_event;
};

/* False when the address family is not there. */
bool fake_server_start(struct fake_server *server, struct event_base *base, enum dns_family family,
                       fake_reply_fn *reply);
void fake_server_stop(struct fake_server *server);

#endif
