/* Unit tests of probe/scan_input. */
#include "case.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe/scan_input.h"
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

/* Opens a file in memory: the loops below would wear out a disk. */
static struct scan_input *open_with(const char *bytes, size_t length)
{
    struct scan_input *input;
    char path[32];
    int fd = memfd_create("scan_input_test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    input = scan_input_open(path, -1); /* opened anew, from the beginning */
    close(fd);
    assert_non_null(input);
    return input;
}

/* The first line of a file that holds something to answer for. */
static void test_one_line(void **state)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t length;
        enum scan_line_kind kind;
        const char *text; /* the domain, or the excerpt */
    } cases[] = {
        {"plain", BYTES("example.com\n"), SCAN_DOMAIN, "example.com"},
        {"no line feed", BYTES("example.com"), SCAN_DOMAIN, "example.com"},
        {"CRLF", BYTES("example.com\r\n"), SCAN_DOMAIN, "example.com"},
        {"lone CR at the end", BYTES("example.com\r"), SCAN_DOMAIN, "example.com"},
        {"upper case, final dot", BYTES("EXAMPLE.Com.\n"), SCAN_DOMAIN, "example.com"},
        {"white space", BYTES(" \texample.com\t \n"), SCAN_DOMAIN, "example.com"},
        {"comment behind", BYTES("example.com # x\n"), SCAN_DOMAIN, "example.com"},
        {"comments and blank lines before", BYTES("#a\n\n  \n # b\nexample.com\n"), SCAN_DOMAIN,
         "example.com"},
        {"byte order mark",
         BYTES("\xef\xbb\xbf"
               "example.com\n"),
         SCAN_DOMAIN, "example.com"},
        /* As idn2(1) converts it. */
        {"U-labels",
         BYTES("B\xc3\x9c"
               "CHER.example\n"),
         SCAN_DOMAIN, "xn--bcher-kva.example"},
        {"single label", BYTES("com\n"), SCAN_DOMAIN, "com"},
        {"a word of headings alone", BYTES("domain\n"), SCAN_DOMAIN, "domain"},
        {"digits", BYTES("123.example\n"), SCAN_DOMAIN, "123.example"},

        /* Rows as the lists have them. */
        {"Tranco", BYTES("1,google.com\r\n"), SCAN_DOMAIN, "google.com"},
        {"Majestic", BYTES("5,2,youtube.com,com,1,2,youtube.com,com,5,2,1,2\n"), SCAN_DOMAIN,
         "youtube.com"},
        {"Majestic heading",
         BYTES("GlobalRank,TldRank,Domain,TLD,RefSubNets,RefIPs,IDN_Domain,IDN_TLD,"
               "PrevGlobalRank,PrevTldRank,PrevRefSubNets,PrevRefIPs\n1,1,google.com,com,1\n"),
         SCAN_DOMAIN, "google.com"},
        {"DomCop", BYTES("\"Rank\",\"Domain\",\"Open Page Rank\"\n\"1\",\"x.example\",\"10.00\"\n"),
         SCAN_DOMAIN, "x.example"},
        {"Cloudflare Radar", BYTES("rank,domain,categories\n1,x.example,\"Ads;A, B\"\n"),
         SCAN_DOMAIN, "x.example"},
        {"white space around fields", BYTES(" 1 , x.example , com\n"), SCAN_DOMAIN, "x.example"},
        {"quoted rank before", BYTES("1,\"2\",x.example\n"), SCAN_DOMAIN, "x.example"},
        {"comment behind a row", BYTES("1,x.example # x\n"), SCAN_DOMAIN, "x.example"},
        {"heading behind a mark", BYTES("\xef\xbb\xbfRank,Domain\n1,x.example\n"), SCAN_DOMAIN,
         "x.example"},
        {"quotes alone", BYTES("\"x.example\"\n"), SCAN_DOMAIN, "x.example"},
        {"heading only", BYTES("rank,domain\n"), SCAN_END, ""},

        {"name before rank", BYTES("x.example,1\n"), SCAN_MALFORMED, "x.example,1"},
        {"list in a line", BYTES("a.example, b.example\n"), SCAN_MALFORMED, "a.example, b.example"},
        {"ranks alone", BYTES("1,2,3\n"), SCAN_MALFORMED, "1,2,3"},
        {"no domain", BYTES("1,\n"), SCAN_MALFORMED, "1,"},
        {"comma alone", BYTES(",\n"), SCAN_MALFORMED, ","},
        {"open quote", BYTES("1,\"x.example\n"), SCAN_MALFORMED, "1,\"x.example"},
        {"comma in a quoted domain", BYTES("1,\"x.example,2\"\n"), SCAN_MALFORMED,
         "1,\"x.example,2\""},
        {"comma in a quoted rank", BYTES("\"1,000\",x.example\n"), SCAN_MALFORMED,
         "\"1,000\",x.example"},
        {"quote inside", BYTES("1,x\".example\n"), SCAN_MALFORMED, "1,x\".example"},
        {"URL in a row", BYTES("1,https://x.example\n"), SCAN_MALFORMED, "1,https://x.example"},
        {"no heading without domain", BYTES("rank,name\n"), SCAN_MALFORMED, "rank,name"},
        {"no heading without rank", BYTES("domain,rank\n"), SCAN_MALFORMED, "domain,rank"},

        {"address", BYTES("192.0.2.1\n"), SCAN_MALFORMED, "192.0.2.1"},
        {"IPv6", BYTES("2001:db8::1\n"), SCAN_MALFORMED, "2001:db8::1"},
        {"address in a row", BYTES("1,192.0.2.1\n"), SCAN_MALFORMED, "1,192.0.2.1"},
        {"URL", BYTES("https://example.com/\n"), SCAN_MALFORMED, "https://example.com/"},
        {"mail address", BYTES("a@example.com\n"), SCAN_MALFORMED, "a@example.com"},
        {"two names", BYTES("a.example b.example\n"), SCAN_MALFORMED, "a.example b.example"},
        {"wildcard", BYTES("*.example.com\n"), SCAN_MALFORMED, "*.example.com"},
        {"empty label", BYTES("a..example\n"), SCAN_MALFORMED, "a..example"},
        {"root", BYTES(".\n"), SCAN_MALFORMED, "."},
        {"not UTF-8", BYTES("b\xfc.example\n"), SCAN_MALFORMED, "b\\xfc.example"},
        {"right-to-left override", BYTES("a\xe2\x80\xae.example\n"), SCAN_MALFORMED,
         "a\\u{202e}.example"},
        {"NUL", BYTES("a.example\0x\n"), SCAN_MALFORMED, "a.example\\x00x"},
        {"NUL before", BYTES("\0a.example\n"), SCAN_MALFORMED, "\\x00a.example"},
        {"NUL at the end", BYTES("a.example\0\n"), SCAN_MALFORMED, "a.example\\x00"},
        {"control", BYTES("a\x1b[31m.example\n"), SCAN_MALFORMED, "a\\x1b[31m.example"},
        {"delete", BYTES("a\x7f.example\n"), SCAN_MALFORMED, "a\\x7f.example"},
        {"CR inside", BYTES("a.example\rb.example\n"), SCAN_MALFORMED, "a.example\\x0db.example"},
        {"form feed", BYTES("a.example\f\n"), SCAN_MALFORMED, "a.example\\x0c"},
        {"nothing", BYTES(""), SCAN_END, ""},
        {"blank", BYTES("\n\r\n  "), SCAN_END, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct scan_input *input = open_with(cases[i].bytes, cases[i].length);
        struct scan_line line;

        scan_input_next(input, &line);
        CASE_INT(cases[i].name, line.kind, cases[i].kind);
        CASE_TEXT(cases[i].name, line.kind == SCAN_DOMAIN ? line.domain : line.excerpt,
                  cases[i].text);
        CASE_CHECK(cases[i].name, (line.reason != NULL) == (line.kind == SCAN_MALFORMED));
        if (line.kind != SCAN_END)
            scan_input_next(input, &line);
        CASE_INT(cases[i].name, line.kind, SCAN_END);
        scan_input_close(input);
    }
}

static void test_reasons(void **state)
{
    static const struct {
        const char *bytes;
        const char *reason;
    } cases[] = {
        {"https://example.com", "a URL, not a domain name"},
        {"a@example.com", "a mail address, not a domain name"},
        {"192.0.2.1", "an IP address, not a domain name"},
        {"a b", "a character that no domain name has"},
        {"a\x01", "a control character"},
        {"a,b", "several fields, and the first is no rank"},
        {"1,2", "a row without a domain"},
        {"1,", "empty name"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct scan_input *input = open_with(cases[i].bytes, strlen(cases[i].bytes));
        struct scan_line line;

        scan_input_next(input, &line);
        CASE_TEXT(cases[i].bytes, line.reason, cases[i].reason);
        scan_input_close(input);
    }
}

/* Numbers count every line, be it blank, a comment or too long; the next line is unharmed. */
static void test_numbers_and_long_lines(void **state)
{
    enum { LONG = 300000 };
    static const struct {
        enum scan_line_kind kind;
        unsigned number;
        const char *domain;
    } expected[] = {
        {SCAN_DOMAIN, 2, "a.example"},
        {SCAN_MALFORMED, 4, ""},
        {SCAN_DOMAIN, 5, "b.example"},
        {SCAN_MALFORMED, 7, ""},
        {SCAN_DOMAIN, 8, "c.example"},
        {SCAN_MALFORMED, 9, ""},
        {SCAN_END, 9, ""},
    };
    struct scratch *scratch = *state;
    FILE *file = fopen(scratch->path, "wb");

    assert_non_null(file);
    fputs("# x\na.example\n\n", file);
    fputs("a b\nb.example\n# ", file);
    for (int i = 0; i < LONG; i++)
        fputc('y', file);
    fputc('\n', file);
    for (int i = 0; i < LONG; i++)
        fputc('z', file);
    fputs("\nc.example\n", file);
    for (int i = 0; i < LONG; i++)
        fputc('z', file);
    assert_int_equal(fclose(file), 0);

    struct scan_input *input = scan_input_open(scratch->path, -1);
    assert_non_null(input);
    assert_true(scan_input_bytes_total(input) > 3 * LONG);
    for (size_t i = 0; i < COUNT(expected); i++) {
        struct scan_line line;

        scan_input_next(input, &line);
        assert_int_equal(line.kind, expected[i].kind);
        assert_int_equal(line.number, expected[i].number);
        assert_string_equal(line.domain, expected[i].domain);
        if (i == 3 || i == 5) {
            assert_string_equal(line.reason, "a line of more than 4096 bytes");
            assert_in_range(strlen(line.excerpt), 40, 80);
        }
    }
    assert_true(scan_input_bytes_done(input) == scan_input_bytes_total(input));
    scan_input_close(input);
}

/* The excerpt fits whatever the bytes, and is not cut through a character. */
static void test_excerpt(void **state)
{
    static const struct {
        const char *name;
        const char *unit;
        const char *last; /* how the excerpt ends */
    } cases[] = {
        {"controls", "\x01", "\\x01"},
        {"overrides", "\xe2\x80\xae", "\\u{202e}"},
        {"tags", "\xf3\xa0\x80\xa0", "\\u{e0020}"},
        {"not UTF-8", "\xff", "\\xff"},
        {"continuations", "\x80", "\\x80"},
        {"two bytes", "\xc3\xbc", "\xc3\xbc"},
        {"three bytes", "\xe4\xb8\xad", "\xe4\xb8\xad"},
        {"four bytes", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t shift = 0; shift < 4; shift++) {
            char bytes[1024] = "aaa ";
            size_t at = 4 - shift;
            size_t unit = strlen(cases[i].unit);
            struct scan_line line;

            memset(bytes, 'a', at);
            bytes[0] = '!'; /* no name, whatever follows */
            for (; at < 800; at += unit)
                memcpy(bytes + at, cases[i].unit, unit);
            struct scan_input *input = open_with(bytes, at);
            scan_input_next(input, &line);
            CASE_INT(cases[i].name, line.kind, SCAN_MALFORMED);
            size_t length = strlen(line.excerpt), last = strlen(cases[i].last);
            CASE_CHECK(cases[i].name, length >= 50 && length <= SCAN_EXCERPT_MAX);
            CASE_TEXT(cases[i].name, line.excerpt + length - last, cases[i].last);
            scan_input_close(input);
        }
    }
}

/*
 * Bytes at random from those that mean something here: every line is answered once, in order, and
 * nothing but a name passes as one.
 */
static void test_random_bytes(void **state)
{
    static const char alphabet[] = "aaab1..,,\"\n\n\r #\t@-_\0\xef\xbb\xbf\xc3\xbc\x7f";
    unsigned seed = 1;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        char bytes[256];
        unsigned long long previous = 0;
        unsigned feeds = 0;
        struct scan_line line;

        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1103515245u + 12345u;
            bytes[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
            feeds += bytes[i] == '\n';
        }
        struct scan_input *input = open_with(bytes, sizeof bytes);
        for (scan_input_next(input, &line); line.kind != SCAN_END; scan_input_next(input, &line)) {
            assert_true(line.kind == SCAN_DOMAIN || line.kind == SCAN_MALFORMED);
            assert_true(line.number > previous);
            previous = line.number;
            if (line.kind == SCAN_DOMAIN)
                assert_int_equal(strspn(line.domain, "abcdefghijklmnopqrstuvwxyz0123456789.-_"),
                                 strlen(line.domain));
        }
        assert_true(line.number == feeds + (bytes[sizeof bytes - 1] != '\n'));
        scan_input_close(input);
    }
}

static void test_final_kinds(void **state)
{
    struct scratch *scratch = *state;
    struct scan_line line;
    int stop[2];

    assert_null(scan_input_open(scratch->path, -1));
    assert_int_equal(errno, ENOENT);
    assert_null(scan_input_open(scratch->directory, -1));
    assert_int_equal(errno, EISDIR);

    struct scan_input *input = scan_input_open("/proc/self/mem", -1); /* opens, does not read */
    assert_non_null(input);
    scan_input_next(input, &line);
    assert_int_equal(line.kind, SCAN_FAILED);
    assert_int_equal(line.error, EIO);
    scan_input_next(input, &line);
    assert_int_equal(line.kind, SCAN_FAILED);
    assert_int_equal(line.error, EIO);
    scan_input_close(input);

    assert_int_equal(pipe(stop), 0);
    assert_int_equal(write(stop[1], "x", 1), 1);
    scratch_write(scratch, BYTES("a.example\n"));
    input = scan_input_open(scratch->path, stop[0]);
    assert_non_null(input);
    assert_true(scan_input_fd(input) >= 0);
    scan_input_next(input, &line);
    assert_int_equal(line.kind, SCAN_STOPPED);
    scan_input_close(input);
    scan_input_close(NULL);
    close(stop[0]);
    close(stop[1]);
}

int main(void)
{
#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_line), cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_excerpt),  WITH_SCRATCH(test_numbers_and_long_lines),
        WITH_SCRATCH(test_final_kinds),  cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
