/* Unit tests of probe/exclude. */
#include "case.h"

#include <arpa/inet.h>

#include "probe/exclude.h"
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

static struct exclude *load(const struct scratch *scratch, const char *bytes, size_t length)
{
    struct failure failure = {0};
    struct exclude *exclude;

    scratch_write(scratch, bytes, length);
    exclude = exclude_load(scratch->path, &failure);
    if (!exclude)
        fail_msg("%s", failure.message);
    return exclude;
}

static void test_names(void **state)
{
    static const char list[] = "# never\n"
                               "Example.COM.\r\n"
                               "mail.example.org # this host\n"
                               "deep.below.example.com\n"
                               "xx\n"
                               "b\xc3\xbc"
                               "cher.example\n"
                               "x-y.test\n"
                               "z.test";
    static const struct {
        const char *name;
        bool excluded;
    } cases[] = {
        {"example.com", true},
        {"EXAMPLE.com", true},
        {"example.com.", true},
        {"www.example.com", true},
        {"deep.below.example.com", true},
        {"a.b.c.d.e.f.g.example.com.", true},
        {"_mta-sts.example.com", true},
        {"com", false},
        {"example.co", false},
        {"example.comm", false},
        {"notexample.com", false},
        {"-example.com", false},
        {"example.com.test", false},
        {"example.org", false},
        {"mail.example.org", true},
        {"a.mail.example.org", true},
        {"amail.example.org", false},
        {"mail2.example.org", false},
        {"xx", true},
        {"anything.xx", true},
        {"xxx", false},
        {"xn--bcher-kva.example", true},
        {"mx.xn--bcher-kva.example", true},
        {"y.test", false},
        {"x.test", false},
        {"x-y.test", true},
        {"z.test", true},
        {"-z.test", false},
        {"test", false},
        {"", false},
        {".", false},
        /* RFC 1035 5.1: an escaped dot belongs to its label, so this lies below com. */
        {"a\\.example.com", false},
        {"a\\\\.example.com", true},
        {"a\\\\\\.example.com", false},
        {"\\000.example.com", true},
        {"example.com\\.", false},
    };
    struct exclude *exclude = load(*state, BYTES(list));

    for (size_t i = 0; i < COUNT(cases); i++)
        CASE_INT(cases[i].name, exclude_has_name(exclude, cases[i].name), cases[i].excluded);
    exclude_free(exclude);
}

static bool has_address(const struct exclude *exclude, const char *text)
{
    struct dns_address address;

    if (!dns_address_parse(text, &address))
        fail_msg("%s is no address", text);
    return exclude_has_address(exclude, &address);
}

static void test_addresses(void **state)
{
    static const char list[] = "192.0.2.7\n"
                               "198.51.100.0/24\n"
                               "198.51.100.128/25\n" /* inside of the one before */
                               "203.0.113.77/29\n"   /* bits behind the prefix: .72 to .79 */
                               "10.0.0.0/8\n10.255.0.0/15\n"
                               "2001:db8::/32\n"
                               "[2001:db9::1]\n"
                               "2001:dba:8000::/33\n"
                               "::ffff:100.64.0.0/106\n"
                               "::ffff:192.88.99.1\n"
                               "255.255.255.255\n";
    static const struct {
        const char *address;
        bool excluded;
    } cases[] = {
        {"192.0.2.7", true},
        {"192.0.2.6", false},
        {"192.0.2.8", false},
        {"198.51.99.255", false},
        {"198.51.100.0", true},
        {"198.51.100.255", true},
        {"198.51.101.0", false},
        {"203.0.113.71", false},
        {"203.0.113.72", true},
        {"203.0.113.79", true},
        {"203.0.113.80", false},
        {"9.255.255.255", false},
        {"10.0.0.0", true},
        {"10.255.255.255", true},
        {"11.0.0.0", false},
        {"0.0.0.0", false},
        {"255.255.255.255", true},
        {"255.255.255.254", false},
        {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", false},
        {"2001:db8::", true},
        {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true},
        {"2001:db9::", false},
        {"2001:db9::1", true},
        {"2001:db9::2", false},
        {"2001:dba:7fff::1", false},
        {"2001:dba:8000::1", true},
        {"2001:dba:ffff::1", true},
        {"2001:dbb::", false},
        /* A mapped block is the IPv4 block: /106 is /10. */
        {"100.63.255.255", false},
        {"100.64.0.0", true},
        {"100.127.255.255", true},
        {"100.128.0.0", false},
        {"192.88.99.1", true},
        {"::ffff:100.64.0.1", true},
        /* IPv6 that leads to an IPv4 address. */
        {"::ffff:192.0.2.7", true},
        {"::ffff:192.0.2.8", false},
        {"64:ff9b::192.0.2.7", true},
        {"64:ff9b::192.0.2.8", false},
        {"64:ff9b:1::192.0.2.7", false},
        {"2002:c000:207::1", true}, /* 6to4 of 192.0.2.7 */
        {"2002:c000:208::1", false},
        {"::192.0.2.7", false},
    };
    struct exclude *exclude = load(*state, BYTES(list));

    for (size_t i = 0; i < COUNT(cases); i++)
        CASE_INT(cases[i].address, has_address(exclude, cases[i].address), cases[i].excluded);
    exclude_free(exclude);
}

/* Whole families; and neither stands for the other. */
static void test_families(void **state)
{
    struct exclude *exclude = load(*state, BYTES("0.0.0.0/0\n"));

    assert_true(has_address(exclude, "0.0.0.0"));
    assert_true(has_address(exclude, "255.255.255.255"));
    assert_true(has_address(exclude, "::ffff:1.2.3.4"));
    assert_false(has_address(exclude, "2001:db8::1"));
    exclude_free(exclude);
    exclude = load(*state, BYTES("::/0\n"));
    assert_true(has_address(exclude, "2001:db8::1"));
    assert_true(has_address(exclude, "::"));
    assert_true(has_address(exclude, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
    assert_false(has_address(exclude, "192.0.2.1"));
    exclude_free(exclude);
    exclude = load(*state, BYTES("::ffff:1.2.3.4/95\n")); /* wider than what stands for IPv4 */
    assert_true(has_address(exclude, "::ffff:9.9.9.9"));
    assert_true(has_address(exclude, "::fffe:0:1"));
    assert_false(has_address(exclude, "::fffd:0:1"));
    assert_false(has_address(exclude, "1.2.3.4"));
    exclude_free(exclude);
    exclude = load(*state, BYTES("::ffff:0:0/96\n"));
    assert_true(has_address(exclude, "1.2.3.4"));
    assert_true(has_address(exclude, "::ffff:9.9.9.9"));
    assert_false(has_address(exclude, "::fffe:0:1"));
    exclude_free(exclude);
}

static void test_nothing(void **state)
{
    struct exclude *exclude = load(*state, BYTES("\n# nothing\n"));

    assert_false(exclude_has_name(exclude, "example.com"));
    assert_false(has_address(exclude, "192.0.2.1"));
    exclude_free(exclude);
    assert_false(exclude_has_name(NULL, "example.com"));
    assert_false(has_address(NULL, "192.0.2.1"));
    exclude_free(NULL);
}

static void test_malformed(void **state)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t length;
        const char *line;
    } cases[] = {
        {"prefix too long", BYTES("192.0.2.0/33\n"), "line 1"},
        {"IPv6 prefix too long", BYTES("#\n\n2001:db8::/129\n"), "line 3"},
        {"no prefix", BYTES("example.com\n192.0.2.0/\n"), "line 2"},
        {"negative", BYTES("192.0.2.0/-1\n"), "line 1"},
        {"signed", BYTES("192.0.2.0/+8\n"), "line 1"},
        {"no number", BYTES("192.0.2.0/x\n"), "line 1"},
        {"number and more", BYTES("192.0.2.0/24x\n"), "line 1"},
        {"two slashes", BYTES("192.0.2.0/24/8\n"), "line 1"},
        {"prefix of many digits", BYTES("192.0.2.0/00000000000000000000008\n"), "line 1"},
        {"netmask", BYTES("192.0.2.0/255.255.255.0\n"), "line 1"},
        {"short address", BYTES("10.0.0/8\n"), "line 1"},
        {"name with prefix", BYTES("example.com/24\n"), "line 1"},
        {"wildcard", BYTES("*.example.com\n"), "line 1"},
        {"leading dot", BYTES(".example.com\n"), "line 1"},
        {"root", BYTES(".\n"), "line 1"},
        {"two in a line", BYTES("example.com example.org\n"), "line 1"},
        {"range", BYTES("192.0.2.1-192.0.2.9\n"), "line 1"},
        {"short range", BYTES("192.0.2.1-9\n"), "line 1"},
        {"short address alone", BYTES("10.0.0\n"), "line 1"},
        {"address and dot", BYTES("192.0.2.1.\n"), "line 1"},
        {"number", BYTES("64512\n"), "line 1"},
        {"URL", BYTES("https://example.com/\n"), "line 1"},
        {"NUL", BYTES("example.com\0.test\n"), "line 1"},
        {"not UTF-8", BYTES("\xff\xfe\n"), "line 1"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct scratch *scratch = *state;
        struct failure failure = {0};

        scratch_write(scratch, cases[i].bytes, cases[i].length);
        CASE_CHECK(cases[i].name, !exclude_load(scratch->path, &failure));
        CASE_INT(cases[i].name, failure.status, STATUS_BAD_DATA);
        CASE_CHECK(cases[i].name, strstr(failure.message, cases[i].line) != NULL);
    }
}

static void test_unreadable(void **state)
{
    const struct scratch *scratch = *state;
    const char *paths[] = {scratch->path /* not there */, scratch->directory, "/proc/self/mem"};

    for (size_t i = 0; i < COUNT(paths); i++) {
        struct failure failure = {0};

        CASE_CHECK(paths[i], !exclude_load(paths[i], &failure));
        CASE_INT(paths[i], failure.status, STATUS_NO_INPUT);
        CASE_CHECK(paths[i], strstr(failure.message, paths[i]) != NULL);
    }
    struct failure failure = {0};
    assert_null(exclude_load("/dev/zero", &failure)); /* a line without end */
    assert_int_equal(failure.status, STATUS_BAD_DATA);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static bool plainly_in_block(uint32_t address, uint32_t block, unsigned bits)
{
    return bits == 0 || (address ^ block) >> (32 - bits) == 0;
}

/* Random blocks that overlap in all ways, each address asked of each block by itself as well. */
static void test_random_blocks(void **state)
{
    enum { BLOCKS = 60, ROUNDS = 40, ADDRESSES = 500 };
    uint32_t seed = 1;

    for (int round = 0; round < ROUNDS; round++) {
        uint32_t blocks[BLOCKS];
        unsigned bits[BLOCKS];
        char text[BLOCKS * 24] = "";
        size_t at = 0;

        for (size_t i = 0; i < BLOCKS; i++) {
            bits[i] = 18 + next_random(&seed) % 15;
            blocks[i] = 0xc0000000 | (next_random(&seed) & 0x3ffff);
            at += (size_t)snprintf(text + at, sizeof text - at, "%u.%u.%u.%u/%u\n", blocks[i] >> 24,
                                   blocks[i] >> 16 & 255, blocks[i] >> 8 & 255, blocks[i] & 255,
                                   bits[i]);
        }
        struct exclude *exclude = load(*state, text, at);
        for (int k = 0; k < ADDRESSES; k++) {
            uint32_t address = 0xc0000000 | (next_random(&seed) & 0x3ffff);
            uint32_t order = htonl(address);
            struct dns_address asked = {.family = DNS_IPV4};
            bool expected = false;

            memcpy(asked.bytes, &order, sizeof order);
            for (size_t i = 0; i < BLOCKS; i++)
                expected = expected || plainly_in_block(address, blocks[i], bits[i]);
            if (exclude_has_address(exclude, &asked) != expected)
                fail_msg("round %d: %08x is %d", round, address, !expected);
        }
        exclude_free(exclude);
    }
}

/* Whether `name` is `entry` or ends in a dot and it. */
static bool plainly_below(const char *name, const char *entry)
{
    size_t n = strlen(name), e = strlen(entry);

    return n >= e && strcmp(name + n - e, entry) == 0 && (n == e || name[n - e - 1] == '.');
}

/* One to four labels out of few, so that most names have something to do with an entry. */
static void random_name(uint32_t *seed, char out[32])
{
    static const char *const labels[] = {"a", "b", "a-", "-a", "aa", "a_", "a0", "b-b"};
    size_t at = 0;

    for (uint32_t n = 1 + next_random(seed) % 4; n > 0; n--)
        at += (size_t)snprintf(out + at, 32 - at, "%s%s", labels[next_random(seed) % 8],
                               n > 1 ? "." : "");
}

static void test_random_names(void **state)
{
    enum { NAMES = 40, ROUNDS = 100, ASKED = 400 };
    uint32_t seed = 7;

    for (int round = 0; round < ROUNDS; round++) {
        char names[NAMES][32];
        char text[NAMES * 33] = "";

        for (size_t i = 0; i < NAMES; i++) {
            random_name(&seed, names[i]);
            strcat(strcat(text, names[i]), "\n");
        }
        struct exclude *exclude = load(*state, text, strlen(text));
        for (int k = 0; k < ASKED; k++) {
            char asked[32];
            bool expected = false;

            random_name(&seed, asked);
            for (size_t i = 0; i < NAMES; i++)
                expected = expected || plainly_below(asked, names[i]);
            if (exclude_has_name(exclude, asked) != expected)
                fail_msg("round %d: %s is %d", round, asked, !expected);
        }
        exclude_free(exclude);
    }
}

/* A long list: no entry is lost while the arrays grow. */
static void test_many(void **state)
{
    enum { ENTRIES = 100000 };
    struct scratch *scratch = *state;
    struct failure failure = {0};
    FILE *file = fopen(scratch->path, "wb");

    assert_non_null(file);
    for (unsigned i = 0; i < ENTRIES; i++)
        fprintf(file, "n%u.example\n%u.%u.%u.%u\n2001:db8:%x::/48\n", i * 7919 % ENTRIES,
                10 + (i >> 15), i >> 7 & 255, (i & 127) * 2, i * 2 & 255, i & 0xffff);
    assert_int_equal(fclose(file), 0);
    struct exclude *exclude = exclude_load(scratch->path, &failure);
    assert_non_null(exclude);
    for (unsigned i = 0; i < ENTRIES; i++) {
        char name[64], address[32], above[32];

        snprintf(name, sizeof name, "mx.n%u.example", i);
        snprintf(address, sizeof address, "%u.%u.%u.%u", 10 + (i >> 15), i >> 7 & 255,
                 (i & 127) * 2, i * 2 & 255);
        snprintf(above, sizeof above, "%u.%u.%u.%u", 10 + (i >> 15), i >> 7 & 255, (i & 127) * 2,
                 (i * 2 & 255) + 1);
        CASE_CHECK(name, exclude_has_name(exclude, name));
        CASE_CHECK(address, has_address(exclude, address));
        CASE_CHECK(above, !has_address(exclude, above));
    }
    assert_false(exclude_has_name(exclude, "n100000.example"));
    assert_false(exclude_has_name(exclude, "example"));
    exclude_free(exclude);
}

int main(void)
{
#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(test_names),         WITH_SCRATCH(test_addresses),
        WITH_SCRATCH(test_families),      WITH_SCRATCH(test_nothing),
        WITH_SCRATCH(test_malformed),     WITH_SCRATCH(test_unreadable),
        WITH_SCRATCH(test_random_blocks), WITH_SCRATCH(test_random_names),
        WITH_SCRATCH(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
