/*
 * The one table of options: parsing, --help, the manual and the completions come from it.
 */
#ifndef PROBE_OPTION_TABLE_H
#define PROBE_OPTION_TABLE_H

#include <stddef.h>

#include "probe/settings.h"

enum option_group {
    OPTION_GROUP_OUTPUT,
    OPTION_GROUP_NETWORK,
    OPTION_GROUP_JUDGEMENT,
    OPTION_GROUP_DEEPER,
    OPTION_GROUP_SCAN,
    OPTION_GROUP_WHAT_IF,
    OPTION_GROUP_GENERAL,
    OPTION_GROUP_COUNT
};

/* Which commands take an option, as bits. */
enum {
    FOR_CHECK = 1,
    FOR_LINT = 2,
    FOR_SCAN = 4,
    FOR_DIFF = 8,
    FOR_REPORT = 16,
    FOR_SUGGEST = 32,
    FOR_RESULTS = FOR_CHECK | FOR_SCAN,
    FOR_PROBING = FOR_RESULTS | FOR_SUGGEST | FOR_REPORT,
    FOR_ALL = FOR_PROBING | FOR_LINT | FOR_DIFF
};

struct option {
    const char *name;     /* without dashes; NULL where there is only the letter */
    char letter;          /* 0 where there is none */
    const char *argument; /* its name in the help, or NULL where it takes none */
    enum option_group group;
    unsigned commands;
    const char *help;
    /* Takes the argument (NULL where none is taken). Returns NULL, or what is wrong (static). */
    const char *(*set)(struct settings *settings, const char *argument);
};

extern const struct option option_table[];
extern const size_t option_count;

const char *option_group_title(enum option_group group);

#endif
