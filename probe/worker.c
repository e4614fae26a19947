#include "probe/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "output/result.h"
#include "probe/clock.h"
#include "probe/fetch_desk.h"
#include "probe/live.h"
#include "probe/print_result.h"
#include "probe/setback.h"

/* One domain under way, or waiting for its further try. */
struct task {
    struct worker *worker;
    struct scan_item *item;
    struct domain_job *job; /* NULL while it waits */
    struct event *timer;    /* its deadline, or the end of the wait */
    bool again;             /* this is the further try */
    bool held_up;           /* a session of it waited for its turn when last looked at */
    struct task *previous, *next;
};

struct worker {
    struct worker_environment *environment;
    pthread_t thread;
    struct event_base *base;
    struct mailbox *mailbox;
    struct event *mail;
    struct live *live;
    struct backend live_backend; /* holds sessions, for the board */
    struct backend backend;      /* asks the boards for them, for the jobs */
    struct session_asker asker;
    struct pacer *pacer; /* of the board and the desk */
    struct session_board *board;
    struct fetch_asker fetch_asker;
    struct fetch_desk *desk;
    struct judge_options judge;
    struct summary *summary;
    struct task *tasks;
    size_t n_waiting;
    struct message stop, change; /* sent at most once at a time */
    atomic_bool changing;
    atomic_size_t new_sessions, new_shared_facts;
    uint64_t retried, policy_fetches;
};

/* --- tasks ------------------------------------------------------------------------------------ */

static void link_task(struct task *task)
{
    struct worker *worker = task->worker;

    task->next = worker->tasks;
    if (task->next)
        task->next->previous = task;
    worker->tasks = task;
}

/* Frees the task; the item is given on before, or is freed with it. */
static void task_free(struct task *task)
{
    *(task->previous ? &task->previous->next : &task->worker->tasks) = task->next;
    if (task->next)
        task->next->previous = task->previous;
    if (task->timer)
        event_free(task->timer);
    scan_item_free(task->item);
    free(task);
}

void worker_make_room(struct worker_environment *environment)
{
    const uint64_t one = 1;

    atomic_fetch_sub(&environment->in_flight, 1);
    if (write(environment->room_fd, &one, sizeof one) < 0)
        return; /* it is full of news already */
}

static void give_on(struct worker *worker, struct scan_item *item)
{
    mailbox_send(worker->environment->writer, &item->message);
}

/* --- the line --------------------------------------------------------------------------------- */

/* The item keeps no text where there is no memory for one. */
static void make_text(struct worker *worker, struct scan_item *item, const struct result *result)
{
    const struct text_style plain = {0};
    FILE *out = open_memstream(&item->text, &item->length);
    int printed = out ? print_result(out, result, worker->environment->settings, &plain) : -1;

    if (out && fclose(out) != 0)
        printed = -1;
    if (printed == 0)
        return;
    free(item->text);
    item->text = NULL;
}

static void answer(struct worker *worker, struct scan_item *item, struct domain_facts *facts)
{
    const struct settings *settings = worker->environment->settings;
    struct verdict verdict;

    if (!settings->at_given)
        worker->judge.at_s = clock_wall_ms() / 1000;
    if (facts && verdict_judge(facts, &worker->judge, &verdict) == 0) {
        const struct result result = {
            .facts = facts, .verdict = &verdict, .now_s = worker->judge.at_s};
        item->word = verdict.word;
        worker->policy_fetches += facts->sts_fetch != NULL;
        summary_add(worker->summary, &result);
        make_text(worker, item, &result);
        verdict_clear(&verdict);
    }
    domain_facts_free(facts);
    give_on(worker, item);
}

/* --- one domain ------------------------------------------------------------------------------- */

static void start_task(struct task *task);

/* Back in the queue once: it makes room for others meanwhile. */
static bool put_off(struct task *task)
{
    struct worker *worker = task->worker;
    struct timeval wait = clock_duration(WORKER_RETRY_AFTER_MS);

    if (task->again || worker->n_waiting >= WORKER_RETRIES_MAX ||
        evtimer_add(task->timer, &wait) != 0)
        return false;
    task->again = true;
    worker->n_waiting++;
    worker->retried++;
    worker_make_room(worker->environment);
    return true;
}

static void on_domain(void *arg, struct domain_facts *facts)
{
    struct task *task = arg;
    struct worker *worker = task->worker;
    const struct setback setback = setback_of(facts);

    task->job = NULL;
    evtimer_del(task->timer);
    if (setback.ours)
        atomic_fetch_add(&worker->environment->troubles, 1);
    if (setback.resolver)
        atomic_fetch_add(&worker->environment->dns_timeouts, 1);
    if (setback.passing && put_off(task)) {
        domain_facts_free(facts);
        return;
    }
    answer(worker, task->item, facts);
    task->item = NULL;
    task_free(task);
}

/* Our own politeness is no finding: who waited for a turn gets the whole time after it. */
static void on_deadline(struct task *task)
{
    bool waits = domain_job_waits(task->job);
    struct timeval more = clock_duration(waits ? WORKER_LOOK_AGAIN_MS
                                               : task->worker->environment->settings->deadline_ms);

    if ((waits || task->held_up) && evtimer_add(task->timer, &more) == 0)
        task->held_up = waits;
    else
        on_domain(task, domain_job_cut(task->job, SMTP_DEADLINE));
}

/*
 * Those who come back have a quarter more room than new domains: these would leave them none.
 */
static bool may_come_back(const struct worker_environment *environment)
{
    size_t most = atomic_load(&environment->concurrency);

    return atomic_load(&environment->in_flight) <= most + most / 4;
}

static void try_again(struct task *task)
{
    struct worker_environment *environment = task->worker->environment;
    struct timeval wait = clock_duration(WORKER_ROOM_AGAIN_MS);

    if (!may_come_back(environment) && evtimer_add(task->timer, &wait) == 0)
        return;
    task->worker->n_waiting--;
    atomic_fetch_add(&environment->in_flight, 1);
    start_task(task);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct task *task = arg;

    (void)fd;
    (void)what;
    if (task->job)
        on_deadline(task);
    else
        try_again(task);
}

/* On the exclude list: answered without a look. */
static void answer_excluded(struct worker *worker, struct scan_item *item)
{
    struct domain_facts *facts = domain_facts_new(item->domain);

    if (facts) {
        facts->excluded = true;
        facts->started_at_ms = clock_wall_ms();
    }
    answer(worker, item, facts);
}

static void start_task(struct task *task)
{
    struct worker *worker = task->worker;
    const struct settings *settings = worker->environment->settings;
    struct timeval deadline = clock_duration(settings->deadline_ms);

    task->held_up = false;
    task->job =
        domain_job_start(&worker->backend, &settings->job, task->item->domain, on_domain, task);
    if (task->job)
        evtimer_add(task->timer, &deadline);
    else
        on_domain(task, NULL);
}

static void on_item(void *receiver, struct message *message)
{
    struct worker *worker = receiver;
    struct scan_item *item = (struct scan_item *)message;
    struct task *task;

    if (item->excluded) {
        answer_excluded(worker, item);
        return;
    }
    task = calloc(1, sizeof *task);
    if (task)
        task->timer = evtimer_new(worker->base, on_timer, task);
    if (!task || !task->timer) {
        free(task);
        answer(worker, item, NULL);
        return;
    }
    task->worker = worker;
    task->item = item;
    link_task(task);
    start_task(task);
}

/* --- messages --------------------------------------------------------------------------------- */

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
    struct worker *worker = arg;

    (void)fd;
    (void)what;
    mailbox_deliver(worker->mailbox, worker);
}

void worker_take_request(void *receiver, struct message *message)
{
    struct worker *worker = receiver;

    session_board_take(worker->board, (struct session_request *)message);
}

static void take_fetch_request(void *receiver, struct message *message)
{
    struct worker *worker = receiver;

    fetch_desk_take(worker->desk, (struct fetch_request *)message);
}

void worker_give(struct worker *worker, struct scan_item *item)
{
    item->message.deliver = on_item;
    mailbox_send(worker->mailbox, &item->message);
}

static void on_stop(void *receiver, struct message *message)
{
    struct worker *worker = receiver;

    (void)message;
    while (worker->tasks) {
        struct task *task = worker->tasks;
        if (task->job)
            domain_facts_free(domain_job_cut(task->job, SMTP_INTERRUPTED));
        task_free(task);
    }
    event_base_loopbreak(worker->base);
}

void worker_stop(struct worker *worker)
{
    worker->stop.deliver = on_stop;
    mailbox_send(worker->mailbox, &worker->stop);
}

static void on_change(void *receiver, struct message *message)
{
    struct worker *worker = receiver;

    (void)message;
    atomic_store(&worker->changing, false);
    session_board_set_limit(worker->board, atomic_load(&worker->new_shared_facts));
    pacer_set_sessions_max(worker->pacer, atomic_load(&worker->new_sessions));
}

void worker_set_limits(struct worker *worker, const struct worker_limits *limits)
{
    atomic_store(&worker->new_sessions, limits->sessions);
    atomic_store(&worker->new_shared_facts, limits->shared_facts);
    if (atomic_exchange(&worker->changing, true))
        return;
    worker->change.deliver = on_change;
    mailbox_send(worker->mailbox, &worker->change);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void *run(void *arg)
{
    struct worker *worker = arg;

    event_base_dispatch(worker->base);
    return NULL;
}

int worker_run(struct worker *worker)
{
    return pthread_create(&worker->thread, NULL, run, worker);
}

void worker_join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
}

static bool set_up_board(struct worker *worker, const struct worker_limits *limits)
{
    const struct worker_environment *environment = worker->environment;
    const struct scan_settings *scan = &environment->settings->scan;
    const struct pacer_options pace = {.per_host = scan->per_host,
                                       .per_network = scan->per_network,
                                       .rate = scan->rate / (double)environment->n_workers,
                                       .sessions_max = limits->sessions};
    struct session_board_options options = {.backend = &worker->live_backend,
                                            .entries_max = limits->shared_facts};

    worker->live_backend = live_backend(worker->live);
    worker->pacer = options.pacer = pacer_new(worker->base, &pace);
    if (!worker->pacer)
        return false;
    worker->board = session_board_new(worker->base, &options);
    worker->desk = fetch_desk_new(&worker->live_backend, worker->pacer);
    worker->fetch_asker =
        (struct fetch_asker){&environment->boards, worker->mailbox, take_fetch_request};
    worker->asker = (struct session_asker){&environment->boards, worker->mailbox};
    worker->backend = worker->live_backend;
    worker->backend.sessions = &session_asker_ops;
    worker->backend.sessions_self = &worker->asker;
    worker->backend.fetches = &fetch_asker_ops;
    worker->backend.fetches_self = &worker->fetch_asker;
    return worker->board && worker->desk;
}

struct worker *worker_new(struct worker_environment *environment,
                          const struct worker_limits *limits)
{
    struct worker *worker = calloc(1, sizeof *worker);
    bool ready;

    if (!worker)
        return NULL;
    worker->environment = environment;
    worker->judge = environment->settings->judge;
    worker->judge.trust = environment->trust;
    worker->judge.cache = tls_verify_cache_new();
    worker->base = event_base_new();
    worker->mailbox = mailbox_new();
    worker->summary = summary_new();
    ready = worker->base && worker->mailbox && worker->summary && worker->judge.cache;
    if (ready)
        worker->live = live_new(worker->base, &environment->settings->live, environment->trust);
    ready = worker->live && set_up_board(worker, limits);
    if (ready)
        worker->mail = event_new(worker->base, mailbox_fd(worker->mailbox), EV_READ | EV_PERSIST,
                                 on_mail, worker);
    if (ready && worker->mail && event_add(worker->mail, NULL) == 0)
        return worker;
    int error = errno ? errno : ENOMEM;
    worker_free(worker);
    errno = error;
    return NULL;
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    session_board_free(worker->board);
    fetch_desk_free(worker->desk);
    pacer_free(worker->pacer);
    live_free(worker->live);
    if (worker->mail)
        event_free(worker->mail);
    mailbox_free(worker->mailbox);
    if (worker->base)
        event_base_free(worker->base);
    summary_free(worker->summary);
    tls_verify_cache_free(worker->judge.cache);
    free(worker);
}

struct mailbox *worker_mailbox(const struct worker *worker)
{
    return worker->mailbox;
}

const struct summary *worker_summary(const struct worker *worker)
{
    return worker->summary;
}

void worker_stats(const struct worker *worker, struct worker_stats *out)
{
    session_board_stats(worker->board, &out->board);
    live_dns_stats(worker->live, &out->dns);
    out->retried = worker->retried;
    out->policy_fetches = worker->policy_fetches;
}
