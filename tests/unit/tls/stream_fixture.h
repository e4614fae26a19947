/*
 * What the tests of tls/stream share: a peer that runs in a thread with blocking calls, our side in
 * an event loop, and what was told to it.
 */
#ifndef TESTS_TLS_STREAM_FIXTURE_H
#define TESTS_TLS_STREAM_FIXTURE_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/time.h>

#include "support/mint.h"
#include "tls/context.h"
#include "tls/stream.h"

enum { BULK = 3 << 20 }; /* more than a stream takes that brings no data */

/* The peer: what it does with one accepted connection, and what it saw. */
struct peer {
    void (*serve)(struct peer *peer, int fd);
    SSL_CTX *context;
    int listener;
    pthread_t thread;
    char sni[64];
    size_t received, sent;
    char line[64];
};

/* In the clear, for `serve`. */
void say(int fd, const char *text, size_t length);
/* "220 go", on which the client begins the handshake, and its first message. */
void invite(int fd);
void hear_hello(int fd);

/* A server of one version with that certificate; `demanding`: it insists on the client's. */
SSL_CTX *peer_context(const struct mint *identity, int version, bool demanding);

struct client {
    struct event_base *base;
    struct tls_stream *stream;
    SSL_CTX *context;
    bool stays_clear, stops_when_secured, sends_bulk, stops_at_text;
    char told[64]; /* C connected, S secured, E ended, in the order told */
    char text[128];
    size_t received;
    struct tls_facts *facts;
    struct tls_stream_ended ended;
    struct sockaddr_storage local;
};

void client_init(struct client *client);
void client_clear(struct client *client);
/* Turns until the stream has ended, or for so long. */
void loop(struct client *client, const struct timeval *limit);
/* Starts the peer in its thread and lets the client connect, from `source` when not NULL. */
void begin(struct client *client, struct peer *peer, const struct sockaddr_in *source);
/* Begins and loops. */
void run(struct client *client, struct peer *peer, const struct timeval *limit);
/* The stream goes first, so that a peer that waits for our end sees it. */
void finish(struct client *client, struct peer *peer);

/* Longer than any test takes. */
extern const struct timeval patience;

struct sockaddr_in loopback(in_port_t port);
int listen_somewhere(struct sockaddr_in *address);

#endif
