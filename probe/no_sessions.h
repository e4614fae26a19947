/*
 * Sessions that are not held: a domain job with these in its backend asks for MX, policies and TLSA
 * records, and sends nothing to any mail host.
 */
#ifndef PROBE_NO_SESSIONS_H
#define PROBE_NO_SESSIONS_H

#include "probe/backend.h"

/* `self` is the backend that they stand in, for its `soon`. Facts say SMTP_TARGET_EXCLUDED. */
extern const struct session_ops no_sessions_ops;

#endif
