/*
 * One run of a scenario: the world that its statements describe, ready to be played.
 *
 *   at TIME                              the wall clock when the job begins
 *   domain NAME                          example.test where it is left out
 *   trust NAME...                        certificates that are trust anchors
 *   crl ISSUER [revokes NAME]            a CRL to check chains against
 *   resolver not-believed                no AD bit of this resolver is believed
 *   resolver does-not-validate           it is believed and never sets AD
 *   dns NAME TYPE [after TIME] [secure|insecure] [alias NAME]... DATA | OUTCOME
 *                                        DATA of TLSA: "3 1 1 of CERTIFICATE" or in hexadecimal
 *   https HOST [after TIME] [certificate NAME] STATUS [MEDIA-TYPE [BODY]]     or the body below
 *   https HOST [after TIME] [certificate NAME] fails PROBLEM [WHY] | silence | cannot-start
 *   smtp ADDRESS                         the dialogue below: peer.h
 *   option WORD [VALUE]                  of the command line, and when the job is cut
 *   what-if OPTION VALUE                 of the command line; a policy's text below
 *
 * Statements about the same thing within one block add to each other; those of a later block take
 * the place of an earlier block's. What nobody wrote down does not exist: NXDOMAIN, or no such
 * record where the name has others.
 */
#ifndef SCENARIOS_SCENE_H
#define SCENARIOS_SCENE_H

#include "policy/verdict.h"
#include "probe/backend.h"
#include "probe/domain_job.h"
#include "probe/smtp_session.h"
#include "probe/what_if.h"
#include "script.h"
#include "vault.h"

struct scene_answer {
    struct dns_answer *answer;
    const struct block *block;
    struct place place;
    int64_t delay_ms;
    bool silent, cannot_start;
    bool used;
};

struct scene_site {
    const char *host; /* NULL: there is none */
    struct place place;
    const struct block *block;
    int64_t delay_ms;
    bool silent, cannot_start;
    struct sts_fetch_facts *facts;
    bool used;
};

struct scene_peer {
    struct dns_address address;
    const struct statement *statement;
    const struct block *block;
    bool used;
};

struct scene {
    const struct script *script;
    const char *domain;
    int64_t at_s;
    struct vault vault;
    const struct statement *trust, *crl; /* NULL: none */
    bool ad_believed;
    bool inject; /* --injection-test: the session itself carries the pipelined command */
    enum dns_validation validation;
    struct scene_answer *answers;
    size_t n_answers;
    struct scene_site site;
    struct scene_peer *peers;
    size_t n_peers;
    struct domain_job_options job;
    struct judge_options judge;
    struct smtp_session_options session;
    struct exclude *exclude; /* what the job borrows */
    struct what_if what_if;
    bool what_if_given;
    int64_t cut_after_ms; /* negative: never */
    enum smtp_problem cut_why;
    /* The blocks that make it up, in order: the last wins. */
    const struct block **blocks;
    size_t n_blocks;
    size_t n_general; /* the first so many are worlds of general use, of which parts may be idle */
};

/* `under` is NULL or the block of that kind that belongs to the scenario. */
void scene_init(struct scene *scene, const struct script *script, const struct block *scenario,
                const struct block *under);
void scene_clear(struct scene *scene);

/* Is this block the scenario's own, so that all of it should be needed? */
bool scene_is_own(const struct scene *scene, const struct block *block);

/* The parts of scene_init that need a file of their own: scene_dns.c and scene_options.c. */
void scene_add_dns(struct scene *scene, const struct statement *statement,
                   const struct block *block);
void scene_add_option(struct scene *scene, const struct statement *statement);
void scene_add_what_if(struct scene *scene, const struct statement *statement);

/* The indented lines as a text of lines that end with LF; the caller frees. */
char *scene_body(const struct statement *statement, size_t *length);

#endif
