#include "fake_backend.h"

#include "case.h"

/* --- starting and stopping --- */

static struct fake_pending *begin(struct fake *fake, enum fake_kind kind, const char *name,
                                  void *arg)
{
    if (fake->fail_all)
        return NULL;
    if (fake->fail_at && fake->n_pending + 1 == fake->fail_at) {
        fake->fail_at = 0;
        return NULL;
    }
    struct fake_pending *pending = calloc(1, sizeof *pending);
    assert_non_null(pending);
    assert_true(fake->n_pending < FAKE_PENDING_MAX);
    pending->fake = fake;
    pending->kind = kind;
    pending->open = true;
    pending->arg = arg;
    snprintf(pending->name, sizeof pending->name, "%s", name ? name : "");
    fake->pending[fake->n_pending++] = pending;
    return pending;
}

static void cancel(void *self, void *handle)
{
    struct fake_pending *pending = handle;

    assert_ptr_equal(self, pending->fake);
    assert_true(pending->open); /* a handle is good until it has ended, and once */
    pending->open = false;
    pending->fake->n_cancelled++;
}

static void *ask(void *self, const char *name, uint16_t type, backend_answer_fn *done, void *arg)
{
    struct fake_pending *pending = begin(self, FAKE_QUESTION, name, arg);

    if (pending) {
        pending->type = type;
        pending->done.answer = done;
    }
    return pending;
}

static struct smtp_facts *facts_of(const struct fake_pending *pending)
{
    struct smtp_facts *facts = smtp_facts_new(&pending->target.address, pending->target.port);

    assert_non_null(facts);
    return facts;
}

static void *session(void *self, const struct smtp_target *target, backend_session_fn *done,
                     void *arg)
{
    struct fake_pending *pending = begin(self, FAKE_SESSION, target->sni, arg);

    if (pending) {
        pending->target = *target;
        pending->done.session = done;
    }
    return pending;
}

static struct smtp_facts *session_cut(void *self, void *handle, enum smtp_problem why)
{
    struct smtp_facts *facts = facts_of(handle);

    cancel(self, handle);
    facts->problem = why;
    return facts;
}

static void *fetch(void *self, const char *domain, const struct dns_address *addresses,
                   size_t n_addresses, backend_fetch_fn *done, void *arg)
{
    struct fake_pending *pending = begin(self, FAKE_FETCH, domain, arg);

    assert_true(addresses && n_addresses > 0);
    if (pending)
        pending->done.fetch = done;
    return pending;
}

static void *soon(void *self, void (*run)(void *arg), void *arg)
{
    struct fake_pending *pending = begin(self, FAKE_SOON, "", arg);

    if (pending)
        pending->done.soon = run;
    return pending;
}

/* --- the rest --- */

static int64_t wall_ms(void *self)
{
    (void)self;
    return FAKE_WALL_MS;
}

static int64_t monotonic_ms(void *self)
{
    (void)self;
    return FAKE_MONOTONIC_MS;
}

static bool ad_believed(void *self)
{
    return ((struct fake *)self)->ad_believed;
}

static enum dns_validation validation(void *self)
{
    (void)self;
    return DNS_VALIDATES;
}

struct backend fake_backend(struct fake *fake)
{
    static const struct answer_ops dns = {.ask = ask, .cancel = cancel};
    static const struct session_ops sessions = {.start = session, .cut = session_cut};
    static const struct fetch_ops fetches = {.start = fetch, .cancel = cancel};
    static const struct backend_ops ops = {
        .soon = soon,
        .soon_cancel = cancel,
        .wall_ms = wall_ms,
        .monotonic_ms = monotonic_ms,
        .ad_believed = ad_believed,
        .validation = validation,
    };

    return (struct backend){.dns = &dns,
                            .dns_self = fake,
                            .sessions = &sessions,
                            .sessions_self = fake,
                            .fetches = &fetches,
                            .fetches_self = fake,
                            .ops = &ops,
                            .self = fake};
}

void fake_clear(struct fake *fake)
{
    for (size_t i = 0; i < fake->n_pending; i++) {
        if (fake->pending[i]->open)
            fail_msg("%s is left open", fake->pending[i]->name);
        free(fake->pending[i]);
    }
    *fake = (struct fake){0};
}

/* --- letting things end --- */

size_t fake_begun(const struct fake *fake, enum fake_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < fake->n_pending; i++)
        n += fake->pending[i]->kind == kind;
    return n;
}

size_t fake_open(const struct fake *fake, enum fake_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < fake->n_pending; i++)
        n += fake->pending[i]->kind == kind && fake->pending[i]->open;
    return n;
}

static void answer_question(struct fake_pending *pending)
{
    struct dns_answer *answer = pending->fake->answer(pending->name, pending->type);

    if (!answer)
        answer = fake_denial(pending->name, pending->type, DNS_NODATA);
    pending->done.answer(pending->arg, answer);
    dns_answer_unref(answer);
}

static void end_session(struct fake_pending *pending)
{
    struct smtp_facts *facts = facts_of(pending);

    const struct fake_ending fine = {SMTP_FINE, SMTP_STAGE_DONE};
    const struct fake_ending *ending = pending->fake->ending ? pending->fake->ending : &fine;

    facts->problem = ending->problem;
    facts->stage = ending->stage;
    pending->done.session(pending->arg, facts);
}

static void end_fetch(struct fake_pending *pending)
{
    struct sts_fetch_facts *facts = sts_fetch_facts_new(pending->name, 443);

    assert_non_null(facts);
    facts->problem = STS_FETCH_OK;
    facts->http_status = 200;
    pending->done.fetch(pending->arg, facts);
}

static void end(struct fake_pending *pending)
{
    pending->open = false;
    switch (pending->kind) {
    case FAKE_QUESTION:
        answer_question(pending);
        break;
    case FAKE_SESSION:
        end_session(pending);
        break;
    case FAKE_FETCH:
        end_fetch(pending);
        break;
    case FAKE_SOON:
        pending->done.soon(pending->arg);
        break;
    }
}

bool fake_step(struct fake *fake, bool newest)
{
    for (size_t i = 0; i < fake->n_pending; i++) {
        struct fake_pending *pending = fake->pending[newest ? fake->n_pending - 1 - i : i];
        if (pending->open) {
            end(pending);
            return true;
        }
    }
    return false;
}

bool fake_end(struct fake *fake, const char *name, uint16_t type)
{
    for (size_t i = 0; i < fake->n_pending; i++) {
        struct fake_pending *pending = fake->pending[i];
        if (pending->open && pending->type == type && strcmp(pending->name, name) == 0) {
            end(pending);
            return true;
        }
    }
    return false;
}

/* --- answers --- */

struct dns_answer *fake_denial(const char *name, uint16_t type, enum dns_status status)
{
    struct dns_answer *answer = dns_answer_new(name, type);

    assert_non_null(answer);
    answer->status = status;
    answer->security = DNS_INSECURE;
    return answer;
}

static struct dns_record *add(struct dns_answer *answer)
{
    struct dns_record *record = dns_answer_add(answer);

    assert_non_null(record);
    answer->status = DNS_FOUND;
    return record;
}

struct dns_answer *fake_addresses(const char *name, uint16_t type, enum dns_security security,
                                  const char *const addresses[])
{
    struct dns_answer *answer = fake_denial(name, type, DNS_NODATA);

    answer->security = security;
    for (size_t i = 0; addresses[i]; i++)
        assert_true(dns_address_parse(addresses[i], &add(answer)->u.address));
    return answer;
}

struct dns_answer *fake_mx(const char *name, const char *const hosts[])
{
    struct dns_answer *answer = fake_denial(name, DNS_TYPE_MX, DNS_NODATA);

    for (size_t i = 0; hosts[i]; i++) {
        struct dns_record *record = add(answer);
        record->u.mx.preference = (uint16_t)(10 * (i + 1));
        record->u.mx.host = strdup(hosts[i]);
        assert_non_null(record->u.mx.host);
    }
    return answer;
}

struct dns_answer *fake_text(const char *name, const char *text)
{
    struct dns_answer *answer = fake_denial(name, DNS_TYPE_TXT, DNS_NODATA);
    struct dns_record *record = add(answer);

    record->u.text.bytes = (uint8_t *)strdup(text);
    assert_non_null(record->u.text.bytes);
    record->u.text.length = strlen(text);
    return answer;
}
