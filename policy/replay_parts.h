/*
 * Inside of the replay: facts as if there were one host and one policy, and what has changed.
 */
#ifndef POLICY_REPLAY_PARTS_H
#define POLICY_REPLAY_PARTS_H

#include <stdio.h>

#include "policy/replay.h"

/* --- facts to judge (policy/replay_view.c) ------------------------------------------------------
 */

/* Today's facts, narrowed to the reported host and session. Borrows, but for what it made. */
struct replay_view {
    struct domain_facts facts;
    struct host_facts host;
    struct smtp_facts *endpoints[1];
    struct dns_answer *mx, *address, *tlsa, *sts_txt; /* made, or NULL */
    struct sts_fetch_facts *sts_fetch;
    bool in_mx_set; /* is the reported host one of today's MX hosts? */
};

/* With today's policies. A failure without a host has the whole of today. 0, or -1: no memory. */
int replay_view_today(struct replay_view *view, const struct replay_evidence *evidence);

/*
 * With the policy of the report, and no other. Returns 0; 1 where the report does not tell enough
 * of its policy, or names no host; -1 when out of memory. Unless 0, there is nothing to clear.
 */
int replay_view_reported(struct replay_view *view, const struct replay_evidence *evidence);

void replay_view_clear(struct replay_view *view);

/* The MTA-STS policy of the report as a file. `*text` is new, or NULL where it tells none. 0 or -1.
 */
int replay_policy_text(const struct tlsrpt_policy *policy, char **text);

/* --- what has changed (policy/replay_change.c) ---------------------------------------------------
 */

/*
 * Says in sentences what is not as it was in the report's time: a certificate that is valid only
 * since then, another policy, another MX set. Returns 0, or -1 when out of memory.
 */
int replay_say_changes(FILE *out, const struct replay_evidence *evidence,
                       const struct replay_view *today, const struct verdict *verdict);

#endif
