/* What servers of OpenSSL offer for a resumption, as their settings say, and when it is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/asn1.h>
#include <openssl/ssl.h>

#include "support/mint.h"
#include "tls/context.h"
#include "tls/resumption.h"

static const struct resumption_case {
    const char *name;
    int version;
    bool tickets; /* the server sends them */
    bool cache;   /* the server keeps sessions under an ID */
    bool speaks;  /* it sends data inside the session */
    long timeout_s;
    enum tls_resumption_offer offer;
    int64_t lifetime_s;
} cases[] = {
    {"TLS 1.3, tickets", TLS1_3_VERSION, true, false, true, 7200, TLS_RESUMPTION_TICKET, 7200},
    {"TLS 1.3, tickets that name an entry of a cache", TLS1_3_VERSION, true, true, true, 300,
     TLS_RESUMPTION_TICKET, 300},
    {"TLS 1.3, no tickets", TLS1_3_VERSION, false, true, true, 7200, TLS_RESUMPTION_NONE, -1},
    {"TLS 1.3, nothing came after the handshake", TLS1_3_VERSION, false, false, false, 7200,
     TLS_RESUMPTION_UNKNOWN, -1},
    {"TLS 1.2, tickets", TLS1_2_VERSION, true, false, true, 3600, TLS_RESUMPTION_TICKET, 3600},
    {"TLS 1.2, told by the handshake alone", TLS1_2_VERSION, true, false, false, 3600,
     TLS_RESUMPTION_TICKET, 3600},
    {"TLS 1.2, a cache", TLS1_2_VERSION, false, true, true, 3600, TLS_RESUMPTION_SESSION_ID, -1},
    {"TLS 1.2, nothing", TLS1_2_VERSION, false, false, false, 3600, TLS_RESUMPTION_NONE, -1},
};

static SSL_CTX *server_context(const struct resumption_case *given)
{
    const struct mint_spec spec = {.subject = "mx"};
    struct mint identity = mint_certificate(&spec, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    assert_non_null(context);
    assert_int_equal(SSL_CTX_use_certificate(context, identity.x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, identity.key), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, given->version), 1);
    (void)SSL_CTX_set_timeout(context, given->timeout_s);
    (void)SSL_CTX_set_session_cache_mode(context,
                                         given->cache ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
    if (!given->tickets) {
        (void)SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        assert_int_equal(SSL_CTX_set_num_tickets(context, 0), 1);
    }
    mint_clear(&identity);
    return context;
}

/* Client and server joined by memory. */
static void join(SSL *client, SSL *server)
{
    BIO *near, *far;

    assert_int_equal(BIO_new_bio_pair(&near, 65536, &far, 65536), 1);
    SSL_set_bio(client, near, near);
    SSL_set_bio(server, far, far);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (int i = 0; i < 10 && !(SSL_is_init_finished(client) && SSL_is_init_finished(server));
         i++) {
        (void)SSL_do_handshake(client);
        (void)SSL_do_handshake(server);
    }
    assert_true(SSL_is_init_finished(client) && SSL_is_init_finished(server));
}

static void tells_what_is_offered(void **state)
{
    const struct resumption_case *given = *state;
    SSL_CTX *server_ctx = server_context(given), *client_ctx = tls_context_new();
    SSL *server = SSL_new(server_ctx), *client = SSL_new(client_ctx);
    struct tls_resumption told;
    char byte;

    join(client, server);
    if (given->speaks) {
        assert_int_equal(SSL_write(server, "2", 1), 1);
        assert_int_equal(SSL_read(client, &byte, 1), 1);
    }
    told = tls_resumption_capture(SSL_get0_session(client), given->speaks);
    assert_int_equal(told.offer, given->offer);
    assert_int_equal(told.lifetime_s, given->lifetime_s);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

/* A session as `of`, with a lifetime of 0 in place of 100 (ssl/ssl_asn1.c: [9] EXPLICIT INTEGER).
 */
static SSL_SESSION *without_lifetime(SSL_SESSION *of)
{
    static const uint8_t wanted[] = {0xa9, 3, V_ASN1_INTEGER, 1, 100};
    uint8_t *der = NULL;
    const int length = i2d_SSL_SESSION(of, &der);
    const uint8_t *at = der;
    uint8_t *hint = length > 0 ? memmem(der, (size_t)length, wanted, sizeof wanted) : NULL;
    SSL_SESSION *made;

    assert_non_null(hint);
    if (hint)
        hint[sizeof wanted - 1] = 0;
    made = d2i_SSL_SESSION(NULL, &at, length);
    assert_non_null(made);
    OPENSSL_free(der);
    return made;
}

/* RFC 5077 3.3 and RFC 8446 4.6.1: the same 0 leaves it open in the one, ends it in the other. */
static void tells_zero_apart(void **state)
{
    static const struct {
        int version;
        int64_t lifetime_s;
    } versions[] = {{TLS1_2_VERSION, -1}, {TLS1_3_VERSION, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        const struct resumption_case given = {
            .version = versions[i].version, .tickets = true, .timeout_s = 100};
        SSL_CTX *server_ctx = server_context(&given), *client_ctx = tls_context_new();
        SSL *server = SSL_new(server_ctx), *client = SSL_new(client_ctx);
        SSL_SESSION *session;
        struct tls_resumption told;
        char byte;

        join(client, server);
        assert_int_equal(SSL_write(server, "2", 1), 1);
        assert_int_equal(SSL_read(client, &byte, 1), 1);
        session = without_lifetime(SSL_get0_session(client));
        told = tls_resumption_capture(session, true);
        assert_int_equal(told.offer, TLS_RESUMPTION_TICKET);
        assert_int_equal(told.lifetime_s, versions[i].lifetime_s);
        SSL_SESSION_free(session);
        SSL_free(client);
        SSL_free(server);
        SSL_CTX_free(client_ctx);
        SSL_CTX_free(server_ctx);
    }
}

static void has_words(void **state)
{
    (void)state;
    assert_null(tls_resumption_offer_text(TLS_RESUMPTION_UNKNOWN));
    assert_string_equal(tls_resumption_offer_text(TLS_RESUMPTION_NONE), "none");
    assert_string_equal(tls_resumption_offer_text(TLS_RESUMPTION_TICKET), "ticket");
    assert_string_equal(tls_resumption_offer_text(TLS_RESUMPTION_SESSION_ID), "session-id");
}

enum { CASES = sizeof cases / sizeof *cases };

int main(void)
{
    const struct CMUnitTest plain[] = {cmocka_unit_test(tells_zero_apart),
                                       cmocka_unit_test(has_words)};
    struct CMUnitTest tests[CASES];

    for (size_t i = 0; i < CASES; i++)
        tests[i] = (struct CMUnitTest){cases[i].name, tells_what_is_offered, NULL, NULL,
                                       (void *)&cases[i]};
    return cmocka_run_group_tests_name("servers", tests, NULL, NULL) +
           cmocka_run_group_tests_name("plain", plain, NULL, NULL);
}
