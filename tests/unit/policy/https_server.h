/*
 * A small HTTPS server in a child process, on the loopback, that behaves as badly as it is told.
 */
#ifndef TESTS_UNIT_POLICY_HTTPS_SERVER_H
#define TESTS_UNIT_POLICY_HTTPS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

/* What one connection gets. All zero: nothing at all, until the client gives up. */
struct https_behaviour {
    const char *response; /* sent as it is */
    size_t length;        /* 0: strlen(response) */
    const char *filler;   /* sent over and over behind the response */
    size_t fillers;       /* how often */
    int pause_ms;         /* before each filler */
    bool echo;            /* behind the response: the request, then "SNI: " and the server name */
    bool not_tls;         /* speak in the clear */
    int max_version;      /* TLS1_1_VERSION and so on; 0: any */
    bool hold;            /* do not close, but wait for the client to */
    bool cut;             /* close without a close_notify */
    size_t tickets;       /* session tickets ahead of the response */
    bool http2;           /* agree on "h2": the response is frames, sent behind the request's */
};

struct https_server {
    pid_t pid;
    uint16_t port;
};

/* Listens on `address` (IPv4 or IPv6). False when the machine has no such address. */
bool https_server_start(struct https_server *server, const char *address,
                        const struct https_behaviour *behaviour);
void https_server_stop(struct https_server *server);

/* A port of 127.0.0.1 on which nobody listens. */
uint16_t https_unused_port(void);

#endif
