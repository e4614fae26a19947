#include "tls/session.h"

#include <errno.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>

/* OpenSSL's reason for an alert received: 1000 and the alert's number (openssl/sslerr.h). */
enum { ALERT_REASON_FIRST = SSL_AD_REASON_OFFSET, ALERT_REASON_LAST = ALERT_REASON_FIRST + 255 };

/*
 * What one step may read before the loop gets its turn, and a session without any data for us.
 * OpenSSL reads on for as long as what comes is no data for us: a server can send session tickets
 * or hello requests without end.
 */
enum { TURN_MAX = 32 * 1024, RECEIVED_MAX = 1024 * 1024 };

/* False when OpenSSL has to wait, or to give up. */
static bool may_read(struct tls_session *session, BIO *bio)
{
    /* The BIO is that of the writes too: one of them may have left word to try again. */
    BIO_clear_retry_flags(bio);
    if (session->received >= RECEIVED_MAX) {
        session->io_error = EMSGSIZE;
        return false;
    }
    if (session->turn < TURN_MAX)
        return true;
    BIO_set_retry_read(bio);
    return false;
}

/*
 * Sits on the socket BIO and sees each byte before OpenSSL does: whether what answered the
 * ClientHello is TLS at all is told from the first bytes, since OpenSSL calls an "HTTP/1.0 400"
 * a wrong version number.
 */
static long watch_socket(BIO *bio, int operation, const char *bytes, size_t size, int argi,
                         long argl, int result,
                         size_t *processed) /* NOLINT(readability-non-const-parameter) */
{
    struct tls_session *session = (struct tls_session *)(void *)BIO_get_callback_arg(bio);
    struct tls_failure *evidence = &session->evidence;
    size_t length;

    (void)size;
    (void)argi;
    (void)argl;
    if (operation == BIO_CB_READ && !may_read(session, bio))
        return -1;
    if (operation != (BIO_CB_READ | BIO_CB_RETURN) && operation != (BIO_CB_WRITE | BIO_CB_RETURN))
        return result;
    if (result <= 0) {
        if (result < 0 && !BIO_should_retry(bio))
            session->io_error = errno;
        return result;
    }
    if (operation == (BIO_CB_READ | BIO_CB_RETURN) && processed) {
        session->turn += *processed;
        session->received += *processed;
        length = sizeof evidence->first - evidence->first_length;
        length = *processed < length ? *processed : length;
        memcpy(evidence->first + evidence->first_length, bytes, length);
        evidence->first_length += length;
    }
    return result;
}

/* A demanded client certificate explains alerts that would else be laid at the server's door. */
static void watch_messages(int sent, int version, int type, const void *bytes, size_t length,
                           SSL *ssl, void *arg)
{
    struct tls_session *session = arg;

    (void)version;
    (void)ssl;
    if (!sent && type == SSL3_RT_HANDSHAKE && length > 0 &&
        *(const uint8_t *)bytes == SSL3_MT_CERTIFICATE_REQUEST)
        session->evidence.certificate_requested = true;
}

int tls_session_init(struct tls_session *session, SSL_CTX *context, int fd, const char *sni)
{
    BIO *bio;

    memset(session, 0, sizeof *session);
    session->evidence.alert = -1;
    ERR_clear_error();
    session->ssl = SSL_new(context);
    if (!session->ssl || SSL_set_fd(session->ssl, fd) != 1 ||
        (sni && SSL_set_tlsext_host_name(session->ssl, sni) != 1)) {
        tls_session_clear(session);
        ERR_clear_error();
        return -1;
    }
    bio = SSL_get_rbio(session->ssl);
    BIO_set_callback_arg(bio, (char *)session);
    BIO_set_callback_ex(bio, watch_socket);
    SSL_set_msg_callback(session->ssl, watch_messages);
    SSL_set_msg_callback_arg(session->ssl, session);
    /* What could not be sent is tried again from a queue that may have moved. */
    (void)SSL_set_mode(session->ssl,
                       SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* A server that asks for a new handshake again and again would keep us at work for ever. */
    (void)SSL_set_options(session->ssl, SSL_OP_NO_RENEGOTIATION);
    SSL_set_connect_state(session->ssl);
    return 0;
}

void tls_session_clear(struct tls_session *session)
{
    SSL_free(session->ssl);
    session->ssl = NULL;
}

/*
 * The first code in the queue that tells something: one of libssl with a reason of its own, since
 * those of libcrypto before it and the "ASN1 lib" kind name only a place in the code.
 */
static unsigned long take_error(void)
{
    unsigned long first = 0, telling = 0, code;

    while ((code = ERR_get_error()) != 0) {
        first = first != 0 ? first : code;
        if (telling == 0 && ERR_GET_LIB(code) == ERR_LIB_SSL && !ERR_COMMON_ERROR(code))
            telling = code;
    }
    return telling != 0 ? telling : first;
}

static bool is_eof_error(unsigned long error)
{
    return ERR_GET_LIB(error) == ERR_LIB_SSL &&
           ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

static enum tls_failure_kind classify(const struct tls_session *session, int ssl_error)
{
    const struct tls_failure *evidence = &session->evidence;
    const int reason = ERR_GET_REASON(evidence->error);

    if (evidence->alert > 0)
        return TLS_FAILED_ALERT;
    if (!tls_looks_like_record(evidence->first, evidence->first_length))
        return TLS_FAILED_NOT_TLS;
    if (ssl_error == SSL_ERROR_ZERO_RETURN || is_eof_error(evidence->error))
        return TLS_FAILED_CLOSED;
    if (ssl_error == SSL_ERROR_SYSCALL)
        return session->io_error != 0 ? TLS_FAILED_RESET : TLS_FAILED_CLOSED;
    return reason == ERR_R_MALLOC_FAILURE ? TLS_FAILED_OURS : TLS_FAILED_LOCAL;
}

static enum tls_step fail(struct tls_session *session, int ssl_error)
{
    struct tls_failure *evidence = &session->evidence;
    int reason;

    evidence->error = take_error();
    reason = ERR_GET_REASON(evidence->error);
    if (ssl_error == SSL_ERROR_ZERO_RETURN)
        evidence->alert = SSL3_AD_CLOSE_NOTIFY;
    else if (ERR_GET_LIB(evidence->error) == ERR_LIB_SSL && reason >= ALERT_REASON_FIRST &&
             reason <= ALERT_REASON_LAST)
        evidence->alert = reason - ALERT_REASON_FIRST;
    evidence->kind = classify(session, ssl_error);
    evidence->os_error = evidence->kind == TLS_FAILED_RESET ? session->io_error : 0;
    return evidence->kind == TLS_FAILED_CLOSED ? TLS_STEP_ENDED : TLS_STEP_FAILED;
}

static enum tls_step result_of(struct tls_session *session, int result)
{
    const int ssl_error = SSL_get_error(session->ssl, result);

    switch (ssl_error) {
    case SSL_ERROR_NONE:
        return TLS_STEP_DONE;
    case SSL_ERROR_WANT_READ:
        return TLS_STEP_WANTS_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_STEP_WANTS_WRITE;
    default:
        return fail(session, ssl_error);
    }
}

enum tls_step tls_session_handshake(struct tls_session *session)
{
    enum tls_step step;

    session->turn = 0;
    ERR_clear_error();
    step = result_of(session, SSL_do_handshake(session->ssl));
    return step == TLS_STEP_ENDED ? TLS_STEP_FAILED : step;
}

enum tls_step tls_session_read(struct tls_session *session, void *bytes, size_t size,
                               size_t *length)
{
    *length = 0;
    session->turn = 0;
    ERR_clear_error();
    const enum tls_step step = result_of(session, SSL_read_ex(session->ssl, bytes, size, length));
    if (step == TLS_STEP_DONE) {
        session->received = 0;
        session->heard = true;
    }
    return step;
}

enum tls_step tls_session_write(struct tls_session *session, const void *bytes, size_t length,
                                size_t *written)
{
    *written = 0;
    ERR_clear_error();
    return result_of(session, SSL_write_ex(session->ssl, bytes, length, written));
}
