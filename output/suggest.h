/*
 * Prints what to publish (policy/suggest.h).
 */
#ifndef OUTPUT_SUGGEST_H
#define OUTPUT_SUGGEST_H

#include <stdbool.h>
#include <stdio.h>

#include "policy/suggest.h"

/* All return 0, or -1 with errno set. */

/*
 * For a person: what would break first, then the file and the records in the order in which they
 * are to be published. The lines of the file and of the records stand by themselves, as they are
 * to be copied; ";" begins a comment of the zone file.
 */
int suggestion_print_text(FILE *out, const struct domain_facts *facts,
                          const struct suggestion *suggestion, bool color);

/* One object of schema mxprobe.suggest/1 (docs/suggest.schema.json) on one line. */
int suggestion_print_json(FILE *out, const struct domain_facts *facts,
                          const struct suggestion *suggestion);

/* "3 1 1 0123…" of a key, as its TLSA record has it. */
enum { SUGGEST_TLSA_TEXT = (int)sizeof "3 1 1 " + 2 * TLS_SHA256_LENGTH };
void suggestion_key_text(const struct suggest_key *key, char out[SUGGEST_TLSA_TEXT]);

#endif
