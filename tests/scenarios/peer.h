/*
 * One SMTP session with a mail host of a scenario: the real step function against a script.
 *
 *   < TEXT                the server sends the line; lines that follow each other come at once
 *   raw TEXT              the server sends just these bytes, written as a quoted word
 *   many N TEXT           the server sends the line N times, at once
 *   > WORDS               the client has to send a line that begins so
 *   pause TIME            what follows comes later
 *   tls WORDS             the handshake: peer_tls.c
 *   alert N               an alert after the handshake
 *   close | reset | silence
 *   refused | unreachable | no-route | no-answer | ours     in place of a connection
 *   cannot-start          this side has no memory for the session
 *   play NAME             the lines of a dialogue block
 */
#ifndef SCENARIOS_PEER_H
#define SCENARIOS_PEER_H

#include "loop.h"
#include "scene.h"
#include "scene_backend.h"

enum { PEER_LINES_MAX = 128 };

/* A line of the script, split into words once more. */
struct peer_line {
    const char *text;
    struct place place;
};

struct peer {
    struct scene_backend *backend;
    struct smtp_session session;
    struct smtp_facts *facts;
    struct peer_line lines[PEER_LINES_MAX];
    size_t n_lines, at;
    char *sni;
    char said[1024]; /* by the client, and not yet looked at by the script */
    bool connected, tls_begun, strayed;
    struct timer step, deadline;
    backend_session_fn *done;
    void *arg;
};

/* A session with the scene's host of that address, NULL when it cannot be started. */
struct peer *peer_start(struct scene_backend *backend, const struct smtp_target *target,
                        backend_session_fn *done, void *arg);

/* Ends it as it stands. The caller comes to own the facts. */
struct smtp_facts *peer_cut(struct peer *peer, enum smtp_problem why);

/* Says that the session does not go as the script has it. */
void peer_stray(struct peer *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Plays "tls …" and what else ends a connection that stands: tells the session of it. The words of
 * the handshake, beside those that peer.h names:
 *
 *   certificate NAME      it succeeds, with the certificate and its issuers below the root
 *   alone NAME...         it succeeds, with just these certificates
 *   ... staple good|revoked|expired NAME     and a stapled response about the certificate
 *   ... other none | throttled | NAME | alone NAME...   and what --both-keys tells, staple included
 *   alert N | close | reset | bytes TEXT | error NAME | ours [certificate-requested] [AUTOPSY]
 *   silence
 *
 * AUTOPSY is what further attempts tell: "then wide PROTOCOL CIPHER", "then by-hand VERSION SUITE"
 * in numbers, or "then nothing".
 */
void peer_play_tls(struct peer *peer, const struct statement *words);

#endif
