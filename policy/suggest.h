/*
 * What to publish for a domain as it is: an MTA-STS record and policy that fit its MX hosts, a
 * TLS-RPT record, TLSA records of the keys that the hosts show. And what would break if that were
 * published now: the same judge that judges everything else is asked about the domain with the
 * suggestion in force, in mode enforce and with the TLSA records. Pure.
 */
#ifndef POLICY_SUGGEST_H
#define POLICY_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/verdict.h"

enum {
    SUGGEST_MAX_AGE_S = 604800, /* a week: long enough to protect, short enough to be undone */
    /* MX hosts directly below one name, from which on a wildcard says it better than a list. */
    SUGGEST_WILDCARD_HOSTS = 4,
    SUGGEST_KEYS_MAX = 8, /* different keys of one host */
};

struct suggest_options {
    int64_t now_s;                     /* the fresh id is this time */
    const struct judge_options *judge; /* borrowed for the call */
    const struct tls_facts *next;      /* the certificate that comes next, or NULL; borrowed */
};

enum suggest_outcome {
    SUGGEST_MADE,
    SUGGEST_NO_MAIL, /* the domain has no mail host, or says that it takes no mail */
    SUGGEST_UNKNOWN, /* the MX records could not be had */
};

/* An mx line of the policy, with the hosts that it lists; or a wildcard in place of several. */
struct suggest_pattern {
    char *text;
    bool wildcard;
    size_t n_hosts;
};

/* A key of a host, as "3 1 1" (RFC 7672 3.1). */
struct suggest_key {
    uint8_t spki_sha256[TLS_SHA256_LENGTH];
    bool next;      /* of the certificate that comes next */
    bool published; /* among the TLSA records that the DNS has */
};

struct suggest_host {
    const char *host; /* borrowed from the facts */
    char *owner;      /* "_25._tcp.mx.example.test" (RFC 7672 2.2.2) */
    struct suggest_key keys[SUGGEST_KEYS_MAX];
    size_t n_keys;
};

enum suggest_about { SUGGEST_MX, SUGGEST_STS, SUGGEST_TLSRPT, SUGGEST_TLSA };

/* Something that would break, or would not help, if the suggestion were published now. */
struct suggest_warning {
    enum suggest_about about;
    enum severity severity;
    const char *reason; /* of the vocabulary (policy/reason.h); NULL where it has no word */
    char *mx, *ip;      /* NULL where they do not apply */
    char *text;
    char *fix; /* NULL for none */
};

enum suggest_state {
    SUGGEST_HOLDS,
    SUGGEST_FAILS,
    SUGGEST_OPEN, /* cannot be seen from here: for a person to see to */
};

/* What has to hold before the mode may be enforce. */
struct suggest_condition {
    enum suggest_state state;
    char *text;
};

struct suggestion {
    enum suggest_outcome outcome; /* the rest is empty but for warnings unless it was made */
    char *sts_record;             /* "v=STSv1; id=20261124T080000Z;" */
    char *sts_policy;             /* the file; NULL where no MX host can stand in one */
    struct suggest_pattern *patterns;
    size_t n_patterns;
    char *pattern_reason; /* why names, or why a wildcard */
    char *tlsrpt_record;
    bool tlsrpt_published;
    struct suggest_host *hosts;
    size_t n_hosts;
    struct suggest_warning *warnings;
    size_t n_warnings;
    struct suggest_condition *conditions;
    size_t n_conditions;
    /* Published now, and with mode enforce: */
    enum verdict_word enforced_word;
    enum delivery enforced_opportunistic, enforced_mta_sts, enforced_dane;
};

/*
 * Makes a suggestion. The facts are those of a probe that fetched the policy whether there is a
 * record or not; `verdict` is theirs. Both are borrowed and must outlive the suggestion. Returns 0,
 * or -1 when out of memory, with a suggestion that is cleared.
 */
int suggest_make(const struct domain_facts *facts, const struct verdict *verdict,
                 const struct suggest_options *options, struct suggestion *out);
void suggestion_clear(struct suggestion *suggestion);

/* "mx", "mta_sts", "tls_rpt", "tlsa"; "holds", "fails", "open"; "made", "no-mail", … Static. */
const char *suggest_about_text(enum suggest_about about);
const char *suggest_state_text(enum suggest_state state);
const char *suggest_outcome_text(enum suggest_outcome outcome);

#endif
