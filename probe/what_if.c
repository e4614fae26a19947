/* The options: from their text to the struct. The backend is in what_if_backend.c. */
#include "probe/what_if.h"

#include <stdlib.h>
#include <string.h>

#include "dns/name.h"

void what_if_clear(struct what_if *what_if)
{
    for (size_t i = 0; i < what_if->n_mx; i++)
        free(what_if->mx[i].host);
    for (size_t i = 0; i < what_if->n_hosts; i++)
        free(what_if->hosts[i].host);
    for (size_t i = 0; i < what_if->n_tlsa; i++) {
        free(what_if->tlsa[i].host);
        tlsa_text_clear(&what_if->tlsa[i].record);
    }
    sts_fetch_facts_unref(what_if->sts_policy);
    *what_if = (struct what_if){0};
}

/* A host name, or an address literal (an IPv6 one in brackets), in the form the job uses. */
static const char *read_host(const char *text, size_t length, char **out)
{
    char buffer[512], ascii[DNS_NAME_MAX + 1], canonical[DNS_ADDRESS_TEXT_MAX];
    struct dns_address literal;

    if (length >= sizeof buffer)
        return "the host name is too long";
    memcpy(buffer, text, length);
    buffer[length] = '\0';
    if (dns_address_parse(buffer, &literal)) {
        dns_address_format(&literal, canonical);
        *out = strdup(canonical);
    } else {
        enum dns_name_status status = dns_name_from_user(buffer, ascii);
        if (status != DNS_NAME_OK)
            return dns_name_status_text(status);
        *out = strdup(ascii);
    }
    return *out ? NULL : "out of memory";
}

static const char *read_preference(const char *text, uint16_t *out)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end || value > UINT16_MAX)
        return "the preference is not a number from 0 to 65535";
    *out = (uint16_t)value;
    return NULL;
}

/* Where the host ends: an IPv6 address need not stand in brackets unless a port follows. */
static const char *find_preference(const char *argument)
{
    struct dns_address literal;
    const char *closing = argument[0] == '[' ? strchr(argument, ']') : NULL;

    if (dns_address_parse(argument, &literal))
        return NULL;
    return strchr(closing ? closing : argument, ':');
}

const char *what_if_add_mx(struct what_if *what_if, const char *argument)
{
    const char *colon = find_preference(argument);
    size_t length = colon ? (size_t)(colon - argument) : strlen(argument);
    struct what_if_mx *mx = &what_if->mx[what_if->n_mx];

    if (what_if->n_mx == WHAT_IF_HOSTS_MAX)
        return "too many hosts";
    mx->preference = 10;
    const char *problem = colon ? read_preference(colon + 1, &mx->preference) : NULL;
    if (!problem)
        problem = read_host(argument, length, &mx->host);
    if (!problem)
        what_if->n_mx++;
    return problem;
}

static const char *read_addresses(const char *text, struct what_if_addresses *out)
{
    bool more = true;

    while (more) {
        size_t length = strcspn(text, ",");
        char one[DNS_ADDRESS_TEXT_MAX + 2];
        if (out->n == WHAT_IF_ADDRESSES_MAX)
            return "too many addresses";
        if (length >= sizeof one)
            return "not an IP address";
        memcpy(one, text, length);
        one[length] = '\0';
        if (!dns_address_parse(one, &out->addresses[out->n]))
            return "not an IP address";
        out->n++;
        more = text[length] == ',';
        text += length + more;
    }
    return NULL;
}

const char *what_if_add_addresses(struct what_if *what_if, const char *argument)
{
    const char *colon = strchr(argument, ':');
    struct what_if_addresses *host = &what_if->hosts[what_if->n_hosts];

    if (what_if->n_hosts == WHAT_IF_HOSTS_MAX)
        return "too many hosts";
    if (!colon)
        return "it is not of the form HOST:ADDR";
    *host = (struct what_if_addresses){0};
    const char *problem = read_addresses(colon + 1, host);
    if (!problem)
        problem = read_host(argument, (size_t)(colon - argument), &host->host);
    if (!problem)
        what_if->n_hosts++;
    return problem;
}

const char *what_if_add_tlsa(struct what_if *what_if, const char *argument)
{
    const char *colon = strchr(argument, ':');
    struct what_if_tlsa *tlsa = &what_if->tlsa[what_if->n_tlsa];
    const char *problem = NULL;

    if (what_if->n_tlsa == WHAT_IF_TLSA_MAX)
        return "too many records";
    if (!colon)
        return "it is not of the form 'HOST:U S M HEX'";
    *tlsa = (struct what_if_tlsa){0};
    if (tlsa_text_read(colon + 1, &tlsa->record, &problem) != 0)
        return "out of memory";
    if (!problem)
        problem = read_host(argument, (size_t)(colon - argument), &tlsa->host);
    if (problem)
        tlsa_text_clear(&tlsa->record);
    else
        what_if->n_tlsa++;
    return problem;
}
