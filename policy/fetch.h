/*
 * Fetches MTA-STS policies over HTTPS (RFC 8461 3.3) with libcurl on the event loop. What happened
 * is recorded, not judged: the certificate chain is captured and verified later with tls/verify.h,
 * and no body is believed before that. The one file that knows libcurl is policy/fetch.c.
 */
#ifndef POLICY_FETCH_H
#define POLICY_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "dns/address.h"
#include "tls/facts.h"

enum sts_fetch_problem {
    STS_FETCH_OK,            /* an HTTP response came whole: see http_status */
    STS_FETCH_HOST_NXDOMAIN, /* mta-sts.DOMAIN does not exist; set by the domain job */
    STS_FETCH_HOST_NO_ADDRESS,
    STS_FETCH_HOST_DNS,        /* SERVFAIL, bogus, time-out for the host */
    STS_FETCH_CONNECT,         /* TCP: refused, unreachable */
    STS_FETCH_TIMEOUT,         /* of the whole fetch, whatever it was doing */
    STS_FETCH_TLS,             /* the handshake failed */
    STS_FETCH_TOO_LARGE,       /* over STS_POLICY_SIZE_MAX */
    STS_FETCH_BROKEN,          /* not HTTP, too many header bytes, or the response ended early */
    STS_FETCH_TARGET_REFUSED,  /* special-use address not allowed; set by the domain job */
    STS_FETCH_TARGET_EXCLUDED, /* on an exclude list; set by the domain job */
    STS_FETCH_FAMILY_UNUSED,   /* addresses only of a family not to be used; by the domain job */
    STS_FETCH_CUT,             /* the domain's deadline, or an interruption; by the domain job */
    STS_FETCH_OURS,            /* memory, descriptors: never blamed on the remote */
};

struct sts_fetch_facts {
    unsigned references;
    char *url;
    enum sts_fetch_problem problem;
    char *error;        /* what curl or the DNS said, or NULL */
    long http_status;   /* 0 when no status line came */
    char *content_type; /* NULL when absent; of several the first that is not text/plain */
    uint8_t *body;      /* NUL after the last byte; NULL when none */
    size_t length;
    struct tls_facts *tls; /* the chain of the policy host; NULL when no handshake finished */
    bool supplied;         /* --sts-policy said it, not the network: nothing to verify */
    int elapsed_ms;
};

/* One reference, STS_FETCH_OURS, `url` set for `domain`. NULL when out of memory. */
struct sts_fetch_facts *sts_fetch_facts_new(const char *domain, uint16_t port);
struct sts_fetch_facts *sts_fetch_facts_ref(struct sts_fetch_facts *facts);
void sts_fetch_facts_unref(struct sts_fetch_facts *facts);

struct sts_fetcher;
struct sts_fetch;

struct sts_fetcher_options {
    uint16_t port;                         /* 443 */
    int timeout_ms;                        /* of a whole fetch; 60000 (RFC 8461 3.3) */
    int connect_timeout_ms;                /* for the TCP connect to one address; 0: timeout_ms */
    const struct dns_address *source_ipv4; /* connect from here, or NULL; borrowed */
    const struct dns_address *source_ipv6;
    const char *info_url; /* shown in the User-Agent; NULL for none; copied */
};

/*
 * Once a process, before the first fetcher and after the last, from one thread. Returns 0, or -1
 * when out of memory.
 */
int sts_fetch_library_init(void);
void sts_fetch_library_cleanup(void);

/* The version of libcurl at run time, as "7.88.1". Static. */
const char *sts_fetch_library_version(void);

/* NULL when out of memory. Borrows the base. */
struct sts_fetcher *sts_fetcher_new(struct event_base *base,
                                    const struct sts_fetcher_options *options);
/* Cancels what is under way without calling back. Not from inside `done`. NULL is allowed. */
void sts_fetcher_free(struct sts_fetcher *fetcher);

/* `facts` carries one reference that the callee owns. From the loop, exactly once. */
typedef void sts_fetch_done_fn(void *arg, struct sts_fetch_facts *facts);

/*
 * Fetches https://mta-sts.DOMAIN/.well-known/mta-sts.txt from the given addresses, tried in that
 * order; the system's resolver, proxies and HTTP caches are not used, redirects are not followed,
 * SNI is sent, TLS 1.2 is the least. `n_addresses` is at least 1: that a host has none is the
 * caller's finding. NULL when out of memory (then `done` does not run).
 */
struct sts_fetch *sts_fetcher_start(struct sts_fetcher *fetcher, const char *domain,
                                    const struct dns_address *addresses, size_t n_addresses,
                                    sts_fetch_done_fn *done, void *arg);
/* `done` will not run; the handle is gone. */
void sts_fetch_cancel(struct sts_fetch *fetch);

#endif
