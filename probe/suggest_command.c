/*
 * The suggest command: a domain is probed as check does, and what fits it is printed.
 */
#include "probe/commands.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/host_fqdn.h"
#include "dns/name.h"
#include "output/suggest.h"
#include "probe/clock.h"
#include "probe/input.h"
#include "probe/one_domain.h"
#include "probe/prepare.h"
#include "probe/terminal.h"
#include "tls/pem.h"

enum { STATUS_NO_MAIL = 2 };

static bool read_domain(const struct settings *settings, char domain[DNS_NAME_MAX + 1],
                        struct failure *failure)
{
    if (settings->n_operands != 1) {
        failure_set(failure, STATUS_USAGE,
                    "suggest takes one DOMAIN; try: mxprobe suggest example.com");
        return false;
    }
    enum dns_name_status status = dns_name_from_user(settings->operands[0], domain);
    if (status != DNS_NAME_OK)
        failure_set(failure, STATUS_USAGE, "\"%.300s\" is not a domain: %s", settings->operands[0],
                    dns_name_status_text(status));
    return status == DNS_NAME_OK;
}

/* --next-cert FILE; none is fine. */
static bool read_next(const struct settings *settings, struct tls_facts **out,
                      struct failure *failure)
{
    size_t length = 0;

    *out = NULL;
    if (!settings->next_cert_file)
        return true;
    uint8_t *bytes = input_read(settings->next_cert_file, &length, failure);
    if (!bytes)
        return false;
    switch (tls_pem_read(bytes, length, out)) {
    case TLS_PEM_OK:
        break;
    case TLS_PEM_NONE:
        failure_set(failure, STATUS_BAD_DATA, "%s holds no usable PEM certificate",
                    settings->next_cert_file);
        break;
    case TLS_PEM_NO_MEMORY:
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
        break;
    }
    free(bytes);
    return *out != NULL;
}

static int status_of(enum suggest_outcome outcome)
{
    switch (outcome) {
    case SUGGEST_MADE:
        return STATUS_OK;
    case SUGGEST_NO_MAIL:
        return STATUS_NO_MAIL;
    case SUGGEST_UNKNOWN:
        break;
    }
    return STATUS_UNKNOWN;
}

static int print(const struct settings *settings, const struct domain_facts *facts,
                 const struct suggestion *suggestion, struct failure *failure)
{
    bool color = terminal_color(settings->color);

    errno = 0;
    int printed = settings->format == FORMAT_JSON
                      ? suggestion_print_json(stdout, facts, suggestion)
                      : suggestion_print_text(stdout, facts, suggestion, color);
    if (printed != 0 && errno == ENOMEM)
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
    else if (printed != 0 || fflush(stdout) != 0)
        failure_set(failure, STATUS_OUTPUT, "cannot write the output: %s", strerror(errno));
    return status_of(suggestion->outcome);
}

/* From facts to print. */
static int suggest(const struct settings *settings, const struct domain_facts *facts,
                   const struct tls_facts *next, struct tls_trust *trust, struct failure *failure)
{
    struct judge_options judge = settings->judge;
    int status = STATUS_SOFTWARE;
    struct suggestion suggestion;
    struct verdict verdict;

    judge.trust = trust;
    if (!settings->at_given)
        judge.at_s = clock_wall_ms() / 1000;
    const struct suggest_options options = {
        .now_s = clock_wall_ms() / 1000, .judge = &judge, .next = next};
    if (verdict_judge(facts, &judge, &verdict) != 0) {
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
        return status;
    }
    if (suggest_make(facts, &verdict, &options, &suggestion) != 0) {
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
    } else {
        status = print(settings, facts, &suggestion, failure);
        suggestion_clear(&suggestion);
    }
    verdict_clear(&verdict);
    return status;
}

static int probe(const struct settings *settings, const char *domain, const struct tls_facts *next,
                 struct failure *failure)
{
    struct tls_trust *trust = NULL;
    int status = STATUS_SOFTWARE, interrupted_by = 0;

    if (!prepare_trust(settings, &trust, failure))
        return status;
    struct domain_facts *facts =
        one_domain_probe(settings, domain, trust, &interrupted_by, failure);
    if (facts && !interrupted_by) /* half of the facts make no suggestion */
        status = suggest(settings, facts, next, trust, failure);
    domain_facts_free(facts);
    tls_trust_free(trust);
    if (interrupted_by) { /* die of the signal, as a shell expects */
        signal(interrupted_by, SIG_DFL);
        raise(interrupted_by);
    }
    return status;
}

int suggest_command(struct settings *settings, struct failure *failure)
{
    char *fqdn = settings->live.session.ehlo ? NULL : dns_host_fqdn();
    char domain[DNS_NAME_MAX + 1];
    struct tls_facts *next = NULL;
    int status = STATUS_SOFTWARE;

    if (fqdn && strlen(fqdn) <= SMTP_EHLO_NAME_MAX)
        settings->live.session.ehlo = fqdn;
    settings->live.both_keys = true; /* TLSA records have to name every key that is in use */
    settings->job.fetch_anyway = true;
    if (read_domain(settings, domain, failure) && read_next(settings, &next, failure)) {
        if (sts_fetch_library_init() == 0) {
            status = probe(settings, domain, next, failure);
            sts_fetch_library_cleanup();
        } else {
            failure_set(failure, STATUS_SOFTWARE, "out of memory");
        }
    }
    tls_facts_unref(next);
    free(fqdn);
    return status;
}
