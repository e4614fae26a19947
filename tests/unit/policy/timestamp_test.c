/* RFC 3339; the seconds were computed with date(1). */
#include "case.h"

#include "policy/timestamp.h"

#define NOW INT64_C(1795507200) /* 2026-11-24T08:00:00Z */

static const struct {
    int64_t at_s;
    const char *text;
} seconds[] = {
    {0, "1970-01-01T00:00:00Z"},
    {NOW, "2026-11-24T08:00:00Z"},
    {-1, "1969-12-31T23:59:59Z"},
    {951782400, "2000-02-29T00:00:00Z"},
    {-2203891200, "1900-03-01T00:00:00Z"},
    {4107542399, "2100-02-28T23:59:59Z"},
    {-62135596800, "0001-01-01T00:00:00Z"},
    {-62167219200, "0000-01-01T00:00:00Z"},
    {253402300799, "9999-12-31T23:59:59Z"},
    {253402300800, "9999-12-31T23:59:59Z"},
    {-62167219201, "0000-01-01T00:00:00Z"},
    {INT64_MAX, "9999-12-31T23:59:59Z"},
    {INT64_MIN, "0000-01-01T00:00:00Z"},
};

static void test_format_seconds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(seconds); i++) {
        char out[TIMESTAMP_TEXT_MAX];
        timestamp_format_s(seconds[i].at_s, out);
        assert_string_equal(out, seconds[i].text);
    }
}

static const struct {
    int64_t at_ms;
    const char *text;
} milliseconds[] = {
    {NOW * 1000 + 123, "2026-11-24T08:00:00.123Z"},
    {0, "1970-01-01T00:00:00.000Z"},
    {-1, "1969-12-31T23:59:59.999Z"},
    {INT64_MAX, "9999-12-31T23:59:59.999Z"},
    {INT64_MIN, "0000-01-01T00:00:00.000Z"},
};

static void test_format_milliseconds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(milliseconds); i++) {
        char out[TIMESTAMP_TEXT_MAX];
        timestamp_format_ms(milliseconds[i].at_ms, out);
        assert_string_equal(out, milliseconds[i].text);
    }
}

static const struct {
    const char *text;
    int64_t at_s;
} times[] = {
    /* the examples of RFC 3339 section 5.8 */
    {"1985-04-12T23:20:50.52Z", 482196050},
    {"1996-12-19T16:39:57-08:00", 851042397},
    {"1990-12-31T23:59:60Z", 662688000},
    {"1990-12-31T15:59:60-08:00", 662688000},
    {"1937-01-01T12:00:27.87+00:20", -1041337173},
    /* others */
    {"2026-11-24T08:00:00Z", NOW},
    {"2026-11-24t08:00:00z", NOW},
    {"2026-11-24T08:00:00-00:00", NOW},
    {"2026-11-24T08:00:00.000000000000000000001Z", NOW},
    {"2000-02-29T00:00:00Z", 951782400},
    {"0001-01-01T00:00:00Z", -62135596800},
    {"9999-12-31T23:59:59Z", 253402300799},
    {"1600-12-31T12:34:56Z", -11644514704},
    /* from now on */
    {"+30d", NOW + 30 * 86400},
    {"-12h", NOW - 12 * 3600},
    {"+90m", NOW + 90 * 60},
    {"+0d", NOW},
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        int64_t at_s = 1;
        CASE_CHECK(times[i].text, timestamp_parse(times[i].text, NOW, &at_s) == 0);
        CASE_CHECK(times[i].text, at_s == times[i].at_s);
    }
}

static const char *const malformed[] = {
    "",
    "now",
    "2026-11-24",
    "2026-11-24T08:00:00",
    "2026-11-24T08:00Z",
    "2026-11-24 08:00:00Z",
    "2026-11-24T08:00:00Z ",
    " 2026-11-24T08:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-11-31T00:00:00Z",
    "2026-11-00T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-11-24T24:00:00Z",
    "2026-11-24T08:60:00Z",
    "2026-11-24T08:00:61Z",
    "2026-11-24T08:00:60Z", /* no leap second at that time of day */
    "2026-11-24T23:59:60Z", /* nor within a month */
    "2026-11-24T08:00:00.Z",
    "2026-11-24T08:00:00,5Z",
    "2026-11-24T08:00:00+1:00",
    "2026-11-24T08:00:00+0100",
    "2026-11-24T08:00:00+24:00",
    "2026-11-24T08:00:00+01:60",
    "26-11-24T08:00:00Z",
    "12026-11-24T08:00:00Z",
    "2026-1-24T08:00:00Z",
    "+30",
    "+d",
    "+30w",
    "+30days",
    "+ 30d",
    "+-30d",
    "30d",
    "+1.5d",
    "+99999999d",   /* beyond the year 9999 */
    "-9999999d",    /* before the year 0 */
    "+1234567890m", /* ten digits */
    "+99999999999999999999d",
};

static void test_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(malformed); i++) {
        int64_t at_s = 1;
        CASE_CHECK(malformed[i], timestamp_parse(malformed[i], NOW, &at_s) == -1);
        CASE_CHECK(malformed[i], at_s == 1);
    }
}

static void test_what_is_read_is_what_was_written(void **state)
{
    (void)state;
    /* A prime step meets every month, leap day and century of eight hundred years. */
    for (int64_t at_s = -62167219200; at_s < -36921187200; at_s += 86413) {
        char out[TIMESTAMP_TEXT_MAX];
        int64_t back = 0;
        timestamp_format_s(at_s, out);
        CASE_CHECK(out, timestamp_parse(out, 0, &back) == 0 && back == at_s);
    }
}

static const struct {
    int64_t distance_s;
    const char *text;
} distances[] = {
    {0, "now"},
    {59, "now"},
    {-59, "now"},
    {60, "in 1 minute"},
    {-120, "2 minutes ago"},
    {3599, "in 59 minutes"},
    {3600, "in 1 hour"},
    {5 * 3600, "in 5 hours"},
    {-2 * 86400 + 1, "47 hours ago"},
    {2 * 86400, "in 2 days"},
    {23 * 86400 + 3600, "in 23 days"},
    {-23 * 86400 - 3600, "23 days ago"},
};

static void test_relative(void **state)
{
    (void)state;
    char out[TIMESTAMP_TEXT_MAX];
    for (size_t i = 0; i < COUNT(distances); i++) {
        timestamp_relative(NOW + distances[i].distance_s, NOW, out);
        assert_string_equal(out, distances[i].text);
    }
    timestamp_relative(INT64_MAX, INT64_MIN, out);
    assert_memory_equal(out, "in 36524", 8); /* ten thousand years have 3652425 days */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format_seconds),
        cmocka_unit_test(test_format_milliseconds),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_what_is_read_is_what_was_written),
        cmocka_unit_test(test_relative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
