/* Unit tests of probe/prepare: what is read before anything is probed, and what is refused. */
#include "case.h"

#include <errno.h>
#include <unistd.h>

#include <sys/resource.h>

#include "probe/prepare.h"
#include "scratch.h"
#include "support/mint.h"

static const char good_policy[] =
    "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 604800\n";

struct files {
    struct scratch scratch;
    struct settings settings;
    struct failure failure;
};

static int set_up(void **state)
{
    struct files *files = calloc(1, sizeof *files);

    assert_non_null(files);
    scratch_make(&files->scratch);
    settings_init(&files->settings);
    *state = files;
    return 0;
}

static int tear_down(void **state)
{
    struct files *files = *state;

    settings_clear(&files->settings);
    scratch_remove(&files->scratch);
    free(files);
    return 0;
}

/* --- the policy ------------------------------------------------------------------------------- */

static void test_policy(void **state)
{
    struct files *files = *state;

    scratch_write(&files->scratch, BYTES(good_policy));
    files->settings.sts_policy_file = files->scratch.path;
    assert_true(prepare_policy(&files->settings, "example.com", &files->failure));
    assert_int_equal(files->failure.status, 0);
    const struct sts_fetch_facts *facts = files->settings.job.sts_policy;
    assert_non_null(facts);
    assert_true(facts->supplied);
    assert_int_equal(facts->problem, STS_FETCH_OK);
    assert_int_equal(facts->http_status, 200);
    assert_int_equal(facts->length, sizeof good_policy - 1);
    assert_string_equal(facts->url, "https://mta-sts.example.com/.well-known/mta-sts.txt");
    assert_non_null(files->settings.what_if.sts_record); /* implied */
}

static void test_policy_beside_a_record(void **state)
{
    struct files *files = *state;

    scratch_write(&files->scratch, BYTES(good_policy));
    files->settings.sts_policy_file = files->scratch.path;
    files->settings.what_if.sts_record = "v=STSv1; id=mine;";
    assert_true(prepare_policy(&files->settings, "example.com", &files->failure));
    assert_string_equal(files->settings.what_if.sts_record, "v=STSv1; id=mine;");
}

static void test_no_policy(void **state)
{
    struct files *files = *state;

    assert_true(prepare_policy(&files->settings, "example.com", &files->failure));
    assert_null(files->settings.job.sts_policy);
    assert_null(files->settings.what_if.sts_record);
}

static void test_bad_policy(void **state)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t length;
    } cases[] = {
        {"empty", "", 0},
        {"no mode", BYTES("version: STSv1\nmx: a.example\nmax_age: 1\n")},
        {"blank line", BYTES("version: STSv1\n\nmode: none\nmax_age: 1\n")},
        {"NUL", BYTES("version: STSv1\0\nmode: none\nmax_age: 1\n")},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct files *files;
        if (i > 0) {
            assert_int_equal(tear_down(state), 0);
            assert_int_equal(set_up(state), 0);
        }
        files = *state;
        scratch_write(&files->scratch, cases[i].bytes, cases[i].length);
        files->settings.sts_policy_file = files->scratch.path;
        CASE_CHECK(cases[i].name,
                   !prepare_policy(&files->settings, "example.com", &files->failure));
        CASE_INT(cases[i].name, files->failure.status, STATUS_BAD_DATA);
        CASE_CHECK(cases[i].name, strstr(files->failure.message, files->scratch.path) != NULL);
    }
}

/* --- trust ------------------------------------------------------------------------------------ */

static void write_ca(const struct files *files, bool crl)
{
    const struct mint_spec spec = {.subject = "Test CA", .ca = true};
    const struct mint_crl_spec empty = {0};
    struct mint ca = mint_certificate(&spec, NULL);

    if (crl) {
        X509_CRL *list = mint_crl(&empty, &ca);
        mint_write_crl(files->scratch.path, list);
        X509_CRL_free(list);
    } else {
        STACK_OF(X509) *chain = mint_chain(ca.x509, NULL);
        mint_write_chain(files->scratch.path, chain);
        sk_X509_pop_free(chain, X509_free);
    }
    mint_clear(&ca);
}

/* Prepares with the file as anchors, or as CRLs; returns the status. */
static int prepare(struct files *files, bool as_crl)
{
    struct tls_trust *trust = NULL;

    files->failure = (struct failure){0};
    files->settings.ca_file = as_crl ? NULL : files->scratch.path;
    files->settings.crl_file = as_crl ? files->scratch.path : NULL;
    bool ready = prepare_trust(&files->settings, &trust, &files->failure);
    assert_int_equal(ready, files->failure.status == 0);
    if (!ready)
        assert_non_null(strstr(files->failure.message, files->scratch.path));
    tls_trust_free(trust);
    return files->failure.status;
}

static void test_trust(void **state)
{
    struct files *files = *state;

    assert_int_equal(prepare(files, false), STATUS_NO_INPUT);
    assert_int_equal(prepare(files, true), STATUS_NO_INPUT);
    scratch_write(&files->scratch, BYTES("nothing of the kind\n"));
    assert_int_equal(prepare(files, false), STATUS_BAD_DATA);
    assert_int_equal(prepare(files, true), STATUS_BAD_DATA);
    write_ca(files, false);
    assert_int_equal(prepare(files, false), 0);
    assert_int_equal(prepare(files, true), STATUS_BAD_DATA); /* a certificate is no CRL */
    write_ca(files, true);
    assert_int_equal(prepare(files, true), 0);
    assert_int_equal(prepare(files, false), STATUS_BAD_DATA);
}

/* --- descriptors ------------------------------------------------------------------------------ */

static void test_descriptors(void **state)
{
    struct rlimit before, limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    size_t domains = prepare_descriptors();
    assert_true(domains >= 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(limit.rlim_cur >= 64); /* raised, as far as it goes */
    assert_true(before.rlim_max < 1024 || limit.rlim_cur >= 1024);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void test_room(void **state)
{
    struct rlimit before, none;
    int next;

    (void)state;
    assert_true(prepare_room());
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    errno = 0;
    assert_false(prepare_room());
    assert_int_equal(errno, EMFILE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    next = dup(STDERR_FILENO);
    assert_true(prepare_room());
    assert_int_equal(close(next), 0);
    assert_int_equal(dup(STDERR_FILENO), next); /* nothing was left open */
    assert_int_equal(close(next), 0);
}

int main(void)
{
#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_FILES(test_policy),     WITH_FILES(test_policy_beside_a_record),
        WITH_FILES(test_no_policy),  WITH_FILES(test_bad_policy),
        WITH_FILES(test_trust),      cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
