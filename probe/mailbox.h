/*
 * Hands messages from any thread to one: a stack that is pushed to and emptied with one atomic
 * operation each, and a descriptor that becomes readable when it is no longer empty. No locks.
 */
#ifndef PROBE_MAILBOX_H
#define PROBE_MAILBOX_H

#include <stdbool.h>

/* Embedded at the front of what is sent; owned by the receiver from then on. */
struct message {
    struct message *next;
    void (*deliver)(void *receiver, struct message *message);
    void (*drop)(struct message *message); /* frees it undelivered; NULL where nothing is owned */
};

struct mailbox;

/* NULL with errno set when out of memory or descriptors. */
struct mailbox *mailbox_new(void);

/* Drops what is still inside. No sender is left. NULL is allowed. */
void mailbox_free(struct mailbox *mailbox);

/* From any thread. Never fails, never blocks. */
void mailbox_send(struct mailbox *mailbox, struct message *message);

/* Readable when there may be messages. Borrowed: for poll or an event loop. */
int mailbox_fd(const struct mailbox *mailbox);

/* By the one receiver: everything that has come, in the order sent; NULL when nothing has. */
struct message *mailbox_take(struct mailbox *mailbox);

/* Takes everything and calls each message's `deliver`, which comes to own it. */
void mailbox_deliver(struct mailbox *mailbox, void *receiver);

#endif
