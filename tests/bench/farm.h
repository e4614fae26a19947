/*
 * The names of the benchmark's farm, which the sink, the clients and the zones agree on:
 *
 *     mail host I      mxIIII.test      at the address 127.1.0.1 + I
 *     policy host J    mta-sts.dJJJJJ.test, all at 127.2.0.1
 *     domain J         dJJJJJ.test      whose mail host is J modulo the number of hosts
 */
#ifndef BENCH_FARM_H
#define BENCH_FARM_H

#include <stdbool.h>
#include <stdint.h>

enum { FARM_NAME_MAX = 32, FARM_HOSTS_MAX = 60000, FARM_DOMAINS_MAX = 1000000 };

/* In host byte order. */
#define FARM_MAIL_ADDRESS UINT32_C(0x7f010001)
#define FARM_POLICY_ADDRESS UINT32_C(0x7f020001)

/* Each writes a name and a NUL. */
void farm_domain(uint32_t domain, char out[FARM_NAME_MAX]);
void farm_mail_host(uint32_t host, char out[FARM_NAME_MAX]);
void farm_policy_host(uint32_t domain, char out[FARM_NAME_MAX]);

/* The domain whose policy host this is. False when it is none. */
bool farm_domain_of_policy_host(const char *name, uint32_t *domain);

/* A decimal number from `least` to `most`. False when `text` is none. */
bool farm_read_number(const char *text, uint32_t least, uint32_t most, uint32_t *out);

#endif
