/*
 * The facts about one domain, for a command that makes something else of them than a result.
 */
#ifndef PROBE_ONE_DOMAIN_H
#define PROBE_ONE_DOMAIN_H

#include "probe/settings.h"
#include "tls/trust.h"

/*
 * Probes the domain (A-labels) on an event loop of its own until all is known, the settings'
 * deadline has passed or SIGINT or SIGTERM comes, whose number is put into `*interrupted_by`, else
 * 0. The caller owns the facts. NULL: `failure` is filled. sts_fetch_library_init comes before.
 */
struct domain_facts *one_domain_probe(const struct settings *settings, const char *domain,
                                      struct tls_trust *trust, int *interrupted_by,
                                      struct failure *failure);

#endif
