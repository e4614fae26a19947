#include "dns/lookup.h"

#include <string.h>

#include "dns/clock.h"

enum { RCODE_FORMERR = 1, RCODE_SERVFAIL = 2 };

static void on_answer(void *arg, struct dns_answer *take_answer);

static bool is_conclusive(const struct dns_answer *answer)
{
    return answer->status == DNS_FOUND || answer->status == DNS_NODATA ||
           answer->status == DNS_NXDOMAIN;
}

/* The further a server came with the question, the more its failure says. */
static int rank(enum dns_status status)
{
    switch (status) {
    case DNS_NOT_ASKED:
        return 0;
    case DNS_TIMEOUT:
        return 1;
    case DNS_REFUSED:
        return 2;
    case DNS_MALFORMED:
        return 3;
    case DNS_SERVFAIL:
        return 4;
    case DNS_FOUND:
    case DNS_NODATA:
    case DNS_NXDOMAIN:
    case DNS_BOGUS:
        return 5;
    }
    return 0;
}

/* Keeps the answer, or gives it back when an earlier one is better. */
static void keep_better(struct dns_lookup *lookup, struct dns_answer *take_answer)
{
    if (rank(take_answer->status) >= rank(lookup->best->status)) {
        dns_answer_unref(lookup->best);
        lookup->best = take_answer;
    } else {
        dns_answer_unref(take_answer);
    }
}

/* RFC 6840 5.8: AD is worth what the server and the way to it are worth. */
static void judge_security(struct dns_lookup *lookup, struct dns_answer *answer)
{
    struct dns_servers *servers = lookup->servers;
    bool is_root_soa = answer->name[0] == '\0' && answer->type == DNS_TYPE_SOA;

    if (answer->ad)
        servers->validation = DNS_VALIDATES;
    else if (is_root_soa && servers->validation == DNS_VALIDATION_UNKNOWN)
        servers->validation = DNS_DOES_NOT_VALIDATE;
    if (servers->list[lookup->server].believed)
        answer->security = answer->ad ? DNS_SECURE : DNS_INSECURE;
}

/* False when out of memory. */
static bool send_request(struct dns_lookup *lookup)
{
    struct dns_upstream *upstream = lookup->servers->list[lookup->server].upstream;

    lookup->request = dns_upstream_ask(upstream, lookup->best->name, lookup->best->type,
                                       lookup->flags, on_answer, lookup);
    if (lookup->request)
        lookup->servers->sent++;
    return lookup->request != NULL;
}

/* False when no server is left that could be asked. */
static bool ask_next_server(struct dns_lookup *lookup)
{
    size_t next;

    while ((next = dns_servers_pick(lookup->servers, lookup->tried, dns_clock_monotonic_ms())) <
           lookup->servers->n) {
        lookup->tried |= 1U << next;
        lookup->server = next;
        lookup->flags = 0;
        if (send_request(lookup))
            return true;
    }
    return false;
}

/* False when there was no memory for it. */
static bool ask_again(struct dns_lookup *lookup, enum dns_request_flags flag)
{
    lookup->flags |= flag;
    return send_request(lookup) || ask_next_server(lookup);
}

/* The answer to the question with CD. Its data is of no use; that there is an answer is news. */
static bool step_after_cd(struct dns_lookup *lookup, struct dns_answer *take_answer)
{
    bool bogus = is_conclusive(take_answer);

    dns_answer_unref(take_answer);
    if (!bogus)
        return ask_next_server(lookup);
    /* `best` is the SERVFAIL that led here: nothing outranks it. */
    lookup->best->status = DNS_BOGUS;
    lookup->best->security = DNS_SECURITY_BOGUS;
    return false;
}

/* Takes one answer in. True when the lookup goes on. */
static bool step(struct dns_lookup *lookup, struct dns_answer *take_answer)
{
    uint8_t rcode = take_answer->rcode;
    bool failed = take_answer->status == DNS_SERVFAIL; /* by whatever rcode */
    bool settled = is_conclusive(take_answer);

    if ((lookup->flags & DNS_REQUEST_CD) != 0)
        return step_after_cd(lookup, take_answer);
    if (settled)
        judge_security(lookup, take_answer);
    keep_better(lookup, take_answer);
    if (settled)
        return false;
    if (failed && rcode == RCODE_FORMERR && (lookup->flags & DNS_REQUEST_PLAIN) == 0)
        return ask_again(lookup, DNS_REQUEST_PLAIN);
    if (failed && rcode == RCODE_SERVFAIL)
        return ask_again(lookup, DNS_REQUEST_CD);
    return ask_next_server(lookup);
}

static void on_answer(void *arg, struct dns_answer *take_answer)
{
    struct dns_lookup *lookup = arg;

    lookup->request = NULL;
    lookup->sent = true;
    dns_servers_note(lookup->servers, lookup->server, take_answer->status,
                     dns_clock_monotonic_ms());
    if (!step(lookup, take_answer))
        lookup->done(lookup->arg);
}

int dns_lookup_init(struct dns_lookup *lookup, struct dns_servers *servers, const char *name,
                    uint16_t type, dns_lookup_done_fn *done, void *arg)
{
    memset(lookup, 0, sizeof *lookup);
    lookup->servers = servers;
    lookup->done = done;
    lookup->arg = arg;
    /* Made now, so that there is an answer to give even when memory has run out. */
    lookup->best = dns_answer_new(name, type);
    return lookup->best ? 0 : -1;
}

bool dns_lookup_start(struct dns_lookup *lookup)
{
    return ask_next_server(lookup);
}

void dns_lookup_expire(struct dns_lookup *lookup)
{
    struct dns_answer *best = lookup->best;

    if (lookup->request && dns_request_sent(lookup->request))
        lookup->sent = true;
    if (best->status == DNS_NOT_ASKED && lookup->sent)
        best->status = DNS_TIMEOUT;
    if (best->status == DNS_NOT_ASKED) {
        best->had_no_turn = true;
        best->ede_text = strdup("too many DNS questions were waiting");
    }
    if (lookup->request)
        dns_request_cancel(lookup->request);
    lookup->request = NULL;
}

void dns_lookup_clear(struct dns_lookup *lookup)
{
    if (lookup->request)
        dns_request_cancel(lookup->request);
    lookup->request = NULL;
    dns_answer_unref(lookup->best);
    lookup->best = NULL;
}
