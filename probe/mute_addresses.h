/*
 * Addresses at which nobody was there: what a session learns there does not depend on the name, so
 * that one serves for all names that lead to it. A fixed number of places, the newer of two that
 * collide stays. One thread at a time.
 */
#ifndef PROBE_MUTE_ADDRESSES_H
#define PROBE_MUTE_ADDRESSES_H

#include <stdint.h>

#include "policy/facts.h"

enum { MUTE_AGE_MAX_MS = 600 * 1000 }; /* then somebody may have come */

struct mute_addresses;

/* NULL when out of memory. */
struct mute_addresses *mute_addresses_new(void);
void mute_addresses_free(struct mute_addresses *mutes);

/* Keeps a reference where the facts say that the connect failed or that no banner came in time. */
void mute_addresses_note(struct mute_addresses *mutes, struct smtp_facts *facts, int64_t now_ms);

/* The facts of a session at that address that found nobody, borrowed, or NULL. */
struct smtp_facts *mute_addresses_find(const struct mute_addresses *mutes,
                                       const struct dns_address *address, uint16_t port,
                                       int64_t now_ms);

#endif
