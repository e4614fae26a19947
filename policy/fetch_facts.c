/* The facts of a fetch as a shared object; fetch.c obtains them. */
#include <stdio.h>
#include <stdlib.h>

#include "policy/fetch.h"

enum { HTTPS_PORT = 443 };

struct sts_fetch_facts *sts_fetch_facts_new(const char *domain, uint16_t port)
{
    struct sts_fetch_facts *facts = calloc(1, sizeof *facts);
    if (!facts)
        return NULL;
    facts->references = 1;
    facts->problem = STS_FETCH_OURS;

    char port_text[sizeof ":65535"] = "";
    if (port != HTTPS_PORT)
        snprintf(port_text, sizeof port_text, ":%u", port);
    if (asprintf(&facts->url, "https://mta-sts.%s%s/.well-known/mta-sts.txt", domain, port_text) <
        0) {
        free(facts);
        return NULL;
    }
    return facts;
}

struct sts_fetch_facts *sts_fetch_facts_ref(struct sts_fetch_facts *facts)
{
    facts->references++;
    return facts;
}

void sts_fetch_facts_unref(struct sts_fetch_facts *facts)
{
    if (!facts || --facts->references > 0)
        return;
    tls_facts_unref(facts->tls);
    free(facts->body);
    free(facts->content_type);
    free(facts->error);
    free(facts->url);
    free(facts);
}
