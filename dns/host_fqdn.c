#include "dns/host_fqdn.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/name.h"

enum { HOSTNAME_MAX = 256, LINE_MAX_BYTES = 4096 };

/* A copy of `name` as EHLO may carry it, or NULL. */
static char *qualified(const char *name)
{
    static const char local[] = "localhost";
    char ascii[DNS_NAME_MAX + 1];

    if (dns_name_from_user(name, ascii) != DNS_NAME_OK || strchr(ascii, '.') == NULL ||
        strncmp(ascii, local, sizeof local - 1) == 0)
        return NULL;
    return strdup(ascii);
}

/*
 * One line of hosts(5), "ADDRESS CANONICAL ALIAS...". When one of its names is `hostname`, the
 * first of them that is fully qualified; else NULL. Cuts the line into pieces.
 */
static char *from_line(char *line, const char *hostname)
{
    static const char blanks[] = " \t\r\n";
    char *rest = NULL;
    char *found = NULL;
    bool ours = false;

    line[strcspn(line, "#")] = '\0';
    if (strtok_r(line, blanks, &rest) == NULL)
        return NULL;
    for (char *name = strtok_r(NULL, blanks, &rest); name; name = strtok_r(NULL, blanks, &rest)) {
        ours = ours || dns_name_equal(name, hostname);
        if (!found)
            found = qualified(name);
    }
    if (ours)
        return found;
    free(found);
    return NULL;
}

char *dns_host_fqdn_from(const char *hostname, FILE *hosts)
{
    char line[LINE_MAX_BYTES];
    char *fqdn = qualified(hostname);

    while (!fqdn && hosts && fgets(line, sizeof line, hosts) != NULL)
        fqdn = from_line(line, hostname);
    return fqdn;
}

char *dns_host_fqdn(void)
{
    char hostname[HOSTNAME_MAX + 1] = "";
    FILE *hosts;
    char *fqdn;

    if (gethostname(hostname, sizeof hostname - 1) != 0)
        return NULL;
    hosts = fopen("/etc/hosts", "re");
    fqdn = dns_host_fqdn_from(hostname, hosts);
    if (hosts)
        fclose(hosts);
    return fqdn;
}
