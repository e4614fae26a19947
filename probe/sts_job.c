#include "probe/sts_job.h"

#include <stdlib.h>
#include <string.h>

/* The end, whatever was learnt. A tail call: the job may be gone after. */
static void finish(struct sts_job *job)
{
    job->busy = false;
    dns_answer_unref(job->a_answer);
    dns_answer_unref(job->aaaa_answer);
    job->a_answer = NULL;
    job->aaaa_answer = NULL;
    job->done(job->arg);
}

/* There is a record and no fetch: the facts say why. */
static void note_unfetched(struct sts_job *job, enum sts_fetch_problem problem, const char *error)
{
    struct sts_fetch_facts *facts = sts_fetch_facts_new(job->facts->domain, job->options->sts_port);

    if (!facts) {
        job->facts->trouble = "out of memory";
        return;
    }
    facts->problem = problem;
    facts->error = error ? strdup(error) : NULL;
    job->facts->sts_fetch = facts;
}

static void on_fetched(void *arg, struct sts_fetch_facts *facts)
{
    struct sts_job *job = arg;

    job->fetch = NULL;
    job->facts->sts_fetch = facts;
    finish(job);
}

/* Adds the addresses of one answer that may be used; counts those that may not. */
static void take_addresses(const struct sts_job *job, const struct dns_answer *answer,
                           struct dns_address *out, size_t *n, size_t *refused)
{
    if (!answer || answer->status != DNS_FOUND)
        return;
    for (size_t i = 0; i < answer->n_records && *n < FACTS_ADDRESSES_MAX; i++) {
        const struct dns_address *address = &answer->records[i].u.address;
        if (!job->options->allow_private && dns_address_special_use(address))
            ++*refused;
        else
            out[(*n)++] = *address;
    }
}

/* Why a policy host without an address has none. */
static enum sts_fetch_problem host_problem(const struct dns_answer *a,
                                           const struct dns_answer *aaaa, const char **error)
{
    const struct dns_answer *const answers[] = {a, aaaa};
    enum sts_fetch_problem problem = STS_FETCH_HOST_NO_ADDRESS;

    for (size_t i = 0; i < 2; i++) {
        if (!answers[i])
            continue;
        if (answers[i]->status == DNS_NXDOMAIN) {
            problem = STS_FETCH_HOST_NXDOMAIN;
        } else if (answers[i]->status != DNS_NODATA) {
            *error = dns_status_text(answers[i]->status);
            return STS_FETCH_HOST_DNS;
        }
    }
    return problem;
}

static void on_host_addresses(void *arg)
{
    struct sts_job *job = arg;
    const struct backend *backend = job->backend;
    struct dns_address addresses[FACTS_ADDRESSES_MAX];
    size_t n = 0, refused = 0;

    if (job->a.handle || job->aaaa.handle)
        return;
    take_addresses(job, job->a_answer, addresses, &n, &refused);
    take_addresses(job, job->aaaa_answer, addresses, &n, &refused);
    if (n) {
        job->fetch =
            backend->ops->fetch(backend->self, job->facts->domain, addresses, n, on_fetched, job);
        if (job->fetch)
            return;
        note_unfetched(job, STS_FETCH_OURS, "out of memory");
    } else if (refused) {
        note_unfetched(job, STS_FETCH_TARGET_REFUSED, NULL);
    } else {
        const char *error = NULL;
        enum sts_fetch_problem problem = host_problem(job->a_answer, job->aaaa_answer, &error);
        note_unfetched(job, problem, error);
    }
    finish(job);
}

/* Half an answer must not look like a host without addresses: a question less is our trouble. */
static bool ask_host(struct sts_job *job, struct lookup *lookup, uint16_t type,
                     struct dns_answer **slot)
{
    if (lookup_start(lookup, job->backend, "mta-sts.", job->facts->domain, type, slot,
                     on_host_addresses, job))
        return true;
    job->facts->trouble = "out of memory";
    return false;
}

static void on_record(void *arg)
{
    struct sts_job *job = arg;
    struct sts_record record;
    bool asked = false;

    if (sts_record_from_answer(job->facts->sts_txt, &record) != 0) {
        job->facts->trouble = "out of memory";
        finish(job);
        return;
    }
    bool valid = record.status == STS_RECORD_VALID;
    sts_record_clear(&record);
    if (valid && job->options->sts_policy) {
        job->facts->sts_fetch = sts_fetch_facts_ref(job->options->sts_policy);
        finish(job);
        return;
    }
    if (valid && job->options->ipv4)
        asked |= ask_host(job, &job->a, DNS_TYPE_A, &job->a_answer);
    if (valid && job->options->ipv6)
        asked |= ask_host(job, &job->aaaa, DNS_TYPE_AAAA, &job->aaaa_answer);
    if (valid && !asked)
        note_unfetched(job, STS_FETCH_OURS, "out of memory");
    if (!asked)
        finish(job);
}

bool sts_job_start(struct sts_job *job, const struct backend *backend,
                   const struct domain_job_options *options, struct domain_facts *facts,
                   void (*done)(void *arg), void *arg)
{
    *job = (struct sts_job){
        .backend = backend, .options = options, .facts = facts, .done = done, .arg = arg};
    job->busy = lookup_start(&job->txt, backend, "_mta-sts.", facts->domain, DNS_TYPE_TXT,
                             &facts->sts_txt, on_record, job);
    return job->busy;
}

void sts_job_cut(struct sts_job *job)
{
    if (!job->busy)
        return;
    job->busy = false;
    lookup_cut(&job->txt);
    bool at_host = job->a.handle || job->aaaa.handle;
    lookup_cut(&job->a);
    lookup_cut(&job->aaaa);
    if (job->fetch) {
        job->backend->ops->fetch_cancel(job->backend->self, job->fetch);
        job->fetch = NULL;
        note_unfetched(job, STS_FETCH_TIMEOUT, NULL);
    } else if (at_host) {
        note_unfetched(job, STS_FETCH_HOST_DNS, dns_status_text(DNS_TIMEOUT));
    }
    dns_answer_unref(job->a_answer);
    dns_answer_unref(job->aaaa_answer);
    job->a_answer = NULL;
    job->aaaa_answer = NULL;
}
