/*
 * The rows about the domain itself: where its mail goes and what it publishes.
 */
#include "output/text_parts.h"

enum { PATTERNS_SHOWN = 16 };

static void row(struct page *page, const char *label)
{
    page_row(page, 0, PAINT_FAINT, label, TEXT_DOMAIN_BODY);
}

static void say_list(struct page *page, char *const *texts, size_t n_texts)
{
    for (size_t i = 0; i < n_texts && i < PATTERNS_SHOWN; i++) {
        page_say(page, i > 0 ? ", " : "");
        page_say(page, texts[i]);
    }
    if (n_texts > PATTERNS_SHOWN)
        page_sayf(page, " and %zu more", n_texts - PATTERNS_SHOWN);
}

static const char *mx_words(enum mx_status status)
{
    switch (status) {
    case MX_FOUND:
        return NULL;
    case MX_IMPLICIT:
        return "none: the domain's own address takes the mail";
    case MX_NULL:
        return "null MX: the domain takes no mail";
    case MX_NONE:
        return "none, and no address either: mail cannot be delivered";
    case MX_NXDOMAIN:
        return "the domain does not exist";
    case MX_SERVFAIL:
        return "the DNS lookup failed";
    case MX_TIMEOUT:
        return "the DNS did not answer in time";
    case MX_BOGUS:
        return "the answer fails DNSSEC validation";
    }
    return NULL;
}

/* What the resolver adds to a failure (RFC 8914) is often the whole explanation. */
static void extended_error(struct page *page, const struct dns_answer *answer)
{
    if (!answer || answer->ede_code < 0)
        return;
    const char *name = dns_ede_name(answer->ede_code);
    page_sayf(page, " (the resolver says: %s", name ? name : "");
    page_sayf(page, "%s%d", name ? ", error " : "error ", answer->ede_code);
    if (answer->ede_text && answer->ede_text[0]) {
        page_say(page, ": ");
        page_say(page, answer->ede_text);
    }
    page_say(page, ")");
}

static void mx(struct page *page, const struct result *result)
{
    const struct domain_facts *facts = result->facts;
    const char *words = mx_words(result->verdict->mx_status);

    row(page, "MX");
    page_say(page, words);
    for (size_t i = 0; !words && i < facts->n_hosts; i++) {
        page_sayf(page, "%s%u ", i > 0 ? ", " : "", (unsigned)facts->hosts[i].preference);
        page_say(page, facts->hosts[i].host);
    }
    if (!words && facts->hosts_seen > facts->n_hosts) {
        page_sayf(page, " and %zu more that were not looked at",
                  facts->hosts_seen - facts->n_hosts);
    }
    extended_error(page, facts->mx);
}

/* True when the MX answer and the addresses of every host are alike. */
static bool one_security(const struct domain_facts *facts, enum dns_security security)
{
    for (size_t i = 0; i < facts->n_hosts; i++)
        if (host_address_security(&facts->hosts[i]) != security)
            return false;
    return facts->n_hosts > 0;
}

static bool anything_supplied(const struct domain_facts *facts)
{
    const struct dns_answer *mx = facts->mx;
    bool supplied = mx && mx->supplied;

    for (size_t i = 0; i < facts->n_hosts && !supplied; i++) {
        const struct dns_answer *a = facts->hosts[i].a, *aaaa = facts->hosts[i].aaaa;
        supplied = (a && a->supplied) || (aaaa && aaaa->supplied);
    }
    return supplied;
}

static void dnssec(struct page *page, const struct domain_facts *facts)
{
    enum dns_security security = facts->mx ? facts->mx->security : DNS_SECURITY_UNKNOWN;
    bool alike = one_security(facts, security);

    row(page, "DNSSEC");
    page_sayf(page, "MX %s%s", alike ? "and addresses " : "", dns_security_text(security));
    for (size_t i = 0; !alike && i < facts->n_hosts; i++) {
        enum dns_security addresses = host_address_security(&facts->hosts[i]);
        page_say(page, i > 0 ? ", " : "; addresses of ");
        page_say(page, facts->hosts[i].host);
        page_sayf(page, " %s", dns_security_text(addresses));
    }
    if (anything_supplied(facts))
        page_say(page, " (what the options supply counts as secure)");
    if (!facts->ad_believed)
        page_say(page, " (not checked: the resolver is not trusted to validate; see --trust-ad)");
    else if (facts->validation == DNS_DOES_NOT_VALIDATE)
        page_say(page, " (the resolver does not validate)");
}

static void say_duration(struct page *page, int64_t seconds)
{
    enum { DAY = 86400, HOUR = 3600 };

    if (seconds >= DAY)
        page_sayf(page, "%lld day%s", (long long)(seconds / DAY), seconds / DAY == 1 ? "" : "s");
    else if (seconds >= HOUR)
        page_sayf(page, "%lld hour%s", (long long)(seconds / HOUR), seconds / HOUR == 1 ? "" : "s");
    else
        page_sayf(page, "%lld seconds", (long long)seconds);
}

static void fetch_error(struct page *page, const struct sts_fetch_facts *fetch)
{
    page_paint(page, PAINT_BAD, "policy cannot be fetched");
    if (fetch && fetch->http_status > 0)
        page_sayf(page, ": HTTP status %ld", fetch->http_status);
    if (fetch && fetch->error) {
        page_say(page, ": ");
        page_say(page, fetch->error);
    }
}

static void sts_policy(struct page *page, const struct result *result)
{
    const struct verdict *verdict = result->verdict;
    const struct sts_policy *policy = &verdict->policy;

    switch (verdict->sts_status) {
    case STS_POLICY_VALID:
        page_paint(page, PAINT_STRONG, sts_mode_text(policy->mode));
        page_say(page, result->facts->sts_mode_given ? " (as --sts-mode says) for " : " for ");
        say_duration(page, policy->max_age_s);
        page_say(page, ", mx ");
        page_say(page, policy->n_mx > 0 ? NULL : "none");
        say_list(page, policy->mx, policy->n_mx);
        break;
    case STS_POLICY_NOT_FETCHED:
        page_say(page, "policy not fetched");
        break;
    case STS_POLICY_FETCH_ERROR:
        fetch_error(page, result->facts->sts_fetch);
        break;
    case STS_POLICY_WEBPKI_INVALID:
        page_paint(page, PAINT_BAD, "policy not believed: the certificate of its host is not good");
        break;
    case STS_POLICY_INVALID:
        page_paint(page, PAINT_BAD, "policy invalid");
        page_say(page, policy->problem ? ": " : NULL);
        page_say(page, policy->problem);
        break;
    }
}

static void mta_sts(struct page *page, const struct result *result)
{
    const struct sts_record *record = &result->verdict->sts_record;

    row(page, "MTA-STS");
    switch (record->status) {
    case STS_RECORD_VALID:
        sts_policy(page, result);
        /* After words about what went wrong the id would read as if it were part of them. */
        page_sayf(page, result->verdict->sts_status == STS_POLICY_VALID ? ", id %s" : " (id %s)",
                  record->id);
        break;
    case STS_RECORD_ABSENT:
        page_say(page, "no record");
        break;
    case STS_RECORD_INVALID:
        page_paint(page, PAINT_BAD, "record invalid");
        page_say(page, record->problem ? ": " : NULL);
        page_say(page, record->problem);
        break;
    case STS_RECORD_MULTIPLE:
        page_paint(page, PAINT_BAD, "more than one record");
        page_say(page, ": senders see none");
        break;
    case STS_RECORD_ERROR:
        page_say(page, "the record could not be looked up");
        extended_error(page, result->facts->sts_txt);
        break;
    }
    if (record->status == STS_RECORD_INVALID && record->text) {
        page_row(page, TEXT_DOMAIN_BODY, PAINT_NONE, NULL, TEXT_DOMAIN_BODY);
        page_sayf(page, "\"%s\"", record->text);
    }
}

static void tls_rpt(struct page *page, const struct result *result)
{
    const struct tlsrpt_record *record = &result->verdict->tlsrpt;

    row(page, "TLS-RPT");
    switch (record->status) {
    case TLSRPT_VALID:
        page_say(page, "reports go to ");
        say_list(page, record->rua, record->n_rua);
        break;
    case TLSRPT_ABSENT:
        page_say(page, "no record");
        break;
    case TLSRPT_INVALID:
        page_paint(page, PAINT_CAUTION, "record invalid");
        page_say(page, record->problem ? ": " : NULL);
        page_say(page, record->problem);
        break;
    case TLSRPT_MULTIPLE:
        page_paint(page, PAINT_CAUTION, "more than one record");
        page_say(page, ": no reports are sent");
        break;
    case TLSRPT_ERROR:
        page_say(page, "the record could not be looked up");
        extended_error(page, result->facts->tlsrpt_txt);
        break;
    }
}

void text_domain(struct page *page, const struct result *result)
{
    page_blank(page);
    mx(page, result);
    dnssec(page, result->facts);
    mta_sts(page, result);
    tls_rpt(page, result);
}
