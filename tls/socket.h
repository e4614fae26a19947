/*
 * Opening a TCP socket without waiting, and whose fault a failure is. Inside tls/ only.
 */
#ifndef TLS_SOCKET_H
#define TLS_SOCKET_H

#include <sys/socket.h>

#include "tls/stream.h"

/* A failed system call told as an end of a stream: _CONNECT_FAILED, _OURS, or _RESET. */
struct tls_socket_failure {
    enum tls_stream_end end;
    int os_error; /* 0 when nothing failed */
};

/*
 * Begins to connect to `peer`, from `source` when not NULL. Returns the descriptor, non-blocking
 * and the caller's to close, or -1 with `*failure` set.
 */
int tls_socket_open(const struct sockaddr *peer, socklen_t length, const struct sockaddr *source,
                    socklen_t source_length, struct tls_socket_failure *failure);

/* How the connect went, once the socket is writable. */
struct tls_socket_failure tls_socket_connected(int fd);

/*
 * Has what arrives now acknowledged at once. A server that holds its reply back until its session
 * tickets are acknowledged (Nagle) would else wait for the delayed acknowledgement, 40 ms.
 */
void tls_socket_acknowledge(int fd);

#endif
