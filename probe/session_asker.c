#include "probe/session_asker.h"

#include <stdlib.h>
#include <string.h>

#include "probe/session_board.h"

/* The answer has come back to the loop that asked. */
static void on_answer(void *receiver, struct message *message)
{
    struct session_request *request = (struct session_request *)message;
    struct smtp_facts *facts = request->facts;

    (void)receiver;
    request->facts = NULL;
    if (request->cut) {
        smtp_facts_unref(facts);
    } else {
        if (!facts) /* no memory for any: the same is said in words */
            facts = smtp_facts_new(&request->target.address, request->target.port);
        request->done(request->arg, facts);
    }
    session_request_free(request);
}

static void drop(struct message *message)
{
    session_request_free((struct session_request *)message);
}

static void *start(void *self, const struct smtp_target *target, backend_session_fn *done,
                   void *arg)
{
    const struct session_asker *asker = self;
    const struct session_boards *boards = asker->boards;
    struct session_request *request = calloc(1, sizeof *request);

    if (!request)
        return NULL;
    *request = (struct session_request){.message = {.deliver = boards->deliver, .drop = drop},
                                        .answer_to = asker->answer_to,
                                        .answered = on_answer,
                                        .target = *target,
                                        .done = done,
                                        .arg = arg};
    request->target.host = strdup(target->host);
    request->target.sni = target->sni ? strdup(target->sni) : NULL;
    if (!request->target.host || (target->sni && !request->target.sni)) {
        session_request_free(request);
        return NULL;
    }
    size_t owner = session_board_owner(&target->address, boards->by_network, boards->n);
    mailbox_send(boards->mailboxes[owner], &request->message);
    return request;
}

/* The session itself goes on, for the others who may want it. */
static struct smtp_facts *cut(void *self, void *handle, enum smtp_problem why)
{
    struct session_request *request = handle;
    struct smtp_facts *facts = smtp_facts_new(&request->target.address, request->target.port);

    (void)self;
    request->cut = true;
    if (facts) {
        facts->problem = why;
        facts->stage = (enum smtp_stage)atomic_load(&request->stage);
    }
    return facts;
}

static bool waits(void *self, void *handle)
{
    struct session_request *request = handle;

    (void)self;
    return !atomic_load(&request->begun);
}

const struct session_ops session_asker_ops = {.start = start, .cut = cut, .waits = waits};
