/* Unit tests of probe/input. */
#include "case.h"

#include "probe/input.h"
#include "scratch.h"

static int set_up(void **state)
{
    struct scratch *scratch = calloc(1, sizeof *scratch);

    assert_non_null(scratch);
    scratch_make(scratch);
    *state = scratch;
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static void test_read(void **state)
{
    struct scratch *scratch = *state;
    struct failure failure = {0};
    size_t length = 99;

    scratch_write(scratch, BYTES("a\0b\r\n"));
    uint8_t *bytes = input_read(scratch->path, &length, &failure);
    assert_non_null(bytes);
    assert_int_equal(length, 5);
    assert_memory_equal(bytes, "a\0b\r\n", 5);
    free(bytes);

    scratch_write(scratch, "", 0);
    bytes = input_read(scratch->path, &length, &failure);
    assert_non_null(bytes);
    assert_int_equal(length, 0);
    assert_int_equal(failure.status, 0);
    free(bytes);
}

static void test_size(void **state)
{
    struct scratch *scratch = *state;
    struct failure failure = {0};
    char *big = calloc(1, INPUT_SIZE_MAX + 1);
    size_t length = 0;

    assert_non_null(big);
    scratch_write(scratch, big, INPUT_SIZE_MAX);
    uint8_t *bytes = input_read(scratch->path, &length, &failure);
    assert_non_null(bytes);
    assert_int_equal(length, INPUT_SIZE_MAX);
    free(bytes);
    scratch_write(scratch, big, INPUT_SIZE_MAX + 1);
    assert_null(input_read(scratch->path, &length, &failure));
    assert_int_equal(failure.status, STATUS_BAD_DATA);
    assert_null(input_read("/dev/zero", &length, &failure)); /* without end */
    assert_int_equal(failure.status, STATUS_BAD_DATA);
    free(big);
}

static void test_unreadable(void **state)
{
    struct scratch *scratch = *state;
    struct failure failure = {0};
    size_t length = 0;

    assert_null(input_read(scratch->path, &length, &failure)); /* not there */
    assert_int_equal(failure.status, STATUS_NO_INPUT);
    assert_non_null(strstr(failure.message, scratch->path));
    failure = (struct failure){0};
    assert_null(input_read(scratch->directory, &length, &failure));
    assert_int_equal(failure.status, STATUS_NO_INPUT);
}

int main(void)
{
#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(test_read),
        WITH_SCRATCH(test_size),
        WITH_SCRATCH(test_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
