/*
 * Times in text (RFC 3339), UTC. Pure.
 */
#ifndef POLICY_TIMESTAMP_H
#define POLICY_TIMESTAMP_H

#include <stdint.h>

enum { TIMESTAMP_TEXT_MAX = 40 };

/* "2026-11-24T08:00:00Z" from seconds since 1970, any year from 0 to 9999; beyond: clamped. */
void timestamp_format_s(int64_t at_s, char out[TIMESTAMP_TEXT_MAX]);

/* "2026-11-24T08:00:00.123Z" from milliseconds since 1970. */
void timestamp_format_ms(int64_t at_ms, char out[TIMESTAMP_TEXT_MAX]);

/*
 * Reads an RFC 3339 time with zone, or "+30d" / "-12h" / "+90m" counted from `now_s`. Returns 0,
 * or -1 when it is neither.
 */
int timestamp_parse(const char *text, int64_t now_s, int64_t *at_s);

/* "in 23 days", "23 days ago", "in 5 hours", "now": `at_s` as seen from `now_s`. */
void timestamp_relative(int64_t at_s, int64_t now_s, char out[TIMESTAMP_TEXT_MAX]);

#endif
