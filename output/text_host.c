/*
 * The mail hosts, and what was met at each of their addresses.
 */
#include <stdlib.h>
#include <string.h>

#include "output/text_parts.h"
#include "policy/tlsa.h"

/* Digests are shown whole, to be compared; certificates and keys only begin. */
enum { RECORDS_SHOWN = 4, DIGEST_LENGTH_MAX = 64, RECORD_COLUMNS = 70 };

static void host_row(struct page *page, const char *label)
{
    page_row(page, TEXT_HOST_INDENT, PAINT_FAINT, label, TEXT_HOST_BODY);
}

static void address_row(struct page *page, const char *label)
{
    page_row(page, TEXT_ADDRESS_INDENT, PAINT_FAINT, label, TEXT_ADDRESS_BODY);
}

static const char *dane_words(enum dane_status status)
{
    switch (status) {
    case DANE_USABLE:
        return "usable";
    case DANE_UNUSABLE:
        return "no record is usable: senders require TLS, authenticate nobody";
    case DANE_ABSENT:
        return "none";
    case DANE_INSECURE:
        return "not looked up: the addresses are not secured by DNSSEC";
    case DANE_BOGUS:
        return "the answer fails DNSSEC validation: senders defer";
    case DANE_ERROR:
        return "the lookup failed: senders defer";
    case DANE_UNKNOWN:
        break;
    }
    return "not known";
}

static enum paint dane_paint(enum dane_status status)
{
    bool broken = status == DANE_UNUSABLE || status == DANE_BOGUS || status == DANE_ERROR;
    return broken ? PAINT_BAD : PAINT_NONE;
}

static void tlsa_records(struct page *page, const struct dns_answer *answer, bool all)
{
    for (size_t i = 0; answer && i < answer->n_records; i++) {
        if (!all && i == RECORDS_SHOWN) {
            host_row(page, "");
            page_sayf(page, "and %zu more", answer->n_records - i);
            break;
        }
        char *text = tlsa_record_format(&answer->records[i]);
        size_t length = answer->records[i].u.tlsa.length;
        page->failed |= !text;
        if (all || length <= DIGEST_LENGTH_MAX) {
            page_line(page, TEXT_HOST_BODY, text);
        } else {
            host_row(page, "");
            page_sayf(page, "%.*s... (%zu bytes)", RECORD_COLUMNS, text ? text : "", length);
        }
        free(text);
    }
}

static void host_head(struct page *page, const struct result *result, size_t index, bool all)
{
    const struct host_facts *host = &result->facts->hosts[index];
    const struct host_verdict *verdict = &result->verdict->hosts[index];

    page_row(page, 0, PAINT_NONE, NULL, 0);
    page_paint(page, PAINT_STRONG, host->host);
    page_sayf(page, " (preference %u)", (unsigned)host->preference);
    if (result->verdict->sts_status == STS_POLICY_VALID && result->verdict->policy.valid) {
        host_row(page, "MTA-STS");
        page_paint(page, verdict->sts_match ? PAINT_NONE : PAINT_BAD,
                   verdict->sts_match ? "allowed by " : "matches no mx of the policy");
        page_say(page, verdict->sts_match);
    }
    host_row(page, "DANE");
    page_paint(page, dane_paint(verdict->dane), dane_words(verdict->dane));
    if (host->tlsa_base && strcmp(host->tlsa_base, host->host) != 0)
        page_sayf(page, ", found at %s", host->tlsa_base);
    tlsa_records(page, host->tlsa, all);
}

static void duration(struct page *page, const char *phase, int duration_ms, const char **join)
{
    if (duration_ms >= 0) {
        page_sayf(page, "%s%s %d ms", *join, phase, duration_ms);
        *join = ", ";
    }
}

static void session_details(struct page *page, const struct smtp_facts *facts)
{
    const struct smtp_timings *timings = &facts->timings;
    const char *join = "";

    if (facts->banner) {
        address_row(page, "banner");
        page_say(page, facts->banner);
    }
    if (facts->helo) {
        address_row(page, "named itself");
        page_say(page, facts->helo);
    }
    for (size_t i = 0; i < facts->n_capabilities; i++) {
        if (i == 0)
            address_row(page, "offers");
        page_say(page, i > 0 ? ", " : "");
        page_say(page, facts->capabilities[i]);
    }
    if (timings->connect >= 0) {
        address_row(page, "took");
        duration(page, "connect", timings->connect, &join);
        duration(page, "banner", timings->banner, &join);
        duration(page, "EHLO", timings->ehlo, &join);
        duration(page, "STARTTLS", timings->starttls, &join);
        duration(page, "handshake", timings->handshake, &join);
    }
}

/* A chain that an address showed, of the session or of the other kind of key, and its worth. */
struct shown {
    const struct tls_facts *tls; /* NULL: none */
    const struct chain_verdict *verdict;
};

static struct shown shown_at(const struct result *result, size_t at_host, size_t at_endpoint,
                             bool other)
{
    const struct smtp_facts *facts = result->facts->hosts[at_host].endpoints[at_endpoint];
    const struct endpoint_verdict *verdict =
        &result->verdict->hosts[at_host].endpoints[at_endpoint];

    return other ? (struct shown){facts->other_key.tls, &verdict->other}
                 : (struct shown){facts->tls, &verdict->chain};
}

static bool alike(struct shown a, struct shown b)
{
    return a.tls && b.tls && a.tls->n_chain > 0 && b.tls->n_chain > 0 &&
           memcmp(a.tls->chain[0].sha256, b.tls->chain[0].sha256, TLS_SHA256_LENGTH) == 0 &&
           a.verdict->webpki.trusted == b.verdict->webpki.trusted &&
           a.verdict->webpki.n_errors == b.verdict->webpki.n_errors &&
           a.verdict->name_matches == b.verdict->name_matches &&
           a.verdict->dane_judged == b.verdict->dane_judged &&
           a.verdict->dane.outcome == b.verdict->dane.outcome;
}

/* In full only where no address before has shown the same certificate, judged the same way. */
static void certificate(struct page *page, const struct result *result, size_t at_host,
                        size_t at_endpoint, bool other)
{
    const struct host_facts *host = &result->facts->hosts[at_host];
    struct shown shown = shown_at(result, at_host, at_endpoint, other);
    char ip[DNS_ADDRESS_TEXT_MAX];
    size_t first = 0;

    while (first < at_endpoint && !alike(shown, shown_at(result, at_host, first, other)))
        first++;
    if (first == at_endpoint) {
        text_certificate(page, shown.tls, shown.verdict, host->tlsa, result->now_s);
        return;
    }
    dns_address_format(&host->endpoints[first]->address, ip);
    address_row(page, "certificate");
    page_sayf(page, "the same as at %s", ip);
}

static void session_of(struct page *page, const struct tls_facts *tls)
{
    page_sayf(page, "%s, %s%s%s", tls->protocol, tls->cipher, tls->group ? ", " : "",
              tls->group ? tls->group : "");
}

/* What an offer of the other kind of key alone was answered with (--both-keys). */
static void other_key(struct page *page, const struct result *result, size_t at_host,
                      size_t at_endpoint)
{
    const struct smtp_facts *facts = result->facts->hosts[at_host].endpoints[at_endpoint];
    const struct other_key *other = &facts->other_key;
    const struct smtp_facts end = {.problem = other->problem, .tls_failure = other->failure};
    bool rsa = facts->tls && facts->tls->n_chain && facts->tls->chain[0].key_kind == TLS_KEY_RSA;

    if (other->status == OTHER_KEY_NOT_LOOKED)
        return;
    address_row(page, "other key");
    switch (other->status) {
    case OTHER_KEY_NOT_LOOKED:
        break;
    case OTHER_KEY_NONE:
        page_sayf(page, "none: the server has no certificate with an %s key", rsa ? "EC" : "RSA");
        break;
    case OTHER_KEY_SEEN:
        page_sayf(page, "%s: ", other->tls->chain[0].key);
        session_of(page, other->tls);
        certificate(page, result, at_host, at_endpoint, true);
        break;
    case OTHER_KEY_UNKNOWN:
        page_paint(page, PAINT_CAUTION, "not known");
        page_say(page, ": ");
        text_session_end(page, &end);
        break;
    }
}

static void resumption(struct page *page, const struct tls_resumption *resumption)
{
    if (resumption->offer == TLS_RESUMPTION_UNKNOWN)
        return;
    address_row(page, "resumption");
    if (resumption->offer == TLS_RESUMPTION_NONE)
        page_say(page, "not offered");
    else if (resumption->offer == TLS_RESUMPTION_SESSION_ID)
        page_say(page, "by session ID");
    else
        page_say(page, "by ticket");
    if (resumption->lifetime_s >= 0 && resumption->offer == TLS_RESUMPTION_TICKET)
        page_sayf(page, ", good for %lld s", (long long)resumption->lifetime_s);
}

static void endpoint(struct page *page, const struct result *result, size_t at_host,
                     size_t at_endpoint, int verbosity)
{
    const struct smtp_facts *facts = result->facts->hosts[at_host].endpoints[at_endpoint];
    const struct tls_facts *tls = facts->tls;
    char ip[DNS_ADDRESS_TEXT_MAX];

    dns_address_format(&facts->address, ip);
    page_row(page, TEXT_HOST_INDENT, PAINT_NONE, NULL, TEXT_ADDRESS_INDENT);
    page_paint(page, PAINT_STRONG, ip);
    page_sayf(page, " port %u: ", (unsigned)facts->port);
    if (!tls) {
        text_session_end(page, facts);
    } else {
        if (facts->starttls == SMTP_STARTTLS_NOT_OFFERED) {
            page_paint(page, PAINT_CAUTION, "STARTTLS is not offered");
            page_say(page, ", but works: ");
        }
        session_of(page, tls);
        certificate(page, result, at_host, at_endpoint, false);
    }
    if (tls && facts->problem != SMTP_FINE) {
        address_row(page, "then");
        text_session_end(page, facts);
    }
    other_key(page, result, at_host, at_endpoint);
    text_survey(page, &facts->survey);
    if (verbosity >= 1 && tls)
        resumption(page, &facts->resumption);
    if (verbosity >= 2) {
        session_details(page, facts);
        text_chains(page, facts, &result->verdict->hosts[at_host].endpoints[at_endpoint],
                    result->now_s);
    }
    if (verbosity >= 1) {
        page_end(page);
        text_dialogue(page, TEXT_ADDRESS_INDENT, facts);
    }
}

static void host(struct page *page, const struct result *result, size_t index, int verbosity)
{
    const struct host_facts *facts = &result->facts->hosts[index];

    page_blank(page);
    host_head(page, result, index, verbosity >= 2);
    for (size_t i = 0; i < facts->n_endpoints; i++)
        endpoint(page, result, index, i, verbosity);
    if (facts->n_endpoints == 0)
        page_row(page, TEXT_HOST_INDENT, PAINT_CAUTION, "no address", TEXT_HOST_BODY);
    if (facts->addresses_seen > facts->n_endpoints) {
        host_row(page, "");
        page_sayf(page, "and %zu more addresses that were not looked at",
                  facts->addresses_seen - facts->n_endpoints);
    }
}

void text_hosts(struct page *page, const struct result *result, int verbosity)
{
    for (size_t i = 0; i < result->facts->n_hosts; i++)
        host(page, result, i, verbosity);
}
