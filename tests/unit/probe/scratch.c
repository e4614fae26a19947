#include "scratch.h"

#include "case.h"

#include <unistd.h>

void scratch_make(struct scratch *scratch)
{
    const char *base = getenv("TMPDIR");

    snprintf(scratch->directory, sizeof scratch->directory,
             "%s/mxprobe-XX"
             "XX"
             "XX",
             base && strlen(base) < 32 ? base : "/tmp");
    assert_non_null(mkdtemp(scratch->directory));
    snprintf(scratch->path, sizeof scratch->path, "%s/file", scratch->directory);
}

void scratch_write(const struct scratch *scratch, const char *bytes, size_t length)
{
    FILE *file = fopen(scratch->path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

void scratch_remove(const struct scratch *scratch)
{
    unlink(scratch->path);
    rmdir(scratch->directory);
}
