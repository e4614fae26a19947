#include "policy/dialect.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/dialect_table.h"
#include "policy/syntax.h"

enum { CODE_MAX = 256 };

const char *dialect_name(enum dialect dialect)
{
    static const char *const names[DIALECT_COUNT] = {
        [DIALECT_UNKNOWN] = NULL,          [DIALECT_GOOGLE] = "Google",
        [DIALECT_MICROSOFT] = "Microsoft", [DIALECT_POSTFIX] = "Postfix",
        [DIALECT_MAIL_RU] = "Mail.ru",     [DIALECT_MOX] = "mox",
        [DIALECT_STALWART] = "Stalwart",   [DIALECT_EXIM] = "Exim",
        [DIALECT_MXPROBE] = "mxprobe",
    };
    return names[dialect];
}

/* --- whose report it is -------------------------------------------------------------------------
 */

static bool holds(const char *text, const char *part)
{
    return text && strcasestr(text, part) != NULL;
}

static bool ends(const char *text, const char *end)
{
    size_t length = text ? strlen(text) : 0;

    return length >= strlen(end) && strcasecmp(text + length - strlen(end), end) == 0;
}

/* The senders that write for themselves say who they are. */
static enum dialect by_name(const struct tlsrpt_report *report)
{
    static const struct {
        const char *organization, *contact_end;
        enum dialect dialect;
    } names[] = {
        {"google inc", "@google.com", DIALECT_GOOGLE},
        {"microsoft corporation", "@microsoft.com", DIALECT_MICROSOFT},
        {"mail.ru", "@corp.mail.ru", DIALECT_MAIL_RU},
        {"stalwart", "@stalw.art", DIALECT_STALWART},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (holds(report->organization, names[i].organization) ||
            ends(report->contact, names[i].contact_end))
            return names[i].dialect;
    return DIALECT_UNKNOWN;
}

/* How many digits `text` begins with. */
static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* "2025-09-20T00:00:00Z_idx1_example.net", of tlsrpt-reporter, whose MTA may be one of two. */
static bool is_reporter_id(const char *id)
{
    const char *index = strstr(id, "Z_idx");

    return index && digits(id) == 4 && digits(index + 5) > 0 && index[5 + digits(index + 5)] == '_';
}

/* "20250920.example.net@mail.example.org", of mox. */
static bool is_mox_id(const char *id)
{
    return digits(id) == 8 && id[8] == '.' && strchr(id + 9, '@');
}

/* "12884901889_1758412800", of Stalwart. */
static bool is_stalwart_id(const char *id)
{
    size_t n = digits(id);

    return n > 0 && id[n] == '_' && digits(id + n + 1) > 0 && !id[n + 1 + digits(id + n + 1)];
}

static enum dialect by_id(const char *id)
{
    if (!id)
        return DIALECT_UNKNOWN;
    if (is_reporter_id(id))
        return DIALECT_POSTFIX;
    if (is_mox_id(id))
        return DIALECT_MOX;
    return is_stalwart_id(id) ? DIALECT_STALWART : DIALECT_UNKNOWN;
}

/* Is it a code of our own vocabulary? Then its reason. */
static bool is_own_code(const char *code, enum reason *out)
{
    for (int i = 0; i < REASON_COUNT; i++) {
        if (strcmp(code, reason_info((enum reason)i)->code) == 0) {
            *out = (enum reason)i;
            return true;
        }
    }
    return false;
}

/* Codes and words that only one sender writes. */
static enum dialect by_failure(const struct tlsrpt_failure *failure)
{
    static const struct {
        const char *code;
        enum dialect dialect;
    } codes[] = {
        {"mtasts-policy-mx-mismatch", DIALECT_MOX},
        {"tls-remote-alert-", DIALECT_MOX},
        {"tls-local-alert-", DIALECT_MOX},
        {"tls-record-header-error", DIALECT_MOX},
        {"io-timeout-during-handshake", DIALECT_MOX},
        {"connection-closed-during-handshake", DIALECT_MOX},
        {"MX not authorized by policy.", DIALECT_STALWART},
        {"MTA-STS is required", DIALECT_STALWART},
        {"invalid peer certificate", DIALECT_STALWART},
        {"received fatal alert", DIALECT_STALWART},
        {"tls-handshake-failure", DIALECT_POSTFIX},
        {"self-signed_certificate", DIALECT_POSTFIX},
    };
    enum reason reason;

    for (size_t i = 0; failure->reason_code && i < sizeof codes / sizeof codes[0]; i++)
        if (holds(failure->reason_code, codes[i].code))
            return codes[i].dialect;
    if (failure->reason_code && is_own_code(failure->reason_code, &reason))
        return DIALECT_MXPROBE;
    return DIALECT_UNKNOWN;
}

/*
 * tlsrpt-reporter writes for Exim too: what Postfix never says gives it away. Postfix says nothing
 * of a TLSA lookup that fails, and calls a TLSA mismatch certificate-not-trusted.
 */
static bool is_exim(const struct tlsrpt_failure *failure)
{
    return failure->type == RESULT_DNSSEC_INVALID || holds(failure->reason_code, "dane-no-match");
}

enum dialect dialect_of(const struct tlsrpt_report *report)
{
    enum dialect dialect = by_name(report);

    if (dialect == DIALECT_UNKNOWN)
        dialect = by_id(report->report_id);
    for (size_t i = 0; i < report->n_policies; i++) {
        const struct tlsrpt_policy *policy = &report->policies[i];
        for (size_t j = 0; j < policy->n_failures; j++) {
            if (dialect == DIALECT_POSTFIX && is_exim(&policy->failures[j]))
                return DIALECT_EXIM;
            if (dialect == DIALECT_UNKNOWN)
                dialect = by_failure(&policy->failures[j]);
        }
    }
    return dialect;
}

/* --- what it means -------------------------------------------------------------------------------
 */

/* As the rows are written: lower case, hyphens for spaces and underscores. */
static void normalize(const char *code, char out[CODE_MAX])
{
    size_t i = 0;

    for (; code && code[i] && i < CODE_MAX - 1; i++)
        out[i] = code[i] == ' ' || code[i] == '_' ? '-' : (char)tolower((unsigned char)code[i]);
    out[i] = '\0';
}

static bool code_fits(const char *row, const char *code)
{
    if (!row)
        return true;
    return *row ? strstr(code, row) != NULL : !*code;
}

static const struct dialect_row *find_row(enum dialect dialect, enum policy_type policy,
                                          const struct tlsrpt_failure *failure)
{
    char code[CODE_MAX];

    normalize(failure->reason_code, code);
    for (size_t i = 0; i < dialect_row_count; i++) {
        const struct dialect_row *row = &dialect_rows[i];
        if ((row->dialects & (1U << dialect)) && (row->result_types & (1U << failure->type)) &&
            (row->policy_types & (1U << policy)) && code_fits(row->code, code))
            return row;
    }
    return NULL;
}

size_t dialect_causes(enum dialect dialect, enum policy_type policy,
                      const struct tlsrpt_failure *failure,
                      struct dialect_cause out[DIALECT_CAUSES_MAX])
{
    enum reason own;

    if (failure->reason_code && is_own_code(failure->reason_code, &own)) {
        out[0] = (struct dialect_cause){own, failure->type == RESULT_STS_WEBPKI_INVALID};
        return 1;
    }
    const struct dialect_row *row = find_row(dialect, policy, failure);
    for (size_t i = 0; row && i < row->n_causes; i++)
        out[i] = row->causes[i];
    return row ? row->n_causes : 0;
}

bool dialect_means(enum dialect dialect, enum policy_type policy,
                   const struct tlsrpt_failure *failure, struct dialect_cause cause)
{
    struct dialect_cause causes[DIALECT_CAUSES_MAX];
    size_t n = dialect_causes(dialect, policy, failure, causes);

    for (size_t i = 0; i < n; i++)
        if (causes[i].reason == cause.reason && causes[i].at_policy_host == cause.at_policy_host)
            return true;
    return false;
}

/* --- in words ------------------------------------------------------------------------------------
 */

static void say_name(FILE *out, enum dialect dialect, const struct tlsrpt_failure *failure)
{
    char quoted[SYNTAX_QUOTE_MAX];
    const char *type = failure->result_type ? failure->result_type : "";
    const char *name = dialect_name(dialect);

    fprintf(out, "%s reports it as %s", name ? name : "This sender",
            failure->type ? type : syntax_quote(type, strlen(type), quoted));
    if (failure->reason_code)
        fprintf(out, " (%s)",
                syntax_quote(failure->reason_code, strlen(failure->reason_code), quoted));
    fputc('.', out);
}

static void say_others(FILE *out, const struct dialect_cause causes[], size_t n)
{
    const char *before = " By the same name it would report: ";

    for (size_t i = 1; i < n; i++) {
        fprintf(out, "%s%s%s", before, reason_info(causes[i].reason)->code,
                causes[i].at_policy_host && !causes[0].at_policy_host ? " of the policy host" : "");
        before = ", ";
    }
    if (n > 1)
        fputc('.', out);
}

static void say_meaning(FILE *out, enum dialect dialect, const struct tlsrpt_failure *failure,
                        const struct dialect_cause causes[], size_t n)
{
    if (n > 0)
        fprintf(out, "%s%s%s ", n > 1 ? "Most likely: " : "",
                reason_info(causes[0].reason)->meaning,
                causes[0].at_policy_host ? " It is that of the MTA-STS policy host." : "");
    else
        fputs("What this means is not known. ", out);
    say_name(out, dialect, failure);
    say_others(out, causes, n);
}

static char *compose_fix(const struct tlsrpt_policy *policy, const struct tlsrpt_failure *failure,
                         const struct dialect_cause causes[], size_t n)
{
    const char *template = "Ask the sender what it means, with the report-id at hand.";

    if (n > 0)
        template =
            causes[0].at_policy_host ? reason_policy_host_fix : reason_info(causes[0].reason)->fix;
    return reason_fill(template, failure->mx, failure->ip, policy->policy_domain);
}

int dialect_explain(enum dialect dialect, const struct tlsrpt_policy *policy,
                    const struct tlsrpt_failure *failure, char **explanation, char **fix)
{
    struct dialect_cause causes[DIALECT_CAUSES_MAX];
    size_t n = dialect_causes(dialect, policy->type, failure, causes);
    size_t length = 0;

    *explanation = NULL;
    FILE *out = open_memstream(explanation, &length);
    if (out)
        say_meaning(out, dialect, failure, causes, n);
    bool whole = out && fclose(out) == 0;
    *fix = whole ? compose_fix(policy, failure, causes, n) : NULL;
    if (*fix)
        return 0;
    free(*explanation);
    *explanation = NULL;
    return -1;
}
