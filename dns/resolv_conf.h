/*
 * The name servers of a resolv.conf(5). Private to dns.
 */
#ifndef DNS_RESOLV_CONF_H
#define DNS_RESOLV_CONF_H

#include <stddef.h>
#include <stdio.h>

#include "dns/resolver.h"

/*
 * Reads the `nameserver` lines of `file`, port 53, at most `max`, and returns how many. Addresses
 * with a zone ("fe80::1%eth0") are passed over, as is what is no address.
 */
size_t dns_resolv_conf_read(FILE *file, struct dns_server *out, size_t max);

#endif
