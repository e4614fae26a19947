#include "probe/mute_addresses.h"

#include <stdlib.h>

enum { PLACES = 1024 };

struct place {
    struct smtp_facts *facts; /* NULL: empty */
    int64_t noted_ms;
};

struct mute_addresses {
    struct place places[PLACES];
};

static size_t place_of(const struct dns_address *address)
{
    return dns_address_hash(address, sizeof address->bytes) % PLACES;
}

struct mute_addresses *mute_addresses_new(void)
{
    return calloc(1, sizeof(struct mute_addresses));
}

void mute_addresses_free(struct mute_addresses *mutes)
{
    for (size_t i = 0; mutes && i < PLACES; i++)
        smtp_facts_unref(mutes->places[i].facts);
    free(mutes);
}

static bool found_nobody(const struct smtp_facts *facts)
{
    bool at_door = facts->stage == SMTP_STAGE_CONNECT || facts->stage == SMTP_STAGE_BANNER;

    return facts->problem == SMTP_CONNECTION_REFUSED || facts->problem == SMTP_UNREACHABLE ||
           (facts->problem == SMTP_TIMED_OUT && at_door && !facts->banner);
}

void mute_addresses_note(struct mute_addresses *mutes, struct smtp_facts *facts, int64_t now_ms)
{
    struct place *place = &mutes->places[place_of(&facts->address)];

    if (!found_nobody(facts))
        return;
    smtp_facts_unref(place->facts);
    *place = (struct place){smtp_facts_ref(facts), now_ms};
}

struct smtp_facts *mute_addresses_find(const struct mute_addresses *mutes,
                                       const struct dns_address *address, uint16_t port,
                                       int64_t now_ms)
{
    const struct place *place = &mutes->places[place_of(address)];

    if (!place->facts || now_ms - place->noted_ms > MUTE_AGE_MAX_MS || place->facts->port != port ||
        !dns_address_equal(&place->facts->address, address))
        return NULL;
    return place->facts;
}
