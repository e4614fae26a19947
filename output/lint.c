#include "output/lint.h"

#include "output/page.h"

static const char *severity_words(enum lint_severity severity)
{
    switch (severity) {
    case LINT_ERROR:
        return "error";
    case LINT_WARNING:
        return "warning";
    case LINT_INFO:
        break;
    }
    return "note";
}

static enum paint severity_paint(enum lint_severity severity)
{
    switch (severity) {
    case LINT_ERROR:
        return PAINT_BAD;
    case LINT_WARNING:
        return PAINT_CAUTION;
    case LINT_INFO:
        break;
    }
    return PAINT_NONE;
}

static void outcome(struct page *page, enum lint_outcome outcome)
{
    switch (outcome) {
    case LINT_VALID:
        page_paint(page, PAINT_GOOD, "valid");
        break;
    case LINT_WARNED:
        page_paint(page, PAINT_CAUTION, "valid with warnings");
        break;
    case LINT_INVALID:
        page_paint(page, PAINT_BAD, "invalid");
        break;
    }
}

int lint_print_text(FILE *out, const char *name, const struct lint_result *result, bool color)
{
    struct page page;

    page_init(&page, out, color);
    page_row(&page, 0, PAINT_NONE, NULL, 0);
    page_say(&page, name);
    page_sayf(&page, ": %s: ", lint_kind_text(result->kind));
    outcome(&page, result->outcome);
    for (size_t i = 0; i < result->n_messages; i++) {
        const struct lint_message *message = &result->messages[i];

        page_row(&page, 0, PAINT_NONE, NULL, 2);
        page_say(&page, name);
        if (message->line > 0)
            page_sayf(&page, ":%zu", message->line);
        page_say(&page, ": ");
        page_paint(&page, severity_paint(message->severity), severity_words(message->severity));
        page_say(&page, ": ");
        page_say(&page, message->text);
    }
    return page_write(&page, out);
}
