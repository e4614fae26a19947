#include "output/progress.h"

#include <stdlib.h>
#include <unistd.h>

#include "output/escape.h"
#include "output/terminal.h"

enum { LINE_MAX_BYTES = 2048, WIDTH_UNKNOWN = 80 };

static const char erase[] = "\r\x1b[K";

void progress_init(struct progress *progress, FILE *out)
{
    int fd = fileno(out);

    *progress = (struct progress){.out = out, .on = fd >= 0 && isatty(fd)};
}

/* "2/5 domains, 3/7 sessions, 4.1 s, waiting for mx1.example.test" */
static void compose(const struct progress_state *state, char line[LINE_MAX_BYTES])
{
    char *waiting_for = escape_text(state->waiting_for);

    snprintf(line, LINE_MAX_BYTES, "%zu/%zu %s, %zu/%zu sessions, %d.%d s%s%s", state->domains_done,
             state->domains, state->domains == 1 ? "domain" : "domains", state->sessions_done,
             state->sessions, state->elapsed_ms / 1000, state->elapsed_ms / 100 % 10,
             waiting_for ? ", waiting for " : "", waiting_for ? waiting_for : "");
    free(waiting_for);
}

void progress_show_line(struct progress *progress, const char *line)
{
    if (!progress->on)
        return;
    size_t width = terminal_width(progress->out);
    width = width > 0 ? width : WIDTH_UNKNOWN;
    /* The last column stays free: a terminal that wraps there would leave a line behind. */
    fprintf(progress->out, "%s%.*s", erase, (int)terminal_fit(line, width - 1), line);
    fflush(progress->out);
    progress->shown = true;
}

void progress_show(struct progress *progress, const struct progress_state *state)
{
    char line[LINE_MAX_BYTES];

    if (!progress->on)
        return;
    compose(state, line);
    progress_show_line(progress, line);
}

void progress_clear(struct progress *progress)
{
    if (progress->shown) {
        fputs(erase, progress->out);
        fflush(progress->out);
        progress->shown = false;
    }
}
