/*
 * The backend that asks the real world: one resolver, one policy fetcher and one TLS context on
 * one event loop.
 */
#ifndef PROBE_LIVE_H
#define PROBE_LIVE_H

#include <event2/event.h>

#include "dns/resolver.h"
#include "policy/fetch.h"
#include "probe/backend.h"
#include "probe/smtp_session.h"
#include "tls/trust.h"

struct live_options {
    struct dns_resolver_options resolver;
    struct smtp_session_options session;
    struct sts_fetcher_options fetcher;
    struct dns_address source[2];
    size_t n_sources;    /* at most one a family */
    bool injection_test; /* --injection-test */
    bool both_keys;      /* --both-keys */
    bool tls_survey;     /* --tls-survey */
    bool no_autopsy;     /* no further attempts after a failed handshake */
};

struct live;

/*
 * Borrows base, options and trust for its life; the trust is prefetched when a first handshake
 * has succeeded. NULL with errno set when out of memory or descriptors.
 */
struct live *live_new(struct event_base *base, const struct live_options *options,
                      struct tls_trust *trust);

/* Every job must have ended or been cut. NULL is allowed. */
void live_free(struct live *live);

struct backend live_backend(struct live *live);

void live_dns_stats(const struct live *live, struct dns_resolver_stats *out);

#endif
