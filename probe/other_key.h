/*
 * The second session of --both-keys, which offers only the kind of key that the first one's leaf is
 * not: what to offer, and what its facts say. Pure: probe/inspection.c makes the session.
 */
#ifndef PROBE_OTHER_KEY_H
#define PROBE_OTHER_KEY_H

#include "policy/facts.h"

/*
 * The kind of key to offer after the session of `facts`. TLS_KEY_OTHER where there is nothing to
 * look for: no sender comes as far as a certificate, none was shown, or its key is of neither kind.
 */
enum tls_key_kind other_key_kind(const struct smtp_facts *facts);

/*
 * Tells in `facts` what the second session was answered with: another leaf; that there is none (RFC
 * 8446 4.4.2.2); or nothing that tells, such as a reply that puts us off, or a time-out.
 */
void other_key_take(struct smtp_facts *facts, const struct smtp_facts *second);

/* The second session was wanted and did not come to an end: unknown, unless it had told before. */
void other_key_miss(struct smtp_facts *facts, enum smtp_problem why);

#endif
