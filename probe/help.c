#include "probe/help.h"

#include <stdbool.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <zlib.h>

#include "dns/resolver.h"
#include "policy/fetch.h"
#include "probe/option_table.h"
#include "probe/report_mail.h"

enum { HELP_COLUMN = 28, HELP_WIDTH = 100 };

/* The text in lines of HELP_WIDTH, indented to HELP_COLUMN from the second on. */
static void print_wrapped(FILE *out, const char *text)
{
    size_t column = HELP_COLUMN;

    while (*text) {
        size_t word = strcspn(text, " ");
        if (column > HELP_COLUMN && column + 1 + word > HELP_WIDTH) {
            fprintf(out, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)word, text);
        column += word;
        text += word + (text[word] == ' ');
    }
    fputc('\n', out);
}

static void print_option(FILE *out, const struct option *option)
{
    char head[80];
    char letter[4] = "";

    if (option->letter)
        snprintf(letter, sizeof letter, "-%c", option->letter);
    int length = snprintf(head, sizeof head, "  %s%s%s%s%s%s", letter,
                          option->letter && option->name ? ", " : "", option->name ? "--" : "",
                          option->name ? option->name : "", option->argument ? " " : "",
                          option->argument ? option->argument : "");
    fputs(head, out);
    if (length >= HELP_COLUMN)
        fprintf(out, "\n%*s", HELP_COLUMN, "");
    else
        fprintf(out, "%*s", HELP_COLUMN - length, "");
    print_wrapped(out, option->help);
}

static void print_options(FILE *out, unsigned bit)
{
    for (int group = 0; group < OPTION_GROUP_COUNT; group++) {
        bool titled = false;
        for (size_t i = 0; i < option_count; i++) {
            const struct option *option = &option_table[i];
            if ((int)option->group != group || !(option->commands & bit))
                continue;
            if (!titled)
                fprintf(out, "\n%s:\n", option_group_title(option->group));
            titled = true;
            print_option(out, option);
        }
    }
}

static const char check_usage[] =
    "usage: mxprobe check [OPTION...] DOMAIN...\n"
    "\n"
    "Probes domains as a sending mail server would and says what each kind of sender would do,\n"
    "which failure it would report, and how to mend it.\n"
    "Exit status: 0 ok, 1 warning, 2 fail, 3 unknown; the worst domain decides.\n";

static const char scan_usage[] =
    "usage: mxprobe scan [OPTION...] [FILE|-]\n"
    "\n"
    "Probes very many domains, one a line (# begins a comment; rank,domain rows are taken too), "
    "and\n"
    "prints one JSON object a line, as they are done. Each mail host is probed once, however many\n"
    "domains name it. Exit status: 0 every line was answered for, 3 otherwise.\n";

static const char report_usage[] =
    "usage: mxprobe report [OPTION...] FILE...\n"
    "\n"
    "Reads TLS-RPT reports that were received: JSON, gzip, the mail that carries one, a folder\n"
    "of such, or standard input (-). Says what failed, where, what the sender means by it, and\n"
    "what to do; with --replay, whether it still does: one session with each reported host and\n"
    "address. Exit status: 0 no failures reported, 2 failures; with --replay 2 when one is\n"
    "reproduced or is another now, else 3 when one could not be looked at, else 0.\n";

static const char lint_usage[] =
    "usage: mxprobe lint [OPTION...] KIND FILE|-\n"
    "\n"
    "Judges offline what is about to be published. KIND is sts-record, sts-policy, tlsrpt-record\n"
    "or tlsa. Exit status: 0 valid, 1 valid with warnings, 2 invalid.\n";

static const char diff_usage[] =
    "usage: mxprobe diff [OPTION...] OLD NEW\n"
    "\n"
    "Compares two files of results (JSON lines of check or scan; - is standard input): per domain\n"
    "the verdict, what senders do, findings gone and new, MX, policies, certificates. Files of "
    "more\n"
    "than 10,000 lines have to be in the same order, or both sorted: LC_ALL=C sort -o FILE FILE.\n"
    "Exit status: 0 nothing got worse, 2 something did.\n";

static const char suggest_usage[] =
    "usage: mxprobe suggest [OPTION...] DOMAIN\n"
    "\n"
    "Probes a domain and prints what fits it: an MTA-STS policy and record, in mode testing at "
    "first,\n"
    "a TLS-RPT record, TLSA records of the keys that the mail hosts show; and what would break if\n"
    "all of it were published now. Exit status: 0 something is suggested, 2 the domain takes no "
    "mail,\n"
    "3 its MX records could not be had.\n";

static const char usage[] =
    "usage: mxprobe COMMAND [OPTION...] ARGUMENT...\n"
    "\n"
    "Commands:\n"
    "  check DOMAIN...           probe domains as a sending mail server would\n"
    "  scan [FILE|-]             probe very many domains, one JSON object a line\n"
    "  report FILE...            explain the TLS-RPT reports that were received\n"
    "  lint KIND FILE|-          judge a record or policy before it is published\n"
    "  diff OLD NEW              what changed between two files of results\n"
    "  suggest DOMAIN            the records and the policy that fit a domain\n"
    "\n"
    "mxprobe COMMAND --help tells more. A bare domain is enough: mxprobe check example.com\n";

void help_print(FILE *out, enum command command)
{
    switch (command) {
    case COMMAND_NONE:
        fputs(usage, out);
        print_options(out, FOR_ALL);
        break;
    case COMMAND_CHECK:
        fputs(check_usage, out);
        print_options(out, FOR_CHECK);
        break;
    case COMMAND_SCAN:
        fputs(scan_usage, out);
        print_options(out, FOR_SCAN);
        break;
    case COMMAND_REPORT:
        fputs(report_usage, out);
        print_options(out, FOR_REPORT);
        break;
    case COMMAND_LINT:
        fputs(lint_usage, out);
        print_options(out, FOR_LINT);
        break;
    case COMMAND_DIFF:
        fputs(diff_usage, out);
        print_options(out, FOR_DIFF);
        break;
    case COMMAND_SUGGEST:
        fputs(suggest_usage, out);
        print_options(out, FOR_SUGGEST);
        break;
    }
}

void version_print(FILE *out)
{
    const char *gmime = report_mail_version();

    fprintf(out, "mxprobe %s\n%s, c-ares %s, libcurl %s, libevent %s, cJSON %s, zlib %s, ",
            MXPROBE_VERSION, OpenSSL_version(OPENSSL_VERSION), dns_library_version(),
            sts_fetch_library_version(), event_get_version(), cJSON_Version(), zlibVersion());
    if (gmime)
        fprintf(out, "GMime %s\n", gmime);
    else
        fputs("without GMime (report reads no mails)\n", out);
}
