/*
 * One fetch against a server of our own, from start to end.
 */
#ifndef TESTS_UNIT_POLICY_FETCH_FIXTURE_H
#define TESTS_UNIT_POLICY_FETCH_FIXTURE_H

#include <event2/event.h>

#include "https_server.h"
#include "policy/fetch.h"

enum { LONG_MS = 10000, SHORT_MS = 400 };

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
#define POLICY "version: STSv1\nmode: none\nmax_age: 86400\n"

/* One fetch as its user sees it. */
struct user {
    struct event_base *base;
    struct sts_fetch_facts *facts;
    int calls;
    struct sts_fetch *victim; /* to be cancelled from inside `done` */
};

/* The fetch's `done`; `arg` is a struct user. */
void on_done(void *arg, struct sts_fetch_facts *facts);

struct dns_address address_of(const char *text);

struct sts_fetcher *fetcher_for(struct event_base *base, uint16_t port, int timeout_ms);

extern const char *const loopback[2];

/* Fetches from `addresses` (up to the first NULL) and returns the facts, which the caller owns. */
struct sts_fetch_facts *fetch_from(const char *const addresses[2], uint16_t port, int timeout_ms);

/* Fetches from a server on the loopback that behaves so; the caller owns the facts. */
struct sts_fetch_facts *fetch(const struct https_behaviour *behaviour, int timeout_ms);

#endif
