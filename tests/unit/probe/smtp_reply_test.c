/* Unit tests of probe/smtp_reply: RFC 5321 4.2 and its section 4.5.3.1. */
#include "case.h"

#include "probe/smtp_reply.h"

/* What came of feeding some bytes, in a form that can be compared. */
struct outcome {
    enum smtp_reply_status status;
    size_t used;
    int code;
    size_t n_lines;
    char *joined;
    bool deviant;
};

/* Feeds all bytes in pieces that end at `split` and at every multiple of `step` after it. */
static struct outcome feed(const char *bytes, size_t length, size_t split, size_t step)
{
    struct smtp_reply reply;
    struct outcome outcome = {.status = SMTP_REPLY_MORE};
    size_t end = split;

    smtp_reply_init(&reply);
    while (outcome.status == SMTP_REPLY_MORE && outcome.used < length) {
        size_t used = 0;
        if (end > length)
            end = length;
        /* A copy of its own, so that a sanitizer sees any byte read behind the piece. */
        uint8_t *piece = malloc(end - outcome.used + 1);
        assert_non_null(piece);
        memcpy(piece, bytes + outcome.used, end - outcome.used);
        outcome.status = smtp_reply_feed(&reply, piece, end - outcome.used, &used);
        free(piece);
        assert_true(used <= end - outcome.used);
        outcome.used += used;
        end += step;
    }
    outcome.code = reply.code;
    outcome.n_lines = reply.n_lines;
    outcome.deviant = reply.deviation != NULL;
    assert_int_equal(outcome.status == SMTP_REPLY_BAD, reply.problem != NULL);
    if (outcome.status == SMTP_REPLY_DONE) {
        outcome.joined = smtp_reply_joined(&reply);
        assert_non_null(outcome.joined);
    }
    smtp_reply_clear(&reply);
    return outcome;
}

static const struct reply_case {
    const char *name;
    const char *bytes;
    size_t length;
    enum smtp_reply_status status;
    size_t used; /* 0: all */
    size_t n_lines;
    const char *joined; /* of a reply that is done: its code is the first three bytes */
    bool deviant;
} replies[] = {
    /* RFC 5321 4.2.1 and 4.3.1 */
    {"greeting", BYTES("220 mx.example.test ESMTP\r\n"), SMTP_REPLY_DONE, 0, 1,
     "220 mx.example.test ESMTP", false},
    {"code alone", BYTES("220\r\n"), SMTP_REPLY_DONE, 0, 1, "220 ", false},
    {"code and space alone", BYTES("220 \r\n"), SMTP_REPLY_DONE, 0, 1, "220 ", false},
    {"multi-line", BYTES("250-mx.example.test\r\n250-SIZE 10\r\n250 STARTTLS\r\n"), SMTP_REPLY_DONE,
     0, 3, "250 mx.example.test SIZE 10 STARTTLS", false},
    {"multi-line, last line without text", BYTES("250-mx\r\n250\r\n"), SMTP_REPLY_DONE, 0, 2,
     "250 mx ", false},
    {"multi-line, no text at all", BYTES("250-\r\n250 \r\n"), SMTP_REPLY_DONE, 0, 2, "250  ",
     false},
    {"lowest code", BYTES("200 x\r\n"), SMTP_REPLY_DONE, 0, 1, "200 x", false},
    {"intermediate code", BYTES("354 go\r\n"), SMTP_REPLY_DONE, 0, 1, "354 go", false},
    {"highest code", BYTES("599 x\r\n"), SMTP_REPLY_DONE, 0, 1, "599 x", false},
    {"text of digits", BYTES("250 250-250\r\n"), SMTP_REPLY_DONE, 0, 1, "250 250-250", false},
    {"tab in the text", BYTES("220 a\tb\r\n"), SMTP_REPLY_DONE, 0, 1, "220 a\tb", false},
    {"UTF-8 in the text", BYTES("220 gr\xc3\xbc\xc3\x9f\r\n"), SMTP_REPLY_DONE, 0, 1,
     "220 gr\xc3\xbc\xc3\x9f", false},
    {"the next reply stays", BYTES("220 a\r\n250 b\r\n"), SMTP_REPLY_DONE, 7, 1, "220 a", false},

    /* What sending servers pass over (RFC 5321 2.3.8 forbids bare LF and CR). */
    {"bare line feed", BYTES("220 x\n"), SMTP_REPLY_DONE, 0, 1, "220 x", true},
    {"bare line feed, code alone", BYTES("220\n"), SMTP_REPLY_DONE, 0, 1, "220 ", true},
    {"bare line feed in one line of two", BYTES("250-a\n250 b\r\n"), SMTP_REPLY_DONE, 0, 2,
     "250 a b", true},
    {"escape sequence", BYTES("220 a\x1b[31mb\r\n"), SMTP_REPLY_DONE, 0, 1, "220 a\x1b[31mb", true},
    {"delete", BYTES("220 a\x7f\r\n"), SMTP_REPLY_DONE, 0, 1, "220 a\x7f", true},
    {"NUL", BYTES("220 a\0b\r\n"), SMTP_REPLY_DONE, 0, 1, "220 a?b", true},
    {"carriage return in the text", BYTES("220 a\rb\r\n"), SMTP_REPLY_DONE, 0, 1, "220 a\rb", true},

    /* Not replies; where it can be told at once, it is. */
    {"different codes", BYTES("250-a\r\n251 b\r\n"), SMTP_REPLY_BAD, 0, 1, NULL, false},
    {"letter as fourth", BYTES("220x\r\n"), SMTP_REPLY_BAD, 4, 0, NULL, false},
    {"tab as fourth", BYTES("220\tx\r\n"), SMTP_REPLY_BAD, 4, 0, NULL, false},
    {"digit as fourth", BYTES("2200 x\r\n"), SMTP_REPLY_BAD, 4, 0, NULL, false},
    {"NUL as fourth", BYTES("220\0x\r\n"), SMTP_REPLY_BAD, 4, 0, NULL, false},
    {"letter as second", BYTES("2a0 x\r\n"), SMTP_REPLY_BAD, 2, 0, NULL, false},
    {"two digits", BYTES("22\r\n"), SMTP_REPLY_BAD, 3, 0, NULL, false},
    {"two digits and a bare line feed", BYTES("22\n"), SMTP_REPLY_BAD, 3, 0, NULL, true},
    {"empty line", BYTES("\r\n220 x\r\n"), SMTP_REPLY_BAD, 1, 0, NULL, false},
    {"bare empty line", BYTES("\n220 x\r\n"), SMTP_REPLY_BAD, 1, 0, NULL, true},
    {"leading space", BYTES(" 220 x\r\n"), SMTP_REPLY_BAD, 1, 0, NULL, false},
    {"code of 0", BYTES("020 x\r\n"), SMTP_REPLY_BAD, 1, 0, NULL, false},
    {"code of 1", BYTES("120 x\r\n"), SMTP_REPLY_BAD, 1, 0, NULL, false},
    {"code of 6", BYTES("620 x\r\n"), SMTP_REPLY_BAD, 1, 0, NULL, false},
    {"code of 9", BYTES("999 x\r\n"), SMTP_REPLY_BAD, 1, 0, NULL, false},
    {"CR behind the code, then text", BYTES("220\rx\r\n"), SMTP_REPLY_BAD, 0, 0, NULL, false},
    {"HTTP", BYTES("HTTP/1.1 400 Bad Request\r\n"), SMTP_REPLY_BAD, 1, 0, NULL, false},
    {"SSH", BYTES("SSH-2.0-OpenSSH_9.2\r\n"), SMTP_REPLY_BAD, 1, 0, NULL, false},
    {"POP3", BYTES("+OK ready\r\n"), SMTP_REPLY_BAD, 1, 0, NULL, false},
    {"TLS alert", BYTES("\x15\x03\x01\x00\x02\x02\x46"), SMTP_REPLY_BAD, 1, 0, NULL, false},
    {"second line without a code", BYTES("250-a\r\nSTARTTLS\r\n"), SMTP_REPLY_BAD, 8, 1, NULL,
     false},
    {"second line empty", BYTES("250-a\r\n\r\n"), SMTP_REPLY_BAD, 8, 1, NULL, false},
};

static void check_outcome(const struct reply_case *given, const struct outcome *outcome)
{
    CASE_INT(given->name, outcome->status, given->status);
    CASE_INT(given->name, (long long)outcome->used,
             (long long)(given->used ? given->used : given->length));
    CASE_INT(given->name, (long long)outcome->n_lines, (long long)given->n_lines);
    CASE_TEXT(given->name, outcome->joined, given->joined);
    if (given->joined)
        CASE_INT(given->name, outcome->code, strtol(given->joined, NULL, 10));
    CASE_INT(given->name, outcome->deviant, given->deviant);
}

static void test_replies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(replies); i++) {
        struct outcome outcome = feed(replies[i].bytes, replies[i].length, replies[i].length, 1);
        check_outcome(&replies[i], &outcome);
        free(outcome.joined);
    }
}

static void test_split_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(replies); i++) {
        for (size_t at = 0; at <= replies[i].length; at++) {
            struct outcome outcome =
                feed(replies[i].bytes, replies[i].length, at, replies[i].length);
            check_outcome(&replies[i], &outcome);
            free(outcome.joined);
        }
    }
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(replies); i++) {
        struct outcome outcome = feed(replies[i].bytes, replies[i].length, 1, 1);
        check_outcome(&replies[i], &outcome);
        free(outcome.joined);
    }
}

static void test_truncated(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(replies); i++) {
        const struct reply_case *given = &replies[i];
        size_t whole = given->used ? given->used : given->length;
        for (size_t length = 0; length < whole; length++) {
            struct outcome outcome = feed(given->bytes, length, length, 1);
            CASE_INT(given->name, outcome.status, SMTP_REPLY_MORE);
            CASE_INT(given->name, (long long)outcome.used, (long long)length);
        }
    }
}

static void test_mutated(void **state)
{
    static const char good[] = "250-mx.example.test\r\n250-SIZE 10240000\r\n250 STARTTLS\r\n";
    char bytes[sizeof good];

    (void)state;
    for (size_t at = 0; at < sizeof good - 1; at++) {
        for (int value = 0; value < 256; value++) {
            memcpy(bytes, good, sizeof good);
            bytes[at] = (char)value;
            struct outcome outcome = feed(bytes, sizeof good - 1, 7, 5);
            if (outcome.status == SMTP_REPLY_DONE) {
                assert_in_range(outcome.code, 200, 599);
                assert_true(strncmp(outcome.joined, bytes, 3) == 0);
                assert_in_range(outcome.n_lines, 1, 3);
            }
            free(outcome.joined);
        }
    }
}

/* A reply of `total` bytes in lines of `line` bytes, line ends counted; the last takes the rest. */
static char *big_reply(size_t total, size_t line)
{
    char *bytes = malloc(total + 1);
    size_t at = 0;

    assert_non_null(bytes);
    memset(bytes, 'x', total);
    while (at < total) {
        bool last = total - at <= line;
        size_t length = last ? total - at : line;
        memcpy(bytes + at, last ? "250 " : "250-", 4);
        memcpy(bytes + at + length - 2, "\r\n", 2);
        at += length;
    }
    return bytes;
}

static void test_limits(void **state)
{
    static const struct {
        const char *name;
        size_t total, line;
        enum smtp_reply_status status;
        size_t used_at_most;
    } cases[] = {
        {"longest line", SMTP_REPLY_LINE_MAX, SMTP_REPLY_LINE_MAX, SMTP_REPLY_DONE,
         SMTP_REPLY_LINE_MAX},
        {"line too long by one", SMTP_REPLY_LINE_MAX + 1, SMTP_REPLY_LINE_MAX + 1, SMTP_REPLY_BAD,
         SMTP_REPLY_LINE_MAX + 1},
        {"longest reply", SMTP_REPLY_TOTAL_MAX, 1024, SMTP_REPLY_DONE, SMTP_REPLY_TOTAL_MAX},
        {"reply too long by one", SMTP_REPLY_TOTAL_MAX + 1, 1000, SMTP_REPLY_BAD,
         SMTP_REPLY_TOTAL_MAX + 1},
        {"flood of lines", SMTP_REPLY_TOTAL_MAX * 4, 100, SMTP_REPLY_BAD, SMTP_REPLY_TOTAL_MAX + 1},
        {"flood without a line end", SMTP_REPLY_TOTAL_MAX * 4, SMTP_REPLY_TOTAL_MAX * 4,
         SMTP_REPLY_BAD, SMTP_REPLY_LINE_MAX + 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *bytes = big_reply(cases[i].total, cases[i].line);
        struct outcome outcome = feed(bytes, cases[i].total, cases[i].total, 1);
        CASE_INT(cases[i].name, outcome.status, cases[i].status);
        CASE_CHECK(cases[i].name, outcome.used <= cases[i].used_at_most);
        free(outcome.joined);
        free(bytes);
    }
}

/* As evidence a reply is cut, on both sides of SMTP_REPLY_JOINED_MAX, its NUL counted. */
static void test_joined_is_cut(void **state)
{
    enum { AROUND = 6 /* "250 " and the line end */ };
    static const struct {
        const char *name;
        size_t total, line;
        size_t text; /* how much of the text is kept */
    } cases[] = {
        {"shorter by one", SMTP_REPLY_JOINED_MAX - 2 + AROUND, SMTP_REPLY_LINE_MAX,
         SMTP_REPLY_JOINED_MAX - 2},
        {"just as long", SMTP_REPLY_JOINED_MAX - 1 + AROUND, SMTP_REPLY_LINE_MAX,
         SMTP_REPLY_JOINED_MAX - 1},
        {"longer by one", SMTP_REPLY_JOINED_MAX + AROUND, SMTP_REPLY_LINE_MAX,
         SMTP_REPLY_JOINED_MAX - 1},
        {"the longest line", SMTP_REPLY_LINE_MAX, SMTP_REPLY_LINE_MAX, SMTP_REPLY_JOINED_MAX - 1},
        {"the longest reply, in many lines", SMTP_REPLY_TOTAL_MAX, 64, SMTP_REPLY_JOINED_MAX - 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *bytes = big_reply(cases[i].total, cases[i].line);
        struct outcome outcome = feed(bytes, cases[i].total, cases[i].total, 1);
        CASE_INT(cases[i].name, outcome.status, SMTP_REPLY_DONE);
        CASE_INT(cases[i].name, (long long)strlen(outcome.joined), (long long)(4 + cases[i].text));
        CASE_INT(cases[i].name, (long long)strspn(outcome.joined + 4, "x "),
                 (long long)cases[i].text);
        free(outcome.joined);
        free(bytes);
    }
}

static void test_lines(void **state)
{
    static const char bytes[] = "250-mx.example.test\r\n250-\r\n250 STARTTLS\r\n";
    struct smtp_reply reply;
    size_t used = 0;

    (void)state;
    smtp_reply_init(&reply);
    assert_null(smtp_reply_line(&reply, 0));
    assert_int_equal(smtp_reply_feed(&reply, (const uint8_t *)bytes, sizeof bytes - 1, &used),
                     SMTP_REPLY_DONE);
    assert_string_equal(smtp_reply_line(&reply, 0), "mx.example.test");
    assert_string_equal(smtp_reply_line(&reply, 1), "");
    assert_string_equal(smtp_reply_line(&reply, 2), "STARTTLS");
    assert_null(smtp_reply_line(&reply, 3));
    smtp_reply_clear(&reply);
}

static void test_reset(void **state)
{
    struct smtp_reply reply;
    size_t used = 0;

    (void)state;
    smtp_reply_init(&reply);
    assert_int_equal(smtp_reply_feed(&reply, (const uint8_t *)BYTES("250-a\n25"), &used),
                     SMTP_REPLY_MORE);
    smtp_reply_reset(&reply);
    assert_int_equal(reply.code, 0);
    assert_null(smtp_reply_line(&reply, 0));
    assert_non_null(reply.deviation); /* kept: it is about the server, not about one reply */
    assert_int_equal(smtp_reply_feed(&reply, (const uint8_t *)BYTES("421 b\r\n"), &used),
                     SMTP_REPLY_DONE);
    assert_int_equal(reply.code, 421);
    assert_string_equal(smtp_reply_line(&reply, 0), "b");
    smtp_reply_clear(&reply);
}

/* The size limits are for one reply: a session of many is no flood. */
static void test_limit_is_for_one_reply(void **state)
{
    char *bytes = big_reply(SMTP_REPLY_TOTAL_MAX, 1024);
    struct smtp_reply reply;

    (void)state;
    smtp_reply_init(&reply);
    for (int i = 0; i < 3; i++) {
        size_t used = 0;
        smtp_reply_reset(&reply);
        assert_int_equal(
            smtp_reply_feed(&reply, (const uint8_t *)bytes, SMTP_REPLY_TOTAL_MAX, &used),
            SMTP_REPLY_DONE);
        assert_int_equal(used, SMTP_REPLY_TOTAL_MAX);
    }
    smtp_reply_clear(&reply);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),       cmocka_unit_test(test_split_anywhere),
        cmocka_unit_test(test_byte_by_byte),  cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_mutated),       cmocka_unit_test(test_limits),
        cmocka_unit_test(test_joined_is_cut), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_reset),         cmocka_unit_test(test_limit_is_for_one_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
