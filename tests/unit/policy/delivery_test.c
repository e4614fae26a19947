/*
 * The simulation behind `delivery` (VOCABULARY "The decision table"), on verdicts built by hand.
 * A host is written as its sessions, one letter each:
 *
 *   T  TLS, with all that the policies in force ask for     P  put off by the server (rows 7, 8)
 *   B  TLS, with a certificate that satisfies no policy     U  nothing was learnt (rows 6, 8a)
 *   C  no TLS channel (class A)
 */
#include "case.h"

#include "policy/judge.h"

enum { HOSTS = 3, SESSIONS = 4 };

struct host_case {
    const char *sessions; /* NULL ends the list; "" has no endpoint */
    uint16_t preference;
    enum dane_status dane;
    bool outside; /* the policy does not list it */
};

struct delivery_case {
    const char *name;
    enum sts_mode mode; /* none: as without a policy */
    struct host_case hosts[HOSTS];
    enum delivery opportunistic, mta_sts, dane;
    bool require_dane;
};

/* Everything that one case needs, none of it on the heap. */
struct bench {
    struct tls_facts tls;
    struct smtp_facts sessions[HOSTS][SESSIONS];
    struct smtp_facts *endpoints[HOSTS][SESSIONS];
    struct endpoint_verdict results[HOSTS][SESSIONS];
    struct host_facts host_facts[HOSTS];
    struct host_verdict host_verdicts[HOSTS];
    struct domain_facts facts;
    struct verdict verdict;
};

static void set_session(struct bench *bench, size_t host, size_t index, char letter)
{
    struct smtp_facts *session = &bench->sessions[host][index];
    struct chain_verdict *result = &bench->results[host][index].chain;
    bool tls = letter == 'T' || letter == 'B';

    bench->endpoints[host][index] = session;
    session->tls = tls ? &bench->tls : NULL;
    session->stage = tls ? SMTP_STAGE_DONE : SMTP_STAGE_EHLO;
    session->starttls = tls ? SMTP_STARTTLS_ACCEPTED : SMTP_STARTTLS_NOT_OFFERED;
    if (letter == 'P')
        session->problem = SMTP_TEMPORARY_REPLY;
    else if (letter == 'U')
        session->problem = SMTP_CONNECTION_REFUSED;
    result->webpki.trusted = letter == 'T';
    result->name_matches = letter == 'T';
    result->dane.outcome = letter == 'T' ? TLS_DANE_MATCH : TLS_DANE_NO_MATCH;
}

static void set_host(struct bench *bench, size_t index, const struct host_case *host)
{
    struct host_facts *facts = &bench->host_facts[index];
    struct host_verdict *verdict = &bench->host_verdicts[index];

    facts->preference = host->preference;
    facts->endpoints = bench->endpoints[index];
    facts->n_endpoints = strlen(host->sessions);
    verdict->sts_match = host->outside ? NULL : "*.example.test";
    verdict->dane = host->dane;
    verdict->endpoints = bench->results[index];
    verdict->n_endpoints = facts->n_endpoints;
    for (size_t i = 0; i < facts->n_endpoints; i++)
        set_session(bench, index, i, host->sessions[i]);
}

static void run(const struct delivery_case *one)
{
    struct bench bench = {.tls = {.n_chain = 1}};
    const struct judge_options options = {.require_dane = one->require_dane};
    struct judge judge = {.facts = &bench.facts, .options = &options, .verdict = &bench.verdict};
    size_t n = 0;

    for (; n < HOSTS && one->hosts[n].sessions; n++)
        set_host(&bench, n, &one->hosts[n]);
    bench.facts.hosts = bench.host_facts;
    bench.facts.n_hosts = n;
    bench.verdict.hosts = bench.host_verdicts;
    bench.verdict.n_hosts = n;
    bench.verdict.mx_status = MX_FOUND;
    bench.verdict.sts_status = STS_POLICY_VALID;
    bench.verdict.policy.mode = one->mode;
    judge_delivery(&judge);
    CASE_CHECK(one->name, bench.verdict.opportunistic == one->opportunistic);
    CASE_CHECK(one->name, bench.verdict.mta_sts == one->mta_sts);
    CASE_CHECK(one->name, bench.verdict.dane == one->dane);
}

#define NONE STS_MODE_NONE
#define TESTING STS_MODE_TESTING
#define ENFORCE STS_MODE_ENFORCE
#define TLS DELIVERY_TLS
#define UNAUTH DELIVERY_UNAUTHENTICATED_TLS
#define CLEAR DELIVERY_CLEARTEXT
#define DEFER DELIVERY_DEFER
#define UNKNOWN DELIVERY_UNKNOWN
#define PLAIN DANE_INSECURE

static const struct delivery_case one_host[] = {
    /* no policy, or mode none */
    {"TLS", NONE, {{"T", 10, PLAIN, false}}, TLS, TLS, TLS, false},
    {"a bad certificate", NONE, {{"B", 10, PLAIN, false}}, TLS, TLS, TLS, false},
    {"no TLS", NONE, {{"C", 10, PLAIN, false}}, CLEAR, CLEAR, CLEAR, false},
    {"put off", NONE, {{"P", 10, PLAIN, false}}, DEFER, DEFER, DEFER, false},
    {"unreached", NONE, {{"U", 10, PLAIN, false}}, UNKNOWN, UNKNOWN, UNKNOWN, false},
    {"no endpoint", NONE, {{"", 10, PLAIN, false}}, UNKNOWN, UNKNOWN, UNKNOWN, false},
    {"outside a policy of mode none", NONE, {{"T", 10, PLAIN, true}}, TLS, TLS, TLS, false},
    /* MTA-STS */
    {"testing, TLS", TESTING, {{"T", 10, PLAIN, false}}, TLS, TLS, TLS, false},
    {"testing, bad", TESTING, {{"B", 10, PLAIN, false}}, TLS, UNAUTH, TLS, false},
    {"testing, no TLS", TESTING, {{"C", 10, PLAIN, false}}, CLEAR, CLEAR, CLEAR, false},
    {"testing, outside", TESTING, {{"T", 10, PLAIN, true}}, TLS, UNAUTH, TLS, false},
    {"testing, put off", TESTING, {{"P", 10, PLAIN, false}}, DEFER, DEFER, DEFER, false},
    {"enforce, TLS", ENFORCE, {{"T", 10, PLAIN, false}}, TLS, TLS, TLS, false},
    {"enforce, bad", ENFORCE, {{"B", 10, PLAIN, false}}, TLS, DEFER, TLS, false},
    {"enforce, no TLS", ENFORCE, {{"C", 10, PLAIN, false}}, CLEAR, DEFER, CLEAR, false},
    {"enforce, outside", ENFORCE, {{"T", 10, PLAIN, true}}, TLS, DEFER, TLS, false},
    {"enforce, outside, unreached",
     ENFORCE,
     {{"U", 10, PLAIN, true}},
     UNKNOWN,
     DEFER,
     UNKNOWN,
     false},
    {"enforce, unreached", ENFORCE, {{"U", 10, PLAIN, false}}, UNKNOWN, UNKNOWN, UNKNOWN, false},
    /* DANE */
    {"usable, match", NONE, {{"T", 10, DANE_USABLE, false}}, TLS, TLS, TLS, false},
    {"usable, no match", NONE, {{"B", 10, DANE_USABLE, false}}, TLS, TLS, DEFER, false},
    {"usable, no TLS", NONE, {{"C", 10, DANE_USABLE, false}}, CLEAR, CLEAR, DEFER, false},
    {"usable, unreached", NONE, {{"U", 10, DANE_USABLE, false}}, UNKNOWN, UNKNOWN, UNKNOWN, false},
    {"unusable, TLS", NONE, {{"T", 10, DANE_UNUSABLE, false}}, TLS, TLS, UNAUTH, false},
    {"unusable, no TLS", NONE, {{"C", 10, DANE_UNUSABLE, false}}, CLEAR, CLEAR, DEFER, false},
    {"absent", NONE, {{"C", 10, DANE_ABSENT, false}}, CLEAR, CLEAR, CLEAR, false},
    {"bogus", NONE, {{"T", 10, DANE_BOGUS, false}}, TLS, TLS, DEFER, false},
    {"lookup failed", NONE, {{"T", 10, DANE_ERROR, false}}, TLS, TLS, DEFER, false},
    {"lookup failed, unreached",
     NONE,
     {{"U", 10, DANE_ERROR, false}},
     UNKNOWN,
     UNKNOWN,
     DEFER,
     false},
    {"not known", NONE, {{"T", 10, DANE_UNKNOWN, false}}, TLS, TLS, UNKNOWN, false},
    {"not known, no TLS", NONE, {{"C", 10, DANE_UNKNOWN, false}}, CLEAR, CLEAR, UNKNOWN, false},
    /* --require-dane */
    {"required and there", NONE, {{"T", 10, DANE_USABLE, false}}, TLS, TLS, TLS, true},
    {"required and absent", NONE, {{"T", 10, DANE_ABSENT, false}}, TLS, TLS, DEFER, true},
    {"required and insecure", NONE, {{"T", 10, PLAIN, false}}, TLS, TLS, DEFER, true},
    {"required and unusable", NONE, {{"T", 10, DANE_UNUSABLE, false}}, TLS, TLS, DEFER, true},
    /* both: each by itself */
    {"both content", ENFORCE, {{"T", 10, DANE_USABLE, false}}, TLS, TLS, TLS, false},
    {"neither content", ENFORCE, {{"B", 10, DANE_USABLE, false}}, TLS, DEFER, DEFER, false},
    /* several addresses of one host */
    {"TLS and no TLS", NONE, {{"TC", 10, PLAIN, false}}, CLEAR, CLEAR, CLEAR, false},
    {"no TLS and TLS", NONE, {{"CT", 10, PLAIN, false}}, CLEAR, CLEAR, CLEAR, false},
    {"enforce, TLS and no TLS", ENFORCE, {{"TC", 10, PLAIN, false}}, CLEAR, TLS, CLEAR, false},
    {"enforce, bad and TLS", ENFORCE, {{"BT", 10, PLAIN, false}}, TLS, TLS, TLS, false},
    {"testing, bad and TLS", TESTING, {{"BT", 10, PLAIN, false}}, TLS, UNAUTH, TLS, false},
    {"testing, bad, TLS and no TLS",
     TESTING,
     {{"BTC", 10, PLAIN, false}},
     CLEAR,
     CLEAR,
     CLEAR,
     false},
    {"usable, bad and TLS", NONE, {{"BT", 10, DANE_USABLE, false}}, TLS, TLS, TLS, false},
    {"unreached and TLS", NONE, {{"UT", 10, PLAIN, false}}, TLS, TLS, TLS, false},
    {"put off and no TLS", NONE, {{"PC", 10, PLAIN, false}}, CLEAR, CLEAR, CLEAR, false},
};

static const struct delivery_case several_hosts[] = {
    {"the first accepts: the second does not count",
     NONE,
     {{"T", 10, PLAIN, false}, {"C", 20, PLAIN, false}},
     TLS,
     TLS,
     TLS,
     false},
    {"the first accepts in the clear: the second does not help",
     NONE,
     {{"C", 10, PLAIN, false}, {"T", 20, PLAIN, false}},
     CLEAR,
     CLEAR,
     CLEAR,
     false},
    {"the first is unreached",
     NONE,
     {{"U", 10, PLAIN, false}, {"C", 20, PLAIN, false}},
     CLEAR,
     CLEAR,
     CLEAR,
     false},
    {"the first puts off",
     NONE,
     {{"P", 10, PLAIN, false}, {"T", 20, PLAIN, false}},
     TLS,
     TLS,
     TLS,
     false},
    {"the first has no endpoint",
     NONE,
     {{"", 10, PLAIN, false}, {"T", 20, PLAIN, false}},
     TLS,
     TLS,
     TLS,
     false},
    {"all put off",
     NONE,
     {{"P", 10, PLAIN, false}, {"P", 20, PLAIN, false}},
     DEFER,
     DEFER,
     DEFER,
     false},
    {"all unreached",
     NONE,
     {{"U", 10, PLAIN, false}, {"UU", 20, PLAIN, false}},
     UNKNOWN,
     UNKNOWN,
     UNKNOWN,
     false},
    {"equal preference: the worst counts",
     NONE,
     {{"T", 10, PLAIN, false}, {"C", 10, PLAIN, false}},
     CLEAR,
     CLEAR,
     CLEAR,
     false},
    {"equal preference: who does not accept does not count",
     NONE,
     {{"U", 10, PLAIN, false}, {"P", 10, PLAIN, false}, {"T", 10, PLAIN, false}},
     TLS,
     TLS,
     TLS,
     false},
    {"three preferences",
     NONE,
     {{"U", 10, PLAIN, false}, {"P", 20, PLAIN, false}, {"C", 30, PLAIN, false}},
     CLEAR,
     CLEAR,
     CLEAR,
     false},
    {"enforce: no TLS passes to the next",
     ENFORCE,
     {{"C", 10, PLAIN, false}, {"T", 20, PLAIN, false}},
     CLEAR,
     TLS,
     CLEAR,
     false},
    {"enforce: a host outside passes to the next",
     ENFORCE,
     {{"T", 10, PLAIN, true}, {"T", 20, PLAIN, false}},
     TLS,
     TLS,
     TLS,
     false},
    {"enforce: nobody left",
     ENFORCE,
     {{"B", 10, PLAIN, false}, {"C", 20, PLAIN, false}},
     TLS,
     DEFER,
     TLS,
     false},
    {"enforce: one refused by the policy, one unreached",
     ENFORCE,
     {{"B", 10, PLAIN, false}, {"U", 20, PLAIN, false}},
     TLS,
     DEFER,
     TLS,
     false},
    {"testing: the first accepts, and badly",
     TESTING,
     {{"B", 10, PLAIN, false}, {"T", 20, PLAIN, false}},
     TLS,
     UNAUTH,
     TLS,
     false},
    {"DANE: no match passes to a host without records",
     NONE,
     {{"B", 10, DANE_USABLE, false}, {"C", 20, DANE_ABSENT, false}},
     TLS,
     TLS,
     CLEAR,
     false},
    {"DANE: a failed lookup passes to the next",
     NONE,
     {{"T", 10, DANE_ERROR, false}, {"T", 20, DANE_USABLE, false}},
     TLS,
     TLS,
     TLS,
     false},
    {"DANE: unusable beside usable of equal preference",
     NONE,
     {{"T", 10, DANE_UNUSABLE, false}, {"T", 10, DANE_USABLE, false}},
     TLS,
     TLS,
     UNAUTH,
     false},
    {"DANE: nobody left",
     NONE,
     {{"B", 10, DANE_USABLE, false}, {"C", 20, DANE_UNUSABLE, false}},
     TLS,
     TLS,
     DEFER,
     false},
};

static void test_one_host(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(one_host); i++)
        run(&one_host[i]);
}

static void test_several_hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(several_hosts); i++)
        run(&several_hosts[i]);
}

/* Where the routing alone decides, whatever the hosts (rows 1, 2, 4 and 5). */
static void test_routing(void **state)
{
    static const struct {
        const char *name;
        enum mx_status status;
        enum delivery delivery;
    } cases[] = {
        {"null", MX_NULL, DELIVERY_BOUNCE},
        {"none", MX_NONE, DELIVERY_BOUNCE},
        {"nxdomain", MX_NXDOMAIN, DELIVERY_BOUNCE},
        {"servfail", MX_SERVFAIL, DELIVERY_UNKNOWN},
        {"timeout", MX_TIMEOUT, DELIVERY_UNKNOWN},
        {"bogus", MX_BOGUS, DELIVERY_DEFER},
        {"found, no hosts", MX_FOUND, DELIVERY_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct domain_facts facts = {0};
        const struct judge_options options = {0};
        struct verdict verdict = {.mx_status = cases[i].status};
        struct judge judge = {.facts = &facts, .options = &options, .verdict = &verdict};

        judge_delivery(&judge);
        CASE_CHECK(cases[i].name, verdict.opportunistic == cases[i].delivery);
        CASE_CHECK(cases[i].name, verdict.mta_sts == cases[i].delivery);
        CASE_CHECK(cases[i].name, verdict.dane == cases[i].delivery);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_host),
        cmocka_unit_test(test_several_hosts),
        cmocka_unit_test(test_routing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
