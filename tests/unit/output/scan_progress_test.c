#include "output/scan_progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "terminal_pair.h"

/* --- the words ----------------------------------------------------------------------------- */

struct line_case {
    struct scan_progress_state state;
    double rate;
    const char *line;
};

static void lines(void **state)
{
    static const struct line_case cases[] = {
        {{0}, -1, "0 domains, 0 in flight"},
        /* A pipe: nobody knows how many there will be. */
        {{.done = 1200, .accepted = 1500, .read = 9000, .in_flight = 64},
         100,
         "1200 domains, 100/s, 64 in flight"},
        {{.done = 1200, .accepted = 1500, .input_ended = true, .in_flight = 64},
         100,
         "1200/1500 domains, 100/s, 3 s left, 64 in flight"},
        /* 1500 names in 30 of 100 kB: about 5000 in all. */
        {{.done = 1200, .accepted = 1500, .read = 30000, .input_size = 100000, .in_flight = 64},
         100,
         "1200/~5000 domains, 100/s, 38 s left, 64 in flight"},
        /* The file grew while it was read: no guess. */
        {{.done = 9, .accepted = 10, .read = 300, .input_size = 200},
         1,
         "9 domains, 1.0/s, 0 in "
         "flight"},
        {{.done = 5, .accepted = 5, .input_ended = true}, 12.4, "5/5 domains, 12/s, 0 in flight"},
        {{.done = 5, .accepted = 9, .input_ended = true}, 0, "5/9 domains, 0.0/s, 0 in flight"},
        {{.done = 5,
          .accepted = 9,
          .input_ended = true,
          .verdicts =
              {[VERDICT_OK] = 1, [VERDICT_WARNING] = 2, [VERDICT_FAIL] = 3, [VERDICT_UNKNOWN] = 4}},
         -1,
         "5/9 domains, 0 in flight; ok 1, warning 2, fail 3, unknown 4"},
        {{.done = 5, .verdicts = {[VERDICT_FAIL] = 5}}, -1, "5 domains, 0 in flight; fail 5"},
        {{.done = 5, .in_flight = 2, .remark = "slowed down: connects time out \x1b[2J"},
         3,
         "5 domains, 3.0/s (slowed down: connects time out \\x1b[2J), 2 in flight"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[256];
        scan_progress_compose(&cases[i].state, cases[i].rate, line, sizeof line);
        assert_string_equal(line, cases[i].line);
    }
}

static void time_left(void **state)
{
    static const struct {
        uint64_t left_s;
        const char *line;
    } cases[] = {
        {1, "0/1 domain, 1.0/s, 1 s left, 0 in flight"},
        {119, "0/119 domains, 1.0/s, 119 s left, 0 in flight"},
        {120, "0/120 domains, 1.0/s, 2 min left, 0 in flight"},
        {7199, "0/7199 domains, 1.0/s, 119 min left, 0 in flight"},
        {7200, "0/7200 domains, 1.0/s, 2 h 0 min left, 0 in flight"},
        {12000, "0/12000 domains, 1.0/s, 3 h 20 min left, 0 in flight"},
        {172800, "0/172800 domains, 1.0/s, 2 d 0 h left, 0 in flight"},
        {446400, "0/446400 domains, 1.0/s, 5 d 4 h left, 0 in flight"},
        {86400000, "0/86400000 domains, 1.0/s, 0 in flight"}, /* a guess worth nothing */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scan_progress_state now = {.accepted = cases[i].left_s, .input_ended = true};
        char line[256];
        scan_progress_compose(&now, 1, line, sizeof line);
        assert_string_equal(line, cases[i].line);
    }
}

static void a_line_is_cut_to_its_buffer(void **state)
{
    struct scan_progress_state now = {.done = 123456789, .in_flight = 12};
    char line[16];

    (void)state;
    scan_progress_compose(&now, 100, line, sizeof line);
    assert_string_equal(line, "123456789 domai");
}

/* --- on a terminal ------------------------------------------------------------------------- */

/* What is drawn when `done` domains are done at `now_ms`. */
static const char *drawn(struct scan_progress *progress, const struct terminal_pair *terminal,
                         uint64_t done, int64_t now_ms)
{
    struct scan_progress_state state = {.done = done, .in_flight = 1};

    scan_progress_update(progress, &state, now_ms);
    return terminal_received(terminal);
}

#define ERASE "\r\x1b[K"

static void a_terminal_is_redrawn_ten_times_a_second(void **state)
{
    struct terminal_pair terminal;
    struct scan_progress progress;
    size_t n_drawn = 0;

    (void)state;
    terminal_open(&terminal, 80);
    scan_progress_init(&progress, terminal.out, PROGRESS_AUTO, 5000);
    assert_string_equal(drawn(&progress, &terminal, 1, 5000), ERASE "1 domain, 1 in flight");
    assert_string_equal(drawn(&progress, &terminal, 2, 5099), "");
    assert_string_equal(drawn(&progress, &terminal, 3, 5100), ERASE "3 domains, 1 in flight");
    for (int64_t now_ms = 10000; now_ms < 11000; now_ms++)
        n_drawn += drawn(&progress, &terminal, 4, now_ms)[0] != '\0';
    assert_int_equal(n_drawn, 10);
    terminal_close(&terminal);
}

static void the_line_makes_way_and_comes_back(void **state)
{
    struct terminal_pair terminal;
    struct scan_progress progress;

    (void)state;
    terminal_open(&terminal, 80);
    scan_progress_init(&progress, terminal.out, PROGRESS_ALWAYS, 0);
    scan_progress_clear(&progress);
    assert_string_equal(terminal_received(&terminal), "");
    drawn(&progress, &terminal, 1, 0);
    scan_progress_clear(&progress);
    assert_string_equal(terminal_received(&terminal), ERASE);
    scan_progress_clear(&progress);
    assert_string_equal(terminal_received(&terminal), "");
    assert_string_equal(drawn(&progress, &terminal, 2, 100), ERASE "2 domains, 1 in flight");
    terminal_close(&terminal);
}

static void the_line_is_cut_to_the_width(void **state)
{
    struct terminal_pair terminal;
    struct scan_progress progress;

    (void)state;
    terminal_open(&terminal, 12);
    scan_progress_init(&progress, terminal.out, PROGRESS_AUTO, 0);
    assert_string_equal(drawn(&progress, &terminal, 12345, 0), ERASE "12345 domai");
    terminal_close(&terminal);
}

/* The rate is that of the last ten seconds, not of the whole run. */
static void the_rate_follows(void **state)
{
    static const struct {
        int64_t now_ms;
        uint64_t done;
        const char *line;
    } steps[] = {
        {0, 100, "100 domains, 1 in flight"}, /* resumed: what was done before is no speed */
        {900, 150, "150 domains, 1 in flight"},
        {1000, 200, "200 domains, 100/s, 1 in flight"},
        {2000, 300, "300 domains, 100/s, 1 in flight"},
        {4000, 900, "900 domains, 200/s, 1 in flight"},
        {5000, 900, "900 domains, 160/s, 1 in flight"},
        {6000, 900, "900 domains, 133/s, 1 in flight"},
        {7000, 900, "900 domains, 114/s, 1 in flight"},
        {8000, 900, "900 domains, 100/s, 1 in flight"},
        {9000, 900, "900 domains, 89/s, 1 in flight"},
        {10000, 900, "900 domains, 80/s, 1 in flight"},
        {11000, 900, "900 domains, 70/s, 1 in flight"},  /* since 1 s */
        {12000, 900, "900 domains, 60/s, 1 in flight"},  /* since 2 s */
        {13000, 900, "900 domains, 55/s, 1 in flight"},  /* there was none at 3 s */
        {14000, 900, "900 domains, 0.0/s, 1 in flight"}, /* since 4 s */
    };
    struct terminal_pair terminal;
    struct scan_progress progress;

    (void)state;
    terminal_open(&terminal, 80);
    scan_progress_init(&progress, terminal.out, PROGRESS_AUTO, 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const char *line = drawn(&progress, &terminal, steps[i].done, steps[i].now_ms);
        assert_string_equal(line + strlen(ERASE), steps[i].line);
    }
    terminal_close(&terminal);
}

/* --- elsewhere ----------------------------------------------------------------------------- */

static void a_file_gets_a_line_every_ten_seconds(void **state)
{
    struct scan_progress_state now = {.in_flight = 1};
    struct scan_progress progress;
    FILE *file = tmpfile();
    char text[256] = "";

    (void)state;
    assert_non_null(file);
    scan_progress_init(&progress, file, PROGRESS_ALWAYS, 1000);
    for (int64_t now_ms = 1000; now_ms <= 32000; now_ms += 500) {
        now.done = (uint64_t)(now_ms - 1000) / 100;
        scan_progress_update(&progress, &now, now_ms);
        scan_progress_clear(&progress);
    }
    rewind(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    assert_string_equal(text, "100 domains, 10/s, 1 in flight\n"
                              "200 domains, 10/s, 1 in flight\n"
                              "300 domains, 10/s, 1 in flight\n");
    fclose(file);
}

static void nothing_where_nothing_is_wanted(void **state)
{
    struct scan_progress_state now = {.done = 1};
    struct terminal_pair terminal;
    struct scan_progress progress;
    FILE *file = tmpfile();

    (void)state;
    assert_non_null(file);
    scan_progress_init(&progress, file, PROGRESS_AUTO, 0);
    scan_progress_update(&progress, &now, 20000);
    scan_progress_init(&progress, file, PROGRESS_NEVER, 0);
    scan_progress_update(&progress, &now, 20000);
    fflush(file);
    assert_int_equal(ftell(file), 0);
    fclose(file);
    terminal_open(&terminal, 80);
    scan_progress_init(&progress, terminal.out, PROGRESS_NEVER, 0);
    assert_string_equal(drawn(&progress, &terminal, 1, 20000), "");
    scan_progress_clear(&progress);
    assert_string_equal(terminal_received(&terminal), "");
    terminal_close(&terminal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(time_left),
        cmocka_unit_test(a_line_is_cut_to_its_buffer),
        cmocka_unit_test(a_terminal_is_redrawn_ten_times_a_second),
        cmocka_unit_test(the_line_makes_way_and_comes_back),
        cmocka_unit_test(the_line_is_cut_to_the_width),
        cmocka_unit_test(the_rate_follows),
        cmocka_unit_test(a_file_gets_a_line_every_ten_seconds),
        cmocka_unit_test(nothing_where_nothing_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
