/*
 * Gathers the facts about one MX host: its addresses, its TLSA records and one SMTP session an
 * address. A part of probe/domain_job.h.
 */
#ifndef PROBE_HOST_JOB_H
#define PROBE_HOST_JOB_H

#include "probe/domain_job.h"
#include "probe/lookup.h"

struct host_job;

struct host_session {
    struct host_job *job;
    size_t index; /* of the endpoint in the facts */
    void *handle; /* NULL when it has ended */
};

struct host_job {
    const struct backend *backend;
    const struct domain_job_options *options;
    struct host_facts *facts; /* filled; borrowed */
    struct lookup a, aaaa, cname, tlsa;
    struct host_session sessions[FACTS_ADDRESSES_MAX];
    size_t pending; /* lookups and sessions under way */
    size_t sessions_done;
    size_t addresses_max;
    bool tlsa_at_original; /* the expanded name had none: the MX name itself is being asked */
    const char *trouble;   /* our own, or NULL */
    void (*done)(void *arg);
    void *arg;
};

/*
 * Begins; at most `addresses_max` (up to FACTS_ADDRESSES_MAX) are visited. `done` runs once from
 * the loop when all is known. False when out of memory.
 */
bool host_job_start(struct host_job *job, const struct backend *backend,
                    const struct domain_job_options *options, struct host_facts *facts,
                    size_t addresses_max, void (*done)(void *arg), void *arg);

/* Is there a session that has not begun yet, because of a limit of our own? */
bool host_job_waits(const struct host_job *job);

/* Stops what is under way; the facts keep what was learnt. `done` will not run. Idempotent. */
void host_job_cut(struct host_job *job, enum smtp_problem why);

#endif
