/*
 * The reports that a mail carries (RFC 8460 section 5.3), by GMime. Built without it
 * (MXPROBE_GMIME=OFF), report_mail_absent.c stands in for report_mail.c.
 */
#ifndef PROBE_REPORT_MAIL_H
#define PROBE_REPORT_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REPORT_MAIL_SIZE_MAX = 6 << 20, /* bytes: a report of the largest size, in base64 */
    REPORT_MAIL_LINES_MAX = 100000, /* what GMime keeps grows with lines and with boundaries */
    REPORT_MAIL_BOUNDARIES_MAX = 1000,
};

/* The version of GMime; NULL where it is not built in. Static. */
const char *report_mail_version(void);

/*
 * Once a process, before the first mail and after the last: GMime cannot be begun again.
 */
void report_mail_library_init(void);
void report_mail_library_cleanup(void);

/* One part, decoded, borrowed. `type` is its media type; `proper`: it is one of a report. */
typedef void report_mail_part_fn(void *arg, const uint8_t *bytes, size_t length, const char *type,
                                 bool proper);

/*
 * Gives every part of the mail to `part` that has the media type of a report, or is an attachment
 * in gzip or JSON by its type or name. Returns NULL, or why the mail was not read (static).
 */
const char *report_mail_read(const uint8_t *bytes, size_t length, report_mail_part_fn *part,
                             void *arg);

#endif
