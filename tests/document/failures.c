/*
 * Prints docs/failures.md, made from the tables of policy/reason.h and policy/guide.h.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "policy/guide.h"

enum { COLUMNS = 100 };

static const char introduction[] =
    "Every reason that a finding of `mxprobe check` can have: what it means, how to confirm it by "
    "hand, and how to mend it.\n"
    "{mx} stands for the MX host, {ip} for its address and {domain} for the mail domain of the "
    "finding: put your own in. The commands were run against the servers of the lab (lab.md). "
    "\"Reported as\" is the RFC 8460 result type that mxprobe gives; other senders may call the "
    "same thing otherwise. Lines for Postfix go "
    "into main.cf, those for Exim into the main section of its configuration; paths are examples. "
    "Which condition gets which reason stands in decision-table.md.";

/* The length of the next word: what backticks enclose is not torn apart. */
static size_t word_length(const char *at)
{
    bool code = false;
    size_t n = 0;

    for (; at[n] && (code || (at[n] != ' ' && at[n] != '\n')); n++)
        code ^= at[n] == '`';
    return n;
}

/* Prints prose in lines of at most COLUMNS characters; a line feed begins a new paragraph. */
static void print_prose(const char *head, const char *text)
{
    size_t column = strlen(head);

    fputs(head, stdout);
    for (const char *at = text; *at;) {
        size_t n = word_length(at);
        if (column && column + 1 + n > COLUMNS) {
            putchar('\n');
            column = 0;
        }
        if (column)
            putchar(' ');
        fwrite(at, 1, n, stdout);
        column += n + (column != 0);
        at += n;
        if (*at == '\n') {
            fputs("\n\n", stdout);
            column = 0;
        }
        at += *at != '\0';
    }
    fputs("\n\n", stdout);
}

static void print_block(const char *head, const char *language, const char *lines)
{
    if (lines)
        printf("%s\n\n```%s\n%s\n```\n\n", head, language, lines);
}

static void print_reported(const struct guide *guide)
{
    size_t n = guide_reports(guide);

    fputs("**Reported as** ", stdout);
    for (size_t i = 0; i < n; i++) {
        const struct guide_report *report = &guide->reported[i];
        const char *type = result_type_text(report->type);
        printf("%s%s%s%s%s%s", i ? "; " : "", type ? "`" : "", type ? type : "outside TLS-RPT",
               type ? "`" : "", report->when ? " " : "", report->when ? report->when : "");
    }
    fputs(".\n\n", stdout);
}

static void print_guide(const struct guide *guide)
{
    const struct reason_info *info = reason_info(guide->reason);

    printf("### %s\n\n", info->code);
    print_prose("", info->meaning);
    print_reported(guide);
    if (guide->seen_as)
        print_prose("**In others' reports:**", guide->seen_as);
    print_block("**Confirm**", "sh", guide->confirm);
    if (guide->shows)
        print_prose("Look for:", guide->shows);
    print_prose("**Mend:**", info->fix);
    print_block("On Postfix:", "ini", guide->mend_postfix);
    print_block("On Exim:", "ini", guide->mend_exim);
    if (guide->mend_generic)
        print_prose("On any server:", guide->mend_generic);
}

/* "Mail routing and the DNS" becomes mail-routing-and-the-dns, as a renderer's anchor does. */
static void print_anchor(const char *title)
{
    for (; *title; title++)
        if (*title == ' ')
            putchar('-');
        else if (*title >= 'A' && *title <= 'Z')
            putchar(*title - 'A' + 'a');
        else if (*title != ',')
            putchar(*title);
}

static void print_contents(const struct guide_subject *subject)
{
    printf("- [%s](#", subject->title);
    print_anchor(subject->title);
    puts(")");
    for (size_t i = 0; i < subject->n_guides; i++) {
        const char *code = reason_info(subject->guides[i].reason)->code;
        printf("  - [%s](#%s)\n", code, code);
    }
}

int main(void)
{
    size_t n;
    const struct guide_subject *const *subjects = guide_subjects(&n);

    puts("# Failures\n");
    print_prose("", introduction);
    puts(
        "Made by `tests/document/failures.c` from `policy/guide_*.c` and `policy/reason.c`; do not "
        "edit.\n");
    for (size_t i = 0; i < n; i++)
        print_contents(subjects[i]);
    putchar('\n');
    for (size_t i = 0; i < n; i++) {
        printf("## %s\n\n", subjects[i]->title);
        print_prose("", subjects[i]->about);
        for (size_t j = 0; j < subjects[i]->n_guides; j++)
            print_guide(&subjects[i]->guides[j]);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
