#include "probe/fetch_desk.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "probe/session_board.h"

enum { HTTPS_PORT = 443 };

/* One fetch, wanted by one domain; goes to the desk and back. */
struct fetch_request {
    struct message message;
    struct mailbox *answer_to;
    char domain[DNS_NAME_MAX + 1];
    struct dns_address addresses[FACTS_ADDRESSES_MAX];
    size_t n_addresses;
    struct sts_fetch_facts *facts; /* the answer: one reference, NULL when out of memory */
    backend_fetch_fn *done;
    void *arg;
    atomic_bool begun; /* no limit of ours holds it up */
    bool cut;          /* whoever asked no longer waits; theirs alone */
    /* The desk's. */
    struct fetch_desk *desk;
    struct pacer_ticket ticket;
    void *handle; /* of the fetch under way */
    struct fetch_request *previous, *next;
};

struct fetch_desk {
    const struct backend *backend;
    struct pacer *pacer;
    struct fetch_request *requests; /* that wait or are under way */
};

static void request_free(struct fetch_request *request)
{
    sts_fetch_facts_unref(request->facts);
    free(request);
}

static void drop(struct message *message)
{
    request_free((struct fetch_request *)message);
}

static void on_answer(void *receiver, struct message *message);

/* --- the desk --------------------------------------------------------------------------------- */

static void unlink_request(struct fetch_request *request)
{
    *(request->previous ? &request->previous->next : &request->desk->requests) = request->next;
    if (request->next)
        request->next->previous = request->previous;
}

static void send_back(struct fetch_request *request, struct sts_fetch_facts *take_facts)
{
    request->facts = take_facts;
    request->message.deliver = on_answer;
    mailbox_send(request->answer_to, &request->message);
}

static void on_fetched(void *arg, struct sts_fetch_facts *facts)
{
    struct fetch_request *request = arg;

    request->handle = NULL;
    pacer_leave(request->desk->pacer, &request->ticket);
    unlink_request(request);
    send_back(request, facts);
}

static void on_turn(struct pacer_ticket *ticket)
{
    struct fetch_request *request =
        (struct fetch_request *)((char *)ticket - offsetof(struct fetch_request, ticket));
    const struct backend *backend = request->desk->backend;

    atomic_store(&request->begun, true);
    request->handle =
        backend->fetches->start(backend->fetches_self, request->domain, request->addresses,
                                request->n_addresses, on_fetched, request);
    if (!request->handle)
        on_fetched(request, NULL);
}

void fetch_desk_take(struct fetch_desk *desk, struct fetch_request *request)
{
    request->desk = desk;
    request->ticket.address = request->addresses[0];
    request->ticket.go = on_turn;
    if (pacer_enter(desk->pacer, &request->ticket) != 0) {
        send_back(request, NULL);
        return;
    }
    request->previous = NULL;
    request->next = desk->requests;
    if (request->next)
        request->next->previous = request;
    desk->requests = request;
}

struct fetch_desk *fetch_desk_new(const struct backend *backend, struct pacer *pacer)
{
    struct fetch_desk *desk = calloc(1, sizeof *desk);

    if (desk)
        *desk = (struct fetch_desk){.backend = backend, .pacer = pacer};
    return desk;
}

void fetch_desk_free(struct fetch_desk *desk)
{
    while (desk && desk->requests) {
        struct fetch_request *request = desk->requests;
        if (request->handle)
            desk->backend->fetches->cancel(desk->backend->fetches_self, request->handle);
        unlink_request(request);
        request_free(request);
    }
    free(desk);
}

/* --- who asks --------------------------------------------------------------------------------- */

/* The answer has come back to the loop that asked. */
static void on_answer(void *receiver, struct message *message)
{
    struct fetch_request *request = (struct fetch_request *)message;
    struct sts_fetch_facts *facts = request->facts;

    (void)receiver;
    if (!request->cut) {
        if (!facts) /* no memory for any: the same is said in words */
            facts = sts_fetch_facts_new(request->domain, HTTPS_PORT);
        request->facts = NULL;
        request->done(request->arg, facts);
    }
    request_free(request);
}

static void *start(void *self, const char *domain, const struct dns_address *addresses,
                   size_t n_addresses, backend_fetch_fn *done, void *arg)
{
    const struct fetch_asker *asker = self;
    const struct session_boards *boards = asker->boards;
    struct fetch_request *request = calloc(1, sizeof *request);

    if (!request)
        return NULL;
    request->answer_to = asker->answer_to;
    request->done = done;
    request->arg = arg;
    request->n_addresses = n_addresses < FACTS_ADDRESSES_MAX ? n_addresses : FACTS_ADDRESSES_MAX;
    memcpy(request->addresses, addresses, request->n_addresses * sizeof *addresses);
    strncpy(request->domain, domain, DNS_NAME_MAX);
    request->message.deliver = asker->deliver;
    request->message.drop = drop;
    size_t owner = session_board_owner(&addresses[0], boards->by_network, boards->n);
    mailbox_send(boards->mailboxes[owner], &request->message);
    return request;
}

static void cancel(void *self, void *handle)
{
    struct fetch_request *request = handle;

    (void)self;
    request->cut = true;
}

static bool waits(void *self, void *handle)
{
    struct fetch_request *request = handle;

    (void)self;
    return !atomic_load(&request->begun);
}

const struct fetch_ops fetch_asker_ops = {.start = start, .cancel = cancel, .waits = waits};
