/* Lint of the two TXT records, MTA-STS (RFC 8461 3.1) and TLS-RPT (RFC 8460 3). */
#include <string.h>

#include "policy/lint_parts.h"
#include "policy/sts.h"
#include "policy/syntax.h"
#include "policy/tlsrpt.h"

/* Editors end a file with a newline, which is no part of the record. */
static size_t without_newline(const uint8_t *bytes, size_t length)
{
    if (length > 0 && bytes[length - 1] == '\n')
        length--;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    return length;
}

/* The text is no record of the kind at all: say what stands in its place. */
static int add_absent(const uint8_t *bytes, size_t length, const char *version,
                      struct lint_result *out)
{
    char quote[SYNTAX_QUOTE_MAX];
    if (length == 0)
        return lint_add(out, LINT_ERROR, 0, "the record is empty: it begins \"%s;\"", version);
    if (bytes[0] == '"')
        return lint_add(out, LINT_ERROR, 0,
                        "the record begins with a quote: give its text without the quotes of the "
                        "zone file");
    return lint_add(out, LINT_ERROR, 0,
                    "the record %s does not begin with the field \"%s\": senders ignore it",
                    syntax_quote(bytes, length, quote), version);
}

int lint_sts_record(const uint8_t *bytes, size_t length, struct lint_result *out)
{
    struct sts_record record;
    length = without_newline(bytes, length);
    if (sts_record_read(bytes, length, &record))
        return -1;

    int status = 0;
    if (record.problem)
        status = lint_add(out, LINT_ERROR, 0, "%s", record.problem);
    else if (record.status != STS_RECORD_VALID)
        status = add_absent(bytes, length, "v=STSv1", out);
    else if (record.nonstandard)
        status = lint_add(out, LINT_WARNING, 0,
                          "white space stands before the first \";\": some senders look for "
                          "records that begin \"v=STSv1;\" and see no policy");
    sts_record_clear(&record);
    return status;
}

int lint_tlsrpt_record(const uint8_t *bytes, size_t length, struct lint_result *out)
{
    struct tlsrpt_record record;
    length = without_newline(bytes, length);
    if (tlsrpt_record_read(bytes, length, &record))
        return -1;

    int status = 0;
    if (record.problem)
        status = lint_add(out, LINT_ERROR, 0, "%s", record.problem);
    else if (record.status != TLSRPT_VALID)
        status = add_absent(bytes, length, "v=TLSRPTv1", out);
    tlsrpt_record_clear(&record);
    return status;
}
