#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include "probe/exclude.h"

bool scene_is_own(const struct scene *scene, const struct block *block)
{
    for (size_t i = 0; i < scene->n_general; i++)
        if (scene->blocks[i] == block)
            return false;
    return true;
}

char *scene_body(const struct statement *statement, size_t *length)
{
    size_t size = 0;

    for (size_t i = 0; i < statement->n_body; i++)
        size += strlen(statement->body[i]) + 1;
    char *text = must(malloc(size + 1)), *end = text;
    for (size_t i = 0; i < statement->n_body; i++) {
        end = stpcpy(end, statement->body[i]);
        *end++ = '\n';
    }
    *end = '\0';
    *length = size;
    return text;
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* The worlds that the block uses, then the block; each once. */
static void add_block(struct scene *scene, const struct block *block)
{
    for (size_t i = 0; i < scene->n_blocks; i++)
        if (scene->blocks[i] == block)
            return;
    for (size_t i = 0; i < block->n_statements; i++) {
        const struct statement *statement = &block->statements[i];
        struct words words = words_of(statement);
        if (i && strcmp(statement->words[0], "use") == 0) {
            const char *name = words_next(&words, "the world's name");
            words_end(&words);
            add_block(scene, script_find(scene->script, BLOCK_WORLD, name, &statement->place));
        }
    }
    scene->blocks = grow_by_one(scene->blocks, scene->n_blocks, sizeof(struct block *));
    scene->blocks[scene->n_blocks++] = block;
}

static void add_blocks(struct scene *scene, const struct block *scenario, const struct block *under)
{
    /* The worlds first: the scenario's own statements come last and win. */
    if (under)
        add_block(scene, script_find(scene->script, BLOCK_WORLD, under->name,
                                     &under->statements[0].place));
    add_block(scene, scenario);
    scene->n_general = scene->n_blocks - 1;
    if (under)
        add_block(scene, under);
}

/* --- the policy host -------------------------------------------------------------------------- */

static void drop_site(struct scene *scene)
{
    sts_fetch_facts_unref(scene->site.facts);
    scene->site = (struct scene_site){0};
}

static void read_failure(struct words *words, struct sts_fetch_facts *facts)
{
    static const char *const problems[] = {
        [STS_FETCH_CONNECT] = "connect", [STS_FETCH_TIMEOUT] = "timeout",
        [STS_FETCH_TLS] = "tls",         [STS_FETCH_TOO_LARGE] = "too-large",
        [STS_FETCH_BROKEN] = "broken",   [STS_FETCH_OURS] = "ours",
    };
    const char *word = words_next(words, "the problem");

    facts->problem = (enum sts_fetch_problem)WORD_IN(&words->statement->place, word, problems,
                                                     "problem of a fetch");
    if (words_left(words))
        facts->error = must(strdup(words_next(words, "the error")));
}

static void read_certificate(struct scene *scene, struct words *words,
                             struct sts_fetch_facts *facts)
{
    const struct place *place = &words->statement->place;
    STACK_OF(X509) *chain = vault_chain(&scene->vault, words_next(words, "the name"), place);

    facts->tls = must(tls_facts_from_chain(chain));
    sk_X509_pop_free(chain, X509_free);
}

static void read_response(struct words *words, struct sts_fetch_facts *facts)
{
    const struct statement *statement = words->statement;

    facts->problem = STS_FETCH_OK;
    facts->http_status = number_of(&statement->place, words_next(words, "the status"));
    if (words_left(words))
        facts->content_type = must(strdup(words_next(words, "the media type")));
    if (!words_left(words)) {
        facts->body = (uint8_t *)scene_body(statement, &facts->length);
        return;
    }
    /* In one word, for line ends that the lines below cannot have. */
    facts->body = (uint8_t *)must(strdup(words_next(words, "the body")));
    facts->length = strlen((char *)facts->body);
}

static void add_site(struct scene *scene, const struct statement *statement,
                     const struct block *block)
{
    struct words words = words_of(statement);
    struct scene_site *site = &scene->site;

    drop_site(scene);
    site->host = words_next(&words, "the host");
    site->place = statement->place;
    site->block = block;
    site->facts = must(sts_fetch_facts_new(scene->domain, scene->job.sts_port));
    if (words_take(&words, "after"))
        site->delay_ms = duration_of(&statement->place, words_next(&words, "the time"));
    if (words_take(&words, "certificate"))
        read_certificate(scene, &words, site->facts);
    site->silent = words_take(&words, "silence");
    site->cannot_start = words_take(&words, "cannot-start");
    if (words_take(&words, "fails"))
        read_failure(&words, site->facts);
    else if (!site->silent && !site->cannot_start)
        read_response(&words, site->facts);
    words_end(&words);
}

/* --- mail hosts ------------------------------------------------------------------------------- */

static void add_peer(struct scene *scene, const struct statement *statement,
                     const struct block *block)
{
    struct words words = words_of(statement);
    const char *text = words_next(&words, "the address");
    struct dns_address address;
    struct scene_peer *peer = NULL;

    words_end(&words);
    if (!dns_address_parse(text, &address))
        script_fail(&statement->place, "\"%s\" is no address", text);
    for (size_t i = 0; i < scene->n_peers; i++)
        if (dns_address_equal(&scene->peers[i].address, &address))
            peer = &scene->peers[i];
    if (!peer) {
        scene->peers = grow_by_one(scene->peers, scene->n_peers, sizeof *peer);
        peer = &scene->peers[scene->n_peers++];
    }
    *peer = (struct scene_peer){.address = address, .statement = statement, .block = block};
}

/* --- all together ----------------------------------------------------------------------------- */

static void add_resolver(struct scene *scene, const struct statement *statement)
{
    static const char *const kinds[] = {"not-believed", "does-not-validate"};
    struct words words = words_of(statement);
    const char *word = words_next(&words, "the kind");

    words_end(&words);
    if (WORD_IN(&statement->place, word, kinds, "kind of resolver") == 0)
        scene->ad_believed = false;
    else
        scene->validation = DNS_DOES_NOT_VALIDATE;
}

enum turn { TURN_FIRST, TURN_SECOND, TURN_ELSEWHERE, TURN_UNKNOWN };

/* What others refer to comes first, whatever the order in the text. */
static enum turn turn_of(const char *word)
{
    static const struct {
        const char *word;
        enum turn turn;
    } turns[] = {
        {"at", TURN_FIRST},         {"domain", TURN_FIRST},   {"trust", TURN_FIRST},
        {"crl", TURN_FIRST},        {"resolver", TURN_FIRST}, {"certificate", TURN_FIRST},
        {"dns", TURN_SECOND},       {"https", TURN_SECOND},   {"smtp", TURN_SECOND},
        {"option", TURN_SECOND},    {"what-if", TURN_SECOND}, {"use", TURN_ELSEWHERE},
        {"expect", TURN_ELSEWHERE},
    };

    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
        if (strcmp(turns[i].word, word) == 0)
            return turns[i].turn;
    return TURN_UNKNOWN;
}

static void add_first(struct scene *scene, const struct statement *statement)
{
    const char *word = statement->words[0];
    struct words words = words_of(statement);

    if (strcmp(word, "certificate") == 0)
        vault_add(&scene->vault, statement);
    else if (strcmp(word, "at") == 0)
        scene->at_s = time_of(&statement->place, words_next(&words, "the time"));
    else if (strcmp(word, "domain") == 0)
        scene->domain = words_next(&words, "the name");
    else if (strcmp(word, "trust") == 0)
        scene->trust = statement;
    else if (strcmp(word, "crl") == 0)
        scene->crl = statement;
    else
        add_resolver(scene, statement);
}

static void add_second(struct scene *scene, const struct statement *statement,
                       const struct block *block)
{
    const char *word = statement->words[0];

    if (strcmp(word, "dns") == 0)
        scene_add_dns(scene, statement, block);
    else if (strcmp(word, "https") == 0)
        add_site(scene, statement, block);
    else if (strcmp(word, "smtp") == 0)
        add_peer(scene, statement, block);
    else if (strcmp(word, "option") == 0)
        scene_add_option(scene, statement);
    else
        scene_add_what_if(scene, statement);
}

static void add_statements(struct scene *scene, enum turn turn)
{
    for (size_t i = 0; i < scene->n_blocks; i++) {
        const struct block *block = scene->blocks[i];
        for (size_t j = 1; j < block->n_statements; j++) {
            const struct statement *statement = &block->statements[j];
            enum turn its = turn_of(statement->words[0]);
            if (its == TURN_UNKNOWN)
                script_fail(&statement->place, "\"%s\" is no statement", statement->words[0]);
            if (its != turn)
                continue;
            if (turn == TURN_FIRST)
                add_first(scene, statement);
            else
                add_second(scene, statement, block);
        }
    }
}

void scene_init(struct scene *scene, const struct script *script, const struct block *scenario,
                const struct block *under)
{
    /* The defaults of the command line, but that special-use space counts as the Internet's: the
     * addresses of documentation stand for real ones. */
    *scene = (struct scene){
        .script = script,
        .domain = "example.test",
        .ad_believed = true,
        .validation = DNS_VALIDATES,
        .job =
            {.smtp_port = 25, .sts_port = 443, .ipv4 = true, .ipv6 = true, .allow_private = true},
        .judge = {.expiry_warn_days = 21, .expiry_crit_days = -1},
        .session = {.ehlo = "probe.example.net",
                    .connect_timeout_ms = 10000,
                    .banner_timeout_ms = 60000,
                    .timeout_ms = 30000},
        .cut_after_ms = -1,
    };
    add_blocks(scene, scenario, under);
    add_statements(scene, TURN_FIRST);
    add_statements(scene, TURN_SECOND);
    if (!scene->judge.at_s)
        scene->judge.at_s = scene->at_s;
}

void scene_clear(struct scene *scene)
{
    for (size_t i = 0; i < scene->n_answers; i++)
        dns_answer_unref(scene->answers[i].answer);
    free(scene->answers);
    drop_site(scene);
    free(scene->peers);
    what_if_clear(&scene->what_if);
    exclude_free(scene->exclude);
    vault_clear(&scene->vault);
    free(scene->blocks);
}
