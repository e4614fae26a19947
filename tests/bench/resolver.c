/* bench_resolver: the questions of bench_least_dns, asked by mxprobe's resolver. */
#include <stdio.h>

#include <event2/event.h>

#include "bench/farm.h"
#include "bench/meter.h"
#include "dns/resolver.h"

enum { USAGE = 64 };

struct asking {
    struct meter meter;
    struct event_base *base;
    struct dns_resolver *resolver;
};

static void ask_more(struct asking *asking);

static void on_answer(void *arg, struct dns_answer *answer)
{
    struct asking *asking = arg;

    meter_ended(&asking->meter, answer->status == DNS_FOUND);
    if (meter_is_over(&asking->meter))
        (void)event_base_loopbreak(asking->base);
    else
        ask_more(asking);
}

static void ask_more(struct asking *asking)
{
    uint32_t domain = 0;
    char name[FARM_NAME_MAX];

    while (meter_next(&asking->meter, &domain)) {
        farm_domain(domain, name);
        if (!dns_resolver_ask(asking->resolver, name, DNS_TYPE_MX, on_answer, asking))
            meter_ended(&asking->meter, false);
    }
}

int main(int argc, char *argv[])
{
    struct asking asking = {0};
    struct dns_resolver_options options = {.n_servers = 1};

    if (!meter_begin(&asking.meter, argc, argv) || !asking.meter.server ||
        !dns_address_parse(asking.meter.server, &options.servers[0].address))
        return USAGE;
    options.servers[0].port = (uint16_t)asking.meter.port;
    asking.base = event_base_new();
    asking.resolver = asking.base ? dns_resolver_new(asking.base, &options) : NULL;
    if (!asking.resolver) {
        (void)fprintf(stderr, "resolver: cannot start\n");
        return 1;
    }
    ask_more(&asking);
    (void)event_base_dispatch(asking.base);
    dns_resolver_free(asking.resolver);
    event_base_free(asking.base);
    return meter_end(&asking.meter);
}
