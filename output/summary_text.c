#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "output/escape.h"
#include "output/page.h"
#include "output/summary_parts.h"
#include "output/terminal.h"
#include "policy/timestamp.h"

/* Columns: where what is said begins, in rows and in tables, and how wide a stranger's name is. */
enum { BODY = 14, TABLE_INDENT = 2, TABLE_BODY = 42, NAME_COLUMNS = 38, NUMBER_COLUMNS = 11 };
enum { TEXTS_SHOWN = 6, PROVIDERS_SHOWN = 8 };

/* --- rows of figures ----------------------------------------------------------------------- */

/* A row that begins with its first figure, so that one with none is not there. */
struct row {
    struct page *page;
    size_t indent;
    const char *label;
    bool begun;
};

static struct row row(struct page *page, size_t indent, const char *label)
{
    return (struct row){page, indent, label, false};
}

static void separate(struct row *row)
{
    if (row->begun)
        page_say(row->page, ", ");
    else
        page_row(row->page, row->indent, PAINT_FAINT, row->label, BODY);
    row->begun = true;
}

/* "12 malformed", or nothing for none. */
static void say_count(struct row *row, uint64_t n, const char *what)
{
    if (n == 0)
        return;
    separate(row);
    page_sayf(row->page, "%" PRIu64 " %s", n, what);
}

/* "12 failed (0.3 %)" of `all`. */
static void say_share(struct row *row, uint64_t n, const char *what, uint64_t all)
{
    say_count(row, n, what);
    if (n > 0 && all > 0)
        page_sayf(row->page, " (%.1f %%)", (double)n * 100 / (double)all);
}

static void say_group(struct row *row, const struct summary *summary, enum summary_group group)
{
    for (size_t value = 0; value < summary_group_size(group); value++)
        say_count(row, summary->values[group][value], summary_value_text(group, value));
}

static void group_row(struct page *page, size_t indent, const char *label,
                      const struct summary *summary, enum summary_group group)
{
    struct row figures = row(page, indent, label);

    say_group(&figures, summary, group);
}

/* "19000 TLSv1.3, 700 TLSv1.2": the frequent ones; how many others there are is told. */
static void list_row(struct page *page, const char *label, const struct summary *summary,
                     enum summary_list list)
{
    const struct heavy_hitter *top[TEXTS_SHOWN];
    size_t n = heavy_hitters_top(&summary->lists[list], top, TEXTS_SHOWN);
    struct row figures = row(page, TABLE_INDENT, label);

    for (size_t i = 0; i < n; i++)
        say_count(&figures, top[i]->count, top[i]->text);
    if (summary->lists[list].n > n)
        page_sayf(page, " and %zu kinds more", (size_t)summary->lists[list].n - n);
}

/* --- the parts ----------------------------------------------------------------------------- */

static void headline(struct page *page, const struct summary *summary,
                     const struct summary_run *run)
{
    static const struct {
        enum verdict_word word;
        enum paint paint;
    } verdicts[] = {{VERDICT_OK, PAINT_GOOD},
                    {VERDICT_WARNING, PAINT_CAUTION},
                    {VERDICT_FAIL, PAINT_BAD},
                    {VERDICT_UNKNOWN, PAINT_CAUTION}};
    const char *separator = ": ";
    double rate = summary_rate(summary, run);

    page_row(page, 0, PAINT_NONE, NULL, BODY);
    page_sayf(page, "%" PRIu64 " %s in %.1f s", summary->domains,
              summary->domains == 1 ? "domain" : "domains", (double)run->elapsed_ms / 1000);
    page_sayf(page, rate < 10 ? " (%.1f a second)" : " (%.0f a second)", rate);
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        uint64_t n = summary_verdicts(summary, verdicts[i].word);
        if (n == 0)
            continue;
        page_sayf(page, "%s%" PRIu64 " ", separator, n);
        page_paint(page, verdicts[i].paint, verdict_word_text(verdicts[i].word));
        separator = ", ";
    }
}

static void input(struct page *page, const struct summary_run *run)
{
    struct row figures = row(page, 0, "Input");

    say_count(&figures, run->lines, run->lines == 1 ? "line" : "lines");
    say_count(&figures, run->duplicates, run->duplicates == 1 ? "duplicate" : "duplicates");
    say_count(&figures, run->malformed, "malformed");
    say_count(&figures, run->excluded, "excluded");
    say_count(&figures, run->resumed, "answered before");
    say_count(&figures, run->retried, "tried again later");
}

static void delivery(struct page *page, const struct summary *summary)
{
    if (summary->domains == 0)
        return;
    page_row(page, 0, PAINT_FAINT, "Delivery", BODY);
    page_say(page, "what senders of each kind would do now:");
    group_row(page, TABLE_INDENT, "plain", summary, SUMMARY_OPPORTUNISTIC);
    group_row(page, TABLE_INDENT, "MTA-STS", summary, SUMMARY_STS_SENDER);
    group_row(page, TABLE_INDENT, "DANE", summary, SUMMARY_DANE_SENDER);
}

static void mta_sts(struct page *page, const struct summary *summary)
{
    const uint64_t *policies = summary->values[SUMMARY_STS_POLICY];
    struct row figures = row(page, TABLE_INDENT, "policy");

    group_row(page, 0, "MTA-STS", summary, SUMMARY_STS_RECORD);
    for (size_t status = 0; status < summary_group_size(SUMMARY_STS_POLICY); status++)
        if (status != STS_POLICY_NOT_FETCHED) /* that is every domain without a record */
            say_count(&figures, policies[status], summary_value_text(SUMMARY_STS_POLICY, status));
    group_row(page, TABLE_INDENT, "mode", summary, SUMMARY_STS_MODE);
}

static void dane(struct page *page, const struct summary *summary)
{
    struct row figures = row(page, 0, "DANE");

    say_count(&figures, summary->dane_any,
              summary->dane_any == 1 ? "domain with usable TLSA on a host"
                                     : "domains with usable TLSA on a host");
    say_count(&figures, summary->dane_every, "on every host");
    group_row(page, TABLE_INDENT, "hosts", summary, SUMMARY_DANE_HOST);
}

static void endpoints(struct page *page, const struct summary *summary)
{
    struct row figures = row(page, 0, "Endpoints");

    say_count(&figures, summary->endpoints,
              "seen (an address counts once for each domain that it serves)");
    say_share(&figures, summary->endpoints_with_tls, "with TLS", summary->endpoints);
    group_row(page, TABLE_INDENT, "reached", summary, SUMMARY_STAGE);
    group_row(page, TABLE_INDENT, "STARTTLS", summary, SUMMARY_STARTTLS);
    list_row(page, "protocol", summary, SUMMARY_PROTOCOLS);
    list_row(page, "key", summary, SUMMARY_KEYS);
    list_row(page, "group", summary, SUMMARY_KEY_EXCHANGES);
}

static void certificates(struct page *page, const struct summary *summary)
{
    char when[TIMESTAMP_TEXT_MAX];

    if (summary->ending.n == 0)
        return;
    timestamp_format_s(summary->soonest_end_s, when);
    page_row(page, 0, PAINT_FAINT, "Certificates", BODY);
    page_sayf(page, "%s%" PRIu32 " %s within %d days, %s %s at ",
              summary->ending.full ? "more than " : "", summary->ending.n,
              summary->ending.n == 1 ? "ends" : "end", SUMMARY_ENDING_DAYS,
              summary->ending.n == 1 ? "on" : "the first on", when);
    page_say(page, summary->soonest_host);
}

static void result_types(struct page *page, const struct summary *summary)
{
    struct row figures = row(page, 0, "Result types");

    for (size_t type = RESULT_NONE + 1; type < SUMMARY_RESULT_TYPES; type++)
        say_count(&figures, summary->result_types[type].domains,
                  result_type_text((enum result_type)type));
}

/* --- tables -------------------------------------------------------------------------------- */

static void number(struct page *page, uint64_t n)
{
    page_sayf(page, "%*" PRIu64, NUMBER_COLUMNS, n);
}

static void table_head(struct page *page, const char *title, const char *first, const char *second)
{
    page_row(page, 0, PAINT_STRONG, title, TABLE_BODY);
    page_sayf(page, "%*s", NUMBER_COLUMNS, first);
    if (second)
        page_sayf(page, "%*s", NUMBER_COLUMNS, second);
}

static void findings_table(struct page *page, const char *title, const struct summary_row *rows,
                           size_t n, size_t shown)
{
    char head[96];

    if (n > shown)
        snprintf(head, sizeof head, "%s, the first %zu of %zu", title, shown, n);
    else
        snprintf(head, sizeof head, "%s", title);
    table_head(page, head, "domains", "findings");
    for (size_t i = 0; i < n && i < shown; i++) {
        page_row(page, TABLE_INDENT, PAINT_NONE, reason_info(rows[i].reason)->code, TABLE_BODY);
        number(page, rows[i].tally->domains);
        number(page, rows[i].tally->findings);
    }
}

static void findings(struct page *page, const struct summary *summary)
{
    static const struct {
        enum severity severity;
        const char *title;
        size_t shown;
    } tables[] = {{SEVERITY_FAIL, "Failures", 6},
                  {SEVERITY_UNKNOWN, "Unknown", 3},
                  {SEVERITY_WARNING, "Warnings", 3},
                  {SEVERITY_INFO, "For information", 2}};
    struct summary_row rows[REASON_COUNT];

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        size_t n = summary_rows(summary, tables[i].severity, rows);
        if (n > 0)
            findings_table(page, tables[i].title, rows, n, tables[i].shown);
    }
}

/* A stranger's name as the first column of a table: escaped, and cut so that the figures align. */
static void name_row(struct page *page, const char *name)
{
    char *escaped = escape_text(name);

    page->failed |= !escaped;
    if (!escaped)
        return;
    if (terminal_columns(escaped, strlen(escaped)) > NAME_COLUMNS)
        memcpy(escaped + terminal_fit(escaped, NAME_COLUMNS - 2), "..", sizeof "..");
    page_row(page, TABLE_INDENT, PAINT_NONE, escaped, TABLE_BODY);
    free(escaped);
}

/*
 * Where names that come once each flood the table, the last places are held by names whose figure
 * is mostly guess: not worth a line.
 */
static bool is_mostly_guess(const struct heavy_hitter *hitter)
{
    return hitter->overcount > hitter->count / 2;
}

static void providers(struct page *page, const struct summary *summary)
{
    const struct heavy_hitter *top[PROVIDERS_SHOWN];
    size_t n = heavy_hitters_top(&summary->lists[SUMMARY_PROVIDERS], top, PROVIDERS_SHOWN);
    bool begun = false;

    for (size_t i = 0; i < n; i++) {
        if (is_mostly_guess(top[i]))
            continue;
        if (!begun)
            table_head(page, "Mail providers, by MX host name", "domains", NULL);
        begun = true;
        name_row(page, top[i]->text);
        number(page, top[i]->count);
        if (top[i]->overcount > 0)
            page_sayf(page, "  (at most %" PRIu64 " too high)", top[i]->overcount);
    }
}

/* --- the run ------------------------------------------------------------------------------- */

/* Lookups that were made: the resolver's test of itself is among those that failed, asked by none.
 */
static uint64_t lookups(const struct summary_run *run)
{
    uint64_t spared = run->dns_cached + run->dns_joined;
    uint64_t made = run->dns_asked > spared ? run->dns_asked - spared : 0;

    return made > run->dns_failed ? made : run->dns_failed;
}

static void work(struct page *page, const struct summary_run *run)
{
    struct row probes = row(page, 0, "Probes");
    say_count(&probes, run->probes, "made");
    say_count(&probes, run->probes_shared, "saved by sharing");
    say_count(&probes, run->probes_repeated, "made again");

    struct row dns = row(page, 0, "DNS");
    say_count(&dns, run->dns_asked, "questions");
    say_count(&dns, run->dns_cached, "from the cache");
    say_count(&dns, run->dns_joined, "joined");
    say_count(&dns, run->dns_sent, "queries sent");
    say_share(&dns, run->dns_failed, "lookups failed", lookups(run));

    struct row connects = row(page, 0, "Connects");
    say_count(&connects, run->connects, "tried");
    say_share(&connects, run->connects_failed, "failed", run->connects);
    say_count(&connects, run->policy_fetches, "policies fetched");

    struct row machine = row(page, 0, "Machine");
    say_count(&machine, run->threads, run->threads == 1 ? "thread" : "threads");
    say_count(&machine, (run->peak_memory_kib + 512) / 1024, "MiB of memory at the most");
}

static void interruption(struct page *page, const struct summary_run *run)
{
    if (!run->interrupted && !run->resume_command)
        return;
    page_row(page, 0, PAINT_CAUTION, run->interrupted ? "Interrupted" : "Stopped", BODY);
    page_say(page, run->resume_command ? "to go on:" : "before every domain was answered");
    if (run->resume_command)
        page_line(page, TABLE_INDENT, run->resume_command);
}

int summary_print_text(FILE *out, const struct summary *summary, const struct summary_run *run,
                       bool color)
{
    struct page page;

    page_init(&page, out, color);
    headline(&page, summary, run);
    input(&page, run);
    delivery(&page, summary);
    group_row(&page, 0, "MX", summary, SUMMARY_MX);
    mta_sts(&page, summary);
    dane(&page, summary);
    group_row(&page, 0, "TLS-RPT", summary, SUMMARY_TLS_RPT);
    endpoints(&page, summary);
    certificates(&page, summary);
    result_types(&page, summary);
    findings(&page, summary);
    providers(&page, summary);
    work(&page, run);
    interruption(&page, run);
    return page_write(&page, out);
}
