/*
 * SSL_CTX objects, made once and shared by every connection of a worker. They verify nothing:
 * the chain is captured and judged afterwards (tls/verify.h), so that it is verified once.
 */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "tls/facts.h"

/*
 * A modern sender: TLS 1.2 and 1.3, security level 2, OCSP staple asked for, no session cache,
 * buffers released when idle. The caller frees with SSL_CTX_free; NULL when out of memory.
 */
SSL_CTX *tls_context_new(void);

/*
 * A modern sender that takes a leaf of one kind of key alone, TLS_KEY_RSA or TLS_KEY_EC: the suites
 * of TLS 1.2 and the signature algorithms of the handshake (RFC 8446 4.2.3) are of that kind. What
 * issuers sign with is left open, save that a TLS 1.2 server may take it that an RSA leaf certified
 * by an ECDSA issuer is not wanted (RFC 5246 7.4.2). As tls_context_new in everything else.
 */
SSL_CTX *tls_context_new_for_key(enum tls_key_kind kind);

/*
 * The second, wider try after a failed handshake: TLS 1.0 to 1.3, security level 0, every suite
 * and group that OpenSSL has, anonymous and NULL ones too, and servers without RFC 5746. Never for
 * a judgement of what a sender would do; only to tell why it failed.
 */
SSL_CTX *tls_context_new_wide(void);

#endif
