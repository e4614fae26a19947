#include "verify_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct minted_case {
    char directory[32], anchors[64], leaf[64], rest[64];
    struct mint root, middle, leaf_mint, stranger, crossed, expired;
    STACK_OF(X509) * chain;
};

static void file_name(char *out, size_t size, const char *directory, const char *name)
{
    (void)snprintf(out, size, "%s/%s", directory, name);
}

static void write_anchors(struct minted_case *minted, const struct mint *anchor)
{
    STACK_OF(X509) *anchors = mint_chain(anchor->x509, NULL);
    STACK_OF(X509) *leaf = mint_chain(minted->leaf_mint.x509, NULL);

    mint_write_chain(minted->anchors, anchors);
    mint_write_chain(minted->leaf, leaf);
    mint_write_chain(minted->rest, minted->chain);
    sk_X509_pop_free(anchors, X509_free);
    sk_X509_pop_free(leaf, X509_free);
}

static STACK_OF(X509) * sent_chain(const struct minted_case *minted, const char *sent)
{
    const struct {
        char letter;
        X509 *x509;
    } known[] = {{'L', minted->leaf_mint.x509}, {'M', minted->middle.x509},
                 {'R', minted->root.x509},      {'S', minted->stranger.x509},
                 {'C', minted->crossed.x509},   {'E', minted->expired.x509}};
    STACK_OF(X509) *chain = sk_X509_new_null();

    for (; *sent; sent++)
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (known[i].letter == *sent)
                assert_true(X509_up_ref(known[i].x509) && sk_X509_push(chain, known[i].x509));
    return chain;
}

static void mint_case(const struct verify_case *given, struct minted_case *out)
{
    static const struct mint_spec stranger = {.subject = "Stranger", .ca = true};
    const struct mint_spec crossed = {.subject = given->middle.subject, .ca = true};
    const struct mint_spec expired = {
        .subject = given->middle.subject, .ca = true, .until_s = MINT_NOW - MINT_DAY};

    memset(out, 0, sizeof *out);
    (void)strcpy(out->directory, "/tmp/mxprobe-verify-XX"
                                 "XX"
                                 "XX");
    assert_non_null(mkdtemp(out->directory));
    file_name(out->anchors, sizeof out->anchors, out->directory, "anchors.pem");
    file_name(out->leaf, sizeof out->leaf, out->directory, "leaf.pem");
    file_name(out->rest, sizeof out->rest, out->directory, "rest.pem");
    out->root = mint_certificate(&given->root, NULL);
    out->middle = mint_certificate(&given->middle, &out->root);
    out->leaf_mint = mint_certificate(&given->leaf, given->self_signed ? NULL : &out->middle);
    out->stranger = mint_certificate(&stranger, NULL);
    out->crossed = mint_again(&crossed, &out->middle, &out->stranger);
    out->expired = mint_again(&expired, &out->middle, &out->root);
    out->chain = sent_chain(out, given->sent ? given->sent : given->self_signed ? "L" : "LM");
    write_anchors(out, given->stranger ? &out->stranger : &out->root);
}

static void clear_case(struct minted_case *minted)
{
    (void)unlink(minted->anchors);
    (void)unlink(minted->leaf);
    (void)unlink(minted->rest);
    (void)rmdir(minted->directory);
    sk_X509_pop_free(minted->chain, X509_free);
    mint_clear(&minted->root);
    mint_clear(&minted->middle);
    mint_clear(&minted->leaf_mint);
    mint_clear(&minted->stranger);
    mint_clear(&minted->crossed);
    mint_clear(&minted->expired);
}

static void verify_minted(const struct minted_case *minted, struct tls_verification *out)
{
    struct tls_facts *facts = tls_facts_from_chain(minted->chain);
    struct tls_trust *trust;

    assert_non_null(facts);
    assert_int_equal(tls_trust_new(minted->anchors, NULL, &trust), TLS_TRUST_OK);
    assert_int_equal(tls_verify(facts, trust, MINT_NOW, out), 0);
    tls_trust_free(trust);
    tls_facts_unref(facts);
}

static bool holds(const struct tls_verification *result, const struct expected_error *error)
{
    for (size_t i = 0; i < result->n_errors; i++)
        if (result->errors[i].code == error->code && result->errors[i].depth == error->depth)
            return true;
    return false;
}

void collects_every_error(void **state)
{
    const struct verify_case *given = *state;
    struct minted_case minted;
    struct tls_verification result;
    size_t expected = 0;

    mint_case(given, &minted);
    verify_minted(&minted, &result);
    for (; expected < VERIFY_ERRORS_MAX && given->errors[expected].code != 0; expected++)
        assert_true(holds(&result, &given->errors[expected]));
    if (result.n_errors > expected) /* no pair stands twice */
        fail_msg("%zu errors, the last %s at depth %d", result.n_errors,
                 tls_verify_error_name(result.errors[result.n_errors - 1].code),
                 result.errors[result.n_errors - 1].depth);
    assert_int_equal(result.trusted, expected == 0);
    clear_case(&minted);
}

/* "error 10 at 0 depth lookup: certificate has expired" */
static bool read_error(const char *line, struct expected_error *out)
{
    const char *const word = "error ", *const at = " at ";
    char *end;

    if (strncmp(line, word, strlen(word)) != 0)
        return false;
    out->code = (int)strtol(line + strlen(word), &end, 10);
    if (strncmp(end, at, strlen(at)) != 0)
        return false;
    out->depth = (int)strtol(end + strlen(at), &end, 10);
    return true;
}

void agrees_with_openssl(void **state)
{
    const struct verify_case *given = *state;
    struct minted_case minted;
    struct tls_verification result;
    char command[512], line[512];
    FILE *openssl;
    struct expected_error named;
    int status;

    mint_case(given, &minted);
    verify_minted(&minted, &result);
    (void)snprintf(command, sizeof command,
                   "openssl verify -attime %lld -auth_level 2 -purpose sslserver -no-CApath "
                   "-no-CAstore -CAfile %s -untrusted %s %s 2>&1",
                   (long long)MINT_NOW, minted.anchors, minted.rest, minted.leaf);
    openssl = popen(command, "r"); /* NOLINT(cert-env33-c): no word of it comes from outside */
    assert_non_null(openssl);
    while (fgets(line, sizeof line, openssl) != NULL)
        if (read_error(line, &named))
            assert_true(holds(&result, &named));
    status = pclose(openssl);
    clear_case(&minted);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        skip(); /* no openssl program here */
    assert_int_equal(WIFEXITED(status) && WEXITSTATUS(status) == 0, result.trusted);
}

void verify_chain(STACK_OF(X509) * chain, const struct mint *root, struct tls_verification *out)
{
    struct minted_case minted = {.chain = chain, .leaf_mint = {sk_X509_value(chain, 0), NULL}};

    (void)strcpy(minted.directory, "/tmp/mxprobe-verify-XX"
                                   "XX"
                                   "XX");
    assert_non_null(mkdtemp(minted.directory));
    file_name(minted.anchors, sizeof minted.anchors, minted.directory, "anchors.pem");
    file_name(minted.leaf, sizeof minted.leaf, minted.directory, "leaf.pem");
    file_name(minted.rest, sizeof minted.rest, minted.directory, "rest.pem");
    write_anchors(&minted, root);
    verify_minted(&minted, out);
    (void)unlink(minted.anchors);
    (void)unlink(minted.leaf);
    (void)unlink(minted.rest);
    (void)rmdir(minted.directory);
}

int run_verify_cases(const struct verify_case *cases, size_t n)
{
    struct CMUnitTest *first = calloc(n, sizeof *first), *second = calloc(n, sizeof *second);

    assert_true(first && second);
    for (size_t i = 0; i < n; i++) {
        void *given = (void *)&cases[i];
        first[i] = (struct CMUnitTest){cases[i].name, collects_every_error, NULL, NULL, given};
        second[i] = (struct CMUnitTest){cases[i].name, agrees_with_openssl, NULL, NULL, given};
    }
    int failed = _cmocka_run_group_tests("errors", first, n, NULL, NULL) +
                 _cmocka_run_group_tests("openssl verify", second, n, NULL, NULL);
    free(first);
    free(second);
    return failed;
}
