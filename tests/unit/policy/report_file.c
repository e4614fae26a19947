#include "report_file.h"

#include <stdio.h>

#include "case.h"

enum { SAMPLE_MAX = 1 << 16 };

char *read_whole(const char *file, size_t *length)
{
    char path[1024];
    char *text = malloc(SAMPLE_MAX);

    snprintf(path, sizeof path, "%s/%s", REPORTS_DIRECTORY, file);
    FILE *in = fopen(path, "rb");
    if (!in || !text)
        fail_msg("cannot open %s", path);
    *length = fread(text, 1, SAMPLE_MAX, in);
    fclose(in);
    return text;
}

void read_report_file(const char *file, struct tlsrpt_report *out)
{
    char refusal[TLSRPT_REFUSAL_MAX] = "";
    size_t length = 0;
    char *text = read_whole(file, &length);

    if (tlsrpt_report_read((const uint8_t *)text, length, out, refusal) != 0)
        fail_msg("%s: %s", file, refusal);
    free(text);
}
