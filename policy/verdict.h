/*
 * The judgement: from the facts about a domain and a time to findings, to what each kind of sender
 * would do, and to one word. Pure: no network, no clock, no global state. Each finding carries the
 * row of the decision table (docs/decision-table.md) that decided it; policy/judge_*.c say which.
 */
#ifndef POLICY_VERDICT_H
#define POLICY_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/facts.h"
#include "policy/reason.h"
#include "policy/sts.h"
#include "policy/tlsrpt.h"
#include "tls/dane.h"
#include "tls/trust.h"
#include "tls/verify.h"
#include "tls/verify_cache.h"

struct finding {
    const char *row; /* of docs/decision-table.md: "20", "5a", "B1"; static */
    enum severity severity;
    enum result_type result_type;
    enum reason reason;
    enum policy_type policy_type;
    enum finding_stage stage;
    char *mx;     /* NULL where it does not apply */
    char *ip;     /* NULL where it does not apply */
    char *detail; /* the evidence, for a person */
    char *fix;    /* what to do */
};

enum mx_status {
    MX_FOUND,
    MX_IMPLICIT, /* no MX, the domain's own address serves (RFC 5321 5.1) */
    MX_NULL,     /* RFC 7505 */
    MX_NONE,     /* no MX and no address */
    MX_NXDOMAIN,
    MX_SERVFAIL, /* REFUSED and malformed answers too */
    MX_TIMEOUT,
    MX_BOGUS,
};

enum dane_status {
    DANE_USABLE,
    DANE_UNUSABLE, /* records, none usable: TLS required, unauthenticated (RFC 7672 2.2) */
    DANE_ABSENT,   /* secure denial, or insecure TLSA */
    DANE_INSECURE, /* the addresses are not secure: not looked up */
    DANE_BOGUS,
    DANE_ERROR,   /* the lookup failed */
    DANE_UNKNOWN, /* AD is not believed, or there was nothing to ask for */
};

enum delivery {
    DELIVERY_TLS,
    DELIVERY_UNAUTHENTICATED_TLS,
    DELIVERY_CLEARTEXT,
    DELIVERY_DEFER,
    DELIVERY_BOUNCE,
    DELIVERY_UNKNOWN,
};

enum verdict_word { VERDICT_OK, VERDICT_WARNING, VERDICT_UNKNOWN, VERDICT_FAIL };

enum sts_policy_status {
    STS_POLICY_VALID,
    STS_POLICY_NOT_FETCHED,
    STS_POLICY_FETCH_ERROR,
    STS_POLICY_WEBPKI_INVALID,
    STS_POLICY_INVALID,
};

/* What one chain of certificates is worth; zeroed where there is none. */
struct chain_verdict {
    struct tls_verification webpki;
    bool name_matches; /* the MX host name, for the WebPKI */
    bool dane_judged;
    struct tls_dane dane;
};

/*
 * What the certificates of one endpoint are worth. Deliveries hang on `chain` alone, which is what
 * a modern sender's default offer gets; both give findings.
 */
struct endpoint_verdict {
    struct chain_verdict chain; /* of the session */
    struct chain_verdict other; /* of the other kind of key (--both-keys) */
};

struct host_verdict {
    const char *sts_match; /* the pattern that matched, borrowed from `policy`; NULL for none */
    enum dane_status dane;
    struct endpoint_verdict *endpoints; /* as many as the host has in the facts */
    size_t n_endpoints;
};

struct verdict {
    enum verdict_word word;
    enum delivery opportunistic, mta_sts, dane;
    enum mx_status mx_status;
    struct sts_record sts_record;
    enum sts_policy_status sts_status;
    struct sts_policy policy; /* as parsed, valid or not; mode as --sts-mode says */
    struct tls_verification policy_host;
    bool policy_host_name_matches;
    struct tlsrpt_record tlsrpt;
    struct host_verdict *hosts; /* as many as the facts have */
    size_t n_hosts;
    struct finding *findings; /* order: domain first, then host by host; stable */
    size_t n_findings;
};

struct judge_options {
    int64_t at_s;                   /* judge certificates as of this time, seconds since 1970 */
    int expiry_warn_days;           /* negative: off */
    int expiry_crit_days;           /* negative: off */
    bool require_dane;              /* a sender that mandates DANE */
    struct tls_trust *trust;        /* asked for its store only where a chain has to be verified */
    struct tls_verify_cache *cache; /* of verifications against that trust, or NULL */
};

/*
 * Judges. `facts` are borrowed and must outlive the verdict. Returns 0, or -1 when out of memory,
 * with a verdict that is cleared.
 */
int verdict_judge(const struct domain_facts *facts, const struct judge_options *options,
                  struct verdict *out);
void verdict_clear(struct verdict *verdict);

/* CONTRACT.md's words. Static. */
const char *mx_status_text(enum mx_status status);
const char *dane_status_text(enum dane_status status);
const char *delivery_text(enum delivery delivery);
const char *verdict_word_text(enum verdict_word word);
const char *sts_policy_status_text(enum sts_policy_status status);
const char *sts_record_status_text(enum sts_record_status status);
const char *tlsrpt_status_text(enum tlsrpt_status status);

/* The exit status of `check` for one verdict: 0 ok, 1 warning, 2 fail, 3 unknown. */
int verdict_exit_status(enum verdict_word word);

#endif
