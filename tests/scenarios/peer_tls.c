/* How the handshakes of a scenario go. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "peer.h"
#include "probe/other_key.h"

/* --- those that succeed ----------------------------------------------------------------------- */

/* Just the certificates named, up to what is said about a staple. */
static STACK_OF(X509) * read_chain(struct vault *vault, struct words *words)
{
    const struct place *place = &words->statement->place;
    STACK_OF(X509) *chain = must(sk_X509_new_null());

    while (words_left(words) && strcmp(words->statement->words[words->at], "staple") != 0 &&
           strcmp(words->statement->words[words->at], "other") != 0) {
        X509 *x509 = vault_mint(vault, words_next(words, "the name"), place)->x509;
        if (!X509_up_ref(x509) || sk_X509_push(chain, x509) <= 0)
            script_fail(place, "out of memory");
    }
    return chain;
}

static void add_staple(struct peer *peer, struct words *words, struct tls_facts *facts)
{
    static const char *const kinds[] = {"good", "revoked", "expired", "unknown"};
    enum { DAY_S = 86400 };
    struct scene *scene = peer->backend->scene;
    const struct place *place = &words->statement->place;
    size_t kind = WORD_IN(place, words_next(words, "the kind"), kinds, "kind of staple");
    const char *name = words_next(words, "the certificate");
    const char *issuer = vault_issuer(&scene->vault, name, place);
    struct mint_ocsp_spec spec = {
        .subject = vault_mint(&scene->vault, name, place)->x509,
        .issuer = vault_mint(&scene->vault, issuer ? issuer : name, place),
        .status = kind == 1   ? MINT_OCSP_REVOKED
                  : kind == 3 ? MINT_OCSP_UNKNOWN
                              : MINT_OCSP_GOOD,
        .from_s = scene->at_s - 3 * DAY_S,
        .until_s = scene->at_s + (kind == 2 ? -DAY_S : 3 * DAY_S),
    };
    size_t length = 0;
    uint8_t *der = mint_ocsp(&spec, &length);

    facts->ocsp = must(malloc(length));
    memcpy(facts->ocsp, der, length);
    facts->ocsp_length = length;
    OPENSSL_free(der);
}

/* The facts of a handshake that succeeds with the certificates named next. */
static struct tls_facts *read_facts(struct peer *peer, struct words *words, bool alone)
{
    struct vault *vault = &peer->backend->scene->vault;
    STACK_OF(X509) *chain =
        alone ? read_chain(vault, words)
              : vault_chain(vault, words_next(words, "the name"), &words->statement->place);
    struct tls_facts *facts = must(tls_facts_from_chain(chain));

    sk_X509_pop_free(chain, X509_free);
    free(facts->protocol);
    free(facts->cipher);
    facts->protocol = must(strdup("TLSv1.3"));
    facts->cipher = must(strdup("TLS_AES_256_GCM_SHA384"));
    facts->sni = peer->sni ? must(strdup(peer->sni)) : NULL;
    if (words_take(words, "staple"))
        add_staple(peer, words, facts);
    return facts;
}

/* What the second session of --both-keys tells, in the part of probe/inspection.c. */
static void read_other(struct peer *peer, struct words *words)
{
    struct smtp_facts second = {.problem = SMTP_FINE, .tls_failure = {.alert = -1}};

    if (!words_take(words, "other"))
        return;
    if (words_take(words, "none")) {
        second.problem = SMTP_TLS_FAILED;
        second.tls_failure.kind = TLS_FAILED_ALERT;
        second.tls_failure.alert = 40;
    } else if (words_take(words, "throttled")) {
        second.problem = SMTP_TEMPORARY_REPLY;
    } else {
        bool alone = words_take(words, "alone");
        second.tls = read_facts(peer, words, alone);
    }
    other_key_take(peer->facts, &second);
    tls_facts_unref(second.tls);
}

static void succeed(struct peer *peer, struct words *words, bool alone)
{
    struct tls_facts *facts = read_facts(peer, words, alone);

    smtp_session_secured(&peer->session, facts, peer->backend->loop.now_ms);
    read_other(peer, words);
    words_end(words);
}

/* --- those that fail -------------------------------------------------------------------------- */

static unsigned long error_of(const struct place *place, const char *word)
{
    static const char *const names[] = {"UNSUPPORTED_PROTOCOL",
                                        "VERSION_TOO_LOW",
                                        "DH_KEY_TOO_SMALL",
                                        "UNEXPECTED_MESSAGE",
                                        "UNEXPECTED_RECORD",
                                        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
                                        "DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
                                        "BAD_LENGTH"};
    static const int reasons[] = {SSL_R_UNSUPPORTED_PROTOCOL,
                                  SSL_R_VERSION_TOO_LOW,
                                  SSL_R_DH_KEY_TOO_SMALL,
                                  SSL_R_UNEXPECTED_MESSAGE,
                                  SSL_R_UNEXPECTED_RECORD,
                                  SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED,
                                  SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
                                  SSL_R_BAD_LENGTH};

    return ERR_PACK(ERR_LIB_SSL, 0, reasons[WORD_IN(place, word, names, "error of OpenSSL")]);
}

static void read_bytes(struct words *words, struct tls_failure *failure)
{
    const char *text = words_next(words, "the bytes");
    size_t length = strlen(text);

    failure->first_length = length < sizeof failure->first ? length : sizeof failure->first;
    memcpy(failure->first, text, failure->first_length);
}

/* What the further attempts at a failed handshake tell, in the part of probe/inspection.c. */
static void read_autopsy(struct words *words, struct autopsy *autopsy)
{
    const struct place *place = &words->statement->place;

    if (!words_take(words, "then"))
        return;
    autopsy->connections = 1;
    if (words_take(words, "wide")) {
        autopsy->wide = true;
        snprintf(autopsy->protocol, sizeof autopsy->protocol, "%s",
                 words_next(words, "the protocol"));
        snprintf(autopsy->cipher, sizeof autopsy->cipher, "%s", words_next(words, "the cipher"));
        return;
    }
    autopsy->connections = 2;
    if (words_take(words, "nothing"))
        return;
    autopsy->by_hand = words_take(words, "by-hand");
    autopsy->hello.alert = -1;
    autopsy->hello.version = (uint16_t)number_of(place, words_next(words, "the version"));
    autopsy->hello.suite = (uint16_t)number_of(place, words_next(words, "the suite"));
}

static void read_failure(struct words *words, const char *kind, struct tls_failure *failure)
{
    static const char *const kinds[] = {
        [TLS_FAILED_ALERT] = "alert",  [TLS_FAILED_LOCAL] = "error", [TLS_FAILED_NOT_TLS] = "bytes",
        [TLS_FAILED_CLOSED] = "close", [TLS_FAILED_RESET] = "reset", [TLS_FAILED_OURS] = "ours",
    };
    const struct place *place = &words->statement->place;

    failure->alert = -1;
    failure->kind = (enum tls_failure_kind)WORD_IN(place, kind, kinds, "handshake");
    if (failure->kind == TLS_FAILED_ALERT)
        failure->alert = (int)number_of(place, words_next(words, "the number"));
    else if (failure->kind == TLS_FAILED_LOCAL)
        failure->error = error_of(place, words_next(words, "the name"));
    else if (failure->kind == TLS_FAILED_NOT_TLS)
        read_bytes(words, failure);
    else if (failure->kind == TLS_FAILED_RESET)
        failure->os_error = ECONNRESET;
    failure->certificate_requested = words_take(words, "certificate-requested");
}

void peer_play_tls(struct peer *peer, const struct statement *statement)
{
    struct words words = words_of(statement);
    struct tls_stream_ended ended = {.end = TLS_STREAM_TLS_FAILED};
    bool tls =
        strcmp(statement->words[0], "tls") == 0; /* else "alert N", once the session stands */
    const char *kind = tls ? words_next(&words, "how it goes") : statement->words[0];
    bool alone = strcmp(kind, "alone") == 0;

    if (strcmp(kind, "silence") == 0) {
        words_end(&words); /* the deadline tells */
    } else if (alone || strcmp(kind, "certificate") == 0) {
        succeed(peer, &words, alone);
    } else {
        read_failure(&words, kind, &ended.failure);
        read_autopsy(&words, &peer->facts->autopsy);
        words_end(&words);
        smtp_session_ended(&peer->session, &ended, peer->backend->loop.now_ms);
    }
}
