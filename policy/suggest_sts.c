/*
 * The MTA-STS record and policy (RFC 8461 3.1, 3.2) for the MX hosts of today.
 */
#include "policy/suggest_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "policy/sts.h"
#include "policy/timestamp.h"

static size_t count_labels(const char *name)
{
    size_t n = *name ? 1 : 0;

    for (; *name; name++)
        n += *name == '.';
    return n;
}

/* What stands behind the first label, or NULL where there is but one. */
static const char *parent_of(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot && dot[1] ? dot + 1 : NULL;
}

static bool is_or_is_below(const char *name, const char *ancestor)
{
    size_t length = strlen(name), size = strlen(ancestor);

    if (length < size || !dns_name_equal(name + length - size, ancestor))
        return false;
    return length == size || name[length - size - 1] == '.';
}

/*
 * May "*." stand before the name? Not where strangers have names there, as under co.uk: of a
 * foreign name of two labels that cannot be told.
 */
static bool may_have_wildcard(const char *parent, const char *domain)
{
    return is_or_is_below(parent, domain) || count_labels(parent) > 2;
}

/* Can the host stand in a policy? The grammar's own reader decides. False when out of memory too.
 */
static bool fits_policy(struct suggesting *suggesting, const char *host)
{
    struct sts_policy policy;
    char *text = NULL;
    int length = asprintf(&text, "version: STSv1\nmode: testing\nmx: %s\nmax_age: 86400\n", host);
    bool fits = false;

    if (length < 0 || sts_policy_read((const uint8_t *)text, (size_t)length, &policy) != 0) {
        suggesting->no_memory = true;
    } else {
        fits = policy.valid;
        sts_policy_clear(&policy);
    }
    if (length >= 0)
        free(text);
    return fits;
}

static size_t count_siblings(const struct domain_facts *facts, const char *parent)
{
    size_t n = 0;

    for (size_t i = 0; i < facts->n_hosts; i++) {
        const char *other = parent_of(facts->hosts[i].host);
        n += !facts->hosts[i].is_literal && other && dns_name_equal(other, parent);
    }
    return n;
}

/* The one that lists the host already, or NULL. */
static struct suggest_pattern *find_pattern(const struct suggestion *out, const char *host)
{
    for (size_t i = 0; i < out->n_patterns; i++)
        if (sts_pattern_matches(out->patterns[i].text, host))
            return &out->patterns[i];
    return NULL;
}

static void add_pattern(struct suggesting *suggesting, const char *host)
{
    struct suggestion *out = suggesting->out;
    const struct domain_facts *facts = suggesting->facts;
    struct suggest_pattern *known = find_pattern(out, host);
    const char *parent = parent_of(host);

    if (known) {
        known->n_hosts++;
        return;
    }
    bool wildcard = parent && may_have_wildcard(parent, facts->domain) &&
                    count_siblings(facts, parent) >= SUGGEST_WILDCARD_HOSTS;
    char *text = NULL;
    if (asprintf(&text, "%s%s", wildcard ? "*." : "", wildcard ? parent : host) < 0) {
        suggesting->no_memory = true;
        return;
    }
    out->patterns[out->n_patterns++] = (struct suggest_pattern){text, wildcard, 1};
}

static void add_patterns(struct suggesting *suggesting)
{
    const struct domain_facts *facts = suggesting->facts;

    suggesting->out->patterns = calloc(facts->n_hosts + 1, sizeof *suggesting->out->patterns);
    suggesting->no_memory |= !suggesting->out->patterns;
    for (size_t i = 0; i < facts->n_hosts && !suggesting->no_memory; i++) {
        const struct host_facts *host = &facts->hosts[i];
        const struct suggest_where where = {SUGGEST_STS, SEVERITY_WARNING, NULL, host->host, NULL};
        if (host->is_literal)
            continue; /* the judge tells of it */
        if (fits_policy(suggesting, host->host))
            add_pattern(suggesting, host->host);
        else if (!suggesting->no_memory)
            suggest_warn(suggesting, &where, "Give the host a name of letters, digits and hyphens.",
                         "%s cannot stand in a policy, so MTA-STS senders would not use it",
                         host->host);
    }
}

static void say_why(struct suggesting *suggesting)
{
    struct suggestion *out = suggesting->out;
    const struct suggest_pattern *wildcard = NULL;
    int length;

    for (size_t i = 0; i < out->n_patterns && !wildcard; i++)
        if (out->patterns[i].wildcard)
            wildcard = &out->patterns[i];
    if (wildcard)
        length = asprintf(&out->pattern_reason,
                          "a wildcard, for %zu MX hosts stand directly below %s: one more of them "
                          "will need no new policy; whoever can make names there can make an MX "
                          "host too, so list the names if that is not you alone",
                          wildcard->n_hosts, wildcard->text + 2);
    else
        length = asprintf(&out->pattern_reason,
                          "exact names, which let nobody else in; a new MX host has to be added "
                          "here, with a new id, before its MX record is published");
    if (length < 0) {
        out->pattern_reason = NULL;
        suggesting->no_memory = true;
    }
}

/* An id has letters and digits alone, and has to differ from the one before (section 3.1). */
static void make_record(struct suggesting *suggesting)
{
    struct suggestion *out = suggesting->out;
    char time[TIMESTAMP_TEXT_MAX], id[STS_ID_MAX + 1];
    size_t n = 0;

    timestamp_format_s(suggesting->options->now_s, time);
    for (const char *at = time; *at && n < STS_ID_MAX - 1; at++)
        if (*at != '-' && *at != ':')
            id[n++] = *at;
    id[n] = '\0';
    if (strcmp(id, suggesting->verdict->sts_record.id) == 0) {
        id[n++] = '1';
        id[n] = '\0';
    }
    if (asprintf(&out->sts_record, "v=STSv1; id=%s;", id) < 0) {
        out->sts_record = NULL;
        suggesting->no_memory = true;
    }
}

static void make_policy(struct suggesting *suggesting)
{
    struct suggestion *out = suggesting->out;
    size_t length = 0;
    FILE *stream = open_memstream(&out->sts_policy, &length);

    if (!stream) {
        suggesting->no_memory = true;
        return;
    }
    fputs("version: STSv1\nmode: testing\n", stream);
    for (size_t i = 0; i < out->n_patterns; i++)
        fprintf(stream, "mx: %s\n", out->patterns[i].text);
    fprintf(stream, "max_age: %d\n", SUGGEST_MAX_AGE_S);
    bool written = !ferror(stream);
    suggesting->no_memory |= fclose(stream) != 0 || !written;
}

void suggest_sts(struct suggesting *suggesting)
{
    add_patterns(suggesting);
    if (suggesting->no_memory || suggesting->out->n_patterns == 0)
        return;
    say_why(suggesting);
    make_record(suggesting);
    make_policy(suggesting);
}
