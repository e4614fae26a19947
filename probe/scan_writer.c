/*
 * The writer of a scan: lines to the output as they come.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "probe/clock.h"
#include "probe/scan_run.h"

void scan_raise(int fd)
{
    const uint64_t one = 1;

    if (write(fd, &one, sizeof one) < 0)
        return; /* it is readable already */
}

bool scan_complete(struct scan_run *run)
{
    return atomic_load(&run->input_ended) &&
           atomic_load(&run->answered) == atomic_load(&run->accepted);
}

static void note_error(struct scan_run *run, int failed)
{
    int none = 0;

    if (failed && atomic_compare_exchange_strong(&run->output_error, &none, errno ? errno : EIO))
        scan_raise(run->news_fd);
}

static void write_item(struct scan_run *run, struct scan_item *item)
{
    if (!item->text) {
        atomic_fetch_add(&run->missing, 1);
    } else {
        if (!atomic_load(&run->output_error))
            note_error(run, scan_file_write(run->file, item->text, item->length));
        atomic_fetch_add(&run->verdicts[item->word], 1);
    }
    scan_item_free(item);
    atomic_fetch_add(&run->answered, 1);
    worker_make_room(&run->environment);
    if (scan_complete(run))
        scan_raise(run->news_fd);
}

void *scan_writer(void *arg)
{
    struct scan_run *run = arg;
    struct pollfd mail = {.fd = mailbox_fd(run->mailbox), .events = POLLIN};
    bool ended = false;

    while (!ended) {
        if (poll(&mail, 1, SCAN_FILE_SYNC_INTERVAL_MS) < 0 && errno != EINTR)
            break;
        struct message *message = mailbox_take(run->mailbox);
        while (message) {
            struct message *next = message->next;
            if (message == &run->end)
                ended = true;
            else
                write_item(run, (struct scan_item *)message);
            message = next;
        }
        if (!atomic_load(&run->output_error))
            note_error(run, scan_file_sync_when_due(run->file, clock_monotonic_ms()));
    }
    return NULL;
}
