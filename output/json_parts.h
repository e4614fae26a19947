/*
 * The parts of the result object, one function a member; NULL when out of memory. Internal to the
 * JSON printer.
 */
#ifndef OUTPUT_JSON_PARTS_H
#define OUTPUT_JSON_PARTS_H

#include <cjson/cJSON.h>

#include "output/result.h"

cJSON *json_mx(const struct result *result);
cJSON *json_mta_sts(const struct result *result);
cJSON *json_tls_rpt(const struct tlsrpt_record *record);
cJSON *json_hosts(const struct result *result);
/* `tls` may be NULL: no handshake finished. */
cJSON *json_tls(const struct tls_facts *tls, const struct chain_verdict *verdict,
                const struct tls_resumption *resumption);
/* Null where there was no survey. */
cJSON *json_survey(const struct tls_survey *survey);

#endif
