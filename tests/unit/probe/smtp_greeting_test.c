/* Unit tests of probe/smtp_greeting: the EHLO reply of RFC 5321 4.1.1.1. */
#include "case.h"

#include <time.h>

#include "probe/smtp_greeting.h"

static struct smtp_reply read_reply(const char *bytes, size_t length)
{
    struct smtp_reply reply;
    size_t used = 0;

    smtp_reply_init(&reply);
    assert_int_equal(smtp_reply_feed(&reply, (const uint8_t *)bytes, length, &used),
                     SMTP_REPLY_DONE);
    return reply;
}

static struct smtp_facts *new_facts(void)
{
    const struct dns_address address = {.family = DNS_IPV4, .bytes = {192, 0, 2, 1}};
    struct smtp_facts *facts = smtp_facts_new(&address, 25);

    assert_non_null(facts);
    return facts;
}

static void test_read(void **state)
{
    static const struct {
        const char *name;
        const char *bytes;
        const char *helo;
        const char *capabilities[4];
    } cases[] = {
        {"example of RFC 5321 D.1",
         "250-foo.com greets bar.com\r\n250-8BITMIME\r\n250-SIZE 1000\r\n250 HELP\r\n",
         "foo.com",
         {"8BITMIME", "SIZE 1000", "HELP"}},
        {"name alone", "250 mx.example.test\r\n", "mx.example.test", {0}},
        {"name and greeting alone",
         "250 mx.example.test at your service\r\n",
         "mx.example.test",
         {0}},
        {"nothing", "250\r\n", "", {0}},
        {"an empty line among them", "250-mx\r\n250-\r\n250 STARTTLS\r\n", "mx", {"", "STARTTLS"}},
        {"spelt as sent", "250-mx\r\n250 starttls\r\n", "mx", {"starttls"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smtp_reply reply = read_reply(cases[i].bytes, strlen(cases[i].bytes));
        struct smtp_facts *facts = new_facts();
        size_t n = 0;
        CASE_INT(cases[i].name, smtp_greeting_read(&reply, facts), 0);
        CASE_TEXT(cases[i].name, facts->helo, cases[i].helo);
        while (n < COUNT(cases[i].capabilities) && cases[i].capabilities[n])
            n++;
        CASE_INT(cases[i].name, (long long)facts->n_capabilities, (long long)n);
        for (size_t j = 0; j < n; j++)
            CASE_TEXT(cases[i].name, facts->capabilities[j], cases[i].capabilities[j]);
        smtp_facts_unref(facts);
        smtp_reply_clear(&reply);
    }
}

static void test_offers(void **state)
{
    static const struct {
        const char *name;
        const char *bytes;
        bool offered;
    } cases[] = {
        {"last line", "250-mx\r\n250 STARTTLS\r\n", true},
        {"middle line", "250-mx\r\n250-STARTTLS\r\n250 HELP\r\n", true},
        {"lower case", "250-mx\r\n250 starttls\r\n", true},
        {"mixed case", "250-mx\r\n250 StartTLS\r\n", true},
        {"with a parameter", "250-mx\r\n250 STARTTLS x\r\n", true},
        {"absent", "250-mx\r\n250 SIZE\r\n", false},
        {"no capabilities", "250 mx\r\n", false},
        {"the greeting is no keyword", "250 STARTTLS\r\n", false},
        {"the greeting is no keyword, others follow", "250-STARTTLS\r\n250 HELP\r\n", false},
        {"longer keyword", "250-mx\r\n250 STARTTLSX\r\n", false},
        {"prefixed keyword", "250-mx\r\n250 XSTARTTLS\r\n", false},
        {"as a parameter", "250-mx\r\n250 X STARTTLS\r\n", false},
        {"masked by a middlebox",
         "250-mx\r\n250 XX"
         "XX"
         "XX"
         "XA\r\n",
         false},
        {"old AUTH spelling", "250-mx\r\n250 STARTTLS=x\r\n", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smtp_reply reply = read_reply(cases[i].bytes, strlen(cases[i].bytes));
        CASE_INT(cases[i].name, smtp_greeting_offers(&reply, "STARTTLS"), cases[i].offered);
        smtp_reply_clear(&reply);
    }
}

/* A name and so many capabilities, each of as many digits as given. */
static size_t make_greeting(char *out, size_t name, size_t keyword, size_t lines)
{
    size_t at = (size_t)sprintf(out, "250-%0*d hello\r\n", (int)name, 0);

    for (size_t i = 0; i < lines; i++)
        at +=
            (size_t)sprintf(out + at, "250%c%0*d\r\n", i + 1 < lines ? '-' : ' ', (int)keyword, 0);
    return at;
}

/* The caps, on both sides of each. */
static void test_caps(void **state)
{
    enum { NAME = SMTP_CAPABILITY_LENGTH_MAX, LINES = SMTP_CAPABILITIES_MAX };
    static const struct {
        const char *name;
        size_t helo, keyword, lines;
        size_t helo_kept, keyword_kept, lines_kept;
    } cases[] = {
        {"name of 255 bytes", NAME, 8, 1, NAME, 8, 1},
        {"name of 256 bytes", NAME + 1, 8, 1, NAME, 8, 1},
        {"name as long as a line", SMTP_REPLY_LINE_MAX - 12, 8, 1, NAME, 8, 1},
        {"capability of 255 bytes", 8, NAME, 2, 8, NAME, 2},
        {"capability of 256 bytes", 8, NAME + 1, 2, 8, NAME, 2},
        {"capability as long as a line", 8, SMTP_REPLY_LINE_MAX - 6, 2, 8, NAME, 2},
        {"128 capabilities", 8, 9, LINES, 8, 9, LINES},
        {"129 capabilities", 8, 9, LINES + 1, 8, 9, LINES},
    };
    static char bytes[SMTP_REPLY_TOTAL_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct smtp_facts *facts = new_facts();
        size_t length = make_greeting(bytes, cases[i].helo, cases[i].keyword, cases[i].lines);
        struct smtp_reply reply = read_reply(bytes, length);
        CASE_INT(cases[i].name, smtp_greeting_read(&reply, facts), 0);
        CASE_INT(cases[i].name, (long long)strlen(facts->helo), (long long)cases[i].helo_kept);
        CASE_INT(cases[i].name, (long long)facts->n_capabilities, (long long)cases[i].lines_kept);
        for (size_t j = 0; j < facts->n_capabilities; j++)
            CASE_INT(cases[i].name, (long long)strlen(facts->capabilities[j]),
                     (long long)cases[i].keyword_kept);
        smtp_facts_unref(facts);
        smtp_reply_clear(&reply);
    }
}

/* As many capabilities as fit into a reply: few are kept, all are looked at, and fast. */
static void test_very_many(void **state)
{
    enum { LINE = 5, LINES = SMTP_REPLY_TOTAL_MAX / LINE - 2 };
    static const char last[] = "250 STARTTLS\r\n";
    char *bytes = malloc(LINES * LINE + sizeof last);
    struct smtp_facts *facts = new_facts();

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < LINES - 1; i++)
        memcpy(bytes + i * LINE, "250-\n", LINE);
    memcpy(bytes + (LINES - 1) * LINE, last, sizeof last);
    struct smtp_reply reply = read_reply(bytes, (LINES - 1) * LINE + sizeof last - 1);
    clock_t began = clock();
    assert_true(smtp_greeting_offers(&reply, "STARTTLS"));
    assert_false(smtp_greeting_offers(&reply, "SIZE"));
    assert_int_equal(smtp_greeting_read(&reply, facts), 0);
    /* One pass over 64 KiB takes well under a millisecond; one pass a line takes seconds. */
    assert_true(clock() - began < CLOCKS_PER_SEC / 20);
    assert_int_equal(facts->n_capabilities, SMTP_CAPABILITIES_MAX);
    smtp_facts_unref(facts);
    smtp_reply_clear(&reply);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_very_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
