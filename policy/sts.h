/*
 * MTA-STS (RFC 8461): the `_mta-sts` record, the policy file and the matching of MX names. Pure.
 */
#ifndef POLICY_STS_H
#define POLICY_STS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/answer.h"

/* --- the record (section 3.1) ------------------------------------------------------------- */

enum { STS_ID_MAX = 32 };

enum sts_record_status {
    STS_RECORD_VALID,
    STS_RECORD_ABSENT,   /* no TXT whose first field is v=STSv1 */
    STS_RECORD_INVALID,  /* one that begins like a record and breaks the grammar */
    STS_RECORD_MULTIPLE, /* more than one that begins "v=STSv1;" */
    STS_RECORD_ERROR,    /* the lookup failed */
};

struct sts_record {
    enum sts_record_status status;
    char *text; /* the record as received, NUL bytes as "\0" in text; NULL when absent or error */
    char id[STS_ID_MAX + 1]; /* "" unless valid */
    char *problem;           /* what breaks the grammar, for a person; NULL unless invalid */
    bool nonstandard;        /* valid to us, "v=STSv1 ;": senders differ (erratum 6285) */
};

/* Reads one TXT record by itself. Returns 0, or -1 when out of memory. */
int sts_record_read(const uint8_t *bytes, size_t length, struct sts_record *out);

/* Judges the TXT answer for `_mta-sts.DOMAIN` as a sender must. Returns 0, or -1. */
int sts_record_from_answer(const struct dns_answer *answer, struct sts_record *out);

void sts_record_clear(struct sts_record *record);

/* --- the policy file (section 3.2) -------------------------------------------------------- */

enum sts_mode { STS_MODE_NONE, STS_MODE_TESTING, STS_MODE_ENFORCE };

enum {
    STS_POLICY_SIZE_MAX = 65536,  /* bytes; larger bodies are a fetch error (section 3.3) */
    STS_MAX_AGE_MAX_S = 31557600, /* a year (section 3.2) */
    STS_MAX_AGE_SHORT_S = 86400,  /* under a day protects little */
    STS_POLICY_MX_MAX = 16384,    /* patterns kept: more than fit into a file */
};

struct sts_policy {
    bool valid;
    enum sts_mode mode;   /* the rest is set when valid */
    int64_t max_age_s;    /* as written, at most ten digits */
    bool max_age_clamped; /* over STS_MAX_AGE_MAX_S: senders use that */
    char **mx;            /* patterns as written, order kept */
    size_t n_mx;
    char *problem; /* NULL when valid: what breaks the grammar; "line N: " first where it has one */
    size_t problem_line; /* N, or 0 where the file as a whole is meant */
};

/* Reads a policy body. Returns 0, or -1 when out of memory. */
int sts_policy_read(const uint8_t *body, size_t length, struct sts_policy *out);
void sts_policy_clear(struct sts_policy *policy);

/*
 * Is the media type one that a policy may have (section 3.2): text/plain, any case, parameters
 * allowed? NULL (no Content-Type) is not.
 */
bool sts_media_type_ok(const char *content_type);

/* Does `host` (A-labels; case and a final dot do not count) match `pattern` (section 4.1)? */
bool sts_pattern_matches(const char *pattern, const char *host);

/* The first pattern that matches `host`, borrowed from the policy, or NULL. */
const char *sts_policy_match(const struct sts_policy *policy, const char *host);

const char *sts_mode_text(enum sts_mode mode);
bool sts_mode_parse(const char *text, enum sts_mode *out);

#endif
