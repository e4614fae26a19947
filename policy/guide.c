#include "policy/guide.h"

#include "policy/guide_parts.h"

static const struct guide_subject *const subjects[] = {
    &guide_certificate, &guide_handshake, &guide_smtp, &guide_sts,
    &guide_dane,        &guide_dns,       &guide_run,
};

const struct guide_subject *const *guide_subjects(size_t *n)
{
    *n = sizeof subjects / sizeof subjects[0];
    return subjects;
}

static const struct guide *find(const struct guide_subject *subject, enum reason reason)
{
    for (size_t i = 0; i < subject->n_guides; i++)
        if (subject->guides[i].reason == reason)
            return &subject->guides[i];
    return NULL;
}

const struct guide *guide_for(enum reason reason)
{
    const struct guide *guide = NULL;

    for (size_t i = 0; !guide && i < sizeof subjects / sizeof subjects[0]; i++)
        guide = find(subjects[i], reason);
    return guide;
}

size_t guide_reports(const struct guide *guide)
{
    size_t n = 1;

    while (n < GUIDE_REPORTS_MAX && (guide->reported[n].type || guide->reported[n].when))
        n++;
    return n;
}
