#include "probe/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void failure_set(struct failure *failure, int status, const char *format, ...)
{
    va_list arguments;

    failure->status = status;
    va_start(arguments, format);
    vsnprintf(failure->message, sizeof failure->message, format, arguments);
    va_end(arguments);
}

/* The defaults of CONTRACT.md. */
void settings_init(struct settings *settings)
{
    *settings = (struct settings){
        .live = {.session = {.connect_timeout_ms = 10000,
                             .banner_timeout_ms = 60000,
                             .timeout_ms = 30000},
                 .fetcher = {.port = 443, .timeout_ms = 60000, .connect_timeout_ms = 10000}},
        .job =
            {.smtp_port = 25, .sts_port = 443, .ipv4 = true, .ipv6 = true, .allow_private = true},
        .judge = {.expiry_warn_days = 21, .expiry_crit_days = -1},
        .deadline_ms = 180000,
        /* No address of ours to invent: RFC 2606 has names for what there is none of. */
        .organization = "mxprobe",
        .contact = "not-given@mxprobe.invalid",
        .scan = {.concurrency = 1000, .per_host = 2, .max_memory_mib = 1024},
    };
}

void settings_clear(struct settings *settings)
{
    what_if_clear(&settings->what_if);
    for (size_t i = 0; i < settings->n_what_if_given; i++)
        free(settings->what_if_given[i]);
    free(settings->what_if_given);
    free(settings->operands);
}
