#include "probe/one_domain.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <event2/event.h>

#include "output/progress.h"
#include "probe/clock.h"
#include "probe/live.h"
#include "probe/prepare.h"
#include "probe/session_queue.h"

enum { N_SIGNALS = 2, PROGRESS_INTERVAL_MS = 100 };

struct run {
    const char *domain;
    struct event_base *base;
    struct live *live;
    struct session_queue *queue;
    struct backend backend;
    struct event *signals[N_SIGNALS], *deadline, *tick;
    struct progress progress;
    struct domain_job *job; /* while it is under way */
    struct domain_facts *facts;
    int64_t began_ms;
    int interrupted_by;
};

static void on_done(void *arg, struct domain_facts *facts)
{
    struct run *run = arg;

    run->job = NULL;
    run->facts = facts;
    event_base_loopbreak(run->base);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct run *run = arg;

    (void)fd;
    (void)what;
    if (run->job)
        on_done(run, domain_job_cut(run->job, SMTP_DEADLINE));
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    struct run *run = arg;

    (void)what;
    run->interrupted_by = (int)number;
    if (run->job)
        on_done(run, domain_job_cut(run->job, SMTP_INTERRUPTED));
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct run *run = arg;
    struct progress_state state = {.domains = 1,
                                   .waiting_for = run->domain,
                                   .elapsed_ms = (int)(clock_monotonic_ms() - run->began_ms)};

    (void)fd;
    (void)what;
    if (!run->job)
        return;
    domain_job_progress(run->job, &state.sessions, &state.sessions_done);
    progress_show(&run->progress, &state);
}

/* The network, with its sessions in a queue. False with errno set. */
static bool set_up_backend(struct run *run, const struct settings *settings,
                           struct tls_trust *trust)
{
    if (prepare_room())
        run->base = event_base_new();
    if (run->base)
        run->live = live_new(run->base, &settings->live, trust);
    if (!run->live)
        return false;
    run->backend = live_backend(run->live);
    run->queue = session_queue_new(run->base, &run->backend, prepare_sessions());
    run->backend.sessions = &session_queue_ops;
    run->backend.sessions_self = run->queue;
    return run->queue != NULL;
}

static bool set_up_events(struct run *run, int deadline_ms)
{
    static const int numbers[N_SIGNALS] = {SIGINT, SIGTERM};
    struct timeval deadline = clock_duration(deadline_ms);
    struct timeval interval = clock_duration(PROGRESS_INTERVAL_MS);
    bool ok = true;

    for (size_t i = 0; i < N_SIGNALS; i++) {
        run->signals[i] = evsignal_new(run->base, numbers[i], on_signal, run);
        ok = ok && run->signals[i] && event_add(run->signals[i], NULL) == 0;
    }
    run->deadline = evtimer_new(run->base, on_deadline, run);
    run->tick = event_new(run->base, -1, EV_PERSIST, on_tick, run);
    progress_init(&run->progress, stderr);
    ok = ok && run->deadline && evtimer_add(run->deadline, &deadline) == 0 && run->tick;
    if (ok && run->progress.on)
        event_add(run->tick, &interval);
    return ok;
}

static void clean_up(struct run *run)
{
    for (size_t i = 0; i < N_SIGNALS; i++)
        if (run->signals[i])
            event_free(run->signals[i]);
    if (run->deadline)
        event_free(run->deadline);
    if (run->tick)
        event_free(run->tick);
    session_queue_free(run->queue);
    live_free(run->live);
    if (run->base)
        event_base_free(run->base);
}

struct domain_facts *one_domain_probe(const struct settings *settings, const char *domain,
                                      struct tls_trust *trust, int *interrupted_by,
                                      struct failure *failure)
{
    struct run run = {.domain = domain, .began_ms = clock_monotonic_ms()};

    (void)prepare_open_files();
    errno = 0;
    if (set_up_backend(&run, settings, trust) && set_up_events(&run, settings->deadline_ms)) {
        run.job = domain_job_start(&run.backend, &settings->job, domain, on_done, &run);
        if (run.job)
            event_base_dispatch(run.base);
        progress_clear(&run.progress);
    }
    if (!run.facts)
        failure_set(failure, STATUS_SOFTWARE, "cannot start: %s", strerror(errno ? errno : ENOMEM));
    clean_up(&run);
    *interrupted_by = run.interrupted_by;
    return run.facts;
}
