/*
 * bench_fetcher: the policies of bench_least_fetch, fetched as mxprobe does, the policy host's
 * certificate verified afterwards.
 */
#include <stdio.h>
#include <time.h>

#include <event2/event.h>

#include "bench/farm.h"
#include "bench/meter.h"
#include "policy/fetch.h"
#include "tls/trust.h"
#include "tls/verify.h"

enum { USAGE = 64, HTTP_OK = 200, TIMEOUT_MS = 30000 };

struct fetching {
    struct meter meter;
    struct event_base *base;
    struct sts_fetcher *fetcher;
    struct tls_trust *trust;
    struct dns_address address;
};

static bool is_good(const struct fetching *fetching, const struct sts_fetch_facts *facts)
{
    struct tls_verification verification;
    char host[FARM_NAME_MAX];

    return facts->problem == STS_FETCH_OK && facts->http_status == HTTP_OK && facts->length > 0 &&
           facts->tls && sscanf(facts->url, "https://%31[^/]", host) == 1 &&
           tls_verify(facts->tls, fetching->trust, (int64_t)time(NULL), &verification) == 0 &&
           verification.trusted && tls_name_matches(facts->tls, host);
}

static void fetch_more(struct fetching *fetching);

static void on_fetched(void *arg, struct sts_fetch_facts *facts)
{
    struct fetching *fetching = arg;

    meter_ended(&fetching->meter, is_good(fetching, facts));
    sts_fetch_facts_unref(facts);
    if (meter_is_over(&fetching->meter))
        (void)event_base_loopbreak(fetching->base);
    else
        fetch_more(fetching);
}

static void fetch_more(struct fetching *fetching)
{
    uint32_t domain = 0;
    char name[FARM_NAME_MAX];

    while (meter_next(&fetching->meter, &domain)) {
        farm_domain(domain, name);
        if (!sts_fetcher_start(fetching->fetcher, name, &fetching->address, 1, on_fetched,
                               fetching))
            meter_ended(&fetching->meter, false);
    }
}

int main(int argc, char *argv[])
{
    struct fetching fetching = {0};
    const struct sts_fetcher_options options = {.port = 443, .timeout_ms = TIMEOUT_MS};

    if (!meter_begin(&fetching.meter, argc, argv) || !fetching.meter.server ||
        !fetching.meter.ca_path || !dns_address_parse(fetching.meter.server, &fetching.address))
        return USAGE;
    if (tls_trust_new(fetching.meter.ca_path, NULL, &fetching.trust) != TLS_TRUST_OK)
        return USAGE;
    fetching.base = event_base_new();
    if (sts_fetch_library_init() == 0 && fetching.base)
        fetching.fetcher = sts_fetcher_new(fetching.base, &options);
    if (!fetching.fetcher) {
        (void)fprintf(stderr, "fetcher: cannot start\n");
        return 1;
    }
    fetch_more(&fetching);
    (void)event_base_dispatch(fetching.base);
    sts_fetcher_free(fetching.fetcher);
    event_base_free(fetching.base);
    tls_trust_free(fetching.trust);
    sts_fetch_library_cleanup();
    return meter_end(&fetching.meter);
}
