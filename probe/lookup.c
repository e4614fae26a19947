#include "probe/lookup.h"

#include <stdio.h>
#include <stdlib.h>

static void on_answer(void *arg, struct dns_answer *answer)
{
    struct lookup *lookup = arg;

    lookup->handle = NULL;
    free(lookup->name);
    lookup->name = NULL;
    dns_answer_unref(*lookup->slot);
    *lookup->slot = dns_answer_ref(answer);
    lookup->done(lookup->arg);
}

bool lookup_start(struct lookup *lookup, const struct backend *backend, const char *prefix,
                  const char *name, uint16_t type, struct dns_answer **slot,
                  void (*done)(void *arg), void *arg)
{
    char *full = NULL;

    if (asprintf(&full, "%s%s", prefix, name) < 0)
        return false;
    *lookup = (struct lookup){
        .backend = backend, .name = full, .type = type, .slot = slot, .done = done, .arg = arg};
    lookup->handle = backend->dns->ask(backend->dns_self, full, type, on_answer, lookup);
    if (lookup->handle)
        return true;
    free(full);
    lookup->name = NULL;
    return false;
}

void lookup_cut(struct lookup *lookup, enum smtp_problem why)
{
    if (!lookup->handle)
        return;
    lookup->backend->dns->cancel(lookup->backend->dns_self, lookup->handle);
    lookup->handle = NULL;
    struct dns_answer *late = dns_answer_new(lookup->name, lookup->type);
    if (late) {
        late->status = why == SMTP_INTERRUPTED ? DNS_NOT_ASKED : DNS_TIMEOUT;
        dns_answer_unref(*lookup->slot);
        *lookup->slot = late;
    }
    free(lookup->name);
    lookup->name = NULL;
}
