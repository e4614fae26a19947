#include "probe/smtp_phases.h"

#include <errno.h>
#include <stdlib.h>

#include "probe/smtp_greeting.h"

/* Our own trouble or limit: never a statement about the server. */
static bool is_ours(enum smtp_problem problem)
{
    return problem == SMTP_OURS || problem == SMTP_INTERRUPTED || problem == SMTP_DEADLINE;
}

static int connect_timeout(const struct smtp_session_options *options)
{
    return options->connect_timeout_ms;
}

static int banner_timeout(const struct smtp_session_options *options)
{
    return options->banner_timeout_ms;
}

static int phase_timeout(const struct smtp_session_options *options)
{
    return options->timeout_ms;
}

static int injection_timeout(const struct smtp_session_options *options)
{
    return options->timeout_ms < SMTP_INJECTION_TIMEOUT_MS ? options->timeout_ms
                                                           : SMTP_INJECTION_TIMEOUT_MS;
}

static int quit_timeout(const struct smtp_session_options *options)
{
    return options->timeout_ms < SMTP_QUIT_TIMEOUT_MS ? options->timeout_ms : SMTP_QUIT_TIMEOUT_MS;
}

/* Our own trouble is never blamed on the server. */
enum smtp_phase smtp_phase_ours(struct smtp_session *session, int os_error)
{
    session->facts->problem = SMTP_OURS;
    session->facts->os_error = os_error;
    return SMTP_PHASE_END;
}

/* The session ends here because of what the reply says. */
static enum smtp_phase end_with_reply(struct smtp_session *session, enum smtp_problem problem)
{
    struct smtp_facts *facts = session->facts;

    facts->problem = problem;
    facts->reply_code = session->reply.code;
    free(facts->reply_text);
    facts->reply_text = smtp_reply_joined(&session->reply);
    if (!facts->reply_text)
        return smtp_phase_ours(session, ENOMEM);
    /* 421 announces that the server closes: there is nobody left to say QUIT to. */
    return session->reply.code == 421 ? SMTP_PHASE_END : SMTP_PHASE_QUIT;
}

/* What an unwelcome reply to the greeting or to EHLO means (rows 7, 8, 8a, 8b). */
static enum smtp_phase unwelcome(struct smtp_session *session)
{
    int class = session->reply.code / 100;

    if (class == 4)
        return end_with_reply(session, SMTP_TEMPORARY_REPLY);
    if (class == 5)
        return end_with_reply(session, SMTP_PERMANENT_REPLY);
    return end_with_reply(session, SMTP_MALFORMED);
}

static enum smtp_phase banner_answer(struct smtp_session *session)
{
    struct smtp_facts *facts = session->facts;

    facts->banner = smtp_reply_joined(&session->reply);
    if (!facts->banner)
        return smtp_phase_ours(session, ENOMEM);
    if (session->reply.code / 100 != 2)
        return unwelcome(session);
    return SMTP_PHASE_EHLO;
}

/* The refusal stays as evidence while HELO is tried (row 9). */
static enum smtp_phase refused_ehlo(struct smtp_session *session)
{
    struct smtp_facts *facts = session->facts;

    facts->reply_code = session->reply.code;
    facts->reply_text = smtp_reply_joined(&session->reply);
    return facts->reply_text ? SMTP_PHASE_HELO : smtp_phase_ours(session, ENOMEM);
}

static enum smtp_phase ehlo_answer(struct smtp_session *session)
{
    int code = session->reply.code;

    /* Any 5xx but 521 and 554, which refuse the client and not the command, means: try HELO. */
    if (code / 100 == 5 && code != 521 && code != 554)
        return refused_ehlo(session);
    if (code / 100 != 2)
        return unwelcome(session);
    if (smtp_greeting_read(&session->reply, session->facts) != 0)
        return smtp_phase_ours(session, ENOMEM);
    session->starttls_offered = smtp_greeting_offers(&session->reply, "STARTTLS");
    if (!session->starttls_offered)
        session->facts->starttls = SMTP_STARTTLS_NOT_OFFERED;
    return SMTP_PHASE_STARTTLS; /* even where it is not offered: it may be stripped (row 12) */
}

static enum smtp_phase helo_answer(struct smtp_session *session)
{
    if (session->reply.code / 100 != 2)
        return unwelcome(session);
    session->facts->ehlo_refused = true;
    session->facts->starttls = SMTP_STARTTLS_NOT_OFFERED;
    session->facts->problem = SMTP_FINE;
    return SMTP_PHASE_QUIT;
}

/*
 * What comes of a STARTTLS that was not offered is no fault: row 10 stands, and TLS that came up
 * shows row 12.
 */
static enum smtp_phase end_experiment(struct smtp_session *session)
{
    session->facts->problem = SMTP_FINE;
    return session->reply.code == 421 ? SMTP_PHASE_END : SMTP_PHASE_QUIT;
}

static enum smtp_phase starttls_answer(struct smtp_session *session)
{
    struct smtp_facts *facts = session->facts;

    if (session->reply.code == 220) {
        if (session->starttls_offered)
            facts->starttls = SMTP_STARTTLS_ACCEPTED;
        return SMTP_PHASE_HANDSHAKE;
    }
    if (!session->starttls_offered)
        return end_experiment(session);
    if (session->reply.code == 421)
        return end_with_reply(session, SMTP_TEMPORARY_REPLY);
    facts->starttls = SMTP_STARTTLS_REFUSED;
    return end_with_reply(session, SMTP_FINE);
}

/* Nothing was sent inside TLS yet: this answers what was sent in the clear before it (row 14). */
static enum smtp_phase injected_answer(struct smtp_session *session)
{
    session->facts->injected = true;
    session->facts->problem = SMTP_FINE;
    return SMTP_PHASE_QUIT;
}

/* Silence is what a sound server answers. */
static enum smtp_phase injected_lost(struct smtp_session *session, enum smtp_problem problem)
{
    session->facts->problem = problem == SMTP_TIMED_OUT ? SMTP_FINE : problem;
    return problem == SMTP_TIMED_OUT ? SMTP_PHASE_QUIT : SMTP_PHASE_END;
}

static enum smtp_phase tls_ehlo_answer(struct smtp_session *session)
{
    struct smtp_facts *facts = session->facts;

    bool accepted = session->reply.code / 100 == 2;
    if (!accepted && !session->starttls_offered)
        return end_experiment(session);
    if (!accepted) /* row 8c, whatever the reply says, but 421 is row 7 */
        return end_with_reply(session, session->reply.code == 421 ? SMTP_TEMPORARY_REPLY
                                                                  : SMTP_PERMANENT_REPLY);
    facts->starttls_inside_tls = smtp_greeting_offers(&session->reply, "STARTTLS");
    facts->problem = SMTP_FINE;
    if (session->starttls_offered) /* else it was our experiment: the session stood at EHLO */
        facts->stage = SMTP_STAGE_DONE;
    return SMTP_PHASE_QUIT;
}

static enum smtp_phase quit_answer(struct smtp_session *session)
{
    (void)session;
    return SMTP_PHASE_END;
}

static enum smtp_phase plain_lost(struct smtp_session *session, enum smtp_problem problem)
{
    session->facts->problem = problem;
    return SMTP_PHASE_END;
}

/* The refusal of EHLO, kept for the case that HELO works, is not what ends the session here. */
static enum smtp_phase helo_lost(struct smtp_session *session, enum smtp_problem problem)
{
    struct smtp_facts *facts = session->facts;

    facts->reply_code = 0;
    free(facts->reply_text);
    facts->reply_text = NULL;
    return plain_lost(session, problem);
}

static enum smtp_phase tls_ehlo_lost(struct smtp_session *session, enum smtp_problem problem)
{
    if (session->starttls_offered || is_ours(problem))
        return plain_lost(session, problem);
    return plain_lost(session, SMTP_FINE); /* an experiment: see end_experiment */
}

/* Silence, a close or nonsense in answer to STARTTLS is a refusal (row 11). */
static enum smtp_phase starttls_lost(struct smtp_session *session, enum smtp_problem problem)
{
    struct smtp_facts *facts = session->facts;

    if (is_ours(problem)) {
        facts->problem = problem;
    } else if (!session->starttls_offered) {
        facts->problem = SMTP_FINE; /* it was not offered: that stands, whatever came after */
    } else {
        facts->starttls = SMTP_STARTTLS_REFUSED;
        facts->problem = SMTP_STARTTLS_UNANSWERED;
    }
    return SMTP_PHASE_END;
}

static enum smtp_phase handshake_lost(struct smtp_session *session, enum smtp_problem problem)
{
    struct smtp_facts *facts = session->facts;

    if (is_ours(problem)) {
        facts->problem = problem;
    } else if (!session->starttls_offered) {
        facts->problem = SMTP_FINE;
    } else {
        facts->problem = SMTP_TLS_FAILED;
        /* Bytes that are no TLS stay what they are, however long the rest is waited for. */
        if (problem == SMTP_TIMED_OUT && facts->tls_failure.kind != TLS_FAILED_NOT_TLS)
            facts->tls_failure.kind = TLS_FAILED_TIMEOUT;
    }
    return SMTP_PHASE_END;
}

/* The facts are whole by now; how the goodbye goes does not change them. */
static enum smtp_phase quit_lost(struct smtp_session *session, enum smtp_problem problem)
{
    (void)session;
    (void)problem;
    return SMTP_PHASE_END;
}

/* stage, verb, named, deadline, handler of a reply, handler of its loss */
const struct smtp_phase_row smtp_phases[SMTP_PHASE_END] = {
    [SMTP_PHASE_CONNECT] = {SMTP_STAGE_CONNECT, NULL, false, connect_timeout, NULL, plain_lost},
    [SMTP_PHASE_BANNER] = {SMTP_STAGE_BANNER, NULL, false, banner_timeout, banner_answer,
                           plain_lost},
    [SMTP_PHASE_EHLO] = {SMTP_STAGE_EHLO, "EHLO", true, phase_timeout, ehlo_answer, plain_lost},
    [SMTP_PHASE_HELO] = {SMTP_STAGE_EHLO, "HELO", true, phase_timeout, helo_answer, helo_lost},
    [SMTP_PHASE_STARTTLS] = {SMTP_STAGE_STARTTLS, "STARTTLS", false, phase_timeout, starttls_answer,
                             starttls_lost},
    [SMTP_PHASE_HANDSHAKE] = {SMTP_STAGE_HANDSHAKE, NULL, false, phase_timeout, NULL,
                              handshake_lost},
    [SMTP_PHASE_INJECTED] = {SMTP_STAGE_TLS_EHLO, NULL, false, injection_timeout, injected_answer,
                             injected_lost},
    [SMTP_PHASE_TLS_EHLO] = {SMTP_STAGE_TLS_EHLO, "EHLO", true, phase_timeout, tls_ehlo_answer,
                             tls_ehlo_lost},
    [SMTP_PHASE_QUIT] = {SMTP_STAGE_DONE, "QUIT", false, quit_timeout, quit_answer, quit_lost},
};
