#include "output/provider.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { COUNTRY_CODE_LENGTH = 2 };

/* Second labels under which country registries register, in most of the countries that do. */
static bool is_registry_label(const char *label, size_t length)
{
    static const char *const labels[] = {"ac", "co",  "com", "edu", "go", "gob", "gouv", "gov",
                                         "gv", "ltd", "ne",  "net", "or", "org", "plc",  "sch"};

    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strlen(labels[i]) == length && memcmp(labels[i], label, length) == 0)
            return true;
    return false;
}

/* Where the label before the one at `label` begins; `label` itself when it is the first. */
static const char *label_before(const char *host, const char *label)
{
    if (label == host)
        return host;
    for (label--; label > host && label[-1] != '.'; label--)
        ;
    return label;
}

const char *provider_of(const char *host)
{
    const char *end = host + strlen(host);
    const char *last = end;

    while (last > host && last[-1] != '.')
        last--;
    const char *second = label_before(host, last);
    bool registry = end - last == COUNTRY_CODE_LENGTH && second < last &&
                    is_registry_label(second, (size_t)(last - second) - 1);

    return registry ? label_before(host, second) : second;
}
