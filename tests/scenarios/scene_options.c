/* The command line of a scenario. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "probe/exclude.h"
#include "scene.h"

static int days_of(struct words *words)
{
    const char *word = words_next(words, "the days");

    return strcmp(word, "off") == 0 ? -1 : (int)number_of(&words->statement->place, word);
}

static void cut_after(struct scene *scene, struct words *words, enum smtp_problem why)
{
    scene->cut_after_ms = duration_of(&words->statement->place, words_next(words, "the time"));
    scene->cut_why = why;
}

static void set_mode(struct scene *scene, struct words *words)
{
    static const char *const modes[] = {
        [STS_MODE_NONE] = "none", [STS_MODE_TESTING] = "testing", [STS_MODE_ENFORCE] = "enforce"};
    const char *word = words_next(words, "the mode");

    scene->job.sts_mode_given = true;
    scene->job.sts_mode = (enum sts_mode)WORD_IN(&words->statement->place, word, modes, "mode");
}

/* --exclude with a file that holds this one line. */
static void exclude(struct scene *scene, const struct place *place, const char *entry)
{
    struct failure failure = {0};
    char path[64];
    int fd = memfd_create("exclude", MFD_CLOEXEC);

    if (fd < 0 || write(fd, entry, strlen(entry)) != (ssize_t)strlen(entry))
        script_fail(place, "no file for the exclude list");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    exclude_free(scene->exclude);
    scene->exclude = exclude_load(path, &failure);
    close(fd);
    if (!scene->exclude)
        script_fail(place, "%s", failure.message);
    scene->job.exclude = scene->exclude;
}

void scene_add_option(struct scene *scene, const struct statement *statement)
{
    struct words words = words_of(statement);
    const struct place *place = &statement->place;

    if (words_take(&words, "ipv4-only"))
        scene->job.ipv6 = false;
    else if (words_take(&words, "ipv6-only"))
        scene->job.ipv4 = false;
    else if (words_take(&words, "no-allow-private"))
        scene->job.allow_private = false;
    else if (words_take(&words, "exclude"))
        exclude(scene, place, words_next(&words, "the entry"));
    else if (words_take(&words, "injection-test"))
        scene->inject = true;
    else if (words_take(&words, "require-dane"))
        scene->judge.require_dane = true;
    else if (words_take(&words, "expiry-warn"))
        scene->judge.expiry_warn_days = days_of(&words);
    else if (words_take(&words, "expiry-crit"))
        scene->judge.expiry_crit_days = days_of(&words);
    else if (words_take(&words, "at"))
        scene->judge.at_s = time_of(place, words_next(&words, "the time"));
    else if (words_take(&words, "port"))
        scene->job.smtp_port = (uint16_t)number_of(place, words_next(&words, "the port"));
    else if (words_take(&words, "deadline"))
        cut_after(scene, &words, SMTP_DEADLINE);
    else if (words_take(&words, "interrupted-after"))
        cut_after(scene, &words, SMTP_INTERRUPTED);
    words_end(&words);
}

/* As --sts-policy FILE: the record is implied, the file's text stands below. */
static void set_policy(struct scene *scene, const struct statement *statement)
{
    struct sts_fetch_facts *facts = must(sts_fetch_facts_new(scene->domain, scene->job.sts_port));

    sts_fetch_facts_unref(scene->what_if.sts_policy);
    facts->body = (uint8_t *)scene_body(statement, &facts->length);
    facts->problem = STS_FETCH_OK;
    facts->http_status = 200;
    facts->supplied = true;
    scene->what_if.sts_policy = facts;
    scene->job.sts_policy = facts;
    if (!scene->what_if.sts_record)
        scene->what_if.sts_record = "v=STSv1; id=whatif;";
}

void scene_add_what_if(struct scene *scene, const struct statement *statement)
{
    struct words words = words_of(statement);
    const char *problem = NULL;

    scene->what_if_given = true;
    if (words_take(&words, "mx"))
        problem = what_if_add_mx(&scene->what_if, words_next(&words, "HOST:PREF"));
    else if (words_take(&words, "resolve"))
        problem = what_if_add_addresses(&scene->what_if, words_next(&words, "HOST:ADDR"));
    else if (words_take(&words, "tlsa"))
        problem = what_if_add_tlsa(&scene->what_if, words_next(&words, "HOST:TLSA"));
    else if (words_take(&words, "sts-record"))
        scene->what_if.sts_record = words_next(&words, "the record");
    else if (words_take(&words, "tlsrpt-record"))
        scene->what_if.tlsrpt_record = words_next(&words, "the record");
    else if (words_take(&words, "sts-policy"))
        set_policy(scene, statement);
    else if (words_take(&words, "sts-mode"))
        set_mode(scene, &words);
    if (problem)
        script_fail(&statement->place, "%s", problem);
    words_end(&words);
}
