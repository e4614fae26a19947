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

/* The index of the first address that showed the same certificate, judged the same way. */
static size_t first_alike(const struct host_facts *host, const struct host_verdict *verdict,
                          size_t index)
{
    const struct tls_facts *tls = host->endpoints[index]->tls;
    const struct chain_verdict *judged = &verdict->endpoints[index].chain;

    for (size_t i = 0; i < index; i++) {
        const struct tls_facts *other = host->endpoints[i]->tls;
        const struct chain_verdict *then = &verdict->endpoints[i].chain;
        if (other && other->n_chain > 0 && tls->n_chain > 0 &&
            memcmp(other->chain[0].sha256, tls->chain[0].sha256, TLS_SHA256_LENGTH) == 0 &&
            then->webpki.trusted == judged->webpki.trusted &&
            then->webpki.n_errors == judged->webpki.n_errors &&
            then->name_matches == judged->name_matches &&
            then->dane_judged == judged->dane_judged && then->dane.outcome == judged->dane.outcome)
            return i;
    }
    return index;
}

static void certificate(struct page *page, const struct result *result, size_t at_host,
                        size_t at_endpoint)
{
    const struct host_facts *host = &result->facts->hosts[at_host];
    const struct host_verdict *verdict = &result->verdict->hosts[at_host];
    size_t alike = first_alike(host, verdict, at_endpoint);

    if (alike == at_endpoint) {
        text_certificate(page, host->endpoints[at_endpoint]->tls,
                         &verdict->endpoints[at_endpoint].chain, host->tlsa, result->now_s);
        return;
    }
    char ip[DNS_ADDRESS_TEXT_MAX];
    dns_address_format(&host->endpoints[alike]->address, ip);
    address_row(page, "certificate");
    page_sayf(page, "the same as at %s", ip);
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
        page_sayf(page, "%s, %s%s%s", tls->protocol, tls->cipher, tls->group ? ", " : "",
                  tls->group ? tls->group : "");
        certificate(page, result, at_host, at_endpoint);
    }
    if (tls && facts->problem != SMTP_FINE) {
        address_row(page, "then");
        text_session_end(page, facts);
    }
    if (verbosity >= 2)
        session_details(page, facts);
    if (verbosity >= 2 && tls) {
        text_chain(page, tls, &result->verdict->hosts[at_host].endpoints[at_endpoint].chain,
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
