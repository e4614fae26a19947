/*
 * A TLS-RPT report as it arrives (RFC 8460 section 4): its facts as written, and what in it is not
 * as the RFC has it. Tolerant: what real senders send is read, each deviation noted with its place.
 * Text is that of a stranger; output/ escapes it. Pure.
 */
#ifndef POLICY_REPORT_H
#define POLICY_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/reason.h"

/* Bounds of what is read: beyond, it is refused; beyond the last four, it is cut and noted. */
enum {
    TLSRPT_REPORT_SIZE_MAX = 4 << 20, /* bytes of JSON */
    TLSRPT_VALUES_MAX = 100000,       /* JSON values */
    TLSRPT_TEXT_MAX = 4096,           /* bytes of one text */
    TLSRPT_DEVIATIONS_MAX = 64,       /* noted one by one */
    TLSRPT_REFUSAL_MAX = 256,         /* bytes of the text that says why it is refused */
};

/* The largest count that every JSON reader takes exactly (RFC 7493 2.2). */
#define TLSRPT_COUNT_MAX (UINT64_C(1) << 53)

/* How a report differs from RFC 8460 section 4.4. */
enum tlsrpt_deviation_kind {
    TLSRPT_BARE_STRING,         /* a string in place of a list of strings */
    TLSRPT_LINES_IN_STRING,     /* several lines in one string of policy-string */
    TLSRPT_JSON_IN_STRING,      /* a policy-string that is JSON text */
    TLSRPT_OTHER_KEY,           /* the right thing by another name */
    TLSRPT_MISSING,             /* a key that every report has */
    TLSRPT_NULL,                /* null in place of a value */
    TLSRPT_WRONG_TYPE,          /* a value of a type that it cannot have, left out */
    TLSRPT_DUPLICATE_KEY,       /* the first one counts */
    TLSRPT_TIME_WITHOUT_ZONE,   /* read as UTC */
    TLSRPT_BAD_TIME,            /* no RFC 3339 time, left out */
    TLSRPT_BAD_COUNT,           /* a count that is negative, a fraction, a text or over 2^53 */
    TLSRPT_BAD_ADDRESS,         /* an address field that holds none, kept as it is */
    TLSRPT_COUNTS_DIFFER,       /* the failure-details hold more sessions than the summary */
    TLSRPT_UNKNOWN_RESULT_TYPE, /* kept as it is */
    TLSRPT_UNKNOWN_POLICY_TYPE, /* kept as it is */
    TLSRPT_BYTE_ORDER_MARK,     /* before the JSON */
    TLSRPT_TEXT_CUT,            /* longer than TLSRPT_TEXT_MAX */
    TLSRPT_MEDIA_TYPE,          /* a mail's part of another type than section 5.3 and 6 have */
    TLSRPT_DEVIATION_KINDS
};

/* The stable word, such as "bare_string". Static. */
const char *tlsrpt_deviation_text(enum tlsrpt_deviation_kind kind);

struct tlsrpt_deviation {
    enum tlsrpt_deviation_kind kind;
    char *place; /* "policies[0].policy.mx-host" */
};

/* Texts are NULL where the report has none; an empty one is none. */
struct tlsrpt_failure {
    char *result_type;     /* as written */
    enum result_type type; /* RESULT_NONE where it is none of RFC 8460's */
    char *sending_ip, *mx, *mx_helo, *ip;
    char *additional_information, *reason_code;
    uint64_t count; /* sessions */
};

struct tlsrpt_policy {
    char *policy_type;     /* as written */
    enum policy_type type; /* POLICY_TYPE_NONE where it is none of RFC 8460's */
    char *policy_domain;   /* as written */
    char **policy_strings, **mx_hosts;
    size_t n_policy_strings, n_mx_hosts;
    uint64_t successful, failed; /* sessions, of the summary; without one: of the failures */
    struct tlsrpt_failure *failures;
    size_t n_failures;
};

struct tlsrpt_report {
    char *organization, *contact, *report_id;
    bool start_known, end_known;
    int64_t start_s, end_s; /* since 1970; the end is the last second of the time told of */
    struct tlsrpt_policy *policies;
    size_t n_policies;
    struct tlsrpt_deviation *deviations;
    size_t n_deviations, deviations_seen; /* more seen than kept beyond TLSRPT_DEVIATIONS_MAX */
};

/*
 * Reads the JSON text of a report. Returns 0; 1 where it is none, with `refusal` saying what is
 * wrong and where ("byte 17: …", "policies[0].policy: …"); -1 when out of memory. Unless 0, `out`
 * is cleared.
 */
int tlsrpt_report_read(const uint8_t *bytes, size_t length, struct tlsrpt_report *out,
                       char refusal[TLSRPT_REFUSAL_MAX]);

void tlsrpt_report_clear(struct tlsrpt_report *report);

/* Notes a deviation. Copies `place`. Returns 0, or -1 when out of memory. */
int tlsrpt_report_note(struct tlsrpt_report *report, enum tlsrpt_deviation_kind kind,
                       const char *place);

/* a + b, at most TLSRPT_COUNT_MAX. */
uint64_t tlsrpt_count_add(uint64_t a, uint64_t b);

#endif
