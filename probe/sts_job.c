#include "probe/sts_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "probe/exclude.h"

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

/* The addresses of the policy host, sorted by what may be done with them. */
struct targets {
    struct dns_address addresses[FACTS_ADDRESSES_MAX];
    size_t n;
    size_t excluded; /* on the exclude list */
    size_t refused;  /* in special-use space */
    size_t unused;   /* of a family that is not to be used */
};

static void take_addresses(const struct sts_job *job, const struct dns_answer *answer,
                           struct targets *out)
{
    if (!answer || answer->status != DNS_FOUND)
        return;
    bool used = answer->type == DNS_TYPE_A ? job->options->ipv4 : job->options->ipv6;
    for (size_t i = 0; i < answer->n_records && out->n < FACTS_ADDRESSES_MAX; i++) {
        const struct dns_address *address = &answer->records[i].u.address;
        if (!used)
            out->unused++;
        else if (job->excluded || exclude_has_address(job->options->exclude, address))
            out->excluded++;
        else if (!job->options->allow_private && dns_address_special_use(address))
            out->refused++;
        else
            out->addresses[out->n++] = *address;
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
        } else if (answers[i]->status == DNS_NOT_ASKED) {
            return STS_FETCH_OURS;
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
    struct targets targets = {.n = 0};
    char host[sizeof "mta-sts." + DNS_NAME_MAX];

    if (job->a.handle || job->aaaa.handle)
        return;
    snprintf(host, sizeof host, "mta-sts.%s", job->facts->domain);
    job->excluded = exclude_has_name(job->options->exclude, host) ||
                    exclude_has_alias(job->options->exclude, job->a_answer) ||
                    exclude_has_alias(job->options->exclude, job->aaaa_answer);
    take_addresses(job, job->a_answer, &targets);
    take_addresses(job, job->aaaa_answer, &targets);
    if (targets.n) {
        job->fetch = backend->fetches->start(backend->fetches_self, job->facts->domain,
                                             targets.addresses, targets.n, on_fetched, job);
        if (job->fetch)
            return;
        note_unfetched(job, STS_FETCH_OURS, "out of memory");
    } else if (targets.excluded) {
        note_unfetched(job, STS_FETCH_TARGET_EXCLUDED, NULL);
    } else if (targets.refused) {
        note_unfetched(job, STS_FETCH_TARGET_REFUSED, NULL);
    } else if (targets.unused) {
        note_unfetched(job, STS_FETCH_FAMILY_UNUSED, NULL);
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
    bool wanted = record.status == STS_RECORD_VALID || job->options->fetch_anyway;
    sts_record_clear(&record);
    if (wanted && job->options->sts_policy) {
        job->facts->sts_fetch = sts_fetch_facts_ref(job->options->sts_policy);
        finish(job);
        return;
    }
    if (wanted) {
        asked |= ask_host(job, &job->a, DNS_TYPE_A, &job->a_answer);
        asked |= ask_host(job, &job->aaaa, DNS_TYPE_AAAA, &job->aaaa_answer);
    }
    if (wanted && !asked)
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

bool sts_job_waits(const struct sts_job *job)
{
    const struct backend *backend = job->backend;

    return job->fetch && backend->fetches->waits &&
           backend->fetches->waits(backend->fetches_self, job->fetch);
}

void sts_job_cut(struct sts_job *job, enum smtp_problem why)
{
    if (!job->busy)
        return;
    job->busy = false;
    lookup_cut(&job->txt, why);
    bool at_host = job->a.handle || job->aaaa.handle;
    lookup_cut(&job->a, why);
    lookup_cut(&job->aaaa, why);
    if (job->fetch)
        job->backend->fetches->cancel(job->backend->fetches_self, job->fetch);
    if (job->fetch || at_host)
        note_unfetched(job, STS_FETCH_CUT, NULL);
    job->fetch = NULL;
    dns_answer_unref(job->a_answer);
    dns_answer_unref(job->aaaa_answer);
    job->a_answer = NULL;
    job->aaaa_answer = NULL;
}
