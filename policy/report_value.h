/*
 * Inside of the report reader: the values of an object, each read with tolerance, and what is odd
 * about it noted with its place. Out of memory is remembered in the reader.
 */
#ifndef POLICY_REPORT_VALUE_H
#define POLICY_REPORT_VALUE_H

#include <cjson/cJSON.h>

#include "policy/report.h"

enum { REPORT_PLACE_MAX = 96, REPORT_FIELDS_MAX = 8 };

struct report_reader {
    struct tlsrpt_report *report;
    char *refusal; /* TLSRPT_REFUSAL_MAX bytes */
    bool refused, no_memory;
};

/* An object under way: its place, and what it has of the fields that are looked for. */
struct report_object {
    struct report_reader *reader;
    char place[REPORT_PLACE_MAX]; /* "policies[3].policy.", "" for the report */
    const cJSON *found[REPORT_FIELDS_MAX];
};

/* A key, and what some senders call it. */
struct report_field {
    const char *name, *other_name;
};

/* A list under way. */
struct report_texts {
    char ***items;
    size_t *n;
    size_t room;
};

/* `name` is that of the member. */
void report_object_note(struct report_object *object, enum tlsrpt_deviation_kind kind,
                        const char *name);

/* Says why it is no report; the first time counts. */
void report_refuse(struct report_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fills object->found in one pass over the members: the first of each name counts. */
void report_collect(struct report_object *object, const cJSON *json,
                    const struct report_field fields[], size_t n);

/* Is there a value, which null is not? Notes where one is missing that must be there. */
bool report_has(struct report_object *object, const cJSON *value, const char *name, bool needed);

/* A new text, or NULL where there is none, or an empty one. */
char *report_text(struct report_object *object, const cJSON *value, const char *name, bool needed);

/* The same for an IP address; what is none is noted and kept. */
char *report_address(struct report_object *object, const cJSON *value, const char *name);

/* Sessions; 0 where there is no count. */
uint64_t report_count(struct report_object *object, const cJSON *value, const char *name);

/* Seconds since 1970. False where there is none to be read. */
bool report_time(struct report_object *object, const cJSON *value, const char *name,
                 int64_t *out_s);

/* A list of texts, or one text in its place. */
void report_texts(struct report_object *object, const cJSON *value, const char *name, bool needed,
                  struct report_texts *texts);

#endif
