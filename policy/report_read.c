/*
 * From JSON text to the facts of a report. cJSON parses what json_scan has found to be well-formed
 * and small enough; nothing here recurses or grows with anything but what was counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/json_scan.h"
#include "policy/report_value.h"

/* --- failure-details -----------------------------------------------------------------------------
 */

static enum result_type find_result_type(const char *text)
{
    for (int type = RESULT_NONE + 1; type <= RESULT_DANE_REQUIRED; type++)
        if (text && strcmp(text, result_type_text((enum result_type)type)) == 0)
            return (enum result_type)type;
    return RESULT_NONE;
}

static void read_failure(struct report_object *object, const cJSON *json,
                         struct tlsrpt_failure *out)
{
    enum { TYPE, SENDER, MX, HELO, IP, COUNT, INFORMATION, CODE, N };
    static const struct report_field fields[N] = {
        [TYPE] = {"result-type", NULL},
        [SENDER] = {"sending-mta-ip", NULL},
        [MX] = {"receiving-mx-hostname", "receiving-mx-host-name"},
        [HELO] = {"receiving-mx-helo", NULL},
        [IP] = {"receiving-ip", NULL},
        [COUNT] = {"failed-session-count", NULL},
        [INFORMATION] = {"additional-information", "additional-info-uri"},
        [CODE] = {"failure-reason-code", NULL},
    };

    report_collect(object, json, fields, N);
    out->result_type = report_text(object, object->found[TYPE], fields[TYPE].name, true);
    out->type = find_result_type(out->result_type);
    if (out->result_type && out->type == RESULT_NONE)
        report_object_note(object, TLSRPT_UNKNOWN_RESULT_TYPE, fields[TYPE].name);
    out->sending_ip = report_address(object, object->found[SENDER], fields[SENDER].name);
    out->mx = report_text(object, object->found[MX], fields[MX].name, false);
    out->mx_helo = report_text(object, object->found[HELO], fields[HELO].name, false);
    out->ip = report_address(object, object->found[IP], fields[IP].name);
    out->count = report_count(object, object->found[COUNT], fields[COUNT].name);
    out->additional_information =
        report_text(object, object->found[INFORMATION], fields[INFORMATION].name, false);
    out->reason_code = report_text(object, object->found[CODE], fields[CODE].name, false);
}

/* One object in place of a list of one is taken for it. */
static void read_failures(struct report_object *policy, const cJSON *value,
                          struct tlsrpt_policy *out)
{
    static const char name[] = "failure-details";
    bool single = cJSON_IsObject(value);
    const cJSON *item = NULL;

    if (!report_has(policy, value, name, true))
        return;
    if (!single && !cJSON_IsArray(value)) {
        report_refuse(policy->reader, "%s%s: it is no list", policy->place, name);
        return;
    }
    size_t n = single ? 1 : (size_t)cJSON_GetArraySize(value);
    out->failures = calloc(n + 1, sizeof *out->failures);
    if (!out->failures) {
        policy->reader->no_memory = true;
        return;
    }
    if (single)
        report_object_note(policy, TLSRPT_WRONG_TYPE, name);
    item = single ? value : value->child;
    for (size_t i = 0; i < n; i++, item = item->next) {
        struct report_object object = {.reader = policy->reader};
        snprintf(object.place, sizeof object.place, "%.48s%s[%zu].", policy->place, name, i);
        if (!cJSON_IsObject(item)) {
            object.place[strlen(object.place) - 1] = '\0';
            report_refuse(policy->reader, "%s: it is no object", object.place);
            return;
        }
        read_failure(&object, item, &out->failures[out->n_failures++]);
    }
}

/* --- policies ------------------------------------------------------------------------------------
 */

static enum policy_type find_policy_type(const char *text)
{
    for (int type = POLICY_TYPE_NONE + 1; type <= POLICY_TYPE_TLSA; type++)
        if (text && strcmp(text, policy_type_text((enum policy_type)type)) == 0)
            return (enum policy_type)type;
    return POLICY_TYPE_NONE;
}

/* The member objects of a policy: false, and noted or refused, where there is none. */
static bool enter(struct report_object *policy, const cJSON *value, const char *name,
                  struct report_object *out)
{
    *out = (struct report_object){.reader = policy->reader};
    if (!report_has(policy, value, name, true))
        return false;
    if (!cJSON_IsObject(value)) {
        report_refuse(policy->reader, "%s%s: it is no object", policy->place, name);
        return false;
    }
    if (snprintf(out->place, sizeof out->place, "%s%s.", policy->place, name) < 0)
        return false;
    return true;
}

static void read_policy_facts(struct report_object *policy, const cJSON *value,
                              struct tlsrpt_policy *out)
{
    enum { TYPE, STRING, DOMAIN, MX, N };
    static const struct report_field fields[N] = {
        [TYPE] = {"policy-type", NULL},
        [STRING] = {"policy-string", NULL},
        [DOMAIN] = {"policy-domain", NULL},
        [MX] = {"mx-host", "mx-host-pattern"},
    };
    struct report_object object;

    if (!enter(policy, value, "policy", &object))
        return;
    report_collect(&object, value, fields, N);
    out->policy_type = report_text(&object, object.found[TYPE], fields[TYPE].name, true);
    out->type = find_policy_type(out->policy_type);
    if (out->policy_type && out->type == POLICY_TYPE_NONE)
        report_object_note(&object, TLSRPT_UNKNOWN_POLICY_TYPE, fields[TYPE].name);
    report_texts(&object, object.found[STRING], fields[STRING].name,
                 out->type == POLICY_TYPE_STS || out->type == POLICY_TYPE_TLSA,
                 &(struct report_texts){&out->policy_strings, &out->n_policy_strings, 0});
    out->policy_domain = report_text(&object, object.found[DOMAIN], fields[DOMAIN].name, true);
    report_texts(&object, object.found[MX], fields[MX].name, false,
                 &(struct report_texts){&out->mx_hosts, &out->n_mx_hosts, 0});
}

static void read_summary(struct report_object *policy, const cJSON *value,
                         struct tlsrpt_policy *out)
{
    enum { SUCCESSFUL, FAILED, N };
    static const struct report_field fields[N] = {
        [SUCCESSFUL] = {"total-successful-session-count", NULL},
        [FAILED] = {"total-failure-session-count", NULL},
    };
    struct report_object object;
    uint64_t of_details = 0;
    bool there = enter(policy, value, "summary", &object);

    if (there)
        report_collect(&object, value, fields, N);
    for (size_t i = 0; i < out->n_failures; i++)
        of_details = tlsrpt_count_add(of_details, out->failures[i].count);
    if (there)
        out->successful = report_count(&object, object.found[SUCCESSFUL], fields[SUCCESSFUL].name);
    out->failed = there && object.found[FAILED]
                      ? report_count(&object, object.found[FAILED], fields[FAILED].name)
                      : of_details;
    if (there && !object.found[FAILED])
        report_object_note(&object, TLSRPT_MISSING, fields[FAILED].name);
    if (of_details > out->failed)
        report_object_note(policy, TLSRPT_COUNTS_DIFFER, "failure-details");
}

static void read_policy(struct report_object *object, const cJSON *json, struct tlsrpt_policy *out)
{
    enum { POLICY, SUMMARY, DETAILS, N };
    static const struct report_field fields[N] = {
        [POLICY] = {"policy", NULL},
        [SUMMARY] = {"summary", NULL},
        [DETAILS] = {"failure-details", NULL},
    };

    report_collect(object, json, fields, N);
    read_policy_facts(object, object->found[POLICY], out);
    read_failures(object, object->found[DETAILS], out);
    read_summary(object, object->found[SUMMARY], out);
}

static void read_policies(struct report_reader *reader, const cJSON *list)
{
    struct tlsrpt_report *report = reader->report;
    size_t n = (size_t)cJSON_GetArraySize(list);
    const cJSON *item = list->child;

    report->policies = calloc(n + 1, sizeof *report->policies);
    if (!report->policies) {
        reader->no_memory = true;
        return;
    }
    for (size_t i = 0; i < n && !reader->refused && !reader->no_memory; i++, item = item->next) {
        struct report_object object = {.reader = reader};
        snprintf(object.place, sizeof object.place, "policies[%zu].", i);
        if (cJSON_IsObject(item))
            read_policy(&object, item, &report->policies[report->n_policies++]);
        else
            report_refuse(reader, "policies[%zu]: it is no object", i);
    }
}

/* --- the report ----------------------------------------------------------------------------------
 */

static void read_range(struct report_object *root, const cJSON *value)
{
    enum { START, END, N };
    static const struct report_field fields[N] = {
        [START] = {"start-datetime", NULL},
        [END] = {"end-datetime", NULL},
    };
    struct tlsrpt_report *report = root->reader->report;
    struct report_object object;

    if (!enter(root, value, "date-range", &object))
        return;
    report_collect(&object, value, fields, N);
    report->start_known =
        report_time(&object, object.found[START], fields[START].name, &report->start_s);
    report->end_known = report_time(&object, object.found[END], fields[END].name, &report->end_s);
}

static void read_report(struct report_reader *reader, const cJSON *json)
{
    enum { ORGANIZATION, RANGE, CONTACT, ID, POLICIES, N };
    static const struct report_field fields[N] = {
        [ORGANIZATION] = {"organization-name", NULL},
        [RANGE] = {"date-range", NULL},
        [CONTACT] = {"contact-info", NULL},
        [ID] = {"report-id", NULL},
        [POLICIES] = {"policies", NULL},
    };
    struct tlsrpt_report *report = reader->report;
    struct report_object root = {.reader = reader};

    if (!cJSON_IsObject(json)) {
        report_refuse(reader, "byte 0: JSON, but no object, and so no TLS-RPT report");
        return;
    }
    report_collect(&root, json, fields, N);
    if (!root.found[POLICIES] ||
        !(root.found[ORGANIZATION] || root.found[RANGE] || root.found[ID])) {
        report_refuse(reader, "JSON, but no TLS-RPT report: %s",
                      root.found[POLICIES] ? "it says neither whose it is nor of which time"
                                           : "there is no \"policies\"");
        return;
    }
    if (!cJSON_IsArray(root.found[POLICIES])) {
        report_refuse(reader, "policies: it is no list");
        return;
    }
    report->organization =
        report_text(&root, root.found[ORGANIZATION], fields[ORGANIZATION].name, true);
    read_range(&root, root.found[RANGE]);
    report->contact = report_text(&root, root.found[CONTACT], fields[CONTACT].name, true);
    report->report_id = report_text(&root, root.found[ID], fields[ID].name, true);
    read_policies(reader, root.found[POLICIES]);
}

/* NULL where it is refused or memory is out. */
static cJSON *parse(struct report_reader *reader, const uint8_t *bytes, size_t length)
{
    size_t offset = 0;
    const char *problem = NULL;
    size_t mark = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    if (length > TLSRPT_REPORT_SIZE_MAX) {
        report_refuse(reader, "byte %d: it is larger than a report may be", TLSRPT_REPORT_SIZE_MAX);
        return NULL;
    }
    if (!json_scan(bytes + mark, length - mark, TLSRPT_VALUES_MAX, &offset, &problem)) {
        report_refuse(reader, "byte %zu: no JSON: %s", mark + offset, problem);
        return NULL;
    }
    cJSON *json = cJSON_ParseWithLength((const char *)bytes + mark, length - mark);
    bool noted = !mark || tlsrpt_report_note(reader->report, TLSRPT_BYTE_ORDER_MARK, "byte 0") == 0;
    reader->no_memory = !json || !noted;
    return json;
}

int tlsrpt_report_read(const uint8_t *bytes, size_t length, struct tlsrpt_report *out,
                       char refusal[TLSRPT_REFUSAL_MAX])
{
    struct report_reader reader = {.report = out, .refusal = refusal};

    *out = (struct tlsrpt_report){0};
    refusal[0] = '\0';
    cJSON *json = parse(&reader, bytes, length);
    if (json)
        read_report(&reader, json);
    cJSON_Delete(json);
    if (!reader.refused && !reader.no_memory)
        return 0;
    tlsrpt_report_clear(out);
    return reader.no_memory ? -1 : 1;
}
