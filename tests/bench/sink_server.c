/* The loop of one process of the sink. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/farm.h"
#include "bench/sink.h"

enum { BACKLOG = 4096, EVENTS = 256, HTTPS_PORT = 443 };

int64_t sink_now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return INT64_C(1000000000) * now.tv_sec + now.tv_nsec;
}

/* A listening socket, or -1 with a message. Every process has one of its own at the address. */
static int listen_at(uint32_t address, uint32_t port)
{
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(address),
                                   .sin_port = htons((uint16_t)port)};
    const int one = 1;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    /* An accepted socket inherits the options. */
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 &&
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 &&
        bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    (void)fprintf(stderr, "sink: cannot listen at %s:%u: %s\n", inet_ntoa(at.sin_addr), port,
                  strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool add_listener(const struct sink_server *server, struct sink_source *listener,
                         uint32_t address, uint32_t port)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = listener};

    listener->listening = true;
    listener->fd = listen_at(address, port);
    return listener->fd >= 0 && epoll_ctl(server->epoll, EPOLL_CTL_ADD, listener->fd, &event) == 0;
}

/* `listeners` has room for every host and one more. */
static bool listen_all(const struct sink_server *server, struct sink_source *listeners)
{
    const struct sink_options *options = &server->farm->options;

    for (uint32_t host = 0; host < options->hosts; host++) {
        listeners[host].host = host;
        if (sink_role_of(options, host) != SINK_REFUSING &&
            !add_listener(server, &listeners[host], FARM_MAIL_ADDRESS + host, options->port))
            return false;
    }
    listeners[options->hosts].policy = true;
    return !options->policies ||
           add_listener(server, &listeners[options->hosts], FARM_POLICY_ADDRESS, HTTPS_PORT);
}

static void accept_all(struct sink_server *server, const struct sink_source *listener)
{
    int fd = 0;

    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        sink_session_start(server, listener, fd);
}

static void run(struct sink_server *server)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        const int64_t now_ns = sink_now_ns();
        const int64_t due_ns = sink_session_due_ns(server, now_ns);
        const int64_t wait_ns = due_ns < 0 ? 0 : due_ns - now_ns;
        const struct timespec wait = {.tv_sec = wait_ns / 1000000000,
                                      .tv_nsec = wait_ns % 1000000000};
        const int n = epoll_pwait2(server->epoll, events, EVENTS, due_ns < 0 ? NULL : &wait, NULL);
        for (int i = 0; i < n; i++) {
            struct sink_source *source = events[i].data.ptr;
            if (source->listening)
                accept_all(server, source);
            else
                sink_session_input(server, source);
        }
    }
}

int sink_serve(const struct sink_farm *farm, int ready_fd)
{
    struct sink_server server = {.farm = farm, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct sink_source *listeners = calloc(farm->options.hosts + 1U, sizeof *listeners);

    TAILQ_INIT(&server.waiting);
    if (server.epoll < 0 || !listeners || !listen_all(&server, listeners) ||
        write(ready_fd, "", 1) != 1) {
        free(listeners);
        return 1;
    }
    close(ready_fd);
    run(&server);
    return 1;
}
