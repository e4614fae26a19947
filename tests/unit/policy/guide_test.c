/* The guide: complete, in one place for each reason, and in keeping with the decision table. */
#include "case.h"

#include "policy/guide.h"

enum { LINE_MAX_CHARACTERS = 200 };

#define BIT(type) (1u << RESULT_##type)

/* What the rows of docs/decision-table.md name for each reason; NONE stands for null there. */
static const struct {
    enum reason reason;
    unsigned types;
} reported[] = {
    {REASON_CERTIFICATE_EXPIRED, BIT(CERTIFICATE_EXPIRED) | BIT(STS_WEBPKI_INVALID)}, /* 41, 64 */
    {REASON_CERTIFICATE_NOT_VALID_YET, BIT(CERTIFICATE_NOT_TRUSTED) | BIT(STS_WEBPKI_INVALID)},
    {REASON_CERTIFICATE_REVOKED, BIT(CERTIFICATE_NOT_TRUSTED) | BIT(STS_WEBPKI_INVALID)},
    {REASON_UNTRUSTED_CERTIFICATE, BIT(CERTIFICATE_NOT_TRUSTED) | BIT(STS_WEBPKI_INVALID)},
    {REASON_NO_VALID_SIGNATURE, BIT(CERTIFICATE_NOT_TRUSTED) | BIT(STS_WEBPKI_INVALID)},
    {REASON_UNSUPPORTED_CERTIFICATE, BIT(CERTIFICATE_NOT_TRUSTED) | BIT(STS_WEBPKI_INVALID)},
    {REASON_HOSTNAME_MISMATCH, BIT(CERTIFICATE_HOST_MISMATCH) | BIT(STS_WEBPKI_INVALID)},
    {REASON_INSECURE_CIPHER_SUITE, BIT(VALIDATION_FAILURE)},
    {REASON_PROTOCOL_VERSION_MISMATCH, BIT(VALIDATION_FAILURE)},
    {REASON_NO_SHARED_CIPHER_SUITE, BIT(VALIDATION_FAILURE)},
    {REASON_HANDSHAKE_FAILURE, BIT(VALIDATION_FAILURE)},
    {REASON_UNEXPECTED_MESSAGE, BIT(VALIDATION_FAILURE)},
    {REASON_MTA_STS_POLICY_NOT_FOUND, BIT(NONE) | BIT(STS_POLICY_FETCH_ERROR)}, /* 54, 57 */
    {REASON_MTA_STS_POLICY_INVALID, BIT(NONE) | BIT(STS_POLICY_INVALID)},       /* 55, 65 */
    {REASON_MTA_STS_POLICY_FETCH_ERROR, BIT(STS_POLICY_FETCH_ERROR)},
    {REASON_MTA_STS_CONNECTION_FAILURE, BIT(VALIDATION_FAILURE)},
    {REASON_MTA_STS_INVALID_HOSTNAME, BIT(VALIDATION_FAILURE)},
    {REASON_MTA_STS_POLICY_UPGRADE, BIT(STARTTLS_NOT_SUPPORTED)},
    {REASON_DNS_TEMPORARY_FAILURE, BIT(NONE) | BIT(DNSSEC_INVALID)}, /* 4, 56, 69 */
    {REASON_DNSSEC_BOGUS, BIT(DNSSEC_INVALID)},                      /* 5, 69 */
    {REASON_EHLO_REFUSED, BIT(STARTTLS_NOT_SUPPORTED)},
    {REASON_STARTTLS_NOT_OFFERED, BIT(STARTTLS_NOT_SUPPORTED)},
    {REASON_STARTTLS_REFUSED, BIT(STARTTLS_NOT_SUPPORTED)},
    {REASON_STARTTLS_STRIPPED, BIT(STARTTLS_NOT_SUPPORTED)},
    {REASON_TLSA_UNUSABLE, BIT(TLSA_INVALID)},
    {REASON_DANE_NO_MATCH, BIT(VALIDATION_FAILURE)},
    {REASON_DANE_REQUIRED, BIT(DANE_REQUIRED)},
};

/* A reason that the list leaves out is outside TLS-RPT. */
static unsigned types_wanted(enum reason reason)
{
    for (size_t i = 0; i < COUNT(reported); i++)
        if (reported[i].reason == reason)
            return reported[i].types;
    return BIT(NONE);
}

static void test_result_types(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        const struct guide *guide = guide_for((enum reason)i);
        unsigned types = 0;

        for (size_t j = 0; j < guide_reports(guide); j++)
            types |= 1u << guide->reported[j].type;
        CASE_CHECK(reason_info((enum reason)i)->code, types == types_wanted((enum reason)i));
    }
}

static size_t times_listed(enum reason reason)
{
    size_t n, times = 0;
    const struct guide_subject *const *subjects = guide_subjects(&n);

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < subjects[i]->n_guides; j++)
            times += subjects[i]->guides[j].reason == reason;
    return times;
}

static void test_each_reason_once(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        const struct guide *guide = guide_for((enum reason)i);

        CASE_CHECK(reason_info((enum reason)i)->code, guide && guide->reason == (enum reason)i);
        CASE_CHECK(reason_info((enum reason)i)->code, times_listed((enum reason)i) == 1);
    }
}

static void test_complete(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        const char *code = reason_info((enum reason)i)->code;
        const struct guide *guide = guide_for((enum reason)i);

        CASE_CHECK(code, guide->informational || (guide->confirm && guide->mend_generic));
        CASE_CHECK(code, !guide->confirm == !guide->shows);
        CASE_CHECK(code, !(guide->informational && (guide->mend_postfix || guide->mend_exim)));
    }
}

/* Braces only as the three names of a finding. */
static bool keys_are_known(const char *text)
{
    static const char *const keys[] = {"{mx}", "{ip}", "{domain}"};

    for (const char *at = text; (at = strpbrk(at, "{}")) != NULL;) {
        size_t length = 0;
        for (size_t i = 0; i < COUNT(keys); i++)
            if (strncmp(at, keys[i], strlen(keys[i])) == 0)
                length = strlen(keys[i]);
        if (!length)
            return false;
        at += length;
    }
    return true;
}

static bool lines_are_short(const char *text)
{
    for (const char *at = text; *at; at += *at == '\n') {
        size_t length = strcspn(at, "\n");
        if (length > LINE_MAX_CHARACTERS)
            return false;
        at += length;
    }
    return true;
}

static void check_texts(const char *code, const char *const texts[3], bool verbatim)
{
    for (size_t i = 0; i < 3; i++) {
        if (!texts[i])
            continue;
        CASE_CHECK(code, *texts[i] && keys_are_known(texts[i]));
        CASE_CHECK(code, !verbatim || lines_are_short(texts[i]));
    }
}

/* Prose is broken into lines by the document, a command or a setting is not. */
static void test_texts(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        const char *code = reason_info((enum reason)i)->code;
        const struct guide *guide = guide_for((enum reason)i);
        const char *const lines[] = {guide->confirm, guide->mend_postfix, guide->mend_exim};
        const char *const prose[] = {guide->seen_as, guide->shows, guide->mend_generic};

        check_texts(code, lines, true);
        check_texts(code, prose, false);
    }
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');

    return end ? end + 1 : NULL;
}

/* "name = value" or a comment, as main.cf and Exim's main section have them. */
static bool is_setting(const char *line)
{
    size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_");

    return *line == '#' || (name && strncmp(line + name, " =", 2) == 0);
}

static void test_settings(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        const struct guide *guide = guide_for((enum reason)i);
        const char *const blocks[] = {guide->mend_postfix, guide->mend_exim};

        for (size_t j = 0; j < COUNT(blocks); j++)
            for (const char *at = blocks[j]; at; at = next_line(at))
                CASE_CHECK(reason_info((enum reason)i)->code, is_setting(at));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_reason_once), cmocka_unit_test(test_complete),
        cmocka_unit_test(test_result_types),     cmocka_unit_test(test_texts),
        cmocka_unit_test(test_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
