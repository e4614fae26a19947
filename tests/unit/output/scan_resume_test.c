/* Unit tests of output/scan_resume. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "output/scan_resume.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BYTES(literal) literal, sizeof(literal) - 1

/* As the printer writes them; what stands behind the domain is made to look like ends of lines. */
#define LINE_A "{\"schema\":\"mxprobe.result/1\",\"domain\":\"a.example\",\"x\":[{\"y\":\"}\"}]}\n"
#define LINE_B "{\"schema\":\"mxprobe.result/1\",\"domain\":\"b.example\",\"x\":\"\\\"}\\\\\"}\n"
#define LINE_C "{\"schema\":\"mxprobe.result/1\",\"domain\":\"c.example\",\"x\":{}}\n"
/* As other programs print and escape them. */
#define LINE_OTHER \
    "{ \"verdict\": \"ok\", \"domain\": \"a.example\", \"schema\": \"mxprobe.result/1\" }\r\n"
#define LINE_ESCAPED "{\"schema\":\"mxprobe.result/1\",\"domain\":\"\\u0061.example\"}\n"

/* What was told of a file, and what came of it. */
struct reading {
    char domains[256]; /* each with a space behind */
    enum scan_resume_status status;
    struct scan_resume resume;
};

static bool note(void *arg, const char *domain)
{
    struct reading *reading = arg;

    assert_true(strlen(reading->domains) + strlen(domain) + 2 < sizeof reading->domains);
    strcat(strcat(reading->domains, domain), " ");
    return true;
}

/* A file in memory; the caller closes it. */
static int file_of(const char *bytes, size_t length)
{
    int fd = memfd_create("scan_resume_test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    return fd;
}

static void read_bytes(const char *bytes, size_t length, struct reading *reading)
{
    int fd = file_of(bytes, length);

    *reading = (struct reading){0};
    reading->status = scan_resume_read(fd, note, reading, &reading->resume);
    close(fd);
}

static void test_what_is_kept(void **state)
{
    static const struct {
        const char *name;
        const char *before;
        size_t length;
        const char *domains;
        size_t kept; /* bytes */
    } cases[] = {
        {"empty", BYTES(""), "", 0},
        {"whole", BYTES(LINE_A LINE_B), "a.example b.example ", sizeof(LINE_A LINE_B) - 1},
        {"last line without line feed", LINE_A LINE_B, sizeof(LINE_A LINE_B) - 2, "a.example ",
         sizeof(LINE_A) - 1},
        {"last line no object", BYTES(LINE_A "{\"schema\":\"mxprobe.result/1\",\"domain\":\"b\"\n"),
         "a.example ", sizeof(LINE_A) - 1},
        {"last line no JSON inside",
         BYTES(LINE_A "{\"schema\":\"mxprobe.result/1\",\"domain\":\"b\",\"x\":tru}\n"),
         "a.example ", sizeof(LINE_A) - 1},
        {"first line torn", BYTES("{\"schema\":\"mxprobe.result/1\",\"dom"), "", 0},
        {"first byte only", BYTES("{"), "", 0},
        {"garbage behind", BYTES(LINE_A "\x80garbage"), "a.example ", sizeof(LINE_A) - 1},
        {"NUL bytes behind", BYTES(LINE_A "\0\0\0\0"), "a.example ", sizeof(LINE_A) - 1},
        {"NUL bytes, then lines", BYTES(LINE_A "\0\0\0\0\"}\n" LINE_B LINE_C), "a.example ",
         sizeof(LINE_A) - 1},
        {"NUL bytes inside, then lines",
         BYTES(LINE_A "{\"schema\":\"mxprobe.result/1\",\"domain\":\"b\",\"\0\0\0\":1}\n" LINE_C),
         "a.example ", sizeof(LINE_A) - 1},
        {"printed by another program", BYTES(LINE_OTHER LINE_B), "a.example b.example ",
         sizeof(LINE_OTHER LINE_B) - 1},
        {"escapes in the domain", BYTES(LINE_ESCAPED LINE_B), "a.example b.example ",
         sizeof(LINE_ESCAPED LINE_B) - 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reading reading;

        read_bytes(cases[i].before, cases[i].length, &reading);
        if (reading.status != SCAN_RESUME_OK || reading.resume.length != cases[i].kept ||
            strcmp(reading.domains, cases[i].domains) != 0)
            fail_msg("%s: status %d, %d bytes, \"%s\"", cases[i].name, reading.status,
                     (int)reading.resume.length, reading.domains);
    }
}

static void test_foreign(void **state)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t length;
        unsigned line;
    } cases[] = {
        {"text", BYTES("dear diary\n"), 1},
        {"text without line feed", BYTES("dear diary"), 1},
        {"NUL bytes", BYTES("\0\0\0"), 1},
        {"blank line", BYTES("\n"), 1},
        {"blank line between", BYTES(LINE_A "\n" LINE_B), 2},
        {"another schema", BYTES("{\"schema\":\"mxprobe.report/1\",\"reports\":[]}\n"), 1},
        {"another schema, no line feed", BYTES("{\"schema\":\"mxprobe.report/1\"}"), 1},
        {"another schema behind", BYTES(LINE_A "{\"a\":1}\n"), 2},
        {"another schema behind, no line feed", BYTES(LINE_A "{\"a\":1}"), 2},
        {"a later version", BYTES("{\"schema\":\"mxprobe.result/10\",\"domain\":\"a\"}\n" LINE_B),
         1},
        {"no domain", BYTES("{\"schema\":\"mxprobe.result/1\"}\n" LINE_B), 1},
        {"empty domain", BYTES("{\"schema\":\"mxprobe.result/1\",\"domain\":\"\"}\n" LINE_B), 1},
        {"domain no text", BYTES("{\"schema\":\"mxprobe.result/1\",\"domain\":7}\n" LINE_B), 1},
        {"an array",
         BYTES("["
               "{\"schema\":\"mxprobe.result/1\",\"domain\":\"a\"}"
               "]\n"),
         1},
        {"a number", BYTES("7\n"), 1},
        {"broken line between", BYTES(LINE_A "{\"schema\":\"mxprobe.result/1\"\n" LINE_B), 2},
        {"two objects in a line",
         BYTES("{\"schema\":\"mxprobe.result/1\",\"domain\":\"a\"}" LINE_B LINE_C), 1},
        {"a torn line run into the next",
         BYTES(LINE_A "{\"schema\":\"mxprobe.result/1\",\"domain\":\"b\",\"x" LINE_B LINE_C), 2},
        {"printed over several lines", BYTES("{\n  \"schema\": \"mxprobe.result/1\"\n}\n"), 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reading reading;

        read_bytes(cases[i].bytes, cases[i].length, &reading);
        if (reading.status != SCAN_RESUME_FOREIGN || reading.resume.n_lines + 1 != cases[i].line)
            fail_msg("%s: status %d, line %d", cases[i].name, reading.status,
                     (int)reading.resume.n_lines + 1);
    }
}

/* Lines that are longer than the chunks they are read in, torn in all of them. */
static void test_long_lines(void **state)
{
    enum { LONG = 700000 };
    static const size_t lengths[] = {LONG, LONG - 1, LONG - 2, 262144, 262145, 262143, 524288};
    char *lines = malloc(2 * LONG);

    (void)state;
    assert_non_null(lines);
    memset(lines, 'x', LONG);
    memcpy(lines, LINE_A, strlen("{\"schema\":\"mxprobe.result/1\",\"domain\":\"a.example\",\""));
    memcpy(lines + LONG - 5, "\":1}\n", 5);
    memcpy(lines + LONG, lines, LONG);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct reading reading;

        read_bytes(lines, LONG + lengths[i], &reading);
        assert_int_equal(reading.status, SCAN_RESUME_OK);
        assert_int_equal(reading.resume.length, i == 0 ? 2 * LONG : LONG);
        assert_string_equal(reading.domains, i == 0 ? "a.example a.example " : "a.example ");
    }
    free(lines);
}

/* Whatever byte is changed, no line that stands before it is lost, and what is kept is whole lines.
 */
static void test_changed_bytes(void **state)
{
    static const char whole[] = LINE_A LINE_B LINE_C;
    static const char bytes[] = "\0\n\"\\{}[]x,\xff";

    (void)state;
    for (size_t i = 0; i < (sizeof whole - 1) * (sizeof bytes - 1); i++) {
        size_t at = i / (sizeof bytes - 1);
        char changed[sizeof whole];
        struct reading reading;

        memcpy(changed, whole, sizeof whole);
        changed[at] = bytes[i % (sizeof bytes - 1)];
        read_bytes(changed, sizeof whole - 1, &reading);
        assert_true(reading.status == SCAN_RESUME_OK || reading.status == SCAN_RESUME_FOREIGN);
        if (at >= sizeof(LINE_A) - 1)
            assert_memory_equal(reading.domains, "a.example ", 10);
        if (at >= sizeof(LINE_A LINE_B) - 1)
            assert_memory_equal(reading.domains, "a.example b.example ", 20);
        assert_true(reading.resume.length <= sizeof whole - 1);
        if (reading.resume.length > 0)
            assert_int_equal(changed[reading.resume.length - 1], '\n');
    }
}

/* Two results of which the first was cut anywhere and the second written behind it. */
static void test_lines_that_run_into_one_another(void **state)
{
    static const char *const lines[] = {LINE_A, LINE_B, LINE_C};

    (void)state;
    for (size_t i = 0; i < COUNT(lines) * COUNT(lines); i++) {
        const char *first = lines[i / COUNT(lines)], *second = lines[i % COUNT(lines)];
        for (size_t cut = 1; cut < strlen(first); cut++) {
            char text[512];
            struct reading reading;

            snprintf(text, sizeof text, "%.*s%s" LINE_C, (int)cut, first, second);
            read_bytes(text, strlen(text), &reading);
            if (reading.status != SCAN_RESUME_FOREIGN || reading.resume.n_lines != 0)
                fail_msg("taken for whole: %s", text);
        }
    }
}

static bool refuse_the_second(void *arg, const char *domain)
{
    note(arg, domain);
    return strcmp(domain, "b.example") != 0;
}

static void test_refused(void **state)
{
    struct reading reading = {0};
    int fd = file_of(BYTES(LINE_A LINE_B LINE_C));

    (void)state;
    assert_int_equal(scan_resume_read(fd, refuse_the_second, &reading, &reading.resume),
                     SCAN_RESUME_REFUSED);
    assert_string_equal(reading.domains, "a.example b.example ");
    assert_int_equal(scan_resume_read(fd, NULL, NULL, &reading.resume), SCAN_RESUME_OK);
    assert_int_equal(reading.resume.n_lines, 3);
    close(fd);
}

static void test_cannot_be_read(void **state)
{
    struct scan_resume resume;
    int pipes[2];

    (void)state;
    errno = 0;
    assert_int_equal(scan_resume_read(-1, NULL, NULL, &resume), SCAN_RESUME_ERROR);
    assert_int_equal(errno, EBADF);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(scan_resume_read(pipes[0], NULL, NULL, &resume), SCAN_RESUME_ERROR);
    assert_int_equal(errno, ESPIPE);
    close(pipes[0]);
    close(pipes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_lines_that_run_into_one_another),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
