#include "tls/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

/* Is the error of socket or connect one of this machine rather than of the way there? */
static struct tls_socket_failure failure_of(int error)
{
    struct tls_socket_failure failure = {TLS_STREAM_CONNECT_FAILED, error};

    switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRNOTAVAIL: /* no port left */
    case EADDRINUSE:
    case EAGAIN:
        failure.end = TLS_STREAM_OURS;
        break;
    case ECONNRESET: /* a SYN is refused; only what was accepted can be reset */
        failure.end = TLS_STREAM_RESET;
        break;
    default:
        break;
    }
    return failure;
}

int tls_socket_open(const struct sockaddr *peer, socklen_t length, const struct sockaddr *source,
                    socklen_t source_length, struct tls_socket_failure *failure)
{
    const int on = 1;
    const int fd = socket(peer->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    *failure = (struct tls_socket_failure){TLS_STREAM_CONNECT_FAILED, 0};
    if (fd < 0) {
        *failure = failure_of(errno);
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (source) {
        /* The port is then chosen with the peer in mind: one source has 64 k ports a peer. */
        (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (bind(fd, source, source_length) != 0)
            *failure = (struct tls_socket_failure){TLS_STREAM_OURS, errno};
    }
    if (failure->os_error == 0 && connect(fd, peer, length) != 0 && errno != EINPROGRESS)
        *failure = failure_of(errno);
    if (failure->os_error != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

struct tls_socket_failure tls_socket_connected(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    return failure_of(error);
}

void tls_socket_acknowledge(int fd)
{
    const int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}
