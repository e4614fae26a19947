/*
 * Tables of named cases: the name of the one that fails is what a reader of the log needs.
 */
#ifndef TESTS_UNIT_POLICY_CASE_H
#define TESTS_UNIT_POLICY_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/answer.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Fails the test with the name of the case unless `condition` holds. */
#define CASE_CHECK(name, condition)                               \
    do {                                                          \
        if (!(condition))                                         \
            fail_msg("%s: %s does not hold", (name), #condition); \
    } while (0)

/* Bytes of a literal, which may hold NUL, and how many they are. */
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

/* A TXT answer with one record for each of `texts`, up to the first NULL. */
static inline struct dns_answer *txt_answer(const char *const texts[], size_t room)
{
    struct dns_answer *answer = dns_answer_new("_example.example.test", DNS_TYPE_TXT);
    assert_non_null(answer);
    answer->status = DNS_FOUND;
    for (size_t i = 0; i < room && texts[i]; i++) {
        struct dns_record *record = dns_answer_add(answer);
        assert_non_null(record);
        record->u.text.bytes = (uint8_t *)strdup(texts[i]);
        assert_non_null(record->u.text.bytes);
        record->u.text.length = strlen(texts[i]);
    }
    return answer;
}

#endif
