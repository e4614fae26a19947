#include "probe/survey.h"

#include <stddef.h>

enum { SSL3 = 0x0300, TLS1 = 0x0301, TLS12 = 0x0303, TLS13 = 0x0304 };

/* The plan: a step a question, each of one connection at the most. */
enum {
    STEP_VERSIONS,
    STEP_CLASSES = STEP_VERSIONS + SURVEY_VERSIONS,
    STEP_REVERSED = STEP_CLASSES + SURVEY_CLASSES,
    STEP_ALONE,
    STEP_END,
};

_Static_assert((int)STEP_END == (int)SURVEY_CONNECTIONS_MAX, "a connection a step");

/* The newest version up to `most` that was accepted, or 0. */
static uint16_t newest(const struct tls_survey *facts, uint16_t most)
{
    for (uint16_t version = most; version >= SSL3; version--)
        if (facts->versions[version - SSL3].status == SURVEY_ACCEPTED)
            return version;
    return 0;
}

/*
 * TLS 1.1 and later must not negotiate EXPORT (RFC 4346 A.5): a server that keeps to that, and
 * takes them below, is met where they are allowed.
 */
static uint16_t version_for(const struct tls_survey *facts, enum tls_suite_class suite_class)
{
    uint16_t old = suite_class == TLS_SUITE_EXPORT ? newest(facts, TLS1) : 0;

    return old ? old : newest(facts, TLS12);
}

/* --- what is asked ---------------------------------------------------------------------------- */

/* False where the step has nothing to ask. */
static bool offer_of(const struct tls_survey *facts, unsigned step, struct tls_hello_offer *offer)
{
    *offer = (struct tls_hello_offer){.classes = TLS_SUITES_ALL};
    if (step < STEP_CLASSES) {
        offer->version = (uint16_t)(TLS13 - step);
        return true;
    }
    if (step < STEP_REVERSED) {
        enum tls_suite_class suite_class = step - STEP_CLASSES;
        offer->version = version_for(facts, suite_class);
        offer->classes = 1U << suite_class;
        return offer->version && facts->weak[suite_class].status == SURVEY_UNKNOWN;
    }
    offer->version = newest(facts, TLS12);
    if (!offer->version)
        return false;
    if (step == STEP_REVERSED) {
        offer->reversed = true;
        return true;
    }
    offer->without = facts->versions[offer->version - SSL3].suite;
    return facts->order == SURVEY_ORDER_SERVER;
}

/* The first step from the present one on that needs a connection, or STEP_END. */
static unsigned next_step(const struct survey *survey, struct tls_hello_offer *offer)
{
    unsigned step = survey->step;

    while (step < STEP_END && !offer_of(survey->facts, step, offer))
        step++;
    return step;
}

bool survey_next(const struct survey *survey, struct tls_hello_offer *offer)
{
    return next_step(survey, offer) < STEP_END;
}

/* --- what was answered ------------------------------------------------------------------------ */

/* TLS 1.3 is offered alone, every other version as the newest of all. */
static bool offers_version(const struct tls_hello_offer *offer, uint16_t version)
{
    return offer->version == TLS13 ? version == TLS13
                                   : version >= SSL3 && version <= offer->version;
}

/* A choice of what was not offered is no TLS, whatever it looks like. */
static struct survey_answer answer_of(const struct tls_hello_offer *offer,
                                      enum hello_outcome outcome,
                                      const struct tls_server_hello *hello)
{
    struct survey_answer answer = {.status = SURVEY_UNKNOWN};

    if (outcome == HELLO_ALERT || outcome == HELLO_CLOSED)
        answer.status = SURVEY_REFUSED;
    if (outcome != HELLO_CHOSEN || !offers_version(offer, hello->version) ||
        !tls_hello_offers(offer, hello->suite))
        return answer;
    return (struct survey_answer){.status = SURVEY_ACCEPTED,
                                  .version = hello->version,
                                  .suite = hello->suite,
                                  .group = hello->group,
                                  .prime_bits = hello->prime_bits};
}

static void take_version(struct tls_survey *facts, uint16_t version, struct survey_answer answer)
{
    if (answer.status == SURVEY_ACCEPTED && answer.version != version)
        answer = (struct survey_answer){.status = SURVEY_REFUSED};
    facts->versions[version - SSL3] = answer;
}

/* Once every version is asked for: what that tells about the weak classes already. */
static void settle_classes(struct tls_survey *facts)
{
    bool all_refused = true;

    for (uint16_t version = TLS12; version >= SSL3; version--) {
        const struct survey_answer *answer = &facts->versions[version - SSL3];
        const struct tls_suite *weak =
            answer->status == SURVEY_ACCEPTED ? tls_weak_suite_find(answer->suite) : NULL;
        all_refused &= answer->status == SURVEY_REFUSED;
        for (size_t i = 0; weak && i < SURVEY_CLASSES; i++)
            if ((weak->classes >> i & 1) && facts->weak[i].status == SURVEY_UNKNOWN)
                facts->weak[i] = *answer;
    }
    for (size_t i = 0; all_refused && i < SURVEY_CLASSES; i++)
        facts->weak[i].status = SURVEY_REFUSED;
}

static void take_reversed(struct tls_survey *facts, const struct survey_answer *answer)
{
    const struct survey_answer *before = &facts->versions[newest(facts, TLS12) - SSL3];

    if (answer->status == SURVEY_ACCEPTED && answer->version == before->version)
        facts->order = answer->suite == before->suite ? SURVEY_ORDER_SERVER : SURVEY_ORDER_CLIENT;
}

void survey_begin(struct survey *survey, struct tls_survey *facts)
{
    *facts = (struct tls_survey){.connections = 0};
    *survey = (struct survey){.facts = facts, .step = STEP_VERSIONS};
}

void survey_take(struct survey *survey, enum hello_outcome outcome,
                 const struct tls_server_hello *hello)
{
    struct tls_survey *facts = survey->facts;
    struct tls_hello_offer offer;
    unsigned step = next_step(survey, &offer);

    if (step >= STEP_END)
        return;
    struct survey_answer answer = answer_of(&offer, outcome, hello);
    facts->connections++;
    if (step < STEP_CLASSES)
        take_version(facts, offer.version, answer);
    else if (step < STEP_REVERSED)
        facts->weak[step - STEP_CLASSES] = answer;
    else if (step == STEP_REVERSED)
        take_reversed(facts, &answer);
    else if (answer.status != SURVEY_ACCEPTED)
        facts->order = SURVEY_ORDER_UNKNOWN; /* without a second suite there is no order */
    bool over = outcome == HELLO_NOT_SENT || outcome == HELLO_UNANSWERED;
    if (step == STEP_CLASSES - 1 || (over && step < STEP_CLASSES))
        settle_classes(facts);
    survey->step = over ? STEP_END : step + 1;
}
