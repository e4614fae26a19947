/*
 * Judges offline what is about to be published (`mxprobe lint`). Pure.
 */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include <stddef.h>
#include <stdint.h>

enum lint_kind { LINT_STS_RECORD, LINT_STS_POLICY, LINT_TLSRPT_RECORD, LINT_TLSA };
enum lint_severity { LINT_INFO, LINT_WARNING, LINT_ERROR };

struct lint_message {
    enum lint_severity severity;
    size_t line; /* 1 is the first; 0: the whole input */
    char *text;
};

/* Exit status of `lint`: LINT_VALID 0, LINT_WARNED 1, LINT_INVALID 2 (CONTRACT). */
enum lint_outcome { LINT_VALID, LINT_WARNED, LINT_INVALID };

struct lint_result {
    enum lint_kind kind;
    enum lint_outcome outcome;
    struct lint_message *messages;
    size_t n_messages;
};

/* "sts-record", "sts-policy", "tlsrpt-record", "tlsa". Returns 0, or -1 for another word. */
int lint_kind_parse(const char *word, enum lint_kind *out);
const char *lint_kind_text(enum lint_kind kind);

/*
 * Judges `bytes`: a TXT record's text (one final newline does not count), a policy file, or lines
 * of TLSA records ("#" comments and blank lines allowed; whole records may reach over several lines
 * in parentheses, RFC 1035 5.1). Besides validity it warns of what is
 * valid and unwise (max_age under a day or clamped, mode none with mx, DANE-TA full values, usage
 * 0 and 1, a final digest length that no sender uses). Returns 0, or -1 when out of memory.
 */
int lint_judge(enum lint_kind kind, const uint8_t *bytes, size_t length, struct lint_result *out);
void lint_result_clear(struct lint_result *result);

#endif
