#include "probe/pacer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "dns/table.h"
#include "probe/clock.h"

enum {
    TICK_MS = 10, /* how long a look at the rate is put off */
    KEY_MAX = DNS_ADDRESS_TEXT_MAX + 4,
};

struct queue {
    struct pacer_ticket *first, **last;
};

/* One address or network, for as long as somebody is there or waits. */
struct pacer_gate {
    struct dns_table_node node;
    size_t holders; /* tickets that have to pass, or have passed */
    size_t in_use;  /* of those: past this gate, and not left yet */
    struct queue waiting;
    char key[KEY_MAX];
};

struct pacer {
    struct pacer_options options;
    struct dns_table gates;
    struct queue ready; /* past all gates */
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

/* --- the pacer's own limits ------------------------------------------------------------------- */

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

static void on_pump(evutil_socket_t fd, short what, void *arg)
{
    struct pacer *pacer = arg;
    struct timeval tick = clock_duration(TICK_MS);

    (void)fd;
    (void)what;
    fill_tokens(pacer);
    while (pacer->n_ready > 0 && may_begin(pacer)) {
        struct pacer_ticket *ticket = queue_take(&pacer->ready);
        pacer->n_ready--;
        pacer->n_running++;
        pacer->tokens -= 1;
        ticket->go(ticket);
    }
    /* A place that comes free pumps by itself; time does not. */
    if (pacer->n_ready > 0 && pacer->options.rate > 0)
        evtimer_add(pacer->pump, &tick);
}

static void pump_soon(struct pacer *pacer)
{
    event_active(pacer->pump, EV_TIMEOUT, 0);
}

/* --- gates ------------------------------------------------------------------------------------ */

static size_t limit_at(const struct pacer *pacer, size_t gate)
{
    return gate == 0 ? pacer->options.per_host : pacer->options.per_network;
}

/* The address, or the /24 or /48 that it lies in. */
static void make_key(const struct dns_address *address, size_t gate, char out[KEY_MAX])
{
    struct dns_address at = *address;
    char text[DNS_ADDRESS_TEXT_MAX];
    size_t kept = at.family == DNS_IPV4 ? 3 : 6;

    if (gate > 0)
        memset(at.bytes + kept, 0, sizeof at.bytes - kept);
    dns_address_format(&at, text);
    snprintf(out, KEY_MAX, "%s%s", text, gate > 0 ? "/" : "");
}

static struct pacer_gate *gate_of(struct pacer *pacer, const struct dns_address *address,
                                  size_t number)
{
    char key[KEY_MAX];

    make_key(address, number, key);
    struct dns_table_node *node = dns_table_find(&pacer->gates, key, 0);
    if (node)
        return (struct pacer_gate *)node;
    struct pacer_gate *gate = calloc(1, sizeof *gate);
    if (!gate)
        return NULL;
    memcpy(gate->key, key, sizeof key);
    gate->node.name = gate->key;
    queue_init(&gate->waiting);
    dns_table_insert(&pacer->gates, &gate->node);
    return gate;
}

static void let_go(struct pacer *pacer, struct pacer_gate *gate)
{
    if (!gate || --gate->holders > 0)
        return;
    dns_table_remove(&pacer->gates, &gate->node);
    free(gate);
}

/* Goes through the gates as far as there is room, and waits at the first where there is none. */
static void go_through(struct pacer *pacer, struct pacer_ticket *ticket)
{
    for (; ticket->passed < PACER_GATES; ticket->passed++) {
        struct pacer_gate *gate = ticket->gates[ticket->passed];
        if (!gate)
            continue;
        if (gate->in_use >= limit_at(pacer, ticket->passed)) {
            queue_put(&gate->waiting, ticket);
            return;
        }
        gate->in_use++;
    }
    pacer->n_ready++;
    queue_put(&pacer->ready, ticket);
    pump_soon(pacer);
}

int pacer_enter(struct pacer *pacer, struct pacer_ticket *ticket)
{
    bool ok = true;

    ticket->passed = 0;
    for (size_t i = 0; i < PACER_GATES; i++) {
        bool limited = limit_at(pacer, i) > 0;
        ticket->gates[i] = limited ? gate_of(pacer, &ticket->address, i) : NULL;
        if (ticket->gates[i])
            ticket->gates[i]->holders++;
        ok = ok && (!limited || ticket->gates[i]);
    }
    if (ok) {
        go_through(pacer, ticket);
        return 0;
    }
    for (size_t i = 0; i < PACER_GATES; i++)
        let_go(pacer, ticket->gates[i]);
    return -1;
}

void pacer_leave(struct pacer *pacer, struct pacer_ticket *ticket)
{
    pacer->n_running--;
    for (size_t i = PACER_GATES; i-- > 0;) {
        struct pacer_gate *gate = ticket->gates[i];
        if (!gate)
            continue;
        gate->in_use--;
        struct pacer_ticket *next = queue_take(&gate->waiting);
        if (next)
            go_through(pacer, next);
        let_go(pacer, gate);
        ticket->gates[i] = NULL;
    }
    if (pacer->n_ready > 0)
        pump_soon(pacer);
}

void pacer_charge(struct pacer *pacer, unsigned connections)
{
    pacer->tokens -= connections;
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
