#include "output/json_value.h"
#include "output/lint.h"

static const char *outcome_text(enum lint_outcome outcome)
{
    switch (outcome) {
    case LINT_VALID:
        return "valid";
    case LINT_WARNED:
        return "warning";
    case LINT_INVALID:
        break;
    }
    return "invalid";
}

static const char *lint_severity_text(enum lint_severity severity)
{
    switch (severity) {
    case LINT_ERROR:
        return "error";
    case LINT_WARNING:
        return "warning";
    case LINT_INFO:
        break;
    }
    return "info";
}

static bool put_line(cJSON *object, size_t line)
{
    return line > 0 ? json_put_number(object, "line", (int64_t)line)
                    : json_put_null(object, "line");
}

static bool put_messages(cJSON *root, const struct lint_result *result)
{
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(root, "messages", array);

    for (size_t i = 0; ok && i < result->n_messages; i++) {
        const struct lint_message *message = &result->messages[i];
        cJSON *object = cJSON_CreateObject();
        ok = json_take_element(array, object) &&
             json_put_word(object, "severity", lint_severity_text(message->severity)) &&
             put_line(object, message->line) && json_put_text(object, "text", message->text);
    }
    return ok;
}

int lint_print_json(FILE *out, const char *name, const struct lint_result *result)
{
    cJSON *root = cJSON_CreateObject();

    if (root && !(json_put_word(root, "schema", "mxprobe.lint/1") &&
                  json_put_word(root, "kind", lint_kind_text(result->kind)) &&
                  json_put_text(root, "file", name) &&
                  json_put_word(root, "outcome", outcome_text(result->outcome)) &&
                  put_messages(root, result))) {
        cJSON_Delete(root);
        root = NULL;
    }
    return json_print_line(out, root);
}
