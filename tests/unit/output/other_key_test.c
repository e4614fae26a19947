/* How the certificate of the other kind of key, and the offer of a resumption, are shown. */
#include "output/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <openssl/x509_vfy.h>

#include "capture.h"
#include "sample.h"
#include "text_lines.h"

/* Too long to stand in a table below. */
#define JUDGED \
    "    judged        not trusted (certificate revoked); names the host; matches no TLSA record"

/* The healthy sample, and a second chain that its first address may have shown. */
struct setting {
    struct sample sample;
    struct smtp_facts *first; /* the sample's session there */
    struct tls_facts tls;
    struct tls_certificate leaf;
};

static void set_up(struct setting *setting)
{
    static char key[] = "RSA 2048", cipher[] = "TLS_AES_128_GCM_SHA256";

    sample_make(&setting->sample, SAMPLE_HEALTHY);
    setting->first = setting->sample.facts.hosts[0].endpoints[0];
    setting->first->tls->chain[0].key_kind = TLS_KEY_EC;
    setting->tls = *setting->first->tls;
    setting->leaf = setting->first->tls->chain[0];
    setting->leaf.key = key;
    setting->leaf.key_kind = TLS_KEY_RSA;
    setting->leaf.sha256[0] ^= 1;
    setting->leaf.not_after_s = setting->sample.result.now_s - 3 * (int64_t)86400;
    setting->tls.cipher = cipher;
    setting->tls.chain = &setting->leaf;
    setting->tls.n_chain = setting->tls.chain_seen = 1;
}

static void show(struct setting *setting)
{
    struct chain_verdict *verdict = &setting->sample.verdict.hosts[0].endpoints[0].other;

    setting->first->other_key.status = OTHER_KEY_SEEN;
    setting->first->other_key.tls = &setting->tls;
    setting->first->other_key.resumption = (struct tls_resumption){TLS_RESUMPTION_SESSION_ID, -1};
    verdict->webpki.errors[0] = (struct tls_verify_error){.code = X509_V_ERR_CERT_REVOKED};
    verdict->webpki.n_errors = 1;
    verdict->name_matches = true;
    verdict->dane_judged = true;
    verdict->dane = (struct tls_dane){.outcome = TLS_DANE_NO_MATCH, .matched = -1};
}

static void text_shows_it_below_the_first(void **state)
{
    static const char *const lines[] = {
        "  192.0.2.1 port 25: TLSv1.3, TLS_AES_256_GCM_SHA384, x25519",
        "    certificate   CN=mx1.example.test",
        "    judged        trusted; names the host; matches TLSA 3 1 1 abababababababab...",
        "    other key     RSA 2048: TLSv1.3, TLS_AES_128_GCM_SHA256, x25519",
        "    certificate   CN=mx1.example.test",
        "    valid         until 2026-11-21T08:00:00Z (3 days ago)",
        JUDGED,
        "  2001:db8::1 port 25: TLSv1.3, TLS_AES_256_GCM_SHA384, x25519",
    };
    struct setting setting;

    (void)state;
    set_up(&setting);
    show(&setting);
    EXPECT(&setting.sample.result, 0, lines);
    sample_clear(&setting.sample);
}

/* A second address with the same two certificates does not show them again. */
static void text_shows_it_once(void **state)
{
    static const char *const lines[] = {
        "    other key     RSA 2048: TLSv1.3, TLS_AES_128_GCM_SHA256, x25519",
        "    certificate   CN=mx1.example.test",
        "  2001:db8::1 port 25: TLSv1.3, TLS_AES_256_GCM_SHA384, x25519",
        "    certificate   the same as at 192.0.2.1",
        "    other key     RSA 2048: TLSv1.3, TLS_AES_128_GCM_SHA256, x25519",
        "    certificate   the same as at 192.0.2.1",
    };
    struct setting setting;

    (void)state;
    set_up(&setting);
    show(&setting);
    setting.sample.facts.hosts[0].endpoints[1]->other_key = setting.first->other_key;
    setting.sample.verdict.hosts[0].endpoints[1].other =
        setting.sample.verdict.hosts[0].endpoints[0].other;
    EXPECT(&setting.sample.result, 0, lines);
    sample_clear(&setting.sample);
}

static const struct words_case {
    const char *name;
    enum other_key_status status;
    enum tls_key_kind first;
    enum smtp_problem problem;
    struct tls_failure failure;
    const char *line; /* NULL: none about it */
} words[] = {
    {"not looked", OTHER_KEY_NOT_LOOKED, TLS_KEY_EC, SMTP_FINE, {.kind = TLS_FAILED_NOT}, NULL},
    {"none beside EC",
     OTHER_KEY_NONE,
     TLS_KEY_EC,
     SMTP_TLS_FAILED,
     {.kind = TLS_FAILED_ALERT, .alert = 40},
     "    other key     none: the server has no certificate with an RSA key"},
    {"none beside RSA",
     OTHER_KEY_NONE,
     TLS_KEY_RSA,
     SMTP_TLS_FAILED,
     {.kind = TLS_FAILED_ALERT, .alert = 40},
     "    other key     none: the server has no certificate with an EC key"},
    {"put off",
     OTHER_KEY_UNKNOWN,
     TLS_KEY_EC,
     SMTP_TEMPORARY_REPLY,
     {.kind = TLS_FAILED_NOT},
     "    other key     not known: turned away for now"},
    {"closed in the handshake",
     OTHER_KEY_UNKNOWN,
     TLS_KEY_EC,
     SMTP_TLS_FAILED,
     {.kind = TLS_FAILED_CLOSED},
     "    other key     not known: no TLS: the handshake failed: the server closed the connection"},
    {"no time",
     OTHER_KEY_UNKNOWN,
     TLS_KEY_EC,
     SMTP_DEADLINE,
     {.kind = TLS_FAILED_NOT},
     "    other key     not known: the deadline of the whole check passed"},
};

static void text_says_why_there_is_none(void **state)
{
    const struct words_case *given = *state;
    struct setting setting;
    struct capture capture;

    set_up(&setting);
    setting.first->tls->chain[0].key_kind = given->first;
    setting.first->other_key = (struct other_key){
        .status = given->status, .problem = given->problem, .failure = given->failure};
    print_text(&capture, &setting.sample.result, false, 0);
    if (given->line)
        has_lines(capture.text, &given->line, 1);
    else
        assert_null(strstr(capture.text, "other key"));
    capture_clear(&capture);
    sample_clear(&setting.sample);
}

static void verbose_text_has_both_chains(void **state)
{
    static const char *const lines[] = {
        "      key         EC 256, signed with ecdsa-with-SHA256",
        "      key         RSA 2048, signed with ecdsa-with-SHA256",
    };
    struct setting setting;
    struct capture capture;

    (void)state;
    set_up(&setting);
    show(&setting);
    print_text(&capture, &setting.sample.result, false, 2);
    const char *first = strstr(capture.text, lines[0]);
    assert_non_null(first);
    assert_non_null(strstr(first, lines[1]));
    capture_clear(&capture);
    sample_clear(&setting.sample);
}

/* The member of the first endpoint's object, printed; the caller frees. */
static char *member(const struct result *result, const char *key)
{
    struct capture capture;

    capture_begin(&capture);
    assert_int_equal(result_print_json(capture.out, result), 0);
    capture_end(&capture);
    cJSON *root = cJSON_Parse(capture.text);
    cJSON *host = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "hosts"), 0);
    cJSON *endpoint = cJSON_GetArrayItem(cJSON_GetObjectItem(host, "endpoints"), 0);
    cJSON *item = cJSON_GetObjectItem(endpoint, key);
    assert_non_null(item);
    char *text = cJSON_PrintUnformatted(item);
    assert_non_null(text);
    cJSON_Delete(root);
    capture_clear(&capture);
    return text;
}

static void member_is(const struct result *result, const char *key, const char *expected)
{
    char *text = member(result, key);

    assert_string_equal(text, expected);
    free(text);
}

static void json_tells_none_from_not_looked(void **state)
{
    static const char *const texts[] = {[OTHER_KEY_NOT_LOOKED] = "\"not-looked\"",
                                        [OTHER_KEY_NONE] = "\"one\"",
                                        [OTHER_KEY_SEEN] = "\"both\"",
                                        [OTHER_KEY_UNKNOWN] = "\"unknown\""};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct setting setting;
        set_up(&setting);
        if (i == OTHER_KEY_SEEN)
            show(&setting);
        setting.first->other_key.status = (enum other_key_status)i;
        member_is(&setting.sample.result, "both_keys", texts[i]);
        if (i != OTHER_KEY_SEEN)
            member_is(&setting.sample.result, "other_tls", "null");
        sample_clear(&setting.sample);
    }
}

static void json_has_the_whole_of_it(void **state)
{
    static const char *const parts[] = {
        "\"cipher\":\"TLS_AES_128_GCM_SHA256\"",
        "\"trusted\":false,\"host_match\":true",
        "\"verify_errors\":[{\"code\":23,\"name\":\"X509_V_ERR_CERT_REVOKED\",\"depth\":0}]",
        "\"key\":\"RSA 2048\"",
        "\"resumption\":{\"offered\":\"session-id\",\"lifetime_s\":null}",
    };
    struct setting setting;

    (void)state;
    set_up(&setting);
    show(&setting);
    char *text = member(&setting.sample.result, "other_tls");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_non_null(strstr(text, parts[i]));
    free(text);
    sample_clear(&setting.sample);
}

static const struct resumption_case {
    const char *name;
    struct tls_resumption resumption;
    const char *json, *line; /* NULL: no line */
} resumptions[] = {
    {"not known", {TLS_RESUMPTION_UNKNOWN, -1}, "\"resumption\":null}", NULL},
    {"none",
     {TLS_RESUMPTION_NONE, -1},
     "\"resumption\":{\"offered\":\"none\",\"lifetime_s\":null}}",
     "    resumption    not offered"},
    {"a ticket",
     {TLS_RESUMPTION_TICKET, 7200},
     "\"resumption\":{\"offered\":\"ticket\",\"lifetime_s\":7200}}",
     "    resumption    by ticket, good for 7200 s"},
    {"a ticket that names no lifetime",
     {TLS_RESUMPTION_TICKET, -1},
     "\"resumption\":{\"offered\":\"ticket\",\"lifetime_s\":null}}",
     "    resumption    by ticket"},
    {"the longest lifetime that there is",
     {TLS_RESUMPTION_TICKET, UINT32_MAX},
     "\"resumption\":{\"offered\":\"ticket\",\"lifetime_s\":4294967295}}",
     "    resumption    by ticket, good for 4294967295 s"},
    {"a session ID",
     {TLS_RESUMPTION_SESSION_ID, -1},
     "\"resumption\":{\"offered\":\"session-id\",\"lifetime_s\":null}}",
     "    resumption    by session ID"},
};

static void resumption_is_noted(void **state)
{
    const struct resumption_case *given = *state;
    struct setting setting;
    struct capture capture;

    set_up(&setting);
    setting.first->resumption = given->resumption;
    char *text = member(&setting.sample.result, "tls");
    assert_non_null(strstr(text, given->json));
    free(text);
    print_text(&capture, &setting.sample.result, false, 0);
    assert_null(strstr(capture.text, "resumption"));
    capture_clear(&capture);
    print_text(&capture, &setting.sample.result, false, 1);
    if (given->line)
        has_lines(capture.text, &given->line, 1);
    else
        assert_null(strstr(capture.text, "resumption"));
    capture_clear(&capture);
    sample_clear(&setting.sample);
}

/* The one that ends first counts, whichever key it has. */
static void nagios_counts_the_days_of_both(void **state)
{
    struct setting setting;
    struct capture capture;

    (void)state;
    set_up(&setting);
    show(&setting);
    capture_begin(&capture);
    assert_int_equal(results_print_nagios(capture.out, &setting.sample.result, 1), 0);
    capture_end(&capture);
    assert_non_null(strstr(capture.text, " certificate_days=-3\n"));
    capture_clear(&capture);
    sample_clear(&setting.sample);
}

enum {
    WORDS = sizeof words / sizeof *words,
    RESUMPTIONS = sizeof resumptions / sizeof *resumptions,
};

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(text_shows_it_below_the_first),
        cmocka_unit_test(text_shows_it_once),
        cmocka_unit_test(verbose_text_has_both_chains),
        cmocka_unit_test(json_tells_none_from_not_looked),
        cmocka_unit_test(json_has_the_whole_of_it),
        cmocka_unit_test(nagios_counts_the_days_of_both),
    };
    struct CMUnitTest said[WORDS], noted[RESUMPTIONS];

    for (size_t i = 0; i < WORDS; i++)
        said[i] = (struct CMUnitTest){words[i].name, text_says_why_there_is_none, NULL, NULL,
                                      (void *)&words[i]};
    for (size_t i = 0; i < RESUMPTIONS; i++)
        noted[i] = (struct CMUnitTest){resumptions[i].name, resumption_is_noted, NULL, NULL,
                                       (void *)&resumptions[i]};
    return cmocka_run_group_tests_name("other key", plain, NULL, NULL) +
           cmocka_run_group_tests_name("words", said, NULL, NULL) +
           cmocka_run_group_tests_name("resumption", noted, NULL, NULL);
}
