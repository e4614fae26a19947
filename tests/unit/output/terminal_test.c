#include "output/terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *name, *text;
    size_t columns;
} widths[] = {
    {"empty", "", 0},
    {"ASCII", "mx1.example.test", 16},
    {"two bytes are one column", "m\xc3\xbcnchen", 7},
    {"ideographs are two columns each", "\xe4\xbe\x8b\xe3\x81\x88", 4},
    {"colour takes none", "\x1b[31mFAIL\x1b[0m", 4},
    {"an escape without an end is a column", "\x1b[3", 3},
};

static void columns_of_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        size_t columns = terminal_columns(widths[i].text, strlen(widths[i].text));
        if (columns != widths[i].columns)
            fail_msg("%s: %zu", widths[i].name, columns);
    }
}

static const struct {
    const char *name, *text;
    size_t columns, bytes;
} fits[] = {
    {"all of it", "abc", 3, 3},
    {"the beginning", "abcdef", 3, 3},
    {"nothing", "abc", 0, 0},
    {"not half a character", "\xc3\xbc\xc3\xbc", 1, 2},
    {"not half of a wide one", "\xe4\xbe\x8b\xe3\x81\x88", 3, 3},
};

static void fitting(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
        size_t bytes = terminal_fit(fits[i].text, fits[i].columns);
        if (bytes != fits[i].bytes)
            fail_msg("%s: %zu", fits[i].name, bytes);
    }
}

static void a_file_has_no_width(void **state)
{
    FILE *file = tmpfile();
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);

    (void)state;
    assert_non_null(file);
    assert_non_null(memory);
    assert_int_equal(terminal_width(file), 0);
    assert_int_equal(terminal_width(memory), 0);
    fclose(file);
    fclose(memory);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_of_text),
        cmocka_unit_test(fitting),
        cmocka_unit_test(a_file_has_no_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
