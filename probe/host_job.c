#include "probe/host_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "probe/exclude.h"

static void on_addresses(void *arg);
static void on_cname(void *arg);
static void on_tlsa(void *arg);
static void on_session(void *arg, struct smtp_facts *facts);

/* One part less under way; the last one tells the parent. A tail call: the job may be gone after.
 */
static void settle(struct host_job *job)
{
    if (--job->pending == 0)
        job->done(job->arg);
}

static bool ask(struct host_job *job, struct lookup *lookup, const char *prefix, const char *name,
                uint16_t type, struct dns_answer **slot, void (*done)(void *arg))
{
    if (!lookup_start(lookup, job->backend, prefix, name, type, slot, done, job)) {
        job->trouble = "out of memory";
        return false;
    }
    job->pending++;
    return true;
}

/* --- addresses ---------------------------------------------------------------------------- */

static size_t count(const struct dns_answer *answer)
{
    return answer && answer->status == DNS_FOUND ? answer->n_records : 0;
}

/* Does either address answer come by way of an alias? Then its last name; else NULL. */
static const char *expanded_name(const struct host_facts *facts)
{
    const struct dns_answer *const answers[] = {facts->a, facts->aaaa};

    for (size_t i = 0; i < 2; i++)
        if (count(answers[i]) && answers[i]->n_aliases)
            return dns_answer_canonical(answers[i]);
    return NULL;
}

/* How many addresses of each family to take: both get their share. */
static void share(const struct host_job *job, size_t *n4, size_t *n6)
{
    *n4 = job->options->ipv4 ? count(job->facts->a) : 0;
    *n6 = job->options->ipv6 ? count(job->facts->aaaa) : 0;
    while (*n4 + *n6 > job->addresses_max)
        --*(*n4 >= *n6 ? n4 : n6);
}

/* Why nothing is to be sent to an address, or SMTP_FINE (row 78). */
static enum smtp_problem objection(const struct host_job *job, const struct dns_address *address)
{
    const struct domain_job_options *options = job->options;

    if (exclude_has_name(options->exclude, job->facts->host) ||
        exclude_has_alias(options->exclude, job->facts->a) ||
        exclude_has_alias(options->exclude, job->facts->aaaa) ||
        exclude_has_address(options->exclude, address))
        return SMTP_TARGET_EXCLUDED;
    if (!options->allow_private && dns_address_special_use(address))
        return SMTP_TARGET_REFUSED;
    return SMTP_FINE;
}

static void refuse(struct host_job *job, struct smtp_facts *facts, enum smtp_problem why)
{
    facts->problem = why;
    facts->observed_at_ms = job->backend->ops->wall_ms(job->backend->self);
}

/*
 * Can the name be sent as a server name (RFC 6066 3)? What the DNS carries beyond host names, such
 * as escaped bytes, no sender sends.
 */
static bool is_host_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.";
    size_t length = strlen(name);

    return length > 0 && length <= DNS_NAME_MAX && strspn(name, letters) == length;
}

static void start_session(struct host_job *job, const struct dns_address *address, const char *sni)
{
    struct host_facts *host = job->facts;
    struct host_session *session = &job->sessions[host->n_endpoints];
    struct smtp_facts *placeholder = smtp_facts_new(address, job->options->smtp_port);

    if (!placeholder) {
        job->trouble = "out of memory";
        return;
    }
    /* The endpoint is there from the start, so that a cut leaves no gap. */
    *session = (struct host_session){.job = job, .index = host->n_endpoints};
    host->endpoints[host->n_endpoints++] = placeholder;
    enum smtp_problem why = objection(job, address);
    if (why != SMTP_FINE) {
        refuse(job, placeholder, why);
        job->sessions_done++;
        return;
    }
    struct smtp_target target = {.address = *address,
                                 .port = job->options->smtp_port,
                                 .host = host->host,
                                 .sni = is_host_name(sni) ? sni : NULL};
    session->handle =
        job->backend->sessions->start(job->backend->sessions_self, &target, on_session, session);
    if (session->handle)
        job->pending++;
    else
        job->sessions_done++; /* the placeholder says SMTP_OURS */
}

static void start_sessions(struct host_job *job, const char *sni)
{
    struct host_facts *host = job->facts;
    size_t n4, n6;

    host->addresses_seen =
        (job->options->ipv4 ? count(host->a) : 0) + (job->options->ipv6 ? count(host->aaaa) : 0);
    share(job, &n4, &n6);
    host->endpoints = calloc(n4 + n6 + 1, sizeof(struct smtp_facts *));
    if (!host->endpoints) {
        job->trouble = "out of memory";
        return;
    }
    for (size_t i = 0; i < n4; i++)
        start_session(job, &host->a->records[i].u.address, sni);
    for (size_t i = 0; i < n6; i++)
        start_session(job, &host->aaaa->records[i].u.address, sni);
}

/* --- TLSA: where to look, and the name that it gives the session (RFC 7672 2.2.2) ------------ */

static void ask_tlsa(struct host_job *job, const char *base)
{
    struct host_facts *facts = job->facts;
    char prefix[16];

    snprintf(prefix, sizeof prefix, "_%u._tcp.", job->options->smtp_port);
    free(facts->tlsa_base);
    facts->tlsa_base = strdup(base);
    if (!facts->tlsa_base)
        job->trouble = "out of memory";
    else
        ask(job, &job->tlsa, prefix, base, DNS_TYPE_TLSA, &facts->tlsa, on_tlsa);
}

static void on_addresses(void *arg)
{
    struct host_job *job = arg;
    struct host_facts *facts = job->facts;

    if (job->a.handle || job->aaaa.handle) {
        settle(job);
        return;
    }
    const char *expanded = expanded_name(facts);
    enum dns_security security = host_address_security(facts);
    bool any = count(facts->a) || count(facts->aaaa);
    /* Where AD is not believed the records are worth a look, and an option may supply them. */
    bool wanted = any && (security == DNS_SECURE || security == DNS_SECURITY_UNKNOWN);
    if (!expanded) {
        start_sessions(job, facts->host);
        if (wanted)
            ask_tlsa(job, facts->host);
    } else if (wanted) {
        ask_tlsa(job, expanded);
    } else if (security == DNS_INSECURE) {
        /* The expansion is insecure, but the alias itself may be secure: then the MX name is the
         * only base. */
        ask(job, &job->cname, "", facts->host, DNS_TYPE_CNAME, &facts->cname, on_cname);
    } else {
        start_sessions(job, facts->host);
    }
    settle(job);
}

static void on_cname(void *arg)
{
    struct host_job *job = arg;
    const struct dns_answer *cname = job->facts->cname;

    job->tlsa_at_original = true;
    if (cname->status == DNS_FOUND && cname->security == DNS_SECURE)
        ask_tlsa(job, job->facts->host);
    else
        start_sessions(job, job->facts->host);
    settle(job);
}

static void on_tlsa(void *arg)
{
    struct host_job *job = arg;
    struct host_facts *facts = job->facts;
    bool secure = facts->tlsa->status == DNS_FOUND && facts->tlsa->security == DNS_SECURE;
    bool denied = facts->tlsa->status == DNS_NODATA || facts->tlsa->status == DNS_NXDOMAIN ||
                  (facts->tlsa->status == DNS_FOUND && !secure);

    if (!expanded_name(facts)) {
        settle(job); /* the sessions are under way already */
        return;
    }
    if (denied && !job->tlsa_at_original) {
        job->tlsa_at_original = true;
        ask_tlsa(job, facts->host);
    } else {
        start_sessions(job, secure ? facts->tlsa_base : facts->host);
    }
    settle(job);
}

/* --- sessions ------------------------------------------------------------------------------ */

static void keep(struct host_session *session, struct smtp_facts *facts)
{
    struct smtp_facts **slot = &session->job->facts->endpoints[session->index];

    session->handle = NULL;
    session->job->sessions_done++;
    if (!facts)
        return; /* the placeholder says SMTP_OURS */
    smtp_facts_unref(*slot);
    *slot = facts;
}

static void on_session(void *arg, struct smtp_facts *facts)
{
    struct host_session *session = arg;

    keep(session, facts);
    settle(session->job);
}

bool host_job_start(struct host_job *job, const struct backend *backend,
                    const struct domain_job_options *options, struct host_facts *facts,
                    size_t addresses_max, void (*done)(void *arg), void *arg)
{
    *job = (struct host_job){.backend = backend,
                             .options = options,
                             .facts = facts,
                             .addresses_max = addresses_max,
                             .done = done,
                             .arg = arg};
    /* Both are asked for even where one is not to be used: "not used" is not "not there". */
    ask(job, &job->a, "", facts->host, DNS_TYPE_A, &facts->a, on_addresses);
    ask(job, &job->aaaa, "", facts->host, DNS_TYPE_AAAA, &facts->aaaa, on_addresses);
    return job->pending > 0;
}

bool host_job_waits(const struct host_job *job)
{
    const struct backend *backend = job->backend;

    if (!job->pending || !backend->sessions->waits)
        return false;
    for (size_t i = 0; i < job->facts->n_endpoints; i++)
        if (job->sessions[i].handle &&
            backend->sessions->waits(backend->sessions_self, job->sessions[i].handle))
            return true;
    return false;
}

void host_job_cut(struct host_job *job, enum smtp_problem why)
{
    const struct backend *backend = job->backend;

    if (!job->pending)
        return;
    lookup_cut(&job->a, why);
    lookup_cut(&job->aaaa, why);
    lookup_cut(&job->cname, why);
    lookup_cut(&job->tlsa, SMTP_INTERRUPTED); /* our limit must not read as row 69 */
    for (size_t i = 0; i < job->facts->n_endpoints; i++) {
        struct host_session *session = &job->sessions[i];
        if (session->handle)
            keep(session, backend->sessions->cut(backend->sessions_self, session->handle, why));
    }
    job->pending = 0;
}
