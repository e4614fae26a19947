/*
 * Tables of named cases: the name of the one that fails is what a reader of the log needs.
 */
#ifndef TESTS_UNIT_PROBE_CASE_H
#define TESTS_UNIT_PROBE_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Fails the test with the name of the case unless `condition` holds. */
#define CASE_CHECK(name, condition)                               \
    do {                                                          \
        if (!(condition))                                         \
            fail_msg("%s: %s does not hold", (name), #condition); \
    } while (0)

/* Fails the test with the name of the case unless the numbers are the same. */
#define CASE_INT(name, actual, expected)                                                       \
    do {                                                                                       \
        long long case_actual = (long long)(actual), case_expected = (long long)(expected);    \
        if (case_actual != case_expected)                                                      \
            fail_msg("%s: %s is %lld, not %lld", (name), #actual, case_actual, case_expected); \
    } while (0)

/* Fails the test with the name of the case unless both texts are the same, or both NULL. */
#define CASE_TEXT(name, actual, expected)                                                       \
    do {                                                                                        \
        const char *case_actual = (actual), *case_expected = (expected);                        \
        bool case_same = case_actual && case_expected ? strcmp(case_actual, case_expected) == 0 \
                                                      : case_actual == case_expected;           \
        if (!case_same)                                                                         \
            fail_msg("%s: %s is \"%s\", not \"%s\"", (name), #actual,                           \
                     case_actual ? case_actual : "(null)",                                      \
                     case_expected ? case_expected : "(null)");                                 \
    } while (0)

/* Bytes of a literal, which may hold NUL, and how many they are. */
#define BYTES(literal) literal, sizeof(literal) - 1

#endif
