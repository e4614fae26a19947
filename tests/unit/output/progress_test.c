#include "output/progress.h"

#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/terminal.h"

struct terminal {
    int master;
    FILE *out;
};

static void open_terminal(struct terminal *terminal, unsigned short columns)
{
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    struct termios raw;
    int slave;

    if (openpty(&terminal->master, &slave, NULL, NULL, &size) != 0)
        skip();
    assert_int_equal(tcgetattr(slave, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
    assert_int_equal(fcntl(terminal->master, F_SETFL, O_NONBLOCK), 0);
    terminal->out = fdopen(slave, "w");
    assert_non_null(terminal->out);
}

/* What the terminal has been sent since the last time. */
static const char *received(struct terminal *terminal)
{
    static char bytes[4096];
    ssize_t length = read(terminal->master, bytes, sizeof bytes - 1);

    bytes[length > 0 ? length : 0] = '\0';
    return bytes;
}

static void close_terminal(struct terminal *terminal)
{
    fclose(terminal->out);
    close(terminal->master);
}

static const struct progress_state busy = {.domains = 5,
                                           .domains_done = 2,
                                           .sessions = 7,
                                           .sessions_done = 3,
                                           .waiting_for = "mx1.example.test",
                                           .elapsed_ms = 4150};

static void the_line_is_shown_and_taken_away(void **state)
{
    struct terminal terminal;
    struct progress progress;

    (void)state;
    open_terminal(&terminal, 100);
    progress_init(&progress, terminal.out);
    assert_true(progress.on);
    progress_show(&progress, &busy);
    assert_string_equal(received(&terminal),
                        "\r\x1b[K"
                        "2/5 domains, 3/7 sessions, 4.1 s, waiting for mx1.example.test");
    progress_clear(&progress);
    assert_string_equal(received(&terminal), "\r\x1b[K");
    progress_clear(&progress);
    assert_string_equal(received(&terminal), "");
    close_terminal(&terminal);
}

static void one_domain_and_nothing_to_wait_for(void **state)
{
    static const struct progress_state done = {
        .domains = 1, .domains_done = 1, .sessions = 1, .sessions_done = 1, .elapsed_ms = 59};
    struct terminal terminal;
    struct progress progress;

    (void)state;
    open_terminal(&terminal, 100);
    progress_init(&progress, terminal.out);
    progress_show(&progress, &done);
    assert_string_equal(received(&terminal), "\r\x1b[K1/1 domain, 1/1 sessions, 0.0 s");
    close_terminal(&terminal);
}

/* The line never reaches the last column, else the terminal would begin a second one. */
static void the_line_is_cut_to_the_width(void **state)
{
    static const unsigned short widths[] = {1, 2, 20, 40};
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        struct terminal terminal;
        struct progress progress;
        open_terminal(&terminal, widths[i]);
        progress_init(&progress, terminal.out);
        progress_show(&progress, &busy);
        const char *text = received(&terminal);
        assert_int_equal(strncmp(text, "\r\x1b[K", 4), 0);
        assert_int_equal(terminal_columns(text + 4, strlen(text + 4)), widths[i] - 1);
        close_terminal(&terminal);
    }
}

static void a_new_width_is_noticed(void **state)
{
    struct winsize narrow = {.ws_row = 24, .ws_col = 12};
    struct terminal terminal;
    struct progress progress;

    (void)state;
    open_terminal(&terminal, 100);
    progress_init(&progress, terminal.out);
    progress_show(&progress, &busy);
    received(&terminal);
    assert_int_equal(ioctl(terminal.master, TIOCSWINSZ, &narrow), 0);
    progress_show(&progress, &busy);
    assert_string_equal(received(&terminal), "\r\x1b[K2/5 domains");
    close_terminal(&terminal);
}

static void a_terminal_that_does_not_say_its_width(void **state)
{
    static char name[200];
    struct progress_state state_of = busy;
    struct terminal terminal;
    struct progress progress;

    (void)state;
    memset(name, 'a', sizeof name - 1);
    state_of.waiting_for = name;
    open_terminal(&terminal, 0);
    progress_init(&progress, terminal.out);
    progress_show(&progress, &state_of);
    assert_int_equal(strlen(received(&terminal)), 4 + 79);
    close_terminal(&terminal);
}

static void names_cannot_steer_the_terminal(void **state)
{
    struct progress_state hostile = busy;
    struct terminal terminal;
    struct progress progress;

    (void)state;
    hostile.waiting_for = "\x1b]0;owned\a\n";
    open_terminal(&terminal, 100);
    progress_init(&progress, terminal.out);
    progress_show(&progress, &hostile);
    assert_non_null(strstr(received(&terminal), "waiting for \\x1b]0;owned\\x07\\x0a"));
    close_terminal(&terminal);
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
