/* Unit tests of output/scan_file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output/scan_file.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BYTES(literal) literal, sizeof(literal) - 1

/* As the printer writes them; what stands behind the domain is made to look like ends of lines. */
#define LINE_A "{\"schema\":\"mxprobe.result/1\",\"domain\":\"a.example\",\"x\":[{\"y\":\"}\"}]}\n"
#define LINE_B "{\"schema\":\"mxprobe.result/1\",\"domain\":\"b.example\",\"x\":\"\\\"}\\\\\"}\n"
#define LINE_C "{\"schema\":\"mxprobe.result/1\",\"domain\":\"c.example\",\"x\":{}}\n"
struct place {
    char folder[64];
    char path[96];
    char domains[256]; /* those that resuming told, each with a space behind */
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    /* In memory where that can be had: some of these tests sync hundreds of times. */
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    bool made = false;
    for (unsigned i = 0; !made && i < 1000; i++) {
        snprintf(place->folder, sizeof place->folder, "%s/mxprobe-scan-file-%d-%u", base,
                 (int)getpid(), i);
        made = mkdir(place->folder, 0700) == 0;
    }
    assert_true(made);
    snprintf(place->path, sizeof place->path, "%s/file", place->folder);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    unlink(place->path);
    assert_int_equal(rmdir(place->folder), 0);
    free(place);
    return 0;
}

static void put(const struct place *place, const char *bytes, size_t length)
{
    FILE *file = fopen(place->path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* The file as it is now, NUL behind it; the caller frees. */
static char *get(const struct place *place, size_t *length)
{
    FILE *file = fopen(place->path, "rb");
    struct stat stat;
    char *bytes;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &stat), 0);
    bytes = calloc(1, (size_t)stat.st_size + 1);
    assert_non_null(bytes);
    *length = fread(bytes, 1, (size_t)stat.st_size, file);
    assert_int_equal(*length, stat.st_size);
    fclose(file);
    return bytes;
}

static void check_file(const struct place *place, const char *name, const char *bytes,
                       size_t expected)
{
    size_t length;
    char *now = get(place, &length);

    if (length != expected || memcmp(now, bytes, length) != 0)
        fail_msg("%s: the file is \"%s\"", name, now);
    free(now);
}

static bool note(void *arg, const char *domain)
{
    struct place *place = arg;

    assert_true(strlen(place->domains) + strlen(domain) + 2 < sizeof place->domains);
    strcat(strcat(place->domains, domain), " ");
    return true;
}

static bool refuse(void *arg, const char *domain)
{
    note(arg, domain);
    return false;
}

static struct scan_file *open_file(struct place *place, bool resume,
                                   struct scan_file_problem *problem)
{
    struct scan_file_options options = {.path = place->path,
                                        .resume = resume,
                                        .input_fd = -1,
                                        .on_domain = note,
                                        .arg = place,
                                        .cancel_fd = -1};

    place->domains[0] = '\0';
    return scan_file_open(&options, problem);
}

static void test_write(void **state)
{
    struct place *place = *state;
    struct scan_file_problem problem;

    for (int round = 0; round < 2; round++) { /* new, and then in place of what is there */
        struct scan_file *file = open_file(place, false, &problem);
        assert_non_null(file);
        assert_int_equal(problem.status, SCAN_FILE_OK);
        assert_int_equal(scan_file_write(file, BYTES(LINE_A)), 0);
        check_file(place, "at once", BYTES(LINE_A));
        assert_int_equal(scan_file_write(file, BYTES(LINE_B LINE_C)), 0);
        assert_int_equal(scan_file_sync(file), 0);
        assert_int_equal(scan_file_sync_when_due(file, 5000), 0);
        assert_int_equal(scan_file_sync_when_due(file, 6000), 0);
        assert_int_equal(scan_file_close(file), 0);
        check_file(place, "three lines", BYTES(LINE_A LINE_B LINE_C));
        assert_string_equal(place->domains, "");
    }
    assert_int_equal(scan_file_close(NULL), 0);
}

/* Killed after any byte: the whole lines are kept, the torn one goes, and the next goes behind. */
static void test_resume_after_every_byte(void **state)
{
    static const char whole[] = LINE_A LINE_B LINE_C;
    static const size_t ends[] = {0, sizeof(LINE_A) - 1, sizeof(LINE_A LINE_B) - 1,
                                  sizeof whole - 1};
    static const char *const domains[] = {"", "a.example ", "a.example b.example ",
                                          "a.example b.example c.example "};

    for (size_t length = 0; length < sizeof whole; length++) {
        struct place *place = *state;
        struct scan_file_problem problem;
        size_t lines = 0;

        while (lines < 3 && ends[lines + 1] <= length)
            lines++;
        put(place, whole, length);
        struct scan_file *file = open_file(place, true, &problem);
        if (!file)
            fail_msg("%zu bytes: status %d", length, problem.status);
        assert_string_equal(place->domains, domains[lines]);
        assert_int_equal(scan_file_write(file, whole + ends[lines], sizeof whole - 1 - ends[lines]),
                         0);
        assert_int_equal(scan_file_close(file), 0);
        check_file(place, "resumed", whole, sizeof whole - 1);
    }
}

static void test_foreign_file_is_left_alone(void **state)
{
    struct place *place = *state;
    struct scan_file_problem problem;

    put(place, BYTES(LINE_A "dear diary\n" LINE_B));
    assert_null(open_file(place, true, &problem));
    assert_int_equal(problem.status, SCAN_FILE_FOREIGN);
    assert_int_equal(problem.line, 2);
    check_file(place, "left", BYTES(LINE_A "dear diary\n" LINE_B));
}

static void test_refused_by_the_caller(void **state)
{
    struct place *place = *state;
    struct scan_file_problem problem;
    struct scan_file_options options = {.path = place->path,
                                        .resume = true,
                                        .input_fd = -1,
                                        .on_domain = refuse,
                                        .arg = place,
                                        .cancel_fd = -1};

    put(place, BYTES(LINE_A LINE_B "torn"));
    assert_null(scan_file_open(&options, &problem));
    assert_int_equal(problem.status, SCAN_FILE_REFUSED);
    assert_string_equal(place->domains, "a.example ");
    check_file(place, "left", BYTES(LINE_A LINE_B "torn"));
}

static void test_one_run_at_a_time(void **state)
{
    struct place *place = *state;
    struct scan_file_problem problem;
    struct scan_file *first = open_file(place, false, &problem);

    assert_non_null(first);
    assert_int_equal(scan_file_write(first, BYTES(LINE_A)), 0);
    for (int resume = 0; resume < 2; resume++) {
        assert_null(open_file(place, resume, &problem));
        assert_int_equal(problem.status, SCAN_FILE_LOCKED);
    }
    check_file(place, "left", BYTES(LINE_A));
    assert_int_equal(scan_file_close(first), 0);
    first = open_file(place, true, &problem);
    assert_non_null(first);
    assert_int_equal(scan_file_close(first), 0);
}

static void test_input_is_no_output(void **state)
{
    struct place *place = *state;
    struct scan_file_problem problem;
    char other[128];

    put(place, BYTES("a.example\n"));
    snprintf(other, sizeof other, "%s/./file", place->folder);
    int input = open(other, O_RDONLY);
    assert_true(input >= 0);
    for (int resume = 0; resume < 2; resume++) {
        struct scan_file_options options = {
            .path = place->path, .resume = resume, .input_fd = input, .cancel_fd = -1};
        assert_null(scan_file_open(&options, &problem));
        assert_int_equal(problem.status, SCAN_FILE_IS_INPUT);
    }
    check_file(place, "left", BYTES("a.example\n"));
    close(input);
    /* The same device is no reason: both may be /dev/null. */
    input = open("/dev/null", O_RDONLY);
    struct scan_file_options options = {.path = "/dev/null", .input_fd = input, .cancel_fd = -1};
    struct scan_file *file = scan_file_open(&options, &problem);
    assert_non_null(file);
    assert_int_equal(scan_file_close(file), 0);
    close(input);
}

static void test_cannot_be_opened(void **state)
{
    struct place *place = *state;
    struct scan_file_problem problem;
    char below[128];
    const struct {
        const char *path;
        bool resume;
        enum scan_file_status status;
        int error;
    } cases[] = {
        {place->folder, false, SCAN_FILE_ERROR, EISDIR}, {below, false, SCAN_FILE_ERROR, ENOENT},
        {below, true, SCAN_FILE_ERROR, ENOENT},          {"", false, SCAN_FILE_ERROR, ENOENT},
        {"/dev/null", true, SCAN_FILE_NOT_REGULAR, 0},   {NULL, true, SCAN_FILE_NOT_REGULAR, 0},
    };

    snprintf(below, sizeof below, "%s/none/file", place->folder);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct scan_file_options options = {
            .path = cases[i].path, .resume = cases[i].resume, .input_fd = -1, .cancel_fd = -1};
        assert_null(scan_file_open(&options, &problem));
        assert_int_equal(problem.status, cases[i].status);
        assert_int_equal(problem.error, cases[i].error);
    }
}

/* A disk that ends in the middle of a line, here by RLIMIT_FSIZE, at every place. */
static void test_full_file_ends_with_a_whole_line(void **state)
{
    static const char lines[] = LINE_B LINE_C;
    struct rlimit before, limit;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (size_t room = 0; room < sizeof lines - 1; room++) {
        struct place *place = *state;
        struct scan_file_problem problem;
        size_t kept = room >= sizeof(LINE_B) - 1 ? sizeof(LINE_B) - 1 : 0;
        struct scan_file *file = open_file(place, false, &problem);

        assert_non_null(file);
        assert_int_equal(scan_file_write(file, BYTES(LINE_A)), 0);
        limit = before;
        limit.rlim_cur = sizeof(LINE_A) - 1 + room;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        for (int again = 0; again < 2; again++) {
            errno = 0;
            int rc = scan_file_write(file, lines, sizeof lines - 1);
            int error = errno;
            /* Room again is no reason to go on: a line in between is lost already. */
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
            assert_int_equal(rc, -1);
            assert_int_equal(error, EFBIG);
        }
        assert_int_equal(scan_file_close(file), 0);
        check_file(place, "full", LINE_A LINE_B, sizeof(LINE_A) - 1 + kept);
        file = open_file(place, true, &problem);
        assert_non_null(file);
        assert_int_equal(scan_file_write(file, lines + kept, sizeof lines - 1 - kept), 0);
        assert_int_equal(scan_file_close(file), 0);
        check_file(place, "resumed", BYTES(LINE_A LINE_B LINE_C));
    }
}

static void test_full_device(void **state)
{
    struct scan_file_options options = {.path = "/dev/full", .input_fd = -1, .cancel_fd = -1};
    struct scan_file_problem problem;
    struct scan_file *file = scan_file_open(&options, &problem);

    (void)state;
    assert_non_null(file);
    errno = 0;
    assert_int_equal(scan_file_write(file, BYTES(LINE_A)), -1);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(scan_file_close(file), 0);
}

struct slow_reader {
    int fd;
    size_t read;
};

static void *read_slowly(void *arg)
{
    struct slow_reader *reader = arg;
    char bytes[1000];
    ssize_t n;

    while ((n = read(reader->fd, bytes, sizeof bytes)) > 0) {
        reader->read += (size_t)n;
        if (reader->read % 50000 < 1000)
            usleep(1000);
    }
    return NULL;
}

/* A pipe whose reader is slow, whether or not its descriptor blocks: everything arrives. */
static void test_slow_reader(void **state)
{
    enum { ROUNDS = 4000 };
    int saved = dup(STDOUT_FILENO);

    (void)state;
    for (int round = 0; round < 2; round++) {
        struct scan_file_options options = {.input_fd = -1, .cancel_fd = -1};
        struct scan_file_problem problem;
        struct slow_reader reader = {0};
        pthread_t thread;
        int pipes[2], failures = 0;

        assert_int_equal(pipe(pipes), 0);
        if (round == 1)
            assert_int_equal(fcntl(pipes[1], F_SETFL, O_NONBLOCK), 0);
        reader.fd = pipes[0];
        assert_int_equal(pthread_create(&thread, NULL, read_slowly, &reader), 0);
        fflush(stdout);
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[1]);
        struct scan_file *file = scan_file_open(&options, &problem);
        for (int i = 0; file && i < ROUNDS; i++)
            failures += scan_file_write(file, BYTES(LINE_A LINE_B)) != 0;
        failures += !file || scan_file_close(file) != 0;
        dup2(saved, STDOUT_FILENO);
        pthread_join(thread, NULL);
        close(pipes[0]);
        assert_int_equal(failures, 0);
        assert_int_equal(reader.read, ROUNDS * (sizeof(LINE_A LINE_B) - 1));
    }
    close(saved);
}

static void *cancel_later(void *arg)
{
    usleep(50000);
    return write(*(int *)arg, "x", 1) == 1 ? arg : NULL;
}

/* A reader that has stopped holds nobody up once waiting is cancelled; one that is gone is said. */
static void test_stalled_and_gone_reader(void **state)
{
    enum { LINES = 2000 * (sizeof(LINE_A) - 1) };
    struct place *place = *state;
    struct scan_file_problem problem;
    int cancel[2], error = 0;
    char *lines = malloc(LINES);
    pthread_t thread;

    assert_non_null(lines);
    for (size_t at = 0; at < LINES; at += sizeof(LINE_A) - 1)
        memcpy(lines + at, BYTES(LINE_A));
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    int reader = open(place->path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(pipe(cancel), 0);
    struct scan_file_options options = {
        .path = place->path, .input_fd = -1, .cancel_fd = cancel[0]};
    struct scan_file *file = scan_file_open(&options, &problem);
    assert_non_null(file);
    assert_int_equal(scan_file_write(file, BYTES(LINE_A)), 0);
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, &cancel[1]), 0);
    while (scan_file_write(file, lines, LINES) == 0) /* more at once than a pipe holds */
        continue;
    error = errno;
    free(lines);
    pthread_join(thread, NULL);
    assert_int_equal(error, ECANCELED);
    assert_int_equal(scan_file_close(file), 0);

    options.cancel_fd = -1;
    file = scan_file_open(&options, &problem);
    assert_non_null(file);
    close(reader);
    assert_int_equal(scan_file_write(file, BYTES(LINE_A)), -1);
    assert_int_equal(errno, EPIPE);
    assert_int_equal(scan_file_close(file), 0);
    close(cancel[0]);
    close(cancel[1]);
}

/* A writer killed at random moments: what is there is always whole lines and one torn at most. */
static void test_killed_writer(void **state)
{
    struct place *place = *state;
    struct scan_file_problem problem;

    for (unsigned round = 0; round < 10; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct scan_file *file = open_file(place, round > 0, &problem);
            for (int i = 0; file && i < 100; i++)
                scan_file_write(file, BYTES(LINE_A LINE_B LINE_C));
            for (;;)
                pause();
        }
        usleep(1000 * (round + 1));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        place->domains[0] = '\0';
        unlink(place->path);
        struct scan_file *file = open_file(place, true, &problem);
        assert_non_null(file); /* the lock died with the child */
        assert_int_equal(scan_file_close(file), 0);
    }
}

int main(void)
{
#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_write),
        WITH_PLACE(test_resume_after_every_byte),
        WITH_PLACE(test_foreign_file_is_left_alone),
        WITH_PLACE(test_refused_by_the_caller),
        WITH_PLACE(test_one_run_at_a_time),
        WITH_PLACE(test_input_is_no_output),
        WITH_PLACE(test_cannot_be_opened),
        WITH_PLACE(test_full_file_ends_with_a_whole_line),
        cmocka_unit_test(test_full_device),
        cmocka_unit_test(test_slow_reader),
        WITH_PLACE(test_stalled_and_gone_reader),
        WITH_PLACE(test_killed_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
