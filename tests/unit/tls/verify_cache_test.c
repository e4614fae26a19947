/*
 * The cache of verifications: at every time and for every chain the answer that tls_verify gives,
 * and one that does not look again where nothing can have changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/mint.h"
#include "tls/verify_cache.h"

enum { LEAVES = 3 };

struct world {
    char directory[64], anchors[96];
    struct mint root, leaves[LEAVES];
    struct tls_facts *facts[LEAVES];
    struct tls_trust *trust, *nothing; /* that root; and another, which knows none of the leaves */
    struct tls_verify_cache *cache;
};

static struct tls_trust *trust_of(const struct world *world, const struct mint *root)
{
    STACK_OF(X509) *chain = mint_chain(root->x509, NULL);
    struct tls_trust *trust;

    mint_write_chain(world->anchors, chain);
    assert_int_equal(tls_trust_new(world->anchors, NULL, &trust), TLS_TRUST_OK);
    sk_X509_pop_free(chain, X509_free);
    return trust;
}

static int set_up(void **state)
{
    const struct mint_spec root = {.subject = "Root", .ca = true};
    const struct mint_spec leaves[LEAVES] = {
        {.subject = "sound"},
        {.subject = "ends", .until_s = MINT_NOW + 10},
        {.subject = "begins", .from_s = MINT_NOW + 10},
    };
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    snprintf(world->directory, sizeof world->directory, "/tmp/verify-cache-%s",
             "XX"
             "XX"
             "XX");
    assert_non_null(mkdtemp(world->directory));
    snprintf(world->anchors, sizeof world->anchors, "%s/anchors.pem", world->directory);
    world->root = mint_certificate(&root, NULL);
    world->trust = trust_of(world, &world->root);
    struct mint stranger = mint_certificate(&root, NULL);
    world->nothing = trust_of(world, &stranger);
    mint_clear(&stranger);
    for (size_t i = 0; i < LEAVES; i++) {
        world->leaves[i] = mint_certificate(&leaves[i], &world->root);
        STACK_OF(X509) *chain = mint_chain(world->leaves[i].x509, NULL);
        world->facts[i] = tls_facts_from_chain(chain);
        assert_non_null(world->facts[i]);
        sk_X509_pop_free(chain, X509_free);
    }
    world->cache = tls_verify_cache_new();
    assert_non_null(world->cache);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < LEAVES; i++) {
        tls_facts_unref(world->facts[i]);
        mint_clear(&world->leaves[i]);
    }
    mint_clear(&world->root);
    tls_trust_free(world->trust);
    tls_trust_free(world->nothing);
    tls_verify_cache_free(world->cache);
    (void)unlink(world->anchors);
    (void)rmdir(world->directory);
    free(world);
    return 0;
}

static bool trusted(const struct world *world, struct tls_verify_cache *cache, size_t leaf,
                    struct tls_trust *trust, int64_t at_s)
{
    struct tls_verification out;

    assert_int_equal(tls_verify_cached(cache, world->facts[leaf], trust, at_s, &out), 0);
    return out.trusted;
}

/* Back and forth over the ends of validity, in an order that would show what is kept too long. */
static void test_every_time(void **state)
{
    static const int64_t offsets_s[] = {0,  9,   10,  11,   10,   9,  0,    12, 8,
                                        30, 299, 301, 1000, -301, -5, 5000, 0,  11};
    const struct world *world = *state;

    for (size_t i = 0; i < sizeof offsets_s / sizeof offsets_s[0]; i++)
        for (size_t leaf = 0; leaf < LEAVES; leaf++) {
            struct tls_verification plain, kept;
            int64_t at_s = MINT_NOW + offsets_s[i];
            assert_int_equal(tls_verify(world->facts[leaf], world->trust, at_s, &plain), 0);
            assert_int_equal(
                tls_verify_cached(world->cache, world->facts[leaf], world->trust, at_s, &kept), 0);
            assert_int_equal(kept.trusted, plain.trusted);
            assert_int_equal(kept.n_errors, plain.n_errors);
            assert_int_equal(kept.first_not_after_s, plain.first_not_after_s);
            for (size_t j = 0; j < plain.n_errors; j++)
                assert_int_equal(kept.errors[j].code, plain.errors[j].code);
        }
}

/* Other anchors, against the contract, show whether there was a second look. */
static void test_looks_once(void **state)
{
    const struct world *world = *state;
    const int64_t holds_s = TLS_VERIFY_CACHE_HOLDS_S;

    assert_true(trusted(world, world->cache, 0, world->trust, MINT_NOW));
    assert_true(trusted(world, world->cache, 0, world->nothing, MINT_NOW + holds_s - 1));
    assert_false(trusted(world, NULL, 0, world->nothing, MINT_NOW));
    assert_false(trusted(world, world->cache, 0, world->nothing, MINT_NOW + holds_s));
}

/* A stapled response has times of its own: each is looked at. */
static void test_staples_are_not_kept(void **state)
{
    const struct world *world = *state;
    const struct mint_ocsp_spec good = {.subject = world->leaves[0].x509, .issuer = &world->root};

    world->facts[0]->ocsp = mint_ocsp(&good, &world->facts[0]->ocsp_length);
    assert_non_null(world->facts[0]->ocsp);
    assert_true(trusted(world, world->cache, 0, world->trust, MINT_NOW));
    assert_false(trusted(world, world->cache, 0, world->nothing, MINT_NOW));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_every_time),
        IN_WORLD(test_looks_once),
        IN_WORLD(test_staples_are_not_kept),
    };
    return cmocka_run_group_tests_name("verify_cache", tests, NULL, NULL);
}
