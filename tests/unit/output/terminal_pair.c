#include "terminal_pair.h"

#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

void terminal_open(struct terminal_pair *terminal, unsigned short columns)
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

void terminal_resize(const struct terminal_pair *terminal, unsigned short columns)
{
    struct winsize size = {.ws_row = 24, .ws_col = columns};

    assert_int_equal(ioctl(terminal->master, TIOCSWINSZ, &size), 0);
}

const char *terminal_received(const struct terminal_pair *terminal)
{
    static char bytes[4096];
    ssize_t length = read(terminal->master, bytes, sizeof bytes - 1);

    bytes[length > 0 ? length : 0] = '\0';
    return bytes;
}

void terminal_close(struct terminal_pair *terminal)
{
    fclose(terminal->out);
    close(terminal->master);
}
