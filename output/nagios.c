/*
 * One line for a monitoring system, after the Nagios plugin guidelines.
 */
#include <stdlib.h>
#include <string.h>

#include "output/escape.h"
#include "output/page.h"
#include "output/result.h"
#include "output/terminal.h"

/* Old cores cut a plugin's output at 1 KiB: what names the trouble must fit well inside. */
enum { NAMED_MAX = 5, DETAIL_COLUMNS = 160, WHAT_IF_COLUMNS = 100 };

struct summary {
    const struct result *worst;
    size_t n_words[VERDICT_FAIL + 1];
    size_t n_fail, n_warning; /* findings */
    int64_t begin_ms, end_ms;
    bool days_known;
    int64_t days; /* to the earliest end of a leaf certificate */
};

/* CONTRACT's order of what decides: fail, unknown, warning, ok. */
static int rank(enum verdict_word word)
{
    switch (word) {
    case VERDICT_OK:
        return 0;
    case VERDICT_WARNING:
        return 1;
    case VERDICT_FAIL:
        return 3;
    case VERDICT_UNKNOWN:
        break;
    }
    return 2;
}

static const char *state_text(enum verdict_word word)
{
    switch (word) {
    case VERDICT_OK:
        return "OK";
    case VERDICT_WARNING:
        return "WARNING";
    case VERDICT_FAIL:
        return "CRITICAL";
    case VERDICT_UNKNOWN:
        break;
    }
    return "UNKNOWN";
}

/* Whole days from `now_s` on; a certificate that ended an hour ago has -1. */
static int64_t days_until(int64_t at_s, int64_t now_s)
{
    enum { DAY_S = 86400 };
    int64_t seconds = at_s - now_s;

    return seconds >= 0 ? seconds / DAY_S : -((-seconds + DAY_S - 1) / DAY_S);
}

static void count_certificate(struct summary *summary, const struct tls_facts *tls, int64_t now_s)
{
    if (!tls || tls->n_chain == 0)
        return;
    int64_t days = days_until(tls->chain[0].not_after_s, now_s);
    if (!summary->days_known || days < summary->days) {
        summary->days_known = true;
        summary->days = days;
    }
}

static void count_certificates(struct summary *summary, const struct result *result)
{
    for (size_t i = 0; i < result->facts->n_hosts; i++) {
        const struct host_facts *host = &result->facts->hosts[i];
        for (size_t j = 0; j < host->n_endpoints; j++) {
            count_certificate(summary, host->endpoints[j]->tls, result->now_s);
            count_certificate(summary, host->endpoints[j]->other_key.tls, result->now_s);
        }
    }
}

static void summarize(struct summary *summary, const struct result *results, size_t n_results)
{
    for (size_t i = 0; i < n_results; i++) {
        const struct result *result = &results[i];
        const struct verdict *verdict = result->verdict;
        int64_t begin_ms = result->facts->started_at_ms;
        int64_t end_ms = begin_ms + result->facts->elapsed_ms;

        if (!summary->worst || rank(verdict->word) > rank(summary->worst->verdict->word))
            summary->worst = result;
        summary->begin_ms = i == 0 || begin_ms < summary->begin_ms ? begin_ms : summary->begin_ms;
        summary->end_ms = i == 0 || end_ms > summary->end_ms ? end_ms : summary->end_ms;
        summary->n_words[verdict->word]++;
        for (size_t j = 0; j < verdict->n_findings; j++) {
            summary->n_fail += verdict->findings[j].severity == SEVERITY_FAIL;
            summary->n_warning += verdict->findings[j].severity == SEVERITY_WARNING;
        }
        count_certificates(summary, result);
    }
}

/*
 * At most `columns` of a text. The bar divides text from perfdata: in the text it may not stand.
 * Escaped before it is measured, for a byte that is no UTF-8 grows to four columns.
 */
static void say(struct page *page, const char *text, size_t columns)
{
    char *safe = escape_text(text);
    size_t fit = safe ? terminal_fit(safe, columns) : 0;

    page->failed |= !safe;
    for (size_t at = 0; at < fit;) {
        size_t part = strcspn(safe + at, "|");
        part = part < fit - at ? part : fit - at;
        page_sayf(page, "%.*s%s", (int)part, safe + at, at + part < fit ? "\\x7c" : "");
        at += part + 1;
    }
    page_say(page, safe && safe[fit] ? "..." : NULL);
    free(safe);
}

/* The first of the gravest findings, in the order in which verdicts decide. */
static const struct finding *gravest(const struct verdict *verdict)
{
    static const enum severity order[] = {SEVERITY_FAIL, SEVERITY_UNKNOWN, SEVERITY_WARNING};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        for (size_t j = 0; j < verdict->n_findings; j++)
            if (verdict->findings[j].severity == order[i])
                return &verdict->findings[j];
    }
    return NULL;
}

static void say_worst(struct page *page, const struct result *result)
{
    const struct finding *finding = gravest(result->verdict);

    say(page, result->facts->domain, DETAIL_COLUMNS);
    page_say(page, ": ");
    if (!finding) {
        page_say(page, result->verdict->word == VERDICT_OK ? "nothing wrong found" : "not known");
        return;
    }
    page_say(page, reason_info(finding->reason)->code);
    if (finding->mx) {
        page_say(page, " at ");
        say(page, finding->mx, DETAIL_COLUMNS);
    }
    if (finding->ip) {
        page_say(page, " [");
        say(page, finding->ip, DETAIL_COLUMNS);
        page_say(page, "]");
    }
    if (finding->detail) {
        page_say(page, ": ");
        say(page, finding->detail, DETAIL_COLUMNS);
    }
}

static void say_counts(struct page *page, const struct summary *summary, size_t n_results)
{
    static const enum verdict_word order[] = {VERDICT_FAIL, VERDICT_UNKNOWN, VERDICT_WARNING,
                                              VERDICT_OK};
    const char *join = ": ";

    page_sayf(page, "%zu domains", n_results);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (summary->n_words[order[i]] > 0) {
            page_sayf(page, "%s%zu %s", join, summary->n_words[order[i]],
                      verdict_word_text(order[i]));
            join = ", ";
        }
    }
    page_say(page, "; ");
}

/* The other domains in the same state, so that the line names whom to look after. */
static void say_others(struct page *page, const struct summary *summary,
                       const struct result *results, size_t n_results)
{
    enum verdict_word word = summary->worst->verdict->word;
    size_t named = 0;

    for (size_t i = 0; word != VERDICT_OK && i < n_results && named < NAMED_MAX; i++) {
        if (&results[i] != summary->worst && results[i].verdict->word == word) {
            page_say(page, named++ == 0 ? "; also " : ", ");
            say(page, results[i].facts->domain, DETAIL_COLUMNS);
        }
    }
    if (named > 0 && summary->n_words[word] > named + 1)
        page_sayf(page, " and %zu more", summary->n_words[word] - named - 1);
}

static void say_what_if(struct page *page, const struct result *result)
{
    for (size_t i = 0; i < result->n_what_if; i++) {
        page_say(page, i == 0 ? " (what if: " : ", ");
        say(page, result->what_if[i], WHAT_IF_COLUMNS);
    }
    page_say(page, result->n_what_if > 0 ? ")" : NULL);
}

/* 'label'=value[UOM];warn;crit;min: no label here needs its quotes. */
static void say_perfdata(struct page *page, const struct summary *summary, size_t n_results)
{
    int64_t elapsed_ms =
        summary->end_ms > summary->begin_ms ? summary->end_ms - summary->begin_ms : 0;

    /* By hand, for a locale must not turn the point into a comma. */
    page_sayf(page, " | time=%lld.%03llds;;;0", (long long)(elapsed_ms / 1000),
              (long long)(elapsed_ms % 1000));
    page_sayf(page, " domains=%zu;;;0 failures=%zu;;;0 warnings=%zu;;;0", n_results,
              summary->n_fail, summary->n_warning);
    if (summary->days_known)
        page_sayf(page, " certificate_days=%lld", (long long)summary->days);
}

static void begin_line(struct page *page, FILE *out, const char *state)
{
    page_init(page, out, false);
    page->width = SIZE_MAX / 2; /* one line, however long */
    page_row(page, 0, PAINT_NONE, NULL, 0);
    page_sayf(page, "MXPROBE %s - ", state);
}

int results_print_nagios(FILE *out, const struct result *results, size_t n_results)
{
    struct summary summary = {0};
    struct page page;

    summarize(&summary, results, n_results);
    if (!summary.worst)
        return nagios_print_error(out, "no domain was judged");
    begin_line(&page, out, state_text(summary.worst->verdict->word));
    if (n_results > 1)
        say_counts(&page, &summary, n_results);
    say_worst(&page, summary.worst);
    say_others(&page, &summary, results, n_results);
    say_what_if(&page, summary.worst);
    say_perfdata(&page, &summary, n_results);
    return page_write(&page, out);
}

int nagios_print_error(FILE *out, const char *message)
{
    struct page page;

    begin_line(&page, out, "UNKNOWN");
    say(&page, message, DETAIL_COLUMNS);
    return page_write(&page, out);
}
