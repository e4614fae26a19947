/*
 * What an earlier run of a scan left in its file: which results are whole, and where they end.
 * Reads in constant memory, whatever the length of a line.
 */
#ifndef OUTPUT_SCAN_RESUME_H
#define OUTPUT_SCAN_RESUME_H

#include <stdbool.h>
#include <stdint.h>

enum scan_resume_status {
    SCAN_RESUME_OK,
    SCAN_RESUME_ERROR,   /* errno is set */
    SCAN_RESUME_FOREIGN, /* line `n_lines` + 1 is no result of ours */
    SCAN_RESUME_REFUSED, /* on_domain returned false */
};

struct scan_resume {
    uint64_t n_lines; /* whole results, from the beginning */
    uint64_t length;  /* their bytes: what is behind them is torn and may be cut off */
};

/*
 * Reads the regular file `fd` from its beginning and tells the domain of each result (borrowed for
 * the call). Torn, and so not counted, is
 *  - a last line without its line feed, or that is no whole JSON object;
 *  - what a power cut left: a line with NUL bytes and all lines behind it;
 * but only where it begins as our results do or a whole result stands before it. Anything else that
 * is no mxprobe.result/1 object is somebody else's: SCAN_RESUME_FOREIGN. `on_domain` may be NULL.
 */
enum scan_resume_status scan_resume_read(int fd, bool (*on_domain)(void *arg, const char *domain),
                                         void *arg, struct scan_resume *out);

#endif
