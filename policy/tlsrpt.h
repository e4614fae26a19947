/*
 * The TLS-RPT record at `_smtp._tls` (RFC 8460 section 3). Pure.
 */
#ifndef POLICY_TLSRPT_H
#define POLICY_TLSRPT_H

#include <stddef.h>
#include <stdint.h>

#include "dns/answer.h"

enum tlsrpt_status {
    TLSRPT_VALID,
    TLSRPT_ABSENT,
    TLSRPT_INVALID,
    TLSRPT_MULTIPLE,
    TLSRPT_ERROR, /* the lookup failed */
};

struct tlsrpt_record {
    enum tlsrpt_status status;
    char *text; /* as received, NUL bytes as "\0" in text; NULL when absent or error */
    char **rua; /* URIs in order */
    size_t n_rua;
    char *problem; /* NULL unless invalid */
};

/* Reads one TXT record by itself. Returns 0, or -1 when out of memory. */
int tlsrpt_record_read(const uint8_t *bytes, size_t length, struct tlsrpt_record *out);

/* Judges the TXT answer for `_smtp._tls.DOMAIN`. Returns 0, or -1 when out of memory. */
int tlsrpt_record_from_answer(const struct dns_answer *answer, struct tlsrpt_record *out);

void tlsrpt_record_clear(struct tlsrpt_record *record);

#endif
