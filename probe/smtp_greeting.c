#include "probe/smtp_greeting.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

int smtp_greeting_read(const struct smtp_reply *reply, struct smtp_facts *facts)
{
    const char *line = smtp_reply_line(reply, 0);
    size_t n = reply->n_lines - 1;
    size_t name = strcspn(line, " ");

    if (n > SMTP_CAPABILITIES_MAX)
        n = SMTP_CAPABILITIES_MAX;
    facts->helo =
        strndup(line, name < SMTP_CAPABILITY_LENGTH_MAX ? name : SMTP_CAPABILITY_LENGTH_MAX);
    if (!facts->helo)
        return -1;
    if (!n)
        return 0;
    facts->capabilities = calloc(n, sizeof *facts->capabilities);
    if (!facts->capabilities)
        return -1;
    for (size_t i = 0; i < n; i++) {
        line += strlen(line) + 1;
        facts->capabilities[i] = strndup(line, SMTP_CAPABILITY_LENGTH_MAX);
        if (!facts->capabilities[i])
            return -1;
        facts->n_capabilities++;
    }
    return 0;
}

bool smtp_greeting_offers(const struct smtp_reply *reply, const char *keyword)
{
    size_t length = strlen(keyword);
    const char *line = smtp_reply_line(reply, 0);

    /* From line to line, for a hostile reply has thousands: one pass, not one a line. */
    for (size_t i = 1; i < reply->n_lines; i++) {
        line += strlen(line) + 1;
        if (strncasecmp(line, keyword, length) == 0 &&
            (line[length] == '\0' || line[length] == ' '))
            return true;
    }
    return false;
}
