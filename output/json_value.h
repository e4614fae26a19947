/*
 * Building blocks of the JSON printers over cJSON. Every function that puts something into an
 * object returns false when memory is out and leaves the object fit to be deleted. Keys are
 * string literals and are not copied.
 */
#ifndef OUTPUT_JSON_VALUE_H
#define OUTPUT_JSON_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cjson/cJSON.h>

/* Comes to own `item`, which may be NULL for want of memory. */
bool json_take(cJSON *object, const char *key, cJSON *item);
/* The same at the end of an array. */
bool json_take_element(cJSON *array, cJSON *item);

/* Text that a stranger may have written, escaped; null for NULL. NULL when out of memory. */
cJSON *json_text(const char *text);
bool json_put_text(cJSON *object, const char *key, const char *text);
/* The same, for an array of such texts. */
bool json_put_texts(cJSON *object, const char *key, char *const *texts, size_t n_texts);
/* A word of our own, which must outlive the object; null for NULL. */
bool json_put_word(cJSON *object, const char *key, const char *word);
bool json_put_number(cJSON *object, const char *key, int64_t number);
bool json_put_bool(cJSON *object, const char *key, bool value);
bool json_put_null(cJSON *object, const char *key);
/* RFC 3339 in UTC. */
bool json_put_time_s(cJSON *object, const char *key, int64_t at_s);
bool json_put_time_ms(cJSON *object, const char *key, int64_t at_ms);
/* Lower-case hexadecimal, of at most 64 bytes. */
bool json_put_hex(cJSON *object, const char *key, const uint8_t *bytes, size_t length);

/*
 * Prints `root` without a line break and deletes it; NULL stands for one that could not be built.
 * Returns 0, or -1 with errno set.
 */
int json_print(FILE *out, cJSON *root);

/* The same of an object that is not empty, without its closing brace: members may follow. */
int json_print_open(FILE *out, cJSON *root);

/* The same, with a line feed behind it. */
int json_print_line(FILE *out, cJSON *root);

#endif
