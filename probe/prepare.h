/*
 * What a probing command needs before it starts: files read and judged, descriptors raised.
 */
#ifndef PROBE_PREPARE_H
#define PROBE_PREPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/settings.h"
#include "tls/trust.h"

/*
 * --sts-policy FILE: read and judged before anything is probed; implies a record. Puts the policy
 * into the settings. True when there is none or it is valid; else `failure` is filled.
 */
bool prepare_policy(struct settings *settings, const char *domain, struct failure *failure);

/* The trust anchors and CRLs of the settings. False: `failure` names the file that is at fault. */
bool prepare_trust(const struct settings *settings, struct tls_trust **out,
                   struct failure *failure);

/*
 * Are there descriptors for an event loop? libevent ends the process where it gets none for its
 * own use. False: errno says why.
 */
bool prepare_room(void);

/* Raises the limit of open files as far as the system lets us, and returns it. */
size_t prepare_open_files(void);

/*
 * Raises the limit of open files as far as the system lets us, and returns how many domains may be
 * under way with that many; at least 1.
 */
size_t prepare_descriptors(void);

/*
 * The same, and returns how many sessions may be: a part is left to policy fetches and the DNS. At
 * least 1.
 */
size_t prepare_sessions(void);

#endif
