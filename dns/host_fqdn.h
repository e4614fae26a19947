/*
 * This host's own name, for EHLO (RFC 5321 4.1.1.1).
 */
#ifndef DNS_HOST_FQDN_H
#define DNS_HOST_FQDN_H

#include <stdio.h>

/*
 * The fully qualified name of this host: what gethostname(2) says, or where that has no dot, the
 * name that /etc/hosts gives it. Never asks the DNS. Lower case, no final dot; the caller frees.
 * NULL when there is none that is a valid name with a dot and not of localhost, or no memory.
 */
char *dns_host_fqdn(void);

/*
 * The pure part: `hostname` as the system has it, and a hosts(5) file to look it up in, or NULL for
 * none.
 */
char *dns_host_fqdn_from(const char *hostname, FILE *hosts);

#endif
