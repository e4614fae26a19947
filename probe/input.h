/*
 * Files that a person names: read whole, bounded.
 */
#ifndef PROBE_INPUT_H
#define PROBE_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "probe/settings.h"

enum { INPUT_SIZE_MAX = 1 << 20 };

/*
 * Reads a file, or standard input for "-". The caller frees. On trouble returns NULL and fills
 * `failure`: STATUS_NO_INPUT where it cannot be read, STATUS_BAD_DATA where it is over
 * INPUT_SIZE_MAX bytes.
 */
uint8_t *input_read(const char *name, size_t *length, struct failure *failure);

#endif
