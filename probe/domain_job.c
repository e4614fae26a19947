#include "probe/domain_job.h"

#include <stdlib.h>

#include "policy/mx.h"
#include "probe/host_job.h"
#include "probe/lookup.h"
#include "probe/sts_job.h"

struct domain_job {
    const struct backend *backend;
    const struct domain_job_options *options;
    struct domain_facts *facts;
    struct lookup mx, tlsrpt;
    struct sts_job sts;
    struct host_job *hosts; /* as many as the facts have */
    size_t pending;         /* parts under way */
    int64_t began_ms;
    domain_job_done_fn *done;
    void *arg;
};

/* Takes the facts out of a job that has nothing under way, and frees it. */
static struct domain_facts *close_job(struct domain_job *job)
{
    const struct backend *backend = job->backend;
    struct domain_facts *facts = job->facts;

    for (size_t i = 0; job->hosts && i < facts->n_hosts; i++)
        if (job->hosts[i].trouble)
            facts->trouble = job->hosts[i].trouble;
    facts->elapsed_ms = (int)(backend->ops->monotonic_ms(backend->self) - job->began_ms);
    facts->validation = backend->ops->validation(backend->self);
    free(job->hosts);
    free(job);
    return facts;
}

/* One part less under way. A tail call: the job may be gone after. */
static void settle(void *arg)
{
    struct domain_job *job = arg;

    if (--job->pending)
        return;
    domain_job_done_fn *done = job->done;
    void *done_arg = job->arg;
    done(done_arg, close_job(job));
}

/* Counts a part that was begun; one that could not be is our own trouble. */
static void begun(struct domain_job *job, bool started)
{
    if (started)
        job->pending++;
    else
        job->facts->trouble = "out of memory";
}

/* How many addresses of each host are visited. */
static size_t addresses_max(const struct domain_job *job)
{
    size_t most = job->options->endpoints_max;
    size_t n_hosts = job->facts->n_hosts;

    if (!most || most / n_hosts >= FACTS_ADDRESSES_MAX)
        return FACTS_ADDRESSES_MAX;
    return most > n_hosts ? most / n_hosts : 1;
}

static void on_mx(void *arg)
{
    struct domain_job *job = arg;
    struct domain_facts *facts = job->facts;

    if (mx_list_hosts(facts) != 0)
        facts->trouble = "out of memory";
    if (facts->n_hosts)
        job->hosts = calloc(facts->n_hosts, sizeof *job->hosts);
    if (facts->n_hosts && !job->hosts)
        facts->trouble = "out of memory";
    for (size_t i = 0; job->hosts && i < facts->n_hosts; i++) {
        if (!facts->hosts[i].is_literal)
            begun(job, host_job_start(&job->hosts[i], job->backend, job->options, &facts->hosts[i],
                                      addresses_max(job), settle, job));
    }
    settle(job);
}

struct domain_job *domain_job_start(const struct backend *backend,
                                    const struct domain_job_options *options, const char *domain,
                                    domain_job_done_fn *done, void *arg)
{
    struct domain_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->facts = domain_facts_new(domain);
    if (!job->facts) {
        free(job);
        return NULL;
    }
    job->backend = backend;
    job->options = options;
    job->done = done;
    job->arg = arg;
    job->began_ms = backend->ops->monotonic_ms(backend->self);
    job->facts->started_at_ms = backend->ops->wall_ms(backend->self);
    job->facts->smtp_port = options->smtp_port;
    job->facts->ipv4 = options->ipv4;
    job->facts->ipv6 = options->ipv6;
    job->facts->ad_believed = backend->ops->ad_believed(backend->self);
    job->facts->sts_mode_given = options->sts_mode_given;
    job->facts->sts_mode = options->sts_mode;
    begun(job,
          lookup_start(&job->mx, backend, "", domain, DNS_TYPE_MX, &job->facts->mx, on_mx, job));
    begun(job, lookup_start(&job->tlsrpt, backend, "_smtp._tls.", domain, DNS_TYPE_TXT,
                            &job->facts->tlsrpt_txt, settle, job));
    begun(job, sts_job_start(&job->sts, backend, options, job->facts, settle, job));
    if (job->pending)
        return job;
    domain_facts_free(close_job(job));
    return NULL;
}

struct domain_facts *domain_job_cut(struct domain_job *job, enum smtp_problem why)
{
    lookup_cut(&job->mx, why);
    lookup_cut(&job->tlsrpt, why);
    sts_job_cut(&job->sts, why);
    for (size_t i = 0; job->hosts && i < job->facts->n_hosts; i++)
        if (job->hosts[i].backend)
            host_job_cut(&job->hosts[i], why);
    job->facts->interrupted = why == SMTP_INTERRUPTED;
    return close_job(job);
}

bool domain_job_waits(const struct domain_job *job)
{
    for (size_t i = 0; job->hosts && i < job->facts->n_hosts; i++)
        if (job->hosts[i].backend && host_job_waits(&job->hosts[i]))
            return true;
    return sts_job_waits(&job->sts);
}

void domain_job_progress(const struct domain_job *job, size_t *sessions, size_t *sessions_done)
{
    *sessions = 0;
    *sessions_done = 0;
    for (size_t i = 0; job->hosts && i < job->facts->n_hosts; i++) {
        *sessions += job->facts->hosts[i].n_endpoints;
        *sessions_done += job->hosts[i].sessions_done;
    }
}
