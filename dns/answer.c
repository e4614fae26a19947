#include "dns/answer.h"

#include <stdlib.h>
#include <string.h>

struct dns_answer *dns_answer_new(const char *name, uint16_t type)
{
    struct dns_answer *answer = calloc(1, sizeof *answer);

    if (!answer)
        return NULL;
    answer->name = strdup(name);
    if (!answer->name) {
        free(answer);
        return NULL;
    }
    answer->references = 1;
    answer->type = type;
    answer->status = DNS_NOT_ASKED;
    answer->security = DNS_SECURITY_UNKNOWN;
    answer->ede_code = -1;
    return answer;
}

struct dns_answer *dns_answer_ref(struct dns_answer *answer)
{
    answer->references++;
    return answer;
}

static void record_clear(struct dns_record *record)
{
    switch (record->type) {
    case DNS_TYPE_MX:
        free(record->u.mx.host);
        break;
    case DNS_TYPE_TXT:
        free(record->u.text.bytes);
        break;
    case DNS_TYPE_TLSA:
        free(record->u.tlsa.data);
        break;
    case DNS_TYPE_CNAME:
        free(record->u.target);
        break;
    default:
        break;
    }
}

void dns_answer_unref(struct dns_answer *answer)
{
    if (!answer || --answer->references > 0)
        return;
    for (size_t i = 0; i < answer->n_records; i++)
        record_clear(&answer->records[i]);
    for (size_t i = 0; i < answer->n_aliases; i++)
        free(answer->aliases[i]);
    free(answer->records);
    free(answer->aliases);
    free(answer->ede_text);
    free(answer->name);
    free(answer);
}

/* Room for one more at the powers of two: no capacity to keep, and few moves. */
static void *grow(void *array, size_t used, size_t size)
{
    if (used != 0 && (used & (used - 1)) != 0)
        return array;
    return realloc(array, (used == 0 ? 1 : 2 * used) * size);
}

struct dns_record *dns_answer_add(struct dns_answer *answer)
{
    const size_t most = answer->type == DNS_TYPE_MX ? DNS_MX_RECORDS_MAX : DNS_RECORDS_MAX;
    struct dns_record *records;

    if (answer->n_records >= most) {
        answer->cut = true;
        return NULL;
    }
    records = grow(answer->records, answer->n_records, sizeof *records);
    if (!records)
        return NULL;
    answer->records = records;
    records += answer->n_records++;
    memset(records, 0, sizeof *records);
    records->type = answer->type;
    return records;
}

static size_t data_size(const struct dns_record *record)
{
    switch (record->type) {
    case DNS_TYPE_MX:
        return record->u.mx.host ? strlen(record->u.mx.host) : 0;
    case DNS_TYPE_TXT:
        return record->u.text.length;
    case DNS_TYPE_TLSA:
        return record->u.tlsa.length;
    case DNS_TYPE_CNAME:
        return record->u.target ? strlen(record->u.target) : 0;
    default:
        return 0;
    }
}

size_t dns_answer_size(const struct dns_answer *answer)
{
    size_t size = answer->n_records * sizeof *answer->records;

    if (answer->ede_text)
        size += strlen(answer->ede_text);
    for (size_t i = 0; i < answer->n_records; i++)
        size += data_size(&answer->records[i]);
    return size;
}

bool dns_answer_add_alias(struct dns_answer *answer, const char *target)
{
    char **aliases;
    char *copy;

    if (answer->n_aliases >= DNS_ALIASES_MAX)
        return false;
    aliases = grow(answer->aliases, answer->n_aliases, sizeof *aliases);
    if (!aliases)
        return false;
    answer->aliases = aliases;
    copy = strdup(target);
    if (!copy)
        return false;
    aliases[answer->n_aliases++] = copy;
    return true;
}

const char *dns_answer_canonical(const struct dns_answer *answer)
{
    return answer->n_aliases > 0 ? answer->aliases[answer->n_aliases - 1] : answer->name;
}

const char *dns_status_text(enum dns_status status)
{
    switch (status) {
    case DNS_FOUND:
        return "NOERROR";
    case DNS_NODATA:
        return "NODATA";
    case DNS_NXDOMAIN:
        return "NXDOMAIN";
    case DNS_SERVFAIL:
        return "SERVFAIL";
    case DNS_REFUSED:
        return "REFUSED";
    case DNS_TIMEOUT:
        return "timeout";
    case DNS_BOGUS:
        return "bogus";
    case DNS_MALFORMED:
        return "malformed";
    case DNS_NOT_ASKED:
        return "not asked";
    }
    return "unknown";
}

const char *dns_security_text(enum dns_security security)
{
    switch (security) {
    case DNS_SECURE:
        return "secure";
    case DNS_INSECURE:
        return "insecure";
    case DNS_SECURITY_BOGUS:
        return "bogus";
    case DNS_SECURITY_UNKNOWN:
        return "unknown";
    }
    return "unknown";
}

const char *dns_type_text(uint16_t type)
{
    switch (type) {
    case DNS_TYPE_A:
        return "A";
    case DNS_TYPE_CNAME:
        return "CNAME";
    case DNS_TYPE_SOA:
        return "SOA";
    case DNS_TYPE_MX:
        return "MX";
    case DNS_TYPE_TXT:
        return "TXT";
    case DNS_TYPE_AAAA:
        return "AAAA";
    case DNS_TYPE_OPT:
        return "OPT";
    case DNS_TYPE_TLSA:
        return "TLSA";
    default:
        return "unknown type";
    }
}

const char *dns_ede_name(int code)
{
    /* IANA, Domain Name System (DNS) Parameters, Extended DNS Error Codes. */
    static const char *const names[] = {
        "Other Error",
        "Unsupported DNSKEY Algorithm",
        "Unsupported DS Digest Type",
        "Stale Answer",
        "Forged Answer",
        "DNSSEC Indeterminate",
        "DNSSEC Bogus",
        "Signature Expired",
        "Signature Not Yet Valid",
        "DNSKEY Missing",
        "RRSIGs Missing",
        "No Zone Key Bit Set",
        "NSEC Missing",
        "Cached Error",
        "Not Ready",
        "Blocked",
        "Censored",
        "Filtered",
        "Prohibited",
        "Stale NXDOMAIN Answer",
        "Not Authoritative",
        "Not Supported",
        "No Reachable Authority",
        "Network Error",
        "Invalid Data",
        "Signature Expired before Valid",
        "Too Early",
        "Unsupported NSEC3 Iterations Value",
        "Unable to conform to policy",
        "Synthesized",
        "Invalid Query Type",
    };

    if (code < 0 || (size_t)code >= sizeof names / sizeof names[0])
        return NULL;
    return names[code];
}
