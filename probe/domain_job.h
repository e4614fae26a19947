/*
 * Gathers the facts about one recipient domain: MX, policies and every mail host, all at once. A
 * job knows no socket, no loop and no clock but its backend's; its parts are host_job.c (one MX
 * host) and sts_job.c (record and policy). Parts report to the job, the job to its owner; cuts go
 * down.
 */
#ifndef PROBE_DOMAIN_JOB_H
#define PROBE_DOMAIN_JOB_H

#include "probe/backend.h"

struct exclude;

struct domain_job_options {
    uint16_t smtp_port;
    uint16_t sts_port;
    bool ipv4, ipv6;      /* the address families to use */
    size_t endpoints_max; /* of a domain, shared by its hosts; 0: FACTS_ADDRESSES_MAX a host */
    bool allow_private;   /* let targets lie in special-use address space */
    const struct exclude *exclude; /* never to be touched (probe/exclude.h), or NULL; borrowed */
    bool sts_mode_given;
    enum sts_mode sts_mode;
    bool fetch_anyway;                  /* the policy, whether there is a record or not */
    struct sts_fetch_facts *sts_policy; /* used in place of a fetch; NULL: fetch. Borrowed */
};

struct domain_job;

/* `facts` come to be owned by the callee; the job is gone by then. From the loop, once. */
typedef void domain_job_done_fn(void *arg, struct domain_facts *take_facts);

/* Begins. Borrows backend and options for its life. NULL when out of memory. */
struct domain_job *domain_job_start(const struct backend *backend,
                                    const struct domain_job_options *options, const char *domain,
                                    domain_job_done_fn *done, void *arg);

/*
 * Ends with what is known and frees the job; `done` will not run. `why` is SMTP_DEADLINE or
 * SMTP_INTERRUPTED. The caller comes to own the facts.
 */
struct domain_facts *domain_job_cut(struct domain_job *job, enum smtp_problem why);

/*
 * Is there a session or a fetch that has not begun yet, because of a limit of our own? Then the
 * time that passes says nothing about the domain.
 */
bool domain_job_waits(const struct domain_job *job);

/* For the progress line: SMTP sessions begun and ended so far. */
void domain_job_progress(const struct domain_job *job, size_t *sessions, size_t *sessions_done);

#endif
