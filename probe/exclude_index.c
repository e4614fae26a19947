#include "probe/exclude_index.h"

#include <stdlib.h>
#include <string.h>

enum {
    SEPARATOR = 1,        /* between labels; below every byte that a name has */
    NAME_TEXT_MAX = 1024, /* a name of 255 bytes with every byte as "\123" */
    FIRST_ROOM = 64,
};

/* Room for `n` more of `size` bytes behind `used`; the new array, or NULL and the old one stays. */
static void *with_room(void *array, size_t used, size_t *room, size_t n, size_t size)
{
    size_t wanted = *room ? *room : FIRST_ROOM;

    if (array && *room - used >= n)
        return array;
    while (wanted - used < n)
        wanted *= 2;
    array = reallocarray(array, wanted, size);
    if (array)
        *room = wanted;
    return array;
}

/* --- names --------------------------------------------------------------------------------------
 */

/* Turns a name round. False when it is longer than any name. */
static bool turn_round(const char *name, char out[NAME_TEXT_MAX + 1])
{
    size_t length = strlen(name);
    bool escaped = false; /* by a backslash: a dot inside of a label */

    if (length > NAME_TEXT_MAX)
        return false;
    out[length] = '\0';
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        bool separates = c == '.' && !escaped;
        escaped = c == '\\' && !escaped;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        out[length - 1 - i] = separates ? SEPARATOR : c;
    }
    if (out[0] == SEPARATOR) /* the final dot */
        memmove(out, out + 1, length);
    return true;
}

bool exclude_names_add(struct exclude_names *names, const char *name)
{
    char turned[NAME_TEXT_MAX + 1];
    size_t length = strlen(name) + 1;

    if (!turn_round(name, turned))
        return true; /* longer than any name: there is nothing to exclude */
    char *text = with_room(names->text, names->text_length, &names->text_room, length, 1);
    if (!text)
        return false;
    names->text = text;
    size_t *starts = with_room(names->starts, names->n, &names->room, 1, sizeof *starts);
    if (!starts)
        return false;
    names->starts = starts;
    memcpy(text + names->text_length, turned, strlen(turned) + 1);
    starts[names->n++] = names->text_length;
    names->text_length += strlen(turned) + 1;
    return true;
}

static int compare_names(const void *a, const void *b, void *text)
{
    return strcmp((char *)text + *(const size_t *)a, (char *)text + *(const size_t *)b);
}

/* `name` is `ancestor` or below it; both turned round. */
static bool lies_below(const char *name, const char *ancestor)
{
    size_t length = strlen(ancestor);

    return strncmp(name, ancestor, length) == 0 &&
           (name[length] == '\0' || name[length] == SEPARATOR);
}

void exclude_names_order(struct exclude_names *names)
{
    size_t kept = 0;

    if (names->n)
        qsort_r(names->starts, names->n, sizeof *names->starts, compare_names, names->text);
    for (size_t i = 0; i < names->n; i++) {
        const char *name = names->text + names->starts[i];
        if (kept == 0 || !lies_below(name, names->text + names->starts[kept - 1]))
            names->starts[kept++] = names->starts[i];
    }
    names->n = kept;
}

bool exclude_names_have(const struct exclude_names *names, const char *name)
{
    char turned[NAME_TEXT_MAX + 1];
    size_t low = 0;
    size_t high = names->n;

    if (high == 0 || !turn_round(name, turned))
        return false;
    while (low < high) { /* before `low`: not behind the name */
        size_t middle = low + (high - low) / 2;
        if (strcmp(names->text + names->starts[middle], turned) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && lies_below(turned, names->text + names->starts[low - 1]);
}

void exclude_names_clear(struct exclude_names *names)
{
    free(names->text);
    free(names->starts);
    *names = (struct exclude_names){0};
}

/* --- networks -----------------------------------------------------------------------------------
 */

bool exclude_ranges_add(struct exclude_ranges *ranges, const uint8_t *bytes, unsigned bits)
{
    struct exclude_range range = {{0}, {0}};
    struct exclude_range *items =
        with_room(ranges->items, ranges->n, &ranges->room, 1, sizeof *ranges->items);

    if (!items)
        return false;
    ranges->items = items;
    for (size_t i = 0; i < ranges->size; i++) {
        unsigned before = (unsigned)(8 * i);
        unsigned kept = bits <= before ? 0 : bits - before;
        uint8_t mask = (uint8_t)(0xff00u >> (kept > 8 ? 8 : kept));
        range.first[i] = bytes[i] & mask;
        range.last[i] = bytes[i] | (uint8_t)~mask;
    }
    items[ranges->n++] = range;
    return true;
}

static int compare_ranges(const void *a, const void *b)
{
    return memcmp(((const struct exclude_range *)a)->first,
                  ((const struct exclude_range *)b)->first, 16);
}

void exclude_ranges_order(struct exclude_ranges *ranges)
{
    size_t kept = 0;

    if (ranges->n)
        qsort(ranges->items, ranges->n, sizeof *ranges->items, compare_ranges);
    for (size_t i = 0; i < ranges->n; i++) {
        struct exclude_range *last = kept ? &ranges->items[kept - 1] : NULL;
        const struct exclude_range *item = &ranges->items[i];
        if (!last || memcmp(item->first, last->last, 16) > 0)
            ranges->items[kept++] = *item;
        else if (memcmp(item->last, last->last, 16) > 0)
            memcpy(last->last, item->last, 16);
    }
    ranges->n = kept;
}

bool exclude_ranges_have(const struct exclude_ranges *ranges, const uint8_t *address)
{
    size_t low = 0;
    size_t high = ranges->n;

    while (low < high) { /* before `low`: beginning not behind the address */
        size_t middle = low + (high - low) / 2;
        if (memcmp(ranges->items[middle].first, address, ranges->size) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && memcmp(address, ranges->items[low - 1].last, ranges->size) <= 0;
}

void exclude_ranges_clear(struct exclude_ranges *ranges)
{
    free(ranges->items);
    *ranges = (struct exclude_ranges){0};
}
