#include <stdlib.h>
#include <string.h>

#include "policy/reason.h"

const char reason_policy_host_fix[] = "Give the web server of mta-sts.{domain} a certificate from "
                                      "a public CA for that name, with its "
                                      "intermediate certificates.";

char *reason_fill(const char *template, const char *mx, const char *ip, const char *domain)
{
    const struct {
        const char *key, *value;
    } keys[] = {{"{mx}", mx ? mx : "the host"},
                {"{ip}", ip ? ip : "the host"},
                {"{domain}", domain ? domain : "the domain"}};
    const size_t n_keys = sizeof keys / sizeof keys[0];
    size_t longest = 1; /* what a byte of the template may become */
    for (size_t i = 0; i < n_keys; i++)
        longest = strlen(keys[i].value) > longest ? strlen(keys[i].value) : longest;
    char *out = strchr(template, '{') ? malloc(strlen(template) * longest + 1) : strdup(template);
    char *end = out;
    if (!out)
        return NULL;

    for (const char *at = template; *at;) {
        size_t skip = 0;
        for (size_t i = 0; !skip && *at == '{' && i < n_keys; i++) {
            if (strncmp(at, keys[i].key, strlen(keys[i].key)) == 0) {
                end = stpcpy(end, keys[i].value);
                skip = strlen(keys[i].key);
            }
        }
        if (!skip)
            *end++ = *at;
        at += skip ? skip : 1;
    }
    *end = '\0';
    return out;
}
