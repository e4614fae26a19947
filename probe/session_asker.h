/*
 * The sessions of one loop's domain jobs, asked of the boards of all loops (probe/session_board.h)
 * in place of being held: goes into a backend as its `sessions`.
 */
#ifndef PROBE_SESSION_ASKER_H
#define PROBE_SESSION_ASKER_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/backend.h"
#include "probe/mailbox.h"

/* What the boards of all loops need to be asked; filled before the first loop runs. */
struct session_boards {
    struct mailbox **mailboxes; /* of the loops; their receiver hands requests to its board */
    size_t n;
    bool by_network; /* a board owns whole networks, not single addresses */
    /* Runs in the loop that owns the board: `receiver` is that of the mailbox. */
    void (*deliver)(void *receiver, struct message *message);
};

struct session_asker {
    const struct session_boards *boards;
    struct mailbox *answer_to; /* of the loop that asks */
};

/* `self` is a struct session_asker. */
extern const struct session_ops session_asker_ops;

#endif
