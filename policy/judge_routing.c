/* Rows 1 to 5a: where the mail goes, as the DNS says. */
#include "policy/judge.h"

#include "policy/mx.h"

static bool found(const struct dns_answer *answer)
{
    return answer && answer->status == DNS_FOUND;
}

static bool denied(const struct dns_answer *answer)
{
    return answer && (answer->status == DNS_NODATA || answer->status == DNS_NXDOMAIN);
}

static enum mx_status failed_status(const struct dns_answer *answer)
{
    if (!answer || answer->status == DNS_TIMEOUT)
        return MX_TIMEOUT;
    return answer->status == DNS_BOGUS ? MX_BOGUS : MX_SERVFAIL;
}

/* No MX, but the domain exists: its own addresses serve, if there are any (RFC 5321 5.1). */
static enum mx_status implicit_status(const struct domain_facts *facts)
{
    const struct host_facts *host = facts->n_hosts ? &facts->hosts[0] : NULL;

    if (!host)
        return MX_NONE;
    if (found(host->a) || found(host->aaaa))
        return MX_IMPLICIT;
    const struct dns_answer *const answers[] = {host->a, host->aaaa};
    for (size_t i = 0; i < 2; i++)
        if (answers[i] && !denied(answers[i]))
            return failed_status(answers[i]);
    return host->a || host->aaaa ? MX_NONE : MX_TIMEOUT;
}

static enum mx_status routing_status(const struct domain_facts *facts)
{
    bool conflict;

    if (!facts->mx)
        return MX_TIMEOUT;
    switch (facts->mx->status) {
    case DNS_FOUND:
        return mx_is_null(facts->mx, &conflict) && !conflict ? MX_NULL : MX_FOUND;
    case DNS_NODATA:
        return implicit_status(facts);
    case DNS_NXDOMAIN:
        return MX_NXDOMAIN;
    case DNS_SERVFAIL:
    case DNS_REFUSED:
    case DNS_TIMEOUT:
    case DNS_BOGUS:
    case DNS_MALFORMED:
    case DNS_NOT_ASKED:
        return failed_status(facts->mx);
    }
    return MX_SERVFAIL;
}

/* "the MX records of example.test: SERVFAIL (No Reachable Authority: …)" as a finding. */
static void add_failure(struct judge *judge, const struct dns_answer *answer,
                        const struct host_facts *host)
{
    struct note note = {.stage = STAGE_DNS, .host = host};
    const char *ede = dns_ede_name(answer->ede_code);
    const char *text = answer->ede_text;
    bool bogus = answer->status == DNS_BOGUS;

    if (bogus) {
        note.row = "5";
        note.severity = SEVERITY_FAIL;
        note.result_type = RESULT_DNSSEC_INVALID;
        note.reason = REASON_DNSSEC_BOGUS;
        note.policy_type = POLICY_TYPE_TLSA;
    } else {
        bool asked = answer->status != DNS_NOT_ASKED; /* else the trouble is our own */
        note.row = asked ? "4" : "77";
        note.severity = SEVERITY_UNKNOWN;
        note.reason = asked ? REASON_DNS_TEMPORARY_FAILURE : REASON_PROBE_ERROR;
        note.fix = asked ? NULL : judge_not_asked_fix;
    }
    judge_add(judge, &note, "the %s records of %s: %s%s%s%s%s%s", dns_type_text(answer->type),
              answer->name, bogus ? "DNSSEC validation fails" : dns_status_text(answer->status),
              ede || text ? " (" : "", ede ? ede : "", ede && text ? ": " : "", text ? text : "",
              ede || text ? ")" : "");
}

static void add_null(struct judge *judge, bool conflict)
{
    struct note note = {.row = conflict ? "3" : "2",
                        .severity = conflict ? SEVERITY_WARNING : SEVERITY_INFO,
                        .reason = conflict ? REASON_NULL_MX_CONFLICT : REASON_NULL_MX,
                        .stage = STAGE_DNS};

    if (conflict)
        judge_add(judge, &note, "a null MX beside %zu other records; it is left out here",
                  judge->facts->mx->n_records - 1);
    else
        judge_add(judge, &note, "the only MX record is \"0 .\"");
}

static void add_no_mail_host(struct judge *judge, enum mx_status status)
{
    const struct note note = {.row = "1",
                              .severity = SEVERITY_FAIL,
                              .reason = REASON_DNS_NO_MAIL_HOST,
                              .stage = STAGE_DNS};

    judge_add(judge, &note, "%s",
              status == MX_NXDOMAIN ? "the domain does not exist (NXDOMAIN)"
                                    : "the domain has neither MX nor A nor AAAA records");
}

void judge_routing(struct judge *judge)
{
    const struct domain_facts *facts = judge->facts;
    enum mx_status status = routing_status(facts);
    bool conflict = false;
    const struct note cut = {.row = "B3",
                             .severity = SEVERITY_INFO,
                             .reason = REASON_MX_LIMIT_REACHED,
                             .stage = STAGE_DNS};

    judge->verdict->mx_status = status;
    if (status == MX_NXDOMAIN || status == MX_NONE)
        add_no_mail_host(judge, status);
    if (facts->mx && mx_is_null(facts->mx, &conflict))
        add_null(judge, conflict);
    bool own = facts->mx && !found(facts->mx) && !denied(facts->mx);
    if (own)
        add_failure(judge, facts->mx, NULL);
    if (facts->hosts_seen > facts->n_hosts)
        judge_add(judge, &cut, "%zu MX hosts, of which the first %zu were probed",
                  facts->hosts_seen, facts->n_hosts);
}

/* Can any host take mail, or at least not be told that it cannot? */
static bool any_host_left(const struct domain_facts *facts)
{
    for (size_t i = 0; i < facts->n_hosts; i++) {
        const struct host_facts *host = &facts->hosts[i];
        bool none = (!host->a || denied(host->a)) && (!host->aaaa || denied(host->aaaa));
        if (!host->is_literal && !none)
            return true;
    }
    return false;
}

static void add_unusable(struct judge *judge, const struct host_facts *host)
{
    struct note note = {
        .row = "5a",
        .severity = any_host_left(judge->facts) ? SEVERITY_WARNING : SEVERITY_FAIL,
        .reason = host->is_literal ? REASON_MX_IS_LITERAL : REASON_MX_NO_ADDRESS,
        .stage = STAGE_DNS,
        .host = host,
    };

    if (host->is_literal)
        judge_add(judge, &note, "the MX record names the address %s instead of a host", host->host);
    else
        judge_add(judge, &note, "%s has no %s", host->host,
                  host->a && host->aaaa ? "A and no AAAA record"
                  : host->a             ? "A record"
                                        : "AAAA record");
}

static const struct dns_answer *alias_answer(const struct host_facts *host)
{
    if (host->a && host->a->n_aliases)
        return host->a;
    return host->aaaa && host->aaaa->n_aliases ? host->aaaa : NULL;
}

static void add_failures(struct judge *judge, const struct host_facts *host)
{
    bool a = host->a && !found(host->a) && !denied(host->a);
    bool aaaa = host->aaaa && !found(host->aaaa) && !denied(host->aaaa);

    if (a)
        add_failure(judge, host->a, host);
    if (aaaa && !(a && host->a->status == host->aaaa->status)) /* the same twice is one cause */
        add_failure(judge, host->aaaa, host);
}

void judge_host_addresses(struct judge *judge, size_t host)
{
    const struct host_facts *facts = &judge->facts->hosts[host];
    const struct dns_answer *alias = alias_answer(facts);
    bool implicit = judge->facts->mx->status == DNS_NODATA;
    const struct note cname = {.row = "5a",
                               .severity = SEVERITY_WARNING,
                               .reason = REASON_MX_IS_CNAME,
                               .stage = STAGE_DNS,
                               .host = facts};
    const struct note cut = {.row = "B3",
                             .severity = SEVERITY_INFO,
                             .reason = REASON_MX_LIMIT_REACHED,
                             .stage = STAGE_DNS,
                             .host = facts};

    add_failures(judge, facts);
    bool asked = facts->a || facts->aaaa;
    bool none = asked && (!facts->a || denied(facts->a)) && (!facts->aaaa || denied(facts->aaaa));
    if (facts->is_literal || (none && !implicit))
        add_unusable(judge, facts);
    if (alias && !implicit)
        judge_add(judge, &cname, "%s is an alias of %s", facts->host, dns_answer_canonical(alias));
    if (facts->addresses_seen > facts->n_endpoints)
        judge_add(judge, &cut, "%zu addresses, of which %zu were probed", facts->addresses_seen,
                  facts->n_endpoints);
}
