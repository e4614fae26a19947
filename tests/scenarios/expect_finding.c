/* The findings of a scenario: no more and no less. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

enum { EXPECTED_MAX = 512 };

struct expected {
    const struct statement *statement;
    enum severity severity;
    enum reason reason;
    enum result_type result_type;
    enum policy_type policy_type;
    enum finding_stage stage;
    const char *mx, *ip; /* NULL where none applies */
    const char *detail;  /* a part of it, or NULL */
    bool met;
};

struct list {
    struct expected expected[EXPECTED_MAX];
    size_t n;
};

/* --- reading ---------------------------------------------------------------------------------- */

typedef const char *word_fn(unsigned value);

static const char *severity_word(unsigned value)
{
    return severity_text((enum severity)value);
}

static const char *reason_word(unsigned value)
{
    return reason_info((enum reason)value)->code;
}

static const char *result_word(unsigned value)
{
    return result_type_text((enum result_type)value);
}

static const char *policy_word(unsigned value)
{
    return policy_type_text((enum policy_type)value);
}

static const char *stage_word(unsigned value)
{
    return finding_stage_text((enum finding_stage)value);
}

/* The value below `n` whose word comes next; false, and nothing taken, when none does. */
static bool take(struct words *words, word_fn *word, unsigned n, unsigned *value)
{
    for (unsigned i = 0; i < n; i++) {
        if (word(i) && words_take(words, word(i))) {
            *value = i;
            return true;
        }
    }
    return false;
}

static unsigned need(struct words *words, word_fn *word, unsigned n, const char *what)
{
    unsigned value;

    if (!take(words, word, n, &value))
        script_fail(&words->statement->place, "\"%s\" is no %s", words_next(words, what), what);
    return value;
}

static void read_expected(struct words *words, struct expected *out)
{
    unsigned type;

    *out = (struct expected){.statement = words->statement};
    out->severity = (enum severity)need(words, severity_word, SEVERITY_FAIL + 1, "severity");
    out->reason = (enum reason)need(words, reason_word, REASON_COUNT, "reason");
    if (take(words, result_word, RESULT_DANE_REQUIRED + 1, &type)) {
        out->result_type = (enum result_type)type;
        out->policy_type =
            (enum policy_type)need(words, policy_word, POLICY_TYPE_TLSA + 1, "policy type");
    }
    out->stage = (enum finding_stage)need(words, stage_word, STAGE_POLICY + 1, "stage");
    bool detail = words_take(words, "detail");
    if (!detail && words_left(words))
        out->mx = words_next(words, "the host");
    detail = detail || words_take(words, "detail");
    if (!detail && words_left(words))
        out->ip = words_next(words, "the address");
    if (detail || words_take(words, "detail"))
        out->detail = words_next(words, "the detail");
    words_end(words);
}

/* What a world expects and a later block takes back. */
static void take_back(struct list *list, struct words *words)
{
    enum reason reason = (enum reason)need(words, reason_word, REASON_COUNT, "reason");
    size_t kept = 0;

    words_end(words);
    for (size_t i = 0; i < list->n; i++)
        if (list->expected[i].reason != reason)
            list->expected[kept++] = list->expected[i];
    if (kept == list->n)
        script_fail(&words->statement->place, "nobody expects that finding");
    list->n = kept;
}

static void read_statement(struct list *list, const struct statement *statement)
{
    struct words words = words_of(statement);

    if (strcmp(statement->words[0], "expect") != 0)
        return;
    if (words_take(&words, "no-finding"))
        take_back(list, &words);
    if (!words_take(&words, "finding"))
        return;
    if (list->n == EXPECTED_MAX)
        script_fail(&statement->place, "too many findings");
    read_expected(&words, &list->expected[list->n++]);
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool meets(const struct finding *finding, const struct expected *expected)
{
    return !expected->met && finding->severity == expected->severity &&
           finding->reason == expected->reason && finding->result_type == expected->result_type &&
           finding->policy_type == expected->policy_type && finding->stage == expected->stage &&
           same(finding->mx, expected->mx) && same(finding->ip, expected->ip) &&
           (!expected->detail || strstr(finding->detail, expected->detail));
}

static void print(const struct finding *finding)
{
    const char *type = result_type_text(finding->result_type);
    const char *policy = policy_type_text(finding->policy_type);

    fprintf(stderr, "expect finding %s %s%s%s%s%s %s%s%s%s%s \"%s\"\n",
            severity_text(finding->severity), reason_info(finding->reason)->code, type ? " " : "",
            type ? type : "", policy ? " " : "", policy ? policy : "",
            finding_stage_text(finding->stage), finding->mx ? " " : "",
            finding->mx ? finding->mx : "", finding->ip ? " " : "", finding->ip ? finding->ip : "",
            finding->detail);
}

/* What holds for every finding whatever the scenario (CONTRACT.md). */
static unsigned check_form(const struct finding *finding)
{
    bool whole = finding->detail && finding->detail[0] && finding->fix && finding->fix[0] &&
                 !strchr(finding->fix, '{') && finding->row;
    bool typed =
        (finding->result_type == RESULT_NONE) == (finding->policy_type == POLICY_TYPE_NONE);

    if (whole && typed)
        return 0;
    fprintf(stderr, "  malformed: ");
    print(finding);
    return 1;
}

unsigned expect_findings(const struct scene *scene, const struct verdict *verdict)
{
    struct list *list = must(calloc(1, sizeof *list));
    unsigned wrong = 0;

    for (size_t i = 0; i < scene->n_blocks; i++)
        for (size_t j = 1; j < scene->blocks[i]->n_statements; j++)
            read_statement(list, &scene->blocks[i]->statements[j]);
    for (size_t i = 0; i < verdict->n_findings; i++) {
        const struct finding *finding = &verdict->findings[i];
        size_t at = 0;
        while (at < list->n && !meets(finding, &list->expected[at]))
            at++;
        wrong += check_form(finding);
        if (at < list->n) {
            list->expected[at].met = true;
            continue;
        }
        fprintf(stderr, "  not expected: ");
        print(finding);
        wrong++;
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct statement *statement = list->expected[i].statement;
        if (list->expected[i].met)
            continue;
        fprintf(stderr, "  %s:%u: missing: %s %s\n", statement->place.file, statement->place.line,
                severity_text(list->expected[i].severity),
                reason_info(list->expected[i].reason)->code);
        wrong++;
    }
    free(list);
    return wrong;
}
