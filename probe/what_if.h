/*
 * What-if options: answers that stand in for what the network would say, to verify before anything
 * is published. A backend in front of another one.
 */
#ifndef PROBE_WHAT_IF_H
#define PROBE_WHAT_IF_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/tlsa.h"
#include "probe/backend.h"

enum { WHAT_IF_HOSTS_MAX = 64, WHAT_IF_ADDRESSES_MAX = 16, WHAT_IF_TLSA_MAX = 64 };

struct what_if_mx {
    char *host;
    uint16_t preference;
};

struct what_if_addresses {
    char *host;
    struct dns_address addresses[WHAT_IF_ADDRESSES_MAX];
    size_t n;
};

struct what_if_tlsa {
    char *host;
    struct tlsa_text record;
};

/* The options; empty when zeroed. Names are lower-case A-labels without final dot. */
struct what_if {
    struct what_if_mx mx[WHAT_IF_HOSTS_MAX];
    size_t n_mx;
    struct what_if_addresses hosts[WHAT_IF_HOSTS_MAX];
    size_t n_hosts;
    struct what_if_tlsa tlsa[WHAT_IF_TLSA_MAX];
    size_t n_tlsa;
    const char *sts_record;             /* borrowed; NULL: ask the network */
    const char *tlsrpt_record;          /* borrowed */
    struct sts_fetch_facts *sts_policy; /* owned */
};

void what_if_clear(struct what_if *what_if);

/*
 * Each takes an option's argument as CONTRACT.md writes it. NULL, or what is wrong with it
 * (static).
 */
const char *what_if_add_mx(struct what_if *what_if, const char *argument);
const char *what_if_add_addresses(struct what_if *what_if, const char *argument);
const char *what_if_add_tlsa(struct what_if *what_if, const char *argument);

/*
 * `inner` with a DNS in front that answers from `what_if` (questions about `domain` and the named
 * hosts; SMTP port `port`) and passes everything else on. Supplied answers count as secure. All are
 * borrowed for its life. NULL when out of memory.
 */
struct what_if_backend;
struct what_if_backend *what_if_backend_new(const struct what_if *what_if, const char *domain,
                                            uint16_t port, struct backend inner);
void what_if_backend_free(struct what_if_backend *backend);
struct backend what_if_backend(struct what_if_backend *backend);

#endif
