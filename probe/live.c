#include "probe/live.h"

#include <stdlib.h>

#include "probe/clock.h"
#include "probe/inspection.h"
#include "tls/context.h"

struct live {
    struct dns_resolver *resolver;
    struct sts_fetcher *fetcher;
    struct tls_trust *trust;
    struct inspection_environment environment;
};

/* Somebody's certificate is going to be judged: the anchors are fetched beside what goes on. */
static void on_secured(void *arg)
{
    struct live *live = arg;

    tls_trust_prefetch(live->trust);
}

static void *ask(void *self, const char *name, uint16_t type, backend_answer_fn *done, void *arg)
{
    struct live *live = self;

    return dns_resolver_ask(live->resolver, name, type, done, arg);
}

static void ask_cancel(void *self, void *handle)
{
    (void)self;
    dns_query_cancel(handle);
}

static void *session(void *self, const struct smtp_target *target, backend_session_fn *done,
                     void *arg)
{
    struct live *live = self;

    return inspection_start(&live->environment, target, done, arg);
}

static struct smtp_facts *session_cut(void *self, void *handle, enum smtp_problem why)
{
    (void)self;
    return inspection_cut(handle, why);
}

static void *fetch(void *self, const char *domain, const struct dns_address *addresses,
                   size_t n_addresses, backend_fetch_fn *done, void *arg)
{
    struct live *live = self;

    return sts_fetcher_start(live->fetcher, domain, addresses, n_addresses, done, arg);
}

static void fetch_cancel(void *self, void *handle)
{
    (void)self;
    sts_fetch_cancel(handle);
}

/* A call that is made from the loop, in its next turn. */
struct soon {
    struct event *event;
    void (*run)(void *arg);
    void *arg;
};

static void soon_cancel(void *self, void *handle)
{
    struct soon *soon = handle;

    (void)self;
    event_free(soon->event);
    free(soon);
}

static void on_soon(evutil_socket_t fd, short what, void *arg)
{
    struct soon *soon = arg;
    void (*run)(void *) = soon->run;
    void *run_arg = soon->arg;

    (void)fd;
    (void)what;
    soon_cancel(NULL, soon);
    run(run_arg);
}

static void *soon(void *self, void (*run)(void *arg), void *arg)
{
    struct live *live = self;
    struct soon *made = calloc(1, sizeof *made);

    if (!made)
        return NULL;
    *made = (struct soon){evtimer_new(live->environment.attempt.base, on_soon, made), run, arg};
    if (!made->event) {
        free(made);
        return NULL;
    }
    event_active(made->event, EV_TIMEOUT, 0);
    return made;
}

static int64_t wall_ms(void *self)
{
    (void)self;
    return clock_wall_ms();
}

static int64_t monotonic_ms(void *self)
{
    (void)self;
    return clock_monotonic_ms();
}

static bool ad_believed(void *self)
{
    struct live *live = self;

    return dns_resolver_believes_ad(live->resolver);
}

static enum dns_validation validation(void *self)
{
    struct live *live = self;

    return dns_resolver_validation(live->resolver);
}

static const struct answer_ops live_dns = {.ask = ask, .cancel = ask_cancel};

static enum smtp_stage session_stage(void *self, void *handle)
{
    (void)self;
    return inspection_stage(handle);
}

static const struct session_ops live_sessions = {
    .start = session, .cut = session_cut, .stage = session_stage};

static const struct fetch_ops live_fetches = {.start = fetch, .cancel = fetch_cancel};

static const struct backend_ops live_ops = {
    .soon = soon,
    .soon_cancel = soon_cancel,
    .wall_ms = wall_ms,
    .monotonic_ms = monotonic_ms,
    .ad_believed = ad_believed,
    .validation = validation,
};

struct backend live_backend(struct live *live)
{
    return (struct backend){.dns = &live_dns,
                            .dns_self = live,
                            .sessions = &live_sessions,
                            .sessions_self = live,
                            .fetches = &live_fetches,
                            .fetches_self = live,
                            .ops = &live_ops,
                            .self = live};
}

void live_dns_stats(const struct live *live, struct dns_resolver_stats *out)
{
    dns_resolver_stats(live->resolver, out);
}

static void set_sources(struct attempt_environment *environment, const struct live_options *options)
{
    for (size_t i = 0; i < options->n_sources; i++)
        if (options->source[i].family == DNS_IPV4)
            environment->source_ipv4 = &options->source[i];
        else
            environment->source_ipv6 = &options->source[i];
}

struct live *live_new(struct event_base *base, const struct live_options *options,
                      struct tls_trust *trust)
{
    struct live *live = calloc(1, sizeof *live);
    if (!live)
        return NULL;
    live->trust = trust;
    live->environment = (struct inspection_environment){
        .attempt = {.base = base,
                    .session = options->session,
                    .secured = on_secured,
                    .secured_arg = live},
        .context = tls_context_new(),
        .wide_context = options->no_autopsy ? NULL : tls_context_new_wide(),
        .autopsy = !options->no_autopsy,
        .injection_test = options->injection_test,
        .tls_survey = options->tls_survey,
    };
    set_sources(&live->environment.attempt, options);
    live->resolver = dns_resolver_new(base, &options->resolver);
    struct sts_fetcher_options fetcher = options->fetcher;
    fetcher.source_ipv4 = live->environment.attempt.source_ipv4;
    fetcher.source_ipv6 = live->environment.attempt.source_ipv6;
    live->fetcher = sts_fetcher_new(base, &fetcher);
    bool wide = options->no_autopsy || live->environment.wide_context;
    SSL_CTX **keys = live->environment.key_contexts;
    if (options->both_keys) {
        keys[TLS_KEY_RSA] = tls_context_new_for_key(TLS_KEY_RSA);
        keys[TLS_KEY_EC] = tls_context_new_for_key(TLS_KEY_EC);
    }
    bool both = !options->both_keys || (keys[TLS_KEY_RSA] && keys[TLS_KEY_EC]);
    if (!live->environment.context || !wide || !both || !live->resolver || !live->fetcher) {
        live_free(live);
        return NULL;
    }
    return live;
}

void live_free(struct live *live)
{
    if (!live)
        return;
    sts_fetcher_free(live->fetcher);
    dns_resolver_free(live->resolver);
    SSL_CTX_free(live->environment.context);
    SSL_CTX_free(live->environment.wide_context);
    for (size_t i = 0; i < TLS_KEY_KINDS; i++)
        SSL_CTX_free(live->environment.key_contexts[i]);
    free(live);
}
