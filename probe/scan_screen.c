/*
 * What a scan says on standard error: by several threads, one at a time, and without waiting for a
 * reader that has stopped once the scan is told to stop too.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "probe/scan_run.h"

/* A line is shorter than PIPE_BUF: once poll sees room for it, it does not block (pipe(7)). */
bool scan_screen_takes(const struct scan_run *run, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = STDERR_FILENO, .events = POLLOUT},
                            {.fd = timeout_ms ? run->stop_fd : -1, .events = POLLIN}};
    int n = poll(fds, 2, timeout_ms);

    while (n < 0 && errno == EINTR)
        n = poll(fds, 2, timeout_ms);
    return fds[0].revents != 0;
}

void scan_screen_say(struct scan_run *run, const char *text, size_t number)
{
    if (run->settings->scan.progress == PROGRESS_NEVER || !scan_screen_takes(run, 0))
        return;
    pthread_mutex_lock(&run->screen);
    scan_progress_clear(&run->progress);
    fprintf(stderr, "mxprobe: %s; domains in flight: %zu\n", text, number);
    pthread_mutex_unlock(&run->screen);
}

void scan_screen_complain(struct scan_run *run, const struct scan_line *line)
{
    atomic_fetch_add(&run->malformed, 1);
    if (!scan_screen_takes(run, -1))
        return;
    pthread_mutex_lock(&run->screen);
    scan_progress_clear(&run->progress);
    fprintf(stderr, "mxprobe: line %llu: %s: %s\n", (unsigned long long)line->number, line->reason,
            line->excerpt);
    pthread_mutex_unlock(&run->screen);
}
