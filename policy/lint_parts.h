/*
 * Inside of lint: one judge a kind, and how each adds what it finds.
 */
#ifndef POLICY_LINT_PARTS_H
#define POLICY_LINT_PARTS_H

#include "policy/lint.h"

enum { LINT_MESSAGES_MAX = 1000 }; /* the rest are dropped; what they say still counts */

/* Adds a message; the outcome follows from it. Returns 0, or -1 when out of memory. */
int lint_add(struct lint_result *result, enum lint_severity severity, size_t line,
             const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Judge `bytes` into a zeroed result. Return 0, or -1 when out of memory. */
int lint_sts_record(const uint8_t *bytes, size_t length, struct lint_result *out);
int lint_sts_policy(const uint8_t *bytes, size_t length, struct lint_result *out);
int lint_tlsrpt_record(const uint8_t *bytes, size_t length, struct lint_result *out);
int lint_tlsa(const uint8_t *bytes, size_t length, struct lint_result *out);

#endif
