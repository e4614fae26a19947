/*
 * The trust anchors and CRLs that chains are verified against: loaded once, shared by all, and
 * only when a handshake has succeeded somewhere.
 */
#ifndef TLS_TRUST_H
#define TLS_TRUST_H

#include <openssl/x509_vfy.h>

enum tls_trust_status {
    TLS_TRUST_OK,
    TLS_TRUST_UNREADABLE,     /* the file cannot be opened: errno says why */
    TLS_TRUST_MALFORMED,      /* it holds no certificate that OpenSSL reads */
    TLS_TRUST_CRL_UNREADABLE, /* the same of the CRL file */
    TLS_TRUST_CRL_MALFORMED,
    TLS_TRUST_NO_MEMORY,
};

struct tls_trust;

/*
 * `ca_file` (PEM, one certificate or more) in place of the system's anchors, or NULL for those;
 * `crl_file` (PEM) with CRLs that the chains are checked against, or NULL. Named files are read
 * here, so that a bad one is known before anything is probed; the system's anchors are not. A CRL
 * that is missing, has ended or is broken is no fault of a server's: chains are judged without it,
 * but what one that has ended lists stays revoked.
 */
enum tls_trust_status tls_trust_new(const char *ca_file, const char *crl_file,
                                    struct tls_trust **out);
void tls_trust_free(struct tls_trust *trust);

/*
 * Starts to load the system's anchors in a thread of its own. Returns at once; later calls do
 * nothing. Called when a first handshake has succeeded.
 */
void tls_trust_prefetch(struct tls_trust *trust);

/*
 * Loads all anchors of the system at once, those of its directory too, so that no file is opened
 * later and threads only read. Nothing is done where there is a `ca_file`; what cannot be read is
 * no anchor. Before any other function is called.
 */
void tls_trust_load_whole(struct tls_trust *trust);

/* The store, loaded when this returns. Borrowed; NULL when it could not be made. */
X509_STORE *tls_trust_store(struct tls_trust *trust);

#endif
