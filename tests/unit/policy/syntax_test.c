#include "case.h"

#include <stdio.h>

#include "policy/syntax.h"

static const struct {
    const char *name;
    const char *bytes;
    size_t length;
    const char *shown;
} quotes[] = {
    {"empty", "", 0, "\"\""},
    {"plain", "a b~", 4, "\"a b~\""},
    {"escape sequence", "\x1b[2J", 4, "\"\\x1b[2J\""},
    {"NUL and high byte", "\0\xff", 2, "\"\\x00\\xff\""},
    {"backslash", "\\x41", 4, "\"\\x5cx41\""},
    {"DEL", "\x7f", 1, "\"\\x7f\""},
    {"sixty", "012345678901234567890123456789012345678901234567890123456789", 60,
     "\"012345678901234567890123456789012345678901234567890123456789\""},
    {"sixty-one", "0123456789012345678901234567890123456789012345678901234567890", 61,
     "\"012345678901234567890123456789012345678901234567890123456789\"..."},
    {"no half escape at the end", "0123456789012345678901234567890123456789012345678901234567\n",
     59, "\"0123456789012345678901234567890123456789012345678901234567\"..."},
};

static void test_quotes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(quotes); i++) {
        char out[SYNTAX_QUOTE_MAX];
        syntax_quote(quotes[i].bytes, quotes[i].length, out);
        if (strcmp(out, quotes[i].shown) != 0)
            fail_msg("%s: %s", quotes[i].name, out);
    }
}

/* The fields of a record in brackets; "|" marks the last. */
static const struct {
    const char *record;
    const char *fields;
} records[] = {
    {"", "[]|"},
    {"a", "[a]|"},
    {"a;", "[a][]|"},
    {"a ;\tb", "[a][b]|"},
    {" a; b ;c ", "[ a][b][c ]|"},
    {"a;;b", "[a][][b]|"},
    {"a; ", "[a][]|"},
    {" ; ;", "[][][]|"},
};

static void test_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(records); i++) {
        char out[100] = "";
        size_t used = 0;
        struct syntax_fields fields;
        struct syntax_field field;
        syntax_fields_init(&fields, (const uint8_t *)records[i].record, strlen(records[i].record));
        while (syntax_fields_next(&fields, &field))
            used += (size_t)snprintf(out + used, sizeof out - used, "[%.*s]%s", (int)field.length,
                                     (const char *)field.bytes, field.last ? "|" : "");
        if (strcmp(out, records[i].fields) != 0)
            fail_msg("\"%s\": %s", records[i].record, out);
    }
}

static void test_text_shows_nul(void **state)
{
    (void)state;
    char *text = syntax_text(BYTES("a\0b\0"));
    assert_string_equal(text, "a\\0b\\0");
    free(text);
    text = syntax_text(BYTES(""));
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_text_shows_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
