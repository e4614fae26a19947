/*
 * What became of a reported failure: outcomes by hand, from facts that need no certificate. What
 * certificates add is the lab's business (tests/lab/check_report.py).
 */
#include "case.h"

#include <stdio.h>

#include "policy/replay.h"

#define DOMAIN "example.net"
#define MX "mx1.example.net"
#define TEXT(literal) ((char[]){literal})

/* What the DNS and the policy host of today say. */
enum policy_now { NO_RECORD, LISTED, NOT_LISTED, OTHER_MODE, LOOKUP_FAILED, NOT_FOUND };
/* How the session with the reported host went. */
enum session_now { NO_SESSION, NOT_OFFERED, REFUSED, SILENT, PUT_OFF, SPECIAL_USE, ALERT_70 };

static struct dns_answer *found(const char *name, uint16_t type)
{
    struct dns_answer *answer = dns_answer_new(name, type);

    assert_non_null(answer);
    answer->status = DNS_FOUND;
    answer->security = DNS_INSECURE;
    assert_non_null(dns_answer_add(answer));
    return answer;
}

static struct sts_fetch_facts *fetched(enum policy_now now)
{
    static const char *const bodies[] = {
        [LISTED] = "version: STSv1\nmode: enforce\nmx: *.example.net\nmax_age: 604800\n",
        [NOT_LISTED] = "version: STSv1\nmode: enforce\nmx: mx9.example.org\nmax_age: 604800\n",
        [OTHER_MODE] = "version: STSv1\nmode: testing\nmx: *.example.net\nmax_age: 604800\n",
        [NOT_FOUND] = "",
    };
    struct sts_fetch_facts *fetch = sts_fetch_facts_new(DOMAIN, 443);

    assert_non_null(fetch);
    fetch->problem = STS_FETCH_OK;
    fetch->http_status = now == NOT_FOUND ? 404 : 200;
    fetch->content_type = strdup("text/plain");
    fetch->body = (uint8_t *)strdup(bodies[now]);
    fetch->length = strlen(bodies[now]);
    return fetch;
}

static struct domain_facts *domain_of(enum policy_now now, const char *mx)
{
    static const struct dns_address address = {DNS_IPV4, {192, 0, 2, 11}};
    struct domain_facts *facts = domain_facts_new(DOMAIN);

    assert_non_null(facts);
    facts->ipv4 = facts->ipv6 = true;
    facts->ad_believed = true;
    facts->mx = found(DOMAIN, DNS_TYPE_MX);
    facts->mx->records[0].u.mx.host = strdup(mx);
    facts->hosts = calloc(1, sizeof *facts->hosts);
    assert_non_null(facts->hosts);
    facts->n_hosts = facts->hosts_seen = 1;
    facts->hosts[0].host = strdup(mx);
    facts->hosts[0].a = found(mx, DNS_TYPE_A);
    facts->hosts[0].a->records[0].u.address = address;
    facts->sts_txt = found("_mta-sts." DOMAIN, DNS_TYPE_TXT);
    facts->sts_txt->records[0].u.text.bytes = (uint8_t *)strdup("v=STSv1; id=1;");
    facts->sts_txt->records[0].u.text.length = 14;
    if (now == NO_RECORD)
        facts->sts_txt->status = DNS_NODATA;
    else if (now == LOOKUP_FAILED)
        facts->sts_txt->status = DNS_SERVFAIL;
    else
        facts->sts_fetch = fetched(now);
    return facts;
}

static struct smtp_facts *session_of(enum session_now now)
{
    static const struct dns_address address = {DNS_IPV4, {192, 0, 2, 11}};
    struct smtp_facts *facts = now == NO_SESSION ? NULL : smtp_facts_new(&address, 25);

    if (!facts)
        return NULL;
    switch (now) {
    case NO_SESSION:
        break;
    case NOT_OFFERED:
        facts->problem = SMTP_FINE;
        facts->stage = SMTP_STAGE_EHLO;
        facts->starttls = SMTP_STARTTLS_NOT_OFFERED;
        break;
    case REFUSED:
        facts->problem = SMTP_CONNECTION_REFUSED;
        break;
    case SILENT:
        facts->problem = SMTP_TIMED_OUT;
        break;
    case PUT_OFF:
        facts->problem = SMTP_TEMPORARY_REPLY;
        facts->stage = SMTP_STAGE_BANNER;
        facts->reply_code = 421;
        facts->reply_text = strdup("4.7.0 slow down");
        break;
    case SPECIAL_USE:
        facts->problem = SMTP_TARGET_REFUSED;
        break;
    case ALERT_70:
        facts->problem = SMTP_TLS_FAILED;
        facts->stage = SMTP_STAGE_HANDSHAKE;
        facts->starttls = SMTP_STARTTLS_ACCEPTED;
        facts->tls_failure =
            (struct tls_failure){.kind = TLS_FAILED_ALERT, .alert = 70, .error = 0};
        break;
    }
    return facts;
}

static char *listed_lines[] = {TEXT("version: STSv1"), TEXT("mode: enforce"),
                               TEXT("mx: *.example.net"), TEXT("max_age: 604800")};
static char *unlisted_lines[] = {TEXT("version: STSv1"), TEXT("mode: enforce"),
                                 TEXT("mx: mx9.example.org"), TEXT("max_age: 604800")};

static const struct {
    const char *name;
    enum dialect dialect;
    enum policy_type policy;
    char **lines; /* of the report's policy; NULL: none */
    enum result_type type;
    const char *code;
    const char *mx_now; /* the domain's MX host of today */
    enum policy_now policy_now;
    enum session_now session;
    bool names_host;
    enum replay_outcome outcome;
    const char *says, *says_not; /* NULL: does not matter */
} cases[] = {
    {"no STARTTLS, still", DIALECT_GOOGLE, POLICY_TYPE_STS, listed_lines,
     RESULT_STARTTLS_NOT_SUPPORTED, NULL, MX, LISTED, NOT_OFFERED, true, REPLAY_REPRODUCED,
     "mta_sts_policy_upgrade at mx1.example.net (192.0.2.11)", "since"},
    {"no STARTTLS without a policy", DIALECT_GOOGLE, POLICY_TYPE_NO_POLICY, NULL,
     RESULT_STARTTLS_NOT_SUPPORTED, NULL, MX, NO_RECORD, NOT_OFFERED, true, REPLAY_REPRODUCED,
     "starttls_not_offered", "since"},
    {"another fault", DIALECT_GOOGLE, POLICY_TYPE_STS, listed_lines, RESULT_CERTIFICATE_EXPIRED,
     NULL, MX, LISTED, NOT_OFFERED, true, REPLAY_DIFFERENT, "In its place", NULL},
    {"any handshake error to Postfix", DIALECT_POSTFIX, POLICY_TYPE_STS, listed_lines,
     RESULT_VALIDATION_FAILURE, "tls-handshake-failure", MX, LISTED, ALERT_70, true,
     REPLAY_REPRODUCED, "protocol_version_mismatch", NULL},
    {"the alert that mox named", DIALECT_MOX, POLICY_TYPE_STS, listed_lines,
     RESULT_VALIDATION_FAILURE, "tls-remote-alert-70-protocol-version", MX, LISTED, ALERT_70, true,
     REPLAY_REPRODUCED, "protocol_version_mismatch", NULL},
    {"a certificate to Stalwart", DIALECT_STALWART, POLICY_TYPE_STS, listed_lines,
     RESULT_CERTIFICATE_NOT_TRUSTED, "invalid peer certificate: UnknownIssuer", MX, LISTED,
     ALERT_70, true, REPLAY_DIFFERENT, "protocol_version_mismatch", NULL},

    {"refused", DIALECT_GOOGLE, POLICY_TYPE_STS, listed_lines, RESULT_CERTIFICATE_EXPIRED, NULL, MX,
     LISTED, REFUSED, true, REPLAY_UNTESTABLE, "the address is gone", NULL},
    {"silent", DIALECT_GOOGLE, POLICY_TYPE_STS, listed_lines, RESULT_CERTIFICATE_EXPIRED, NULL, MX,
     LISTED, SILENT, true, REPLAY_UNTESTABLE, "port 25 is blocked", NULL},
    {"put off", DIALECT_GOOGLE, POLICY_TYPE_STS, listed_lines, RESULT_CERTIFICATE_EXPIRED, NULL, MX,
     LISTED, PUT_OFF, true, REPLAY_UNTESTABLE, "throttled: the server puts us off: 421 4.7.0",
     NULL},
    {"special-use", DIALECT_GOOGLE, POLICY_TYPE_STS, listed_lines, RESULT_CERTIFICATE_EXPIRED, NULL,
     MX, LISTED, SPECIAL_USE, true, REPLAY_UNTESTABLE, "--allow-private", NULL},
    {"no session", DIALECT_GOOGLE, POLICY_TYPE_STS, listed_lines, RESULT_CERTIFICATE_EXPIRED, NULL,
     MX, LISTED, NO_SESSION, true, REPLAY_UNTESTABLE, "mx1.example.net: a limit.", NULL},
    {"no host", DIALECT_GOOGLE, POLICY_TYPE_STS, listed_lines, RESULT_CERTIFICATE_EXPIRED, NULL, MX,
     LISTED, NO_SESSION, false, REPLAY_UNTESTABLE, "names no MX host", NULL},

    {"still not in the policy", DIALECT_MOX, POLICY_TYPE_STS, unlisted_lines,
     RESULT_VALIDATION_FAILURE, "mtasts-policy-mx-mismatch", MX, NOT_LISTED, REFUSED, true,
     REPLAY_REPRODUCED, "mta_sts_invalid_hostname", "since"},
    {"in the policy by now", DIALECT_MOX, POLICY_TYPE_STS, unlisted_lines,
     RESULT_VALIDATION_FAILURE, "mtasts-policy-mx-mismatch", MX, LISTED, REFUSED, true,
     REPLAY_NOT_REPRODUCED, "Changed since: the policy names other mx patterns", "no MX host"},
    {"said of no host in particular", DIALECT_MICROSOFT, POLICY_TYPE_STS, unlisted_lines,
     RESULT_VALIDATION_FAILURE, "MX_HOSTS_MISMATCH", MX, NOT_LISTED, NO_SESSION, false,
     REPLAY_REPRODUCED, "mta_sts_invalid_hostname", NULL},
    {"and mended", DIALECT_MICROSOFT, POLICY_TYPE_STS, unlisted_lines, RESULT_VALIDATION_FAILURE,
     "MX_HOSTS_MISMATCH", MX, LISTED, NO_SESSION, false, REPLAY_NOT_REPRODUCED, "Changed since",
     NULL},
    {"the policy withdrawn", DIALECT_MOX, POLICY_TYPE_STS, unlisted_lines,
     RESULT_VALIDATION_FAILURE, "mtasts-policy-mx-mismatch", MX, NO_RECORD, REFUSED, true,
     REPLAY_NOT_REPRODUCED, "there is no MTA-STS record any more", NULL},
    {"today's policy not known", DIALECT_MOX, POLICY_TYPE_STS, unlisted_lines,
     RESULT_VALIDATION_FAILURE, "mtasts-policy-mx-mismatch", MX, LOOKUP_FAILED, REFUSED, true,
     REPLAY_REPRODUCED, "under the policy of the report", NULL},
    {"and the report's neither", DIALECT_MOX, POLICY_TYPE_STS, NULL, RESULT_VALIDATION_FAILURE,
     "mtasts-policy-mx-mismatch", MX, LOOKUP_FAILED, REFUSED, true, REPLAY_UNTESTABLE, NULL, NULL},
    {"another mode", DIALECT_MOX, POLICY_TYPE_STS, listed_lines, RESULT_STARTTLS_NOT_SUPPORTED,
     NULL, MX, OTHER_MODE, NOT_OFFERED, true, REPLAY_REPRODUCED,
     "the policy is of mode testing, and was of mode enforce", NULL},
    {"another MX host", DIALECT_MOX, POLICY_TYPE_STS, listed_lines, RESULT_STARTTLS_NOT_SUPPORTED,
     NULL, "mx2.example.net", LISTED, NOT_OFFERED, true, REPLAY_REPRODUCED,
     "mx1.example.net is no MX host of example.net any more", NULL},

    {"no policy file, still", DIALECT_MAIL_RU, POLICY_TYPE_STS, NULL, RESULT_STS_POLICY_FETCH_ERROR,
     "bad https response code: 404", MX, NOT_FOUND, NO_SESSION, false, REPLAY_REPRODUCED,
     "mta_sts_policy_not_found", NULL},
    {"no policy file, mended", DIALECT_MAIL_RU, POLICY_TYPE_STS, NULL,
     RESULT_STS_POLICY_FETCH_ERROR, "bad https response code: 404", MX, LISTED, NO_SESSION, false,
     REPLAY_NOT_REPRODUCED, "Nothing that a sender would report", NULL},
    {"no policy file, another trouble", DIALECT_MAIL_RU, POLICY_TYPE_STS, NULL,
     RESULT_STS_POLICY_FETCH_ERROR, "bad https response code: 500", MX, NOT_FOUND, NO_SESSION,
     false, REPLAY_DIFFERENT, "mta_sts_policy_not_found", NULL},
    {"no record is no policy that cannot be found", DIALECT_GOOGLE, POLICY_TYPE_STS, NULL,
     RESULT_STS_POLICY_FETCH_ERROR, NULL, MX, NO_RECORD, NO_SESSION, false, REPLAY_NOT_REPRODUCED,
     "there is no MTA-STS record", NULL},
    {"but to who demands one", DIALECT_STALWART, POLICY_TYPE_STS, NULL, RESULT_NONE,
     "MTA-STS is required and no policy was found.", MX, NO_RECORD, NO_SESSION, false,
     REPLAY_REPRODUCED, "mta_sts_policy_not_found", NULL},
    {"the record's lookup fails", DIALECT_GOOGLE, POLICY_TYPE_STS, NULL,
     RESULT_STS_POLICY_FETCH_ERROR, NULL, MX, LOOKUP_FAILED, NO_SESSION, false, REPLAY_UNTESTABLE,
     NULL, NULL},
    {"DANE was required, and is not there", DIALECT_MICROSOFT, POLICY_TYPE_TLSA, NULL,
     RESULT_DANE_REQUIRED, NULL, MX, NO_RECORD, REFUSED, true, REPLAY_REPRODUCED, "dane_required",
     NULL},
};

static void run(size_t i)
{
    const char *name = cases[i].name;
    struct tlsrpt_failure failure = {
        .type = cases[i].type, .reason_code = (char *)cases[i].code, .count = 1};
    struct tlsrpt_policy policy = {.type = cases[i].policy,
                                   .policy_domain = TEXT(DOMAIN),
                                   .policy_strings = cases[i].lines,
                                   .n_policy_strings = cases[i].lines ? 4 : 0};
    struct tlsrpt_report report = {.end_known = true, .end_s = 1795219199};
    const struct judge_options options = {
        .at_s = 1795305600, .expiry_warn_days = -1, .expiry_crit_days = -1};
    struct replay_evidence evidence = {.report = &report,
                                       .policy = &policy,
                                       .failure = &failure,
                                       .dialect = cases[i].dialect,
                                       .mx = cases[i].names_host ? MX : NULL,
                                       .today = domain_of(cases[i].policy_now, cases[i].mx_now),
                                       .session = session_of(cases[i].session),
                                       .why_no_session = "a limit",
                                       .judge = &options};
    struct replay_judgement judgement;

    CASE_CHECK(name, replay_judge(&evidence, &judgement) == 0);
    if (judgement.outcome != cases[i].outcome)
        fail_msg("%s: %s: %s", name, replay_outcome_text(judgement.outcome), judgement.detail);
    if (cases[i].says && !strstr(judgement.detail, cases[i].says))
        fail_msg("%s: \"%s\" lacks \"%s\"", name, judgement.detail, cases[i].says);
    if (cases[i].says_not && strstr(judgement.detail, cases[i].says_not))
        fail_msg("%s: \"%s\" has \"%s\"", name, judgement.detail, cases[i].says_not);
    free(judgement.detail);
    smtp_facts_unref(evidence.session);
    domain_facts_free(evidence.today);
}

static void test_outcomes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        run(i);
}

/* Of several addresses the one that is still broken speaks. */
static void test_which_says_more(void **state)
{
    static const enum replay_outcome order[] = {REPLAY_UNTESTABLE, REPLAY_NOT_REPRODUCED,
                                                REPLAY_DIFFERENT, REPLAY_REPRODUCED};

    (void)state;
    for (size_t i = 0; i < COUNT(order); i++)
        for (size_t j = 0; j < COUNT(order); j++)
            assert_int_equal(replay_says_more(order[i], order[j]), i > j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_outcomes),
                                       cmocka_unit_test(test_which_says_more)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
