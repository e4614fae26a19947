#include "probe/resume_command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Needs no quotes in a shell. */
static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";

    return word[0] && word[strspn(word, plain)] == '\0';
}

static void put_word(FILE *out, const char *word)
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

char *resume_command_make(char *const argv[])
{
    char *text = NULL;
    size_t length = 0;
    bool resumes = false;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        return NULL;
    for (size_t i = 0; argv[i]; i++) {
        if (i > 0)
            fputc(' ', out);
        put_word(out, argv[i]);
        /* Behind the command, where no "--" ends the options. */
        if (strcmp(argv[i], "scan") == 0 && !resumes) {
            for (size_t j = 0; argv[j]; j++)
                resumes |= strcmp(argv[j], "--resume") == 0;
            fputs(resumes ? "" : " --resume", out);
            resumes = true;
        }
    }
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
