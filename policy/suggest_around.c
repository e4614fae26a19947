/*
 * What stands around a suggestion: the host that is to serve the policy, DNSSEC, what is published
 * already, the certificate that comes next; and what has to hold before the mode may be enforce.
 */
#include "policy/suggest_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "tls/verify.h"

/* --- the policy host -------------------------------------------------------------------------- */

/* The name of the host, and what is to be done about it. */
struct policy_host {
    char name[sizeof "mta-sts." + DNS_NAME_MAX];
    char fix[2 * DNS_NAME_MAX + 256];
};

static void policy_host_init(struct policy_host *host, const char *domain)
{
    snprintf(host->name, sizeof host->name, "mta-sts.%s", domain);
    snprintf(host->fix, sizeof host->fix,
             "Give %s an address and a web server with a certificate from a public CA for that "
             "name; the file stands at https://%s/.well-known/mta-sts.txt, as text/plain, without "
             "a redirect.",
             host->name, host->name);
}

static const char *problem_text(enum sts_fetch_problem problem)
{
    switch (problem) {
    case STS_FETCH_OK:
        break;
    case STS_FETCH_HOST_NXDOMAIN:
        return "does not exist";
    case STS_FETCH_HOST_NO_ADDRESS:
        return "has no address";
    case STS_FETCH_HOST_DNS:
        return "cannot be looked up";
    case STS_FETCH_CONNECT:
        return "cannot be reached on the HTTPS port";
    case STS_FETCH_TIMEOUT:
        return "does not answer in time";
    case STS_FETCH_TLS:
        return "does not finish a TLS handshake";
    case STS_FETCH_TOO_LARGE:
        return "serves more than 64 KiB there";
    case STS_FETCH_BROKEN:
        return "does not answer in HTTP";
    case STS_FETCH_TARGET_REFUSED:
    case STS_FETCH_TARGET_EXCLUDED:
    case STS_FETCH_FAMILY_UNUSED:
    case STS_FETCH_CUT:
    case STS_FETCH_OURS:
        return "could not be looked at from here";
    }
    return NULL;
}

static bool is_ours(enum sts_fetch_problem problem)
{
    return problem == STS_FETCH_TARGET_REFUSED || problem == STS_FETCH_TARGET_EXCLUDED ||
           problem == STS_FETCH_FAMILY_UNUSED || problem == STS_FETCH_CUT ||
           problem == STS_FETCH_OURS;
}

/* The certificate counts before a word of HTTP does. True where there is nothing to say of it. */
static bool check_certificate(struct suggesting *suggesting, const struct policy_host *host)
{
    const struct judge_options *options = suggesting->options->judge;
    const struct tls_facts *tls = suggesting->facts->sts_fetch->tls;
    const struct suggest_where where = {SUGGEST_STS, SEVERITY_FAIL, NULL, NULL, NULL};
    struct tls_verification verification;

    if (!tls)
        return true;
    if (tls_verify_cached(options->cache, tls, options->trust, options->at_s, &verification) != 0) {
        suggesting->no_memory = true;
        return false;
    }
    bool named = tls_name_matches(tls, host->name);
    if (!named)
        suggest_warn(suggesting, &where, host->fix, "the certificate of %s does not name it",
                     host->name);
    for (size_t i = 0; i < verification.n_errors; i++)
        suggest_warn(suggesting, &where, host->fix, "the certificate of %s: %s", host->name,
                     tls_verify_error_text(verification.errors[i].code));
    if (!verification.trusted && verification.n_errors == 0)
        suggest_warn(suggesting, &where, host->fix, "the certificate of %s is not trusted",
                     host->name);
    return named && verification.trusted;
}

/* Is there something that keeps the policy host from serving the file? 404: it is not there yet. */
static void check_policy_host(struct suggesting *suggesting)
{
    const struct sts_fetch_facts *fetch = suggesting->facts->sts_fetch;
    struct suggest_where where = {SUGGEST_STS, SEVERITY_FAIL, NULL, NULL, NULL};
    struct policy_host host;

    policy_host_init(&host, suggesting->facts->domain);
    if (!fetch || is_ours(fetch->problem)) {
        where.severity = SEVERITY_UNKNOWN;
        suggest_warn(suggesting, &where, NULL, "%s could not be looked at from here", host.name);
        return;
    }
    if (!check_certificate(suggesting, &host))
        return;
    const char *problem = problem_text(fetch->problem);
    bool found =
        fetch->http_status == 200 || fetch->http_status == 404 || fetch->http_status == 410;
    if (problem)
        suggest_warn(suggesting, &where, host.fix, "%s %s%s%s", host.name, problem,
                     fetch->error ? ": " : "", fetch->error ? fetch->error : "");
    else if (!found)
        suggest_warn(suggesting, &where, host.fix, "%s answers with status %ld%s", fetch->url,
                     fetch->http_status,
                     fetch->http_status >= 300 && fetch->http_status < 400
                         ? ", a redirect, which senders must not follow"
                         : "");
}

/* --- what is published already ---------------------------------------------------------------- */

static void check_published(struct suggesting *suggesting)
{
    const struct verdict *verdict = suggesting->verdict;
    const struct suggest_where sts = {SUGGEST_STS, SEVERITY_WARNING, NULL, NULL, NULL};
    const struct suggest_where tlsrpt = {SUGGEST_TLSRPT, SEVERITY_WARNING, NULL, NULL, NULL};
    bool enforced =
        verdict->sts_status == STS_POLICY_VALID && verdict->policy.mode == STS_MODE_ENFORCE;

    if (enforced)
        suggest_warn(suggesting, &sts,
                     "Keep the mode where the policy of today fits; this one shows what it lists.",
                     "a policy of mode enforce is in force, which mode testing would take back");
    if (verdict->sts_record.status == STS_RECORD_MULTIPLE ||
        verdict->sts_record.status == STS_RECORD_INVALID)
        suggest_warn(suggesting, &sts, "Put the record in place of what is there.",
                     "_mta-sts.%s has records that stand in the way of another",
                     suggesting->facts->domain);
    if (verdict->tlsrpt.status == TLSRPT_MULTIPLE || verdict->tlsrpt.status == TLSRPT_INVALID)
        suggest_warn(suggesting, &tlsrpt, "Put the record in place of what is there.",
                     "_smtp._tls.%s has records that stand in the way of another",
                     suggesting->facts->domain);
}

/* --- DANE ------------------------------------------------------------------------------------- */

static void check_dnssec(struct suggesting *suggesting, const struct host_facts *host)
{
    const struct suggest_where where = {SUGGEST_TLSA, SEVERITY_WARNING, NULL, host->host, NULL};
    const struct suggest_where untold = {SUGGEST_TLSA, SEVERITY_UNKNOWN, NULL, host->host, NULL};

    switch (host_address_security(host)) {
    case DNS_SECURE:
        if (suggesting->facts->mx && suggesting->facts->mx->security == DNS_INSECURE)
            suggest_warn(suggesting, &where, "Sign the zone of the MX records too.",
                         "the MX records are not secured by DNSSEC, so whoever forges them leads "
                         "past the TLSA records");
        break;
    case DNS_INSECURE:
        suggest_warn(suggesting, &where, "Sign the zone of the host, or leave its TLSA out.",
                     "the addresses are not secured by DNSSEC, so senders do not look at TLSA "
                     "records");
        break;
    case DNS_SECURITY_UNKNOWN:
        suggest_warn(suggesting, &untold,
                     "Use a validating resolver on this machine, or --trust-ad where the path to "
                     "the resolver is trusted.",
                     "whether the addresses are secured by DNSSEC could not be told");
        break;
    case DNS_SECURITY_BOGUS: /* the judge tells of it */
        break;
    }
}

static void check_host(struct suggesting *suggesting, const struct suggest_host *suggested,
                       const struct host_facts *host)
{
    const struct suggest_where where = {SUGGEST_TLSA, SEVERITY_UNKNOWN, NULL, host->host, NULL};
    size_t live = 0;

    for (size_t i = 0; i < suggested->n_keys; i++)
        live += !suggested->keys[i].next;
    if (live == 0)
        suggest_warn(suggesting, &where, NULL,
                     "the host showed no certificate, so there is no TLSA record of its key here");
    if (suggested->n_keys > 0)
        check_dnssec(suggesting, host);
}

static void check_next(struct suggesting *suggesting)
{
    const struct tls_facts *next = suggesting->options->next;
    struct suggest_where where = {SUGGEST_TLSA, SEVERITY_WARNING, NULL, NULL, NULL};
    int64_t at_s = suggesting->options->judge->at_s;

    if (!next)
        return;
    for (size_t i = 0; i < suggesting->out->n_hosts; i++) {
        where.mx = suggesting->out->hosts[i].host;
        if (!tls_name_matches(next, where.mx))
            suggest_warn(suggesting, &where,
                         "A certificate for MTA-STS has to name every host that it serves.",
                         "the next certificate does not name the host");
    }
    where.mx = NULL;
    if (!next->chain[0].not_after_unreadable && next->chain[0].not_after_s < at_s)
        suggest_warn(suggesting, &where, NULL, "the next certificate has ended already");
}

void suggest_around(struct suggesting *suggesting)
{
    const struct domain_facts *facts = suggesting->facts;

    check_policy_host(suggesting);
    check_published(suggesting);
    for (size_t i = 0, j = 0; i < suggesting->out->n_hosts && !suggesting->no_memory; j++) {
        const struct suggest_host *suggested = &suggesting->out->hosts[i];
        if (facts->hosts[j].host != suggested->host)
            continue; /* one that names an address */
        check_host(suggesting, suggested, &facts->hosts[j]);
        i++;
    }
    check_next(suggesting);
}

/* --- before enforce --------------------------------------------------------------------------- */

static void add_condition(struct suggesting *suggesting, enum suggest_state state, const char *text)
{
    struct suggestion *out = suggesting->out;

    out->conditions[out->n_conditions].state = state;
    out->conditions[out->n_conditions].text = strdup(text);
    suggesting->no_memory |= !out->conditions[out->n_conditions++].text;
}

/* Is there a warning about a host, DANE apart, that is graver than a word of advice? */
static enum suggest_state state_of_hosts(const struct suggestion *out)
{
    enum suggest_state state = SUGGEST_HOLDS;

    for (size_t i = 0; i < out->n_warnings; i++) {
        const struct suggest_warning *warning = &out->warnings[i];
        if (!warning->mx || warning->about == SUGGEST_TLSA)
            continue;
        if (warning->severity == SEVERITY_FAIL)
            return SUGGEST_FAILS;
        if (warning->severity == SEVERITY_UNKNOWN)
            state = SUGGEST_OPEN;
    }
    return state;
}

static bool is_served(const struct suggesting *suggesting)
{
    const struct verdict *verdict = suggesting->verdict;
    const struct domain_facts *facts = suggesting->facts;
    bool served = verdict->sts_status == STS_POLICY_VALID;

    for (size_t i = 0; served && i < facts->n_hosts; i++)
        served = sts_policy_match(&verdict->policy, facts->hosts[i].host) != NULL;
    return served;
}

void suggest_conditions(struct suggesting *suggesting)
{
    enum { CONDITIONS_MAX = 5 };
    struct suggestion *out = suggesting->out;

    out->conditions = calloc(CONDITIONS_MAX, sizeof *out->conditions);
    if (!out->conditions) {
        suggesting->no_memory = true;
        return;
    }
    add_condition(suggesting, out->sts_policy ? state_of_hosts(out) : SUGGEST_FAILS,
                  "every MX host gives TLS, with a certificate that senders trust and that names "
                  "it");
    add_condition(suggesting, is_served(suggesting) ? SUGGEST_HOLDS : SUGGEST_FAILS,
                  "a policy that lists every MX host is served and announced, so that senders "
                  "have it");
    add_condition(suggesting, out->tlsrpt_published ? SUGGEST_HOLDS : SUGGEST_FAILS,
                  "the TLS-RPT record is published, so that senders report");
    add_condition(suggesting, SUGGEST_OPEN,
                  "the TLS-RPT reports of two weeks or more name no failure (mxprobe report reads "
                  "them)");
    add_condition(suggesting, SUGGEST_OPEN,
                  "certificates are renewed without anybody having to remember it");
}
