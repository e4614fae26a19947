#include "probe/setback.h"

static void look_at_answer(const struct dns_answer *answer, struct setback *setback)
{
    if (!answer)
        return;
    bool unasked = answer->status == DNS_NOT_ASKED;
    setback->passing |= unasked;
    setback->ours |= unasked && !answer->had_no_turn;
    setback->resolver |= answer->status == DNS_TIMEOUT || (unasked && answer->had_no_turn);
}

static void look_at_session(const struct smtp_facts *endpoint, struct setback *setback)
{
    bool ours = endpoint->problem == SMTP_OURS;
    bool throttled = endpoint->problem == SMTP_TEMPORARY_REPLY &&
                     (endpoint->reply_code == 421 || endpoint->reply_code == 450);

    setback->ours |= ours;
    setback->passing |= ours || throttled || endpoint->problem == SMTP_DEADLINE;
}

static void look_at_host(const struct host_facts *host, struct setback *setback)
{
    look_at_answer(host->a, setback);
    look_at_answer(host->aaaa, setback);
    look_at_answer(host->cname, setback);
    /* Not asked is also what a deadline makes of it (host_job_cut): no shortage then. */
    if (host->tlsa && host->tlsa->status == DNS_NOT_ASKED)
        setback->passing = true;
    else
        look_at_answer(host->tlsa, setback);
    for (size_t i = 0; i < host->n_endpoints; i++)
        look_at_session(host->endpoints[i], setback);
}

struct setback setback_of(const struct domain_facts *facts)
{
    struct setback setback = {0};

    if (!facts || facts->trouble)
        setback.ours = setback.passing = true;
    if (!facts)
        return setback;
    look_at_answer(facts->mx, &setback);
    look_at_answer(facts->sts_txt, &setback);
    look_at_answer(facts->tlsrpt_txt, &setback);
    if (facts->sts_fetch && facts->sts_fetch->problem == STS_FETCH_OURS)
        setback.ours = setback.passing = true;
    for (size_t i = 0; i < facts->n_hosts; i++)
        look_at_host(&facts->hosts[i], &setback);
    return setback;
}
