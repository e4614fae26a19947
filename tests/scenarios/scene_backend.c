#include "scene_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "peer.h"

enum { DNS_TAKES_MS = 1, FETCH_TAKES_MS = 5 };

/* Something that was asked for: one of the two callbacks is to be made. */
struct request {
    struct scene_backend *backend;
    struct timer timer;
    struct dns_answer *answer;
    struct sts_fetch_facts *facts;
    backend_answer_fn *answered;
    backend_fetch_fn *fetched;
    void (*run)(void *arg);
    void *arg;
};

static struct request *request_new(struct scene_backend *backend, void *arg)
{
    struct request *request = must(calloc(1, sizeof *request));

    request->backend = backend;
    request->arg = arg;
    backend->open++;
    return request;
}

static void request_free(struct request *request)
{
    loop_stop(&request->backend->loop, &request->timer);
    request->backend->open--;
    dns_answer_unref(request->answer);
    free(request);
}

static void cancel(void *self, void *handle)
{
    (void)self;
    request_free(handle);
}

/* --- DNS -------------------------------------------------------------------------------------- */

/* What is not written down: no such name, or no such record where the name has others. */
static struct dns_answer *denial(const struct scene *scene, const char *name, uint16_t type)
{
    struct dns_answer *answer = must(dns_answer_new(name, type));

    answer->status = DNS_NXDOMAIN;
    for (size_t i = 0; i < scene->n_answers; i++) {
        const struct dns_answer *other = scene->answers[i].answer;
        if (dns_name_equal(other->name, name) && other->status != DNS_NXDOMAIN)
            answer->status = DNS_NODATA;
    }
    answer->security = scene->ad_believed ? DNS_INSECURE : DNS_SECURITY_UNKNOWN;
    return answer;
}

static void on_answer(void *arg)
{
    struct request *request = arg;
    struct dns_answer *answer = request->answer;
    backend_answer_fn *answered = request->answered;
    void *their_arg = request->arg;

    request->answer = NULL;
    request_free(request);
    answered(their_arg, answer);
    dns_answer_unref(answer);
}

static void *ask(void *self, const char *name, uint16_t type, backend_answer_fn *done, void *arg)
{
    struct scene_backend *backend = self;
    struct scene *scene = backend->scene;
    struct scene_answer *entry = NULL;

    for (size_t i = 0; i < scene->n_answers; i++) {
        struct scene_answer *at = &scene->answers[i];
        if (at->answer->type == type && dns_name_equal(at->answer->name, name))
            entry = at;
    }
    if (entry)
        entry->used = true;
    if (entry && entry->cannot_start)
        return NULL;
    struct request *request = request_new(backend, arg);
    request->answered = done;
    request->answer = entry ? dns_answer_ref(entry->answer) : denial(scene, name, type);
    if (!entry || !entry->silent)
        loop_set(&backend->loop, &request->timer, DNS_TAKES_MS + (entry ? entry->delay_ms : 0),
                 on_answer, request);
    return request;
}

/* --- the policy ------------------------------------------------------------------------------- */

static void on_fetched(void *arg)
{
    struct request *request = arg;
    struct sts_fetch_facts *facts = request->facts;
    backend_fetch_fn *fetched = request->fetched;
    void *their_arg = request->arg;

    request_free(request);
    fetched(their_arg, facts);
}

static void *fetch(void *self, const char *domain, const struct dns_address *addresses,
                   size_t n_addresses, backend_fetch_fn *done, void *arg)
{
    struct scene_backend *backend = self;
    struct scene_site *site = &backend->scene->site;

    (void)addresses;
    if (!site->host || strncmp(site->host, "mta-sts.", 8) != 0 ||
        !dns_name_equal(site->host + 8, domain) || !n_addresses) {
        fprintf(stderr, "  a policy of %s is fetched, and no https statement is about it\n",
                domain);
        backend->failures++;
        return NULL;
    }
    site->used = true;
    if (site->cannot_start)
        return NULL;
    struct request *request = request_new(backend, arg);
    request->fetched = done;
    request->facts = site->facts;
    if (site->silent)
        return request;
    sts_fetch_facts_ref(site->facts); /* theirs */
    loop_set(&backend->loop, &request->timer, FETCH_TAKES_MS + site->delay_ms, on_fetched, request);
    return request;
}

static void fetch_cancel(void *self, void *handle)
{
    struct request *request = handle;

    if (request->timer.set)
        sts_fetch_facts_unref(request->facts);
    cancel(self, request);
}

/* --- the rest --------------------------------------------------------------------------------- */

static void *session(void *self, const struct smtp_target *target, backend_session_fn *done,
                     void *arg)
{
    struct scene_backend *backend = self;

    return peer_start(backend, target, done, arg);
}

static struct smtp_facts *session_cut(void *self, void *handle, enum smtp_problem why)
{
    (void)self;
    return peer_cut(handle, why);
}

static void on_soon(void *arg)
{
    struct request *request = arg;
    void (*run)(void *) = request->run;
    void *their_arg = request->arg;

    request_free(request);
    run(their_arg);
}

static void *soon(void *self, void (*run)(void *arg), void *arg)
{
    struct scene_backend *backend = self;
    struct request *request = request_new(backend, arg);

    request->run = run;
    loop_set(&backend->loop, &request->timer, 0, on_soon, request);
    return request;
}

static int64_t monotonic_ms(void *self)
{
    return ((struct scene_backend *)self)->loop.now_ms;
}

static int64_t wall_ms(void *self)
{
    const struct scene_backend *backend = self;

    return backend->scene->at_s * 1000 + backend->loop.now_ms;
}

static bool ad_believed(void *self)
{
    return ((struct scene_backend *)self)->scene->ad_believed;
}

static enum dns_validation validation(void *self)
{
    return ((struct scene_backend *)self)->scene->validation;
}

static const struct answer_ops dns = {.ask = ask, .cancel = cancel};
static const struct session_ops sessions = {.start = session, .cut = session_cut};
static const struct fetch_ops fetches = {.start = fetch, .cancel = fetch_cancel};

static const struct backend_ops ops = {
    .soon = soon,
    .soon_cancel = cancel,
    .wall_ms = wall_ms,
    .monotonic_ms = monotonic_ms,
    .ad_believed = ad_believed,
    .validation = validation,
};

struct backend scene_backend(struct scene_backend *backend)
{
    return (struct backend){.dns = &dns,
                            .dns_self = backend,
                            .sessions = &sessions,
                            .sessions_self = backend,
                            .fetches = &fetches,
                            .fetches_self = backend,
                            .ops = &ops,
                            .self = backend};
}
