#include "probe/terminal.h"

#include <stdlib.h>
#include <unistd.h>

bool terminal_color(enum color_when when)
{
    const char *no_color = getenv("NO_COLOR"); /* set and not empty: no-color.org */

    if (when != COLOR_AUTO)
        return when == COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && !(no_color && no_color[0]);
}
