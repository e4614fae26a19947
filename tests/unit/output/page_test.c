#include "output/page.h"

#include <errno.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture.h"

static struct capture capture;

static void begin(struct page *page, bool color, size_t width)
{
    capture_begin(&capture);
    page_init(page, capture.out, color);
    page->width = width;
}

static void expect(struct page *page, const char *expected)
{
    assert_int_equal(page_write(page, capture.out), 0);
    capture_end(&capture);
    assert_string_equal(capture.text, expected);
    capture_clear(&capture);
}

static void rows_are_wrapped_under_their_body(void **state)
{
    struct page page;

    (void)state;
    begin(&page, false, 20);
    page_row(&page, 2, PAINT_NONE, "label", 9);
    page_say(&page, "one two three four");
    expect(&page, "  label  one two\n"
                  "         three four\n");
}

static void a_line_may_be_filled_to_the_last_column(void **state)
{
    struct page page;

    (void)state;
    begin(&page, false, 12);
    page_row(&page, 0, PAINT_NONE, NULL, 0);
    page_say(&page, "123456 78901 234567 890123");
    expect(&page, "123456 78901\n234567\n890123\n");
}

static void long_words_stay_whole(void **state)
{
    struct page page;

    (void)state;
    begin(&page, false, 10);
    page_row(&page, 0, PAINT_NONE, NULL, 2);
    page_say(&page, "a 0123456789abcdef b");
    expect(&page, "a\n  0123456789abcdef\n  b\n");
}

static void a_long_label_pushes_the_body(void **state)
{
    struct page page;

    (void)state;
    begin(&page, false, 40);
    page_row(&page, 0, PAINT_NONE, "a long label", 4);
    page_say(&page, "body");
    expect(&page, "a long label body\n");
}

static void empty_rows_leave_no_spaces(void **state)
{
    struct page page;

    (void)state;
    begin(&page, false, 40);
    page_row(&page, 2, PAINT_NONE, "label", 12);
    page_say(&page, NULL);
    page_row(&page, 2, PAINT_NONE, "next", 12);
    page_say(&page, "trailing   ");
    expect(&page, "  label\n  next      trailing\n");
}

static void colour_is_not_counted_in_the_width(void **state)
{
    struct page page;

    (void)state;
    begin(&page, true, 10);
    page_row(&page, 0, PAINT_FAINT, "a", 2);
    page_paint(&page, PAINT_BAD, "FAIL");
    page_say(&page, " xyz");
    expect(&page, "\x1b[2ma\x1b[0m \x1b[31mFAIL\x1b[0m xyz\n");
}

static void without_colour_nothing_is_painted(void **state)
{
    struct page page;

    (void)state;
    begin(&page, false, 40);
    page_row(&page, 0, PAINT_STRONG, "a", 2);
    page_paint(&page, PAINT_GOOD, "b");
    expect(&page, "a b\n");
}

static void whatever_is_said_is_escaped(void **state)
{
    struct page page;

    (void)state;
    begin(&page, true, 80);
    page_row(&page, 0, PAINT_NONE, "l\x1b", 4);
    page_say(&page, "s\n");
    page_sayf(&page, "%s", "f\x9b");
    page_paint(&page, PAINT_NONE, "p\a");
    page_line(&page, 2, "n\r");
    expect(&page, "l\\x1b s\\x0af\\x9bp\\x07\n  n\\x0d\n");
}

static void lines_are_never_wrapped(void **state)
{
    struct page page;

    (void)state;
    begin(&page, false, 10);
    page_line(&page, 1, "one two three  four");
    page_blank(&page);
    expect(&page, " one two three  four\n\n");
}

static void the_width_is_that_of_the_terminal_within_limits(void **state)
{
    static const struct {
        unsigned short terminal;
        size_t page;
    } cases[] = {{0, 100}, {10, 40}, {72, 72}, {100, 100}, {250, 100}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct winsize size = {.ws_row = 24, .ws_col = cases[i].terminal};
        struct page page;
        int master, slave;
        if (openpty(&master, &slave, NULL, NULL, &size) != 0)
            skip();
        FILE *out = fdopen(slave, "w");
        assert_non_null(out);
        page_init(&page, out, false);
        assert_int_equal(page.width, cases[i].page);
        fclose(out);
        close(master);
    }
}

static void a_full_disk_is_told(void **state)
{
    FILE *full = fopen("/dev/full", "w");
    struct page page;

    (void)state;
    if (!full)
        skip();
    setvbuf(full, NULL, _IONBF, 0);
    page_init(&page, full, false);
    page_line(&page, 0, "text");
    errno = 0;
    assert_int_equal(page_write(&page, full), -1);
    assert_int_equal(errno, ENOSPC);
    fclose(full);
}

static void want_of_memory_is_told_and_nothing_printed(void **state)
{
    struct page page;

    (void)state;
    begin(&page, false, 80);
    page_line(&page, 0, "text");
    page.failed = true;
    assert_int_equal(page_write(&page, capture.out), -1);
    assert_int_equal(errno, ENOMEM);
    capture_end(&capture);
    assert_int_equal(capture.length, 0);
    capture_clear(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_wrapped_under_their_body),
        cmocka_unit_test(a_line_may_be_filled_to_the_last_column),
        cmocka_unit_test(long_words_stay_whole),
        cmocka_unit_test(a_long_label_pushes_the_body),
        cmocka_unit_test(empty_rows_leave_no_spaces),
        cmocka_unit_test(colour_is_not_counted_in_the_width),
        cmocka_unit_test(without_colour_nothing_is_painted),
        cmocka_unit_test(whatever_is_said_is_escaped),
        cmocka_unit_test(lines_are_never_wrapped),
        cmocka_unit_test(the_width_is_that_of_the_terminal_within_limits),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(want_of_memory_is_told_and_nothing_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
