#include "probe/session_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/queue.h>

/* A session, or one that waits: then `behind` is NULL and it hangs in the queue. */
struct queued {
    TAILQ_ENTRY(queued) waiting;
    struct session_queue *queue;
    struct smtp_target target; /* host and sni are copies */
    void *behind;              /* the handle of the session */
    backend_session_fn *done;
    void *arg;
};

struct session_queue {
    const struct session_ops *ops; /* of what stands behind */
    void *self;
    size_t most, n_running;
    TAILQ_HEAD(, queued) waiting;
    struct event *turn; /* begins what waits, outside of every cut */
};

static void queued_free(struct queued *queued)
{
    free((char *)queued->target.host);
    free((char *)queued->target.sni);
    free(queued);
}

static void on_session(void *arg, struct smtp_facts *facts)
{
    struct queued *queued = arg;
    struct session_queue *queue = queued->queue;
    backend_session_fn *done = queued->done;
    void *done_arg = queued->arg;

    queue->n_running--;
    if (!TAILQ_EMPTY(&queue->waiting))
        event_active(queue->turn, EV_TIMEOUT, 0);
    queued_free(queued);
    done(done_arg, facts);
}

static bool begin(struct queued *queued)
{
    struct session_queue *queue = queued->queue;

    queued->behind = queue->ops->start(queue->self, &queued->target, on_session, queued);
    queue->n_running += queued->behind != NULL;
    return queued->behind != NULL;
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct session_queue *queue = arg;

    (void)fd;
    (void)what;
    while (!TAILQ_EMPTY(&queue->waiting) && queue->n_running < queue->most) {
        struct queued *queued = TAILQ_FIRST(&queue->waiting);

        TAILQ_REMOVE(&queue->waiting, queued, waiting);
        if (begin(queued))
            continue;
        /* No memory for the session: facts that were never touched say SMTP_OURS. */
        queue->n_running++;
        on_session(queued, smtp_facts_new(&queued->target.address, queued->target.port));
    }
}

static struct queued *queued_new(struct session_queue *queue, const struct smtp_target *target)
{
    struct queued *queued = calloc(1, sizeof *queued);

    if (!queued)
        return NULL;
    queued->queue = queue;
    queued->target = *target;
    queued->target.host = strdup(target->host);
    queued->target.sni = target->sni ? strdup(target->sni) : NULL;
    if (queued->target.host && (queued->target.sni || !target->sni))
        return queued;
    queued_free(queued);
    return NULL;
}

static void *start(void *self, const struct smtp_target *target, backend_session_fn *done,
                   void *arg)
{
    struct session_queue *queue = self;
    struct queued *queued = queued_new(queue, target);

    if (!queued)
        return NULL;
    queued->done = done;
    queued->arg = arg;
    /* Whoever came before goes first. */
    if (!TAILQ_EMPTY(&queue->waiting) || queue->n_running >= queue->most) {
        TAILQ_INSERT_TAIL(&queue->waiting, queued, waiting);
    } else if (!begin(queued)) {
        queued_free(queued);
        return NULL;
    }
    return queued;
}

static struct smtp_facts *cut_waiting(struct queued *queued, enum smtp_problem why)
{
    struct smtp_facts *facts = smtp_facts_new(&queued->target.address, queued->target.port);

    TAILQ_REMOVE(&queued->queue->waiting, queued, waiting);
    if (facts && why == SMTP_DEADLINE)
        facts->os_error = EMFILE;
    else if (facts)
        facts->problem = why;
    return facts;
}

static struct smtp_facts *cut(void *self, void *handle, enum smtp_problem why)
{
    struct session_queue *queue = self;
    struct queued *queued = handle;
    struct smtp_facts *facts;

    if (queued->behind) {
        facts = queue->ops->cut(queue->self, queued->behind, why);
        queue->n_running--;
        if (!TAILQ_EMPTY(&queue->waiting))
            event_active(queue->turn, EV_TIMEOUT, 0);
    } else {
        facts = cut_waiting(queued, why);
    }
    queued_free(queued);
    return facts;
}

static bool waits(void *self, void *handle)
{
    const struct queued *queued = handle;

    (void)self;
    return !queued->behind;
}

const struct session_ops session_queue_ops = {.start = start, .cut = cut, .waits = waits};

struct session_queue *session_queue_new(struct event_base *base, const struct backend *behind,
                                        size_t most)
{
    struct session_queue *queue = calloc(1, sizeof *queue);

    if (!queue)
        return NULL;
    queue->ops = behind->sessions;
    queue->self = behind->sessions_self;
    queue->most = most;
    TAILQ_INIT(&queue->waiting);
    queue->turn = event_new(base, -1, 0, on_turn, queue);
    if (queue->turn)
        return queue;
    free(queue);
    return NULL;
}

void session_queue_free(struct session_queue *queue)
{
    if (!queue)
        return;
    event_free(queue->turn);
    free(queue);
}
