/*
 * Gathers what a domain publishes for MTA-STS: the record, and the policy when the record calls
 * for it (RFC 8461 3). A part of probe/domain_job.h.
 */
#ifndef PROBE_STS_JOB_H
#define PROBE_STS_JOB_H

#include "probe/domain_job.h"
#include "probe/lookup.h"

struct sts_job {
    const struct backend *backend;
    const struct domain_job_options *options;
    struct domain_facts *facts; /* sts_txt and sts_fetch are filled; borrowed */
    struct lookup txt, a, aaaa;
    struct dns_answer *a_answer, *aaaa_answer; /* of the policy host */
    void *fetch;                               /* handle, NULL when none is under way */
    bool busy;
    bool excluded; /* the policy host is never to be touched */
    void (*done)(void *arg);
    void *arg;
};

/* Begins; `done` runs once from the loop. False when out of memory. */
bool sts_job_start(struct sts_job *job, const struct backend *backend,
                   const struct domain_job_options *options, struct domain_facts *facts,
                   void (*done)(void *arg), void *arg);

/* Has the fetch not begun yet, because of a limit of our own? */
bool sts_job_waits(const struct sts_job *job);

/* Stops what is under way: a lookup counts as lookup_cut says, a fetch as not done. Idempotent. */
void sts_job_cut(struct sts_job *job, enum smtp_problem why);

#endif
