/*
 * Private to policy/: what the parts of the judgement share. The parts, in the order in which
 * verdict.c runs them:
 *
 *   judge_routing.c      rows 1 to 5a      MX and addresses
 *   judge_sts.c          rows 54 to 67     MTA-STS record, policy host, policy
 *   judge_dane.c         rows 68 to 74     TLSA records and the chain against them
 *   judge_session.c      rows 6 to 12, 14, 77, 78  reaching the host, SMTP, STARTTLS
 *   judge_handshake.c    rows 13 to 27     the handshake and its autopsy
 *   judge_certificate.c  rows 41 to 53, 76, 79  the chain against the WebPKI
 *   judge_domain.c       rows 75, 75a, 77a  the domain as a whole
 *   delivery.c                              what each kind of sender does
 */
#ifndef POLICY_JUDGE_H
#define POLICY_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/verdict.h"

struct judge {
    const struct domain_facts *facts;
    const struct judge_options *options;
    struct verdict *verdict;
    size_t capacity; /* of verdict->findings */
    bool no_memory;
};

/* What a finding says besides its detail. */
struct note {
    const char *row; /* of docs/decision-table.md, as printed there; static, never NULL */
    enum severity severity;
    enum result_type result_type;
    enum reason reason;
    enum policy_type policy_type;
    enum finding_stage stage;
    const struct host_facts *host;     /* NULL where none applies */
    const struct smtp_facts *endpoint; /* NULL where none applies */
    const char *fix;                   /* in place of the reason's own, or NULL */
    const char *key; /* "RSA 2048": of the certificate it is about, where that is not the
                        session's but the one of the other kind of key; else NULL */
};

/*
 * Adds a finding with a printf-style detail. Out of memory is remembered in the judge. Where the
 * note has a key, the detail begins with it; but what was found of the session's certificate in the
 * same words is not found again: the finding that stands says so.
 */
void judge_add(struct judge *judge, const struct note *note, const char *detail, ...)
    __attribute__((format(printf, 3, 4)));

/* Frees what a finding owns. */
void judge_finding_clear(struct finding *finding);

/* For the detail of rows 13, 21 to 24 and 50: said of conditions that the strict reading refuses.
 */
extern const char judge_postfix_delivers[];

/* The fix where a question could not even be asked (DNS_NOT_ASKED). */
extern const char judge_not_asked_fix[];

/*
 * The row of a finding that is made for each policy in force: `row` itself, or 73, which is what
 * the table says of the same condition under usable TLSA. Static.
 */
const char *judge_row(enum policy_type policy, const char *row);

/* A failure under a policy, a warning without one: nothing then stops delivery. */
enum severity judge_severity(enum policy_type policy);

/* Is an MTA-STS policy in force, that is valid and of mode testing or enforce? */
bool judge_sts_in_force(const struct verdict *verdict);

/* Is there a record, and did we not fetch the policy for reasons of our own? */
bool judge_sts_unfetched(const struct verdict *verdict);

/* Could it not be told whether there is a policy: the lookup failed, or we did not fetch? */
bool judge_sts_unknown(const struct verdict *verdict);

/*
 * The policies under which a condition of host `index` is reported: one finding for each, or
 * "no policy" alone. Returns how many were put into `out`.
 */
size_t judge_policies(const struct judge *judge, size_t index, enum policy_type out[2]);

/* What one SMTP session amounts to, for delivery and for the word. */
enum session_class {
    SESSION_TLS,       /* encrypted; the certificate decides the rest */
    SESSION_NO_TLS,    /* class A: spoken to, and no TLS channel to be had */
    SESSION_PUT_OFF,   /* the peer said "later" or "go away" (rows 7, 8) */
    SESSION_UNREACHED, /* nothing was learnt (rows 6, 8a, 8b, 77, 78) */
};
enum session_class judge_session_class(const struct smtp_facts *endpoint);

/* A chain that an endpoint presented. */
struct presented {
    const struct tls_facts *tls;
    struct chain_verdict *verdict;
    const char *key; /* for the note */
};

enum { PRESENTED_MAX = 2 };

/* The chains of one endpoint, the session's first, those without a certificate left out. */
size_t judge_presented(const struct judge *judge, size_t host, size_t index,
                       struct presented out[PRESENTED_MAX]);

/* True where the session told enough to judge the host by it. */
bool judge_session_judged(const struct smtp_facts *endpoint);

/*
 * The row, reason, RFC 8460 type and fix of one verify error (rows 41 to 52); `fix` is NULL for the
 * reason's own.
 */
struct certificate_fault {
    const char *row;
    enum reason reason;
    enum result_type result_type;
    const char *fix;
};
struct certificate_fault judge_certificate_fault(int code, int depth);

/*
 * Adds one finding for each kind of fault among `errors`, all of them with the note's policy,
 * stage, host and endpoint. A row in `note`, and a result type that is not RESULT_NONE, are used
 * for all (row 64); so are the severity and a fix. Under usable TLSA the rows are 71, 72 and B7.
 * `name` is the host name that no SAN matches, NULL where one does.
 */
void judge_certificate_errors(struct judge *judge, const struct note *note,
                              const struct tls_facts *tls, const struct tls_verify_error *errors,
                              size_t n_errors, const char *name);

/* Row 76: does something on the path end soon? `first_not_after_s` 0 means: no path, no finding. */
void judge_expiry(struct judge *judge, const struct note *where, int64_t first_not_after_s);

/* The parts. `host` is an index into the facts' hosts, `index` one into that host's endpoints. */
void judge_routing(struct judge *judge);
void judge_host_addresses(struct judge *judge, size_t host);
void judge_sts(struct judge *judge);
void judge_sts_host(struct judge *judge, size_t host);
void judge_dane_status(struct judge *judge, size_t host);
void judge_dane_endpoint(struct judge *judge, size_t host, size_t index);
void judge_session(struct judge *judge, size_t host, size_t index);
void judge_handshake(struct judge *judge, size_t host, size_t index);
void judge_certificate(struct judge *judge, size_t host, size_t index);
void judge_domain(struct judge *judge);
void judge_delivery(struct judge *judge);

#endif
