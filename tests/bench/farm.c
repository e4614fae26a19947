#include "bench/farm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char policy_prefix[] = "mta-sts.d";

void farm_domain(uint32_t domain, char out[FARM_NAME_MAX])
{
    (void)snprintf(out, FARM_NAME_MAX, "d%05u.test", domain);
}

void farm_mail_host(uint32_t host, char out[FARM_NAME_MAX])
{
    (void)snprintf(out, FARM_NAME_MAX, "mx%04u.test", host);
}

void farm_policy_host(uint32_t domain, char out[FARM_NAME_MAX])
{
    (void)snprintf(out, FARM_NAME_MAX, "%s%05u.test", policy_prefix, domain);
}

bool farm_domain_of_policy_host(const char *name, uint32_t *domain)
{
    const size_t prefix = sizeof policy_prefix - 1;
    char digits[8];

    if (strncmp(name, policy_prefix, prefix) != 0)
        return false;
    const size_t length = strcspn(name + prefix, ".");
    if (length >= sizeof digits || strcmp(name + prefix + length, ".test") != 0)
        return false;
    memcpy(digits, name + prefix, length);
    digits[length] = '\0';
    return farm_read_number(digits, 0, FARM_DOMAINS_MAX - 1, domain);
}

bool farm_read_number(const char *text, uint32_t least, uint32_t most, uint32_t *out)
{
    char *end = NULL;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || value < least || value > most)
        return false;
    *out = (uint32_t)value;
    return true;
}
