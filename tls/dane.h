/*
 * The DANE judgement of a captured chain (RFC 7671, RFC 7672 3): pure.
 */
#ifndef TLS_DANE_H
#define TLS_DANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/facts.h"
#include "tls/verify.h"

/* One TLSA record (RFC 6698 2.1). `data` is borrowed. */
struct tls_tlsa {
    uint8_t usage, selector, matching;
    const uint8_t *data;
    size_t length;
};

/*
 * Can an SMTP client use the record? Usage 2 or 3, selector 0 or 1, matching type 0, 1 or 2, a
 * digest of the right length, a full value that parses (RFC 7672 3.1, RFC 7671 5). When not,
 * `*why` (if not NULL) says so in a few words; static.
 */
bool tls_tlsa_usable(const struct tls_tlsa *record, const char **why);

enum tls_dane_outcome {
    TLS_DANE_UNUSABLE,      /* no record is usable */
    TLS_DANE_MATCH,         /* authenticated */
    TLS_DANE_NO_MATCH,      /* usable records, none matches the chain */
    TLS_DANE_NAME_MISMATCH, /* a DANE-TA record matches, no reference name does */
    TLS_DANE_EXPIRED,       /* a DANE-TA record matches, the path is outside its dates */
    TLS_DANE_UNTRUSTED,     /* a DANE-TA record matches, the path to it has another fault */
};

struct tls_dane {
    enum tls_dane_outcome outcome;
    int matched; /* index of the record that matched, -1 when none */
    struct tls_verify_error errors[TLS_VERIFY_ERRORS_MAX]; /* of the best attempt */
    size_t n_errors;
    int64_t first_not_after_s; /* DANE-TA path: the earliest end, 0 where dates do not count */
};

/*
 * Judges the chain against the records as of `at_s`. `names` are the reference identifiers, most
 * preferred first (RFC 7672 3.2.2); they and the dates count for DANE-TA(2) only. Digest agility
 * (RFC 7671 9) among the usable records of one usage and selector. An expired path with a name
 * mismatch is TLS_DANE_NAME_MISMATCH with both in `errors`. Returns 0, or -1 when out of memory.
 */
int tls_dane_verify(const struct tls_facts *facts, const struct tls_tlsa *records, size_t n_records,
                    const char *const *names, size_t n_names, int64_t at_s, struct tls_dane *out);

#endif
