#include "probe/replay.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/host_fqdn.h"
#include "probe/clock.h"
#include "probe/no_sessions.h"
#include "probe/prepare.h"
#include "probe/replay_plan.h"

/* Polite, whatever the reports name; at one address there is one session at a time. */
enum { DOMAINS_IN_FLIGHT_MAX = 16, SESSIONS_IN_FLIGHT_MAX = 16 };

struct replay {
    struct settings *settings;
    struct replay_plan plan;
    struct event_base *base;
    struct tls_trust *trust;
    struct tls_verify_cache *cache;
    struct live *live;
    struct backend backend;          /* the network */
    struct backend without_sessions; /* the same, for domain jobs */
    size_t n_begun, n_done;          /* domains, then pairs */
    struct event *interrupts[2];
    int interrupted_by;
};

/* --- domains -------------------------------------------------------------------------------------
 */

static void start_domains(struct replay *replay);

static void finish_domain(struct replay_domain *domain, struct domain_facts *facts)
{
    struct replay *replay = domain->owner;

    domain->job = NULL;
    domain->facts = facts;
    if (domain->deadline)
        event_del(domain->deadline);
    replay->n_done++;
}

static void on_domain(void *arg, struct domain_facts *facts)
{
    struct replay_domain *domain = arg;
    struct replay *replay = domain->owner;

    finish_domain(domain, facts);
    start_domains(replay);
    if (replay->n_done == replay->plan.n_domains)
        event_base_loopbreak(replay->base);
}

static void on_domain_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct replay_domain *domain = arg;

    (void)fd;
    (void)what;
    if (domain->job)
        on_domain(domain, domain_job_cut(domain->job, SMTP_DEADLINE));
}

static void start_domain(struct replay *replay, struct replay_domain *domain)
{
    struct timeval deadline = clock_duration(replay->settings->deadline_ms);

    domain->owner = replay;
    domain->deadline = evtimer_new(replay->base, on_domain_deadline, domain);
    if (domain->deadline)
        domain->job = domain_job_start(&replay->without_sessions, &replay->settings->job,
                                       domain->name, on_domain, domain);
    if (domain->job)
        evtimer_add(domain->deadline, &deadline);
    else
        finish_domain(domain, NULL);
}

static void start_domains(struct replay *replay)
{
    while (replay->n_begun < replay->plan.n_domains && !replay->interrupted_by &&
           replay->n_begun - replay->n_done < DOMAINS_IN_FLIGHT_MAX)
        start_domain(replay, &replay->plan.domains[replay->n_begun++]);
}

static void run_domains(struct replay *replay)
{
    start_domains(replay);
    if (replay->n_done < replay->plan.n_domains)
        event_base_dispatch(replay->base);
    for (size_t i = 0; i < replay->plan.n_domains; i++) {
        struct replay_domain *domain = &replay->plan.domains[i];
        if (domain->job)
            finish_domain(domain, domain_job_cut(domain->job, SMTP_INTERRUPTED));
    }
}

/* --- sessions ------------------------------------------------------------------------------------
 */

static void start_sessions(struct replay *replay);

static void finish_pair(struct replay_pair *pair, struct smtp_facts *facts)
{
    struct replay *replay = pair->owner;

    pair->handle = NULL;
    pair->facts = facts;
    if (pair->deadline)
        event_del(pair->deadline);
    replay->n_done++;
}

static void on_session(void *arg, struct smtp_facts *facts)
{
    struct replay_pair *pair = arg;
    struct replay *replay = pair->owner;

    finish_pair(pair, facts);
    start_sessions(replay);
    if (replay->n_done == replay->plan.n_pairs)
        event_base_loopbreak(replay->base);
}

static struct smtp_facts *cut(struct replay *replay, struct replay_pair *pair,
                              enum smtp_problem why)
{
    return replay->backend.sessions->cut(replay->backend.sessions_self, pair->handle, why);
}

static void on_session_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct replay_pair *pair = arg;

    (void)fd;
    (void)what;
    if (pair->handle)
        on_session(pair, cut(pair->owner, pair, SMTP_DEADLINE));
}

/* Facts of a session that is not held. */
static void refuse(struct replay_pair *pair, uint16_t port, enum smtp_problem why)
{
    struct smtp_facts *facts = smtp_facts_new(&pair->address, port);

    if (facts)
        facts->problem = why;
    finish_pair(pair, facts);
}

static void start_session(struct replay *replay, struct replay_pair *pair)
{
    const struct domain_job_options *options = &replay->settings->job;
    struct timeval deadline = clock_duration(replay->settings->deadline_ms);
    struct smtp_target target = {
        .address = pair->address, .port = options->smtp_port, .host = pair->mx, .sni = pair->sni};

    pair->begun = true;
    pair->owner = replay;
    replay->n_begun++;
    if (!options->allow_private && dns_address_special_use(&pair->address)) {
        refuse(pair, options->smtp_port, SMTP_TARGET_REFUSED);
        return;
    }
    pair->deadline = evtimer_new(replay->base, on_session_deadline, pair);
    if (pair->deadline)
        pair->handle = replay->backend.sessions->start(replay->backend.sessions_self, &target,
                                                       on_session, pair);
    if (pair->handle)
        evtimer_add(pair->deadline, &deadline);
    else
        refuse(pair, options->smtp_port, SMTP_OURS);
}

static bool is_busy(const struct replay *replay, const struct dns_address *address)
{
    for (size_t i = 0; i < replay->plan.n_pairs; i++)
        if (replay->plan.pairs[i].handle &&
            dns_address_equal(&replay->plan.pairs[i].address, address))
            return true;
    return false;
}

static void start_sessions(struct replay *replay)
{
    for (size_t i = 0; i < replay->plan.n_pairs && !replay->interrupted_by &&
                       replay->n_begun - replay->n_done < SESSIONS_IN_FLIGHT_MAX;
         i++) {
        struct replay_pair *pair = &replay->plan.pairs[i];
        if (!pair->begun && !is_busy(replay, &pair->address))
            start_session(replay, pair);
    }
}

static void run_sessions(struct replay *replay)
{
    uint16_t port = replay->settings->job.smtp_port;

    replay->n_begun = replay->n_done = 0;
    start_sessions(replay);
    if (replay->n_done < replay->plan.n_pairs && !replay->interrupted_by)
        event_base_dispatch(replay->base);
    for (size_t i = 0; i < replay->plan.n_pairs; i++) {
        struct replay_pair *pair = &replay->plan.pairs[i];
        pair->owner = replay;
        if (pair->handle)
            finish_pair(pair, cut(replay, pair, SMTP_INTERRUPTED));
        else if (!pair->begun)
            refuse(pair, port, SMTP_INTERRUPTED);
    }
}

/* --- judging -------------------------------------------------------------------------------------
 */

static bool is_source(const struct settings *settings, const char *text)
{
    struct dns_address address;

    if (!dns_address_parse(text, &address))
        return false;
    for (size_t i = 0; i < settings->live.n_sources; i++)
        if (dns_address_equal(&settings->live.source[i], &address))
            return true;
    return false;
}

/* A server may treat another client otherwise: says where the report looked from, and we. */
static int say_source(const struct replay *replay, const struct replay_item *item,
                      struct replay_judgement *judgement)
{
    const char *sender = item->failure->sending_ip;
    char source[DNS_ADDRESS_TEXT_MAX] = "this machine's own address";
    char *longer = NULL;

    if (!sender || !item->mx || is_source(replay->settings, sender))
        return 0;
    if (replay->settings->live.n_sources > 0)
        dns_address_format(&replay->settings->live.source[0], source);
    if (asprintf(&longer, "%s Probed from %s; the sender's was %s (--source).", judgement->detail,
                 source, sender) < 0)
        return -1;
    free(judgement->detail);
    judgement->detail = longer;
    return 0;
}

/* Keeps the one that says more. */
static int judge_one(struct replay *replay, const struct replay_item *item,
                     struct smtp_facts *session, struct replay_judgement *kept)
{
    const struct replay_evidence evidence = {
        .report = item->result->report,
        .policy = item->policy,
        .failure = item->failure,
        .dialect = item->result->dialect,
        .mx = item->mx,
        .today = item->domain->facts,
        .session = session,
        .why_no_session = item->why_not ? item->why_not : "no session was held",
        .judge = &replay->settings->judge,
    };
    struct replay_judgement judgement;

    if (replay_judge(&evidence, &judgement) != 0)
        return -1;
    if (!kept->detail || replay_says_more(judgement.outcome, kept->outcome)) {
        free(kept->detail);
        *kept = judgement;
    } else {
        free(judgement.detail);
    }
    return 0;
}

static int judge_without_facts(const struct replay_item *item, struct replay_judgement *out)
{
    out->outcome = REPLAY_UNTESTABLE;
    if (item->why_not)
        return asprintf(&out->detail, "Nothing was probed: %s.", item->why_not) < 0 ? -1 : 0;
    out->detail =
        strdup("Nothing was probed: trouble on this side, or the replay was interrupted.");
    return out->detail ? 0 : -1;
}

static int judge_item(struct replay *replay, const struct replay_item *item,
                      struct replay_judgement *out)
{
    bool any = false;
    int status = 0;

    if (!item->domain || !item->domain->facts)
        return judge_without_facts(item, out);
    for (size_t i = 0; status == 0 && i < replay->plan.n_pairs; i++) {
        const struct replay_pair *pair = &replay->plan.pairs[i];
        if (!replay_item_has(item, pair) || !pair->facts)
            continue;
        any = true;
        status = judge_one(replay, item, pair->facts, out);
    }
    if (!any)
        status = judge_one(replay, item, NULL, out);
    return status == 0 ? say_source(replay, item, out) : status;
}

/* The items stand in the order of the reports' failures. */
static bool judge_all(struct replay *replay, struct report_result *results, size_t n_results)
{
    const struct replay_item *item = replay->plan.items;

    for (size_t i = 0; i < n_results; i++) {
        size_t n = report_failures(results[i].report);
        struct replay_judgement *judgements = calloc(n + 1, sizeof *judgements);
        if (!judgements)
            return false;
        results[i].replays = judgements;
        for (size_t j = 0; j < n; j++, item++)
            if (judge_item(replay, item, &judgements[j]) != 0)
                return false;
    }
    return true;
}

/* --- all of it -----------------------------------------------------------------------------------
 */

static void on_interrupt(evutil_socket_t number, short what, void *arg)
{
    struct replay *replay = arg;

    (void)what;
    replay->interrupted_by = (int)number;
    event_base_loopbreak(replay->base);
}

static bool set_up(struct replay *replay, struct failure *failure)
{
    static const int signals[2] = {SIGINT, SIGTERM};

    replay->settings->judge.trust = replay->trust;
    if (prepare_room())
        replay->base = event_base_new();
    if (replay->base)
        replay->live = live_new(replay->base, &replay->settings->live, replay->trust);
    if (!replay->live) {
        failure_set(failure, STATUS_SOFTWARE, "cannot start: %s", strerror(errno));
        return false;
    }
    replay->backend = replay->without_sessions = live_backend(replay->live);
    replay->without_sessions.sessions = &no_sessions_ops;
    replay->without_sessions.sessions_self = &replay->backend;
    replay->cache = tls_verify_cache_new(); /* without one it only takes longer */
    replay->settings->judge.cache = replay->cache;
    for (size_t i = 0; i < 2; i++) {
        replay->interrupts[i] = evsignal_new(replay->base, signals[i], on_interrupt, replay);
        if (replay->interrupts[i])
            event_add(replay->interrupts[i], NULL);
    }
    return true;
}

static void clean_up(struct replay *replay)
{
    replay_plan_clear(&replay->plan);
    for (size_t i = 0; i < 2; i++)
        if (replay->interrupts[i])
            event_free(replay->interrupts[i]);
    live_free(replay->live);
    replay->settings->judge.cache = NULL;
    tls_verify_cache_free(replay->cache);
    tls_trust_free(replay->trust);
    if (replay->base)
        event_base_free(replay->base);
}

bool replay_reports(struct settings *settings, struct report_result *results, size_t n_results,
                    int *interrupted_by, struct failure *failure)
{
    struct replay replay = {.settings = settings};
    char *fqdn = settings->live.session.ehlo ? NULL : dns_host_fqdn();

    if (fqdn && strlen(fqdn) <= SMTP_EHLO_NAME_MAX)
        settings->live.session.ehlo = fqdn;
    bool memory =
        sts_fetch_library_init() == 0 && replay_plan_make(&replay.plan, results, n_results) == 0;
    bool ready =
        memory && prepare_trust(settings, &replay.trust, failure) && set_up(&replay, failure);
    if (ready) {
        prepare_open_files();
        run_domains(&replay);
        replay_plan_pairs(&replay.plan, &settings->job);
        run_sessions(&replay);
        if (!settings->at_given)
            settings->judge.at_s = clock_wall_ms() / 1000;
        memory = judge_all(&replay, results, n_results);
    }
    if (!memory)
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
    *interrupted_by = replay.interrupted_by;
    clean_up(&replay);
    sts_fetch_library_cleanup();
    if (settings->live.session.ehlo == fqdn)
        settings->live.session.ehlo = NULL;
    free(fqdn);
    return ready && memory;
}

void replay_free(struct report_result *result)
{
    struct replay_judgement *replays = (struct replay_judgement *)result->replays;
    size_t n = replays ? report_failures(result->report) : 0;

    for (size_t i = 0; i < n; i++)
        free(replays[i].detail);
    free(replays);
    result->replays = NULL;
}
