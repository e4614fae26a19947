/*
 * One domain of a scan on its way: from the reader to a worker, and as a line to the writer. It
 * has one owner at a time, and goes as a message.
 */
#ifndef PROBE_SCAN_ITEM_H
#define PROBE_SCAN_ITEM_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/verdict.h"
#include "probe/mailbox.h"

struct scan_item {
    struct message message;
    char *text; /* the result, whole lines; NULL while there is none, or no memory for it */
    size_t length;
    enum verdict_word word; /* of the result */
    bool excluded;          /* --exclude names it: answered without a look */
    char domain[];          /* A-labels, lower case */
};

/* NULL when out of memory. */
struct scan_item *scan_item_new(const char *domain);
void scan_item_free(struct scan_item *item);

#endif
