#include "probe/scan_item.h"

#include <stdlib.h>
#include <string.h>

static void drop(struct message *message)
{
    scan_item_free((struct scan_item *)message);
}

struct scan_item *scan_item_new(const char *domain)
{
    size_t length = strlen(domain) + 1;
    struct scan_item *item = calloc(1, sizeof *item + length);

    if (!item)
        return NULL;
    item->message.drop = drop;
    memcpy(item->domain, domain, length);
    return item;
}

void scan_item_free(struct scan_item *item)
{
    if (!item)
        return;
    free(item->text);
    free(item);
}
