/*
 * A directory of its own for a test of files, which is then the working directory: setup and
 * teardown for cmocka.
 */
#ifndef TESTS_UNIT_OUTPUT_SCRATCH_DIRECTORY_H
#define TESTS_UNIT_OUTPUT_SCRATCH_DIRECTORY_H

#include <stddef.h>

int enter_directory(void **state);
/* Removes it with the files in it. */
int leave_directory(void **state);

/* Files in the working directory whose name does not begin with a dot. */
size_t count_files(void);

#endif
