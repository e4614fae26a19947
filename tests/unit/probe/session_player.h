/*
 * Plays a written dialogue to probe/smtp_session, with a clock of its own. A line each:
 *
 *   connected                 connected from 192.0.2.10
 *   < 220 mx                  the server sends this line, CR LF added
 *   << 250-\r\n250 x          the server sends this in one piece, \r \n \0 and \xHH read
 *   > EHLO probe.example.test the session must have sent this line and no other
 *   tls                       the session must want the handshake now
 *   secured                   the handshake succeeded
 *   deadline 30000            so many milliseconds are left of the phase
 *   closed, reset, refused, unreachable, connect-timeout, ours
 *   alert 40, closed-in-tls   the handshake failed so
 *   expired                   the deadline passed
 *   cut, interrupt            the driver ends it: out of time, or told to stop
 *   end                       the session must want to end now
 *
 * "+7 < 220 mx" lets 7 milliseconds pass first. Whatever a session sends or wants without a line
 * that says so fails the test.
 */
#ifndef TESTS_UNIT_PROBE_SESSION_PLAYER_H
#define TESTS_UNIT_PROBE_SESSION_PLAYER_H

#include <stdbool.h>

#include "policy/facts.h"
#include "probe/smtp_session.h"

struct player {
    const char *name; /* of the case, for the log */
    bool byte_by_byte;
    struct smtp_session_options options;
};

/* Plays the parts one after the other, up to a NULL. The facts come with one reference. */
struct smtp_facts *player_play(const struct player *player, const char *const parts[]);

#endif
