/*
 * What the grammars of MTA-STS (RFC 8461) and TLS-RPT (RFC 8460) have in common: characters, the
 * fields of a TXT record, and a stranger's bytes quoted inside a sentence of ours. Pure.
 */
#ifndef POLICY_SYNTAX_H
#define POLICY_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/answer.h"

/* ALPHA / DIGIT and WSP of RFC 5234 appendix B.1, whatever the locale. */
bool syntax_is_alnum(uint8_t byte);
bool syntax_is_wsp(uint8_t byte);

/* sts-ext-name and tlsrpt-ext-name: (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / "."). */
bool syntax_is_field_name(const uint8_t *bytes, size_t length);

/* sts-ext-value and tlsrpt-ext-value of a record: 1*(%x21-3A / %x3C / %x3E-7E). */
bool syntax_is_record_value(const uint8_t *bytes, size_t length);

bool syntax_equals(const uint8_t *bytes, size_t length, const char *text);
bool syntax_begins(const uint8_t *bytes, size_t length, const char *prefix);

/* Walks the fields of a record, which stand between field-delims (*WSP ";" *WSP). */
struct syntax_fields {
    const uint8_t *at;
    const uint8_t *end;
    bool delimited; /* a ";" stands before what comes next */
    bool ended;
};

/* White space that belongs to a delimiter is left out; any other is part of the field. */
struct syntax_field {
    const uint8_t *bytes;
    size_t length;
    bool last; /* no ";" follows: an empty last field is the record's final delimiter */
};

/* Borrows the bytes. */
void syntax_fields_init(struct syntax_fields *fields, const uint8_t *bytes, size_t length);
/* False when there is none left. A record of no bytes has one empty field. */
bool syntax_fields_next(struct syntax_fields *fields, struct syntax_field *out);

/* Is the record's first field exactly `version`, as "v=STSv1"? */
bool syntax_has_version(const uint8_t *bytes, size_t length, const char *version);

/*
 * How many TXT records of the answer begin with `prefix`, as "v=STSv1;" (RFC 8461 3.1, RFC 8460
 * 3). `*first` is the first of them, borrowed, or NULL.
 */
size_t syntax_count_begins(const struct dns_answer *answer, const char *prefix,
                           const struct dns_record **first);

/* The bytes as a C string, NUL bytes as "\0" in text. The caller frees; NULL: no memory. */
char *syntax_text(const uint8_t *bytes, size_t length);

enum { SYNTAX_SHOWN_MAX = 60, SYNTAX_QUOTE_MAX = SYNTAX_SHOWN_MAX + 6 };

/*
 * Writes the bytes in double quotes, harmless for any terminal: what is not printable ASCII (and
 * the backslash) as \xHH, and "..." behind the quotes where SYNTAX_SHOWN_MAX characters did not
 * suffice. Returns `out`.
 */
const char *syntax_quote(const void *bytes, size_t length, char out[SYNTAX_QUOTE_MAX]);

/* Formats into a new `*problem`. Returns 0, or -1 when out of memory, with `*problem` NULL. */
int syntax_problem(char **problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
