/*
 * Chains of a leaf, an intermediate and a root with TLSA records made from them, judged by
 * tls_dane_verify and by OpenSSL's own DANE.
 */
#ifndef TESTS_UNIT_TLS_DANE_FIXTURE_H
#define TESTS_UNIT_TLS_DANE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/mint.h"
#include "tls/dane.h"

enum target { NO_ONE, LEAF, MIDDLE, ROOT, STRANGER };
enum { RECORDS = 4, NAMES = 2 };

/* One record: usage, selector, matching type, and whose certificate it is made from. */
struct record {
    uint8_t usage, selector, matching;
    enum target of;
};

/* Specs are the healthy ones where `subject` is NULL. */
struct dane_case {
    const char *name;
    struct mint_spec root, middle, leaf;
    const char *sent; /* L leaf, M intermediate, R root, S stranger; NULL: "LM" */
    bool self_signed;
    struct record records[RECORDS]; /* up to a usage, selector, matching and target of 0 */
    const char *names[NAMES];       /* NULL: mx.example.test */
    enum tls_dane_outcome outcome;
    int matched;
    int error; /* one of the errors, 0 for none at all */
};

struct minted_case {
    struct mint of[STRANGER + 1];
    struct tls_facts *facts;
    struct tls_tlsa records[RECORDS];
    uint8_t data[RECORDS][2048];
    size_t n_records;
};

void mint_case(const struct dane_case *given, struct minted_case *out);
void clear_case(struct minted_case *minted);

/* Tests of one case, which is their state. */
void judges_the_chain(void **state);
/* OpenSSL's own DANE, which Postfix uses, over the same records and the same chain. */
void agrees_with_openssl(void **state);

/* Runs each case under both, as two groups. The number of those that failed. */
int run_dane_cases(const struct dane_case *cases, size_t n);

#endif
