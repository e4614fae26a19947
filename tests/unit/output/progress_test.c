#include "output/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "output/terminal.h"
#include "terminal_pair.h"

static const struct progress_state busy = {.domains = 5,
                                           .domains_done = 2,
                                           .sessions = 7,
                                           .sessions_done = 3,
                                           .waiting_for = "mx1.example.test",
                                           .elapsed_ms = 4150};

static void the_line_is_shown_and_taken_away(void **state)
{
    struct terminal_pair terminal;
    struct progress progress;

    (void)state;
    terminal_open(&terminal, 100);
    progress_init(&progress, terminal.out);
    assert_true(progress.on);
    progress_show(&progress, &busy);
    assert_string_equal(terminal_received(&terminal),
                        "\r\x1b[K"
                        "2/5 domains, 3/7 sessions, 4.1 s, waiting for mx1.example.test");
    progress_clear(&progress);
    assert_string_equal(terminal_received(&terminal), "\r\x1b[K");
    progress_clear(&progress);
    assert_string_equal(terminal_received(&terminal), "");
    terminal_close(&terminal);
}

static void one_domain_and_nothing_to_wait_for(void **state)
{
    static const struct progress_state done = {
        .domains = 1, .domains_done = 1, .sessions = 1, .sessions_done = 1, .elapsed_ms = 59};
    struct terminal_pair terminal;
    struct progress progress;

    (void)state;
    terminal_open(&terminal, 100);
    progress_init(&progress, terminal.out);
    progress_show(&progress, &done);
    assert_string_equal(terminal_received(&terminal), "\r\x1b[K1/1 domain, 1/1 sessions, 0.0 s");
    terminal_close(&terminal);
}

/* The line never reaches the last column, else the terminal would begin a second one. */
static void the_line_is_cut_to_the_width(void **state)
{
    static const unsigned short widths[] = {1, 2, 20, 40};
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        struct terminal_pair terminal;
        struct progress progress;
        terminal_open(&terminal, widths[i]);
        progress_init(&progress, terminal.out);
        progress_show(&progress, &busy);
        const char *text = terminal_received(&terminal);
        assert_int_equal(strncmp(text, "\r\x1b[K", 4), 0);
        assert_int_equal(terminal_columns(text + 4, strlen(text + 4)), widths[i] - 1);
        terminal_close(&terminal);
    }
}

static void a_new_width_is_noticed(void **state)
{
    struct terminal_pair terminal;
    struct progress progress;

    (void)state;
    terminal_open(&terminal, 100);
    progress_init(&progress, terminal.out);
    progress_show(&progress, &busy);
    terminal_received(&terminal);
    terminal_resize(&terminal, 12);
    progress_show(&progress, &busy);
    assert_string_equal(terminal_received(&terminal), "\r\x1b[K2/5 domains");
    terminal_close(&terminal);
}

static void a_terminal_that_does_not_say_its_width(void **state)
{
    static char name[200];
    struct progress_state state_of = busy;
    struct terminal_pair terminal;
    struct progress progress;

    (void)state;
    memset(name, 'a', sizeof name - 1);
    state_of.waiting_for = name;
    terminal_open(&terminal, 0);
    progress_init(&progress, terminal.out);
    progress_show(&progress, &state_of);
    assert_int_equal(strlen(terminal_received(&terminal)), 4 + 79);
    terminal_close(&terminal);
}

static void names_cannot_steer_the_terminal(void **state)
{
    struct progress_state hostile = busy;
    struct terminal_pair terminal;
    struct progress progress;

    (void)state;
    hostile.waiting_for = "\x1b]0;owned\a\n";
    terminal_open(&terminal, 100);
    progress_init(&progress, terminal.out);
    progress_show(&progress, &hostile);
    assert_non_null(strstr(terminal_received(&terminal), "waiting for \\x1b]0;owned\\x07\\x0a"));
    terminal_close(&terminal);
}

static void a_file_gets_nothing(void **state)
{
    FILE *file = tmpfile();
    struct progress progress;

    (void)state;
    assert_non_null(file);
    progress_init(&progress, file);
    assert_false(progress.on);
    progress_show(&progress, &busy);
    progress_clear(&progress);
    fflush(file);
    assert_int_equal(ftell(file), 0);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_is_shown_and_taken_away),
        cmocka_unit_test(one_domain_and_nothing_to_wait_for),
        cmocka_unit_test(the_line_is_cut_to_the_width),
        cmocka_unit_test(a_new_width_is_noticed),
        cmocka_unit_test(a_terminal_that_does_not_say_its_width),
        cmocka_unit_test(names_cannot_steer_the_terminal),
        cmocka_unit_test(a_file_gets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
