#include "probe/what_if.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"

struct what_if_backend {
    const struct what_if *options;
    const char *domain;
    uint16_t port;
    struct backend inner;
};

/* A question that is under way: a supplied answer waiting for the loop, or one passed on. */
struct question {
    struct what_if_backend *backend;
    void *inner; /* of ask, or of soon where `supplied` is set */
    struct dns_answer *supplied;
    backend_answer_fn *done;
    void *arg;
};

/* --- making answers ------------------------------------------------------------------------ */

static struct dns_answer *new_supplied(struct what_if_backend *backend, const char *name,
                                       uint16_t type)
{
    struct dns_answer *answer = dns_answer_new(name, type);
    if (!answer)
        return NULL;
    answer->status = DNS_NODATA;
    answer->security = DNS_SECURE;
    answer->supplied = true;
    answer->taken_at_ms = backend->inner.ops->wall_ms(backend->inner.self);
    return answer;
}

static bool add_mx(struct dns_answer *answer, const struct what_if_mx *mx)
{
    struct dns_record *record = dns_answer_add(answer);
    if (!record)
        return false;
    record->type = DNS_TYPE_MX;
    record->u.mx.preference = mx->preference;
    record->u.mx.host = strdup(mx->host);
    return record->u.mx.host != NULL;
}

static bool add_text(struct dns_answer *answer, const char *text)
{
    struct dns_record *record = dns_answer_add(answer);
    if (!record)
        return false;
    record->type = DNS_TYPE_TXT;
    record->u.text.bytes = (uint8_t *)strdup(text);
    record->u.text.length = strlen(text);
    return record->u.text.bytes != NULL;
}

static bool add_tlsa(struct dns_answer *answer, const struct tlsa_text *text)
{
    struct dns_record *record = dns_answer_add(answer);
    if (!record)
        return false;
    record->type = DNS_TYPE_TLSA;
    record->u.tlsa.usage = text->usage;
    record->u.tlsa.selector = text->selector;
    record->u.tlsa.matching = text->matching;
    record->u.tlsa.data = malloc(text->length + 1);
    if (!record->u.tlsa.data)
        return false;
    memcpy(record->u.tlsa.data, text->data, text->length);
    record->u.tlsa.length = text->length;
    return true;
}

static bool add_addresses(struct dns_answer *answer, const struct what_if_addresses *host,
                          enum dns_family family)
{
    for (size_t i = 0; i < host->n; i++) {
        if (host->addresses[i].family != family)
            continue;
        struct dns_record *record = dns_answer_add(answer);
        if (!record)
            return false;
        record->type = answer->type;
        record->u.address = host->addresses[i];
    }
    return true;
}

/* --- which question is answered from the options ---------------------------------------------- */

static bool is_under(const char *name, const char *prefix, const char *base)
{
    size_t length = strlen(prefix);

    return strncmp(name, prefix, length) == 0 && dns_name_equal(name + length, base);
}

static bool fill_addresses(const struct what_if *options, struct dns_answer *answer, bool *supplied)
{
    enum dns_family family = answer->type == DNS_TYPE_A ? DNS_IPV4 : DNS_IPV6;
    bool ok = true;

    for (size_t i = 0; i < options->n_hosts; i++) {
        if (dns_name_equal(options->hosts[i].host, answer->name)) {
            *supplied = true;
            ok = ok && add_addresses(answer, &options->hosts[i], family);
        }
    }
    return ok;
}

static bool fill_tlsa(const struct what_if_backend *backend, struct dns_answer *answer,
                      bool *supplied)
{
    const struct what_if *options = backend->options;
    char prefix[16];
    bool ok = true;

    snprintf(prefix, sizeof prefix, "_%u._tcp.", backend->port);
    for (size_t i = 0; i < options->n_tlsa; i++) {
        if (is_under(answer->name, prefix, options->tlsa[i].host)) {
            *supplied = true;
            ok = ok && add_tlsa(answer, &options->tlsa[i].record);
        }
    }
    return ok;
}

static bool fill_mx(const struct what_if_backend *backend, struct dns_answer *answer,
                    bool *supplied)
{
    const struct what_if *options = backend->options;
    bool ok = true;

    *supplied = options->n_mx && dns_name_equal(answer->name, backend->domain);
    for (size_t i = 0; *supplied && i < options->n_mx; i++)
        ok = ok && add_mx(answer, &options->mx[i]);
    return ok;
}

static bool fill_text(const struct what_if_backend *backend, struct dns_answer *answer,
                      bool *supplied)
{
    const char *text = NULL;

    if (is_under(answer->name, "_mta-sts.", backend->domain))
        text = backend->options->sts_record;
    else if (is_under(answer->name, "_smtp._tls.", backend->domain))
        text = backend->options->tlsrpt_record;
    *supplied = text != NULL;
    return !text || add_text(answer, text);
}

/* Returns false when out of memory; `*out` is NULL where the options say nothing. */
static bool supply(struct what_if_backend *backend, const char *name, uint16_t type,
                   struct dns_answer **out)
{
    struct dns_answer *answer = new_supplied(backend, name, type);
    bool supplied = false, ok = answer != NULL;

    *out = NULL;
    if (ok && (type == DNS_TYPE_A || type == DNS_TYPE_AAAA))
        ok = fill_addresses(backend->options, answer, &supplied);
    else if (ok && type == DNS_TYPE_TLSA)
        ok = fill_tlsa(backend, answer, &supplied);
    else if (ok && type == DNS_TYPE_MX)
        ok = fill_mx(backend, answer, &supplied);
    else if (ok && type == DNS_TYPE_TXT)
        ok = fill_text(backend, answer, &supplied);
    if (!ok || !supplied) {
        dns_answer_unref(answer);
        return ok;
    }
    if (answer->n_records)
        answer->status = DNS_FOUND;
    *out = answer;
    return true;
}

/* --- the backend -------------------------------------------------------------------------------
 */

static void on_inner_answer(void *arg, struct dns_answer *answer)
{
    struct question *question = arg;
    backend_answer_fn *done = question->done;
    void *done_arg = question->arg;

    free(question);
    done(done_arg, answer);
}

static void on_supplied(void *arg)
{
    struct question *question = arg;
    struct dns_answer *answer = question->supplied;

    on_inner_answer(question, answer);
    dns_answer_unref(answer);
}

static void *ask(void *self, const char *name, uint16_t type, backend_answer_fn *done, void *arg)
{
    struct what_if_backend *backend = self;
    const struct backend *inner = &backend->inner;
    struct question *question = calloc(1, sizeof *question);

    if (!question)
        return NULL;
    *question = (struct question){.backend = backend, .done = done, .arg = arg};
    if (!supply(backend, name, type, &question->supplied)) {
        free(question);
        return NULL;
    }
    if (question->supplied)
        question->inner = inner->ops->soon(inner->self, on_supplied, question);
    else
        question->inner = inner->dns->ask(inner->dns_self, name, type, on_inner_answer, question);
    if (question->inner)
        return question;
    dns_answer_unref(question->supplied);
    free(question);
    return NULL;
}

static void cancel(void *self, void *handle)
{
    struct what_if_backend *backend = self;
    struct question *question = handle;
    const struct backend *inner = &backend->inner;

    if (question->supplied)
        inner->ops->soon_cancel(inner->self, question->inner);
    else
        inner->dns->cancel(inner->dns_self, question->inner);
    dns_answer_unref(question->supplied);
    free(question);
}

static const struct answer_ops what_if_ops = {.ask = ask, .cancel = cancel};

struct what_if_backend *what_if_backend_new(const struct what_if *what_if, const char *domain,
                                            uint16_t port, struct backend inner)
{
    struct what_if_backend *backend = calloc(1, sizeof *backend);
    if (!backend)
        return NULL;
    *backend = (struct what_if_backend){what_if, domain, port, inner};
    return backend;
}

void what_if_backend_free(struct what_if_backend *backend)
{
    free(backend);
}

struct backend what_if_backend(struct what_if_backend *backend)
{
    struct backend front = backend->inner;

    front.dns = &what_if_ops;
    front.dns_self = backend;
    return front;
}
