#include "probe/smtp_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_LENGTH = 3 };

static const char control_bytes[] = "control bytes in a reply";

void smtp_reply_init(struct smtp_reply *reply)
{
    *reply = (struct smtp_reply){0};
}

void smtp_reply_clear(struct smtp_reply *reply)
{
    free(reply->text);
    free(reply->line);
    smtp_reply_init(reply);
}

void smtp_reply_reset(struct smtp_reply *reply)
{
    reply->code = 0;
    reply->text_length = 0;
    reply->n_lines = 0;
    reply->problem = NULL;
    reply->line_length = 0;
    reply->total = 0;
}

static bool grow(char **buffer, size_t *capacity, size_t needed)
{
    size_t bigger = *capacity ? *capacity : 128;
    while (bigger < needed)
        bigger *= 2;
    if (bigger == *capacity)
        return true;
    char *moved = realloc(*buffer, bigger);
    if (!moved)
        return false;
    *buffer = moved;
    *capacity = bigger;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum smtp_reply_status bad(struct smtp_reply *reply, const char *problem)
{
    reply->problem = problem;
    return SMTP_REPLY_BAD;
}

/* Judges the byte just put at line[at], as far as it belongs to the code and its separator. */
static enum smtp_reply_status check_head(struct smtp_reply *reply, size_t at)
{
    char c = reply->line[at];

    if (at < CODE_LENGTH && !is_digit(c))
        return bad(reply, "a reply that does not begin with a three-digit code");
    if (at == 0 && (c < '2' || c > '5'))
        return bad(reply, "a reply code that SMTP does not have");
    if (at == CODE_LENGTH && c != ' ' && c != '-' && c != '\r')
        return bad(reply, "a reply code followed by neither space nor hyphen");
    return SMTP_REPLY_MORE;
}

/* A whole line is in: the code has to agree, the text is kept. */
static enum smtp_reply_status end_line(struct smtp_reply *reply)
{
    size_t length = reply->line_length;

    if (length && reply->line[length - 1] == '\r')
        length--;
    else if (!reply->deviation)
        reply->deviation = "a reply line that ends with a bare line feed";
    if (length < CODE_LENGTH)
        return bad(reply, "a reply line without a code");
    if (length > CODE_LENGTH && reply->line[CODE_LENGTH] == '\r')
        return bad(reply, "a carriage return in the middle of a reply line");
    int code = (reply->line[0] - '0') * 100 + (reply->line[1] - '0') * 10 + (reply->line[2] - '0');
    if (reply->n_lines && code != reply->code)
        return bad(reply, "different codes in one reply");
    bool last = length == CODE_LENGTH || reply->line[CODE_LENGTH] == ' ';
    size_t skip = length > CODE_LENGTH ? CODE_LENGTH + 1 : CODE_LENGTH;

    if (!grow(&reply->text, &reply->text_capacity, reply->text_length + length - skip + 1))
        return SMTP_REPLY_NO_MEMORY;
    if (memchr(reply->line + skip, '\r', length - skip))
        reply->deviation = control_bytes;
    memcpy(reply->text + reply->text_length, reply->line + skip, length - skip);
    reply->text_length += length - skip;
    reply->text[reply->text_length++] = '\0';
    reply->n_lines++;
    reply->code = code;
    reply->line_length = 0;
    return last ? SMTP_REPLY_DONE : SMTP_REPLY_MORE;
}

static enum smtp_reply_status feed_byte(struct smtp_reply *reply, char c)
{
    if (++reply->total > SMTP_REPLY_TOTAL_MAX)
        return bad(reply, "a reply of more than 64 KiB");
    if (c == '\n')
        return end_line(reply);
    if (reply->line_length + 1 >= SMTP_REPLY_LINE_MAX) /* its line feed counts too */
        return bad(reply, "a reply line of more than 4 KiB");
    if (!grow(&reply->line, &reply->line_capacity, reply->line_length + 1))
        return SMTP_REPLY_NO_MEMORY;
    bool control = ((unsigned char)c < 0x20 && c != '\t' && c != '\r') || c == 0x7f;
    if (control && reply->line_length > CODE_LENGTH)
        reply->deviation = control_bytes;
    reply->line[reply->line_length] = c ? c : '?';
    return check_head(reply, reply->line_length++);
}

enum smtp_reply_status smtp_reply_feed(struct smtp_reply *reply, const uint8_t *bytes,
                                       size_t length, size_t *used)
{
    enum smtp_reply_status status = SMTP_REPLY_MORE;
    size_t i = 0;

    while (i < length && status == SMTP_REPLY_MORE)
        status = feed_byte(reply, (char)bytes[i++]);
    *used = i;
    return status;
}

const char *smtp_reply_line(const struct smtp_reply *reply, size_t index)
{
    const char *line = reply->text;

    if (index >= reply->n_lines)
        return NULL;
    while (index--)
        line += strlen(line) + 1;
    return line;
}

char *smtp_reply_joined(const struct smtp_reply *reply)
{
    size_t length =
        reply->text_length < SMTP_REPLY_JOINED_MAX ? reply->text_length : SMTP_REPLY_JOINED_MAX;
    char *joined = malloc(sizeof "220 " + length);
    if (!joined)
        return NULL;

    size_t at = (size_t)sprintf(joined, "%03d ", reply->code % 1000);
    for (size_t i = 0; i < length; i++)
        joined[at + i] = reply->text[i] ? reply->text[i] : ' ';
    /* The last line's end is no space. */
    joined[at + length - (length > 0)] = '\0';
    return joined;
}
