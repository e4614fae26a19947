#include "policy/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lint_parts.h"

static const struct {
    const char *word;
    int (*judge)(const uint8_t *bytes, size_t length, struct lint_result *out);
} kinds[] = {
    [LINT_STS_RECORD] = {"sts-record", lint_sts_record},
    [LINT_STS_POLICY] = {"sts-policy", lint_sts_policy},
    [LINT_TLSRPT_RECORD] = {"tlsrpt-record", lint_tlsrpt_record},
    [LINT_TLSA] = {"tlsa", lint_tlsa},
};

int lint_kind_parse(const char *word, enum lint_kind *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(word, kinds[i].word) == 0) {
            *out = (enum lint_kind)i;
            return 0;
        }
    }
    return -1;
}

const char *lint_kind_text(enum lint_kind kind)
{
    return kinds[kind].word;
}

int lint_judge(enum lint_kind kind, const uint8_t *bytes, size_t length, struct lint_result *out)
{
    *out = (struct lint_result){.kind = kind, .outcome = LINT_VALID};
    if (kinds[kind].judge(length > 0 ? bytes : (const uint8_t *)"", length, out) == 0)
        return 0;
    lint_result_clear(out);
    return -1;
}

int lint_add(struct lint_result *result, enum lint_severity severity, size_t line,
             const char *format, ...)
{
    if (severity == LINT_ERROR)
        result->outcome = LINT_INVALID;
    else if (severity == LINT_WARNING && result->outcome == LINT_VALID)
        result->outcome = LINT_WARNED;
    if (result->n_messages == LINT_MESSAGES_MAX)
        return 0;

    struct lint_message *grown =
        realloc(result->messages, (result->n_messages + 1) * sizeof *grown);
    if (!grown)
        return -1;
    result->messages = grown;

    struct lint_message *message = &grown[result->n_messages];
    *message = (struct lint_message){.severity = severity, .line = line};
    va_list arguments;
    va_start(arguments, format);
    int printed = vasprintf(&message->text, format, arguments);
    va_end(arguments);
    if (printed < 0)
        return -1;
    result->n_messages++;
    return 0;
}

void lint_result_clear(struct lint_result *result)
{
    for (size_t i = 0; i < result->n_messages; i++)
        free(result->messages[i].text);
    free(result->messages);
    *result = (struct lint_result){.kind = result->kind, .outcome = LINT_VALID};
}
