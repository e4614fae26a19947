/*
 * What each kind of sender does: the simulation behind `delivery`. Ascending preference; hosts of
 * equal preference and the addresses of one host come in unknown order, so the worst result among
 * those that would accept counts; what cannot be reached or is refused by a policy passes on.
 */
#include "policy/judge.h"

enum sender { SENDER_OPPORTUNISTIC, SENDER_MTA_STS, SENDER_DANE };

/* What a whole walk over the hosts has met so far. */
struct walk {
    bool accepted, put_off;
    bool doubtful; /* a host that was spoken to may accept or not: its policy could not be told */
    enum delivery worst; /* of those that accept, in the group at hand */
};

static bool satisfies(const struct judge *judge, size_t host, size_t endpoint)
{
    const struct host_verdict *verdict = &judge->verdict->hosts[host];
    const struct chain_verdict *result = &verdict->endpoints[endpoint].chain;

    return verdict->sts_match && result->webpki.trusted && result->name_matches;
}

static enum delivery plain(enum session_class class)
{
    switch (class) {
    case SESSION_TLS:
        return DELIVERY_TLS;
    case SESSION_NO_TLS:
        return DELIVERY_CLEARTEXT;
    case SESSION_PUT_OFF:
        return DELIVERY_DEFER;
    case SESSION_UNREACHED:
        return DELIVERY_UNKNOWN;
    }
    return DELIVERY_UNKNOWN;
}

static enum delivery under_sts(const struct judge *judge, size_t host, size_t endpoint,
                               enum session_class class)
{
    bool enforce = judge->verdict->policy.mode == STS_MODE_ENFORCE;

    bool judged = class == SESSION_TLS || class == SESSION_NO_TLS;
    if (judged && judge_sts_unfetched(judge->verdict))
        return DELIVERY_UNKNOWN;
    if (!judge_sts_in_force(judge->verdict))
        return plain(class);
    if (enforce && !judge->verdict->hosts[host].sts_match)
        return DELIVERY_DEFER; /* not even tried */
    if (class == SESSION_TLS && !satisfies(judge, host, endpoint))
        return enforce ? DELIVERY_DEFER : DELIVERY_UNAUTHENTICATED_TLS;
    if (class == SESSION_NO_TLS && enforce)
        return DELIVERY_DEFER;
    return plain(class);
}

static enum delivery under_dane(const struct judge *judge, size_t host, size_t endpoint,
                                enum session_class class)
{
    const struct host_verdict *verdict = &judge->verdict->hosts[host];
    bool judged = class == SESSION_TLS || class == SESSION_NO_TLS;

    /* A host whose lookup failed is not even tried (row 69). */
    bool unusable = judge->options->require_dane && verdict->dane != DANE_USABLE &&
                    verdict->dane != DANE_UNKNOWN;
    if (unusable) /* a sender that mandates DANE does not try it either (row 74) */
        return DELIVERY_DEFER;
    if (!judged && verdict->dane != DANE_BOGUS && verdict->dane != DANE_ERROR)
        return plain(class);
    switch (verdict->dane) {
    case DANE_USABLE:
        return class == SESSION_TLS &&
                       verdict->endpoints[endpoint].chain.dane.outcome == TLS_DANE_MATCH
                   ? DELIVERY_TLS
                   : DELIVERY_DEFER;
    case DANE_UNUSABLE:
        return class == SESSION_TLS ? DELIVERY_UNAUTHENTICATED_TLS : DELIVERY_DEFER;
    case DANE_BOGUS:
    case DANE_ERROR:
        return DELIVERY_DEFER;
    case DANE_ABSENT:
    case DANE_INSECURE:
        return plain(class);
    case DANE_UNKNOWN:
        return DELIVERY_UNKNOWN; /* whether there is DANE could not be told */
    }
    return DELIVERY_UNKNOWN;
}

static enum delivery at_endpoint(const struct judge *judge, enum sender sender, size_t host,
                                 size_t endpoint)
{
    enum session_class class = judge_session_class(judge->facts->hosts[host].endpoints[endpoint]);

    switch (sender) {
    case SENDER_OPPORTUNISTIC:
        return plain(class);
    case SENDER_MTA_STS:
        return under_sts(judge, host, endpoint, class);
    case SENDER_DANE:
        return under_dane(judge, host, endpoint, class);
    }
    return DELIVERY_UNKNOWN;
}

/* A host without endpoints: validation failed, or nothing is there to be judged. */
static enum delivery at_bare_host(const struct judge *judge, enum sender sender, size_t index)
{
    const struct host_facts *host = &judge->facts->hosts[index];
    const struct dns_answer *const answers[] = {host->a, host->aaaa};
    enum dane_status dane = judge->verdict->hosts[index].dane;

    if (sender == SENDER_DANE && (dane == DANE_BOGUS || dane == DANE_ERROR))
        return DELIVERY_DEFER;
    if (sender == SENDER_MTA_STS && judge_sts_in_force(judge->verdict) &&
        judge->verdict->policy.mode == STS_MODE_ENFORCE && !judge->verdict->hosts[index].sts_match)
        return DELIVERY_DEFER;
    for (size_t i = 0; i < 2; i++)
        if (answers[i] && answers[i]->status == DNS_BOGUS)
            return DELIVERY_DEFER;
    return DELIVERY_UNKNOWN;
}

/* Deliveries in the enum's order grow worse from TLS to cleartext. */
static void meet(struct walk *walk, enum delivery delivery)
{
    if (delivery == DELIVERY_DEFER) {
        walk->put_off = true;
    } else if (delivery <= DELIVERY_CLEARTEXT) {
        if (!walk->accepted || delivery > walk->worst)
            walk->worst = delivery;
        walk->accepted = true;
    }
}

static enum delivery outcome(const struct walk *walk)
{
    if (walk->doubtful)
        return DELIVERY_UNKNOWN;
    if (walk->accepted)
        return walk->worst;
    return walk->put_off ? DELIVERY_DEFER : DELIVERY_UNKNOWN;
}

static enum delivery walk_hosts(const struct judge *judge, enum sender sender)
{
    const struct domain_facts *facts = judge->facts;
    struct walk walk = {.worst = DELIVERY_TLS};

    for (size_t i = 0; i < facts->n_hosts; i++) {
        const struct host_facts *host = &facts->hosts[i];
        bool next_group = i && host->preference != facts->hosts[i - 1].preference;
        if (next_group && (walk.accepted || walk.doubtful))
            return outcome(&walk);
        for (size_t j = 0; j < host->n_endpoints; j++) {
            enum delivery delivery = at_endpoint(judge, sender, i, j);
            walk.doubtful |=
                delivery == DELIVERY_UNKNOWN && judge_session_judged(host->endpoints[j]);
            meet(&walk, delivery);
        }
        if (!host->n_endpoints)
            meet(&walk, at_bare_host(judge, sender, i));
    }
    return outcome(&walk);
}

/* What the MX lookup alone decides, for every kind of sender. */
static bool decided_by_routing(enum mx_status status, enum delivery *out)
{
    switch (status) {
    case MX_FOUND:
    case MX_IMPLICIT:
        return false;
    case MX_NULL:
    case MX_NONE:
    case MX_NXDOMAIN:
        *out = DELIVERY_BOUNCE;
        return true;
    case MX_SERVFAIL:
    case MX_TIMEOUT:
        *out = DELIVERY_UNKNOWN;
        return true;
    case MX_BOGUS:
        *out = DELIVERY_DEFER;
        return true;
    }
    return false;
}

void judge_delivery(struct judge *judge)
{
    struct verdict *verdict = judge->verdict;
    enum delivery all = DELIVERY_UNKNOWN;

    if (decided_by_routing(verdict->mx_status, &all)) {
        verdict->opportunistic = all;
        verdict->mta_sts = all;
        verdict->dane = all;
        return;
    }
    verdict->opportunistic = walk_hosts(judge, SENDER_OPPORTUNISTIC);
    verdict->mta_sts = walk_hosts(judge, SENDER_MTA_STS);
    verdict->dane = walk_hosts(judge, SENDER_DANE);
}
