/*
 * Results made by hand for the tests of the printers.
 */
#ifndef TESTS_UNIT_OUTPUT_SAMPLE_H
#define TESTS_UNIT_OUTPUT_SAMPLE_H

#include "output/result.h"

enum sample_kind {
    SAMPLE_HEALTHY, /* two hosts, three addresses, MTA-STS, DANE and TLS-RPT in order */
    SAMPLE_BROKEN,  /* expired certificate, no STARTTLS, refused connection, failed handshake */
    SAMPLE_HOSTILE, /* the broken one, every text of a stranger made to attack the terminal */
    SAMPLE_EMPTY,   /* NXDOMAIN: nothing was found, nothing asked */
};

enum { SAMPLE_ALLOCATIONS_MAX = 512 };

struct sample {
    struct domain_facts facts;
    struct verdict verdict;
    struct result result;
    bool hostile;
    void *allocations[SAMPLE_ALLOCATIONS_MAX];
    size_t n_allocations;
};

/* Aborts the test when out of memory. */
void sample_make(struct sample *sample, enum sample_kind kind);
void sample_clear(struct sample *sample);

/* What stands before every text of SAMPLE_HOSTILE: controls, bidi, bad UTF-8. */
extern const char sample_attack[];

#endif
