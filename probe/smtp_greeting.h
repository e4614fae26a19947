/*
 * What a reply to EHLO says (RFC 5321 4.1.1.1): the server's name and its capabilities. Pure.
 */
#ifndef PROBE_SMTP_GREETING_H
#define PROBE_SMTP_GREETING_H

#include <stdbool.h>

#include "policy/facts.h"
#include "probe/smtp_reply.h"

enum { SMTP_CAPABILITIES_MAX = 128, SMTP_CAPABILITY_LENGTH_MAX = 255 };

/* Copies name and capabilities, each cut at SMTP_CAPABILITY_LENGTH_MAX bytes, into `facts`. Returns
 * 0, or -1 when out of memory. */
int smtp_greeting_read(const struct smtp_reply *reply, struct smtp_facts *facts);

/* Is `keyword` among the capabilities? Case does not count. */
bool smtp_greeting_offers(const struct smtp_reply *reply, const char *keyword);

#endif
