/* Unit tests of probe/other_key: what to offer after a session, and what its answer says. */
#include "case.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "probe/other_key.h"
#include "support/mint.h"

static struct tls_facts *facts_of(enum mint_key key)
{
    const struct mint_spec spec = {.subject = "mx", .key = key};
    struct mint minted = mint_certificate(&spec, NULL);
    STACK_OF(X509) *chain = mint_chain(minted.x509, NULL);
    struct tls_facts *facts = tls_facts_from_chain(chain);

    assert_non_null(facts);
    sk_X509_pop_free(chain, X509_free);
    mint_clear(&minted);
    return facts;
}

static void test_kind(void **state)
{
    static const struct {
        const char *name;
        enum mint_key key;
        enum smtp_starttls starttls;
        enum tls_key_kind offer;
    } cases[] = {
        {"RSA", MINT_RSA_2048, SMTP_STARTTLS_ACCEPTED, TLS_KEY_EC},
        {"P-256", MINT_EC_P256, SMTP_STARTTLS_ACCEPTED, TLS_KEY_RSA},
        {"P-384", MINT_EC_P384, SMTP_STARTTLS_ACCEPTED, TLS_KEY_RSA},
        {"Ed25519", MINT_ED25519, SMTP_STARTTLS_ACCEPTED, TLS_KEY_RSA},
        {"no sender comes so far", MINT_RSA_2048, SMTP_STARTTLS_NOT_OFFERED, TLS_KEY_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smtp_facts facts = {.starttls = cases[i].starttls, .tls = facts_of(cases[i].key)};
        CASE_INT(cases[i].name, other_key_kind(&facts), cases[i].offer);
        facts.tls->chain[0].key_kind = TLS_KEY_OTHER;
        CASE_INT(cases[i].name, other_key_kind(&facts), TLS_KEY_OTHER);
        tls_facts_unref(facts.tls);
    }
    const struct smtp_facts without = {.starttls = SMTP_STARTTLS_ACCEPTED};
    assert_int_equal(other_key_kind(&without), TLS_KEY_OTHER);
    struct tls_facts anonymous = {.references = 1};
    const struct smtp_facts bare = {.starttls = SMTP_STARTTLS_ACCEPTED, .tls = &anonymous};
    assert_int_equal(other_key_kind(&bare), TLS_KEY_OTHER);
}

#define SSL_REASON(reason) ERR_PACK(ERR_LIB_SSL, 0, reason)

/* A second session without a chain: alerts by RFC 8446 6.2. */
static const struct {
    const char *name;
    enum smtp_problem problem;
    struct tls_failure failure;
    enum other_key_status status;
} failures[] = {
    {"alert 40, handshake_failure",
     SMTP_TLS_FAILED,
     {.kind = TLS_FAILED_ALERT, .alert = 40},
     OTHER_KEY_NONE},
    {"alert 71, insufficient_security",
     SMTP_TLS_FAILED,
     {.kind = TLS_FAILED_ALERT, .alert = 71},
     OTHER_KEY_NONE},
    {"alert 40 after a CertificateRequest: about our certificate",
     SMTP_TLS_FAILED,
     {.kind = TLS_FAILED_ALERT, .alert = 40, .certificate_requested = true},
     OTHER_KEY_UNKNOWN},
    {"alert 80, internal_error",
     SMTP_TLS_FAILED,
     {.kind = TLS_FAILED_ALERT, .alert = 80},
     OTHER_KEY_UNKNOWN},
    {"an RSA certificate for a suite of ECDSA",
     SMTP_TLS_FAILED,
     {.kind = TLS_FAILED_LOCAL, .error = SSL_REASON(SSL_R_WRONG_CERTIFICATE_TYPE)},
     OTHER_KEY_NONE},
    {"a signature that was not offered",
     SMTP_TLS_FAILED,
     {.kind = TLS_FAILED_LOCAL, .error = SSL_REASON(SSL_R_WRONG_SIGNATURE_TYPE)},
     OTHER_KEY_NONE},
    {"another local error",
     SMTP_TLS_FAILED,
     {.kind = TLS_FAILED_LOCAL, .error = SSL_REASON(SSL_R_BAD_LENGTH)},
     OTHER_KEY_UNKNOWN},
    {"a close", SMTP_TLS_FAILED, {.kind = TLS_FAILED_CLOSED}, OTHER_KEY_UNKNOWN},
    {"a reset", SMTP_TLS_FAILED, {.kind = TLS_FAILED_RESET}, OTHER_KEY_UNKNOWN},
    {"silence", SMTP_TLS_FAILED, {.kind = TLS_FAILED_TIMEOUT}, OTHER_KEY_UNKNOWN},
    {"421", SMTP_TEMPORARY_REPLY, {.alert = -1}, OTHER_KEY_UNKNOWN},
    {"refused", SMTP_CONNECTION_REFUSED, {.alert = -1}, OTHER_KEY_UNKNOWN},
    {"no STARTTLS this time", SMTP_FINE, {.alert = -1}, OTHER_KEY_UNKNOWN},
    {"ours", SMTP_OURS, {.alert = -1}, OTHER_KEY_UNKNOWN},
};

static void test_without_a_chain(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(failures); i++) {
        struct smtp_facts facts = {.tls = facts_of(MINT_EC_P256)};
        const struct smtp_facts second = {.problem = failures[i].problem,
                                          .tls_failure = failures[i].failure};
        other_key_take(&facts, &second);
        CASE_INT(failures[i].name, facts.other_key.status, failures[i].status);
        CASE_INT(failures[i].name, facts.other_key.problem, failures[i].problem);
        CASE_INT(failures[i].name, facts.other_key.failure.kind, failures[i].failure.kind);
        CASE_CHECK(failures[i].name, !facts.other_key.tls);
        tls_facts_unref(facts.tls);
    }
}

static void test_with_a_chain(void **state)
{
    struct smtp_facts facts = {.tls = facts_of(MINT_EC_P256)};
    struct smtp_facts second = {.tls = facts_of(MINT_RSA_2048),
                                .problem = SMTP_TEMPORARY_REPLY, /* 421 inside TLS */
                                .resumption = {TLS_RESUMPTION_TICKET, 7200}};

    (void)state;
    other_key_take(&facts, &second);
    assert_int_equal(facts.other_key.status, OTHER_KEY_SEEN);
    assert_ptr_equal(facts.other_key.tls, second.tls);
    assert_int_equal(facts.other_key.resumption.lifetime_s, 7200);
    tls_facts_unref(second.tls);
    /* A reference of its own. */
    assert_string_equal(facts.other_key.tls->chain[0].key, "RSA 2048");
    tls_facts_unref(facts.other_key.tls);

    facts.other_key = (struct other_key){.status = OTHER_KEY_NOT_LOOKED};
    second.tls = facts.tls;
    other_key_take(&facts, &second);
    assert_int_equal(facts.other_key.status, OTHER_KEY_NONE);
    assert_null(facts.other_key.tls);
    tls_facts_unref(facts.tls);
}

static void test_missed(void **state)
{
    struct smtp_facts facts = {.problem = SMTP_FINE};

    (void)state;
    other_key_miss(&facts, SMTP_DEADLINE);
    assert_int_equal(facts.other_key.status, OTHER_KEY_UNKNOWN);
    assert_int_equal(facts.other_key.problem, SMTP_DEADLINE);
    facts.other_key.status = OTHER_KEY_NONE;
    other_key_miss(&facts, SMTP_INTERRUPTED);
    assert_int_equal(facts.other_key.status, OTHER_KEY_NONE); /* it had told */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kind),
        cmocka_unit_test(test_without_a_chain),
        cmocka_unit_test(test_with_a_chain),
        cmocka_unit_test(test_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
