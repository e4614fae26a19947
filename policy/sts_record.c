/* The `_mta-sts` TXT record: RFC 8461 section 3.1. */
#include <stdlib.h>
#include <string.h>

#include "policy/sts.h"
#include "policy/syntax.h"

#define VERSION "v=STSv1"

/* sts-id: "id=" 1*32(ALPHA / DIGIT). */
static int read_id(const uint8_t *bytes, size_t length, struct sts_record *out)
{
    char quote[SYNTAX_QUOTE_MAX];
    if (length == 0)
        return syntax_problem(&out->problem, "the id is empty: give it 1 to %d letters and digits",
                              STS_ID_MAX);
    for (size_t i = 0; i < length; i++) {
        if (!syntax_is_alnum(bytes[i]))
            return syntax_problem(&out->problem, "the id %s may hold only letters and digits",
                                  syntax_quote(bytes, length, quote));
    }
    if (length > STS_ID_MAX)
        return syntax_problem(&out->problem, "the id has %zu characters, more than the %d allowed",
                              length, STS_ID_MAX);
    memcpy(out->id, bytes, length);
    out->id[length] = '\0';
    return 0;
}

/* One sts-field; a field seen before is only held to the grammar of extensions. */
static int read_field(const struct syntax_field *field, struct sts_record *out)
{
    char quote[SYNTAX_QUOTE_MAX];
    syntax_quote(field->bytes, field->length, quote);
    if (field->length == 0)
        return syntax_problem(&out->problem, "there is an empty field: remove the second \";\"");
    if (field->last && syntax_is_wsp(field->bytes[field->length - 1]))
        return syntax_problem(&out->problem,
                              "white space ends the record: remove it, or put a \";\" before it");

    const uint8_t *equals = memchr(field->bytes, '=', field->length);
    if (!equals)
        return syntax_problem(&out->problem, "the field %s has no \"=\"", quote);
    size_t name_length = (size_t)(equals - field->bytes);
    const uint8_t *value = equals + 1;
    size_t value_length = field->length - name_length - 1;
    if (!out->id[0] && syntax_equals(field->bytes, name_length, "id"))
        return read_id(value, value_length, out);
    if (!syntax_is_field_name(field->bytes, name_length))
        return syntax_problem(&out->problem,
                              "the field %s has a malformed name: 1 to 32 letters, digits, \"_\", "
                              "\"-\" and \".\", a letter or digit first",
                              quote);
    if (!syntax_is_record_value(value, value_length))
        return syntax_problem(&out->problem,
                              "the field %s has a malformed value: visible ASCII without \"=\"",
                              quote);
    return 0;
}

static int read_fields(const uint8_t *bytes, size_t length, struct sts_record *out)
{
    struct syntax_fields fields;
    struct syntax_field field;
    syntax_fields_init(&fields, bytes, length);
    syntax_fields_next(&fields, &field); /* the version, known to be there */
    while (!out->problem && syntax_fields_next(&fields, &field)) {
        if (field.last && field.length == 0)
            break;
        if (read_field(&field, out))
            return -1;
    }
    if (!out->problem && !out->id[0])
        return syntax_problem(&out->problem,
                              "there is no id: write \"" VERSION "; id=20160831085700Z;\"");
    return 0;
}

int sts_record_read(const uint8_t *bytes, size_t length, struct sts_record *out)
{
    *out = (struct sts_record){.status = STS_RECORD_ABSENT};
    if (!syntax_has_version(bytes, length, VERSION))
        return 0;

    out->text = syntax_text(bytes, length);
    if (!out->text || read_fields(bytes, length, out)) {
        sts_record_clear(out);
        return -1;
    }
    if (out->problem) {
        out->status = STS_RECORD_INVALID;
        out->id[0] = '\0';
        return 0;
    }
    out->status = STS_RECORD_VALID;
    out->nonstandard = !syntax_begins(bytes, length, VERSION ";");
    return 0;
}

/*
 * No record begins with "v=STSv1;". One record alone is read as it is. Beside others, senders
 * discard it; but one that would be malformed by itself too is worth telling.
 */
static int read_nonstandard(const struct dns_answer *answer, struct sts_record *out)
{
    for (size_t i = 0; i < answer->n_records; i++) {
        const struct dns_record *record = &answer->records[i];
        if (sts_record_read(record->u.text.bytes, record->u.text.length, out))
            return -1;
        if (out->status == STS_RECORD_INVALID ||
            (out->status == STS_RECORD_VALID && answer->n_records == 1))
            return 0;
        sts_record_clear(out);
    }
    *out = (struct sts_record){.status = STS_RECORD_ABSENT};
    return 0;
}

int sts_record_from_answer(const struct dns_answer *answer, struct sts_record *out)
{
    *out = (struct sts_record){.status = STS_RECORD_ABSENT};
    if (answer->status == DNS_NODATA || answer->status == DNS_NXDOMAIN)
        return 0;
    if (answer->status != DNS_FOUND) {
        out->status = STS_RECORD_ERROR;
        return 0;
    }

    const struct dns_record *first;
    size_t count = syntax_count_begins(answer, VERSION ";", &first);
    if (count == 0)
        return read_nonstandard(answer, out);
    if (count == 1)
        return sts_record_read(first->u.text.bytes, first->u.text.length, out);
    out->status = STS_RECORD_MULTIPLE;
    out->text = syntax_text(first->u.text.bytes, first->u.text.length);
    return out->text ? 0 : -1;
}

void sts_record_clear(struct sts_record *record)
{
    free(record->text);
    free(record->problem);
    *record = (struct sts_record){.status = STS_RECORD_ABSENT};
}
