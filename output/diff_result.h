/*
 * A result object read back from its JSON (docs/result.schema.json), as far as two of them are
 * compared. Private to the comparison.
 */
#ifndef OUTPUT_DIFF_RESULT_H
#define OUTPUT_DIFF_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

enum diff_sender { DIFF_OPPORTUNISTIC, DIFF_MTA_STS, DIFF_DANE, DIFF_SENDERS };

/* The key of `delivery` in the object. Static. */
const char *diff_sender_text(enum diff_sender sender);

/* All texts are borrowed from `root`. */
struct diff_result {
    cJSON *root;
    const char *started_at;
    const char *verdict;
    int verdict_rank; /* 0 is ok, 3 is fail */
    const char *delivery[DIFF_SENDERS];
    int delivery_rank[DIFF_SENDERS]; /* 0 is tls, 4 is bounce; -1 is unknown */
    const char *mx_status;
    const cJSON *mx_records;
    const cJSON *sts_record, *sts_policy, *tls_rpt; /* objects */
    const cJSON *hosts, *findings;                  /* arrays of objects */
};

/*
 * Reads a line. False when it is no object of that schema, with everything that is compared, or
 * when memory is out: errno is then ENOMEM. On false nothing needs to be cleared.
 */
bool diff_result_read(const char *text, size_t length, struct diff_result *out);
void diff_result_clear(struct diff_result *result);

/* The member as text; NULL where there is none, or it is not one. Borrowed. */
const char *diff_text(const cJSON *object, const char *key);

#endif
