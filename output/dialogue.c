/*
 * The dialogues alone, beside an output that a machine reads.
 */
#include "output/result.h"
#include "output/text_parts.h"

static void session(struct page *page, const struct result *result, size_t at_host,
                    size_t at_endpoint, int verbosity)
{
    const struct host_facts *host = &result->facts->hosts[at_host];
    const struct smtp_facts *facts = host->endpoints[at_endpoint];
    const struct endpoint_verdict *verdict =
        &result->verdict->hosts[at_host].endpoints[at_endpoint];
    char ip[DNS_ADDRESS_TEXT_MAX];

    dns_address_format(&facts->address, ip);
    page_row(page, 0, PAINT_NONE, NULL, TEXT_HOST_INDENT);
    page_sayf(page, "%s: %s [%s] port %u: ", result->facts->domain, host->host, ip,
              (unsigned)facts->port);
    if (facts->tls)
        page_sayf(page, "%s, %s", facts->tls->protocol, facts->tls->cipher);
    else
        text_session_end(page, facts);
    page_end(page);
    text_dialogue(page, TEXT_HOST_INDENT, facts);
    if (verbosity >= 2)
        text_chains(page, facts, verdict, result->now_s);
}

int result_print_dialogue(FILE *out, const struct result *result, int verbosity)
{
    struct page page;

    page_init(&page, out, false);
    for (size_t i = 0; verbosity > 0 && i < result->facts->n_hosts; i++)
        for (size_t j = 0; j < result->facts->hosts[i].n_endpoints; j++)
            session(&page, result, i, j, verbosity);
    return page_write(&page, out);
}
