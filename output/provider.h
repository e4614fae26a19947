/*
 * Who runs a mail host, as far as its name tells. Pure.
 */
#ifndef OUTPUT_PROVIDER_H
#define OUTPUT_PROVIDER_H

/*
 * The organisational domain of a host name in lower case without a final dot, as a part of `host`:
 * its last two labels, or the last three where the last one is a country code and the one before
 * it a usual registry label ("co.uk", "com.br", "or.jp"). A rule and not the Public Suffix List, so
 * that figures from different machines and years can be added up. The whole name where it has
 * fewer labels.
 */
const char *provider_of(const char *host);

#endif
