/* The MTA-STS policy file: RFC 8461 section 3.2, byte for byte. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/name.h"
#include "policy/sts.h"
#include "policy/syntax.h"

enum { MAX_AGE_DIGITS_MAX = 10 };

/* What one line says, or why it says nothing. */
struct line {
    size_t number;
    const uint8_t *name;
    size_t name_length;
    const uint8_t *value;
    size_t value_length;
};

/* What a reader has met of the keys that a policy has once. */
struct reader {
    struct sts_policy *policy;
    bool version, mode, max_age;
    size_t mx_seen;
};

static int line_problem(struct sts_policy *policy, const struct line *line, const char *text)
{
    policy->problem_line = line->number;
    return syntax_problem(&policy->problem, "line %zu: %s", line->number, text);
}

static int value_problem(struct sts_policy *policy, const struct line *line, const char *text)
{
    char quote[SYNTAX_QUOTE_MAX];
    policy->problem_line = line->number;
    return syntax_problem(&policy->problem, "line %zu: %s %s", line->number,
                          syntax_quote(line->value, line->value_length, quote), text);
}

static bool is_continuation(const uint8_t *at, size_t left)
{
    return left > 0 && (at[0] & 0xc0) == 0x80;
}

/* How many bytes the character at `at` has when it is an sts-policy-vchar or a space, else 0. */
static size_t vchar_length(const uint8_t *at, size_t left)
{
    if (at[0] >= 0x20 && at[0] <= 0x7e)
        return 1;
    /* RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF. */
    if (at[0] >= 0xc2 && at[0] <= 0xdf)
        return is_continuation(at + 1, left - 1) ? 2 : 0;
    if (at[0] >= 0xe0 && at[0] <= 0xef) {
        if (left < 3 || !is_continuation(at + 1, 1) || !is_continuation(at + 2, 1) ||
            (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f))
            return 0;
        return 3;
    }
    if (at[0] < 0xf0 || at[0] > 0xf4 || left < 4 || !is_continuation(at + 1, 1) ||
        !is_continuation(at + 2, 1) || !is_continuation(at + 3, 1) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return 4;
}

/* sts-policy-ext-value, which every other value is a case of. Surrounding WSP is off already. */
static const char *value_fault(const uint8_t *value, size_t length)
{
    if (length == 0)
        return "nothing stands behind the colon";
    for (size_t i = 0, step; i < length; i += step) {
        step = vchar_length(value + i, length - i);
        if (step == 0 && value[i] == '\t')
            return "a tab stands inside the value: use a space";
        if (step == 0)
            return value[i] < 0x20 || value[i] == 0x7f
                       ? "the value has a control character: remove it"
                       : "the value is not valid UTF-8: save the file as UTF-8";
    }
    return NULL;
}

static const char *name_fault(const uint8_t *name, size_t length)
{
    if (syntax_is_field_name(name, length))
        return NULL;
    if (length == 0)
        return "no key stands before the colon";
    if (syntax_is_wsp(name[length - 1]))
        return "white space stands before the colon: remove it";
    if (name[0] == '#')
        return "a policy file has no comments: remove the line";
    if (length > 32)
        return "the key is longer than 32 characters";
    return "the key may hold only letters, digits, \"_\", \"-\" and \".\", and begins with a "
           "letter or digit";
}

/* Faults of a whole line, before it is taken apart. */
static const char *line_fault(const uint8_t *bytes, size_t length)
{
    size_t blanks = 0;
    while (blanks < length && syntax_is_wsp(bytes[blanks]))
        blanks++;
    if (blanks == length)
        return "the line is blank: remove it (lenient senders accept blank lines, strict ones "
               "reject the policy)";
    if (syntax_begins(bytes, length, "\xef\xbb\xbf"))
        return "a byte order mark begins the line: save the file as UTF-8 without BOM";
    if (syntax_begins(bytes, length, "\x1f\x8b"))
        return "the file is compressed with gzip: serve it as plain text without being asked for "
               "another encoding";
    if (memchr(bytes, 0, length))
        return "the line has a NUL byte: save the file as UTF-8";
    if (memchr(bytes, '\r', length))
        return "a carriage return without line feed: end lines with LF or CR LF";
    if (blanks > 0)
        return "white space begins the line: remove it";
    if (!memchr(bytes, ':', length))
        return bytes[0] == '#' ? "a policy file has no comments: remove the line"
                               : "the line has no colon: write \"key: value\"";
    return NULL;
}

/* sub-domain of RFC 5321 4.1.2, at most 63 octets: Let-dig [Ldh-str]. */
static bool is_label(const uint8_t *bytes, size_t length)
{
    if (length == 0 || length > DNS_LABEL_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!syntax_is_alnum(bytes[i]) && bytes[i] != '-')
            return false;
    return bytes[0] != '-' && bytes[length - 1] != '-';
}

/* Domain of RFC 5321 4.1.2: labels between dots, no final dot. */
static bool is_domain(const uint8_t *bytes, size_t length)
{
    if (length > DNS_NAME_MAX)
        return false;
    const uint8_t *end = bytes + length;
    for (;;) {
        const uint8_t *dot = memchr(bytes, '.', (size_t)(end - bytes));
        if (!is_label(bytes, (size_t)((dot ? dot : end) - bytes)))
            return false;
        if (!dot)
            return true;
        bytes = dot + 1;
    }
}

/* sts-policy-mx-value: ["*."] Domain. */
static int read_mx(struct reader *reader, const struct line *line)
{
    struct sts_policy *policy = reader->policy;
    const uint8_t *domain = line->value;
    size_t length = line->value_length;
    if (syntax_begins(domain, length, "*.")) {
        domain += 2;
        length -= 2;
    }
    if (memchr(line->value, ',', line->value_length))
        return value_problem(policy, line, "holds several hosts: give each an mx line of its own");
    for (size_t i = 0; i < length; i++) {
        if (domain[i] >= 0x80)
            return value_problem(policy, line,
                                 "is not ASCII: write the name with its A-labels "
                                 "(xn--...)");
    }
    if (memchr(domain, '*', length))
        return value_problem(policy, line,
                             "has a \"*\" that is not the whole first label: write "
                             "\"*.\" and a domain");
    if (!is_domain(domain, length))
        return value_problem(policy, line,
                             "is no host name: write labels of letters, digits and "
                             "hyphens between dots, without final dot");
    reader->mx_seen++;
    if (policy->n_mx == STS_POLICY_MX_MAX)
        return 0;

    char **grown = realloc(policy->mx, (policy->n_mx + 1) * sizeof *grown);
    if (!grown)
        return -1;
    policy->mx = grown;
    grown[policy->n_mx] = strndup((const char *)line->value, line->value_length);
    return grown[policy->n_mx] && ++policy->n_mx ? 0 : -1;
}

static int read_mode(struct sts_policy *policy, const struct line *line)
{
    char word[sizeof "enforce"];
    if (line->value_length < sizeof word) {
        memcpy(word, line->value, line->value_length);
        word[line->value_length] = '\0';
        if (sts_mode_parse(word, &policy->mode))
            return 0;
    }
    return value_problem(policy, line, "is no mode: write enforce, testing or none, in lower case");
}

/* sts-policy-max-age-value: 1*10(DIGIT). */
static int read_max_age(struct sts_policy *policy, const struct line *line)
{
    int64_t seconds = 0;
    for (size_t i = 0; i < line->value_length; i++) {
        if (line->value[i] < '0' || line->value[i] > '9')
            return value_problem(policy, line, "is no max_age: write seconds, digits only");
        if (i >= MAX_AGE_DIGITS_MAX)
            return value_problem(policy, line, "has more than ten digits");
        seconds = seconds * 10 + (line->value[i] - '0');
    }
    policy->max_age_s = seconds;
    policy->max_age_clamped = seconds > STS_MAX_AGE_MAX_S;
    return 0;
}

/* True the first time only: later occurrences of a key are ignored (section 3.2). */
static bool first_time(bool *seen)
{
    bool first = !*seen;
    *seen = true;
    return first;
}

static int read_value(struct reader *reader, const struct line *line)
{
    struct sts_policy *policy = reader->policy;
    if (syntax_equals(line->name, line->name_length, "mx"))
        return read_mx(reader, line);
    if (syntax_equals(line->name, line->name_length, "mode") && first_time(&reader->mode))
        return read_mode(policy, line);
    if (syntax_equals(line->name, line->name_length, "max_age") && first_time(&reader->max_age))
        return read_max_age(policy, line);
    if (syntax_equals(line->name, line->name_length, "version") && first_time(&reader->version) &&
        !syntax_equals(line->value, line->value_length, "STSv1"))
        return value_problem(policy, line, "is no version: write STSv1");
    return 0;
}

static int read_line(struct reader *reader, struct line *line, const uint8_t *bytes, size_t length)
{
    const char *fault = line_fault(bytes, length);
    if (fault)
        return line_problem(reader->policy, line, fault);
    while (syntax_is_wsp(bytes[length - 1]))
        length--;

    const uint8_t *colon = memchr(bytes, ':', length);
    line->name = bytes;
    line->name_length = (size_t)(colon - bytes);
    line->value = colon + 1;
    line->value_length = length - line->name_length - 1;
    while (line->value_length > 0 && syntax_is_wsp(*line->value)) {
        line->value++;
        line->value_length--;
    }
    fault = name_fault(line->name, line->name_length);
    if (!fault)
        fault = value_fault(line->value, line->value_length);
    return fault ? line_problem(reader->policy, line, fault) : read_value(reader, line);
}

static int read_lines(struct reader *reader, const uint8_t *body, size_t length)
{
    struct line line = {.number = 0};
    const uint8_t *end = body + length;
    while (body < end && !reader->policy->problem) {
        const uint8_t *feed = memchr(body, '\n', (size_t)(end - body));
        const uint8_t *stop = feed ? feed : end;
        line.number++;
        if (feed && stop > body && stop[-1] == '\r')
            stop--;
        if (read_line(reader, &line, body, (size_t)(stop - body)))
            return -1;
        body = feed ? feed + 1 : end;
    }
    return 0;
}

/* The fields that a policy must have. */
static int check_complete(const struct reader *reader)
{
    struct sts_policy *policy = reader->policy;
    if (!reader->version)
        return syntax_problem(&policy->problem, "the version is missing: add \"version: STSv1\"");
    if (!reader->mode)
        return syntax_problem(&policy->problem, "the mode is missing: add \"mode: testing\" or "
                                                "\"mode: enforce\"");
    if (!reader->max_age)
        return syntax_problem(&policy->problem, "the max_age is missing: add \"max_age: 604800\"");
    if (reader->mx_seen == 0 && policy->mode != STS_MODE_NONE)
        return syntax_problem(&policy->problem, "no mx is named: add a line \"mx: host\" for each "
                                                "MX host");
    return 0;
}

static void free_patterns(struct sts_policy *policy)
{
    for (size_t i = 0; i < policy->n_mx; i++)
        free(policy->mx[i]);
    free(policy->mx);
    policy->mx = NULL;
    policy->n_mx = 0;
}

int sts_policy_read(const uint8_t *body, size_t length, struct sts_policy *out)
{
    *out = (struct sts_policy){.valid = false};
    struct reader reader = {.policy = out};
    int status = length == 0 ? syntax_problem(&out->problem, "the file is empty")
                             : read_lines(&reader, body, length);
    if (status == 0 && !out->problem)
        status = check_complete(&reader);
    if (status) {
        sts_policy_clear(out);
        return -1;
    }
    out->valid = !out->problem;
    if (!out->valid)
        free_patterns(out); /* nothing may match half a policy */
    return 0;
}

void sts_policy_clear(struct sts_policy *policy)
{
    free_patterns(policy);
    free(policy->problem);
    *policy = (struct sts_policy){.valid = false};
}

bool sts_media_type_ok(const char *content_type)
{
    static const char wanted[] = "text/plain";
    if (!content_type)
        return false;
    content_type += strspn(content_type, " \t");
    if (strncasecmp(content_type, wanted, sizeof wanted - 1) != 0)
        return false;
    content_type += sizeof wanted - 1;
    content_type += strspn(content_type, " \t");
    return *content_type == '\0' || *content_type == ';';
}

static const char *const mode_words[] = {
    [STS_MODE_NONE] = "none",
    [STS_MODE_TESTING] = "testing",
    [STS_MODE_ENFORCE] = "enforce",
};

const char *sts_mode_text(enum sts_mode mode)
{
    return mode_words[mode];
}

bool sts_mode_parse(const char *text, enum sts_mode *out)
{
    for (size_t i = 0; i < sizeof mode_words / sizeof *mode_words; i++) {
        if (strcmp(text, mode_words[i]) == 0) {
            *out = (enum sts_mode)i;
            return true;
        }
    }
    return false;
}
