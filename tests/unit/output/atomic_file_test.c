#include "output/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch_directory.h"

static void write_plainly(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void expect_file(const char *path, const char *text, mode_t mode)
{
    char bytes[64] = "";
    struct stat there;
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    assert_true(fread(bytes, 1, sizeof bytes - 1, file) > 0);
    fclose(file);
    assert_string_equal(bytes, text);
    assert_int_equal(lstat(path, &there), 0);
    assert_int_equal(there.st_mode & 07777, mode);
}

static int replace(const char *path, const char *text, bool keep)
{
    struct atomic_file file;

    assert_int_equal(atomic_file_begin(&file, path), 0);
    assert_true(fputs(text, file.out) >= 0);
    return atomic_file_end(&file, keep);
}

static void a_new_file_has_the_mode_of_any_other(void **state)
{
    mode_t before = umask(027);

    (void)state;
    assert_int_equal(replace("new", "text\n", true), 0);
    umask(before);
    expect_file("new", "text\n", 0640);
    assert_int_equal(count_files(), 1);
}

static void an_old_file_is_replaced_and_its_mode_kept(void **state)
{
    (void)state;
    write_plainly("old", "old, and longer than the new text\n", 0604);
    assert_int_equal(replace("old", "new\n", true), 0);
    expect_file("old", "new\n", 0604);
    assert_int_equal(count_files(), 1);
}

static void the_old_file_is_there_until_the_end(void **state)
{
    struct atomic_file file;

    (void)state;
    write_plainly("old", "old\n", 0644);
    assert_int_equal(atomic_file_begin(&file, "old"), 0);
    fputs("new\n", file.out);
    fflush(file.out);
    expect_file("old", "old\n", 0644);
    assert_int_equal(atomic_file_end(&file, true), 0);
    expect_file("old", "new\n", 0644);
}

static void what_is_not_kept_leaves_no_trace(void **state)
{
    (void)state;
    write_plainly("old", "old\n", 0644);
    assert_int_equal(replace("old", "new\n", false), 0);
    assert_int_equal(replace("other", "new\n", false), 0);
    expect_file("old", "old\n", 0644);
    assert_int_equal(count_files(), 1);
}

static void a_link_is_followed(void **state)
{
    struct stat there;

    (void)state;
    write_plainly("target", "old\n", 0644);
    assert_int_equal(symlink("target", "link"), 0);
    assert_int_equal(replace("link", "new\n", true), 0);
    expect_file("target", "new\n", 0644);
    assert_int_equal(lstat("link", &there), 0);
    assert_true(S_ISLNK(there.st_mode));
}

static void what_a_dead_process_left_is_no_obstacle(void **state)
{
    char name[64];

    (void)state;
    snprintf(name, sizeof name, "new.%ld.tmp", (long)getpid());
    write_plainly(name, "left over", 0644);
    assert_int_equal(replace("new", "text\n", true), 0);
    assert_int_equal(count_files(), 1);
}

static void what_cannot_be_opened_is_told(void **state)
{
    static const struct {
        const char *path;
        int why;
    } cases[] = {{"no/such/directory", ENOENT}, {".", EISDIR}, {"", ENOENT}};
    struct atomic_file file;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        errno = 0;
        assert_int_equal(atomic_file_begin(&file, cases[i].path), -1);
        assert_int_equal(errno, cases[i].why);
    }
    assert_int_equal(count_files(), 0);
}

/*
 * As root, a file in place of /dev/null takes a machine down. A pipe of our own stands in for the
 * device, so that a fault costs no more than this test.
 */
static void what_is_no_file_is_written_to_and_stays(void **state)
{
    char bytes[16] = "";
    struct stat there;

    (void)state;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_int_equal(replace("pipe", "text\n", true), 0);
    assert_int_equal(read(reader, bytes, sizeof bytes - 1), 5);
    assert_string_equal(bytes, "text\n");
    close(reader);
    assert_int_equal(lstat("pipe", &there), 0);
    assert_true(S_ISFIFO(there.st_mode));
    assert_int_equal(count_files(), 1);
}

/* The limit of the file size stands in for a full disk. */
static void a_failed_write_leaves_what_was_there(void **state)
{
    struct rlimit before, small;
    char text[65536];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    write_plainly("old", "old\n", 0644);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 1024, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct atomic_file file;
    assert_int_equal(atomic_file_begin(&file, "old"), 0);
    fputs(text, file.out);
    int status = atomic_file_end(&file, true);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, -1);
    expect_file("old", "old\n", 0644);
    assert_int_equal(count_files(), 1);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(a_new_file_has_the_mode_of_any_other),
        IN_DIRECTORY(an_old_file_is_replaced_and_its_mode_kept),
        IN_DIRECTORY(the_old_file_is_there_until_the_end),
        IN_DIRECTORY(what_is_not_kept_leaves_no_trace),
        IN_DIRECTORY(a_link_is_followed),
        IN_DIRECTORY(what_a_dead_process_left_is_no_obstacle),
        IN_DIRECTORY(what_cannot_be_opened_is_told),
        IN_DIRECTORY(what_is_no_file_is_written_to_and_stays),
        IN_DIRECTORY(a_failed_write_leaves_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
