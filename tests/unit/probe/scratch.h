/*
 * A file of its own for a test, in a directory of its own.
 */
#ifndef TESTS_UNIT_PROBE_SCRATCH_H
#define TESTS_UNIT_PROBE_SCRATCH_H

#include <stddef.h>

struct scratch {
    char directory[64];
    char path[96]; /* of the file, which is not there until it is written */
};

void scratch_make(struct scratch *scratch);
void scratch_write(const struct scratch *scratch, const char *bytes, size_t length);
void scratch_remove(const struct scratch *scratch);

#endif
