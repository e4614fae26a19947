#include "expect.h"

#include <stdio.h>
#include <string.h>

struct subject {
    const struct scene *scene;
    const struct domain_facts *facts;
    const struct verdict *verdict;
    unsigned wrong;
    bool verdict_expected, delivery_expected;
};

static void compare(struct subject *subject, const struct place *place, const char *what,
                    const char *is, const char *expected)
{
    if (is && strcmp(is, expected) == 0)
        return;
    fprintf(stderr, "  %s:%u: %s is \"%s\" instead of \"%s\"\n", place->file, place->line, what,
            is ? is : "none", expected);
    subject->wrong++;
}

static void next_is(struct subject *subject, struct words *words, const char *what, const char *is)
{
    compare(subject, &words->statement->place, what, is, words_next(words, what));
}

/* --- hosts and endpoints ---------------------------------------------------------------------- */

static size_t host_of(const struct subject *subject, struct words *words)
{
    const char *name = words_next(words, "the host");

    for (size_t i = 0; i < subject->facts->n_hosts; i++)
        if (strcmp(subject->facts->hosts[i].host, name) == 0)
            return i;
    script_fail(&words->statement->place, "there is no host %s", name);
}

static const struct smtp_facts *endpoint_of(const struct subject *subject, struct words *words)
{
    const char *text = words_next(words, "the address");
    struct dns_address address;

    if (!dns_address_parse(text, &address))
        script_fail(&words->statement->place, "\"%s\" is no address", text);
    for (size_t i = 0; i < subject->facts->n_hosts; i++) {
        const struct host_facts *host = &subject->facts->hosts[i];
        for (size_t j = 0; j < host->n_endpoints; j++)
            if (dns_address_equal(&host->endpoints[j]->address, &address))
                return host->endpoints[j];
    }
    script_fail(&words->statement->place, "there is no endpoint %s", text);
}

static void check_hosts(struct subject *subject, struct words *words)
{
    for (size_t i = 0; i < subject->facts->n_hosts; i++) {
        if (words_left(words))
            next_is(subject, words, "a host", subject->facts->hosts[i].host);
        else
            compare(subject, &words->statement->place, "a host", subject->facts->hosts[i].host,
                    "none");
    }
}

static void check_match(struct subject *subject, struct words *words)
{
    const char *match = subject->verdict->hosts[host_of(subject, words)].sts_match;

    next_is(subject, words, "the matching pattern", match ? match : "none");
}

static void check_dane(struct subject *subject, struct words *words)
{
    size_t host = host_of(subject, words);

    next_is(subject, words, "the DANE status",
            dane_status_text(subject->verdict->hosts[host].dane));
    if (words_left(words))
        next_is(subject, words, "the TLSA base", subject->facts->hosts[host].tlsa_base);
}

static void check_endpoint(struct subject *subject, struct words *words)
{
    static const char *const starttls[] = {[SMTP_STARTTLS_NOT_TRIED] = "not-tried",
                                           [SMTP_STARTTLS_NOT_OFFERED] = "not-offered",
                                           [SMTP_STARTTLS_REFUSED] = "refused",
                                           [SMTP_STARTTLS_ACCEPTED] = "accepted"};
    const struct smtp_facts *endpoint = endpoint_of(subject, words);

    next_is(subject, words, "the stage", smtp_stage_text(endpoint->stage));
    next_is(subject, words, "starttls", starttls[endpoint->starttls]);
}

static void check_other_key(struct subject *subject, struct words *words)
{
    static const char *const statuses[] = {[OTHER_KEY_NOT_LOOKED] = "not-looked",
                                           [OTHER_KEY_NONE] = "none",
                                           [OTHER_KEY_SEEN] = "seen",
                                           [OTHER_KEY_UNKNOWN] = "unknown"};

    next_is(subject, words, "the other key",
            statuses[endpoint_of(subject, words)->other_key.status]);
}

static void check_sni(struct subject *subject, struct words *words)
{
    const struct smtp_facts *endpoint = endpoint_of(subject, words);

    next_is(subject, words, "the server name", endpoint->tls ? endpoint->tls->sni : NULL);
}

/* --- the domain ------------------------------------------------------------------------------- */

static void check_verdict(struct subject *subject, struct words *words)
{
    subject->verdict_expected = true;
    next_is(subject, words, "the verdict", verdict_word_text(subject->verdict->word));
}

static void check_delivery(struct subject *subject, struct words *words)
{
    const struct verdict *verdict = subject->verdict;

    subject->delivery_expected = true;
    next_is(subject, words, "delivery.opportunistic", delivery_text(verdict->opportunistic));
    next_is(subject, words, "delivery.mta_sts", delivery_text(verdict->mta_sts));
    next_is(subject, words, "delivery.dane", delivery_text(verdict->dane));
}

static void check_mx(struct subject *subject, struct words *words)
{
    const struct dns_answer *mx = subject->facts->mx;

    next_is(subject, words, "the MX status", mx_status_text(subject->verdict->mx_status));
    if (words_left(words))
        next_is(subject, words, "the MX security", mx ? dns_security_text(mx->security) : NULL);
}

static void check_sts(struct subject *subject, struct words *words)
{
    const struct verdict *verdict = subject->verdict;

    next_is(subject, words, "the record's status",
            sts_record_status_text(verdict->sts_record.status));
    next_is(subject, words, "the policy's status", sts_policy_status_text(verdict->sts_status));
}

static void check_tls_rpt(struct subject *subject, struct words *words)
{
    next_is(subject, words, "the TLS-RPT status",
            tlsrpt_status_text(subject->verdict->tlsrpt.status));
}

static const struct {
    const char *word;
    void (*check)(struct subject *subject, struct words *words); /* NULL: expect_finding.c */
    size_t key; /* so many words alike, and a later block's take the place of an earlier one's */
} kinds[] = {
    {"verdict", check_verdict, 2},
    {"delivery", check_delivery, 2},
    {"mx", check_mx, 2},
    {"hosts", check_hosts, 2},
    {"sts", check_sts, 2},
    {"tls-rpt", check_tls_rpt, 2},
    {"match", check_match, 3},
    {"dane", check_dane, 3},
    {"endpoint", check_endpoint, 3},
    {"sni", check_sni, 3},
    {"other-key", check_other_key, 3},
    {"finding", NULL, 0},
    {"no-finding", NULL, 0},
};

static bool alike(const struct statement *a, const struct statement *b, size_t n_words)
{
    if (a->n_words < n_words || b->n_words < n_words)
        return false;
    for (size_t i = 0; i < n_words; i++)
        if (strcmp(a->words[i], b->words[i]) != 0)
            return false;
    return true;
}

static bool said_again(const struct scene *scene, size_t block, const struct statement *statement,
                       size_t key)
{
    for (size_t i = block + 1; i < scene->n_blocks; i++) {
        for (size_t j = 1; j < scene->blocks[i]->n_statements; j++)
            if (alike(statement, &scene->blocks[i]->statements[j], key))
                return true;
    }
    return false;
}

static void check_statement(struct subject *subject, size_t block,
                            const struct statement *statement)
{
    struct words words = words_of(statement);
    const char *word = words_next(&words, "what is expected");
    size_t i = 0, n = sizeof kinds / sizeof *kinds;

    while (i < n && strcmp(kinds[i].word, word) != 0)
        i++;
    if (i == n)
        script_fail(&statement->place, "\"%s\" is nothing to be expected", word);
    if (!kinds[i].check || said_again(subject->scene, block, statement, kinds[i].key))
        return;
    kinds[i].check(subject, &words);
    words_end(&words);
}

unsigned expect_check(const struct scene *scene, const struct domain_facts *facts,
                      const struct verdict *verdict)
{
    struct subject subject = {.scene = scene, .facts = facts, .verdict = verdict};

    for (size_t i = 0; i < scene->n_blocks; i++) {
        for (size_t j = 1; j < scene->blocks[i]->n_statements; j++) {
            const struct statement *statement = &scene->blocks[i]->statements[j];
            if (strcmp(statement->words[0], "expect") == 0)
                check_statement(&subject, i, statement);
        }
    }
    if (!subject.verdict_expected || !subject.delivery_expected)
        script_fail(&scene->blocks[scene->n_blocks - 1]->statements[0].place,
                    "no verdict or no delivery is expected");
    return subject.wrong + expect_findings(scene, verdict);
}
