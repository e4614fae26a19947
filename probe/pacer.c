#include "probe/pacer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "dns/table.h"
#include "probe/clock.h"

enum {
    TICK_MS = 10, /* how long a look at the rate and at other loops' networks is put off */
    /* How far the queue is searched for a session that may begin: hosts of one network that is
     * full must not hold up the others, nor make every look long. */
    SEARCH_MAX = 64,
};

struct queue {
    struct pacer_ticket *first, **last;
};

/* One address, for as long as somebody is there or waits. */
struct pacer_gate {
    struct dns_table_node node;
    size_t in_use; /* admitted by this gate: under way, or in the queue `ready` */
    struct queue waiting;
    char key[DNS_ADDRESS_TEXT_MAX];
};

struct pacer {
    struct pacer_options options;
    struct dns_table gates;
    struct queue ready; /* past the gate of their address */
    size_t n_ready, n_running;
    double tokens;
    int64_t filled_ms; /* when tokens were last counted */
    struct event *pump;
};

/* --- a queue ---------------------------------------------------------------------------------- */

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void queue_put(struct queue *queue, struct pacer_ticket *ticket)
{
    ticket->next = NULL;
    *queue->last = ticket;
    queue->last = &ticket->next;
}

static struct pacer_ticket *queue_take(struct queue *queue)
{
    struct pacer_ticket *ticket = queue->first;

    if (!ticket)
        return NULL;
    queue->first = ticket->next;
    if (!queue->first)
        queue->last = &queue->first;
    return ticket;
}

/* --- limits ----------------------------------------------------------------------------------- */

/* The count of the /24 or /48 that the address lies in. */
static atomic_uint *network_of(const struct pacer *pacer, const struct dns_address *address)
{
    const size_t slots = sizeof pacer->options.networks->in_use / sizeof(atomic_uint);
    size_t length = address->family == DNS_IPV4 ? 3 : 6;
    uint32_t hash = 2166136261U; /* the same in every loop */

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ address->bytes[i]) * 16777619U;
    hash = (hash ^ (uint32_t)address->family) * 16777619U;
    return &pacer->options.networks->in_use[(hash ^ hash >> 15) % slots];
}

/* Takes a place in the network, unless it is full. */
static bool enter_network(const struct pacer *pacer, const struct dns_address *address)
{
    if (!pacer->options.networks)
        return true;
    atomic_uint *count = network_of(pacer, address);
    if (atomic_fetch_add(count, 1) < pacer->options.per_network)
        return true;
    atomic_fetch_sub(count, 1);
    return false;
}

static void leave_network(const struct pacer *pacer, const struct dns_address *address)
{
    if (pacer->options.networks)
        atomic_fetch_sub(network_of(pacer, address), 1);
}

/* A tenth of a second's worth may come at once. */
static void fill_tokens(struct pacer *pacer)
{
    int64_t now_ms = clock_monotonic_ms();
    double most = pacer->options.rate / 10 < 1 ? 1 : pacer->options.rate / 10;

    pacer->tokens += pacer->options.rate * (double)(now_ms - pacer->filled_ms) / 1000;
    if (pacer->tokens > most)
        pacer->tokens = most;
    pacer->filled_ms = now_ms;
}

static bool may_begin(const struct pacer *pacer)
{
    const struct pacer_options *options = &pacer->options;

    return (options->sessions_max == 0 || pacer->n_running < options->sessions_max) &&
           (options->rate <= 0 || pacer->tokens >= 1);
}

/* --- going through the queue ------------------------------------------------------------------ */

static void begin(struct pacer *pacer, struct pacer_ticket *ticket)
{
    pacer->n_ready--;
    pacer->n_running++;
    pacer->tokens -= 1;
    ticket->go(ticket);
}

static void on_pump(evutil_socket_t fd, short what, void *arg)
{
    struct pacer *pacer = arg;
    struct timeval tick = clock_duration(TICK_MS);
    size_t looked = pacer->n_ready < SEARCH_MAX ? pacer->n_ready : SEARCH_MAX;

    (void)fd;
    (void)what;
    fill_tokens(pacer);
    while (looked > 0 && may_begin(pacer)) {
        struct pacer_ticket *ticket = queue_take(&pacer->ready);
        if (!ticket)
            break;
        if (enter_network(pacer, &ticket->address)) {
            begin(pacer, ticket);
            looked = pacer->n_ready < SEARCH_MAX ? pacer->n_ready : SEARCH_MAX;
        } else {
            queue_put(&pacer->ready, ticket);
            looked--;
        }
    }
    /* A place that comes free here pumps by itself; time and other loops do not. */
    bool by_time = pacer->options.rate > 0 || pacer->options.networks;
    if (pacer->n_ready > 0 && by_time)
        evtimer_add(pacer->pump, &tick);
}

static void pump_soon(struct pacer *pacer)
{
    event_active(pacer->pump, EV_TIMEOUT, 0);
}

static struct pacer_gate *gate_of(struct pacer *pacer, const struct dns_address *address)
{
    char key[DNS_ADDRESS_TEXT_MAX];

    dns_address_format(address, key);
    struct dns_table_node *node = dns_table_find(&pacer->gates, key, 0);
    if (node)
        return (struct pacer_gate *)node;
    struct pacer_gate *gate = calloc(1, sizeof *gate);
    if (!gate)
        return NULL;
    snprintf(gate->key, sizeof gate->key, "%s", key);
    gate->node.name = gate->key;
    queue_init(&gate->waiting);
    dns_table_insert(&pacer->gates, &gate->node);
    return gate;
}

static void admit(struct pacer *pacer, struct pacer_ticket *ticket)
{
    ticket->gate->in_use++;
    pacer->n_ready++;
    queue_put(&pacer->ready, ticket);
    pump_soon(pacer);
}

int pacer_enter(struct pacer *pacer, struct pacer_ticket *ticket)
{
    size_t most = pacer->options.per_host;

    ticket->gate = gate_of(pacer, &ticket->address);
    if (!ticket->gate)
        return -1;
    if (most == 0 || ticket->gate->in_use < most)
        admit(pacer, ticket);
    else
        queue_put(&ticket->gate->waiting, ticket);
    return 0;
}

void pacer_leave(struct pacer *pacer, struct pacer_ticket *ticket)
{
    struct pacer_gate *gate = ticket->gate;
    struct pacer_ticket *next = queue_take(&gate->waiting);

    gate->in_use--;
    pacer->n_running--;
    leave_network(pacer, &ticket->address);
    ticket->gate = NULL;
    if (next) {
        admit(pacer, next);
    } else if (gate->in_use == 0) {
        dns_table_remove(&pacer->gates, &gate->node);
        free(gate);
    }
    if (pacer->n_ready > 0)
        pump_soon(pacer);
}

void pacer_set_sessions_max(struct pacer *pacer, size_t sessions_max)
{
    pacer->options.sessions_max = sessions_max;
    pump_soon(pacer);
}

struct pacer *pacer_new(struct event_base *base, const struct pacer_options *options)
{
    struct pacer *pacer = calloc(1, sizeof *pacer);
    uint32_t seed = 0;

    if (!pacer)
        return NULL;
    pacer->options = *options;
    pacer->filled_ms = clock_monotonic_ms();
    pacer->pump = evtimer_new(base, on_pump, pacer);
    queue_init(&pacer->ready);
    if (RAND_bytes((unsigned char *)&seed, sizeof seed) != 1 || !pacer->pump ||
        dns_table_init(&pacer->gates, seed) != 0) {
        pacer_free(pacer);
        return NULL;
    }
    return pacer;
}

void pacer_free(struct pacer *pacer)
{
    if (!pacer)
        return;
    for (size_t i = 0; i < pacer->gates.n_buckets; i++) {
        struct dns_table_node *node = pacer->gates.buckets[i];
        while (node) {
            struct dns_table_node *next = node->next;
            free(node);
            node = next;
        }
    }
    dns_table_clear(&pacer->gates);
    if (pacer->pump)
        event_free(pacer->pump);
    free(pacer);
}
