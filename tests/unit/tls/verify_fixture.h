/*
 * Chains of a leaf, an intermediate and a root, minted from a description, judged by tls_verify and
 * by the openssl program over the same files.
 */
#ifndef TESTS_UNIT_TLS_VERIFY_FIXTURE_H
#define TESTS_UNIT_TLS_VERIFY_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "support/mint.h"
#include "tls/verify.h"

enum { VERIFY_ERRORS_MAX = 4 };

struct expected_error {
    int code, depth;
};

struct verify_case {
    const char *name;
    struct mint_spec root, middle, leaf;
    /*
     * What the server sends, a letter a certificate: L leaf, M intermediate, R root, S a root that
     * nobody knows, C the intermediate's name and key signed by that one, E the intermediate's name
     * and key signed by the root and expired. NULL: "LM", or "L" where the leaf signed itself.
     */
    const char *sent;
    bool self_signed;                                /* the leaf is its own issuer */
    bool stranger;                                   /* the file of anchors holds S in place of R */
    struct expected_error errors[VERIFY_ERRORS_MAX]; /* all of them, up to a code of 0 */
};

#define ROOT                          \
    {                                 \
        .subject = "Root", .ca = true \
    }
#define MIDDLE                          \
    {                                   \
        .subject = "Middle", .ca = true \
    }
#define LEAF                                           \
    {                                                  \
        .subject = "mx", .sans = "DNS:mx.example.test" \
    }
#define CA_WITH(constraints, usage)        \
    .extensions = {                        \
        {"basicConstraints", constraints}, \
        {"keyUsage", usage},               \
    }

/* Tests of one case, which is their state. */
void collects_every_error(void **state);
/* The program goes on after some errors and stops at others: what it names we must name. */
void agrees_with_openssl(void **state);

/* Judges what a server sends, below the trusted `root`, as of MINT_NOW. */
void verify_chain(STACK_OF(X509) * chain, const struct mint *root, struct tls_verification *out);

/* Runs each case under both, as two groups. The number of those that failed. */
int run_verify_cases(const struct verify_case *cases, size_t n);

#endif
