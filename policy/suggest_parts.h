/*
 * Private to policy/: the parts of a suggestion, in the order in which suggest.c makes them.
 */
#ifndef POLICY_SUGGEST_PARTS_H
#define POLICY_SUGGEST_PARTS_H

#include "policy/suggest.h"

struct suggesting {
    const struct domain_facts *facts;
    const struct verdict *verdict;
    const struct suggest_options *options;
    struct suggestion *out;
    bool no_memory; /* remembered; the result is then thrown away */
};

/* The record, the patterns and the policy (suggest_sts.c). */
void suggest_sts(struct suggesting *suggesting);

/* The keys of each host (suggest_tlsa.c). */
void suggest_tlsa(struct suggesting *suggesting);

/* The host has addresses, and they are secured by DNSSEC: TLSA records of it would count. */
bool suggest_dane_possible(const struct host_facts *host);

/* What would break: the judge's findings (suggest_trial.c), and what it does not see. */
void suggest_trial(struct suggesting *suggesting);
void suggest_around(struct suggesting *suggesting);

/* What has to hold before enforce, once all warnings are there. */
void suggest_conditions(struct suggesting *suggesting);

/*
 * Adds a warning with a printf-style text. `fix` is copied, NULL for none; the names in `where` are
 * copied too.
 */
struct suggest_where {
    enum suggest_about about;
    enum severity severity;
    const char *reason, *mx, *ip;
};
void suggest_warn(struct suggesting *suggesting, const struct suggest_where *where, const char *fix,
                  const char *text, ...) __attribute__((format(printf, 4, 5)));

#endif
