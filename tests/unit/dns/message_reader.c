#include "message_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

struct wire wire;

struct dns_answer *read_as(const char *name, uint16_t type)
{
    struct dns_answer *answer = dns_answer_new(name, type);
    /* On the heap and exactly as long, so that a read beyond the end is seen. */
    uint8_t *copy = malloc(wire.length + 1);

    assert_non_null(answer);
    assert_non_null(copy);
    memcpy(copy, wire.bytes, wire.length);
    copy = realloc(copy, wire.length > 0 ? wire.length : 1);
    assert_non_null(copy);
    assert_int_equal(dns_message_read(copy, wire.length, answer), 0);
    free(copy);
    return answer;
}
