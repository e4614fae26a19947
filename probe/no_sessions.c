#include "probe/no_sessions.h"

#include <stdlib.h>

struct absence {
    const struct backend *backend;
    struct smtp_facts *facts;
    void *soon;
    backend_session_fn *done;
    void *arg;
};

static void on_soon(void *arg)
{
    struct absence *absence = arg;
    backend_session_fn *done = absence->done;
    void *done_arg = absence->arg;
    struct smtp_facts *facts = absence->facts;

    free(absence);
    done(done_arg, facts);
}

static void *start(void *self, const struct smtp_target *target, backend_session_fn *done,
                   void *arg)
{
    const struct backend *backend = self;
    struct absence *absence = calloc(1, sizeof *absence);

    if (!absence)
        return NULL;
    *absence = (struct absence){.backend = backend, .done = done, .arg = arg};
    absence->facts = smtp_facts_new(&target->address, target->port);
    if (absence->facts) {
        absence->facts->problem = SMTP_TARGET_EXCLUDED;
        absence->soon = backend->ops->soon(backend->self, on_soon, absence);
    }
    if (absence->soon)
        return absence;
    smtp_facts_unref(absence->facts);
    free(absence);
    return NULL;
}

static struct smtp_facts *cut(void *self, void *handle, enum smtp_problem why)
{
    struct absence *absence = handle;
    struct smtp_facts *facts = absence->facts;

    (void)self;
    (void)why;
    absence->backend->ops->soon_cancel(absence->backend->self, absence->soon);
    free(absence);
    return facts;
}

const struct session_ops no_sessions_ops = {.start = start, .cut = cut};
