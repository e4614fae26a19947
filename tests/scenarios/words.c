/* The words of one statement, and what numbers and times look like. */
#include "script.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct words words_of(const struct statement *statement)
{
    return (struct words){statement, 1};
}

bool words_left(const struct words *words)
{
    return words->at < words->statement->n_words;
}

const char *words_next(struct words *words, const char *what)
{
    if (!words_left(words))
        script_fail(&words->statement->place, "%s is missing", what);
    return words->statement->words[words->at++];
}

bool words_take(struct words *words, const char *word)
{
    if (!words_left(words) || strcmp(words->statement->words[words->at], word) != 0)
        return false;
    words->at++;
    return true;
}

void words_end(const struct words *words)
{
    if (words_left(words))
        script_fail(&words->statement->place, "what does \"%s\" mean here?",
                    words->statement->words[words->at]);
}

size_t word_in(const struct place *place, const char *word, const char *const table[], size_t n,
               const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (table[i] && strcmp(table[i], word) == 0)
            return i;
    script_fail(place, "\"%s\" is no %s", word, what);
}

long number_of(const struct place *place, const char *word)
{
    char *end;
    long number = strtol(word, &end, 0);

    if (end == word || *end)
        script_fail(place, "\"%s\" is no number", word);
    return number;
}

int64_t duration_of(const struct place *place, const char *word)
{
    char *end;
    long number = strtol(word, &end, 10);

    if (end != word && strcmp(end, "s") == 0)
        return (int64_t)number * 1000;
    if (end != word && strcmp(end, "ms") == 0)
        return number;
    script_fail(place, "\"%s\" is no time like 5s or 200ms", word);
}

int64_t time_of(const struct place *place, const char *word)
{
    struct tm tm = {0};
    const char *end = strptime(word, "%Y-%m-%d", &tm);

    if (end && *end)
        end = strptime(end, "T%H:%M:%SZ", &tm);
    if (!end || *end)
        script_fail(place, "\"%s\" is no time like 2026-11-24T08:00:00Z or 2026-11-24", word);
    return (int64_t)timegm(&tm);
}
