/* Lint of the MTA-STS policy file (RFC 8461 3.2). */
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "policy/lint_parts.h"
#include "policy/sts.h"

static int add_problem(const struct sts_policy *policy, struct lint_result *out)
{
    const char *text = policy->problem;
    const char *colon = policy->problem_line ? strstr(text, ": ") : NULL;
    return lint_add(out, LINT_ERROR, policy->problem_line, "%s", colon ? colon + 2 : text);
}

static int judge_max_age(const struct sts_policy *policy, struct lint_result *out)
{
    if (policy->max_age_clamped)
        return lint_add(out, LINT_WARNING, 0,
                        "max_age is over a year: senders use %d seconds in its place",
                        STS_MAX_AGE_MAX_S);
    /* A policy on its way out is meant to be forgotten soon (RFC 8461 8.3). */
    if (policy->mode != STS_MODE_NONE && policy->max_age_s < STS_MAX_AGE_SHORT_S)
        return lint_add(out, LINT_WARNING, 0,
                        "max_age is under a day: an attacker need not hold the policy back for "
                        "long; weeks are usual");
    return 0;
}

static bool seen_before(const struct sts_policy *policy, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (dns_name_equal(policy->mx[i], policy->mx[index]))
            return true;
    return false;
}

/* Sets `*fake` when a label looks like an A-label and is none: it must survive the way to its
 * U-label and back (RFC 5891 5.4). */
static int find_fake_a_label(const char *ascii, bool *fake)
{
    char back[DNS_NAME_MAX + 1];
    *fake = false;
    if (!strstr(ascii, "xn--"))
        return 0;
    char *unicode = dns_name_to_unicode(ascii);
    if (!unicode)
        return -1;
    *fake = strstr(unicode, "xn--") || dns_name_from_user(unicode, back) != DNS_NAME_OK ||
            !dns_name_equal(back, ascii);
    free(unicode);
    return 0;
}

static int judge_pattern(const struct sts_policy *policy, size_t index, struct lint_result *out)
{
    char ascii[DNS_NAME_MAX + 1];
    const char *pattern = policy->mx[index];
    const char *domain = strncmp(pattern, "*.", 2) == 0 ? pattern + 2 : pattern;
    enum dns_name_status status = dns_name_from_user(domain, ascii);
    if (status != DNS_NAME_OK)
        return lint_add(out, LINT_WARNING, 0, "no MX host can match the pattern %s: %s", pattern,
                        dns_name_status_text(status));
    bool fake;
    if (find_fake_a_label(ascii, &fake))
        return -1;
    if (fake)
        return lint_add(out, LINT_WARNING, 0,
                        "the pattern %s has a label that begins with xn-- and is no valid A-label",
                        pattern);
    if (!strchr(domain, '.'))
        return lint_add(out, LINT_WARNING, 0,
                        "the pattern %s has a single label: write the whole host name", pattern);
    return 0;
}

static int judge_patterns(const struct sts_policy *policy, struct lint_result *out)
{
    enum { COMPARED_MAX = 256 }; /* repeats in a longer list are not worth n * n steps */
    if (policy->mode == STS_MODE_NONE && policy->n_mx > 0 &&
        lint_add(out, LINT_WARNING, 0,
                 "mode none makes senders ignore the mx lines: use testing "
                 "or enforce, or leave them out"))
        return -1;
    for (size_t i = 0; i < policy->n_mx; i++) {
        if (judge_pattern(policy, i, out))
            return -1;
        if (i < COMPARED_MAX && seen_before(policy, i) &&
            lint_add(out, LINT_INFO, 0, "the pattern %s stands there twice", policy->mx[i]))
            return -1;
    }
    return 0;
}

int lint_sts_policy(const uint8_t *bytes, size_t length, struct lint_result *out)
{
    if (length > STS_POLICY_SIZE_MAX)
        return lint_add(out, LINT_ERROR, 0,
                        "the file has %zu bytes: senders give up at more than %d", length,
                        STS_POLICY_SIZE_MAX);

    struct sts_policy policy;
    if (sts_policy_read(bytes, length, &policy))
        return -1;
    int status = 0;
    if (!policy.valid)
        status = add_problem(&policy, out);
    else
        status = judge_max_age(&policy, out) || judge_patterns(&policy, out) ? -1 : 0;
    if (status == 0 && policy.valid && policy.mode == STS_MODE_TESTING)
        status = lint_add(out, LINT_INFO, 0,
                          "mode testing: senders report failures and deliver all the same");
    sts_policy_clear(&policy);
    return status;
}
