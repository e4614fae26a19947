/*
 * The check command: all domains at once, results in the order of the command line.
 */
#include "probe/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "dns/host_fqdn.h"
#include "dns/name.h"
#include "output/progress.h"
#include "output/result.h"
#include "probe/clock.h"
#include "probe/prepare.h"
#include "probe/print_result.h"
#include "probe/session_queue.h"
#include "probe/terminal.h"

enum {
    DOMAINS_IN_FLIGHT_MAX = 1024,
    PROGRESS_INTERVAL_MS = 100,
};

struct check;

/* One DOMAIN of the command line. */
struct entry {
    struct check *check;
    char domain[DNS_NAME_MAX + 1];
    struct domain_job *job; /* while it is under way */
    struct event *deadline;
    struct domain_facts *facts; /* once it is done */
    struct verdict verdict;
    char *text; /* the result in print, in place of both, where it waits for its turn; or NULL */
    size_t text_length;
    enum verdict_word word; /* of the verdict, for the exit status */
    bool done, judged;      /* done without a verdict: there was no memory for one */
};

struct check {
    struct settings *settings;
    struct event_base *base;
    struct tls_trust *trust;
    struct live *live;
    struct session_queue *queue;
    struct what_if_backend *what_if;
    struct backend backend;
    struct entry *entries;
    size_t n_entries, n_started, n_done, n_printed, n_missing;
    size_t in_flight_max;
    struct event *interrupts[2];
    int interrupted_by; /* signal number, 0 when none came */
    struct event *progress_timer;
    struct progress progress;
    int64_t began_ms;
    int output_errno; /* of the first output that failed, 0 when none did */
};

/* --- printing --------------------------------------------------------------------------------- */

static struct result as_result(const struct entry *entry)
{
    const struct settings *settings = entry->check->settings;

    return (struct result){.facts = entry->facts,
                           .verdict = &entry->verdict,
                           .what_if = (const char *const *)settings->what_if_given,
                           .n_what_if = settings->n_what_if_given,
                           .now_s = settings->judge.at_s};
}

static void note_output(struct check *check, int printed)
{
    if (printed != 0 && !check->output_errno)
        check->output_errno = errno ? errno : EIO;
}

/* What there was no memory to print is missing like what could not be judged, and counted so. */
static void note_result(struct check *check, int printed)
{
    if (printed != 0 && errno == ENOMEM)
        check->n_missing++;
    else
        note_output(check, printed);
}

/* 0, or -1 with errno set. */
static int print_one(FILE *out, const struct entry *entry)
{
    const struct settings *settings = entry->check->settings;
    struct result result = as_result(entry);
    struct text_style style = {terminal_color(settings->color), settings->verbosity};

    return print_result(out, &result, settings, &style);
}

/* The dialogue goes where the results do only in the text format. */
static bool has_dialogue_apart(const struct settings *settings)
{
    return settings->format != FORMAT_TEXT && settings->verbosity;
}

static void print_entry(struct check *check, const struct entry *entry)
{
    const struct settings *settings = check->settings;

    progress_clear(&check->progress);
    if (settings->format == FORMAT_TEXT && check->n_printed)
        fputc('\n', stdout);
    if (entry->text)
        note_output(check, fwrite(entry->text, entry->text_length, 1, stdout) == 1 ? 0 : -1);
    else
        note_result(check, print_one(stdout, entry));
    if (has_dialogue_apart(settings)) {
        struct result result = as_result(entry);
        result_print_dialogue(stderr, &result, settings->verbosity);
    }
    errno = 0;
    note_output(check, fflush(stdout));
}

static void forget_facts(struct entry *entry)
{
    verdict_clear(&entry->verdict);
    domain_facts_free(entry->facts);
    entry->facts = NULL;
}

/* What has been printed is not needed any more, but for its word. */
static void forget(struct entry *entry)
{
    forget_facts(entry);
    free(entry->text);
    entry->text = NULL;
}

/*
 * What waits for its turn waits in print: the facts hold certificates, and a server that sends very
 * many of them takes a hundred times the memory. Where there is no memory for it, the facts stay.
 */
static void keep_as_text(struct entry *entry)
{
    FILE *out = open_memstream(&entry->text, &entry->text_length);
    int printed = out ? print_one(out, entry) : -1;

    if (out && fclose(out) != 0)
        printed = -1;
    if (printed == 0) {
        forget_facts(entry);
    } else {
        free(entry->text);
        entry->text = NULL;
    }
}

/* In the order of the command line: what is done waits for what stands before it. */
static void print_ready(struct check *check)
{
    while (check->n_printed < check->n_entries && check->entries[check->n_printed].done) {
        struct entry *entry = &check->entries[check->n_printed];
        if (entry->judged)
            print_entry(check, entry);
        forget(entry);
        check->n_printed++;
    }
}

static void print_or_keep(struct check *check, struct entry *entry)
{
    print_ready(check);
    if (entry->judged && entry->facts && !has_dialogue_apart(check->settings))
        keep_as_text(entry);
}

static void print_nagios(struct check *check)
{
    struct result *results = calloc(check->n_entries, sizeof *results);

    if (!results) {
        nagios_print_error(stdout, "out of memory");
        return;
    }
    size_t n = 0;
    for (size_t i = 0; i < check->n_entries; i++) {
        if (!check->entries[i].judged)
            continue;
        results[n] = as_result(&check->entries[i]);
        if (check->settings->verbosity)
            result_print_dialogue(stderr, &results[n], check->settings->verbosity);
        n++;
    }
    if (n == check->n_entries)
        note_output(check, results_print_nagios(stdout, results, n));
    errno = 0;
    note_output(check, fflush(stdout));
    free(results);
}

/* --- domains ---------------------------------------------------------------------------------- */

static void start_more(struct check *check);

/* No memory for the verdict: the same facts, less what takes memory, say that it is ours. */
static void judge_in_need(struct entry *entry, const struct judge_options *options)
{
    struct domain_facts *bare = domain_facts_new(entry->domain);

    if (!bare)
        return;
    bare->trouble = "out of memory";
    bare->started_at_ms = entry->facts ? entry->facts->started_at_ms : clock_wall_ms();
    domain_facts_free(entry->facts);
    entry->facts = bare;
    entry->judged = verdict_judge(bare, options, &entry->verdict) == 0;
}

static void finish_entry(struct entry *entry, struct domain_facts *facts)
{
    struct check *check = entry->check;
    struct settings *settings = check->settings;

    entry->job = NULL;
    entry->facts = facts;
    if (entry->deadline)
        event_del(entry->deadline);
    if (!settings->at_given)
        settings->judge.at_s = clock_wall_ms() / 1000;
    entry->judged = facts && verdict_judge(facts, &settings->judge, &entry->verdict) == 0;
    if (!entry->judged)
        judge_in_need(entry, &settings->judge);
    entry->word = entry->judged ? entry->verdict.word : VERDICT_UNKNOWN;
    entry->done = true;
    check->n_missing += !entry->judged;
    check->n_done++;
    if (settings->format != FORMAT_NAGIOS)
        print_or_keep(check, entry);
}

static void on_domain(void *arg, struct domain_facts *facts)
{
    struct entry *entry = arg;
    struct check *check = entry->check;

    finish_entry(entry, facts);
    start_more(check);
    if (check->n_done == check->n_entries)
        event_base_loopbreak(check->base);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct entry *entry = arg;

    (void)fd;
    (void)what;
    if (entry->job)
        on_domain(entry, domain_job_cut(entry->job, SMTP_DEADLINE));
}

static void start_entry(struct entry *entry)
{
    struct check *check = entry->check;
    struct timeval deadline = clock_duration(check->settings->deadline_ms);

    entry->deadline = evtimer_new(check->base, on_deadline, entry);
    if (entry->deadline)
        entry->job = domain_job_start(&check->backend, &check->settings->job, entry->domain,
                                      on_domain, entry);
    if (entry->job)
        evtimer_add(entry->deadline, &deadline);
    else
        finish_entry(entry, NULL);
}

static void start_more(struct check *check)
{
    while (check->n_started < check->n_entries && !check->interrupted_by &&
           check->n_started - check->n_done < check->in_flight_max)
        start_entry(&check->entries[check->n_started++]);
}

/* --- signals and progress -----------------------------------------------------------------------
 */

static void on_interrupt(evutil_socket_t number, short what, void *arg)
{
    struct check *check = arg;

    (void)what;
    check->interrupted_by = (int)number;
    event_base_loopbreak(check->base);
}

/* Told to stop: what is known is judged and printed; what was not begun is left out. */
static void cut_all(struct check *check)
{
    for (size_t i = 0; i < check->n_started; i++) {
        struct entry *entry = &check->entries[i];
        if (entry->job)
            finish_entry(entry, domain_job_cut(entry->job, SMTP_INTERRUPTED));
    }
    check->n_entries = check->n_started;
}

static void on_progress(evutil_socket_t fd, short what, void *arg)
{
    struct check *check = arg;
    struct progress_state state = {.domains = check->n_entries,
                                   .domains_done = check->n_done,
                                   .elapsed_ms = (int)(clock_monotonic_ms() - check->began_ms)};

    (void)fd;
    (void)what;
    for (size_t i = 0; i < check->n_started; i++) {
        size_t sessions = 0, done = 0;
        if (!check->entries[i].job)
            continue;
        domain_job_progress(check->entries[i].job, &sessions, &done);
        state.sessions += sessions;
        state.sessions_done += done;
        if (!state.waiting_for)
            state.waiting_for = check->entries[i].domain;
    }
    progress_show(&check->progress, &state);
}

/* --- set-up -------------------------------------------------------------------------------------
 */

static bool read_domains(struct check *check, struct failure *failure)
{
    const struct settings *settings = check->settings;

    if (!settings->n_operands) {
        failure_set(failure, STATUS_USAGE, "check needs a DOMAIN; try: mxprobe check example.com");
        return false;
    }
    check->entries = calloc(settings->n_operands, sizeof *check->entries);
    if (!check->entries) {
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
        return false;
    }
    check->n_entries = settings->n_operands;
    for (size_t i = 0; i < check->n_entries; i++) {
        const char *text = settings->operands[i];
        enum dns_name_status status = dns_name_from_user(text, check->entries[i].domain);
        check->entries[i].check = check;
        if (status != DNS_NAME_OK) {
            failure_set(failure, STATUS_USAGE, "\"%.300s\" is not a domain: %s", text,
                        dns_name_status_text(status));
            return false;
        }
    }
    return true;
}

static bool needs_one_domain(const struct settings *settings)
{
    const struct what_if *what_if = &settings->what_if;

    return what_if->n_mx || what_if->n_tlsa || what_if->sts_record || what_if->tlsrpt_record ||
           settings->sts_policy_file || settings->job.sts_mode_given;
}

static bool set_up_loop(struct check *check, struct failure *failure)
{
    static const int signals[2] = {SIGINT, SIGTERM};
    struct timeval interval = clock_duration(PROGRESS_INTERVAL_MS);
    const struct settings *settings = check->settings;

    check->settings->judge.trust = check->trust;
    if (prepare_room())
        check->base = event_base_new();
    if (check->base)
        check->live = live_new(check->base, &settings->live, check->trust);
    if (!check->live) {
        failure_set(failure, STATUS_SOFTWARE, "cannot start: %s", strerror(errno));
        return false;
    }
    check->backend = live_backend(check->live);
    check->queue = session_queue_new(check->base, &check->backend, prepare_sessions());
    if (!check->queue) {
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
        return false;
    }
    check->backend.sessions = &session_queue_ops;
    check->backend.sessions_self = check->queue;
    if (settings->n_what_if_given) {
        check->what_if = what_if_backend_new(&settings->what_if, check->entries[0].domain,
                                             settings->job.smtp_port, check->backend);
        if (!check->what_if) {
            failure_set(failure, STATUS_SOFTWARE, "out of memory");
            return false;
        }
        check->backend = what_if_backend(check->what_if);
    }
    for (size_t i = 0; i < 2; i++) {
        check->interrupts[i] = evsignal_new(check->base, signals[i], on_interrupt, check);
        if (check->interrupts[i])
            event_add(check->interrupts[i], NULL);
    }
    progress_init(&check->progress, stderr);
    check->progress_timer = event_new(check->base, -1, EV_PERSIST, on_progress, check);
    if (check->progress_timer && check->progress.on)
        event_add(check->progress_timer, &interval);
    return true;
}

static void clean_up(struct check *check)
{
    for (size_t i = 0; check->entries && i < check->settings->n_operands; i++) {
        struct entry *entry = &check->entries[i];
        if (entry->deadline)
            event_free(entry->deadline);
        forget(entry);
    }
    free(check->entries);
    for (size_t i = 0; i < 2; i++)
        if (check->interrupts[i])
            event_free(check->interrupts[i]);
    if (check->progress_timer)
        event_free(check->progress_timer);
    what_if_backend_free(check->what_if);
    session_queue_free(check->queue);
    live_free(check->live);
    tls_trust_free(check->trust);
    if (check->base)
        event_base_free(check->base);
}

/* The worst domain decides, in the order 2, 3, 1, 0. */
static int exit_status(const struct check *check)
{
    enum verdict_word worst = VERDICT_OK;

    for (size_t i = 0; i < check->n_entries; i++)
        if (check->entries[i].word > worst)
            worst = check->entries[i].word;
    return verdict_exit_status(worst);
}

static int run(struct check *check, struct failure *failure)
{
    int status = STATUS_UNKNOWN;

    check->in_flight_max = prepare_descriptors();
    if (check->in_flight_max > DOMAINS_IN_FLIGHT_MAX)
        check->in_flight_max = DOMAINS_IN_FLIGHT_MAX;
    check->began_ms = clock_monotonic_ms();
    start_more(check);
    if (check->n_done < check->n_entries)
        event_base_dispatch(check->base);
    if (check->interrupted_by)
        cut_all(check);
    progress_clear(&check->progress);
    if (check->settings->format == FORMAT_NAGIOS)
        print_nagios(check);
    status = exit_status(check);
    if (check->n_missing)
        failure_set(failure, STATUS_SOFTWARE, "out of memory: domains without a result: %zu",
                    check->n_missing);
    if (check->output_errno)
        failure_set(failure, STATUS_OUTPUT, "cannot write the output: %s",
                    strerror(check->output_errno));
    return status;
}

int check_command(struct settings *settings, struct failure *failure)
{
    struct check check = {.settings = settings};
    char *fqdn = settings->live.session.ehlo ? NULL : dns_host_fqdn();
    int status = STATUS_SOFTWARE;

    if (fqdn && strlen(fqdn) <= SMTP_EHLO_NAME_MAX)
        settings->live.session.ehlo = fqdn;
    bool ready = sts_fetch_library_init() == 0;

    if (!ready)
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
    ready = ready && read_domains(&check, failure);
    if (ready && check.n_entries != 1 && needs_one_domain(settings)) {
        failure_set(failure, STATUS_USAGE,
                    "what-if options about a domain need exactly one DOMAIN");
        ready = false;
    }
    if (ready && prepare_policy(settings, check.entries[0].domain, failure) &&
        prepare_trust(settings, &check.trust, failure) && set_up_loop(&check, failure))
        status = run(&check, failure);
    int interrupted_by = check.interrupted_by;
    clean_up(&check);
    sts_fetch_library_cleanup();
    free(fqdn);
    if (interrupted_by) { /* the output is whole: die of the signal, as a shell expects */
        signal(interrupted_by, SIG_DFL);
        raise(interrupted_by);
    }
    return status;
}
