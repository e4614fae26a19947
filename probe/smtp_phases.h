/*
 * The phases of an SMTP session, one row each: the table that drives probe/smtp_session.c. Pure.
 */
#ifndef PROBE_SMTP_PHASES_H
#define PROBE_SMTP_PHASES_H

#include <stdbool.h>

#include "probe/smtp_session.h"

/*
 * `answer` judges a whole reply, records facts and returns the next phase; `lost` is told that
 * none will come (deadline, close, bytes that are no reply) and does the same.
 */
struct smtp_phase_row {
    enum smtp_stage stage; /* what the facts call it */
    const char *verb;      /* the command sent on entering, or NULL */
    bool named;            /* it carries the EHLO name */
    int (*timeout_ms)(const struct smtp_session_options *options);
    enum smtp_phase (*answer)(struct smtp_session *session);
    enum smtp_phase (*lost)(struct smtp_session *session, enum smtp_problem problem);
};

extern const struct smtp_phase_row smtp_phases[SMTP_PHASE_END];

/* Our own trouble, never blamed on the server: records it and returns SMTP_PHASE_END. */
enum smtp_phase smtp_phase_ours(struct smtp_session *session, int os_error);

#endif
