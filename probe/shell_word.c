#include "probe/shell_word.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Needs no quotes in a shell. */
static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";

    return word[0] && word[strspn(word, plain)] == '\0';
}

void shell_word_put(FILE *out, const char *word)
{
    if (is_plain(word)) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    fputc('\'', out);
}

char *shell_word(const char *word)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return NULL;
    shell_word_put(out, word);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
