#include "probe/print_result.h"

#include <sys/random.h>

static int print_tlsrpt(FILE *out, const struct result *result, const struct settings *settings)
{
    struct tlsrpt_reporter reporter = {.organization = settings->organization,
                                       .contact = settings->contact};

    /* So few bytes come whole (getrandom(2)). */
    if (getrandom(reporter.id, sizeof reporter.id, 0) != (ssize_t)sizeof reporter.id)
        return -1;
    return result_print_tlsrpt(out, result, &reporter);
}

int print_result(FILE *out, const struct result *result, const struct settings *settings,
                 const struct text_style *style)
{
    switch (settings->format) {
    case FORMAT_TEXT:
        return result_print_text(out, result, style);
    case FORMAT_TLSRPT:
        return print_tlsrpt(out, result, settings);
    case FORMAT_JSON:
    case FORMAT_NAGIOS: /* one line for all of them: results_print_nagios */
        break;
    }
    return result_print_json(out, result);
}
