#include "probe/resume_command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/shell_word.h"

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
        shell_word_put(out, argv[i]);
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
