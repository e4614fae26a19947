/*
 * Does this machine have a way out for an address family? No packet is sent to find out.
 */
#ifndef PROBE_ROUTE_H
#define PROBE_ROUTE_H

#include <stdbool.h>

#include "dns/address.h"

bool route_exists(enum dns_family family);

#endif
