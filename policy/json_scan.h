/*
 * Reads a JSON text through (RFC 8259) without building anything: whether it is one, where it stops
 * being one, and how much memory a parser would need for it. So that a parser is only ever handed
 * what is well-formed and bounded. Pure.
 */
#ifndef POLICY_JSON_SCAN_H
#define POLICY_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_SCAN_DEPTH_MAX = 64, JSON_SCAN_NUMBER_MAX = 63 };

/*
 * Is `bytes` one JSON text of at most `values_max` values, nested at most JSON_SCAN_DEPTH_MAX deep,
 * with numbers of at most JSON_SCAN_NUMBER_MAX characters? Bytes that are no UTF-8 are let pass
 * inside strings. Else `*offset` is where it stops being that, and `*problem` what is wrong there
 * (static).
 */
bool json_scan(const uint8_t *bytes, size_t length, size_t values_max, size_t *offset,
               const char **problem);

#endif
