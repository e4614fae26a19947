#include "dns/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/queue.h>
#include <sys/random.h>

#include "dns/cache.h"
#include "dns/clock.h"
#include "dns/lookup.h"
#include "dns/servers.h"
#include "dns/table.h"
#include "dns/wire.h"

enum { TIMEOUT_MS = 15000, CACHE_ENTRIES = 4096 };

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

/* One question in flight, whoever asked it. */
struct question {
    struct dns_table_node node; /* first: a node found is a question found */
    TAILQ_ENTRY(question) by_deadline;
    struct dns_resolver *resolver;
    char *name;
    struct query_list queries;
    struct dns_lookup lookup;
    int64_t deadline_ms; /* monotonic */
};

struct dns_resolver {
    struct dns_servers servers;
    int timeout_ms;
    struct dns_cache *cache;
    bool keep_hosts_only;
    struct dns_table questions;
    TAILQ_HEAD(, question) by_deadline; /* all wait equally long: the first is due first */
    struct event *deadline;
    struct query_list ready;
    struct event *deliver;
    bool self_tested;
    struct dns_resolver_stats stats;
};

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
    if (TAILQ_EMPTY(&resolver->by_deadline))
        event_del(resolver->deadline); /* an idle resolver keeps no loop alive */
    dns_lookup_clear(&question->lookup);
    free(question->name);
    free(question);
}

static bool has_failed(const struct dns_answer *answer)
{
    return answer->status == DNS_SERVFAIL || answer->status == DNS_REFUSED ||
           answer->status == DNS_TIMEOUT || answer->status == DNS_MALFORMED;
}

/* What the lookup found is what the askers get. */
static void question_finish(struct question *question)
{
    struct dns_answer *answer = question->lookup.best;
    struct dns_resolver *resolver = question->resolver;
    struct dns_query *query;

    if (has_failed(answer))
        resolver->stats.failed++;
    bool once = answer->type == DNS_TYPE_MX || answer->type == DNS_TYPE_TXT;
    if (!once || !resolver->keep_hosts_only)
        dns_cache_put(resolver->cache, answer, dns_clock_monotonic_ms());
    while ((query = TAILQ_FIRST(&question->queries)) != NULL) {
        TAILQ_REMOVE(&question->queries, query, queries);
        query_ready(query, answer);
    }
    question_free(question);
}

static void deadline_start(struct dns_resolver *resolver)
{
    const struct question *first = TAILQ_FIRST(&resolver->by_deadline);
    int64_t wait_ms;

    if (!first || event_pending(resolver->deadline, EV_TIMEOUT, NULL))
        return;
    wait_ms = first->deadline_ms - dns_clock_monotonic_ms();
    if (wait_ms < 1)
        wait_ms = 1;
    event_add(resolver->deadline,
              &(struct timeval){.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000});
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct dns_resolver *resolver = arg;
    int64_t now_ms = dns_clock_monotonic_ms();
    struct question *question;

    (void)fd;
    (void)what;
    while ((question = TAILQ_FIRST(&resolver->by_deadline)) != NULL &&
           question->deadline_ms <= now_ms) {
        dns_lookup_expire(&question->lookup);
        question_finish(question);
    }
    deadline_start(resolver);
}

/* ---- asking ---- */

static void on_lookup(void *arg)
{
    question_finish(arg);
}

/* NULL when out of memory. */
static struct question *question_new(struct dns_resolver *resolver, const char *name, uint16_t type)
{
    struct question *question = calloc(1, sizeof *question);

    if (!question)
        return NULL;
    question->name = strdup(name);
    if (!question->name || dns_lookup_init(&question->lookup, &resolver->servers, name, type,
                                           on_lookup, question) != 0) {
        free(question->name);
        free(question);
        return NULL;
    }
    question->resolver = resolver;
    question->deadline_ms = dns_clock_monotonic_ms() + resolver->timeout_ms;
    question->node.name = question->name;
    question->node.type = type;
    TAILQ_INIT(&question->queries);
    TAILQ_INSERT_TAIL(&resolver->by_deadline, question, by_deadline);
    dns_table_insert(&resolver->questions, &question->node);
    deadline_start(resolver);
    return question;
}

static void question_start(struct question *question)
{
    if (!dns_lookup_start(&question->lookup))
        question_finish(question);
}

/* Nobody waits for its answer: dns_lookup notes what it says about the resolver. */
static void self_test(struct dns_resolver *resolver)
{
    struct question *question;

    if (resolver->self_tested)
        return;
    resolver->self_tested = true;
    if (dns_table_find(&resolver->questions, "", DNS_TYPE_SOA) != NULL)
        return;
    question = question_new(resolver, "", DNS_TYPE_SOA);
    if (question)
        question_start(question);
}

/* Answers from here what need not or cannot be asked. NULL: to be asked, or no memory. */
static struct dns_answer *local_answer(struct dns_resolver *resolver, const char *name,
                                       uint16_t type)
{
    struct dns_wire_name wire;
    struct dns_answer *answer;

    answer = dns_cache_find(resolver->cache, name, type, dns_clock_monotonic_ms());
    if (answer) {
        resolver->stats.from_cache++;
        return dns_answer_ref(answer);
    }
    if (resolver->servers.n > 0 && dns_wire_name_parse(name, &wire))
        return NULL;
    answer = dns_answer_new(name, type);
    if (!answer)
        return NULL;
    if (resolver->servers.n == 0) {
        answer->ede_text = strdup("no DNS server is configured");
    } else {
        /* As "_25._tcp." before a name of 250 bytes: what cannot be asked for cannot exist. */
        answer->status = DNS_NXDOMAIN;
        answer->rcode = 3;
        answer->ede_text = strdup("not a name that the DNS can carry");
    }
    return answer;
}

/* Hangs the query on the question in flight, or on a new one. False when out of memory. */
static bool join_or_start(struct dns_query *query, const char *name, uint16_t type)
{
    struct dns_resolver *resolver = query->resolver;
    struct question *question = (struct question *)dns_table_find(&resolver->questions, name, type);
    bool joined = question != NULL;

    if (!joined)
        question = question_new(resolver, name, type);
    if (!question)
        return false;
    query->question = question;
    TAILQ_INSERT_TAIL(&question->queries, query, queries);
    if (joined)
        resolver->stats.joined++;
    else
        question_start(question);
    return true;
}

struct dns_query *dns_resolver_ask(struct dns_resolver *resolver, const char *name, uint16_t type,
                                   dns_done_fn *done, void *arg)
{
    struct dns_query *query = calloc(1, sizeof *query);
    struct dns_answer *answer;

    if (!query)
        return NULL;
    query->resolver = resolver;
    query->done = done;
    query->arg = arg;
    if (strcmp(name, ".") == 0)
        name = "";
    answer = local_answer(resolver, name, type);
    if (answer) {
        query_ready(query, answer);
        dns_answer_unref(answer);
    } else if (resolver->servers.n > 0 && join_or_start(query, name, type)) {
        self_test(resolver);
    } else {
        free(query);
        return NULL;
    }
    resolver->stats.asked++;
    return query;
}

void dns_query_cancel(struct dns_query *query)
{
    if (query->question)
        TAILQ_REMOVE(&query->question->queries, query, queries);
    else
        TAILQ_REMOVE(&query->resolver->ready, query, queries);
    dns_answer_unref(query->answer);
    free(query);
}

/* ---- the resolver ---- */

enum dns_validation dns_resolver_validation(const struct dns_resolver *resolver)
{
    return resolver->servers.validation;
}

bool dns_resolver_believes_ad(const struct dns_resolver *resolver)
{
    return dns_servers_believe_ad(&resolver->servers);
}

void dns_resolver_stats(const struct dns_resolver *resolver, struct dns_resolver_stats *out)
{
    *out = resolver->stats;
    out->sent = resolver->servers.sent;
}

struct dns_resolver *dns_resolver_new(struct event_base *base,
                                      const struct dns_resolver_options *options)
{
    struct dns_resolver *resolver = calloc(1, sizeof *resolver);
    uint32_t seed = 0;

    if (!resolver)
        return NULL;
    TAILQ_INIT(&resolver->by_deadline);
    TAILQ_INIT(&resolver->ready);
    /* Without random numbers the tables still work, only an attacker's names may be slow. */
    (void)!getrandom(&seed, sizeof seed, 0);
    resolver->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
    resolver->keep_hosts_only = options->keep_hosts_only;
    resolver->cache =
        dns_cache_new(options->cache_entries > 0 ? options->cache_entries : CACHE_ENTRIES, seed);
    resolver->deadline = event_new(base, -1, 0, on_deadline, resolver);
    resolver->deliver = event_new(base, -1, 0, on_deliver, resolver);
    if (!resolver->cache || !resolver->deadline || !resolver->deliver ||
        dns_table_init(&resolver->questions, seed) != 0 ||
        dns_servers_init(&resolver->servers, base, options, resolver->timeout_ms) != 0) {
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
    if (!resolver)
        return;
    while (!TAILQ_EMPTY(&resolver->by_deadline)) {
        drop_queries(&TAILQ_FIRST(&resolver->by_deadline)->queries);
        question_free(TAILQ_FIRST(&resolver->by_deadline));
    }
    dns_servers_clear(&resolver->servers);
    drop_queries(&resolver->ready);
    dns_table_clear(&resolver->questions);
    dns_cache_free(resolver->cache);
    if (resolver->deadline)
        event_free(resolver->deadline);
    if (resolver->deliver)
        event_free(resolver->deliver);
    free(resolver);
}
