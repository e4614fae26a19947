/*
 * SSL_CTX objects, made once and shared by every connection of a worker. They verify nothing:
 * the chain is captured and judged afterwards (tls/verify.h), so that it is verified once.
 */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include <openssl/ssl.h>

/*
 * A modern sender: TLS 1.2 and 1.3, security level 2, OCSP staple asked for, no session cache,
 * buffers released when idle. The caller frees with SSL_CTX_free; NULL when out of memory.
 */
SSL_CTX *tls_context_new(void);

/*
 * The second, wider try after a failed handshake: TLS 1.0 to 1.3, security level 0, every suite
 * and group that OpenSSL has, anonymous and NULL ones too, and servers without RFC 5746. Never for
 * a judgement of what a sender would do; only to tell why it failed.
 */
SSL_CTX *tls_context_new_wide(void);

#endif
