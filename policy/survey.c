#include "policy/survey.h"

#include <stdio.h>

#include "tls/registry.h"

const char *survey_status_text(enum survey_status status)
{
    static const char *const words[] = {
        [SURVEY_UNKNOWN] = "unknown", [SURVEY_REFUSED] = "refused", [SURVEY_ACCEPTED] = "accepted"};
    return words[status];
}

const char *survey_class_text(enum tls_suite_class suite_class)
{
    static const char *const words[] = {[TLS_SUITE_ANONYMOUS] = "anonymous",
                                        [TLS_SUITE_NULL] = "null",
                                        [TLS_SUITE_EXPORT] = "export",
                                        [TLS_SUITE_RC4] = "rc4",
                                        [TLS_SUITE_DES] = "des",
                                        [TLS_SUITE_STRONG] = "strong"};
    return words[suite_class];
}

const char *survey_cipher(const struct survey_answer *answer)
{
    const struct tls_suite *suite = tls_suite_find(answer->suite);

    return suite ? suite->openssl : NULL;
}

const char *survey_group(const struct survey_answer *answer, char buffer[SURVEY_GROUP_MAX])
{
    const char *name = tls_group_name(answer->group);

    if (name || (!answer->group && !answer->prime_bits))
        return name;
    if (answer->prime_bits)
        snprintf(buffer, SURVEY_GROUP_MAX, "dh %u", answer->prime_bits);
    else
        snprintf(buffer, SURVEY_GROUP_MAX, "0x%04x", answer->group);
    return buffer;
}
