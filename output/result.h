/*
 * One domain's result as the printers take it: borrowed pointers, nothing computed.
 */
#ifndef OUTPUT_RESULT_H
#define OUTPUT_RESULT_H

#include <stddef.h>
#include <stdio.h>

#include "policy/facts.h"
#include "policy/verdict.h"

struct result {
    const struct domain_facts *facts;
    const struct verdict *verdict;
    const char *const *what_if; /* the options as given, without the dashes: "sts-mode=enforce" */
    size_t n_what_if;
    int64_t now_s; /* the time that "23 days ago" counts from: the judge's */
};

/* All printers return 0, or -1 with errno set when memory or the stream fails. */

/* One JSON object of schema mxprobe.result/1 on one line (docs/result.schema.json). */
int result_print_json(FILE *out, const struct result *result);

struct text_style {
    bool color;
    int verbosity; /* 1: the dialogue with each server; 2: the handshake and certificates too */
};

/* For a person: the verdict line first, then what was seen, then findings with their fix. */
int result_print_text(FILE *out, const struct result *result, const struct text_style *style);

enum { TLSRPT_ID_LENGTH = 16 };

/* Who reports (RFC 8460 4.4). Borrowed. */
struct tlsrpt_reporter {
    const char *organization;
    const char *contact;          /* addr-spec of RFC 5322 3.4.1 */
    uint8_t id[TLSRPT_ID_LENGTH]; /* random, new for each report */
};

/*
 * A TLS-RPT report of the probe on one line (RFC 8460 4.4, docs/tlsrpt.schema.json): an object for
 * each policy that was evaluated, its sessions counted as policy/tlsrpt_session.h says. What-if
 * options stand behind the name of the organisation.
 */
int result_print_tlsrpt(FILE *out, const struct result *result,
                        const struct tlsrpt_reporter *reporter);

/* The dialogues alone, for -v beside a machine-readable format. */
int result_print_dialogue(FILE *out, const struct result *result, int verbosity);

/*
 * One Nagios plugin line over all results: "MXPROBE CRITICAL - … | time=0.412s …" with perfdata
 * (elapsed seconds, days to the earliest certificate end, counts). The worst result decides, in
 * the order of CONTRACT.md.
 */
int results_print_nagios(FILE *out, const struct result *results, size_t n_results);

/* "MXPROBE UNKNOWN - message" for an error of our own. */
int nagios_print_error(FILE *out, const char *message);

#endif
