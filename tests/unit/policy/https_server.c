#include "https_server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct peer {
    int fd;
    SSL *ssl; /* NULL in the clear */
};

static void need(bool condition, const char *what)
{
    if (condition)
        return;
    perror(what);
    abort();
}

/* A fresh self-signed certificate for mta-sts.example.test. */
static void use_certificate(SSL_CTX *ctx)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    need(key && x509, "certificate");
    X509_NAME *name = X509_get_subject_name(x509);
    bool ok =
        X509_set_version(x509, X509_VERSION_3) &&
        ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) &&
        X509_gmtime_adj(X509_getm_notBefore(x509), -3600) &&
        X509_gmtime_adj(X509_getm_notAfter(x509), 3600) &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   (const unsigned char *)"mta-sts.example.test", -1, -1, 0) &&
        X509_set_issuer_name(x509, name) && X509_set_pubkey(x509, key) &&
        X509_sign(x509, key, EVP_sha256());
    need(ok && SSL_CTX_use_certificate(ctx, x509) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1,
         "certificate");
    X509_free(x509);
    EVP_PKEY_free(key);
}

static int choose_http2(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                        const unsigned char *in, unsigned in_length, void *arg)
{
    static const unsigned char wanted[] = "\x02h2";
    unsigned char *chosen;
    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_length, wanted, sizeof wanted - 1, in, in_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *server_context(const struct https_behaviour *behaviour)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    need(ctx, "SSL_CTX_new");
    SSL_CTX_set_security_level(ctx, 0); /* or else TLS 1.1 would fail for another reason */
    SSL_CTX_set_min_proto_version(ctx, 0);
    SSL_CTX_set_max_proto_version(ctx, behaviour->max_version);
    if (behaviour->http2)
        SSL_CTX_set_alpn_select_cb(ctx, choose_http2, NULL);
    use_certificate(ctx);
    return ctx;
}

static ssize_t receive(struct peer *peer, void *bytes, size_t length)
{
    return peer->ssl ? SSL_read(peer->ssl, bytes, (int)length) : read(peer->fd, bytes, length);
}

static bool send_all(struct peer *peer, const void *bytes, size_t length)
{
    if (length == 0)
        return true;
    return peer->ssl ? SSL_write(peer->ssl, bytes, (int)length) == (int)length
                     : write(peer->fd, bytes, length) == (ssize_t)length;
}

static bool say(struct peer *peer, const char *text)
{
    return send_all(peer, text, strlen(text));
}

/* Reads up to the blank line that ends a request without body. */
static bool read_request(struct peer *peer, char *request, size_t room)
{
    size_t used = 0;
    while (used + 1 < room) {
        ssize_t got = receive(peer, request + used, room - used - 1);
        if (got <= 0)
            return false;
        used += (size_t)got;
        request[used] = '\0';
        if (strstr(request, "\r\n\r\n"))
            return true;
    }
    return false;
}

static bool read_exactly(struct peer *peer, uint8_t *bytes, size_t length)
{
    for (ssize_t got; length > 0; bytes += got, length -= (size_t)got) {
        got = receive(peer, bytes, length);
        if (got <= 0)
            return false;
    }
    return true;
}

/* Reads the preface and the frames up to HEADERS (RFC 9113 3.4, 4.1, 6.2). */
static bool read_http2_request(struct peer *peer)
{
    enum { PREFACE = 24, FRAME_HEAD = 9, HEADERS = 1 };
    uint8_t bytes[16384], type = 0;
    if (!read_exactly(peer, bytes, PREFACE))
        return false;
    while (type != HEADERS) {
        if (!read_exactly(peer, bytes, FRAME_HEAD) || bytes[0] != 0)
            return false;
        size_t length = (size_t)(bytes[1] << 8 | bytes[2]);
        type = bytes[3];
        if (length > sizeof bytes || !read_exactly(peer, bytes, length))
            return false;
    }
    return true;
}

/* Each is one more handshake message for the client (RFC 8446 4.6.1). */
static bool send_tickets(struct peer *peer, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (SSL_new_session_ticket(peer->ssl) != 1 || SSL_do_handshake(peer->ssl) != 1)
            return false;
    return true;
}

static void answer(struct peer *peer, const struct https_behaviour *behaviour)
{
    char request[8192] = "", byte;
    if (!behaviour->response) {
        while (read(peer->fd, &byte, 1) == 1)
            ;
        return;
    }
    if (behaviour->http2 && !read_http2_request(peer))
        return;
    if (!behaviour->http2 && !behaviour->not_tls && !read_request(peer, request, sizeof request))
        return;
    size_t length = behaviour->length ? behaviour->length : strlen(behaviour->response);
    bool ok = send_tickets(peer, behaviour->tickets) && send_all(peer, behaviour->response, length);
    for (size_t i = 0; ok && i < behaviour->fillers; i++) {
        usleep((useconds_t)behaviour->pause_ms * 1000);
        ok = say(peer, behaviour->filler);
    }
    if (ok && behaviour->echo) {
        const char *sni = SSL_get_servername(peer->ssl, TLSEXT_NAMETYPE_host_name);
        ok = say(peer, request) && say(peer, "SNI: ") && say(peer, sni ? sni : "none");
    }
    while (ok && behaviour->hold)
        ok = receive(peer, &byte, 1) > 0;
}

static void serve(int listener, const struct https_behaviour *behaviour, SSL_CTX *ctx)
{
    for (;;) {
        struct peer peer = {.fd = accept(listener, NULL, NULL)};
        need(peer.fd >= 0, "accept");
        bool ready = true;
        if (!behaviour->not_tls && behaviour->response) {
            peer.ssl = SSL_new(ctx);
            need(peer.ssl && SSL_set_fd(peer.ssl, peer.fd) == 1, "SSL_new");
            ready = SSL_accept(peer.ssl) == 1;
        }
        if (ready) {
            answer(&peer, behaviour);
            if (peer.ssl && !behaviour->cut)
                SSL_shutdown(peer.ssl);
        }
        SSL_free(peer.ssl);
        close(peer.fd);
    }
}

/* Binds to a free port of the address. -1 when the machine does not have it. */
static int bind_to(const char *address, uint16_t *port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    bool is_four = inet_pton(AF_INET, address, &four.sin_addr) == 1;
    need(is_four || inet_pton(AF_INET6, address, &six.sin6_addr) == 1, address);

    struct sockaddr *name = is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t length = is_four ? sizeof four : sizeof six;
    int fd = socket(name->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, name, length) || getsockname(fd, name, &length)) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = ntohs(is_four ? four.sin_port : six.sin6_port);
    return fd;
}

bool https_server_start(struct https_server *server, const char *address,
                        const struct https_behaviour *behaviour)
{
    int listener = bind_to(address, &server->port);
    if (listener < 0)
        return false;
    need(listen(listener, 8) == 0, "listen");
    server->pid = fork();
    need(server->pid >= 0, "fork");
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails does not stop its server */
        serve(listener, behaviour, server_context(behaviour));
        _exit(0);
    }
    close(listener);
    return true;
}

void https_server_stop(struct https_server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
}

uint16_t https_unused_port(void)
{
    uint16_t port = 0;
    int fd = bind_to("127.0.0.1", &port);
    need(fd >= 0, "bind");
    close(fd);
    return port;
}
