/* Unit tests of probe/line_reader. */
#include "case.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/line_reader.h"
#include "scratch.h"

enum { LINES_MAX = 16, TEXT_MAX = 32 };

struct got {
    struct {
        char text[TEXT_MAX];
        size_t length;
        unsigned long long number;
        bool too_long;
    } lines[LINES_MAX];
    size_t n;
    enum line_reader_status last;
};

static void read_all(struct line_reader *reader, struct got *got)
{
    struct line_reader_line line;

    memset(got, 0, sizeof *got);
    while ((got->last = line_reader_next(reader, &line)) == LINE_READER_LINE) {
        assert_true(got->n < LINES_MAX);
        assert_int_equal(line.text[line.length], '\0');
        memcpy(got->lines[got->n].text, line.text,
               line.length < TEXT_MAX ? line.length : TEXT_MAX - 1);
        got->lines[got->n].length = line.length;
        got->lines[got->n].number = line.number;
        got->lines[got->n++].too_long = line.too_long;
    }
    assert_int_equal(line_reader_next(reader, &line), got->last); /* it is final */
}

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

static void test_lines(void **state)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t length;
        const char *expected; /* "number:text|…" */
        unsigned long long n_lines;
    } cases[] = {
        {"nothing", BYTES(""), "", 0},
        {"one line", BYTES("a\n"), "1:a|", 1},
        {"no final line feed", BYTES("a\nb"), "1:a|2:b|", 2},
        {"CRLF", BYTES("a\r\nb\r\n"), "1:a|2:b|", 2},
        {"lone CR at the end", BYTES("a\r"), "1:a|", 1},
        {"blank lines", BYTES("\n \n\t\r\na\n\n"), "4:a|", 5},
        {"white space", BYTES(" \ta b\t \n"), "1:a b|", 1},
        {"byte order mark",
         BYTES("\xef\xbb\xbf"
               "a\n"),
         "1:a|", 1},
        {"mark alone", BYTES("\xef\xbb\xbf\n"), "", 1},
        {"mark and comment", BYTES("\xef\xbb\xbf# x\na"), "2:a|", 2},
        {"mark of a second file",
         BYTES("a\n\xef\xbb\xbf"
               "b\n\xef\xbb\xbf#c\n"),
         "1:a|2:b|", 3},
        {"mark inside", BYTES("a\xef\xbb\xbf\n"), "1:a\xef\xbb\xbf|", 1},
        {"comment", BYTES("# a\na # b\n\t#c\n"), "2:a|", 3},
        {"hash inside", BYTES("a#b\n"), "1:a#b|", 1},
        {"hash inside, then a comment", BYTES("a#b #c\n"), "1:a#b|", 1},
        {"two hashes", BYTES("a##b\n##\n"), "1:a##b|", 2},
        {"form feed is text", BYTES("a\f\n"), "1:a\f|", 1},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct scratch *scratch = *state;
        char seen[128] = "";
        size_t at = 0;
        struct got got;

        scratch_write(scratch, cases[i].bytes, cases[i].length);
        struct line_reader *reader = line_reader_open(scratch->path, -1);
        assert_non_null(reader);
        read_all(reader, &got);
        for (size_t k = 0; k < got.n; k++)
            at += (size_t)snprintf(seen + at, sizeof seen - at, "%llu:%s|", got.lines[k].number,
                                   got.lines[k].text);
        CASE_INT(cases[i].name, got.last, LINE_READER_END);
        CASE_TEXT(cases[i].name, seen, cases[i].expected);
        CASE_CHECK(cases[i].name, line_reader_lines(reader) == cases[i].n_lines);
        CASE_CHECK(cases[i].name, line_reader_bytes(reader) == cases[i].length);
        line_reader_close(reader);
    }
}

/* Lines around the limit, and around the size of the buffer behind it. */
static void test_long_lines(void **state)
{
    static const struct {
        const char *name;
        size_t length;
        char byte;
        bool too_long;
    } cases[] = {
        {"longest", LINE_READER_LINE_MAX, 'a', false},
        {"one more", LINE_READER_LINE_MAX + 1, 'a', true},
        {"a buffer less one", 65535, 'a', true},
        {"a buffer", 65536, 'a', true},
        {"a buffer and one", 65537, 'a', true},
        {"many buffers", 1000000, 'a', true},
        {"white space", 100000, ' ', true},
        {"NUL", 100000, '\0', true},
    };

    for (size_t i = 0; i < COUNT(cases) * 2; i++) {
        struct scratch *scratch = *state;
        size_t length = cases[i / 2].length;
        bool feed = i % 2; /* and once as the last line, without */
        char *bytes = malloc(length + 4);
        struct got got;

        assert_non_null(bytes);
        memset(bytes, cases[i / 2].byte, length);
        memcpy(bytes + length, "\nb\n", 3);
        scratch_write(scratch, bytes, length + (feed ? 3 : 0));
        free(bytes);
        struct line_reader *reader = line_reader_open(scratch->path, -1);
        assert_non_null(reader);
        read_all(reader, &got);
        CASE_CHECK(cases[i / 2].name, got.n == (feed ? 2u : 1u));
        CASE_INT(cases[i / 2].name, got.lines[0].too_long, cases[i / 2].too_long);
        CASE_CHECK(cases[i / 2].name, got.lines[0].length <= LINE_READER_LINE_MAX);
        CASE_CHECK(cases[i / 2].name, got.lines[0].number == 1);
        if (feed)
            CASE_TEXT(cases[i / 2].name, got.lines[1].text, "b");
        if (feed)
            CASE_CHECK(cases[i / 2].name, got.lines[1].number == 2);
        line_reader_close(reader);
    }
}

static void test_long_comment_is_a_comment(void **state)
{
    enum { LENGTH = 200000 };
    struct scratch *scratch = *state;
    char *bytes = malloc(LENGTH);
    struct got got;

    assert_non_null(bytes);
    memset(bytes, 'x', LENGTH);
    memcpy(bytes, "a #", 3);
    memcpy(bytes + 100000, "\n# ", 3);
    memcpy(bytes + LENGTH - 3, "\nb\n", 3);
    scratch_write(scratch, bytes, LENGTH);
    free(bytes);
    struct line_reader *reader = line_reader_open(scratch->path, -1);
    assert_non_null(reader);
    read_all(reader, &got);
    assert_int_equal(got.n, 2);
    assert_string_equal(got.lines[0].text, "a");
    assert_false(got.lines[0].too_long);
    assert_string_equal(got.lines[1].text, "b");
    assert_int_equal(got.lines[1].number, 3);
    line_reader_close(reader);
}

struct feeder {
    const char *path;
    const char *bytes;
    size_t length, chunk;
};

/* Writes into the named pipe, `chunk` bytes at a time, the reader being given time to take each. */
static void *feed(void *arg)
{
    const struct feeder *feeder = arg;
    int fd = open(feeder->path, O_WRONLY);

    for (size_t at = 0; fd >= 0 && at < feeder->length; at += feeder->chunk) {
        size_t n = feeder->length - at < feeder->chunk ? feeder->length - at : feeder->chunk;
        if (write(fd, feeder->bytes + at, n) != (ssize_t)n)
            break;
        usleep(200);
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* A named pipe that has no writer yet when it is opened, written in all chunkings. */
static void test_split_reads(void **state)
{
    static const char bytes[] = "\xef\xbb\xbfone\r\n# two\r\n\r\n  four # x\r\nfive";
    struct scratch *scratch = *state;

    assert_int_equal(mkfifo(scratch->path, 0600), 0);
    for (size_t chunk = 1; chunk < sizeof bytes; chunk++) {
        struct feeder feeder = {scratch->path, bytes, sizeof bytes - 1, chunk};
        pthread_t thread;
        struct got got;
        struct line_reader *reader = line_reader_open(scratch->path, -1);

        assert_non_null(reader);
        assert_int_equal(pthread_create(&thread, NULL, feed, &feeder), 0);
        read_all(reader, &got);
        pthread_join(thread, NULL);
        assert_int_equal(got.last, LINE_READER_END);
        assert_int_equal(got.n, 3);
        assert_string_equal(got.lines[0].text, "one");
        assert_string_equal(got.lines[1].text, "four");
        assert_int_equal(got.lines[1].number, 4);
        assert_string_equal(got.lines[2].text, "five");
        line_reader_close(reader);
    }
}

static void *stop_later(void *arg)
{
    usleep(20000);
    return write(*(int *)arg, "x", 1) == 1 ? arg : NULL;
}

/* A pipe that is silent, with and without a writer, and an input that never ends. */
static void test_stop(void **state)
{
    struct scratch *scratch = *state;
    struct line_reader_line line;
    void *told;

    assert_int_equal(mkfifo(scratch->path, 0600), 0);
    for (int round = 0; round < 3; round++) {
        int stop[2], writer = -1;
        pthread_t thread;
        enum line_reader_status status;

        assert_int_equal(pipe(stop), 0);
        struct line_reader *reader =
            line_reader_open(round == 2 ? "/dev/zero" : scratch->path, stop[0]);
        assert_non_null(reader);
        if (round == 1) {
            writer = open(scratch->path, O_WRONLY);
            assert_int_equal(write(writer, "a\nb", 3), 3);
        }
        assert_int_equal(pthread_create(&thread, NULL, stop_later, &stop[1]), 0);
        while ((status = line_reader_next(reader, &line)) == LINE_READER_LINE)
            assert_true(round == 1 ? line.number == 1 : line.too_long);
        assert_int_equal(status, LINE_READER_STOPPED);
        pthread_join(thread, &told);
        assert_non_null(told);
        assert_int_equal(line_reader_next(reader, &line), LINE_READER_STOPPED);
        line_reader_close(reader);
        if (writer >= 0)
            close(writer);
        close(stop[0]);
        close(stop[1]);
    }
}

static void test_cannot_be_opened(void **state)
{
    struct scratch *scratch = *state;

    assert_null(line_reader_open(scratch->path, -1));
    assert_int_equal(errno, ENOENT);
    assert_null(line_reader_open(scratch->directory, -1));
    assert_int_equal(errno, EISDIR);
    assert_null(line_reader_open("", -1));
    assert_int_equal(errno, ENOENT);
    line_reader_close(NULL);
}

/* The process's memory seen as a file: it opens, and nothing is mapped where it begins. */
static void test_cannot_be_read(void **state)
{
    struct line_reader_line line;
    struct line_reader *reader = line_reader_open("/proc/self/mem", -1);

    (void)state;
    assert_non_null(reader);
    for (int i = 0; i < 2; i++) {
        errno = 0;
        assert_int_equal(line_reader_next(reader, &line), LINE_READER_FAILED);
        assert_int_equal(errno, EIO);
    }
    line_reader_close(reader);
}

static void test_standard_input(void **state)
{
    int pipes[2], saved = dup(STDIN_FILENO);
    struct got got;

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(write(pipes[1], "a\n", 2), 2);
    close(pipes[1]);
    assert_int_equal(dup2(pipes[0], STDIN_FILENO), STDIN_FILENO);
    close(pipes[0]);
    struct line_reader *reader = line_reader_open("-", -1);
    assert_non_null(reader);
    assert_int_equal(line_reader_fd(reader), STDIN_FILENO);
    read_all(reader, &got);
    assert_int_equal(got.n, 1);
    assert_int_equal(got.last, LINE_READER_END);
    line_reader_close(reader);
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* left open */
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
}

int main(void)
{
#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(test_lines),
        WITH_SCRATCH(test_long_lines),
        WITH_SCRATCH(test_long_comment_is_a_comment),
        WITH_SCRATCH(test_split_reads),
        WITH_SCRATCH(test_stop),
        WITH_SCRATCH(test_cannot_be_opened),
        cmocka_unit_test(test_cannot_be_read),
        cmocka_unit_test(test_standard_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
