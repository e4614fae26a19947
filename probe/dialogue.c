#include "probe/dialogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dialogue_add(struct smtp_facts *facts, int at_ms, char direction, const char *text)
{
    if (facts->n_dialogue >= DIALOGUE_LINES_MAX)
        return;
    struct smtp_line *grown =
        realloc(facts->dialogue, (facts->n_dialogue + 1) * sizeof *facts->dialogue);
    if (!grown)
        return; /* a remark less is no reason to spoil a diagnosis */
    facts->dialogue = grown;
    char *copy = strndup(text, DIALOGUE_TEXT_MAX);
    if (!copy)
        return;
    facts->dialogue[facts->n_dialogue++] = (struct smtp_line){at_ms, direction, copy};
}

void dialogue_add_reply(struct smtp_facts *facts, int at_ms, int code, bool more, const char *text)
{
    char line[DIALOGUE_TEXT_MAX];

    snprintf(line, sizeof line, "%03d%c%s", code, more ? '-' : ' ', text);
    dialogue_add(facts, at_ms, '<', line);
}

void dialogue_append(struct smtp_facts *facts, const struct smtp_facts *other, const char *title)
{
    dialogue_add(facts, 0, '*', title);
    for (size_t i = 0; i < other->n_dialogue; i++)
        dialogue_add(facts, other->dialogue[i].at_ms, other->dialogue[i].direction,
                     other->dialogue[i].text);
}
