#include "output/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *name;
    const char *bytes;
    size_t length;
    const char *expected;
} cases[] = {
    {"plain text", BYTES("220 mx.example.test ESMTP"), "220 mx.example.test ESMTP"},
    {"nothing", BYTES(""), ""},
    {"escape", BYTES("\x1b[2J"), "\\x1b[2J"},
    {"NUL in the middle", BYTES("a\0b"), "a\\x00b"},
    {"line break", BYTES("a\r\nb"), "a\\x0d\\x0ab"},
    {"tab", BYTES("a\tb"), "a\\x09b"},
    {"DEL", BYTES("\x7f"), "\\x7f"},
    {"backslash stays", BYTES("CN=a\\, b"), "CN=a\\, b"},
    {"quotes stay", BYTES("\"'|"), "\"'|"},
    {"two bytes, U+00FC", BYTES("m\xc3\xbcnchen"), "m\xc3\xbcnchen"},
    {"three bytes, U+20AC", BYTES("\xe2\x82\xac"), "\xe2\x82\xac"},
    {"four bytes, U+1F4E7", BYTES("\xf0\x9f\x93\xa7"), "\xf0\x9f\x93\xa7"},
    {"last character, U+10FFFF", BYTES("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf"},
    {"before the surrogates, U+D7FF", BYTES("\xed\x9f\xbf"), "\xed\x9f\xbf"},
    {"after the surrogates, U+E000", BYTES("\xee\x80\x80"), "\xee\x80\x80"},
    {"no-break space is seen, U+00A0", BYTES("\xc2\xa0"), "\xc2\xa0"},
    {"C1 CSI as a character, U+009B",
     BYTES("\xc2\x9b"
           "2J"),
     "\\xc2\\x9b2J"},
    {"C1 CSI as a byte",
     BYTES("\x9b"
           "2J"),
     "\\x9b2J"},
    {"first C1, U+0080", BYTES("\xc2\x80"), "\\xc2\\x80"},
    {"last C1, U+009F", BYTES("\xc2\x9f"), "\\xc2\\x9f"},
    {"overlong NUL in two", BYTES("\xc0\x80"), "\\xc0\\x80"},
    {"overlong slash in two", BYTES("\xc1\xaf"), "\\xc1\\xaf"},
    {"overlong slash in three", BYTES("\xe0\x80\xaf"), "\\xe0\\x80\\xaf"},
    {"overlong U+07FF in three", BYTES("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf"},
    {"overlong slash in four", BYTES("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf"},
    {"overlong U+FFFF in four", BYTES("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf"},
    {"surrogate U+D800", BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
    {"surrogate U+DFFF", BYTES("\xed\xbf\xbf"), "\\xed\\xbf\\xbf"},
    {"beyond U+10FFFF", BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"},
    {"lead of five", BYTES("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80"},
    {"stray continuation",
     BYTES("a\xbf"
           "b"),
     "a\\xbfb"},
    {"cut and followed by a letter", BYTES("\xe2\x82z"), "\\xe2\\x82z"},
    {"cut and followed by a character", BYTES("\xe2\x82\xc3\xbc"), "\\xe2\\x82\xc3\xbc"},
    {"soft hyphen",
     BYTES("a\xc2\xad"
           "b"),
     "a\\u{ad}b"},
    {"Arabic letter mark", BYTES("\xd8\x9c"), "\\u{61c}"},
    {"zero width space", BYTES("\xe2\x80\x8b"), "\\u{200b}"},
    {"right-to-left mark", BYTES("\xe2\x80\x8f"), "\\u{200f}"},
    {"a dash beside it, U+2010", BYTES("\xe2\x80\x90"), "\xe2\x80\x90"},
    {"line separator", BYTES("\xe2\x80\xa8"), "\\u{2028}"},
    {"paragraph separator", BYTES("\xe2\x80\xa9"), "\\u{2029}"},
    {"right-to-left override", BYTES("\xe2\x80\xae"), "\\u{202e}"},
    {"narrow space beside it, U+202F", BYTES("\xe2\x80\xaf"), "\xe2\x80\xaf"},
    {"isolate", BYTES("\xe2\x81\xa6"), "\\u{2066}"},
    {"pop isolate", BYTES("\xe2\x81\xa9"), "\\u{2069}"},
    {"byte order mark", BYTES("\xef\xbb\xbf"), "\\u{feff}"},
    {"language tag", BYTES("\xf3\xa0\x80\x81"), "\\u{e0001}"},
    {"tag letter", BYTES("\xf3\xa0\x81\xa1"), "\\u{e0061}"},
};

static void cases_are_escaped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = escape_bytes(cases[i].bytes, cases[i].length);
        assert_non_null(text);
        if (strcmp(text, cases[i].expected) != 0)
            fail_msg("%s: \"%s\"", cases[i].name, text);
        free(text);
    }
}

static void every_single_byte(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        uint8_t byte = (uint8_t)value;
        char expected[8] = {(char)value};
        if (value < 0x20 || value >= 0x7F)
            snprintf(expected, sizeof expected, "\\x%02x", value);
        char *text = escape_bytes(&byte, 1);
        assert_string_equal(text, expected);
        free(text);
    }
}

/* Every beginning of a valid sequence, at the end of the input and in front of a letter. */
static void truncated_sequences(void **state)
{
    static const char *const whole[] = {"\xc3\xbc", "\xe2\x82\xac", "\xed\x9f\xbf",
                                        "\xf0\x9f\x93\xa7", "\xf4\x8f\xbf\xbf"};
    (void)state;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        for (size_t length = 1; length < strlen(whole[i]); length++) {
            char input[8] = {0}, expected[32] = {0};
            memcpy(input, whole[i], length);
            for (size_t j = 0; j < length; j++)
                snprintf(expected + 4 * j, 5, "\\x%02x", (uint8_t)whole[i][j]);
            char *alone = escape_bytes(input, length);
            assert_string_equal(alone, expected);
            free(alone);
            input[length] = 'z';
            strcat(expected, "z");
            char *followed = escape_bytes(input, length + 1);
            assert_string_equal(followed, expected);
            free(followed);
        }
    }
}

/* Whatever three bytes come, an independent decoder finds nothing unsafe in the result. */
static void any_three_bytes_become_safe(void **state)
{
    (void)state;
    for (uint32_t value = 0; value < 1u << 24; value += 251) {
        uint8_t bytes[3] = {(uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
        char *text = escape_bytes(bytes, sizeof bytes);
        assert_non_null(text);
        if (first_unsafe(text, strlen(text)))
            fail_msg("%06x becomes \"%s\"", (unsigned)value, text);
        free(text);
    }
}

static void line_feeds_are_kept_in_lines_alone(void **state)
{
    static const char body[] = "version: STSv1\r\nmode: none\n\0";
    (void)state;
    char *text = escape_lines(body, sizeof body - 1);
    assert_string_equal(text, "version: STSv1\nmode: none\n\\x00");
    free(text);
}

static void null_text_is_null(void **state)
{
    (void)state;
    assert_null(escape_text(NULL));
    char *text = escape_text("a\x1b");
    assert_string_equal(text, "a\\x1b");
    free(text);
}

static void lengths_that_overflow_are_refused(void **state)
{
    (void)state;
    assert_null(escape_bytes("", SIZE_MAX / 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_are_escaped),
        cmocka_unit_test(every_single_byte),
        cmocka_unit_test(truncated_sequences),
        cmocka_unit_test(any_three_bytes_become_safe),
        cmocka_unit_test(line_feeds_are_kept_in_lines_alone),
        cmocka_unit_test(null_text_is_null),
        cmocka_unit_test(lengths_that_overflow_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
