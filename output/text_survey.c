/*
 * What the TLS survey of an address told.
 */
#include "output/text_parts.h"
#include "tls/registry.h"

enum { OLDEST_SOUND = 0x0303 }; /* RFC 8996 */

static void row(struct page *page, const char *label)
{
    page_row(page, TEXT_ADDRESS_INDENT, PAINT_NONE, label, TEXT_ADDRESS_BODY);
}

static void version(struct page *page, uint16_t number, const struct survey_answer *answer)
{
    char buffer[SURVEY_GROUP_MAX];
    const char *group = survey_group(answer, buffer);

    page_paint(page, number < OLDEST_SOUND ? PAINT_CAUTION : PAINT_NONE, tls_version_name(number));
    page_sayf(page, " with %s%s%s", survey_cipher(answer), group ? ", " : "", group ? group : "");
}

/* The accepted versions a line each, the newest first; then the others by what became of them. */
static void versions(struct page *page, const struct tls_survey *survey)
{
    const char *label = "survey";

    for (uint16_t i = SURVEY_VERSIONS; i-- > 0;) {
        if (survey->versions[i].status != SURVEY_ACCEPTED)
            continue;
        row(page, label);
        version(page, 0x0300 + i, &survey->versions[i]);
        label = "";
    }
    for (enum survey_status status = SURVEY_UNKNOWN; status <= SURVEY_REFUSED; status++) {
        const char *join = NULL;
        for (uint16_t i = SURVEY_VERSIONS; i-- > 0;) {
            if (survey->versions[i].status != status)
                continue;
            if (!join)
                row(page, label);
            page_sayf(page, "%s%s", join ? join : "", tls_version_name(0x0300 + i));
            join = ", ";
            label = "";
        }
        if (join)
            page_sayf(page, " %s", status == SURVEY_REFUSED ? "refused" : "could not be told");
    }
}

static const char *class_words(unsigned class)
{
    static const char *const words[] = {[TLS_SUITE_ANONYMOUS] = "anonymous",
                                        [TLS_SUITE_NULL] = "NULL",
                                        [TLS_SUITE_EXPORT] = "EXPORT",
                                        [TLS_SUITE_RC4] = "RC4",
                                        [TLS_SUITE_DES] = "DES and 3DES"};
    return words[class];
}

static void classes(struct page *page, const struct tls_survey *survey)
{
    static const char *const heads[] = {[SURVEY_UNKNOWN] = "could not be told: ",
                                        [SURVEY_REFUSED] = "refused: ",
                                        [SURVEY_ACCEPTED] = "accepted: "};
    const char *label = "weak suites";

    for (int status = SURVEY_ACCEPTED; status >= SURVEY_UNKNOWN; status--) {
        const char *join = NULL;
        for (unsigned i = 0; i < SURVEY_CLASSES; i++) {
            const struct survey_answer *answer = &survey->weak[i];
            if ((int)answer->status != status)
                continue;
            if (!join) {
                row(page, label);
                page_paint(page, status == SURVEY_ACCEPTED ? PAINT_CAUTION : PAINT_NONE,
                           heads[status]);
            }
            page_sayf(page, "%s%s", join ? join : "", class_words(i));
            if (status == SURVEY_ACCEPTED)
                page_sayf(page, " (%s, %s)", survey_cipher(answer),
                          tls_version_name(answer->version));
            join = ", ";
            label = "";
        }
    }
}

void text_survey(struct page *page, const struct tls_survey *survey)
{
    if (!survey->connections)
        return;
    versions(page, survey);
    classes(page, survey);
    row(page, "");
    page_sayf(page, "%u connection%s; ", survey->connections, survey->connections == 1 ? "" : "s");
    if (survey->order != SURVEY_ORDER_UNKNOWN)
        page_sayf(page, "the order of suites is the %s's; ",
                  survey->order == SURVEY_ORDER_SERVER ? "server" : "client");
    page_say(page, "whole lists of suites are the business of testssl.sh and sslscan");
}
