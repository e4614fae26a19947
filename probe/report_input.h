/*
 * The files that hold TLS-RPT reports: JSON, gzip, a mail that carries one, a folder of such, or
 * standard input. What is in a file is told from its bytes, not from its name.
 */
#ifndef PROBE_REPORT_INPUT_H
#define PROBE_REPORT_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "probe/settings.h"

/* Where what is found goes. */
struct report_sink {
    /*
     * The bytes of one report, JSON as far as can be told without reading it; borrowed. `part` is
     * NULL, or names the part of a mail that has another media type than RFC 8460 section 6.3 and
     * 6.4 give to reports, with that type.
     */
    void (*take)(void *arg, const char *file, const uint8_t *bytes, size_t length,
                 const char *part);
    /* A file that cannot be read, or holds no report. */
    void (*complain)(void *arg, const struct failure *failure);
    void *arg;
};

/*
 * Reads what `name` names: a file, the regular files in a folder (not below it, nor those whose
 * name begins with a dot) by name, or standard input for "-".
 */
void report_input_read(const char *name, const struct report_sink *sink);

/*
 * Takes apart what a file holds: unpacks, and finds the reports in a mail. Bounded whatever the
 * bytes. For report_input_read, and for tests.
 */
void report_input_unpack(const char *file, const uint8_t *bytes, size_t length,
                         const struct report_sink *sink);

#endif
