#include "dns/resolv_conf.h"

#include <string.h>

enum { LINE_MAX_BYTES = 512, PORT_DNS = 53 };

static const char blanks[] = " \t\r\n";

/* The address of a "nameserver ADDRESS" line, ended by NUL inside `line`, or NULL. */
static const char *nameserver_of(char *line)
{
    static const char keyword[] = "nameserver";
    size_t n = sizeof keyword - 1;

    if (strncmp(line, keyword, n) != 0 || (line[n] != ' ' && line[n] != '\t'))
        return NULL;
    line += n + strspn(line + n, blanks);
    line[strcspn(line, blanks)] = '\0';
    return line;
}

size_t dns_resolv_conf_read(FILE *file, struct dns_server *out, size_t max)
{
    char line[LINE_MAX_BYTES];
    size_t n = 0;

    while (n < max && fgets(line, sizeof line, file) != NULL) {
        const char *address = nameserver_of(line);

        if (!address || !dns_address_parse(address, &out[n].address))
            continue;
        out[n++].port = PORT_DNS;
    }
    return n;
}
