/* The plan of the survey, against servers that are a list of versions and suites. */
#include "case.h"

#include "probe/survey.h"

enum { SSL3 = 0x0300, TLS10, TLS11, TLS12, TLS13, SUITES_MAX = 6 };

/* A server of the test: what it has, and what it prefers. */
struct model {
    const char *name;
    uint16_t versions[SURVEY_VERSIONS]; /* accepted ones, 0 ends the list */
    uint16_t suites[SUITES_MAX];        /* in its own order, 0 ends the list; of TLS 1.3 too */
    bool own_order;
    bool falls_back; /* to an older version, where it has not the one asked for */
    bool strict;     /* no EXPORT above TLS 1.0 (RFC 4346 A.5) */
    bool closes;     /* in place of an alert */
};

static bool has_version(const struct model *model, uint16_t version)
{
    for (size_t i = 0; i < SURVEY_VERSIONS; i++)
        if (version && model->versions[i] == version)
            return true;
    return false;
}

static bool shares(const struct model *model, const struct tls_hello_offer *offer, uint16_t version,
                   uint16_t suite)
{
    const struct tls_suite *found = tls_suite_find(suite);

    return found && tls_hello_offers(offer, suite) &&
           (found->least_version == TLS13) == (version == TLS13) &&
           found->least_version <= version &&
           !(model->strict && (found->classes & 1U << TLS_SUITE_EXPORT) && version > TLS10);
}

/* By the client's order a server goes through the offer, by its own through its list. */
static uint16_t choose(const struct model *model, const struct tls_hello_offer *offer,
                       uint16_t version)
{
    size_t n;
    const struct tls_suite *suites = tls_suites(&n);

    for (size_t i = 0; model->own_order && i < SUITES_MAX; i++)
        if (shares(model, offer, version, model->suites[i]))
            return model->suites[i];
    for (size_t i = 0; !model->own_order && i < n; i++)
        for (size_t j = 0; j < SUITES_MAX; j++) {
            const uint16_t id = suites[offer->reversed ? n - 1 - i : i].id;
            if (model->suites[j] == id && shares(model, offer, version, id))
                return id;
        }
    return 0;
}

static enum hello_outcome answer(const struct model *model, const struct tls_hello_offer *offer,
                                 struct tls_server_hello *hello)
{
    uint16_t version = offer->version;

    *hello = (struct tls_server_hello){.alert = -1};
    while (model->falls_back && version > SSL3 && version != TLS13 && !has_version(model, version))
        version--;
    const uint16_t suite = has_version(model, version) ? choose(model, offer, version) : 0;
    if (!suite) {
        hello->alert = model->closes ? -1 : 40;
        return model->closes ? HELLO_CLOSED : HELLO_ALERT;
    }
    *hello = (struct tls_server_hello){true, version, suite, 23, 0, false, -1};
    return HELLO_CHOSEN;
}

/* One letter a status: versions from SSLv3 on, then classes in their order. */
static const char *statuses(const struct tls_survey *facts)
{
    static char text[SURVEY_VERSIONS + 1 + SURVEY_CLASSES + 1];
    char *at = text;

    for (size_t i = 0; i < SURVEY_VERSIONS; i++)
        *at++ = "?-+"[facts->versions[i].status];
    *at++ = ' ';
    for (size_t i = 0; i < SURVEY_CLASSES; i++)
        *at++ = "?-+"[facts->weak[i].status];
    *at = '\0';
    return text;
}

/* Asks until nothing is left, or until connection `cut` (from 1 on) goes wrong in that way. */
static struct tls_survey run(const struct model *model, unsigned cut, enum hello_outcome how)
{
    struct tls_survey facts;
    struct survey survey;
    struct tls_hello_offer offer;

    survey_begin(&survey, &facts);
    while (survey_next(&survey, &offer)) {
        struct tls_server_hello hello = {.alert = -1};
        const bool wrong = cut == facts.connections + 1;
        const enum hello_outcome outcome = wrong ? how : answer(model, &offer, &hello);
        survey_take(&survey, outcome, &hello);
        assert_in_range(facts.connections, 1, SURVEY_CONNECTIONS_MAX);
    }
    return facts;
}

#define EVERY_VERSION                    \
    {                                    \
        SSL3, TLS10, TLS11, TLS12, TLS13 \
    }

static const struct {
    struct model model;
    const char *statuses; /* SSLv3 … TLS 1.3; anonymous, NULL, EXPORT, RC4, DES */
    unsigned connections;
    enum survey_order order;
} cases[] = {
    /* clang-format off */
    {{"modern, its own order", {TLS12, TLS13}, {0x1301, 0xc02f, 0xc030}, true, false, false, false},
     "---++ -----", 12, SURVEY_ORDER_SERVER},
    {{"modern, the client's order", {TLS12, TLS13}, {0x1301, 0xc02f, 0xc030}, false, false, false, false},
     "---++ -----", 11, SURVEY_ORDER_CLIENT},
    {{"closes for a refusal", {TLS12, TLS13}, {0x1301, 0xc02f, 0xc030}, false, false, false, true},
     "---++ -----", 11, SURVEY_ORDER_CLIENT},
    {{"one suite", {TLS12}, {0xc02f}, true, false, false, false},
     "---+- -----", 12, SURVEY_ORDER_UNKNOWN},
    {{"TLS 1.3 alone", {TLS13}, {0x1302}, true, false, false, false},
     "----+ -----", 5, SURVEY_ORDER_UNKNOWN},
    {{"refuses all", {0}, {0}, true, false, false, false},
     "----- -----", 5, SURVEY_ORDER_UNKNOWN},
    {{"every version and class", EVERY_VERSION, {0x1301, 0x0035, 0x0034, 0x0002, 0x0003, 0x0005}, true,
      false, false, false}, "+++++ ++++-", 12, SURVEY_ORDER_SERVER},
    {{"falls back", {SSL3, TLS10}, {0x0035, 0x000a}, true, true, false, false},
     "++--- ----+", 12, SURVEY_ORDER_SERVER},
    {{"SSLv3 alone", {SSL3}, {0x0004, 0x0035}, true, true, false, false},
     "+---- ---+-", 11, SURVEY_ORDER_SERVER}, /* RC4 was seen at once */
    {{"3DES alone", {TLS12}, {0xc012}, true, false, false, false},
     "---+- ----+", 11, SURVEY_ORDER_UNKNOWN},
    {{"anonymous and NULL in one", {TLS12}, {0xc015}, true, false, false, false},
     "---+- ++---", 10, SURVEY_ORDER_UNKNOWN},
    {{"EXPORT where it is allowed", {TLS10, TLS11, TLS12}, {0x0035, 0x0008}, true, false, true, false},
     "-+++- --+--", 12, SURVEY_ORDER_UNKNOWN},
    {{"EXPORT everywhere", {TLS11, TLS12}, {0x0035, 0x0008}, true, false, false, false},
     "--++- --+-+", 12, SURVEY_ORDER_SERVER},
    /* clang-format on */
};

enum { CASES = COUNT(cases) };

static void test_servers(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        const struct tls_survey facts = run(&cases[i].model, 0, HELLO_ALERT);
        CASE_TEXT(cases[i].model.name, statuses(&facts), cases[i].statuses);
        CASE_INT(cases[i].model.name, facts.connections, cases[i].connections);
        CASE_INT(cases[i].model.name, facts.order, cases[i].order);
    }
}

/* What is told of an accepted version is what the server said to it, not to another. */
static void test_answers(void **state)
{
    const struct model model = {.versions = {TLS10, TLS12, TLS13},
                                .suites = {0x1303, 0xcca8, 0x0039, 0x0016},
                                .own_order = true};
    const struct tls_survey facts = run(&model, 0, HELLO_ALERT);

    (void)state;
    assert_int_equal(facts.versions[4].version, TLS13);
    assert_int_equal(facts.versions[4].suite, 0x1303);
    assert_int_equal(facts.versions[3].suite, 0xcca8);
    assert_int_equal(facts.versions[3].group, 23);
    assert_int_equal(facts.versions[1].version, TLS10);
    assert_int_equal(facts.versions[1].suite, 0x0039);
    assert_int_equal(facts.versions[2].suite, 0); /* refused */
    assert_int_equal(facts.weak[TLS_SUITE_DES].suite, 0x0016);
    assert_int_equal(facts.weak[TLS_SUITE_DES].version, TLS12);
}

/* The newest first, each with every suite; a class alone, at the newest version. */
static void test_offers(void **state)
{
    const struct model model = {
        .versions = {TLS10, TLS12}, .suites = {0x0035, 0x002f}, .own_order = true};
    static const struct tls_hello_offer wanted[] = {
        {TLS13, TLS_SUITES_ALL, false, 0},      {TLS12, TLS_SUITES_ALL, false, 0},
        {TLS11, TLS_SUITES_ALL, false, 0},      {TLS10, TLS_SUITES_ALL, false, 0},
        {SSL3, TLS_SUITES_ALL, false, 0},       {TLS12, 1 << TLS_SUITE_ANONYMOUS, false, 0},
        {TLS12, 1 << TLS_SUITE_NULL, false, 0}, {TLS10, 1 << TLS_SUITE_EXPORT, false, 0},
        {TLS12, 1 << TLS_SUITE_RC4, false, 0},  {TLS12, 1 << TLS_SUITE_DES, false, 0},
        {TLS12, TLS_SUITES_ALL, true, 0},       {TLS12, TLS_SUITES_ALL, false, 0x0035},
    };
    struct tls_survey facts;
    struct survey survey;
    struct tls_hello_offer offer;
    struct tls_server_hello hello;

    (void)state;
    survey_begin(&survey, &facts);
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_true(survey_next(&survey, &offer));
        assert_int_equal(offer.version, wanted[i].version);
        assert_int_equal(offer.classes, wanted[i].classes);
        assert_int_equal(offer.reversed, wanted[i].reversed);
        assert_int_equal(offer.without, wanted[i].without);
        survey_take(&survey, answer(&model, &offer, &hello), &hello);
    }
    assert_false(survey_next(&survey, &offer));
}

/* A ClientHello that nobody answers, or that could not be said, is the last. */
static void test_cut_short(void **state)
{
    static const enum hello_outcome ends[] = {HELLO_NOT_SENT, HELLO_UNANSWERED};
    const struct model *model = &cases[0].model; /* twelve connections */
    const struct tls_survey whole = run(model, 0, HELLO_ALERT);

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++)
        for (unsigned cut = 1; cut <= SURVEY_CONNECTIONS_MAX; cut++) {
            const struct tls_survey facts = run(model, cut, ends[i]);
            char wanted[sizeof "---++ -----"];
            assert_int_equal(facts.connections, cut);
            strcpy(wanted, statuses(&whole));
            for (unsigned step = cut - 1; step < SURVEY_VERSIONS; step++)
                wanted[SURVEY_VERSIONS - 1 - step] = '?';
            for (unsigned step = cut - 1 > SURVEY_VERSIONS ? cut - 1 : SURVEY_VERSIONS;
                 step < SURVEY_VERSIONS + SURVEY_CLASSES; step++)
                wanted[1 + step] = '?';
            assert_string_equal(statuses(&facts), wanted);
            assert_int_equal(facts.order, SURVEY_ORDER_UNKNOWN);
        }
}

/* What a version has shown of a weak class stays, though the survey ends there. */
static void test_cut_short_behind_a_weak_choice(void **state)
{
    const struct model model = {.versions = {TLS12}, .suites = {0x0005}, .own_order = true};
    const struct tls_survey facts = run(&model, 3, HELLO_UNANSWERED);

    (void)state;
    assert_string_equal(statuses(&facts), "???+- ???+?");
}

/* Bytes that are no TLS tell nothing of that question, and the next is asked. */
static void test_no_tls(void **state)
{
    const struct model *model = &cases[1].model;
    const struct tls_survey facts = run(model, 2, HELLO_NOT_TLS); /* to TLS 1.2 */
    const struct model nothing = {.name = "nothing"};
    const struct tls_survey none = run(&nothing, 1, HELLO_NOT_TLS);

    (void)state;
    assert_string_equal(statuses(&facts), "---?+ ?????");
    assert_int_equal(facts.connections, 5);
    assert_string_equal(statuses(&none), "----? -----");
}

/* Choices of what was never offered. */
static void test_lies(void **state)
{
    static const struct {
        const char *name;
        uint16_t version, suite;
        const char *statuses;
    } lies[] = {
        {"a suite of another version", TLS12, 0x1301, "????? ?????"},
        {"an unknown suite", TLS10, 0x5600, "????? ?????"},
        {"the signalling suite", TLS10, 0x00ff, "????? ?????"},
        {"SSLv2", 0x0002, 0x0005, "????? ?????"},
        {"a draft of TLS 1.3", 0x7f1c, 0x1301, "????? ?????"},
        {"SSLv3, whatever is asked", SSL3, 0x0035, "+---? -----"},
        {"TLS 1.2, whatever is asked", TLS12, 0x0035, "???+? ?????"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lies); i++) {
        const struct tls_server_hello hello = {true, lies[i].version, lies[i].suite, 0, 0, false,
                                               -1};
        struct tls_survey facts;
        struct survey survey;
        struct tls_hello_offer offer;
        survey_begin(&survey, &facts);
        while (survey_next(&survey, &offer))
            survey_take(&survey, HELLO_CHOSEN, &hello);
        assert_in_range(facts.connections, 5, SURVEY_CONNECTIONS_MAX);
        for (size_t j = 0; j < SURVEY_CLASSES; j++)
            CASE_INT(lies[i].name, facts.weak[j].status == SURVEY_ACCEPTED, false);
        for (size_t j = 0; j < SURVEY_VERSIONS; j++)
            CASE_INT(lies[i].name, (char)"?-+"[facts.versions[j].status], lies[i].statuses[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_servers),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_cut_short_behind_a_weak_choice),
        cmocka_unit_test(test_no_tls),
        cmocka_unit_test(test_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
