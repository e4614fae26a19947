/* Memory that runs out in OpenSSL, at each of its allocations in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "support/mint.h"
#include "tls/context.h"
#include "tls/dane.h"
#include "tls/verify.h"

static long allocations_left = -1; /* until one fails; negative: none does */
static bool failed;                /* did one? */

static bool fails_now(void)
{
    if (allocations_left < 0 || allocations_left-- > 0)
        return false;
    failed = true;
    return true;
}

static void *failing_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails_now() ? NULL : malloc(size);
}

static void *failing_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails_now() ? NULL : realloc(old, size);
}

static void plain_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

struct scene {
    struct mint root, middle, leaf;
    STACK_OF(X509) * chain;
    struct tls_facts *facts;
    struct tls_trust *trust;
    struct tls_tlsa record;
};

static void scene_init(struct scene *scene)
{
    const struct mint_spec root = {.subject = "Root", .ca = true};
    const struct mint_spec middle = {.subject = "Middle", .ca = true};
    const struct mint_spec leaf = {.subject = "mx", .sans = "DNS:mx.example.test"};
    char path[] = "/tmp/mxprobe-memory-XX"
                  "XX"
                  "XX";
    const int fd = mkstemp(path);
    struct mint_ocsp_spec staple;
    STACK_OF(X509) * anchors;
    uint8_t *der;

    assert_true(fd >= 0 && close(fd) == 0);
    scene->root = mint_certificate(&root, NULL);
    scene->middle = mint_certificate(&middle, &scene->root);
    scene->leaf = mint_certificate(&leaf, &scene->middle);
    anchors = mint_chain(scene->root.x509, NULL);
    mint_write_chain(path, anchors);
    sk_X509_pop_free(anchors, X509_free);
    assert_int_equal(tls_trust_new(path, NULL, &scene->trust), TLS_TRUST_OK);
    (void)unlink(path);
    scene->chain = mint_chain(scene->leaf.x509, scene->middle.x509, NULL);
    scene->facts = tls_facts_from_chain(scene->chain);
    staple = (struct mint_ocsp_spec){.subject = scene->leaf.x509, .issuer = &scene->middle};
    der = mint_ocsp(&staple, &scene->facts->ocsp_length);
    scene->facts->ocsp = malloc(scene->facts->ocsp_length);
    assert_non_null(scene->facts->ocsp);
    memcpy(scene->facts->ocsp, der, scene->facts->ocsp_length);
    OPENSSL_free(der);
    scene->record = (struct tls_tlsa){2, 1, 1, scene->facts->chain[1].spki_sha256, 32};
}

static void scene_clear(struct scene *scene)
{
    tls_facts_unref(scene->facts);
    tls_trust_free(scene->trust);
    sk_X509_pop_free(scene->chain, X509_free);
    mint_clear(&scene->root);
    mint_clear(&scene->middle);
    mint_clear(&scene->leaf);
}

/* One call with the memory that there is; returns -1 when it says that there was none. */
typedef int attempt(struct scene *scene);

/*
 * OpenSSL tells of some allocations that failed and turns others into a refusal: a verification
 * may come out worse than it should, and says -1 where it knows. What must not be is a crash, a
 * leak, or trust in a chain that has none.
 */
static int verify(struct scene *scene)
{
    struct tls_verification out;

    return tls_verify(scene->facts, scene->trust, MINT_NOW, &out);
}

static int verify_long_after(struct scene *scene)
{
    struct tls_verification out;
    const int result = tls_verify(scene->facts, scene->trust, MINT_NOW + 3650 * MINT_DAY, &out);

    assert_true(result != 0 || !out.trusted);
    return result;
}

static const char *const names[] = {"mx.example.test"};

static int verify_dane(struct scene *scene)
{
    struct tls_dane out;

    return tls_dane_verify(scene->facts, &scene->record, 1, names, 1, MINT_NOW, &out);
}

static int verify_dane_long_after(struct scene *scene)
{
    struct tls_dane out;
    const int result = tls_dane_verify(scene->facts, &scene->record, 1, names, 1,
                                       MINT_NOW + 3650 * MINT_DAY, &out);

    assert_true(result != 0 || out.outcome != TLS_DANE_MATCH);
    return result;
}

/* Here nothing is lost unnoticed: facts are whole, or there are none. */
static int copy(struct scene *scene)
{
    struct tls_facts *facts = tls_facts_from_chain(scene->chain);

    if (facts == NULL)
        return -1;
    allocations_left = -1;
    assert_int_equal(facts->n_chain, 2);
    assert_string_equal(facts->chain[0].subject, "CN=mx");
    assert_int_equal(facts->chain[0].n_sans, 1);
    assert_string_equal(facts->chain[0].sans[0], "DNS:mx.example.test");
    assert_string_equal(facts->chain[0].key, "EC 256");
    tls_facts_unref(facts);
    return 0;
}

static int make_context(struct scene *scene)
{
    SSL_CTX *context = tls_context_new();

    (void)scene;
    SSL_CTX_free(context);
    return context != NULL ? 0 : -1;
}

static void survives_without_memory(void **state)
{
    attempt *const *call = *state;
    struct scene scene;
    long failures = 0;

    scene_init(&scene);
    assert_int_equal((*call)(&scene), 0); /* what is made once is made now */
    failed = true;
    for (long at = 0; failed; at++) {
        failed = false;
        allocations_left = at;
        failures += (*call)(&scene) != 0;
        allocations_left = -1;
    }
    assert_true(failures > 0);
    scene_clear(&scene);
}

static attempt *const calls[] = {verify, verify_long_after, verify_dane, verify_dane_long_after,
                                 copy,   make_context};
static const char *const call_names[] = {"tls_verify",           "tls_verify, expired",
                                         "tls_dane_verify",      "tls_dane_verify, expired",
                                         "tls_facts_from_chain", "tls_context_new"};

enum { CALLS = sizeof calls / sizeof *calls };

int main(void)
{
    struct CMUnitTest tests[CALLS];

    for (size_t i = 0; i < CALLS; i++) {
        void *call = (void *)&calls[i];
        tests[i] = (struct CMUnitTest){call_names[i], survives_without_memory, NULL, NULL, call};
    }
    /* Before anything of OpenSSL is allocated. */
    if (CRYPTO_set_mem_functions(failing_malloc, failing_realloc, plain_free) != 1)
        return 1;
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
