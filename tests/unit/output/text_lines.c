#include "text_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void print_text(struct capture *capture, const struct result *result, bool color, int verbosity)
{
    const struct text_style style = {color, verbosity};

    capture_begin(capture);
    assert_int_equal(result_print_text(capture->out, result, &style), 0);
    capture_end(capture);
}

void has_lines(const char *text, const char *const *lines, size_t n)
{
    const char *at = text;

    for (size_t i = 0; i < n; i++) {
        char line[256];
        snprintf(line, sizeof line, "%s\n", lines[i]);
        const char *found = strstr(at, line);
        if (!found || (found != text && found[-1] != '\n'))
            fail_msg("\"%s\" is not in its place in:\n%s", lines[i], text);
        at = found + strlen(line);
    }
}

void expect_lines(const struct result *result, int verbosity, const char *const *lines, size_t n)
{
    struct capture capture;

    print_text(&capture, result, false, verbosity);
    has_lines(capture.text, lines, n);
    capture_clear(&capture);
}
