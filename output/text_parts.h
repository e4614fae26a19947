/*
 * The parts of the text output. Internal to the text and the dialogue printer.
 */
#ifndef OUTPUT_TEXT_PARTS_H
#define OUTPUT_TEXT_PARTS_H

#include <stddef.h>

#include "output/page.h"
#include "output/result.h"

/* Columns: of the rows about the domain, about a host, and about one of its addresses. */
enum { TEXT_DOMAIN_BODY = 10, TEXT_HOST_INDENT = 2, TEXT_HOST_BODY = 12 };
enum { TEXT_ADDRESS_INDENT = 4, TEXT_ADDRESS_BODY = 18 };

/* MX, DNSSEC, MTA-STS and TLS-RPT. */
void text_domain(struct page *page, const struct result *result);

/* Every mail host with its addresses. */
void text_hosts(struct page *page, const struct result *result, int verbosity);

/* "connection refused", "no TLS: STARTTLS is not offered": how a session without TLS ended. */
void text_session_end(struct page *page, const struct smtp_facts *facts);

/* Names, issuer, dates and judgement of the leaf. */
void text_certificate(struct page *page, const struct tls_facts *tls,
                      const struct chain_verdict *verdict, const struct dns_answer *tlsa,
                      int64_t now_s);

/* Every certificate that one address showed, of the other kind of key too. */
void text_chains(struct page *page, const struct smtp_facts *facts,
                 const struct endpoint_verdict *verdict, int64_t now_s);

/* The versions, suites and groups of a survey; nothing where there was none. */
void text_survey(struct page *page, const struct tls_survey *survey);

/* The lines of one session, one a line, with their time. */
void text_dialogue(struct page *page, size_t indent, const struct smtp_facts *facts);

/*
 * Findings that say the same thing about several addresses, taken together: `leader[i]` is the
 * index of the first finding that says what finding i says.
 */
struct finding_groups {
    size_t *leader;
    size_t n_groups[SEVERITY_FAIL + 1]; /* by severity */
};

/* Returns 0, or -1 when out of memory. */
int finding_groups_init(struct finding_groups *groups, const struct verdict *verdict);
void finding_groups_clear(struct finding_groups *groups);

/* The groups, the gravest first, in the order in which verdicts decide. */
void text_findings(struct page *page, const struct verdict *verdict,
                   const struct finding_groups *groups);

#endif
