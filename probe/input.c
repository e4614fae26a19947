#include "probe/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *input_read(const char *name, size_t *length, struct failure *failure)
{
    bool standard = strcmp(name, "-") == 0;
    FILE *file = standard ? stdin : fopen(name, "rb");
    uint8_t *bytes = malloc(INPUT_SIZE_MAX + 1);

    *length = 0;
    if (!file)
        failure_set(failure, STATUS_NO_INPUT, "cannot open %s: %s", name, strerror(errno));
    else if (!bytes)
        failure_set(failure, STATUS_SOFTWARE, "out of memory");
    if (file && bytes) {
        errno = 0;
        *length = fread(bytes, 1, INPUT_SIZE_MAX + 1, file);
        if (ferror(file))
            failure_set(failure, STATUS_NO_INPUT, "cannot read %s: %s", name, strerror(errno));
        else if (*length > INPUT_SIZE_MAX)
            failure_set(failure, STATUS_BAD_DATA, "%s is larger than 1 MiB", name);
    }
    if (file && !standard)
        fclose(file);
    if (!failure->status)
        return bytes;
    free(bytes);
    return NULL;
}
