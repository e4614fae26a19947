#include "probe/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>

#include "probe/input.h"

enum {
    DESCRIPTORS_OF_THE_LOOP = 8, /* epoll, timer, signals, and some to work with */
    DESCRIPTORS_A_DOMAIN = 16,   /* what a domain may need at once, for sizing */
    DESCRIPTORS_WANTED = 16384,
};

/* The policy as if it had been fetched. False when it cannot be read. */
static bool read_policy(struct settings *settings, const char *domain, struct failure *failure)
{
    struct sts_fetch_facts *facts = sts_fetch_facts_new(domain, settings->job.sts_port);

    if (!facts) {
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
        return false;
    }
    settings->what_if.sts_policy = facts;
    settings->job.sts_policy = facts;
    facts->body = input_read(settings->sts_policy_file, &facts->length, failure);
    facts->problem = STS_FETCH_OK;
    facts->http_status = 200;
    facts->supplied = true;
    return facts->body != NULL;
}

bool prepare_policy(struct settings *settings, const char *domain, struct failure *failure)
{
    struct sts_policy policy;

    if (!settings->sts_policy_file)
        return true;
    if (!read_policy(settings, domain, failure))
        return false;
    const struct sts_fetch_facts *facts = settings->what_if.sts_policy;
    if (sts_policy_read(facts->body, facts->length, &policy) != 0)
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
    else if (!policy.valid)
        failure_set(failure, STATUS_BAD_DATA, "%s: %s", settings->sts_policy_file, policy.problem);
    sts_policy_clear(&policy);
    if (!settings->what_if.sts_record)
        settings->what_if.sts_record = "v=STSv1; id=whatif;";
    return !failure->status;
}

bool prepare_trust(const struct settings *settings, struct tls_trust **out, struct failure *failure)
{
    const char *ca_file = settings->ca_file, *crl_file = settings->crl_file;

    switch (tls_trust_new(ca_file, crl_file, out)) {
    case TLS_TRUST_OK:
        return true;
    case TLS_TRUST_UNREADABLE:
        failure_set(failure, STATUS_NO_INPUT, "cannot open %s: %s", ca_file, strerror(errno));
        break;
    case TLS_TRUST_MALFORMED:
        failure_set(failure, STATUS_BAD_DATA, "%s holds no usable PEM certificate", ca_file);
        break;
    case TLS_TRUST_CRL_UNREADABLE:
        failure_set(failure, STATUS_NO_INPUT, "cannot open %s: %s", crl_file, strerror(errno));
        break;
    case TLS_TRUST_CRL_MALFORMED:
        failure_set(failure, STATUS_BAD_DATA, "%s holds no usable PEM CRL", crl_file);
        break;
    case TLS_TRUST_NO_MEMORY:
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
        break;
    }
    return false;
}

bool prepare_room(void)
{
    int held[DESCRIPTORS_OF_THE_LOOP];
    size_t n = 0;

    while (n < DESCRIPTORS_OF_THE_LOOP && (held[n] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        n++;
    int error = errno;
    for (size_t i = 0; i < n; i++)
        close(held[i]);
    errno = error;
    return n == DESCRIPTORS_OF_THE_LOOP;
}

size_t prepare_open_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    rlim_t wanted = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return (size_t)limit.rlim_cur;
}

size_t prepare_descriptors(void)
{
    size_t domains = prepare_open_files() / DESCRIPTORS_A_DOMAIN;

    return domains ? domains : 1;
}

size_t prepare_sessions(void)
{
    size_t sessions = prepare_open_files() / 4 * 3;

    return sessions ? sessions : 1;
}
