#include "dns/resolver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/queue.h>
#include <sys/random.h>

#include "dns/cache.h"
#include "dns/resolv_conf.h"
#include "dns/table.h"
#include "dns/upstream.h"
#include "dns/wire.h"

enum {
    TIMEOUT_MS = 15000,
    MAX_IN_FLIGHT = 500,
    CACHE_ENTRIES = 4096,
    TRY_MS_MAX = 2000,
    TRY_MS_MIN = 50,
    /* A server that left so many questions in a row unanswered is asked last for a while. */
    SILENT_AFTER = 3,
    SILENT_FOR_MS = 30000,
};

enum { RCODE_FORMERR = 1, RCODE_SERVFAIL = 2 };

struct server {
    struct dns_upstream *upstream;
    bool believed; /* its AD bit */
    unsigned unanswered;
    int64_t silent_until_ms;
};

/* One asker. It hangs on a question in flight, or in the list of those whose answer is ready. */
struct dns_query {
    TAILQ_ENTRY(dns_query) queries;
    struct dns_resolver *resolver;
    struct question *question; /* NULL once the answer is ready */
    struct dns_answer *answer;
    dns_done_fn *done;
    void *arg;
};

TAILQ_HEAD(query_list, dns_query);

/* One question under way, whoever asked it. */
struct question {
    struct dns_table_node node; /* first: a node found is a question found */
    TAILQ_ENTRY(question) by_deadline;
    struct dns_resolver *resolver;
    char *name;
    struct query_list queries;
    struct dns_request *request;
    struct dns_answer *best; /* at first DNS_NOT_ASKED, then the best failure so far */
    int64_t deadline_ms;
    unsigned tried; /* bit i: servers[i] had its turn */
    size_t server;  /* whose turn it is */
    unsigned flags; /* enum dns_request_flags of the request under way */
    bool sent;      /* at least once */
};

struct dns_resolver {
    struct server servers[DNS_SERVERS_MAX];
    size_t n_servers;
    int timeout_ms;
    struct dns_cache *cache;
    struct dns_table questions;
    TAILQ_HEAD(, question) by_deadline; /* all wait equally long: the first is due first */
    struct event *deadline;
    struct query_list ready;
    struct event *deliver;
    bool self_tested;
    enum dns_validation validation;
    struct dns_resolver_stats stats;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the way back to the askers ---- */

static void query_ready(struct dns_query *query, struct dns_answer *answer)
{
    query->question = NULL;
    query->answer = dns_answer_ref(answer);
    TAILQ_INSERT_TAIL(&query->resolver->ready, query, queries);
    event_active(query->resolver->deliver, EV_TIMEOUT, 1);
}

static void on_deliver(evutil_socket_t fd, short what, void *arg)
{
    struct dns_resolver *resolver = arg;
    struct dns_query *query;

    (void)fd;
    (void)what;
    while ((query = TAILQ_FIRST(&resolver->ready)) != NULL) {
        struct dns_answer *answer = query->answer;
        dns_done_fn *done = query->done;
        void *done_arg = query->arg;

        TAILQ_REMOVE(&resolver->ready, query, queries);
        free(query);
        done(done_arg, answer);
        dns_answer_unref(answer);
    }
}

/* ---- the end of a question ---- */

static void question_free(struct question *question)
{
    struct dns_resolver *resolver = question->resolver;

    dns_table_remove(&resolver->questions, &question->node);
    TAILQ_REMOVE(&resolver->by_deadline, question, by_deadline);
    if (question->request != NULL)
        dns_request_cancel(question->request);
    dns_answer_unref(question->best);
    free(question->name);
    free(question);
}

static bool has_failed(const struct dns_answer *answer)
{
    return answer->status == DNS_SERVFAIL || answer->status == DNS_REFUSED ||
           answer->status == DNS_TIMEOUT || answer->status == DNS_MALFORMED;
}

/* The best answer is what the askers get. */
static void question_finish(struct question *question)
{
    struct dns_resolver *resolver = question->resolver;
    struct dns_query *query;

    if (has_failed(question->best))
        resolver->stats.failed++;
    dns_cache_put(resolver->cache, question->best, monotonic_ms());
    while ((query = TAILQ_FIRST(&question->queries)) != NULL) {
        TAILQ_REMOVE(&question->queries, query, queries);
        query_ready(query, question->best);
    }
    question_free(question);
}

static void deadline_start(struct dns_resolver *resolver)
{
    const struct question *first = TAILQ_FIRST(&resolver->by_deadline);
    int64_t wait_ms;

    if (first == NULL || event_pending(resolver->deadline, EV_TIMEOUT, NULL))
        return;
    wait_ms = first->deadline_ms - monotonic_ms();
    if (wait_ms < 1)
        wait_ms = 1;
    event_add(resolver->deadline,
              &(struct timeval){.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000});
}

static void question_expire(struct question *question)
{
    if (question->request != NULL && dns_request_sent(question->request))
        question->sent = true;
    if (question->best->status == DNS_NOT_ASKED && question->sent)
        question->best->status = DNS_TIMEOUT;
    else if (question->best->status == DNS_NOT_ASKED && question->best->ede_text == NULL)
        question->best->ede_text = strdup("too many DNS questions were waiting");
    question_finish(question);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct dns_resolver *resolver = arg;
    int64_t now_ms = monotonic_ms();
    struct question *question;

    (void)fd;
    (void)what;
    while ((question = TAILQ_FIRST(&resolver->by_deadline)) != NULL &&
           question->deadline_ms <= now_ms)
        question_expire(question);
    deadline_start(resolver);
}

/* ---- a question at work ---- */

static bool is_conclusive(const struct dns_answer *answer)
{
    return answer->status == DNS_FOUND || answer->status == DNS_NODATA ||
           answer->status == DNS_NXDOMAIN;
}

/* The further a server came with the question, the more its failure says. */
static int rank(enum dns_status status)
{
    switch (status) {
    case DNS_NOT_ASKED:
        return 0;
    case DNS_TIMEOUT:
        return 1;
    case DNS_REFUSED:
        return 2;
    case DNS_MALFORMED:
        return 3;
    case DNS_SERVFAIL:
        return 4;
    case DNS_FOUND:
    case DNS_NODATA:
    case DNS_NXDOMAIN:
    case DNS_BOGUS:
        return 5;
    }
    return 0;
}

/* Keeps the answer, or gives it back when an earlier one is better. */
static void keep_better(struct question *question, struct dns_answer *take_answer)
{
    if (rank(take_answer->status) >= rank(question->best->status)) {
        dns_answer_unref(question->best);
        question->best = take_answer;
    } else {
        dns_answer_unref(take_answer);
    }
}

/* RFC 6840 5.8: AD is worth what the server and the way to it are worth. */
static void judge_security(const struct question *question, struct dns_answer *answer)
{
    struct dns_resolver *resolver = question->resolver;
    bool is_self_test = question->name[0] == '\0' && answer->type == DNS_TYPE_SOA;

    if (answer->ad)
        resolver->validation = DNS_VALIDATES;
    else if (is_self_test && resolver->validation == DNS_VALIDATION_UNKNOWN)
        resolver->validation = DNS_DOES_NOT_VALIDATE;
    if (resolver->servers[question->server].believed)
        answer->security = answer->ad ? DNS_SECURE : DNS_INSECURE;
}

static void note_health(struct server *server, const struct dns_answer *answer)
{
    if (answer->status == DNS_TIMEOUT) {
        if (++server->unanswered >= SILENT_AFTER)
            server->silent_until_ms = monotonic_ms() + SILENT_FOR_MS;
    } else if (answer->status != DNS_NOT_ASKED) {
        server->unanswered = 0;
        server->silent_until_ms = 0;
    }
}

/* The next server in order that had no turn yet, the silent ones last. False when all had. */
static bool pick_server(struct question *question)
{
    const struct dns_resolver *resolver = question->resolver;
    size_t next = resolver->n_servers;

    for (size_t i = resolver->n_servers; i-- > 0;) {
        bool silent = resolver->servers[i].silent_until_ms > monotonic_ms();

        if ((question->tried & 1U << i) != 0)
            continue;
        if (!silent || next == resolver->n_servers ||
            resolver->servers[next].silent_until_ms > monotonic_ms())
            next = i;
    }
    if (next == resolver->n_servers)
        return false;
    question->tried |= 1U << next;
    question->server = next;
    question->flags = 0;
    return true;
}

static void on_answer(void *arg, struct dns_answer *take_answer);

/* Sends the question to the server whose turn it is. */
static void question_send(struct question *question)
{
    struct dns_resolver *resolver = question->resolver;

    resolver->stats.sent++;
    question->request =
        dns_upstream_ask(resolver->servers[question->server].upstream, question->name,
                         question->node.type, question->flags, on_answer, question);
}

static void question_next_server(struct question *question)
{
    while (pick_server(question)) {
        question_send(question);
        if (question->request != NULL)
            return;
    }
    question_finish(question);
}

static void question_again(struct question *question, enum dns_request_flags flag)
{
    question->flags |= flag;
    question_send(question);
    if (question->request == NULL)
        question_next_server(question);
}

static void on_answer(void *arg, struct dns_answer *take_answer)
{
    struct question *question = arg;
    struct dns_answer *answer = take_answer;

    question->request = NULL;
    question->sent = true;
    note_health(&question->resolver->servers[question->server], answer);
    if ((question->flags & DNS_REQUEST_CD) != 0) {
        /* Only whether it is an answer matters: the data failed validation. */
        bool bogus = is_conclusive(answer);

        dns_answer_unref(answer);
        if (!bogus) {
            question_next_server(question);
            return;
        }
        question->best->status = DNS_BOGUS;
        question->best->security = DNS_SECURITY_BOGUS;
        question_finish(question);
    } else if (is_conclusive(answer)) {
        judge_security(question, answer);
        keep_better(question, answer);
        question_finish(question);
    } else if (answer->rcode == RCODE_FORMERR && (question->flags & DNS_REQUEST_PLAIN) == 0) {
        keep_better(question, answer);
        question_again(question, DNS_REQUEST_PLAIN);
    } else if (answer->rcode == RCODE_SERVFAIL && answer->status == DNS_SERVFAIL) {
        keep_better(question, answer);
        question_again(question, DNS_REQUEST_CD);
    } else {
        keep_better(question, answer);
        question_next_server(question);
    }
}

/* ---- asking ---- */

/* NULL when out of memory. The answer is made now, so that there is always one to give. */
static struct question *question_new(struct dns_resolver *resolver, const char *name, uint16_t type)
{
    struct question *question = calloc(1, sizeof *question);

    if (question == NULL)
        return NULL;
    question->name = strdup(name);
    question->best = dns_answer_new(name, type);
    if (question->name == NULL || question->best == NULL) {
        free(question->name);
        dns_answer_unref(question->best);
        free(question);
        return NULL;
    }
    question->resolver = resolver;
    question->deadline_ms = monotonic_ms() + resolver->timeout_ms;
    question->node.name = question->name;
    question->node.type = type;
    TAILQ_INIT(&question->queries);
    TAILQ_INSERT_TAIL(&resolver->by_deadline, question, by_deadline);
    dns_table_insert(&resolver->questions, &question->node);
    deadline_start(resolver);
    return question;
}

/* Not the resolver's fault and no reason to call anything unknown when it cannot be asked. */
static void self_test(struct dns_resolver *resolver)
{
    struct question *question;

    if (resolver->self_tested)
        return;
    resolver->self_tested = true;
    if (dns_table_find(&resolver->questions, "", DNS_TYPE_SOA) != NULL)
        return;
    question = question_new(resolver, "", DNS_TYPE_SOA);
    if (question != NULL)
        question_next_server(question);
}

/* Answers from here what need not or cannot be asked. NULL: to be asked, or no memory. */
static struct dns_answer *local_answer(struct dns_resolver *resolver, const char *name,
                                       uint16_t type)
{
    struct dns_wire_name wire;
    struct dns_answer *answer;

    answer = dns_cache_find(resolver->cache, name, type, monotonic_ms());
    if (answer != NULL) {
        resolver->stats.from_cache++;
        return dns_answer_ref(answer);
    }
    if (resolver->n_servers > 0 && dns_wire_name_parse(name, &wire))
        return NULL;
    answer = dns_answer_new(name, type);
    if (answer == NULL)
        return NULL;
    if (resolver->n_servers == 0) {
        answer->ede_text = strdup("no DNS server is configured");
    } else {
        /* "_25._tcp." before a name of 250 bytes: what the DNS cannot carry does not exist. */
        answer->status = DNS_NXDOMAIN;
        answer->ede_text = strdup("the name is longer than the DNS allows");
    }
    return answer;
}

/* The question in flight to join, or a new one. NULL when out of memory. */
static struct question *question_for(struct dns_resolver *resolver, const char *name, uint16_t type)
{
    struct dns_table_node *node = dns_table_find(&resolver->questions, name, type);
    struct question *question;

    if (node != NULL) {
        resolver->stats.joined++;
        return (struct question *)node;
    }
    question = question_new(resolver, name, type);
    return question;
}

struct dns_query *dns_resolver_ask(struct dns_resolver *resolver, const char *name, uint16_t type,
                                   dns_done_fn *done, void *arg)
{
    struct dns_query *query = calloc(1, sizeof *query);
    struct dns_answer *answer;
    struct question *question;

    if (query == NULL)
        return NULL;
    query->resolver = resolver;
    query->done = done;
    query->arg = arg;
    if (strcmp(name, ".") == 0)
        name = "";
    answer = local_answer(resolver, name, type);
    if (answer != NULL) {
        resolver->stats.asked++;
        query_ready(query, answer);
        dns_answer_unref(answer);
        return query;
    }
    question = resolver->n_servers > 0 ? question_for(resolver, name, type) : NULL;
    if (question == NULL) {
        free(query);
        return NULL;
    }
    resolver->stats.asked++;
    query->question = question;
    TAILQ_INSERT_TAIL(&question->queries, query, queries);
    if (question->tried == 0)
        question_next_server(question);
    self_test(resolver);
    return query;
}

void dns_query_cancel(struct dns_query *query)
{
    if (query->question != NULL)
        TAILQ_REMOVE(&query->question->queries, query, queries);
    else
        TAILQ_REMOVE(&query->resolver->ready, query, queries);
    dns_answer_unref(query->answer);
    free(query);
}

/* ---- the resolver ---- */

enum dns_validation dns_resolver_validation(const struct dns_resolver *resolver)
{
    return resolver->validation;
}

bool dns_resolver_believes_ad(const struct dns_resolver *resolver)
{
    for (size_t i = 0; i < resolver->n_servers; i++) {
        if (resolver->servers[i].believed)
            return true;
    }
    return false;
}

void dns_resolver_stats(const struct dns_resolver *resolver, struct dns_resolver_stats *out)
{
    *out = resolver->stats;
}

static bool is_believed(const struct dns_address *address, enum dns_trust_ad trust)
{
    static const uint8_t loopback6[16] = {[15] = 1};

    switch (trust) {
    case DNS_TRUST_ALWAYS:
        return true;
    case DNS_TRUST_NEVER:
        return false;
    case DNS_TRUST_LOOPBACK:
        break;
    }
    if (address->family == DNS_IPV4)
        return address->bytes[0] == 127;
    return memcmp(address->bytes, loopback6, sizeof loopback6) == 0;
}

/* The servers to ask: those of the options, else the system's. */
static size_t collect_servers(const struct dns_resolver_options *options,
                              struct dns_server out[DNS_SERVERS_MAX])
{
    FILE *file;
    size_t n = options->n_servers < DNS_SERVERS_MAX ? options->n_servers : DNS_SERVERS_MAX;

    memcpy(out, options->servers, n * sizeof *out);
    if (n > 0)
        return n;
    file = fopen("/etc/resolv.conf", "re");
    if (file == NULL)
        return 0;
    n = dns_resolv_conf_read(file, out, DNS_SERVERS_MAX);
    fclose(file);
    return n;
}

/*
 * Shares the time for one question among the tries: each waits twice as long as the one before, a
 * lone server gets three tries (1 + 2 + 4), one of several two (1 + 2).
 */
static void share_time(struct dns_upstream_options *out, int timeout_ms, size_t n_servers)
{
    int shares = n_servers > 1 ? 3 * (int)n_servers : 7;

    out->tries = n_servers > 1 ? 2 : 3;
    out->try_ms = timeout_ms / shares;
    if (out->try_ms > TRY_MS_MAX)
        out->try_ms = TRY_MS_MAX;
    if (out->try_ms < TRY_MS_MIN)
        out->try_ms = TRY_MS_MIN;
}

static bool add_servers(struct dns_resolver *resolver, struct event_base *base,
                        const struct dns_resolver_options *options)
{
    struct dns_server servers[DNS_SERVERS_MAX];
    size_t n = collect_servers(options, servers);

    for (size_t i = 0; i < n; i++) {
        struct server *server = &resolver->servers[i];
        struct dns_upstream_options upstream = {
            .server = servers[i],
            .max_in_flight = options->max_in_flight > 0 ? options->max_in_flight : MAX_IN_FLIGHT,
        };

        share_time(&upstream, resolver->timeout_ms, n);
        server->believed = is_believed(&servers[i].address, options->trust_ad);
        server->upstream = dns_upstream_new(base, &upstream);
        if (server->upstream == NULL)
            return false;
        resolver->n_servers++;
    }
    return true;
}

struct dns_resolver *dns_resolver_new(struct event_base *base,
                                      const struct dns_resolver_options *options)
{
    struct dns_resolver *resolver = calloc(1, sizeof *resolver);
    uint32_t seed = 0;

    if (resolver == NULL)
        return NULL;
    TAILQ_INIT(&resolver->by_deadline);
    TAILQ_INIT(&resolver->ready);
    /* Without random numbers the tables still work, only an attacker's names may be slow. */
    (void)!getrandom(&seed, sizeof seed, 0);
    resolver->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
    resolver->cache =
        dns_cache_new(options->cache_entries > 0 ? options->cache_entries : CACHE_ENTRIES, seed);
    resolver->deadline = event_new(base, -1, 0, on_deadline, resolver);
    resolver->deliver = event_new(base, -1, 0, on_deliver, resolver);
    if (resolver->cache == NULL || resolver->deadline == NULL || resolver->deliver == NULL ||
        dns_table_init(&resolver->questions, seed) != 0 || !add_servers(resolver, base, options)) {
        dns_resolver_free(resolver);
        errno = ENOMEM;
        return NULL;
    }
    return resolver;
}

static void drop_queries(struct query_list *list)
{
    while (!TAILQ_EMPTY(list)) {
        struct dns_query *query = TAILQ_FIRST(list);

        TAILQ_REMOVE(list, query, queries);
        dns_answer_unref(query->answer);
        free(query);
    }
}

void dns_resolver_free(struct dns_resolver *resolver)
{
    if (resolver == NULL)
        return;
    while (!TAILQ_EMPTY(&resolver->by_deadline)) {
        drop_queries(&TAILQ_FIRST(&resolver->by_deadline)->queries);
        question_free(TAILQ_FIRST(&resolver->by_deadline));
    }
    for (size_t i = 0; i < resolver->n_servers; i++)
        dns_upstream_free(resolver->servers[i].upstream);
    drop_queries(&resolver->ready);
    dns_table_clear(&resolver->questions);
    dns_cache_free(resolver->cache);
    if (resolver->deadline != NULL)
        event_free(resolver->deadline);
    if (resolver->deliver != NULL)
        event_free(resolver->deliver);
    free(resolver);
}
