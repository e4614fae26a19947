/*
 * What the tests of dns/resolver share: a loop with up to two servers on loopback, a resolver that
 * asks them, and what came back. One at a time: start, resolver_start, ask and run, stop.
 */
#ifndef TESTS_DNS_RESOLVER_FIXTURE_H
#define TESTS_DNS_RESOLVER_FIXTURE_H

#include "dns/resolver.h"
#include "fake_server.h"

enum { SERVERS = 2, ASKED_MAX = 32 };

/* The base, two servers, and what came back for each question in the order asked. */
struct resolver_fixture {
    struct event_base *base;
    struct fake_server servers[SERVERS];
    struct dns_resolver *resolver;
    struct dns_answer *answers[ASKED_MAX];
    size_t asked;
    size_t pending;
    bool inside_ask;
};
extern struct resolver_fixture t;

/* The servers and what they say; the second may be NULL. */
void start(fake_reply_fn *first, fake_reply_fn *second);
/* Fills in the servers that were started. */
void resolver_start(struct dns_resolver_options options);
struct dns_query *ask(const char *name, uint16_t type);
/* Until nothing is pending any more. */
void run(void);
/* Lets the loop turn for a while, come what may. */
void run_for_ms(int ms);
void stop(void);
struct dns_resolver_stats stats(void);

/* What every server can say. */
void reply_found(const struct fake_query *query, struct wire *out);
void reply_found_ad(const struct fake_query *query, struct wire *out);
void reply_silence(const struct fake_query *query, struct wire *out);

#endif
