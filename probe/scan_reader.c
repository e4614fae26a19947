/*
 * The reader of a scan: from the list to the workers, no faster than domains are answered.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "probe/scan_run.h"

static bool stopping(const struct scan_run *run)
{
    struct pollfd stop = {.fd = run->stop_fd, .events = POLLIN};

    return poll(&stop, 1, 0) == 1;
}

/* Waits until another domain may be taken up. False when none is to be any more. */
static bool wait_for_room(struct scan_run *run)
{
    struct worker_environment *environment = &run->environment;
    uint64_t news;

    while (atomic_load(&environment->in_flight) >= atomic_load(&environment->concurrency)) {
        struct pollfd fds[2] = {{.fd = run->stop_fd, .events = POLLIN},
                                {.fd = environment->room_fd, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return false;
        if (fds[0].revents)
            return false;
        if (fds[1].revents && read(environment->room_fd, &news, sizeof news) < 0)
            continue; /* another reading of the counters decides */
    }
    return !stopping(run);
}

/* False when the scan cannot go on. */
static bool take_up(struct scan_run *run, const char *domain)
{
    size_t n = run->environment.n_workers;

    switch (name_set_add(run->names, domain)) {
    case NAME_SET_THERE:
        atomic_fetch_add(&run->duplicates, 1);
        return true;
    case NAME_SET_NO_MEMORY:
        run->no_memory = true;
        return false;
    case NAME_SET_NEW:
        break;
    }
    if (!wait_for_room(run))
        return false;
    struct scan_item *item = scan_item_new(domain);
    if (!item) {
        run->no_memory = true;
        return false;
    }
    item->excluded = exclude_has_name(run->exclude, domain);
    atomic_fetch_add(&run->excluded, item->excluded);
    atomic_fetch_add(&run->environment.in_flight, 1);
    uint64_t number = atomic_fetch_add(&run->accepted, 1);
    worker_give(run->workers[number % n], item);
    return true;
}

void *scan_reader(void *arg)
{
    struct scan_run *run = arg;
    struct scan_line line;
    bool going_on = true;

    while (going_on) {
        scan_input_next(run->input, &line);
        atomic_store(&run->lines, line.number);
        atomic_store(&run->bytes_read, scan_input_bytes_done(run->input));
        switch (line.kind) {
        case SCAN_DOMAIN:
            going_on = take_up(run, line.domain);
            break;
        case SCAN_MALFORMED:
            scan_screen_complain(run, &line);
            break;
        case SCAN_FAILED:
            run->input_error = line.error;
            going_on = false;
            break;
        case SCAN_END:
        case SCAN_STOPPED:
            going_on = false;
            break;
        }
    }
    atomic_store(&run->input_ended, true);
    if (scan_complete(run))
        scan_raise(run->news_fd);
    return NULL;
}
