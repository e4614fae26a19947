/* Rows 68 to 74: TLSA records, and the presented chain against them (RFC 7672). */
#include "policy/judge.h"

#include <stdlib.h>

#include <openssl/x509_vfy.h>

enum { NAMES_MAX = 3 + DNS_ALIASES_MAX };

static struct tls_tlsa as_tlsa(const struct dns_record *record)
{
    return (struct tls_tlsa){.usage = record->u.tlsa.usage,
                             .selector = record->u.tlsa.selector,
                             .matching = record->u.tlsa.matching,
                             .data = record->u.tlsa.data,
                             .length = record->u.tlsa.length};
}

static bool any_usable(const struct dns_answer *tlsa)
{
    for (size_t i = 0; i < tlsa->n_records; i++) {
        struct tls_tlsa record = as_tlsa(&tlsa->records[i]);
        if (tls_tlsa_usable(&record, NULL))
            return true;
    }
    return false;
}

static enum dane_status lookup_status(const struct dns_answer *tlsa)
{
    switch (tlsa->status) {
    case DNS_FOUND:
        if (tlsa->security == DNS_SECURITY_UNKNOWN)
            return DANE_UNKNOWN;
        if (tlsa->security != DNS_SECURE)
            return DANE_ABSENT;
        return any_usable(tlsa) ? DANE_USABLE : DANE_UNUSABLE;
    case DNS_NODATA:
    case DNS_NXDOMAIN:
        return DANE_ABSENT;
    case DNS_BOGUS:
        return DANE_BOGUS;
    case DNS_SERVFAIL:
    case DNS_REFUSED:
    case DNS_TIMEOUT:
    case DNS_MALFORMED:
        return DANE_ERROR;
    case DNS_NOT_ASKED:
        return DANE_UNKNOWN;
    }
    return DANE_UNKNOWN;
}

static bool is_bogus(const struct dns_answer *answer)
{
    return answer && answer->status == DNS_BOGUS;
}

static enum dane_status host_status(const struct host_facts *host)
{
    if (is_bogus(host->a) || is_bogus(host->aaaa))
        return DANE_BOGUS;
    enum dns_security addresses = host_address_security(host);
    bool supplied = host->tlsa && host->tlsa->supplied;
    /* With insecure addresses it was asked for only because the alias itself is secure. Where AD
     * is not believed, what the network says does not count. */
    if (host->tlsa && (addresses != DNS_SECURITY_UNKNOWN || supplied))
        return lookup_status(host->tlsa);
    switch (addresses) {
    case DNS_INSECURE:
        return DANE_INSECURE;
    case DNS_SECURITY_BOGUS:
        return DANE_BOGUS;
    case DNS_SECURE: /* cut before the lookup */
    case DNS_SECURITY_UNKNOWN:
        return DANE_UNKNOWN;
    }
    return DANE_UNKNOWN;
}

/* Says why, of the first record. */
static void add_unusable(struct judge *judge, const struct note *note,
                         const struct dns_answer *tlsa)
{
    const struct dns_record *first = &tlsa->records[0];
    struct tls_tlsa record = as_tlsa(first);
    const char *why = "";

    tls_tlsa_usable(&record, &why);
    judge_add(judge, note, "no TLSA record (%zu in all) is usable; %u %u %u: %s", tlsa->n_records,
              record.usage, record.selector, record.matching, why);
}

/* Our own trouble with the TLSA lookup. */
static void add_not_asked(struct judge *judge, const struct host_facts *host)
{
    const struct note note = {.row = "77",
                              .severity = SEVERITY_UNKNOWN,
                              .reason = REASON_PROBE_ERROR,
                              .stage = STAGE_DNS,
                              .host = host,
                              .fix = judge_not_asked_fix};

    judge_add(judge, &note, "the TLSA records of %s could not be asked for%s%s", host->host,
              host->tlsa->ede_text ? ": " : "", host->tlsa->ede_text ? host->tlsa->ede_text : "");
}

void judge_dane_status(struct judge *judge, size_t host)
{
    const struct host_facts *facts = &judge->facts->hosts[host];
    struct host_verdict *verdict = &judge->verdict->hosts[host];
    const struct dns_answer *tlsa = facts->tlsa;
    struct note note = {.severity = SEVERITY_FAIL,
                        .policy_type = POLICY_TYPE_TLSA,
                        .stage = STAGE_DNS,
                        .host = facts};

    verdict->dane = host_status(facts);
    bool told = host_address_security(facts) != DNS_SECURITY_UNKNOWN;
    bool lookup_failed = tlsa && told && tlsa->status != DNS_FOUND &&
                         (verdict->dane == DANE_ERROR || verdict->dane == DANE_BOGUS);
    if (verdict->dane == DANE_UNUSABLE) {
        note.row = "68";
        note.result_type = RESULT_TLSA_INVALID;
        note.reason = REASON_TLSA_UNUSABLE;
        add_unusable(judge, &note, tlsa);
    } else if (lookup_failed) {
        note.row = "69";
        note.result_type = RESULT_DNSSEC_INVALID;
        note.reason =
            verdict->dane == DANE_BOGUS ? REASON_DNSSEC_BOGUS : REASON_DNS_TEMPORARY_FAILURE;
        judge_add(judge, &note, "%s for %s TLSA, while the addresses are secure%s%s",
                  dns_status_text(tlsa->status), tlsa->name, tlsa->ede_text ? ": " : "",
                  tlsa->ede_text ? tlsa->ede_text : "");
    }
    if (tlsa && tlsa->status == DNS_NOT_ASKED)
        add_not_asked(judge, facts);
    bool lacking = verdict->dane == DANE_UNUSABLE || verdict->dane == DANE_ABSENT ||
                   verdict->dane == DANE_INSECURE || verdict->dane == DANE_UNKNOWN;
    bool routed = judge->verdict->mx_status != MX_NONE;
    if (judge->options->require_dane && lacking && routed) {
        note.row = "74";
        note.result_type = RESULT_DANE_REQUIRED;
        note.reason = REASON_DANE_REQUIRED;
        judge_add(judge, &note, "DANE is required, and the TLSA status of %s is \"%s\"",
                  facts->host, dane_status_text(verdict->dane));
    }
}

/*
 * The reference identifiers (RFC 7672 3.2.2): the TLSA base, the MX name before its alias, and,
 * where the MX itself is secure, the recipient domain and its expansion.
 */
static size_t reference_names(const struct domain_facts *facts, const struct host_facts *host,
                              const char *names[NAMES_MAX])
{
    size_t n = 0;

    if (host->tlsa_base)
        names[n++] = host->tlsa_base;
    names[n++] = host->host;
    if (facts->mx->security == DNS_SECURE) {
        names[n++] = facts->domain;
        for (size_t i = 0; i < facts->mx->n_aliases && n < NAMES_MAX; i++)
            names[n++] = facts->mx->aliases[i];
    }
    return n;
}

/* Row 76 has no policy type: the end that MTA-STS has been told of is not told again. */
static void judge_path_end(struct judge *judge, const struct note *note,
                           const struct chain_verdict *result)
{
    int64_t end_s = result->dane.first_not_after_s;

    if (!judge_sts_in_force(judge->verdict) || end_s != result->webpki.first_not_after_s)
        judge_expiry(judge, note, end_s);
}

static bool names_differ(const struct tls_dane *dane)
{
    for (size_t i = 0; i < dane->n_errors; i++)
        if (dane->errors[i].code == X509_V_ERR_HOSTNAME_MISMATCH)
            return true;
    return dane->outcome == TLS_DANE_NAME_MISMATCH;
}

static void add_outcome(struct judge *judge, const struct note *where, const struct tls_facts *tls,
                        const struct chain_verdict *result, const char *name, size_t n_records)
{
    const struct tls_dane *dane = &result->dane;
    struct note note = *where;

    switch (dane->outcome) {
    case TLS_DANE_NO_MATCH:
        note.row = "70";
        note.result_type = RESULT_VALIDATION_FAILURE;
        note.reason = REASON_DANE_NO_MATCH;
        judge_add(judge, &note, "no TLSA record (%zu in all) matches the chain that was presented",
                  n_records);
        break;
    case TLS_DANE_NAME_MISMATCH:
    case TLS_DANE_EXPIRED:
    case TLS_DANE_UNTRUSTED:
        judge_certificate_errors(judge, &note, tls, dane->errors, dane->n_errors,
                                 names_differ(dane) ? name : NULL);
        break;
    case TLS_DANE_MATCH:
        judge_path_end(judge, &note, result);
        break;
    case TLS_DANE_UNUSABLE:
        break;
    }
}

static void judge_dane_chain(struct judge *judge, const struct note *note,
                             const struct presented *presented, const struct tls_tlsa *records)
{
    const struct host_facts *host = note->host;
    struct chain_verdict *result = presented->verdict;
    const char *names[NAMES_MAX];
    size_t n_names = reference_names(judge->facts, host, names);

    if (tls_dane_verify(presented->tls, records, host->tlsa->n_records, names, n_names,
                        judge->options->at_s, &result->dane) != 0) {
        judge->no_memory = true;
        return;
    }
    result->dane_judged = true;
    add_outcome(judge, note, presented->tls, result, names[0], host->tlsa->n_records);
}

void judge_dane_endpoint(struct judge *judge, size_t host, size_t index)
{
    const struct host_facts *facts = &judge->facts->hosts[host];
    const struct smtp_facts *endpoint = facts->endpoints[index];
    struct presented presented[PRESENTED_MAX];
    size_t n = judge_presented(judge, host, index, presented);
    struct note note = {.severity = SEVERITY_FAIL,
                        .policy_type = POLICY_TYPE_TLSA,
                        .stage = STAGE_CERTIFICATE,
                        .host = facts,
                        .endpoint = endpoint};

    bool usable = judge->verdict->hosts[host].dane == DANE_USABLE;
    if (!usable || !n || endpoint->starttls != SMTP_STARTTLS_ACCEPTED)
        return;
    struct tls_tlsa *records = calloc(facts->tlsa->n_records, sizeof *records);
    if (!records) {
        judge->no_memory = true;
        return;
    }
    for (size_t i = 0; i < facts->tlsa->n_records; i++)
        records[i] = as_tlsa(&facts->tlsa->records[i]);
    for (size_t i = 0; i < n; i++) {
        note.key = presented[i].key;
        judge_dane_chain(judge, &note, &presented[i], records);
    }
    free(records);
}
