#include "policy/suggest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/suggest_parts.h"

/* --- warnings --------------------------------------------------------------------------------- */

static char *copy(struct suggesting *suggesting, const char *text)
{
    char *made = text ? strdup(text) : NULL;

    suggesting->no_memory |= text && !made;
    return made;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* What is found of both kinds of key, and told by both judges, is told once. */
static bool is_known(const struct suggestion *suggestion, const struct suggest_warning *warning)
{
    for (size_t i = 0; i < suggestion->n_warnings; i++) {
        const struct suggest_warning *other = &suggestion->warnings[i];
        if (other->about == warning->about && same_text(other->text, warning->text) &&
            same_text(other->mx, warning->mx) && same_text(other->ip, warning->ip))
            return true;
    }
    return false;
}

static void warning_clear(struct suggest_warning *warning)
{
    free(warning->mx);
    free(warning->ip);
    free(warning->text);
    free(warning->fix);
}

void suggest_warn(struct suggesting *suggesting, const struct suggest_where *where, const char *fix,
                  const char *text, ...)
{
    struct suggestion *out = suggesting->out;
    struct suggest_warning warning = {
        .about = where->about, .severity = where->severity, .reason = where->reason};
    va_list arguments;

    va_start(arguments, text);
    if (vasprintf(&warning.text, text, arguments) < 0) {
        warning.text = NULL;
        suggesting->no_memory = true;
    }
    va_end(arguments);
    warning.mx = copy(suggesting, where->mx);
    warning.ip = copy(suggesting, where->ip);
    warning.fix = copy(suggesting, fix);
    struct suggest_warning *grown =
        realloc(out->warnings, (out->n_warnings + 1) * sizeof *out->warnings);
    suggesting->no_memory |= !grown;
    if (grown)
        out->warnings = grown;
    if (suggesting->no_memory || is_known(out, &warning))
        warning_clear(&warning);
    else
        out->warnings[out->n_warnings++] = warning;
}

/* --- TLS-RPT ---------------------------------------------------------------------------------- */

/* A valid record stays; else one with the usual mailbox. */
static void suggest_tlsrpt(struct suggesting *suggesting)
{
    const struct tlsrpt_record *record = &suggesting->verdict->tlsrpt;
    struct suggestion *out = suggesting->out;

    out->tlsrpt_published = record->status == TLSRPT_VALID;
    if (out->tlsrpt_published) {
        out->tlsrpt_record = copy(suggesting, record->text);
    } else if (asprintf(&out->tlsrpt_record, "v=TLSRPTv1; rua=mailto:tls-reports@%s",
                        suggesting->facts->domain) < 0) {
        out->tlsrpt_record = NULL;
        suggesting->no_memory = true;
    }
}

/* --- the whole -------------------------------------------------------------------------------- */

static enum suggest_outcome outcome_of(const struct verdict *verdict)
{
    switch (verdict->mx_status) {
    case MX_FOUND:
    case MX_IMPLICIT:
        return SUGGEST_MADE;
    case MX_NULL:
    case MX_NONE:
    case MX_NXDOMAIN:
        return SUGGEST_NO_MAIL;
    case MX_SERVFAIL:
    case MX_TIMEOUT:
    case MX_BOGUS:
        break;
    }
    return SUGGEST_UNKNOWN;
}

/* Without a mail host to suggest anything for, what the judge found says why. */
static void tell_why_not(struct suggesting *suggesting)
{
    const struct verdict *verdict = suggesting->verdict;

    for (size_t i = 0; i < verdict->n_findings; i++) {
        const struct finding *finding = &verdict->findings[i];
        const struct suggest_where where = {SUGGEST_MX, finding->severity,
                                            reason_info(finding->reason)->code, finding->mx,
                                            finding->ip};
        if (finding->stage == STAGE_DNS && finding->reason != REASON_DNSSEC_NOT_CHECKED)
            suggest_warn(suggesting, &where, finding->fix, "%s", finding->detail);
    }
}

int suggest_make(const struct domain_facts *facts, const struct verdict *verdict,
                 const struct suggest_options *options, struct suggestion *out)
{
    struct suggesting suggesting = {
        .facts = facts, .verdict = verdict, .options = options, .out = out};

    *out = (struct suggestion){.outcome = outcome_of(verdict)};
    if (out->outcome == SUGGEST_MADE) {
        suggest_sts(&suggesting);
        suggest_tlsrpt(&suggesting);
        suggest_tlsa(&suggesting);
        if (!suggesting.no_memory)
            suggest_trial(&suggesting);
        if (!suggesting.no_memory)
            suggest_around(&suggesting);
        if (!suggesting.no_memory)
            suggest_conditions(&suggesting);
    } else {
        tell_why_not(&suggesting);
    }
    if (!suggesting.no_memory)
        return 0;
    suggestion_clear(out);
    return -1;
}

void suggestion_clear(struct suggestion *suggestion)
{
    for (size_t i = 0; i < suggestion->n_patterns; i++)
        free(suggestion->patterns[i].text);
    for (size_t i = 0; i < suggestion->n_hosts; i++)
        free(suggestion->hosts[i].owner);
    for (size_t i = 0; i < suggestion->n_warnings; i++)
        warning_clear(&suggestion->warnings[i]);
    for (size_t i = 0; i < suggestion->n_conditions; i++)
        free(suggestion->conditions[i].text);
    free(suggestion->patterns);
    free(suggestion->hosts);
    free(suggestion->warnings);
    free(suggestion->conditions);
    free(suggestion->sts_record);
    free(suggestion->sts_policy);
    free(suggestion->pattern_reason);
    free(suggestion->tlsrpt_record);
    *suggestion = (struct suggestion){0};
}

const char *suggest_about_text(enum suggest_about about)
{
    static const char *const words[] = {
        [SUGGEST_MX] = "mx",
        [SUGGEST_STS] = "mta_sts",
        [SUGGEST_TLSRPT] = "tls_rpt",
        [SUGGEST_TLSA] = "tlsa",
    };
    return words[about];
}

const char *suggest_state_text(enum suggest_state state)
{
    static const char *const words[] = {
        [SUGGEST_HOLDS] = "holds", [SUGGEST_FAILS] = "fails", [SUGGEST_OPEN] = "open"};
    return words[state];
}

const char *suggest_outcome_text(enum suggest_outcome outcome)
{
    static const char *const words[] = {
        [SUGGEST_MADE] = "made", [SUGGEST_NO_MAIL] = "no-mail", [SUGGEST_UNKNOWN] = "unknown"};
    return words[outcome];
}
