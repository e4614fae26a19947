/*
 * The dialogue with a server, kept in its facts for -v. Bounded; what does not fit is left out.
 */
#ifndef PROBE_DIALOGUE_H
#define PROBE_DIALOGUE_H

#include <stdbool.h>

#include "policy/facts.h"

enum { DIALOGUE_LINES_MAX = 256, DIALOGUE_TEXT_MAX = 600 };

/* Adds one line: '>' sent, '<' received, '*' a remark. */
void dialogue_add(struct smtp_facts *facts, int at_ms, char direction, const char *text);

/* Adds one line of a reply, "250-text" or "250 text". */
void dialogue_add_reply(struct smtp_facts *facts, int at_ms, int code, bool more, const char *text);

/* Adds the dialogue of another session with the same server, under a title. */
void dialogue_append(struct smtp_facts *facts, const struct smtp_facts *other, const char *title);

#endif
