/*
 * What a scenario expects of the judgement. Exact: every finding is named, and nothing is named
 * that is not there.
 *
 *   expect verdict WORD                                    has to be there
 *   expect delivery OPPORTUNISTIC MTA-STS DANE             has to be there
 *   expect finding SEVERITY REASON [RESULT-TYPE POLICY-TYPE] STAGE [MX [IP]] [detail PART]
 *   expect no-finding REASON                               what a world expects does not come
 *   expect mx STATUS [secure|insecure|bogus|unknown]
 *   expect hosts NAME...                                   in the order in which they are tried
 *   expect sts RECORD-STATUS POLICY-STATUS
 *   expect tls-rpt STATUS
 *   expect match HOST PATTERN|none
 *   expect dane HOST STATUS [NAME]                         NAME: the TLSA base
 *   expect endpoint IP STAGE STARTTLS
 *   expect sni IP NAME
 *   expect other-key IP not-looked|none|seen|unknown
 */
#ifndef SCENARIOS_EXPECT_H
#define SCENARIOS_EXPECT_H

#include "scene.h"

/* Says on standard error what is not as expected. Returns how many such things there are. */
unsigned expect_check(const struct scene *scene, const struct domain_facts *facts,
                      const struct verdict *verdict);

/* expect_finding.c: the findings, all of them. */
unsigned expect_findings(const struct scene *scene, const struct verdict *verdict);

#endif
