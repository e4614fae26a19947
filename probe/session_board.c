#include "probe/session_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "dns/table.h"
#include "probe/clock.h"
#include "probe/mute_addresses.h"

enum {
    /* Of what was probed, to tell repeats; two keys may share a place. */
    FINGERPRINTS = 1 << 15,
    LOOK_MS = 500, /* how often it is looked how far sessions are */
    /* What facts take as a rule: those with monstrous chains count for several. */
    USUAL_BYTES = 24 * 1024,
};

/* One (MX host, server name, address): waits for its turn, is under way, or has its facts. */
struct entry {
    struct dns_table_node node; /* its name is `key` */
    struct session_board *board;
    struct pacer_ticket ticket;
    struct smtp_target target; /* host and sni are its own */
    struct session_request *waiting;
    void *handle;             /* of the session under way */
    bool begun;               /* it had its turn */
    bool done;                /* it is over: */
    struct smtp_facts *facts; /* NULL when there was no memory for any */
    size_t bytes;
    int64_t done_ms;
    struct entry *older, *newer; /* among those with facts, by last use */
    char key[];
};

struct session_board {
    struct session_board_options options;
    struct pacer *pacer;
    struct dns_table entries;
    struct entry *oldest, *newest;
    size_t n_kept, bytes_kept;
    struct mute_addresses *mutes;
    struct event *look;
    uint32_t *fingerprints;
    struct session_board_stats stats;
};

size_t session_board_owner(const struct dns_address *address, bool by_network, size_t n)
{
    size_t network = address->family == DNS_IPV4 ? 3 : 6;

    return dns_address_hash(address, by_network ? network : sizeof address->bytes) % n;
}

/* --- requests --------------------------------------------------------------------------------- */

void session_request_free(struct session_request *request)
{
    if (!request)
        return;
    free((char *)request->target.host);
    free((char *)request->target.sni);
    smtp_facts_unref(request->facts);
    free(request);
}

/* Sends a request back; `facts` may be NULL. */
static void answer(struct session_request *request, struct smtp_facts *facts)
{
    request->facts = facts ? smtp_facts_ref(facts) : NULL;
    request->message.deliver = request->answered;
    mailbox_send(request->answer_to, &request->message);
}

/* --- entries by last use ---------------------------------------------------------------------- */

static void unlink_kept(struct session_board *board, struct entry *entry)
{
    *(entry->older ? &entry->older->newer : &board->oldest) = entry->newer;
    *(entry->newer ? &entry->newer->older : &board->newest) = entry->older;
    entry->older = entry->newer = NULL;
    board->n_kept--;
    board->bytes_kept -= entry->bytes;
}

static void link_newest(struct session_board *board, struct entry *entry)
{
    entry->older = board->newest;
    entry->newer = NULL;
    *(board->newest ? &board->newest->newer : &board->oldest) = entry;
    board->newest = entry;
    board->n_kept++;
    board->bytes_kept += entry->bytes;
}

static void entry_free(struct entry *entry)
{
    free((char *)entry->target.host);
    free((char *)entry->target.sni);
    smtp_facts_unref(entry->facts);
    free(entry);
}

static void forget(struct session_board *board, struct entry *entry)
{
    unlink_kept(board, entry);
    dns_table_remove(&board->entries, &entry->node);
    entry_free(entry);
}

static void forget_surplus(struct session_board *board)
{
    const struct session_board_options *options = &board->options;

    while (board->n_kept > options->entries_max ||
           board->bytes_kept > options->entries_max * USUAL_BYTES)
        forget(board, board->oldest);
}

/* --- one session ------------------------------------------------------------------------------ */

/* Counts a repeat; the fingerprint tells one key from another, not for certain. */
static void note_probe(struct session_board *board, const struct entry *entry)
{
    uint32_t *place = &board->fingerprints[entry->node.hash % FINGERPRINTS];

    board->stats.probed++;
    if (*place == entry->node.hash)
        board->stats.repeated++;
    *place = entry->node.hash;
}

static void settle(struct entry *entry, struct smtp_facts *facts)
{
    struct session_board *board = entry->board;
    struct session_request *request = entry->waiting;

    entry->waiting = NULL;
    while (request) {
        struct session_request *next = request->next_waiting;
        board->stats.waiting--;
        board->stats.shared += next != NULL; /* all but the one that it was held for */
        answer(request, facts);
        request = next;
    }
    entry->done = true;
    entry->facts = facts;
    entry->bytes = facts ? smtp_facts_bytes(facts) : 0;
    entry->done_ms = clock_monotonic_ms();
    link_newest(board, entry);
    forget_surplus(board);
}

static bool is_unreached(const struct smtp_facts *facts)
{
    return facts->problem == SMTP_CONNECTION_REFUSED || facts->problem == SMTP_UNREACHABLE ||
           (facts->problem == SMTP_TIMED_OUT && facts->stage == SMTP_STAGE_CONNECT);
}

static void on_session(void *arg, struct smtp_facts *facts)
{
    struct entry *entry = arg;
    struct session_board *board = entry->board;

    entry->handle = NULL;
    board->stats.under_way--;
    if (facts) {
        board->stats.unreached += is_unreached(facts);
        board->stats.connects += facts->connections;
        mute_addresses_note(board->mutes, facts, clock_monotonic_ms());
        if (facts->connections > 1)
            pacer_charge(board->pacer, facts->connections - 1);
    }
    pacer_leave(board->pacer, &entry->ticket);
    settle(entry, facts);
}

static struct entry *entry_of(struct pacer_ticket *ticket)
{
    return (struct entry *)((char *)ticket - offsetof(struct entry, ticket));
}

/* What is known of the address whatever the name, borrowed, or NULL. */
static struct smtp_facts *known_of(const struct session_board *board,
                                   const struct smtp_target *target)
{
    return mute_addresses_find(board->mutes, &target->address, target->port, clock_monotonic_ms());
}

static void on_turn(struct pacer_ticket *ticket)
{
    struct entry *entry = entry_of(ticket);
    const struct backend *backend = entry->board->options.backend;
    struct smtp_facts *known = known_of(entry->board, &entry->target);

    if (known) {
        pacer_leave(entry->board->pacer, &entry->ticket);
        entry->board->stats.shared++;
        settle(entry, smtp_facts_ref(known));
        return;
    }
    entry->begun = true;
    for (struct session_request *request = entry->waiting; request; request = request->next_waiting)
        atomic_store(&request->begun, true);
    entry->board->stats.under_way++;
    note_probe(entry->board, entry);
    entry->handle =
        backend->sessions->start(backend->sessions_self, &entry->target, on_session, entry);
    if (!entry->handle)
        on_session(entry, NULL);
}

static bool still_good(const struct entry *entry)
{
    int64_t age_ms = clock_monotonic_ms() - entry->done_ms;

    if (!entry->facts || entry->facts->problem == SMTP_OURS)
        return false;
    bool doubt = entry->facts->problem == SMTP_TEMPORARY_REPLY;
    return age_ms <= (doubt ? SESSION_BOARD_DOUBT_AGE_MAX_MS : SESSION_BOARD_AGE_MAX_MS);
}

/* Takes over the target of the request that asks first. */
static struct entry *entry_new(struct session_board *board, struct session_request *request,
                               const char *key)
{
    struct entry *entry = calloc(1, sizeof *entry + strlen(key) + 1);

    if (!entry)
        return NULL;
    memcpy(entry->key, key, strlen(key) + 1);
    entry->node.name = entry->key;
    entry->board = board;
    entry->target = request->target;
    request->target.host = request->target.sni = NULL;
    entry->ticket.address = entry->target.address;
    entry->ticket.go = on_turn;
    if (pacer_enter(board->pacer, &entry->ticket) != 0) {
        entry_free(entry);
        return NULL;
    }
    dns_table_insert(&board->entries, &entry->node);
    return entry;
}

static void make_key(const struct smtp_target *target, char *out, size_t size)
{
    char ip[DNS_ADDRESS_TEXT_MAX];

    dns_address_format(&target->address, ip);
    snprintf(out, size, "%s %u %s %s", ip, target->port, target->host,
             target->sni ? target->sni : "");
}

void session_board_take(struct session_board *board, struct session_request *request)
{
    char key[DNS_ADDRESS_TEXT_MAX + 2 * 1100];

    board->stats.asked++;
    make_key(&request->target, key, sizeof key);
    struct entry *entry = (struct entry *)dns_table_find(&board->entries, key, 0);
    if (entry && entry->done && still_good(entry)) {
        unlink_kept(board, entry);
        link_newest(board, entry);
        board->stats.shared++;
        answer(request, entry->facts);
        return;
    }
    if (entry && entry->done) {
        forget(board, entry);
        entry = NULL;
    }
    struct smtp_facts *known = known_of(board, &request->target);
    if (!entry && known) {
        board->stats.shared++;
        answer(request, known);
        return;
    }
    if (!entry)
        entry = entry_new(board, request, key);
    if (!entry) {
        answer(request, NULL);
        return;
    }
    if (entry->begun)
        atomic_store(&request->begun, true);
    request->next_waiting = entry->waiting;
    entry->waiting = request;
    board->stats.waiting++;
}

/* --- the board -------------------------------------------------------------------------------- */

/* How far each session is, for those who may have to stop waiting for it. */
static void on_look(evutil_socket_t fd, short what, void *arg)
{
    struct session_board *board = arg;
    const struct backend *backend = board->options.backend;
    struct timeval again = clock_duration(LOOK_MS);

    (void)fd;
    (void)what;
    for (size_t i = 0; i < board->entries.n_buckets; i++) {
        for (struct dns_table_node *node = board->entries.buckets[i]; node; node = node->next) {
            struct entry *entry = (struct entry *)node;
            if (!entry->handle || !backend->sessions->stage)
                continue;
            int stage = (int)backend->sessions->stage(backend->sessions_self, entry->handle);
            for (struct session_request *request = entry->waiting; request;
                 request = request->next_waiting)
                atomic_store(&request->stage, stage);
        }
    }
    evtimer_add(board->look, &again);
}

void session_board_set_limit(struct session_board *board, size_t entries_max)
{
    board->options.entries_max = entries_max;
    forget_surplus(board);
}

void session_board_stats(const struct session_board *board, struct session_board_stats *out)
{
    *out = board->stats;
}

struct session_board *session_board_new(struct event_base *base,
                                        const struct session_board_options *options)
{
    struct session_board *board = calloc(1, sizeof *board);
    struct timeval look = clock_duration(LOOK_MS);
    uint32_t seed = 0;

    if (!board)
        return NULL;
    board->options = *options;
    board->pacer = options->pacer;
    board->fingerprints = calloc(FINGERPRINTS, sizeof *board->fingerprints);
    board->mutes = mute_addresses_new();
    board->look = evtimer_new(base, on_look, board);
    if (!board->fingerprints || !board->mutes || !board->look ||
        evtimer_add(board->look, &look) != 0 ||
        RAND_bytes((unsigned char *)&seed, sizeof seed) != 1 ||
        dns_table_init(&board->entries, seed) != 0) {
        session_board_free(board);
        return NULL;
    }
    return board;
}

/* Cuts and frees one entry, whatever its state, and those who wait for it. */
static void drop(struct session_board *board, struct entry *entry)
{
    const struct backend *backend = board->options.backend;

    if (entry->handle)
        smtp_facts_unref(
            backend->sessions->cut(backend->sessions_self, entry->handle, SMTP_INTERRUPTED));
    while (entry->waiting) {
        struct session_request *request = entry->waiting;
        entry->waiting = request->next_waiting;
        session_request_free(request);
    }
    entry_free(entry);
}

void session_board_free(struct session_board *board)
{
    if (!board)
        return;
    for (size_t i = 0; i < board->entries.n_buckets; i++) {
        struct dns_table_node *node = board->entries.buckets[i];
        while (node) {
            struct dns_table_node *next = node->next;
            drop(board, (struct entry *)node);
            node = next;
        }
    }
    dns_table_clear(&board->entries);
    mute_addresses_free(board->mutes);
    if (board->look)
        event_free(board->look);
    free(board->fingerprints);
    free(board);
}
