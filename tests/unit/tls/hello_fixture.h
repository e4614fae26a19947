/*
 * OpenSSL servers in memory that answer ClientHellos made by hand: what they read, and what they
 * choose.
 */
#ifndef TESTS_UNIT_TLS_HELLO_FIXTURE_H
#define TESTS_UNIT_TLS_HELLO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "support/mint.h"
#include "tls/hello.h"

/* Zero is a server with an EC key, every version that OpenSSL has, and its default suites. */
struct hello_server {
    enum mint_key key;
    int min_version, max_version;
    const char *ciphers; /* up to TLS 1.2 */
    const char *groups;
    const char *dh; /* a named group; NULL: OpenSSL's choice */
    bool own_order;
};

enum { HELLO_EXTENSIONS_MAX = 32 };

/* What OpenSSL's own reader found in the ClientHello. */
struct hello_seen {
    bool called;
    unsigned version;
    uint8_t random[TLS_HELLO_RANDOM_LENGTH];
    size_t session_id_length;
    uint8_t suites[TLS_HELLO_MAX];
    size_t suites_length;
    int extensions[HELLO_EXTENSIONS_MAX]; /* types, as they came */
    size_t n_extensions;
    char sni[300];
};

extern const uint8_t hello_entropy[TLS_HELLO_ENTROPY_LENGTH];

/* The server's answer to the offer, and its length. `seen` may be NULL. */
size_t hello_answer(const struct hello_server *server, const struct tls_hello_offer *offer,
                    const char *sni, struct hello_seen *seen, uint8_t out[TLS_HELLO_ANSWER_MAX]);

#endif
