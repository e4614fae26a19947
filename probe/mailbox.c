#include "probe/mailbox.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/eventfd.h>

struct mailbox {
    _Atomic(struct message *) last; /* the newest; each points to the one sent before it */
    int fd;
};

struct mailbox *mailbox_new(void)
{
    struct mailbox *mailbox = calloc(1, sizeof *mailbox);

    if (!mailbox)
        return NULL;
    mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mailbox->fd < 0) {
        free(mailbox);
        return NULL;
    }
    return mailbox;
}

void mailbox_free(struct mailbox *mailbox)
{
    if (!mailbox)
        return;
    struct message *message = mailbox_take(mailbox);
    while (message) {
        struct message *next = message->next;
        if (message->drop)
            message->drop(message);
        message = next;
    }
    close(mailbox->fd);
    free(mailbox);
}

void mailbox_send(struct mailbox *mailbox, struct message *message)
{
    const uint64_t one = 1;
    struct message *before = atomic_load_explicit(&mailbox->last, memory_order_relaxed);

    do
        message->next = before;
    while (!atomic_compare_exchange_weak_explicit(&mailbox->last, &before, message,
                                                  memory_order_release, memory_order_relaxed));
    /* Whoever finds it empty wakes the receiver; the rest come along. The counter cannot overflow,
     * and a write to it has no other way to fail. */
    if (!before && write(mailbox->fd, &one, sizeof one) < 0)
        return;
}

int mailbox_fd(const struct mailbox *mailbox)
{
    return mailbox->fd;
}

struct message *mailbox_take(struct mailbox *mailbox)
{
    uint64_t count;
    struct message *first = NULL;

    /* The descriptor first: a message that comes in between makes it readable once more. */
    if (read(mailbox->fd, &count, sizeof count) < 0)
        count = 0;
    struct message *last = atomic_exchange_explicit(&mailbox->last, NULL, memory_order_acquire);
    while (last) {
        struct message *before = last->next;
        last->next = first;
        first = last;
        last = before;
    }
    return first;
}

void mailbox_deliver(struct mailbox *mailbox, void *receiver)
{
    struct message *message = mailbox_take(mailbox);

    while (message) {
        struct message *next = message->next;
        message->deliver(receiver, message);
        message = next;
    }
}
