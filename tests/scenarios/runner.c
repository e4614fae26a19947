/*
 * Plays the scenarios of text files against the real domain job, the real SMTP step function and
 * the real verdict, with no network and a clock of its own. Each is played twice: where several
 * things are due at once, in the order in which they were asked for and in the opposite one. What
 * the probe finds must not depend on it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "scene_backend.h"
#include "tls/trust.h"

struct play {
    struct scene_backend backend;
    struct domain_job *job;
    struct domain_facts *facts;
    struct timer cut;
    enum smtp_problem why;
};

/* --- trust anchors ---------------------------------------------------------------------------- */

static char *new_file(void)
{
    const char *folder = getenv("TMPDIR");
    char *path = NULL;

    if (asprintf(&path,
                 "%s/scenario-XX"
                 "XX"
                 "XX",
                 folder ? folder : "/tmp") < 0)
        must(NULL);
    int fd = mkstemp(path);
    if (fd < 0) {
        perror(path);
        exit(2);
    }
    close(fd);
    return path;
}

static void write_anchors(struct scene *scene, const char *path)
{
    struct words words = words_of(scene->trust);
    STACK_OF(X509) *anchors = must(sk_X509_new_null());

    while (words_left(&words)) {
        const char *name = words_next(&words, "the name");
        X509 *x509 = vault_mint(&scene->vault, name, &scene->trust->place)->x509;
        if (sk_X509_push(anchors, x509) <= 0)
            must(NULL);
    }
    mint_write_chain(path, anchors);
    sk_X509_free(anchors);
}

static void write_crl(struct scene *scene, const char *path)
{
    enum { DAY_S = 86400 };
    struct words words = words_of(scene->crl);
    const struct place *place = &scene->crl->place;
    const struct mint *issuer = vault_mint(&scene->vault, words_next(&words, "the issuer"), place);
    struct mint_crl_spec spec = {.from_s = scene->at_s - DAY_S, .until_s = scene->at_s + DAY_S};

    if (words_take(&words, "revokes"))
        spec.revoked = vault_mint(&scene->vault, words_next(&words, "the name"), place)->x509;
    words_end(&words);
    X509_CRL *crl = mint_crl(&spec, issuer);
    mint_write_crl(path, crl);
    X509_CRL_free(crl);
}

static struct tls_trust *load_trust(struct scene *scene)
{
    char *anchors = new_file(), *crl = scene->crl ? new_file() : NULL;
    struct tls_trust *trust = NULL;

    write_anchors(scene, anchors);
    if (crl)
        write_crl(scene, crl);
    if (tls_trust_new(anchors, crl, &trust) != TLS_TRUST_OK)
        script_fail(&scene->trust->place, "these anchors cannot be loaded");
    unlink(anchors);
    if (crl)
        unlink(crl);
    free(anchors);
    free(crl);
    return trust;
}

/* --- playing ---------------------------------------------------------------------------------- */

static void on_done(void *arg, struct domain_facts *facts)
{
    struct play *play = arg;

    play->job = NULL;
    play->facts = facts;
}

static void on_cut(void *arg)
{
    struct play *play = arg;

    play->facts = domain_job_cut(play->job, play->why);
    play->job = NULL;
}

static void gather(struct play *play, struct scene *scene, const struct backend *backend)
{
    struct loop *loop = &play->backend.loop;

    play->why = scene->cut_why;
    play->job = domain_job_start(backend, &scene->job, scene->domain, on_done, play);
    if (play->job && scene->cut_after_ms >= 0)
        loop_set(loop, &play->cut, scene->cut_after_ms, on_cut, play);
    while (!play->facts && loop_step(loop))
        continue;
    loop_stop(loop, &play->cut);
    if (play->facts && (play->backend.open || loop->first)) {
        fprintf(stderr, "  the job has ended and left something behind\n");
        play->backend.failures++;
    }
}

static void play_scene(struct play *play, struct scene *scene)
{
    struct backend backend = scene_backend(&play->backend);
    struct what_if_backend *what_if = NULL;

    if (scene->what_if_given) {
        what_if = must(
            what_if_backend_new(&scene->what_if, scene->domain, scene->job.smtp_port, backend));
        backend = what_if_backend(what_if);
    }
    gather(play, scene, &backend);
    what_if_backend_free(what_if);
}

static unsigned idle(const struct place *place, const char *what)
{
    fprintf(stderr, "  %s:%u: nobody needs this %s\n", place->file, place->line, what);
    return 1;
}

/* What a scenario says of its own and what nothing comes of is a mistake in it. */
static unsigned check_use(const struct scene *scene)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < scene->n_answers; i++) {
        const struct scene_answer *answer = &scene->answers[i];
        if (!answer->used && scene_is_own(scene, answer->block))
            wrong += idle(&answer->place, "answer");
    }
    for (size_t i = 0; i < scene->n_peers; i++) {
        const struct scene_peer *peer = &scene->peers[i];
        if (!peer->used && scene_is_own(scene, peer->block))
            wrong += idle(&peer->statement->place, "mail host");
    }
    if (scene->site.host && !scene->site.used && scene_is_own(scene, scene->site.block))
        wrong += idle(&scene->site.place, "policy host");
    return wrong;
}

static unsigned judge(struct scene *scene, const struct domain_facts *facts)
{
    struct verdict verdict;
    unsigned wrong = 1;

    scene->judge.trust = load_trust(scene);
    if (verdict_judge(facts, &scene->judge, &verdict) == 0) {
        wrong = expect_check(scene, facts, &verdict);
        verdict_clear(&verdict);
    } else {
        fprintf(stderr, "  there is no verdict\n");
    }
    tls_trust_free(scene->judge.trust);
    return wrong;
}

static unsigned run(const struct script *script, const struct block *scenario,
                    const struct block *under, bool newest_first)
{
    struct scene scene;
    struct play play = {0};
    unsigned wrong;

    scene_init(&scene, script, scenario, under);
    play.backend = (struct scene_backend){.scene = &scene, .loop = {.newest_first = newest_first}};
    play_scene(&play, &scene);
    wrong = play.backend.failures + check_use(&scene);
    if (play.facts)
        wrong += judge(&scene, play.facts);
    else
        wrong += idle(&scenario->statements[0].place, "scenario: its job does not end");
    domain_facts_free(play.facts);
    scene_clear(&scene);
    if (wrong)
        printf("not ok: %s%s%s%s\n", scenario->name, under ? ", under " : "",
               under ? under->name : "", newest_first ? " (answers the other way round)" : "");
    return wrong;
}

/* Both orders; the second tells nothing new when the first is wrong already. */
static bool holds(const struct script *script, const struct block *scenario,
                  const struct block *under)
{
    return run(script, scenario, under, false) == 0 && run(script, scenario, under, true) == 0;
}

int main(int argc, char **argv)
{
    struct script script = {0};
    unsigned played = 0, failed = 0;

    setvbuf(stdout, NULL, _IONBF, 0);

    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    script_read(&script, argv[1]);
    const struct block *scenario = NULL;
    for (size_t i = 0; i < script.n_blocks; i++) {
        const struct block *block = &script.blocks[i];
        if (block->kind == BLOCK_SCENARIO)
            scenario = block;
        bool alone = block->kind == BLOCK_SCENARIO &&
                     (i + 1 == script.n_blocks || block[1].kind != BLOCK_UNDER);
        bool under = block->kind == BLOCK_UNDER && scenario;
        if (!alone && !under)
            continue;
        played++;
        failed += !holds(&script, scenario, under ? block : NULL);
    }
    script_clear(&script);
    printf("%u scenarios, %u failed\n", played, failed);
    return played && !failed ? 0 : 1;
}
