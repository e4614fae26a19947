#include "dns/servers.h"

#include <stdio.h>
#include <string.h>

#include "dns/resolv_conf.h"

enum {
    MAX_IN_FLIGHT = 500,
    TRY_MS_MAX = 2000,
    TRY_MS_MIN = 50,
    /* A server that left so many questions in a row unanswered is asked last for a while. */
    SILENT_AFTER = 3,
    SILENT_FOR_MS = 30000,
};

static bool is_believed(const struct dns_address *address, enum dns_trust_ad trust)
{
    static const uint8_t loopback6[16] = {[15] = 1};

    switch (trust) {
    case DNS_TRUST_ALWAYS:
        return true;
    case DNS_TRUST_NEVER:
        return false;
    case DNS_TRUST_LOOPBACK:
        break;
    }
    if (address->family == DNS_IPV4)
        return address->bytes[0] == 127;
    return memcmp(address->bytes, loopback6, sizeof loopback6) == 0;
}

/* The servers to ask: those of the options, else the system's. */
static size_t collect_servers(const struct dns_resolver_options *options,
                              struct dns_server out[DNS_SERVERS_MAX])
{
    FILE *file;
    size_t n = options->n_servers < DNS_SERVERS_MAX ? options->n_servers : DNS_SERVERS_MAX;

    memcpy(out, options->servers, n * sizeof *out);
    if (n > 0)
        return n;
    file = fopen("/etc/resolv.conf", "re");
    if (!file)
        return 0;
    n = dns_resolv_conf_read(file, out, DNS_SERVERS_MAX);
    fclose(file);
    return n;
}

/*
 * Shares the time for one question among the tries: each waits twice as long as the one before, a
 * lone server gets three tries (1 + 2 + 4), one of several two (1 + 2).
 */
static void share_time(struct dns_upstream_options *out, int timeout_ms, size_t n_servers)
{
    int shares = n_servers > 1 ? 3 * (int)n_servers : 7;

    out->tries = n_servers > 1 ? 2 : 3;
    out->try_ms = timeout_ms / shares;
    if (out->try_ms > TRY_MS_MAX)
        out->try_ms = TRY_MS_MAX;
    if (out->try_ms < TRY_MS_MIN)
        out->try_ms = TRY_MS_MIN;
}

int dns_servers_init(struct dns_servers *servers, struct event_base *base,
                     const struct dns_resolver_options *options, int timeout_ms)
{
    struct dns_server addresses[DNS_SERVERS_MAX];
    size_t n = collect_servers(options, addresses);

    for (size_t i = 0; i < n; i++) {
        struct dns_server_state *state = &servers->list[i];
        struct dns_upstream_options upstream = {
            .server = addresses[i],
            .max_in_flight = options->max_in_flight > 0 ? options->max_in_flight : MAX_IN_FLIGHT,
        };

        share_time(&upstream, timeout_ms, n);
        state->believed = is_believed(&addresses[i].address, options->trust_ad);
        state->upstream = dns_upstream_new(base, &upstream);
        if (!state->upstream)
            return -1;
        servers->n++;
    }
    return 0;
}

void dns_servers_clear(struct dns_servers *servers)
{
    for (size_t i = 0; i < servers->n; i++)
        dns_upstream_free(servers->list[i].upstream);
    servers->n = 0;
}

bool dns_servers_believe_ad(const struct dns_servers *servers)
{
    for (size_t i = 0; i < servers->n; i++)
        if (servers->list[i].believed)
            return true;
    return false;
}

size_t dns_servers_pick(const struct dns_servers *servers, unsigned tried, int64_t now_ms)
{
    size_t silent = servers->n;

    for (size_t i = 0; i < servers->n; i++) {
        if ((tried & 1U << i) != 0)
            continue;
        if (servers->list[i].silent_until_ms <= now_ms)
            return i;
        if (silent == servers->n)
            silent = i;
    }
    return silent;
}

void dns_servers_note(struct dns_servers *servers, size_t server, enum dns_status status,
                      int64_t now_ms)
{
    struct dns_server_state *state = &servers->list[server];

    if (status == DNS_TIMEOUT) {
        if (++state->unanswered >= SILENT_AFTER)
            state->silent_until_ms = now_ms + SILENT_FOR_MS;
    } else if (status != DNS_NOT_ASKED) {
        state->unanswered = 0;
        state->silent_until_ms = 0;
    }
}
