#include "policy/timestamp.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { SECONDS_A_DAY = 86400, MS_A_SECOND = 1000, DIGITS_MAX = 9 };

#define FIRST_S INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define LAST_S INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */

struct civil {
    int year, month, day;
};

/* Rounds towards minus infinity, so that times before 1970 keep a time of day of 0 to 86399. */
static int64_t floor_divide(int64_t value, int64_t by)
{
    int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

/*
 * Days since 1970 in the proleptic Gregorian calendar. The year is taken to begin in March: the
 * leap day is then its last, and a cycle of 400 years has 146097 days.
 */
static int64_t days_from_civil(struct civil date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t cycle = floor_divide(year, 400);
    int64_t year_of_cycle = year - cycle * 400;
    int64_t month = (date.month + 9) % 12; /* 0 is March */
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    return cycle * 146097 + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
           day_of_year - 719468;
}

static struct civil civil_from_days(int64_t days)
{
    days += 719468; /* since 0000-03-01 */
    int64_t cycle = floor_divide(days, 146097);
    int64_t day_of_cycle = days - cycle * 146097;
    int64_t year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
    int64_t day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */
    int64_t year = year_of_cycle + cycle * 400 + (month >= 10 ? 1 : 0);
    return (struct civil){.year = (int)year,
                          .month = (int)(month < 10 ? month + 3 : month - 9),
                          .day = (int)(day_of_year - (153 * month + 2) / 5 + 1)};
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static void format(int64_t at_s, const char *fraction, char out[TIMESTAMP_TEXT_MAX])
{
    int64_t days = floor_divide(at_s, SECONDS_A_DAY);
    int second_of_day = (int)(at_s - days * SECONDS_A_DAY);
    struct civil date = civil_from_days(days);
    snprintf(out, TIMESTAMP_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", date.year, date.month,
             date.day, second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60, fraction);
}

void timestamp_format_s(int64_t at_s, char out[TIMESTAMP_TEXT_MAX])
{
    format(clamp(at_s, FIRST_S, LAST_S), "", out);
}

void timestamp_format_ms(int64_t at_ms, char out[TIMESTAMP_TEXT_MAX])
{
    char fraction[8];
    at_ms = clamp(at_ms, FIRST_S * MS_A_SECOND, LAST_S * MS_A_SECOND + MS_A_SECOND - 1);
    int64_t at_s = floor_divide(at_ms, MS_A_SECOND);
    snprintf(fraction, sizeof fraction, ".%03d", (int)(at_ms - at_s * MS_A_SECOND));
    format(at_s, fraction, out);
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* Reads exactly `width` digits and moves on. -1 when they are not there or out of range. */
static int read_number(const char **at, int width, int least, int most)
{
    int value = 0;
    for (int i = 0; i < width; i++, (*at)++) {
        if (!is_digit(**at))
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value < least || value > most ? -1 : value;
}

static bool skip(const char **at, char character)
{
    if (**at != character)
        return false;
    (*at)++;
    return true;
}

static bool read_date(const char **at, struct civil *date)
{
    date->year = read_number(at, 4, 0, 9999);
    if (date->year < 0 || !skip(at, '-'))
        return false;
    date->month = read_number(at, 2, 1, 12);
    if (date->month < 0 || !skip(at, '-'))
        return false;
    date->day = read_number(at, 2, 1, days_in_month(date->year, date->month));
    return date->day >= 0;
}

/* Hours, minutes and seconds; a fraction is read over. */
static bool read_time(const char **at, int *second_of_day, bool *leap_second)
{
    int hour = read_number(at, 2, 0, 23);
    if (hour < 0 || !skip(at, ':'))
        return false;
    int minute = read_number(at, 2, 0, 59);
    if (minute < 0 || !skip(at, ':'))
        return false;
    int second = read_number(at, 2, 0, 60);
    if (second < 0)
        return false;
    if (skip(at, '.')) {
        if (!is_digit(**at))
            return false;
        while (is_digit(**at))
            (*at)++;
    }
    *second_of_day = hour * 3600 + minute * 60 + second;
    *leap_second = second == 60;
    return true;
}

/* "Z" or "+01:00"; the seconds that local time is ahead of UTC. */
static bool read_offset(const char **at, int *ahead_s)
{
    *ahead_s = 0;
    if (skip(at, 'Z') || skip(at, 'z'))
        return true;
    int sign = skip(at, '+') ? 1 : skip(at, '-') ? -1 : 0;
    if (sign == 0)
        return false;
    int hours = read_number(at, 2, 0, 23);
    if (hours < 0 || !skip(at, ':'))
        return false;
    int minutes = read_number(at, 2, 0, 59);
    *ahead_s = sign * (hours * 3600 + minutes * 60);
    return minutes >= 0;
}

/* RFC 3339 5.6 `date-time`. A leap second is the last of a month in UTC (appendix D). */
static int parse_absolute(const char *text, int64_t *at_s)
{
    struct civil date;
    int second_of_day = 0, ahead_s = 0;
    bool leap_second = false;

    if (!read_date(&text, &date) || (!skip(&text, 'T') && !skip(&text, 't')) ||
        !read_time(&text, &second_of_day, &leap_second) || !read_offset(&text, &ahead_s) || *text)
        return -1;
    int64_t result = days_from_civil(date) * SECONDS_A_DAY + second_of_day - ahead_s;
    if (leap_second && (result % SECONDS_A_DAY != 0 ||
                        civil_from_days(floor_divide(result, SECONDS_A_DAY)).day != 1))
        return -1;
    *at_s = result;
    return 0;
}

/* "+30d", "-12h", "+90m". */
static int parse_relative(const char *text, int64_t now_s, int64_t *at_s)
{
    static const struct {
        char letter;
        int seconds;
    } units[] = {{'d', SECONDS_A_DAY}, {'h', 3600}, {'m', 60}};
    int64_t sign = *text++ == '-' ? -1 : 1;
    int64_t count = 0;
    int digits = 0;

    for (; is_digit(*text) && digits <= DIGITS_MAX; text++, digits++)
        count = count * 10 + (*text - '0');
    if (digits == 0 || digits > DIGITS_MAX)
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (text[0] != units[i].letter || text[1])
            continue;
        int64_t result = now_s + sign * count * units[i].seconds;
        if (result < FIRST_S || result > LAST_S)
            return -1;
        *at_s = result;
        return 0;
    }
    return -1;
}

int timestamp_parse(const char *text, int64_t now_s, int64_t *at_s)
{
    if (*text == '+' || *text == '-')
        return parse_relative(text, now_s, at_s);
    return parse_absolute(text, at_s);
}

void timestamp_relative(int64_t at_s, int64_t now_s, char out[TIMESTAMP_TEXT_MAX])
{
    at_s = clamp(at_s, FIRST_S, LAST_S);
    now_s = clamp(now_s, FIRST_S, LAST_S);
    int64_t distance_s = at_s > now_s ? at_s - now_s : now_s - at_s;
    const char *unit = "minute";
    int64_t count = distance_s / 60;

    if (distance_s >= INT64_C(2) * SECONDS_A_DAY) {
        unit = "day";
        count = distance_s / SECONDS_A_DAY;
    } else if (distance_s >= 3600) {
        unit = "hour";
        count = distance_s / 3600;
    }
    if (count == 0)
        memcpy(out, "now", sizeof "now");
    else
        snprintf(out, TIMESTAMP_TEXT_MAX, "%s%lld %s%s%s", at_s > now_s ? "in " : "",
                 (long long)count, unit, count == 1 ? "" : "s", at_s > now_s ? "" : " ago");
}
