/*
 * A TLS-RPT report of what one probe saw (RFC 8460 4.4). What is counted, and why, stands in
 * policy/tlsrpt_session.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/escape.h"
#include "output/json_value.h"
#include "output/result.h"
#include "policy/tlsa.h"
#include "policy/tlsrpt_session.h"

/* One policy of the report in the making. */
struct part {
    const struct result *result;
    enum policy_type type;
    const struct host_facts *host; /* whose TLSA records; NULL for the other types */
    int64_t succeeded, failed;
    cJSON *details;
};

/* --- the policy (RFC 8460 4.5) ---------------------------------------------------------------- */

/* The body by its lines, errors included; a line feed at its end begins no further one. */
static bool put_sts_lines(cJSON *array, const uint8_t *body, size_t length)
{
    bool ok = true;

    for (size_t at = 0; ok && at < length;) {
        const uint8_t *line = body + at;
        const uint8_t *feed = memchr(line, '\n', length - at);
        size_t size = feed ? (size_t)(feed - line) : length - at;
        bool carried = feed && size > 0 && line[size - 1] == '\r';
        char *text = escape_bytes(line, size - carried);

        ok = text && json_take_element(array, cJSON_CreateString(text));
        free(text);
        at += size + 1;
    }
    return ok;
}

static bool put_tlsa_records(cJSON *array, const struct dns_answer *tlsa)
{
    bool ok = true;

    for (size_t i = 0; ok && tlsa && i < tlsa->n_records; i++) {
        char *text = tlsa_record_format(&tlsa->records[i]);
        ok = text && json_take_element(array, cJSON_CreateString(text));
        free(text);
    }
    return ok;
}

static bool put_policy_string(cJSON *object, const struct part *part)
{
    const struct verdict *verdict = part->result->verdict;
    const struct sts_fetch_facts *fetch = part->result->facts->sts_fetch;
    /* What came by any other way than a sound fetch is no policy, not even a bad one. */
    bool fetched =
        fetch && fetch->body &&
        (verdict->sts_status == STS_POLICY_VALID || verdict->sts_status == STS_POLICY_INVALID);
    cJSON *array = cJSON_CreateArray();

    if (!json_take(object, "policy-string", array))
        return false;
    if (part->type == POLICY_TYPE_STS)
        return !fetched || put_sts_lines(array, fetch->body, fetch->length);
    return !part->host || put_tlsa_records(array, part->host->tlsa);
}

/* Of MTA-STS the recipient domain, of DANE the TLSA base domain (RFC 8460 1.1). */
static const char *policy_domain(const struct part *part)
{
    if (!part->host)
        return part->result->facts->domain;
    return part->host->tlsa_base ? part->host->tlsa_base : part->host->host;
}

static bool put_policy(cJSON *object, const struct part *part)
{
    const struct sts_policy *policy = &part->result->verdict->policy;
    cJSON *inner = cJSON_CreateObject();

    return json_take(object, "policy", inner) &&
           json_put_word(inner, "policy-type", policy_type_text(part->type)) &&
           put_policy_string(inner, part) &&
           json_put_text(inner, "policy-domain", policy_domain(part)) &&
           (part->type != POLICY_TYPE_STS ||
            json_put_texts(inner, "mx-host", policy->mx, policy->valid ? policy->n_mx : 0));
}

/* --- its sessions ----------------------------------------------------------------------------- */

static bool put_address(cJSON *object, const char *key, const struct dns_address *address)
{
    char text[DNS_ADDRESS_TEXT_MAX];

    dns_address_format(address, text);
    return json_put_text(object, key, text);
}

/* What is not known is left out: RFC 8460 has no null. */
static bool put_detail(cJSON *details, const struct tlsrpt_place *place,
                       const struct finding *failure)
{
    const struct smtp_facts *endpoint = place->endpoint;
    cJSON *object = cJSON_CreateObject();

    return json_take_element(details, object) &&
           json_put_word(object, "result-type", result_type_text(failure->result_type)) &&
           (!endpoint || !endpoint->source_known ||
            put_address(object, "sending-mta-ip", &endpoint->source)) &&
           (!place->host || json_put_text(object, "receiving-mx-hostname", place->host->host)) &&
           (!endpoint || !endpoint->helo ||
            json_put_text(object, "receiving-mx-helo", endpoint->helo)) &&
           (!endpoint || put_address(object, "receiving-ip", &endpoint->address)) &&
           json_put_number(object, "failed-session-count", 1) &&
           json_put_word(object, "failure-reason-code", reason_info(failure->reason)->code);
}

static bool add_session(struct part *part, const struct tlsrpt_place *place)
{
    const struct finding *failure;

    switch (tlsrpt_session(part->result->verdict, part->type, place, &failure)) {
    case TLSRPT_SUCCEEDED:
        part->succeeded++;
        return true;
    case TLSRPT_FAILED:
        part->failed++;
        return put_detail(part->details, place, failure);
    case TLSRPT_NOT_COUNTED:
        break;
    }
    return true;
}

static bool add_host(struct part *part, const struct host_facts *host)
{
    const struct tlsrpt_place nowhere = {host, NULL};
    bool ok = host->n_endpoints > 0 || add_session(part, &nowhere);

    for (size_t i = 0; ok && i < host->n_endpoints; i++) {
        const struct tlsrpt_place place = {host, host->endpoints[i]};
        ok = add_session(part, &place);
    }
    return ok;
}

/* Does the host belong to the part? */
static bool is_of_part(const struct part *part, const struct host_facts *host)
{
    const struct result *result = part->result;

    if (part->host)
        return host == part->host;
    return part->type != POLICY_TYPE_NO_POLICY ||
           tlsrpt_has_no_policy(result->facts, result->verdict, host);
}

static bool add_sessions(struct part *part)
{
    const struct domain_facts *facts = part->result->facts;
    const struct tlsrpt_place nowhere = {NULL, NULL};
    bool ok = facts->n_hosts > 0 || add_session(part, &nowhere);

    for (size_t i = 0; ok && i < facts->n_hosts; i++)
        if (is_of_part(part, &facts->hosts[i]))
            ok = add_host(part, &facts->hosts[i]);
    return ok;
}

static bool put_summary(cJSON *object, const struct part *part)
{
    cJSON *inner = cJSON_CreateObject();

    return json_take(object, "summary", inner) &&
           json_put_number(inner, "total-successful-session-count", part->succeeded) &&
           json_put_number(inner, "total-failure-session-count", part->failed);
}

static bool put_part(cJSON *policies, const struct result *result, enum policy_type type,
                     const struct host_facts *host)
{
    struct part part = {.result = result, .type = type, .host = host};
    cJSON *object = cJSON_CreateObject();

    part.details = cJSON_CreateArray();
    bool ok = json_take_element(policies, object) && part.details && add_sessions(&part) &&
              put_policy(object, &part) && put_summary(object, &part);
    if (ok)
        return json_take(object, "failure-details", part.details);
    cJSON_Delete(part.details);
    return false;
}

/* --- the report ------------------------------------------------------------------------------- */

static bool put_policies(cJSON *root, const struct result *result)
{
    const struct domain_facts *facts = result->facts;
    const struct verdict *verdict = result->verdict;
    cJSON *array = cJSON_CreateArray();
    bool ok = json_take(root, "policies", array);
    bool unprotected = false;

    if (ok && tlsrpt_has_sts(verdict))
        ok = put_part(array, result, POLICY_TYPE_STS, NULL);
    if (ok && facts->n_hosts == 0 && tlsrpt_has_tlsa(facts, verdict, NULL))
        ok = put_part(array, result, POLICY_TYPE_TLSA, NULL);
    for (size_t i = 0; ok && i < facts->n_hosts; i++) {
        const struct host_facts *host = &facts->hosts[i];
        unprotected |= tlsrpt_has_no_policy(facts, verdict, host);
        if (tlsrpt_has_tlsa(facts, verdict, host))
            ok = put_part(array, result, POLICY_TYPE_TLSA, host);
    }
    return ok && (!unprotected || put_part(array, result, POLICY_TYPE_NO_POLICY, NULL));
}

/*
 * The time of the probe in whole seconds, which every reader of reports takes; sessions that a scan
 * shares between domains may be older than the domain's own part of it.
 */
static bool put_range(cJSON *root, const struct domain_facts *facts)
{
    enum { SECOND_MS = 1000 };
    int64_t begin_ms = facts->started_at_ms;
    int64_t end_ms = begin_ms + facts->elapsed_ms;
    cJSON *object = cJSON_CreateObject();

    for (size_t i = 0; i < facts->n_hosts; i++) {
        for (size_t j = 0; j < facts->hosts[i].n_endpoints; j++) {
            int64_t seen_ms = facts->hosts[i].endpoints[j]->observed_at_ms;
            begin_ms = seen_ms < begin_ms ? seen_ms : begin_ms;
        }
    }
    return json_take(root, "date-range", object) &&
           json_put_time_s(object, "start-datetime", begin_ms / SECOND_MS) &&
           json_put_time_s(object, "end-datetime", (end_ms + SECOND_MS - 1) / SECOND_MS);
}

/*
 * A report of what is not published yet must not be taken for one of what is, and the name of the
 * organisation is the one text of RFC 8460 that every reader of reports shows.
 */
static bool put_organization(cJSON *root, const struct result *result, const char *organization)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);

    if (!stream)
        return false;
    fputs(organization, stream);
    for (size_t i = 0; i < result->n_what_if; i++)
        fprintf(stream, "%s%s", i == 0 ? " (what if: " : ", ", result->what_if[i]);
    fputs(result->n_what_if > 0 ? ")" : "", stream);
    bool written = !ferror(stream);
    bool ok = fclose(stream) == 0 && written && json_put_text(root, "organization-name", text);
    free(text);
    return ok;
}

/* A random UUID (RFC 9562 5.4), which is what the RFC's own example has. */
static bool put_id(cJSON *root, const uint8_t random[TLSRPT_ID_LENGTH])
{
    const uint8_t *b = random;
    char text[sizeof "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"];

    snprintf(text, sizeof text,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], (b[6] & 0x0fu) | 0x40u, b[7], (b[8] & 0x3fu) | 0x80u, b[9],
             b[10], b[11], b[12], b[13], b[14], b[15]);
    return json_take(root, "report-id", cJSON_CreateString(text));
}

int result_print_tlsrpt(FILE *out, const struct result *result,
                        const struct tlsrpt_reporter *reporter)
{
    cJSON *root = cJSON_CreateObject();

    if (root && !(put_organization(root, result, reporter->organization) &&
                  put_range(root, result->facts) &&
                  json_put_text(root, "contact-info", reporter->contact) &&
                  put_id(root, reporter->id) && put_policies(root, result))) {
        cJSON_Delete(root);
        root = NULL;
    }
    return json_print_line(out, root);
}
