/*
 * A small SMTP server on the test's own event loop, on the loopback. It follows a list of steps:
 * the first when a client connects, the next with every line that the client sends.
 */
#ifndef TESTS_UNIT_PROBE_LOOP_SERVER_H
#define TESTS_UNIT_PROBE_LOOP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <openssl/ssl.h>

#include "dns/address.h"

enum loop_act {
    LOOP_END,     /* of the list: silence from here on */
    LOOP_SAY,     /* the text */
    LOOP_SAY_TLS, /* the text, and then TLS */
    LOOP_SAY_RAW, /* the text, and then the rest of the steps with every packet, not line */
    LOOP_DRIP,    /* the text, then a byte now and then, for ever */
    LOOP_FLOOD,   /* the text over and over, as fast as it goes */
    LOOP_CLOSE,
    LOOP_RESET,
};

struct loop_step {
    enum loop_act act;
    const char *text;
};

struct loop_client;

struct loop_server {
    struct event_base *base;
    SSL_CTX *context; /* borrowed */
    const struct loop_step *steps;
    struct dns_address address;
    uint16_t port;
    int fd;
    struct event *event;
    struct loop_client *clients;
    /* What was seen, of all clients together. */
    size_t n_clients;
    struct dns_address peer; /* of the last one */
    char sni[128];
    char heard[8192]; /* lines as they came, decrypted */
    size_t n_heard;
};

/* Listens on `address`; false when the machine does not have it. */
bool loop_server_start(struct loop_server *server, struct event_base *base, const char *address,
                       const struct loop_step *steps, SSL_CTX *context);
void loop_server_stop(struct loop_server *server);

#endif
